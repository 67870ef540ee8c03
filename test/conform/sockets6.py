"""Sockets of IPv6 on the real kernel: addresses with their scope, and pings as model6.ts sends them."""
import socket, struct

from kernel import name_of

IPV6_MTU_DISCOVER = 23
ICMP6_FILTER = 1
ECHO_REQUEST, ECHO_REPLY = 128, 129
FRAGMENT, ICMPV6 = 44, 58


def family_of(address):
    return socket.AF_INET6 if ":" in (address or "") else socket.AF_INET


def at_port(address, port):
    """`fe80::1%eth0` as a system call takes it, in the namespace that this thread is in."""
    if ":" not in address:
        return (address, port)
    host, _, device = address.partition("%")
    return (host, port, 0, socket.if_nametoindex(device) if device else 0)


def ping_socket():
    made = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
    return made


def request(ident, seq, data):
    """The kernel adds the checksum."""
    return struct.pack("!BBHHH", ECHO_REQUEST, 0, 0, ident, seq) + data


def read_pings(s, ident, log):
    """Writes down replies to a program and errors about its requests."""
    while True:
        try:
            message, extra, _, address = s.recvmsg(65536, 64)
        except BlockingIOError:
            return
        except OSError as error:
            log.append("error " + name_of(error))
            continue
        kind, code, _, rest = struct.unpack("!BBHI", message[:8])
        hops = next(struct.unpack("=i", value)[0] for _, of, value in extra if of == socket.IPV6_HOPLIMIT)
        sender = "from %s ttl %d" % (address[0].split("%")[0], hops)
        if kind == ECHO_REPLY and rest >> 16 == ident:
            log.append("reply %d %s, %d octets" % (rest & 0xFFFF, sender, len(message) - 8))
        elif kind < 128:
            quoted = requested(message[8:], ident)
            if quoted is not None:
                log.append("error %d %s, type %d code %d mtu %d" % (quoted, sender, kind, code, rest))


def requested(packet, ident):
    """The number of the request that an error quotes, if it is one of this program's."""
    body, at = packet[6], 40
    if body == FRAGMENT:
        if struct.unpack("!H", packet[42:44])[0] & 0xFFF8:
            return None
        body, at = packet[40], 48
    if body != ICMPV6 or len(packet) < at + 8 or packet[at] != ECHO_REQUEST:
        return None
    sender, seq = struct.unpack("!HH", packet[at + 4 : at + 8])
    return seq if sender == ident else None
