"""Plays traffic in network namespaces of the real kernel and writes down what happened.

Reads a job (JSON) from stdin, writes the report (JSON) to stdout; started by real.ts, as root, after the labs were
built. One process, one thread: a socket belongs to the namespace it was made in, so it is enough to be there for a
moment (setns). Packet sockets keep their frames, with the kernel's own time stamps, until they are read at the end.
"""
import errno, heapq, json, os, select, shlex, socket, struct, subprocess, sys, time

sys.dont_write_bytecode = True
from kernel import counters, dump, enter, finish_checksums_here, libc, name_of, protocol_counters, settle_links
import flannel, sockets6, tcp_calls

SO_TIMESTAMPNS = 35
SO_RCVBUFFORCE = 33
IP_MTU_DISCOVER = 10
DISCOVERY = {"dont": 0, "want": 1, "do": 2}
PACKET_OUTGOING = 4
SOL_PACKET = 263
PACKET_AUXDATA = 8
TP_STATUS_VLAN_VALID = 0x10
# What stands among the counters and counts nothing.
SETTINGS = ("Ip.Forwarding", "Ip.DefaultTTL")
# What `ip` says on stderr when somebody else's namespace is only half there while it looks for a name.
OTHERS = "Error: Peer netns reference is invalid.\n"


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def request(ident, seq, data):
    head = struct.pack("!BBHHH", 8, 0, 0, ident, seq)
    return struct.pack("!BBHHH", 8, 0, checksum(head + data), ident, seq) + data


