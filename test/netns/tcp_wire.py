"""Segments that a's kernel would not send, for tcp-real.py: as if they had been long on the way, or came from a liar."""
import socket, struct

MOST = 0xFFFFFFFF


class Wire:
    """What passes a's device, and by it segments that a's kernel would not send: the last one, changed."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.socket.bind(("eth0", 0))
        self.socket.setblocking(False)
        self.seen, self.strays = [], []

    def drain(self):
        while True:
            try:
                self.seen.append(self.socket.recv(65536))
            except BlockingIOError:
                return

    def stray(self, step):
        self.drain()
        own = [frame for frame in self.seen if leaves(frame) is True and frame not in self.strays][-1]
        heard = [frame for frame in self.seen if leaves(frame) is False][-1]
        at = header_of(own)
        seq = end_of(own) + step.get("seq", 0)
        ack = end_of(heard) + step.get("ack", 0)
        value, echo = stamp_of(own), stamp_of(heard)
        bits = sum(1 << "FSRPA".index(flag) for flag in step["flags"])
        options = b"" if None in (value, echo) or "stamp" not in step else struct.pack("!BBBBII", 1, 1, 8, 10, (value + step["stamp"]) & MOST, echo)
        window = step.get("window", struct.unpack_from("!H", own, at + 14)[0])
        length = 20 + len(options)
        segment = own[at : at + 4] + struct.pack("!IIBBHHH", seq & MOST, ack & MOST if bits & 16 else 0, length // 4 << 4, bits, window, 0, 0)
        segment += options + bytes(step.get("bytes", 0))
        frame = finished(own[:at], segment)
        self.strays.append(frame)
        self.socket.send(frame)


def header_of(frame):
    return 14 + (40 if frame[12:14] == b"\x86\xdd" else 20)


def leaves(frame):
    """Whether the segment leaves a, by its source's last octet; None of what is no TCP."""
    is6 = frame[12:14] == b"\x86\xdd"
    if not is6 and frame[12:14] != b"\x08\x00" or frame[20 if is6 else 23] != 6:
        return None
    return frame[37 if is6 else 29] == 1


def end_of(frame):
    at = header_of(frame)
    seq, offset, bits = struct.unpack_from("!4xI4xBB", frame, at)
    whole = struct.unpack_from("!H", frame, 18 if at == 54 else 16)[0] - (0 if at == 54 else 20)
    return seq + whole - (offset >> 4) * 4 + (bits & 1) + (bits >> 1 & 1)


def stamp_of(frame):
    at = header_of(frame)
    end, i = at + (frame[at + 12] >> 4) * 4, at + 20
    while i < end and frame[i] != 0:
        if frame[i] == 8:
            return struct.unpack_from("!I", frame, i + 2)[0]
        i += 1 if frame[i] == 1 else frame[i + 1]
    return None


def folded(data):
    total = sum(struct.unpack("!%dH" % ((len(data) + 1) // 2), data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def finished(head, segment):
    """Lengths and checksums made right."""
    head = bytearray(head)
    if len(head) == 54:
        struct.pack_into("!H", head, 18, len(segment))
        pseudo = bytes(head[22:54]) + struct.pack("!II", len(segment), 6)
    else:
        struct.pack_into("!H", head, 16, 20 + len(segment))
        struct.pack_into("!H", head, 24, 0)
        struct.pack_into("!H", head, 24, folded(bytes(head[14:34])))
        pseudo = bytes(head[26:34]) + struct.pack("!HH", 6, len(segment))
    return bytes(head) + segment[:16] + struct.pack("!H", folded(pseudo + segment)) + segment[18:]
