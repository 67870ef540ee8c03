#!/usr/bin/python3 -Ss
"""Plays histories of a virtual service on the kernel it runs on: PID 1 of the machine that player.py boots.

The lab is that of lib/tools/ipvs-histories/place.ts: clients in namespace c, the director in d, real servers in r1 to r8.
One process owns every socket, so what happens happens in one order.
"""
import ctypes
import errno
import json
import os
import select
import socket
import struct
import time

LIBC = ctypes.CDLL(None, use_errno=True)
SERVERS = [f"r{i}" for i in range(1, 9)]
FLAG = {"masq": "-m", "route": "-g", "tunnel": "-i"}
SYSCTL = "/proc/sys/net/ipv4/"
VS = SYSCTL + "vs/"
current = "-"


def mount(kind, at):
    os.makedirs(at, exist_ok=True)
    LIBC.mount(kind.encode(), at.encode(), kind.encode(), 0, None)


def load(is_ipvs):
    """Modules in the order of their needs. IPVS comes to all namespaces at once: then the timers of all fire together."""
    with open("/modules/order", encoding="utf8") as file:
        for name in file.read().split():
            if name.startswith("ip_vs") == is_ipvs:
                with open(f"/modules/{name}", "rb") as module:
                    LIBC.syscall(313, module.fileno(), b"", 0)  # finit_module


def write(path, text):
    with open(path, "w", encoding="utf8") as file:
        file.write(str(text))


def enter(name):
    global current
    if name == current:
        return
    path = "/proc/self/task/1/ns/net" if name == "-" else f"/run/netns/{name}"
    fd = HOME if name == "-" else os.open(path, os.O_RDONLY)
    if LIBC.setns(fd, 0x40000000) != 0:
        raise OSError(ctypes.get_errno(), name)
    if name != "-":
        os.close(fd)
    current = name


def run(name, *words):
    """What a command in a namespace prints, line by line; a status that is not 0 stands behind it as `e 1`."""
    enter(name)
    out, into = os.pipe()
    files = [(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0), (os.POSIX_SPAWN_DUP2, into, 1), (os.POSIX_SPAWN_DUP2, into, 2)]
    pid = os.posix_spawnp(words[0], words, os.environ, file_actions=files)
    os.close(into)
    with open(out, encoding="utf8", errors="replace") as file:
        lines = file.read().splitlines()
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return lines if status == 0 else [*lines, f"e {status}"]


