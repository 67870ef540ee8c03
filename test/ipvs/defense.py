"""What a director does when memory is short: what its switches say, how many half-open connections drop_entry leaves each
second, and which new ones drop_packet drops. As root, on a kernel with IPVS:
python3 test/ipvs/defense.py > test/ipvs/goldens/defense.json
"""
import json
import os
import subprocess
import sys
import time

from packets import TCP, VIP, Wire, enter, packet, sh

COUNT = 2000
VS = "net.ipv4.vs."
LINES = [
    "sysctl -n {0}amemthresh {0}am_droprate {0}drop_entry {0}drop_packet {0}secure_tcp {0}sloppy_sctp",
    "sysctl -w {0}drop_entry=4", "sysctl -w {0}drop_packet=-1", "sysctl -w {0}secure_tcp=7",
    "sysctl -w {0}drop_entry=1 {0}drop_packet=1 {0}secure_tcp=1; sleep 2; sysctl -n {0}drop_entry {0}drop_packet {0}secure_tcp",
    "sysctl -w {0}amemthresh=1000000000; sleep 2; sysctl -n {0}drop_entry {0}drop_packet {0}secure_tcp",
    "sysctl -w {0}secure_tcp=0; sysctl -n {0}secure_tcp",
    "sysctl -w {0}amemthresh=1024; sleep 2; sysctl -n {0}drop_entry {0}drop_packet {0}secure_tcp",
    "sysctl -w {0}drop_packet=2; sysctl -n {0}drop_packet",
    "sysctl -w {0}drop_entry=0 {0}drop_packet=0",
]


def left():
    with open("/proc/net/ip_vs_conn", encoding="utf8") as file:
        return sum("SYN_RECV" in line for line in file)


def main():
    for ns in "cd":
        subprocess.run(["ip", "netns", "add", ns], check=True)
    subprocess.run("ip -n c link add eth0 address 02:00:00:00:00:01 type veth peer name c0 address 02:00:00:00:01:01 netns d".split(), check=True)
    enter("c")
    sh("sysctl -qw net.ipv6.conf.all.disable_ipv6=1; ip link set eth0 up arp off")
    wire = Wire("c")
    enter("d")
    setup = ["ip addr add 192.0.2.1/24 dev c0", "ip route add 10.0.0.11 dev c0", "sysctl -qw net.ipv4.conf.all.send_redirects=0",
             "ip neigh add 10.0.0.11 lladdr 02:00:00:00:00:01 dev c0 nud permanent",
             "ipvsadm -A -t 192.0.2.1:80 -s rr", "ipvsadm -a -t 192.0.2.1:80 -r 10.0.0.11:8080 -m"]
    sh("sysctl -qw net.ipv6.conf.all.disable_ipv6=1; ip link set lo up; ip link set c0 up; sysctl -qw net.ipv4.conf.all.rp_filter=0 "
       "net.ipv4.conf.c0.rp_filter=0")
    assert sh("; ".join(setup)) == ""
    modes = [[line.format(VS), sh(line.format(VS))] for line in LINES]

    def syns(first, count):
        for i in range(count):
            wire.send(packet(TCP, "192.0.2.10", first + i, VIP, 80, 2))

    rates = []
    for rate in (1, 3, 10):
        sh(f"sysctl -w {VS}am_droprate={rate} {VS}drop_packet=3")
        before = left()
        syns(1000 + 100 * rate, 60)
        time.sleep(0.1)
        rates.append([rate, left() - before])
        sh(f"sysctl -w {VS}drop_packet=0")
    sh("ipvsadm -C; ipvsadm -A -t 192.0.2.1:80 -s rr; ipvsadm -a -t 192.0.2.1:80 -r 10.0.0.11:8080 -m")
    syns(10000, COUNT)
    counts = [left()]
    sh(f"sysctl -w {VS}drop_entry=3")
    while len(counts) < 12:
        if left() < counts[-1]:
            # All of a second's are gone.
            time.sleep(0.2)
            counts.append(left())
        time.sleep(0.02)
    json.dump({"kernel": os.uname().release, "setup": setup, "modes": modes, "rates": rates, "left": counts}, sys.stdout, indent=1)


main()
