"""Plays the scenarios of tcp-scenarios.json on the real kernel and prints what every call answered and what a capture saw.

usage: tcp-real.py PREFIX < scenarios.json > recorded.json   (root, ip, tcpdump)

One process makes all the calls, one after the other, so their order is fixed; a socket stays in the namespace it was
made in. A scenario of "family" 6 is played over IPv6. Segmentation offload is off: the capture then has the segments that travel, not those a NIC would cut.
"""
import ctypes, errno, json, os, re, socket, struct, subprocess, sys, time
from tcp_wire import Wire

libc = ctypes.CDLL(None, use_errno=True)
prefix = sys.argv[1]


def run(line, check=True):
    return subprocess.run(line, shell=True, check=check, capture_output=True, text=True)


def enter(name):
    with open(f"/run/netns/{name}") as handle:
        if libc.setns(handle.fileno(), 0x40000000) != 0:
            raise OSError(ctypes.get_errno(), "setns")


def offload(name):
    """ethtool -K eth0/lo tso off gso off gro off, and tx off so that checksums are whole."""
    enter(name)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        import fcntl

        for device in ("eth0", "lo"):
            for command in (0x0000001F, 0x00000024, 0x0000002C):  # STSO, SGSO, SGRO
                value = (ctypes.c_uint32 * 2)(command, 0)
                request = struct.pack("16sP", device.encode(), ctypes.addressof(value))
                fcntl.ioctl(control, 0x8946, request)


SYSCTLS = {
    "tcp_rmem": "4096 131072 6291456",
    "tcp_wmem": "4096 16384 4194304",
    "tcp_congestion_control": "reno",
    "tcp_syn_linear_timeouts": "4",
    "tcp_no_metrics_save": "1",
}


SYSCTLS6 = {
    "all.disable_ipv6": "0",
    "all.router_solicitations": "0",
    "default.router_solicitations": "0",
    "default.router_solicitation_delay": "0",
}


def build(family):
    names = {who: f"{prefix}{who}" for who in "ab"}
    for name in names.values():
        run(f"ip netns del {name}", check=False)
        run(f"ip netns add {name}")
    a, b = names["a"], names["b"]
    run(f"ip -n {a} link add eth0 type veth peer name eth0 netns {b}")
    for who, name in names.items():
        for key, value in (SYSCTLS6 if family == 6 else {"all.disable_ipv6": "1"}).items():
            run(f"ip netns exec {name} sysctl -qw net.ipv6.conf.{key}={value}")
        for key, value in SYSCTLS.items():
            run(f'ip netns exec {name} sysctl -qw "net.ipv4.{key}={value}"')
        run(f"ip -n {name} link set lo up")
        last = 1 if who == "a" else 2
        run(f"ip -n {name} addr add " + (f"fd00::{last}/64 nodad" if family == 6 else f"10.0.0.{last}/24") + " dev eth0")
        run(f"ip -n {name} link set eth0 up")
        offload(name)
    return names


def destroy(names):
    for name in names.values():
        run(f"ip netns del {name}", check=False)


def code(error):
    return errno.errorcode.get(error.errno, str(error.errno)) if error.errno else "EAGAIN"


