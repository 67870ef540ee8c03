"""Random packets of TCP and SCTP between clients, a director and a real server, and what the director made of each:
what came out at the other end, its table of connections, its servers' counts. As root, on a kernel with IPVS:
python3 test/ipvs/packets.py | gzip -9n > test/ipvs/goldens/packets.json.gz
Two namespaces with one device each stand at its sides; packets are handed to the devices, and nobody answers.
"""
import ctypes
import json
import os
import random
import socket
import struct
import subprocess
import sys
import time

VIP, SERVER, SERVER_PORT = "192.0.2.1", "10.0.0.11", 8080
TCP, UDP, SCTP = 6, 17, 132
FLAGS = [2, 18, 16, 16, 24, 17, 17, 4, 20, 0, 1]
CHUNKS = [0, 1, 1, 2, 3, 4, 6, 7, 8, 9, 10, 10, 11, 11, 14, 15]
MACS = {"c": ("02:00:00:00:00:01", "02:00:00:00:01:01"), "r": ("02:00:00:00:00:02", "02:00:00:00:01:02")}
# Whole conversations: who sends what.
TALKS = {
    TCP: [("c", 2), ("r", 18), ("c", 16), ("c", 24), ("r", 16), ("r", 24), ("c", 16), ("c", 17), ("r", 16), ("r", 17), ("c", 16)],
    SCTP: [("c", b"\1\0\0\4"), ("r", b"\2\0\0\4"), ("c", b"\12\0\0\4"), ("r", b"\13\0\0\4"), ("c", b"\0\0\0\4"),
           ("r", b"\3\0\0\4"), ("c", b"\7\0\0\4"), ("r", b"\10\0\0\4"), ("c", b"\16\0\0\4")],
}
LIBC = ctypes.CDLL(None, use_errno=True)
CRC = []
for octet in range(256):
    for _ in range(8):
        octet = octet >> 1 ^ 0x82F63B78 if octet & 1 else octet >> 1
    CRC.append(octet)


def enter(ns):
    there = os.open(f"/run/netns/{ns}", os.O_RDONLY)
    LIBC.setns(there, 0)
    os.close(there)


def sh(line):
    """What a command prints where we are."""
    done = subprocess.run(["sh", "-c", line], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    return done.stdout


def crc32c(data):
    crc = 0xFFFFFFFF
    for each in data:
        crc = CRC[(crc ^ each) & 255] ^ crc >> 8
    return ~crc & 0xFFFFFFFF


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total >> 16) + (total & 0xFFFF)
    return ~total & 0xFFFF


def packet(protocol, src, sport, dst, dport, what):
    """An IPv4 packet with a segment of these flags, or with these chunks."""
    ends = socket.inet_aton(src) + socket.inet_aton(dst)
    if protocol == SCTP:
        body = struct.pack("!HHI", sport, dport, 7) + bytes(4) + what
        body = body[:8] + struct.pack("<I", crc32c(body)) + body[12:]
    else:
        body = struct.pack("!HHIIHHHH", sport, dport, 1000, 2000, 0x5000 | what, 1024, 0, 0)
        body = body[:16] + struct.pack("!H", checksum(ends + struct.pack("!HH", TCP, 20) + body)) + body[18:]
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 7, 0x4000, 64, protocol, 0)
    return head[:10] + struct.pack("!H", checksum(head + ends)) + ends + body


def chunks(dice):
    """One chunk, seldom two: a cookie with an abort behind it; or none at all."""
    if dice.random() < 0.03:
        return b""
    first = dice.choice(CHUNKS)
    length = dice.choice([4, 8, 9])
    data = struct.pack("!BBH", first, 0, length) + bytes((length + 3 & ~3) - 4)
    return data + struct.pack("!BBH", dice.choice([0, 6]), 0, 4) if dice.random() < 0.2 else data