def build():
    """The namespaces, their cables to one bridge, addresses and routes."""
    lines = ["link set lo up", "link add br0 type bridge forward_delay 0", "link set br0 up"]
    for name in ["c", "d", *SERVERS]:
        lines += [f"netns add {name}", f"link add v{name} type veth peer name eth0 netns {name}", f"link set v{name} master br0 up"]
    batch("-", lines)
    up = ["link set lo up", "link set eth0 up"]
    clients = ["10.1.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "203.0.113.0/24", "100.64.0.0/10"]
    batch("c", [*up, "addr add 10.3.0.1/24 dev eth0", "addr add 10.2.0.253/24 dev eth0"]
          + [f"route add local {net} dev lo" for net in clients] + ["route add 10.9.0.0/16 via 10.3.0.254"])
    batch("d", [*up, "addr add 10.3.0.254/24 dev eth0", "addr add 10.2.0.254/24 dev eth0"]
          + [f"route add {net} via 10.3.0.1" for net in [*clients, "10.66.0.0/16"]] + ["route add local 10.9.0.0/16 dev lo"])
    for i, name in enumerate(SERVERS):
        batch(name, [*up, f"addr add 10.2.0.{i + 1}/24 dev eth0", "route add default via 10.2.0.254",
                     "route add local 10.9.0.0/16 dev lo", "link set tunl0 up"])
    for name in ["c", "d", *SERVERS]:
        enter(name)
        for device in ["all", "default", "eth0"]:
            for switch in ["send_redirects", "accept_redirects", "rp_filter"]:
                write(f"{SYSCTL}conf/{device}/{switch}", 0)
        write(SYSCTL + "icmp_ratelimit", 0)
        write(SYSCTL + "tcp_timestamps", 0)
        write(SYSCTL + "ip_local_port_range", "1024 65535")
    enter("d")
    write(SYSCTL + "ip_forward", 1)
    run("d", "iptables", "-t", "mangle", "-A", "PREROUTING", "-d", "10.9.100.0/24", "-j", "MARK", "--set-mark", "1")
    enter("-")
    for limit in ["icmp_msgs_per_sec", "icmp_msgs_burst"]:
        write(SYSCTL + limit, 100000)


def batch(name, lines):
    write("/run/batch", "\n".join(lines) + "\n")
    said = run(name, "ip", "-batch", "/run/batch")
    if said:
        raise RuntimeError(f"{name}: {said}")


def ready(sock, seconds, event=select.POLLIN):
    poll = select.poll()
    poll.register(sock, event)
    return poll.poll(seconds * 1000) != []


def open_socket(name, kind, client=None, port=0):
    enter(name)
    made = socket.socket(socket.AF_INET, kind)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((client or "0.0.0.0", port))
    made.setblocking(False)
    return made


def abort(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


class Lab:
    """Who listens, and, longer than a history, which way the servers answer."""

    def __init__(self):
        self.tcp = {}
        self.udp = {}
        self.is_masq = True

    def listen(self, is_udp, number, port):
        known = self.udp if is_udp else self.tcp
        if (number, port) in known:
            return
        sock = open_socket(f"r{number}", socket.SOCK_DGRAM if is_udp else socket.SOCK_STREAM, None, port)
        if not is_udp:
            sock.listen(512)
        known[number, port] = sock

    def accept(self, seconds):
        """The connection that came to any server: its socket, the server's number and port."""
        poll = select.poll()
        by_fd = {sock.fileno(): (sock, number) for (number, _), sock in self.tcp.items()}
        for fd in by_fd:
            poll.register(fd, select.POLLIN)
        for fd, _ in poll.poll(seconds * 1000):
            sock, number = by_fd[fd]
            made, _ = sock.accept()
            return made, number, made.getsockname()[1]
        return None

    def hush(self):
        """Nobody listens any more."""
        for known in (self.tcp, self.udp):
            for sock in known.values():
                sock.close()
            known.clear()

    def answer_by(self, is_masq):
        if self.is_masq != is_masq:
            self.is_masq = is_masq
            for name in SERVERS:
                run(name, "ip", "route", "replace", "default", "via", "10.2.0.254" if is_masq else "10.2.0.253")


class History:
    """One history: its service, its connections, what came of each event."""

    def __init__(self, lab, said):
        self.lab = lab
        self.said = said
        self.mode = said.get("mode", "masq")
        self.is_udp = said.get("proto") == "udp"
        self.port = said.get("vport", 80)
        self.vip = said.get("vip", "10.9.100.1" if said.get("fwmark") else "10.9.0.1")
        self.service = ["-f", "1"] if said.get("fwmark") else ["-u" if self.is_udp else "-t", f"{self.vip}:{self.port}"]
        self.servers = {}
        self.names = []
        self.open = {}
        self.late = 0.0

    def play(self):
        said = self.said
        self.lab.answer_by(self.mode == "masq")
        before = {}
        enter("d")
        for name, value in said.get("sysctl", {}).items():
            with open(VS + name, encoding="utf8") as file:
                before[name] = file.read().strip()
            write(VS + name, value)
        words = [*self.service, "-s", said["scheduler"], *self.flags(said)]
        if said.get("persistent"):
            words += ["-p", str(said["persistent"])]
        self.ipvsadm("-A", *words, *(["-o"] if said.get("ops") else []))
        for server in said["dests"]:
            self.add(server)
        begin, now, results = time.monotonic() + 1, 0.0, []
        for i, event in enumerate(said["events"]):
            now = event["t"] if "t" in event else now + (0.1 if i > 0 else 0)
            if event["op"] == "wait":
                now += event["sec"] - 0.1
            delay = begin + now - time.monotonic()
            self.late = max(self.late, -delay)
            if delay > 0:
                time.sleep(delay)
            results.append(getattr(self, "do_" + event["op"])(event, i))
        final = self.do_snap(None, 0)
        self.end()
        for name, value in before.items():
            enter("d")
            write(VS + name, value)
        return {"name": said["name"], "results": results, "final": final, "late": round(self.late, 3)}

    @staticmethod
    def flags(said):
        return ["-b", said["flags"]] if said.get("flags") else []

    def ipvsadm(self, *words):
        lines = [line for line in run("d", "ipvsadm", *words) if not line.startswith("e ")]
        return lines or None

    def change(self, command, server):
        known = {**self.servers.get((server["ip"], server["port"]), {}), **server}
        self.servers[server["ip"], server["port"]] = known
        number = int(server["ip"].split(".")[-1])
        self.lab.listen(self.is_udp, number, (server["port"] if self.mode == "masq" else self.port) or self.port)
        words = [FLAG[known.get("mode", self.mode)]]
        for key, flag in (("weight", "-w"), ("x", "-x"), ("y", "-y")):
            if key in known:
                words += [flag, str(known[key])]
        return self.ipvsadm(command, *self.service, "-r", f"{server['ip']}:{server['port']}", *words)

    def add(self, server):
        self.names.append(f"{server['ip']}:{server['port']}")
        self.servers.pop((server["ip"], server["port"]), None)
        return self.change("-a", {key: server[key] for key in server if key not in ("op", "t")})

    def named(self, number, port):
        """Who does not translate ports is known by its machine alone."""
        if self.mode == "masq":
            return f"10.2.0.{number}:{port}"
        every = [*self.names, *(f"{each['ip']}:{each['port']}" for each in self.said["events"] if each["op"] == "add")]
        return next((name for name in every if name.startswith(f"10.2.0.{number}:")), f"10.2.0.{number}:{port}")

    def target(self, event):
        return event.get("vip", self.vip), event.get("vport", self.port)

    def do_connect(self, event, i):
        if self.is_udp:
            return self.datagram(event)
        sock = open_socket("c", socket.SOCK_STREAM, event["client"], event["cport"])
        if sock.connect_ex(self.target(event)) not in (0, errno.EINPROGRESS):
            return "err"
        if not ready(sock, 0.9, select.POLLOUT):
            sock.close()
            return "timeout"
        failed = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if failed != 0:
            sock.close()
            return "refused" if failed == errno.ECONNREFUSED else os.strerror(failed)
        came = self.lab.accept(0.9)
        if came is None:
            self.open[i] = (sock, None)
            return "noaccept"
        self.open[i] = (sock, came[0])
        return self.named(came[1], came[2])

    def datagram(self, event):
        sock = open_socket("c", socket.SOCK_DGRAM, event["client"], event["cport"])
        with sock:
            sock.connect(self.target(event))
            sock.send(b"hi")
            time.sleep(0.02)
            for (number, port), server in self.lab.udp.items():
                if ready(server, 0):
                    _, client = server.recvfrom(64)
                    server.sendto(b"yo", client)
                    time.sleep(0.02)
                    return f"{self.named(number, port)} reply={'yes' if ready(sock, 0) and sock.recv(64) else 'no'}"
            failed = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            return "refused" if failed == errno.ECONNREFUSED else os.strerror(failed) if failed else "lost"

    def do_syn(self, event, i):
        """One SYN from an address that nobody answers for; where it went stands in the table of connections."""
        vip, port = self.target(event)
        src, dst = socket.inet_aton(event["client"]), socket.inet_aton(vip)
        tcp = struct.pack("!HHIIHHHH", event["cport"], port, 1000, 0, 0x5002, 1024, 0, 0)
        tcp = tcp[:16] + struct.pack("!H", checksum(src + dst + struct.pack("!HH", 6, 20) + tcp)) + tcp[18:]
        enter("c")
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as sock:
            sock.sendto(struct.pack("!BBHHHBBH", 0x45, 0, 40, i, 0x4000, 64, 6, 0) + src + dst + tcp, (vip, 0))
        time.sleep(0.02)
        enter("d")
        wanted = f"{src.hex().upper()} {event['cport']:04X}"
        with open("/proc/net/ip_vs_conn", encoding="utf8") as file:
            for line in file:
                if wanted in line:
                    words = line.split()
                    return f"{socket.inet_ntoa(bytes.fromhex(words[5]))}:{int(words[6], 16)}"
        return "refused"

    def do_close(self, event, _):
        client, server = self.open.get(event["conn"], (None, None))
        how = event.get("how", "fin")
        first, second = (server, client) if how in ("sfin", "srst") else (client, server)
        if first is not None:
            if how.endswith("rst"):
                abort(first)
            elif first.fileno() != -1:
                try:
                    first.shutdown(socket.SHUT_WR)
                except OSError:
                    pass
        if second is not None:
            ready(second, 0.05)
        if how != "cfin":
            for each, other in ((second, first), (None, None)):
                if each is not None:
                    each.close()
                if other is not None and other.fileno() != -1:
                    ready(other, 0.05)
                    other.close()
            self.open.pop(event["conn"], None)
        time.sleep(0.002)

    def do_send(self, event, _):
        client, server = self.open.get(event["conn"], (None, None))
        if client is None or server is None:
            return "lost"
        try:
            client.send(b"ping")
            return "ok" if ready(server, 0.7) and len(server.recv(8)) >= 4 else "lost"
        except OSError:
            return "lost"

    def do_weight(self, event, _):
        return self.change("-e", {key: event[key] for key in event if key not in ("op", "t")})

    def do_add(self, event, _):
        return self.add(event)

    def do_del(self, event, _):
        return self.ipvsadm("-d", *self.service, "-r", f"{event['ip']}:{event['port']}")

    def do_sched(self, event, _):
        return self.ipvsadm("-E", *self.service, "-s", event["scheduler"], *self.flags(event))

    def do_wait(self, *_):
        return None

    def do_conns(self, *_):
        return run("d", "ipvsadm", "-Lcn")

    def do_cmd(self, event, _):
        return run("d", *event["cmd"].split())

    def do_sh(self, event, _):
        return run(event.get("ns", "d"), "sh", "-c", event["cmd"])

    def do_snap(self, *_):
        """The servers in the kernel's own order."""
        enter("d")
        rows = []
        with open("/proc/net/ip_vs", encoding="utf8") as file:
            for line in file:
                words = line.split()
                if words[0] == "->" and words[1] != "RemoteAddress:Port":
                    host, port = words[1].split(":")
                    address = socket.inet_ntoa(bytes.fromhex(host))
                    rows.append([f"{address}:{int(port, 16)}", words[2], *map(int, words[3:6])])
        return rows

    def end(self):
        """All connections end, and are forgotten by IPVS and by the clients."""
        for pair in self.open.values():
            for each in pair:
                if each is not None and each.fileno() != -1:
                    abort(each)
        time.sleep(0.005)
        while (left := self.lab.accept(0)) is not None:
            abort(left[0])
        self.lab.hush()
        run("d", "ipvsadm", "-C")
        for _ in range(130):
            enter("d")
            with open("/proc/net/ip_vs_conn", encoding="utf8") as file:
                if len(file.readlines()) <= 1:
                    break
            time.sleep(10)
        time.sleep(62)


for kind, at in (("proc", "/proc"), ("sysfs", "/sys"), ("devtmpfs", "/dev"), ("tmpfs", "/run")):
    mount(kind, at)
os.environ["PATH"] = "/usr/sbin:/usr/bin"
HOME = os.open("/proc/self/ns/net", os.O_RDONLY)
load(False)
build()
load(True)
with open("/histories.json", encoding="utf8") as histories:
    LAB = Lab()
    PLAYED = [History(LAB, each).play() for each in json.load(histories)]
write("/dev/ttyS1", json.dumps({"kernel": f"linux {os.uname().release}", "scenarios": PLAYED}, separators=(",", ":")) + "\n")
LIBC.sync()
LIBC.reboot(0x4321FEDC)
