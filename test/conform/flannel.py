"""Flannel's UDP backend on /dev/net/tun, as flannel's backend/udp/proxy_amd64.c does it; the namespace is entered."""
import fcntl, os, socket, struct

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
PORT = 8285


def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def address_bits(text):
    return struct.unpack("!I", socket.inet_aton(text))[0]


class Device:
    """The end of a tun device, watched as a socket is."""

    def __init__(self, name):
        self.fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(self.fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))

    def fileno(self):
        return self.fd

    def setblocking(self, _):
        pass

    def close(self):
        os.close(self.fd)


class Backend:
    def __init__(self, traffic, watch):
        self.tun = Device("flannel0")
        self.tun_address = socket.inet_aton(traffic["tunAddress"])
        self.routes = []
        for subnet, via in traffic["subnets"].items():
            network, length = subnet.split("/")
            shift = 32 - int(length)
            self.routes.append((address_bits(network) >> shift, shift, via))
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((traffic["address"], PORT))
        watch(self.tun, self.proxy)
        watch(self.socket, self.proxy)

    def proxy(self):
        while self.from_tun() + self.from_udp():
            pass

    def from_tun(self):
        try:
            packet = bytearray(os.read(self.tun.fd, 65536))
        except OSError:
            return 0
        if packet[0] >> 4 != 4:
            return 1
        to = struct.unpack("!I", packet[16:20])[0]
        via = next((via for network, shift, via in self.routes if to >> shift == network), None)
        if via is None:
            self.unreachable(packet)
        elif self.lower_ttl(packet):
            try:
                self.socket.sendto(packet, (via, PORT))
            except OSError:
                pass
        return 1

    def from_udp(self):
        try:
            packet = bytearray(self.socket.recv(65536))
        except BlockingIOError:
            return 0
        except OSError:
            return 1
        if self.lower_ttl(packet):
            try:
                os.write(self.tun.fd, packet)
            except OSError:
                pass
        return 1

    def lower_ttl(self, packet):
        packet[8] -= 1
        packet[10:12] = b"\0\0"
        packet[10:12] = struct.pack("!H", checksum(packet[:20]))
        return packet[8] > 0

    def unreachable(self, packet):
        if packet[9] == 1 or struct.unpack("!H", packet[6:8])[0] & 0x1FFF:
            return
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 56, 0, 0, 8, 1, 0, self.tun_address, bytes(packet[12:16]))
        head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
        body = bytes((3, 0, 0, 0, 0, 0, 0, 0)) + bytes(packet[:28])
        body = body[:2] + struct.pack("!H", checksum(body)) + body[4:]
        try:
            os.write(self.tun.fd, head + body)
        except OSError:
            pass
