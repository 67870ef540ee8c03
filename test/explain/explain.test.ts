// What `explain` says of a packet is what a real router did with it, as recorded and, where there may be one, now.
import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Explanation, explain, type MachineFiles } from "../../lib/notebook/explain.ts";
import { describe as asTcpdump } from "../../lib/wire/describe.ts";
import { BadInput } from "../../lib/wire/input.ts";
import type { Frame } from "../../lib/wire/packet.ts";
import { ADDR, ROUTE } from "./laptop.ts";
import { type Met, type Recording, record, whyNot } from "./router.ts";

const GOLDEN = new URL("../../../test/explain/goldens/router.json", import.meta.url);
const recorded = JSON.parse(readFileSync(GOLDEN, "utf8")) as Recording;

/** Rules that counted the packet, by what is told of it. */
function counted({ steps }: Explanation): string[] {
  const rules = steps.filter(({ evidence }) => evidence?.kind === "rule" && evidence.text.startsWith("-A "));
  return rules.map(({ evidence }) => `${/-t (\w+)/.exec(evidence!.command)![1]} ${evidence!.text}`);
}

function sent({ steps }: Explanation): string[] {
  const frames = steps.filter(({ what }) => what === "send").map(({ packet }) => packet as Frame);
  return frames.filter(({ payload }) => payload.kind === "ipv4").map((frame) => asTcpdump(frame));
}

function compare(files: MachineFiles, met: readonly Met[]): void {
  for (const { packet, counted: rules, seen } of met) {
    const told = explain(files, packet);
    assert.deepEqual(counted(told).sort(), [...rules].sort(), packet);
    // Nobody listens on the real router: what its TCP says to that is not in the files.
    if (told.fate !== "delivered" || packet.includes("icmp")) assert.deepEqual(sent(told), seen, packet);
  }
}

function compareAll({ files, met, conntrack, later }: Recording): void {
  compare(files, met);
  compare({ ...files, conntrack }, later);
}