class Wire:
    """The device of a side: packets into the director, and those that came out of it."""

    def __init__(self, ns):
        mine, other = MACS[ns]
        enter(ns)
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
        self.socket.bind(("eth0", 0x0800))
        self.head = bytes.fromhex((other + mine).replace(":", "")) + b"\x08\x00"

    def send(self, data):
        self.socket.send(self.head + data)

    def came(self):
        packets = []
        while True:
            try:
                frame, origin = self.socket.recvfrom(2048, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return packets
            if origin[2] != socket.PACKET_OUTGOING:
                packets.append(frame[14:14 + struct.unpack("!H", frame[16:18])[0]].hex())


def setup():
    lines = ["ip addr add 192.0.2.1/24 dev c0", "ip addr add 10.0.0.1/24 dev r0", "sysctl -qw net.ipv4.ip_forward=1",
             "sysctl -qw net.ipv4.icmp_ratelimit=0", "ip link set tunl0 up",
             "ip neigh add 10.0.0.11 lladdr 02:00:00:00:00:02 dev r0 nud permanent"]
    lines += [f"ip neigh add 192.0.2.{i} lladdr 02:00:00:00:00:01 dev c0 nud permanent" for i in (10, 11)]
    return lines


def walk(number, wires):
    """One service, and packets of two clients and the server in any order; first a whole conversation in each mode."""
    dice = random.Random(number)
    protocol = SCTP if number % 2 else TCP
    talk = TALKS[protocol] if number < 6 else None
    mode = ["-m", "-g", "-i"][number // 2] if talk else dice.choice(["-m", "-m", "-g", "-i"])
    keys = ["sloppy_sctp", "secure_tcp", "nat_icmp_send", "drop_packet"]
    said = {"sloppy_sctp" if protocol == SCTP else "sloppy_tcp": dice.choice([0, 0, 0, 1]),
            "secure_tcp": dice.choice([0, 3]) if protocol == TCP else 0, "nat_icmp_send": dice.choice([0, 0, 1]),
            "am_droprate": 3, "drop_packet": dice.choice([0, 0, 0, 0, 3])} if not talk else {}
    vport = 1000 + number
    service = f"{'--sctp-service' if protocol == SCTP else '-t'} {VIP}:{vport}"
    kept = "" if talk else dice.choice(["", "", "", " -p 100"])
    server = f"{SERVER}:{SERVER_PORT if mode == '-m' else vport}"
    before = [*(f"sysctl -qw net.ipv4.vs.{key}={value}" for key, value in said.items()),
              f"ipvsadm -A {service} -s rr{kept}", f"ipvsadm -a {service} -r {server} {mode}"]
    after = [f"ipvsadm -D {service}", *(f"sysctl -qw net.ipv4.vs.{key}=0" for key in [*keys, "sloppy_tcp"])]
    sh("; ".join(before))
    steps = []
    began = time.monotonic()
    for i in range(len(talk or range(30))):
        client, cport = dice.choice(["192.0.2.10", "192.0.2.10", "192.0.2.11"]), 10000 + number
        what = chunks(dice) if protocol == SCTP else dice.choice(FLAGS)
        side = "c" if dice.random() < 0.6 else "r"
        if talk:
            client, (side, what) = "192.0.2.10", talk[i]
        if side == "c":
            data = packet(protocol, client, cport, VIP, vport, what)
        else:
            src, sport = (SERVER, SERVER_PORT) if mode == "-m" else (VIP, vport)
            data = packet(protocol, src, sport, client, cport, what)
        if dice.random() < 0.02:
            time.sleep(4.5)
        at = round(time.monotonic() - began, 3)
        wires[side].send(data)
        time.sleep(0.02)
        steps.append({"at": at, "from": side, "packet": data.hex(), "came": {ns: wires[ns].came() for ns in "cr"},
                      "connections": table("/proc/net/ip_vs_conn", f" {vport:04X} "), "servers": table("/proc/net/ip_vs", "->")})
    time.sleep(2.2)
    at = round(time.monotonic() - began, 3)
    listed = sh("ipvsadm -Ln; ipvsadm -Ln --stats --exact; ipvsadm -Sn")
    sh("; ".join(after))
    return {"before": before, "steps": steps, "looked": at, "listed": listed, "after": after}


def stats():
    with open("/proc/net/ip_vs_stats", encoding="utf8") as file:
        return file.read()


def changed(seen):
    """Waits for the next estimation that changes something."""
    while stats() == seen[-1]:
        time.sleep(0.005)
    seen.append(stats())


def burst(wires):
    """Packets all at once, right behind an estimation, and what each of the next ones makes of them."""
    line = "ipvsadm -A -t 192.0.2.1:900; ipvsadm -a -t 192.0.2.1:900 -r 10.0.0.11:8080 -m"
    sh(line)
    first = packet(TCP, "192.0.2.10", 20000, VIP, 900, 2)
    seen = [stats()]
    wires["c"].send(first)
    changed(seen)
    packets = []
    for i in range(50):
        packets.append(["c", packet(TCP, "192.0.2.10", 20001 + i, VIP, 900, 2)])
        if i % 3:
            packets.append(["r", packet(TCP, SERVER, SERVER_PORT, "192.0.2.10", 20001 + i, 18)])
    for side, data in packets:
        wires[side].send(data)
    while len(seen) < 9:
        changed(seen)
    sh("ipvsadm -D -t 192.0.2.1:900")
    return {"before": line, "first": first.hex(), "packets": [[side, data.hex()] for side, data in packets], "seen": seen[1:]}


def table(path, wanted):
    """Of the director, the lines that have a text."""
    with open(path, encoding="utf8") as file:
        return sorted(line.rstrip() for line in file if wanted in line and "RemoteAddress" not in line)


def main():
    for ns in "cdr":
        subprocess.run(["ip", "netns", "add", ns], check=True)
    for ns in "cr":
        mine, other = MACS[ns]
        subprocess.run(f"ip -n {ns} link add eth0 address {mine} type veth peer name {ns}0 address {other} netns d".split(), check=True)
        enter(ns)
        sh("sysctl -qw net.ipv6.conf.all.disable_ipv6=1; ip link set eth0 up arp off")
    wires = {ns: Wire(ns) for ns in "cr"}
    enter("d")
    sh("ip link set c0 up; ip link set r0 up; sysctl -qw net.ipv6.conf.all.disable_ipv6=1; ip link set lo up; sysctl -qw net.ipv4.conf.all.rp_filter=0 "
            "net.ipv4.conf.default.rp_filter=0 net.ipv4.conf.c0.rp_filter=0 net.ipv4.conf.r0.rp_filter=0")
    lines = setup()
    said = sh("; ".join(lines))
    assert said == "", said
    time.sleep(0.5)
    for each in wires.values():
        each.came()
    bursts = burst(wires)
    for each in wires.values():
        each.came()
    walks = [walk(number, wires) for number in range(int(sys.argv[1]) if len(sys.argv) > 1 else 32)]
    json.dump({"kernel": os.uname().release, "setup": lines, "walks": walks, "burst": bursts}, sys.stdout, separators=(",", ":"))


if __name__ == "__main__":
    main()
