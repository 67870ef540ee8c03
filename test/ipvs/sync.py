"""Connections through a director that tells a second one of them: the messages, and the second one's table. As root, on
a kernel with IPVS: python3 test/ipvs/sync.py | gzip -9n > test/ipvs/goldens/sync.json.gz
Packets are handed to the first director's device by nobody's machine, as packets.py does; s0 leads to the second one.
"""
import json
import os
import socket
import struct
import subprocess
import sys
import time

from packets import SCTP, TCP, TALKS, UDP, VIP, Wire, enter, packet, sh

SERVICES = """ipvsadm -A -t 192.0.2.1:80 -s rr; ipvsadm -a -t 192.0.2.1:80 -r 10.0.0.11:8080 -m
ipvsadm -A -t 192.0.2.1:81 -s rr -p 100; ipvsadm -a -t 192.0.2.1:81 -r 10.0.0.11 -g
ipvsadm -A -u 192.0.2.1:53 -s rr; ipvsadm -a -u 192.0.2.1:53 -r 10.0.0.11:5353 -m
ipvsadm -A --sctp-service 192.0.2.1:80 -s rr; ipvsadm -a --sctp-service 192.0.2.1:80 -r 10.0.0.11:8080 -m
ipvsadm -A -t 192.0.2.1:82 -s rr; ipvsadm -a -t 192.0.2.1:82 -r 10.0.0.11 -i"""
DAEMONS = [
    "m ipvsadm --stop-daemon master", "m ipvsadm --start-daemon master", "m ipvsadm --start-daemon master --mcast-interface lo",
    "m ipvsadm --start-daemon slave", "m ipvsadm --start-daemon master --mcast-interface s0 --syncid 256",
    "m ipvsadm --start-daemon master --mcast-interface s0 --mcast-port 0",
    "m ipvsadm --start-daemon master --mcast-interface s0 --mcast-ttl 256",
    "m ipvsadm --start-daemon master --mcast-interface s0 --sync-maxlen 0",
    "m ipvsadm --start-daemon master --mcast-interface s0 --mcast-group 10.0.0.1",
    "m ipvsadm --start-daemon backup --mcast-interface s0 --mcast-group 224.0.0.82 --mcast-port 9000 --mcast-ttl 3 --sync-maxlen 9 --syncid 7",
    "m ipvsadm -l --daemon", "m ipvsadm --stop-daemon backup", "m ipvsadm --stop-daemon master", "m ipvsadm -l --daemon",
    "m ipvsadm --start-daemon master --mcast-interface s0 --syncid 5", "m ipvsadm --start-daemon master --mcast-interface s0",
    "m ipvsadm -l --daemon", "b ipvsadm --start-daemon backup --mcast-interface s0 --syncid 5", "b ipvsadm -l --daemon",
]


def udp(src, sport, dst, dport):
    body = struct.pack("!HHHH", sport, dport, 8, 0)
    whole = packet(TCP, src, sport, dst, dport, 0)
    head = whole[:2] + struct.pack("!H", 28) + whole[4:9] + bytes([UDP]) + bytes(2) + whole[12:20]
    total = sum(struct.unpack("!10H", head))
    total = (total & 0xFFFF) + (total >> 16)
    return head[:10] + struct.pack("!H", ~total & 0xFFFF) + head[12:] + body


def steps():
    """Each a side, a packet, and what is waited for then."""
    made = []
    for i, (protocol, vport, sport) in enumerate([(TCP, 80, 8080), (TCP, 81, None), (TCP, 82, None), (SCTP, 80, 8080)]):
        for side, what in TALKS[protocol]:
            data = packet(protocol, "192.0.2.10", 3000 + i, VIP, vport, what)
            if side == "r":
                data = packet(protocol, "10.0.0.11", sport or vport, "192.0.2.10", 3000 + i, what)
            if side == "c" or sport:
                made.append([side, data.hex()])
    made += [["c", udp("192.0.2.10", 4000, VIP, 53).hex()] for _ in range(60)]
    for i in range(45):
        made += [["c", packet(TCP, "192.0.2.11", 5000 + i, VIP, 81, flags).hex()] for flags in (2, 16, 24)]
    return made


def table(ns, path):
    enter(ns)
    with open(path, encoding="utf8") as file:
        return sorted(line.rstrip() for line in file if not line.startswith(("Pro", "IP ")))


def main():
    for ns in "cmbr":
        subprocess.run(["ip", "netns", "add", ns], check=True)
    for line in ("c eth0 m c0", "r eth0 m r0", "b s0 m s0"):
        ns, name, other, there = line.split()
        macs = {"c": ("02:00:00:00:00:01", "02:00:00:00:01:01"), "r": ("02:00:00:00:00:02", "02:00:00:00:01:02"),
                "b": ("02:00:00:00:00:03", "02:00:00:00:01:03")}[ns]
        subprocess.run(f"ip -n {ns} link add {name} address {macs[0]} type veth peer name {there} address {macs[1]} netns {other}".split(), check=True)
    for ns in "cmbr":
        enter(ns)
        sh("sysctl -qw net.ipv6.conf.all.disable_ipv6=1; for each in lo eth0 c0 r0 s0; do ip link set $each up; done")
    setup = {
        "m": ["ip addr add 192.0.2.1/24 dev c0", "ip addr add 10.0.0.1/24 dev r0", "ip addr add 10.1.0.1/24 dev s0",
              "sysctl -qw net.ipv4.ip_forward=1", "ip link set tunl0 up",
              "ip neigh add 10.0.0.11 lladdr 02:00:00:00:00:02 dev r0 nud permanent",
              "ip neigh add 192.0.2.10 lladdr 02:00:00:00:00:01 dev c0 nud permanent", *SERVICES.split("\n")],
        "b": ["ip addr add 10.1.0.2/24 dev s0", *SERVICES.split("\n")],
    }
    for ns, lines in setup.items():
        enter(ns)
        sh("sysctl -qw net.ipv4.conf.all.rp_filter=0; for each in c0 r0 s0; do sysctl -qw net.ipv4.conf.$each.rp_filter=0; done")
        said = sh("; ".join(lines))
        assert said == "", said
    wires = {ns: Wire(ns) for ns in "cr"}
    enter("b")
    tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
    tap.bind(("s0", 0x0800))
    said = []
    for line in DAEMONS:
        ns, command = line.split(" ", 1)
        enter(ns)
        said.append([line, sh(f"{command}; echo =$?")])
    sent = steps()
    for side, data in sent:
        wires[side].send(bytes.fromhex(data))
        time.sleep(0.02)
    time.sleep(4)
    messages = []
    while True:
        try:
            frame, _ = tap.recvfrom(2048, socket.MSG_DONTWAIT)
        except BlockingIOError:
            break
        if frame[14 + 9] == UDP:
            messages.append(frame[14:].hex())
    tables = {ns: table(ns, "/proc/net/ip_vs_conn_sync") for ns in "mb"}
    servers = {ns: table(ns, "/proc/net/ip_vs") for ns in "mb"}
    json.dump({"kernel": os.uname().release, "setup": setup, "daemons": said, "packets": sent, "messages": messages,
               "tables": tables, "servers": servers}, sys.stdout, separators=(",", ":"))


main()