def call(names, sockets, step, family, wire):
    do = step["do"]
    if do in ("listen", "connect", "bind", "udp"):
        enter(names[step["at"]])
        made = socket.socket(socket.AF_INET6 if family == 6 else socket.AF_INET, socket.SOCK_DGRAM if do == "udp" else socket.SOCK_STREAM)
        made.settimeout(step.get("timeout", 20))
        if step.get("reuse"):
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if "port" in step:
            made.bind((step.get("address", "::" if family == 6 else "0.0.0.0"), step["port"]))
        sockets[step["socket"]] = made
        if do == "listen":
            made.listen(step.get("backlog", 16))
        if do in ("connect", "udp"):
            made.connect((step["to"][0], step["to"][1]))
    elif do == "accept":
        sockets[step["socket"]] = sockets[step["from"]].accept()[0]
    elif do == "send":
        sockets[step["socket"]].sendall(bytes(step["bytes"]))
    elif do == "receive":
        sockets[step["socket"]].settimeout(step.get("timeout", 20))
        wanted, got = step["bytes"], 0
        while got < wanted:
            piece = len(sockets[step["socket"]].recv(wanted - got))
            if piece == 0:
                break
            got += piece
        return got
    elif do == "shutdown":
        sockets[step["socket"]].shutdown(socket.SHUT_WR)
    elif do == "close":
        sockets[step["socket"]].close()
    elif do == "abort":
        sockets[step["socket"]].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sockets[step["socket"]].close()
    elif do == "vanish":
        # A MAC nobody has: the frames arrive at the other end of the cable, and are not for it.
        run(f"ip -n {names[step['at']]} neigh replace {other(step, family)} lladdr 02:00:00:00:00:99 nud permanent dev eth0")
    elif do == "appear":
        mac = run(f"ip netns exec {names['b' if step['at'] == 'a' else 'a']} cat /sys/class/net/eth0/address").stdout.strip()
        run(f"ip -n {names[step['at']]} neigh replace {other(step, family)} lladdr {mac} nud permanent dev eth0")
    elif do == "ip":
        run(f"ip -n {names[step['at']]} {step['words']}")
    elif do == "sysctl":
        run(f"ip netns exec {names[step['at']]} sysctl -qw {step['words']}")
    elif do == "keepalive":
        made = sockets[step["socket"]]
        made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, option in (("idle", 4), ("interval", 5), ("count", 6)):
            if name in step:
                made.setsockopt(socket.IPPROTO_TCP, option, step[name])
    elif do == "timers":
        said = run(f"ip netns exec {names[step['at']]} ss -tanoH").stdout
        return ", ".join(f"{name} {vain}" for name, vain in re.findall(r"timer:\((\w+),[^,]+,(\d+)\)", said))
    elif do == "stray":
        wire.stray(step)
    elif do == "wait":
        time.sleep(step["seconds"])
    return 0


def other(step, family):
    return ("fd00::" if family == 6 else "10.0.0.") + ("2" if step["at"] == "a" else "1")


def segments(path, family):
    ip, icmp = ("ipv6", "icmpv6") if family == 6 else ("ip", "icmp")
    text = run(
        f"tshark -r {path} -o tcp.relative_sequence_numbers:FALSE -T fields -e frame.time_relative -e {ip}.src -e tcp.srcport "
        f"-e {ip}.dst -e tcp.dstport -e tcp.flags -e tcp.seq_raw -e tcp.ack_raw -e tcp.len -e tcp.window_size_value "
        f"-e tcp.options -e ip.id -e ip.flags.df -e {icmp}.type -e {icmp}.code -e udp.length {ip}"
    ).stdout
    return [line.split("\t") for line in text.splitlines()]


def play(scenario):
    family = scenario.get("family", 4)
    names = build(family)
    # Neighbour discovery is what ARP is: it is not captured.
    watched = "ip6 and (tcp or udp or (icmp6 and ip6[40] < 128))" if family == 6 else "ip"
    device = scenario.get("device", "eth0")
    path = f"/tmp/{prefix}{os.getpid()}.pcap"
    try:
        if not scenario.get("cold"):
            run(f"ip netns exec {names['a']} ping -c1 -W1 {other({'at': 'a'}, family)}", check=False)
        watch = subprocess.Popen(
            ["ip", "netns", "exec", names["a"], "tcpdump", "-Z", "root", "-i", device, "-U", "--immediate-mode", "-w", path, watched],
            stderr=subprocess.PIPE,
            text=True,
        )
        watch.stderr.readline()
        enter(names["a"])
        sockets, answers, wire = {}, [], Wire()
        for step in scenario["steps"]:
            try:
                answers.append(call(names, sockets, step, family, wire))
            except OSError as error:
                answers.append(code(error))
            time.sleep(step.get("pause", 0.002))
        time.sleep(scenario.get("after", 0.1))
        watch.terminate()
        watch.wait()
        for made in sockets.values():
            made.close()
        wire.socket.close()
        return {"name": scenario["name"], "answers": answers, "segments": segments(path, family)}
    finally:
        destroy(names)
        if os.path.exists(path):
            os.unlink(path)


json.dump([play(scenario) for scenario in json.load(sys.stdin)], sys.stdout)
