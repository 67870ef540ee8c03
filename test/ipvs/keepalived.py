"""Plays keepalived.txt with a real keepalived, and prints what it logged, sent, and did to IPVS and addresses.

As root, on a kernel with IPVS for the cases that have virtual servers:
python3 test/ipvs/keepalived.py [all|vrrp|checks|TITLE] > test/ipvs/goldens/keepalived.txt
Prints for each case `log DIRECTOR SECONDS TEXT`, `frame SECONDS TEXT` and `$ SECONDS WHERE COMMAND` with its output.
"""
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.realpath(__file__))
HOSTS = {"d1": 2, "d2": 3, "r1": 11, "r2": 12, "s": 13}
PREFIX = "pwka-"
# What depends on the machine, or tells of what is not modelled.
UNTOLD = re.compile(
    r"Starting (Keepalived|VRRP|Healthchecker|CheckProc)|Running on|Command line|^ *'-|Opening file|Configuration file|NOTICE"
    r"|Registering|Assigned address|Startup complete|sockpool|Stopped|CPU usage|Initializing ipvs|Using LinkWatch|Activating BFD"
    r"|Got SIG|process|Script user|SECURITY VIOLATION|^Sending gratuitous"
)
# A server of mail that says the replies of a file one after the other, and is silent without any.
MAIL = """
import socketserver, sys
class Talk(socketserver.StreamRequestHandler):
    def handle(self):
        with open(sys.argv[1], encoding="utf8") as file:
            replies = file.read().split()
        for reply in replies or [None]:
            if reply:
                self.wfile.write(f"{reply} mail\\r\\n".encode())
            self.rfile.readline()
socketserver.ThreadingTCPServer(("", 25), Talk).serve_forever()
"""
READY = re.compile("Activating healthchecker|Entering BACKUP STATE")


def run(*words, **options):
    return subprocess.run(words, check=True, **options)


def inside(host, *words):
    return ["ip", "netns", "exec", PREFIX + host, *words]


