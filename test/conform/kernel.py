"""The real kernel's namespaces, devices and tables, as the player needs them."""
import array, ctypes, errno, fcntl, os, socket, struct

CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def enter(name):
    """From now on this thread is in the namespace. False when there is none of this name."""
    try:
        fd = os.open("/run/netns/" + name, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        if libc.setns(fd, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns " + name)
    finally:
        os.close(fd)
    return True


def name_of(error):
    return errno.errorcode.get(error.errno, str(error.errno))


def finish_checksums_here(device):
    """ethtool -K DEVICE tx off tso off gso off: what is captured is what would be on a wire."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for command in (0x17, 0x1F, 0x24):  # ETHTOOL_STXCSUM, ETHTOOL_STSO, ETHTOOL_SGSO
            value = array.array("B", struct.pack("II", command, 0))
            address, _ = value.buffer_info()
            try:
                fcntl.ioctl(s, 0x8946, struct.pack("16sP8x", device.encode(), address))
            except OSError:
                pass


def settle_links():
    """Carriers that came or went are known everywhere now, not up to a second later (ethtool DEVICE, link; linkwatch)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        value = array.array("B", struct.pack("II", 0x0A, 0))  # ETHTOOL_GLINK
        address, _ = value.buffer_info()
        for _ in range(2):  # a port's carrier is its bridge's
            for _, device in socket.if_nameindex():
                try:
                    fcntl.ioctl(s, 0x8946, struct.pack("16sP8x", device.encode(), address))
                except OSError:
                    pass


def attributes(data):
    found = {}
    at = 0
    while at + 4 <= len(data):
        length, kind = struct.unpack("=HH", data[at : at + 4])
        found[kind & 0x3FFF] = data[at + 4 : at + length]
        at += (length + 3) & ~3
    return found


def dump(family):
    """RTM_GETNEIGH: neighbours of a family, or what bridges have learned."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as s:
        s.send(struct.pack("=IHHIIBBHiHBB", 28, 30, 0x301, 1, 0, family, 0, 0, 0, 0, 0, 0))
        entries = []
        while True:
            data = s.recv(1 << 20)
            at = 0
            while at < len(data):
                length, kind = struct.unpack("=IH", data[at : at + 6])
                if kind == 3:
                    return entries
                _, _, _, index, state, flags, _ = struct.unpack("=BBHiHBB", data[at + 16 : at + 28])
                found = attributes(data[at + 28 : at + length])
                entries.append(
                    {
                        "dev": socket.if_indextoname(index),
                        "state": state,
                        "flags": flags,
                        "dst": socket.inet_ntop(family, found[1]) if family != 7 else None,
                        "mac": found[2].hex(":") if 2 in found else None,
                        "master": socket.if_indextoname(struct.unpack("=i", found[9])[0]) if 9 in found else None,
                    }
                )
                at += (length + 3) & ~3


def counters():
    """/proc/net/dev of the namespace: by device octets, packets, errors and drops, received and sent."""
    with open("/proc/thread-self/net/dev") as lines:
        rows = [line.replace(":", " ").split() for line in lines][2:]
    return {row[0]: [int(row[i]) for i in (1, 2, 3, 4, 9, 10, 11, 12)] for row in rows}


def protocol_counters():
    """/proc/net/snmp of the namespace by `Ip.InReceives`, and /proc/net/snmp6 by `Ip6InReceives`."""
    with open("/proc/thread-self/net/snmp") as lines:
        rows = [line.replace(":", "").split() for line in lines]
    found = {}
    for names, values in zip(rows[::2], rows[1::2]):
        for name, value in zip(names[1:], values[1:]):
            found[names[0] + "." + name] = int(value)
    with open("/proc/thread-self/net/snmp6") as lines:
        found.update((name, int(value)) for name, value in map(str.split, lines))
    return found


def set_sysctl(name, value):
    """In the namespace that this thread is in; a kernel that lacks it is no error."""
    try:
        with open("/proc/sys/" + name.replace(".", "/"), "w") as file:
            file.write(value)
    except OSError:
        pass
