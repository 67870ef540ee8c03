"""Plays packets through real rules. Reads requests (JSON, a line each) from stdin and answers each with a line: a lab is
built, or cases are played, each in a lab of its own, all at once. One process and one thread send everything, so that
what follows from a packet has happened on this CPU before the next one goes; tools run beside each other."""
import concurrent.futures, json, os, socket, struct, subprocess, sys, time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from kernel import enter, finish_checksums_here, name_of, set_sysctl, settle_links
import tcp_calls

SO_RCVBUFFORCE = 33
PACKET_OUTGOING = 4
UDP_PORTS = (53, 7000)
TCP_PORTS = (80, 443)
TABLES = ("raw", "mangle", "nat", "filter")
ABORT = struct.pack("ii", 1, 0)


class Lab:
    """Namespaces of these names, and a packet socket at each end."""

    def __init__(self, prefix, script):
        self.prefix = prefix
        self.lock = "/run/" + prefix + "lock"
        done = subprocess.run(["sh", "-es"], input=script, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        for ns, devices in (("c", ("c0",)), ("r", ("r0", "r1", "lo")), ("s", ("s0",))):
            enter(prefix + ns)
            tcp_calls.prepare_namespace()
            settle_links()
            for device in devices:
                finish_checksums_here(device)
        self.captures = {}
        self.ends = {}
        for ns, device in (("c", "c0"), ("s", "s0"), ("r", "lo")):
            enter(prefix + ns)
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
            s.bind((device, 3))
            s.setblocking(False)
            self.captures[device] = s
            end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            end.bind((device, 0))
            self.ends[ns] = end

    def remove(self):
        for ns in ("c", "r", "s"):
            subprocess.run(["ip", "netns", "del", self.prefix + ns], capture_output=True)
        if os.path.exists(self.lock):
            os.unlink(self.lock)

    def captured(self):
        frames = {}
        for device, s in self.captures.items():
            found = []
            while True:
                try:
                    data, address = s.recvfrom(65536)
                except BlockingIOError:
                    break
                except OSError:
                    continue
                if address[2] != PACKET_OUTGOING:
                    found.append(data.hex())
            if found:
                frames[device + " in"] = found
        return frames

    def run(self, words, text=""):
        """A tool in the router's namespace; the calling thread goes there."""
        enter(self.prefix + "r")
        environment = {**os.environ, "LC_ALL": "C", "XTABLES_LOCKFILE": self.lock}
        done = subprocess.run(words, input=text, capture_output=True, text=True, env=environment, timeout=60)
        return done.returncode, done.stdout, done.stderr


class Play:
    """One case in one lab."""

    def __init__(self, lab, case):
        self.lab = lab
        self.case = case
        self.tool = ("iptables-" if case["family"] == 4 else "ip6tables-") + case["backEnd"]
        self.of = socket.AF_INET if case["family"] == 4 else socket.AF_INET6
        self.refused = None
        self.sockets = []
        self.streams = []
        self.logs = {}

    def log(self, name, text):
        self.logs.setdefault(name, []).append(text)

    def configure(self):
        if self.case["sets"]:
            status, _, err = self.lab.run(["ipset", "-exist", "restore"], self.case["sets"])
            if status != 0:
                self.refused = err
                return
        status, _, err = self.lab.run([self.tool + "-restore"], self.case["rules"])
        if status != 0:
            self.refused = err

    def open(self):
        self.lab.captured()
        for ns in ("r", "s"):
            enter(self.lab.prefix + ns)
            for port in UDP_PORTS:
                s = socket.socket(self.of, socket.SOCK_DGRAM)
                s.bind(("", port))
                self.watch(s, lambda s=s, name="%s udp %d" % (ns, port): self.datagrams(s, name, True))
            for port in TCP_PORTS:
                s = socket.socket(self.of, socket.SOCK_STREAM)
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                s.bind(("", port))
                s.listen(16)
                self.watch(s, lambda s=s, name="%s tcp %d" % (ns, port): self.accept(s, name))

    def watch(self, s, read):
        s.setblocking(False)
        self.sockets.append((s, read))

    def datagrams(self, s, name, echoes):
        busy = False
        while True:
            try:
                data, address = s.recvfrom(65536)
            except BlockingIOError:
                return busy
            except OSError as error:
                self.log(name, "error " + name_of(error))
                continue
            busy = True
            self.log(name, [len(data), address[0], address[1]])
            if echoes and data and data[0] != 97:
                try:
                    s.sendto(b"a" * len(data), address)
                except OSError as error:
                    self.log(name, "send: " + name_of(error))

    def accept(self, s, name):
        busy = False
        while True:
            try:
                child, address = s.accept()
            except BlockingIOError:
                return busy
            busy = True
            self.log(name, [None, address[0], address[1]])
            self.streams.append(child)

    def drain(self):
        while any([read() for _, read in self.sockets]):
            pass

    def step(self, step):
        try:
            getattr(self, step["do"])(step)
        except OSError as error:
            self.log("player", step["do"] + " " + name_of(error))

    def nothing(self, step):
        pass

    def send(self, step):
        self.lab.ends[step["at"]].send(bytes.fromhex(step["bytes"]))

    def local(self, step):
        enter(self.lab.prefix + "r")
        with socket.socket(self.of, socket.SOCK_RAW, step["protocol"]) as s:
            if self.of == socket.AF_INET:
                s.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, step["ttl"])
                s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            else:
                s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, step["ttl"])
            s.bind((step["src"], 0))
            try:
                s.sendto(bytes.fromhex(step["body"]), (step["dst"], 0))
            except OSError as error:
                self.log("r raw", name_of(error))

    def udp(self, step):
        enter(self.lab.prefix + step["ns"])
        name = "%s udp %d" % (step["ns"], step["from"])
        s = socket.socket(self.of, socket.SOCK_DGRAM)
        to = (step["to"], step["port"])
        try:
            s.bind(("", step["from"]))
            if step["connected"]:
                s.connect(to)
        except OSError as error:
            self.log(name, name_of(error))
            return
        self.watch(s, lambda: self.datagrams(s, name, False))
        try:
            s.send(b"q" * step["size"]) if step["connected"] else s.sendto(b"q" * step["size"], to)
        except OSError as error:
            self.log(name, "send: " + name_of(error))

    def connect(self, step):
        enter(self.lab.prefix + step["ns"])
        s = socket.socket(self.of, socket.SOCK_STREAM)
        s.setblocking(False)
        try:
            s.bind(("", step["from"]))
            s.connect((step["to"], step["port"]))
        except BlockingIOError:
            self.streams.append(s)
        except OSError as error:
            self.log("%s tcp %d" % (step["ns"], step["from"]), name_of(error))

    def end(self):
        for s in self.streams:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
            s.close()
            time.sleep(0.0005)  # so that the other end has heard of it before it is closed, too
        self.drain()

    def over(self):
        self.frames = self.lab.captured()
        self.ended = time.monotonic()
        for s, _ in self.sockets:
            s.close()

    def look(self):
        family = [] if self.case["family"] == 4 else ["-f", "ipv6"]
        _, connections, _ = self.lab.run(["conntrack", "-L", *family])
        waited = time.monotonic() - self.ended
        _, rules, _ = self.lab.run([self.tool + "-save", "-c"])
        _, sets, _ = self.lab.run(["ipset", "save"]) if self.case["sets"] else (0, "", "")
        return {
            "refused": None,
            "frames": self.frames,
            "logs": self.logs,
            "rules": rules,
            "connections": connections,
            "sets": sets,
            "waited": waited,
        }

    def clean(self):
        self.lab.run([self.tool + "-restore"], "".join("*%s\nCOMMIT\n" % table for table in TABLES))
        self.lab.run(["conntrack", "-F"])
        for ns in ("c", "r", "s"):  # what was heard of the MTU of paths
            enter(self.lab.prefix + ns)
            if self.case["family"] == 4:
                set_sysctl("net.ipv4.route.flush", "1")
            else:  # the sysctl leaves what is not out of date yet
                subprocess.run(["ip", "-6", "route", "flush", "cache"], check=True, capture_output=True)
        if not self.case["sets"]:
            return
        self.lab.run(["ipset", "flush"])
        # Rules of nf_tables give their sets back a moment after they are gone.
        for _ in range(50):
            if self.lab.run(["ipset", "destroy"])[0] == 0:
                return
            time.sleep(0.02)
        raise RuntimeError("sets stay in use")