def build():
    for host in [*HOSTS, "sw"]:
        run("ip", "netns", "add", PREFIX + host)
        run(*inside(host, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1"))
        run(*inside(host, "ip", "link", "set", "lo", "up"))
    run(*inside("sw", "ip", "link", "add", "br0", "type", "bridge", "mcast_snooping", "0"))
    run(*inside("sw", "ip", "link", "set", "br0", "up"))
    for host, last in HOSTS.items():
        mac = f"02:00:00:00:00:{last:02x}"
        peer = ["peer", "name", host, "netns", PREFIX + "sw"]
        run("ip", "link", "add", "eth0", "address", mac, "netns", PREFIX + host, "type", "veth", *peer)
        run(*inside("sw", "ip", "link", "set", host, "master", "br0", "up"))
        run(*inside(host, "ip", "link", "set", "eth0", "up"))
        run(*inside(host, "ip", "addr", "add", f"192.168.10.{last}/24", "dev", "eth0"))


def destroy():
    for host in [*HOSTS, "sw"]:
        subprocess.run(["ip", "netns", "del", PREFIX + host], stderr=subprocess.DEVNULL)


def read_cases():
    cases = []
    with open(os.path.join(HERE, "keepalived.txt"), encoding="utf8") as file:
        for line in file:
            if line.startswith("# "):
                cases.append({"title": line[2:].strip(), "conf": {}, "steps": [], "end": 0})
            elif line.startswith("conf "):
                name = line.split()[1]
                text = []
                for inner in file:
                    if inner.strip() == ".":
                        break
                    text.append(inner)
                cases[-1]["conf"][name] = "".join(text)
            elif line.startswith("at "):
                _, when, where, command = line.strip().split(" ", 3)
                cases[-1]["steps"].append((float(when), where, command))
            elif line.startswith("end "):
                cases[-1]["end"] = float(line.split()[1])
    return cases


class Player:
    def __init__(self, case, folder):
        self.case = case
        self.folder = folder
        self.running = {}
        self.servers = {}
        self.begin = 0.0

    def now(self):
        return time.time() - self.begin

    def start(self, name):
        conf = os.path.join(self.folder, name + ".conf")
        with open(conf, "w", encoding="utf8") as file:
            file.write(self.case["conf"][name])
        pids = [f"-{letter}{os.path.join(self.folder, name + letter)}" for letter in "prc"]
        words = inside(name, "stdbuf", "-oL", "-eL", "keepalived", "-n", "-l", "-D", "-f", conf, *pids)
        if "virtual_server" not in self.case["conf"][name]:
            words.append("-P")
        elif "vrrp_instance" not in self.case["conf"][name]:
            words.append("-C")
        self.running[name] = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0)

    def serve(self, host):
        words = inside(host, "python3", "-m", "http.server", "80", "--directory", os.path.join(self.folder, "www"))
        self.servers[host] = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def mail(self, host, replies):
        path = os.path.join(self.folder, "mail-" + host)
        is_new = not os.path.exists(path)
        with open(path, "w", encoding="utf8") as file:
            file.write(" ".join(replies))
        if is_new:
            self.servers[host].kill()
            self.servers[host] = subprocess.Popen(inside(host, "python3", "-IS", "-c", MAIL, path))

    def step(self, where, command):
        if command == "serve":
            self.serve(where)
        elif command.startswith("mail"):
            self.mail(where, command.split()[1:])
        elif command == "end server":
            self.servers[where].kill()
        elif command == "keepalived":
            self.start(where)
        elif command == "stop":
            self.running[where].send_signal(signal.SIGTERM)
        elif command == "unplug":
            run(*inside("sw", "ip", "link", "set", where, "down"))
        elif command == "plug":
            run(*inside("sw", "ip", "link", "set", where, "up"))
        else:
            done = subprocess.run(inside(where, "sh", "-c", command), capture_output=True, text=True)
            return done.stdout + done.stderr
        return ""

    def play(self):
        os.makedirs(os.path.join(self.folder, "www"))
        with open(os.path.join(self.folder, "www", "index.html"), "w", encoding="utf8") as file:
            file.write("here\n")
        for host in ["r1", "r2", "s"]:
            self.serve(host)
        capture = os.path.join(self.folder, "pcap")
        words = inside("sw", "tcpdump", "-U", "-i", "br0", "-w", capture, "ip proto 112 or arp")
        dump = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
        while "listening" not in dump.stderr.readline():
            pass
        logs, outputs = [], []
        steps = list(self.case["steps"])
        while steps and steps[0][0] == 0:
            outputs.append((*steps[0], self.step(*steps.pop(0)[1:])))
        time.sleep(3 if steps != self.case["steps"] else 0.5)
        for name in self.case["conf"]:
            if not any(where == name and command == "keepalived" for _, where, command in self.case["steps"]):
                self.start(name)
        for name, each in self.running.items():
            for line in each.stdout:
                text = line.decode().strip().split(": ", 1)[-1]
                if text and not UNTOLD.search(text):
                    logs.append((name, 0.0, text))
                if READY.search(text):
                    break
        self.begin = time.time()
        while self.now() < self.case["end"]:
            while steps and steps[0][0] <= self.now():
                when, where, command = steps.pop(0)
                outputs.append((when, where, command, self.step(where, command)))
            fds = {each.stdout: name for name, each in self.running.items()}
            ready, _, _ = select.select(list(fds), [], [], 0.02)
            for file in ready:
                data = os.read(file.fileno(), 65536).decode()
                for line in data.splitlines():
                    text = line.strip().split(": ", 1)[-1]
                    if text and not UNTOLD.search(text):
                        logs.append((fds[file], self.now(), text))
        for each in [*self.running.values(), *self.servers.values()]:
            each.kill()
            each.wait()
        time.sleep(1.2)
        dump.terminate()
        dump.wait()
        # What keepalived's children left behind.
        for name in ["d1", "d2"]:
            subprocess.run(inside(name, "pkill", "-9", "-f", self.folder), stdout=subprocess.DEVNULL)
        print(f"# {self.case['title']}")
        for name in sorted(self.case["conf"]):
            for where, when, text in logs:
                if where == name:
                    print(f"log {name} {when:.2f} {text}")
        printed = run("tcpdump", "-nnevttr", capture, capture_output=True, text=True).stdout
        for line in re.sub(r"\n\s+", " ", printed).splitlines():
            stamp, text = line.split(" ", 1)
            when = float(stamp) - self.begin
            if when < self.case["end"] and ("ff:ff:ff:ff:ff:ff)" in text or "VRRP" in text):
                print(f"frame {max(0, when):.2f} {re.sub(', id [0-9]+', '', text)}")
        for when, where, command, text in outputs:
            print(f"$ {when:g} {where} {command}")
            sys.stdout.write(text)
        sys.stdout.flush()


def main():
    wanted = sys.argv[1] if len(sys.argv) > 1 else "all"
    for case in read_cases():
        kind = "checks" if any("virtual_server " in conf for conf in case["conf"].values()) else "vrrp"
        if wanted not in ("all", kind, case["title"]):
            continue
        destroy()
        build()
        try:
            with tempfile.TemporaryDirectory(prefix="keepalived-") as folder:
                os.chmod(folder, 0o755)
                Player(case, folder).play()
        finally:
            destroy()


main()