describe("explain", () => {
  const { files } = recorded;
  const syn = "in eth0 tcp 10.9.1.2:40000 > 10.9.1.1:443 syn";

  it("says what a recorded router did", () => compareAll(recorded));

  it("says what a router does on this machine", async function () {
    const why = whyNot();
    if (why !== null) {
      console.log(`      left out: ${why}`);
      this.skip();
    }
    this.timeout(30_000);
    this.retries(2);
    compareAll(await record("pwxt-"));
  });

  it("says which word of a packet is wrong: the protocol, a flag, a port where there is none", () => {
    const asked = (packet: string) => () => explain({ iptables: "" }, packet);
    assert.throws(asked("in eth0 tpc 10.9.1.2:1 > 10.9.1.1:80"), /"tpc" is not a protocol .* tcp, udp, icmp/);
    assert.throws(asked("in eth0 tcp 10.9.1.2:1 > 10.9.1.1:80 sin"), /"sin" is not a flag of TCP/);
    assert.throws(asked("in eth0 icmp 10.9.1.2:1 > 10.9.1.1:80"), /ports, and icmp has none/);
  });

  it("names file, line and text of what it can't read, in each file", () => {
    const wrong: [MachineFiles, RegExp][] = [
      [{ iptables: "*filter\n-A INPUT -m nonsense --x 1 -j DROP\nCOMMIT\n" }, /^iptables, line 2: .*nonsense/],
      [
        { addr: "1: lo: <UP> mtu 65536\n    link/loopback 00:00:00:00:00:00\n    inet 300.0.0.1/8 scope host lo\n" },
        /^addr, line 3: /,
      ],
      [{ addr: "hello\n" }, /^addr, line 1: .*hello/],
      [{ route: "default via 10.0.0.1 dev eth0 nhid 12\n" }, /^route, line 1: .*nhid/],
      [{ rule: "0:\tfrom all lookup local\n9:\tfrom all nonsense 3\n" }, /^rule, line 2: /],
      [{ neigh: "10.0.0.1 dev eth0 lladdr zz REACHABLE\n" }, /^neigh, line 1: /],
      [{ ipset: "create a hash:ip\nadd b 10.0.0.1\n" }, /^ipset, line 2: /],
      [{ conntrack: "tcp 6 100 NONSENSE src=1.2.3.4\n" }, /^conntrack, line 1: /],
      [{ sysctl: "net.ipv4.ip_forward = 1\nnonsense\n" }, /^sysctl, line 2: .*nonsense/],
      [{ sysctl: "net.ipv4.ip_forward = yes\n" }, /^sysctl, line 1: .*yes/],
    ];
    for (const [file, message] of wrong)
      assert.throws(
        () => explain(file, syn),
        (error) => error instanceof BadInput && message.test(error.message),
        `${message}`,
      );
  });

  it("walks up to a rule that is not understood, when it is told to stop there", () => {
    const iptables = [
      "*filter",
      "-A INPUT -p udp -m nonsense --x 1 -j DROP",
      "-A INPUT -p tcp -m tcp --dport 443 -j NONSENSE --y 2",
      "-A INPUT -p tcp -j DROP",
      "COMMIT",
      "",
    ].join("\n");
    const { addr } = files;
    assert.throws(() => explain({ iptables, addr }, syn), /^BadInput: iptables, line 2: /);
    const told = explain({ iptables, addr }, syn, { unknown: "stop-there" });
    assert.equal(told.fate, "stopped");
    assert.match(told.because, /stopped here: iptables, line 3 is not understood .*NONSENSE --y 2/);
    const other = explain({ iptables, addr }, "in eth0 icmp 10.9.1.2 > 10.9.1.1", { unknown: "stop-there" });
    assert.equal(other.fate, "delivered");
  });

  it("says what became of the packet itself, not of its answers", () => {
    const fates = [...recorded.met, ...recorded.later].map(
      ({ packet }) => explain({ ...files, conntrack: recorded.conntrack }, packet).fate,
    );
    const words = { s: "sent", d: "dropped", i: "delivered" } as const;
    assert.deepEqual(
      fates,
      [..."sdddsiiddssdsss"].map((letter) => words[letter as keyof typeof words]),
    );
  });

  it("draws the hooks that the packet passed, and names the rules that decided", () => {
    const { table, desc } = explain(files, syn).hooks().scene;
    const column = table.rows.map(([hook]) => hook).filter((hook) => hook !== "");
    assert.deepEqual([...new Set(column)], ["PREROUTING", "FORWARD", "POSTROUTING"]);
    assert.match(desc, /rule 1 of nat SERVICES: the connection's destination becomes 10\.9\.2\.2:8443/);
    const local = explain(files, "in eth0 icmp 10.9.1.2 > 10.9.1.1").hooks().scene;
    assert.ok(local.table.rows.some(([hook]) => hook === "INPUT"));
  });

  it("of IPv6 reads the same files", () => {
    const addr = [
      "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000",
      "    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00",
      "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000",
      "    link/ether b2:45:18:2a:13:49 brd ff:ff:ff:ff:ff:ff",
      "    inet 10.9.1.1/24 brd 10.9.1.255 scope global eth0",
      "    inet6 fd00::1/64 scope global ",
      "       valid_lft forever preferred_lft forever",
      "    inet6 fe80::b045:18ff:fe2a:1349/64 scope link ",
    ].join("\n");
    const route = [
      "10.9.1.0/24 dev eth0 proto kernel scope link src 10.9.1.1 ",
      "fd00::/64 dev eth0 proto kernel metric 256 pref medium",
      "default via fd00::9 dev eth0 metric 1024 pref medium",
      "local fd00::1 dev eth0 table local proto kernel metric 0 pref medium",
      "multicast ff00::/8 dev eth0 table local proto kernel metric 256 pref medium",
    ].join("\n");
    const ip6tables = "*filter\n-A INPUT -p tcp -m tcp --dport 22 -j REJECT\nCOMMIT\n";
    const told = explain({ ip6tables, addr, route }, "in eth0 tcp [fd00::2]:1 > [fd00::1]:22");
    assert.match(told.because, /^rule 1 of filter INPUT: rejected with icmp6-port-unreachable/);
    assert.equal(told.of("drop").steps[0]!.evidence!.command, "ip6tables -t filter -S INPUT");
    assert.equal(explain({ ip6tables, addr, route }, "in eth0 udp [fd00::2]:1 > [fd00:1::1]:22").fate, "sent");
  });

  it("reads devices of every kind, routes by them, and says what it can't know", () => {
    const because = (packet: string) => explain({ addr: ADDR, route: ROUTE }, packet).because;
    assert.match(because("in enp3s0 tcp 198.51.100.7:4 > 192.0.2.11:443"), /^accepted: it goes to the socket/);
    assert.match(because("in enp3s0 udp 198.51.100.7:1 > 10.8.0.7:53"), /^it leaves by wg0: IP 198/);
    assert.match(
      because("in wg0 udp 10.8.0.7:1 > 8.8.8.8:53"),
      /^it will leave by enp3s0 once .* who-has 192\.0\.2\.1 /,
    );
    assert.match(because("in enp3s0 udp 198.51.100.7:1 > 10.42.0.1:53"), /who-has 192\.0\.2\.77 /);
    assert.match(because("in enp3s0 udp 198.51.100.7:1 > 10.244.1.9:53"), /blackhole/);
    assert.match(because("in enp3s0 udp 198.51.100.7:1 > 172.17.0.2:53"), /docker0/);
    assert.match(because("out udp 10.9.0.6:1 > 10.9.0.5:9"), /^it leaves by tun0: /);
    assert.equal(explain({ addr: ADDR, route: ROUTE }, "out icmp 127.0.0.1 > 127.0.0.1").fate, "delivered");
    assert.throws(() => because("in vethabc udp 198.51.100.7:1 > 172.17.0.2:53"), /a port of docker0/);
    assert.throws(() => because("out udp 8.8.4.4:1 > 10.9.0.5:9"), /ENETUNREACH/);
  });

  it("asks the sets that the rules name, and refuses rules that name another", () => {
    const ipset = "create blocked hash:net family inet hashsize 1024 maxelem 65536\nadd blocked 198.51.100.0/24\n";
    const iptables = "*filter\n-A INPUT -m set --match-set blocked src -j DROP\nCOMMIT\n";
    const from = (src: string) =>
      explain({ iptables, ipset, addr: ADDR }, `in enp3s0 udp ${src}:1 > 192.0.2.10:9`).fate;
    assert.equal(from("198.51.100.7"), "dropped");
    assert.equal(from("203.0.113.7"), "delivered");
    assert.throws(
      () => explain({ iptables, addr: ADDR }, "in enp3s0 icmp 1.1.1.1 > 2.2.2.2"),
      /iptables, line 2: .*blocked/,
    );
  });

  it("is a command of the shell, with the story, as JSON and as a picture", () => {
    const folder = mkdtempSync(join(tmpdir(), "explain-"));
    const main = fileURLToPath(new URL("../../lib/cli/main.js", import.meta.url));
    const args = ["explain", "--packet", syn];
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(folder, name), text);
      args.push(`--${name}`, join(folder, name));
    }
    const run = (...more: string[]) => spawnSync(process.execPath, [main, ...args, ...more], { encoding: "utf8" });
    assert.match(run().stdout, /The packet is sent: it leaves by eth1: IP 10\.9\.1\.2\.40000 > 10\.9\.2\.2\.8443/);
    const svg = join(folder, "hooks.svg");
    assert.equal(JSON.parse(run("--json", "--svg", svg).stdout).fate, "sent");
    assert.match(readFileSync(svg, "utf8"), /PREROUTING[\s\S]*nat SERVICES/);
    writeFileSync(join(folder, "rule"), "nonsense\n");
    const failed = run();
    assert.equal(failed.status, 2);
    assert.match(failed.stderr, /^packetwalk: .*rule, line 1: .*nonsense/);
    rmSync(folder, { recursive: true });
  });

  it("goes by the machine's sysctls: who does not forward, who looks where answers would go", () => {
    const told = (sysctl: string, packet = syn) => explain({ ...files, sysctl }, packet);
    assert.equal(told("net.ipv4.ip_forward = 1\n").fate, "sent");
    const off = told("net.ipv4.conf.eth0.forwarding = 0\nnet.ipv4.ip_forward = 0\n");
    assert.equal(off.fate, "dropped");
    assert.match(off.because, /does not forward/);
    const spoofed = "in eth0 udp 10.9.2.7:1 > 10.9.2.2:9000";
    const strict = "net.ipv4.conf.all.rp_filter = 1\nnet.ipv4.ip_forward = 1\n";
    assert.match(told(strict, spoofed).because, /rp_filter/);
    assert.doesNotMatch(told("net.ipv4.ip_forward=1", spoofed).because, /rp_filter/);
    assert.deepEqual(
      told("kernel.hostname = a\nnet.ipv6.conf.all.forwarding = 1\nnet.ipv4.tcp_ecn = 2\n").assumed.slice(0, 3),
      [
        "packets for others are forwarded (net.ipv4.ip_forward 1)",
        "rp_filter is 0",
        "net.ipv4.tcp_ecn has no say: it is not modelled",
      ],
    );
  });

  it("reads what sysctl -a prints on this machine", function () {
    const { stdout, status } = spawnSync("sysctl", ["-a"], { encoding: "utf8", maxBuffer: 1 << 24 });
    if (status === null || !stdout.includes("net.ipv4.ip_forward")) {
      console.log("      left out: no sysctl here");
      this.skip();
    }
    for (const packet of [syn, "in eth0 icmp6 fd00::2 > fd00::1"])
      assert.doesNotThrow(() => explain({ ...files, sysctl: stdout }, packet));
  });

  it("says only what can be said without addresses and routes", () => {
    const told = explain({ iptables: files.iptables }, "in eth0 udp 10.9.1.2:1 > 10.9.2.2:9000");
    assert.equal(told.fate, "stopped");
    assert.deepEqual(counted(told).length, 1);
    assert.throws(() => explain({ iptables: files.iptables }, "out udp 10.9.1.2:1 > 10.9.2.2:9000"), BadInput);
  });
});