class Player:
    def __init__(self, job):
        self.job = job
        self.heap = []
        self.order = 0
        self.poll = select.epoll()
        self.readers = {}
        self.captures = []
        # How late a case runs, in milliseconds: what follows keeps its distance from what was done late.
        self.late = [0.0] * len(job["cases"])
        self.logs = [[[] for _ in case["traffic"]] for case in job["cases"]]
        self.namespace_of = {}
        self.frames = [[] for _ in job["cases"]]
        self.tcp = [{} for _ in job["cases"]]
        self.lost = [0] * len(job["cases"])
        # the table is the whole machine's; only the first namespace shows how full it is
        self.tables = [open("/proc/net/stat/" + name) for name in ("arp_cache", "ndisc_cache")]
        # What was counted while the labs were built, by case and namespace: IPv6 speaks when a device comes up.
        self.before = {}

    def at(self, index, milliseconds, action):
        heapq.heappush(self.heap, (milliseconds + self.late[index], self.order, milliseconds, index, action))
        self.order += 1

    def watch(self, where, s, action):
        """Reads the socket whenever it has something; it is one of this namespace."""
        s.setblocking(False)
        self.readers[s.fileno()] = action
        self.poll.register(s.fileno(), select.EPOLLIN | select.EPOLLERR)
        self.namespace_of[s] = where

    def prepare(self):
        for index, case in enumerate(self.job["cases"]):
            for ns in case["namespaces"]:
                enter(case["prefix"] + ns["name"])
                settle_links()
                for device in ns["devices"]:
                    finish_checksums_here(device)
                if any(traffic["kind"] == "tcp" for traffic in case["traffic"]):
                    tcp_calls.prepare_namespace()
                # protocol 0 now, ETH_P_ALL with bind: nothing is queued that was there before
                s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
                s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
                s.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
                s.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
                libc.bind(s.fileno(), struct.pack("=HHiHBB8s", socket.AF_PACKET, socket.htons(3), 0, 0, 0, 0, b""), 20)
                self.captures.append((index, ns["name"], s))
            for number, traffic in enumerate(case["traffic"]):
                self.plan(index, case, traffic, self.logs[index][number], case["drawn"][number])

    def plan(self, index, case, traffic, log, drawn):
        kind = traffic["kind"]
        where = case["prefix"] + traffic["ns"]
        at = case["offset"] + traffic.get("at", 0)
        if kind == "listen":
            enter(where)
            s = socket.socket(sockets6.family_of(traffic["address"]), socket.SOCK_DGRAM)
            try:
                s.bind((traffic["address"] or "", traffic["port"]))
            except OSError as error:
                log.append("bind: " + name_of(error))
                return
            self.watch(where, s, lambda: self.datagrams(s, log, traffic["echo"]))
        elif kind == "flannel":
            enter(where)
            flannel.Backend(traffic, lambda s, action: self.watch(where, s, action))
        elif kind == "ping":
            self.at(index, at, lambda: self.ping(index, where, at, traffic, log, drawn))
        elif kind == "udp":
            self.at(index, at, lambda: self.udp(index, where, at, traffic, log, drawn))
        elif kind == "tcp":
            self.at(index, at, lambda: log.append(tcp_calls.call(self.tcp[index], where, traffic, drawn)))
        elif kind == "command":
            self.at(index, at, lambda: self.command(index, case["prefix"], where, traffic["command"], log))
        else:
            self.at(index, at, lambda: self.frame(where, traffic, log))

    def options(self, s, traffic):
        discovery = DISCOVERY[traffic.get("discovery", "want")]
        if s.family == socket.AF_INET6:
            s.setsockopt(socket.IPPROTO_IPV6, sockets6.IPV6_MTU_DISCOVER, discovery)
        else:
            s.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, discovery)
        if traffic["broadcast"]:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)

    def ping(self, index, where, at, traffic, log, ident):
        if not enter(where):
            return log.append("no namespace")
        is6 = sockets6.family_of(traffic["to"]) == socket.AF_INET6
        s = sockets6.ping_socket() if is6 else socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        self.options(s, traffic)
        if "ttl" in traffic:
            if is6:
                for option in (socket.IPV6_UNICAST_HOPS, socket.IPV6_MULTICAST_HOPS):
                    s.setsockopt(socket.IPPROTO_IPV6, option, traffic["ttl"])
            else:
                s.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, traffic["ttl"])
        if "from" in traffic:
            try:
                s.bind((traffic["from"], 0))
            except OSError as error:
                log.append("bind: " + name_of(error))
                return
        read = sockets6.read_pings if is6 else self.icmp
        self.watch(where, s, lambda: read(s, ident, log))
        to = sockets6.at_port(traffic["to"], 0)
        data = bytes(i & 0xFF for i in range(traffic["size"]))

        def send(seq):
            read(s, ident, log)
            try:
                s.sendto(sockets6.request(ident, seq, data) if is6 else request(ident, seq, data), to)
            except OSError as error:
                log.append("send %d: %s" % (seq, name_of(error)))

        send(1)
        for seq in range(2, traffic["count"] + 1):
            self.at(index, at + (seq - 1) * traffic["interval"], lambda seq=seq: send(seq))

    def icmp(self, s, ident, log):
        while True:
            try:
                packet, address = s.recvfrom(65536)
            except BlockingIOError:
                return
            except OSError as error:
                log.append("error " + name_of(error))
                continue
            message = packet[(packet[0] & 15) * 4 :]
            kind, code = message[0], message[1]
            ttl = packet[8]
            if kind == 0 and struct.unpack("!H", message[4:6])[0] == ident:
                seq = struct.unpack("!H", message[6:8])[0]
                log.append("reply %d from %s ttl %d, %d octets" % (seq, address[0], ttl, len(message) - 8))
            elif kind in (3, 11) and len(message) >= 36 and message[8 + 9] == 1:
                quoted = message[8 + (message[8] & 15) * 4 :]
                if struct.unpack("!H", quoted[4:6])[0] == ident and quoted[0] == 8:
                    seq, mtu = struct.unpack("!HH", quoted[6:8] + message[6:8])
                    log.append("error %d from %s ttl %d, type %d code %d mtu %d" % (seq, address[0], ttl, kind, code, mtu))

    def udp(self, index, where, at, traffic, log, port):
        if not enter(where):
            return log.append("no namespace")
        s = socket.socket(sockets6.family_of(traffic["to"]), socket.SOCK_DGRAM)
        self.options(s, traffic)
        to = sockets6.at_port(traffic["to"], traffic["port"])
        try:
            s.bind((traffic.get("from", ""), port))
            if traffic["connected"]:
                s.connect(to)
        except OSError as error:
            log.append("open: " + name_of(error))
            return
        self.watch(where, s, lambda: self.datagrams(s, log, False))
        data = bytes(i & 0xFF for i in range(traffic["size"]))

        def send(number):
            self.datagrams(s, log, False)  # what came in is read first, also when the machine is busy
            try:
                s.send(data) if traffic["connected"] else s.sendto(data, to)
            except OSError as error:
                log.append("send %d: %s" % (number, name_of(error)))

        send(1)
        for number in range(2, traffic["count"] + 1):
            self.at(index, at + (number - 1) * traffic["interval"], lambda number=number: send(number))

    def datagrams(self, s, log, echo):
        while True:
            try:
                data, address = s.recvfrom(65536)
            except BlockingIOError:
                return
            except OSError as error:
                log.append("error " + name_of(error))
                continue
            log.append("%d octets from %s:%d" % (len(data), address[0], address[1]))
            if echo:
                try:
                    s.sendto(data, address)
                except OSError as error:
                    log.append("send: " + name_of(error))

    def frame(self, where, traffic, log):
        if not enter(where):
            return log.append("no namespace")
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as s:
            try:
                s.bind((traffic["dev"], 0))
                s.send(bytes.fromhex(traffic["bytes"]))
            except OSError:
                pass  # whether the device took it shows in the capture

    def command(self, index, prefix, where, line, log):
        """A command that changes something: what was seen before it keeps the names that devices had then."""
        self.drain(index)
        words = shlex.split(line)
        for at, word in enumerate(words[:-1]):
            # Names of namespaces; those of the real machine have the case's prefix.
            if word == "netns" or (word in ("del", "add", "exec") and words[at - 1] == "netns"):
                if words[at + 1] not in ("del", "add", "exec"):
                    words[at + 1] = prefix + words[at + 1]
        if "del" in words and "netns" in words:
            self.leave(index, words[-1])
        if not enter(where):
            return log.append("no namespace")
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        log.append("%d %s" % (done.returncode, done.stdout.decode().replace(OTHERS, "").replace(prefix, "").strip()))
        for _, device in socket.if_nameindex():
            finish_checksums_here(device)
        self.settle(index)
        if "netns" in words and "del" in words:  # its devices go when the kernel finds the time (cleanup_net)
            now = (time.time() - self.began) * 1000
            for later in (50, 100, 200, 400, 800):
                self.at(index, now + later, lambda: self.settle(index))

    def settle(self, index):
        case = self.job["cases"][index]
        for ns in case["namespaces"]:
            if enter(case["prefix"] + ns["name"]):
                settle_links()

    def leave(self, index, name):
        """Nothing of ours may keep a namespace alive that is deleted."""
        for s, where in list(self.namespace_of.items()):
            if where == name:
                del self.namespace_of[s], self.readers[s.fileno()]
                s.close()
        for capture in [each for each in self.captures if self.job["cases"][index]["prefix"] + each[1] == name and each[0] == index]:
            self.captures.remove(capture)
            capture[2].close()
        enter(self.job["cases"][index]["prefix"] + self.job["cases"][index]["namespaces"][0]["name"])

    def play(self):
        for index, case in enumerate(self.job["cases"]):
            self.at(index, case["offset"] + case["end"], lambda index=index: self.look(index))
        self.looks = [None] * len(self.job["cases"])
        for index, case in enumerate(self.job["cases"]):
            for ns in case["namespaces"] if case["ipv6"] else []:
                enter(case["prefix"] + ns["name"])
                self.before[index, ns["name"]] = {"counters": counters(), "snmp": protocol_counters()}
        self.began = time.time() + 0.05
        while self.heap:
            wait = self.began + self.heap[0][0] / 1000 - time.time()
            for fd, _ in self.poll.poll(max(0, wait)):
                if fd in self.readers:
                    self.readers[fd]()
            while self.heap and self.began + self.heap[0][0] / 1000 <= time.time():
                _, _, planned, index, action = heapq.heappop(self.heap)
                now = (time.time() - self.began) * 1000
                if planned + self.late[index] > now:  # what came before it was late meanwhile
                    self.at(index, planned, action)
                    continue
                self.late[index] = max(self.late[index], now - planned)
                action()

    def look(self, index):
        case = self.job["cases"][index]
        for s in list(self.namespace_of):
            if s.fileno() >= 0 and self.namespace_of[s].startswith(case["prefix"]):
                self.readers[s.fileno()]()
        self.logs[index] = [list(log) for log in self.logs[index]]  # what is written later belongs to nobody
        self.looks[index] = {}
        for ns in case["namespaces"]:
            if enter(case["prefix"] + ns["name"]):
                self.looks[index][ns["name"]] = {
                    "neighbours": dump(socket.AF_INET) + dump(socket.AF_INET6),
                    "fdb": dump(7),
                    **self.counted(index, ns["name"]),
                }

    def counted(self, index, name):
        """What devices and protocols counted since the beginning."""
        before = self.before.get((index, name), {"counters": {}, "snmp": {}})
        return {
            "counters": {
                device: [now - then for now, then in zip(values, before["counters"].get(device, [0] * len(values)))]
                for device, values in counters().items()
            },
            "snmp": {
                name: value - (before["snmp"].get(name, 0) if name not in SETTINGS else 0)
                for name, value in protocol_counters().items()
            },
        }

    def drain(self, index):
        """Takes what the captures of a case have seen."""
        offset = self.job["cases"][index]["offset"] / 1000
        for _, ns, s in [each for each in self.captures if each[0] == index]:
            s.setblocking(False)
            while True:
                try:
                    data, extra, _, address = s.recvmsg(65536 + 64, 128)
                except BlockingIOError:
                    break
                except OSError:
                    continue  # a device went down: ENETDOWN, once
                stamp = next(value for level, kind, value in extra if kind == SO_TIMESTAMPNS)
                auxiliary = next(value for level, kind, value in extra if level == SOL_PACKET)
                status, _, _, _, _, tag, ethertype = struct.unpack("=IIIHHHH", auxiliary[:20])
                if status & TP_STATUS_VLAN_VALID:  # the kernel carries a tag beside the frame
                    data = data[:12] + struct.pack("!HH", ethertype, tag) + data[12:]
                seconds, nanoseconds = struct.unpack("qq", stamp)
                at = (seconds - self.began - offset) * 1000 + nanoseconds / 1e6
                if address[3] in (768, 65534):  # ARPHRD_TUNNEL, ARPHRD_NONE: a packet without a frame; the model gives it one without addresses
                    data = bytes(12) + b"\x08\x00" + data
                way = "out" if address[2] == PACKET_OUTGOING else "in"
                self.frames[index].append([ns, address[0], way, at, data.hex()])
            # struct tpacket_stats: seen, dropped
            self.lost[index] += struct.unpack("II", s.getsockopt(263, 6, 8))[1]

    def report(self):
        for index in range(len(self.job["cases"])):
            self.drain(index)
        entries = max(int(table.readlines()[1].split()[0], 16) for table in self.tables)
        return {
            "entries": entries,
            "cases": [
                {
                    "lateness": self.late[i],
                    "lost": self.lost[i],
                    "frames": self.frames[i],
                    "sockets": self.logs[i],
                    "look": self.looks[i],
                }
                for i in range(len(self.job["cases"]))
            ],
        }


if __name__ == "__main__":
    # One CPU: what follows from a frame happens on the CPU that sent it, in the order of its sending.
    os.sched_setaffinity(0, {int(sys.argv[1])} if len(sys.argv) > 1 else {0})
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))  # before all that keeps the machine busy
    except OSError:
        pass
    player = Player(json.load(sys.stdin))
    player.prepare()
    player.play()
    json.dump(player.report(), sys.stdout)