def play(labs, cases, workers):
    plays = [Play(lab, case) for lab, case in zip(labs, cases)]
    list(workers.map(Play.configure, plays))
    playing = [each for each in plays if each.refused is None]
    for each in playing:
        each.open()
    for number in range(max((len(each.case["steps"]) for each in playing), default=0)):
        for each in playing:
            if number < len(each.case["steps"]):
                each.step(each.case["steps"][number])
                each.drain()
        time.sleep(0.001)
        for each in playing:
            each.drain()
    for each in playing:
        each.end()
    time.sleep(0.002)
    for each in playing:
        each.drain()
        each.over()
    reports = list(workers.map(lambda each: each.look() if each.refused is None else {"refused": each.refused}, plays))
    list(workers.map(Play.clean, plays))
    return reports


def main():
    os.sched_setaffinity(0, {int(sys.argv[1]) % os.cpu_count()})
    labs = {}
    try:
        with concurrent.futures.ThreadPoolExecutor(4) as workers:
            for line in sys.stdin:
                job = json.loads(line)
                if job["do"] == "build":
                    labs.setdefault(job["kind"], []).append(Lab(job["prefix"], job["script"]))
                    answer = None
                else:
                    answer = play(labs[job["kind"]], job["cases"], workers)
                print(json.dumps(answer), flush=True)
    finally:  # also when who asked is gone
        for lab in sum(labs.values(), []):
            lab.remove()


main()
