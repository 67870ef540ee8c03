// Random labs of policy routing: a router with three legs, two hosts and a third that has a foot in two networks. Rules,
// tables, routes and switches are drawn at random, most of them such that packets still get somewhere.
import { labData } from "../../lib/lab/data-write.ts";
import { Lab } from "../../lib/lab/lab.ts";
import type { Netns } from "../../lib/netns/netns.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { ipv4 } from "../../lib/wire/address.ts";
import { frameBytes } from "../../lib/wire/bytes.ts";
import { BROADCAST_MAC, ZERO_MAC } from "../../lib/wire/mac.ts";
import type { Arp, Ipv4Packet } from "../../lib/wire/packet.ts";
import type { Case, Question, Traffic } from "../conform/case.ts";
import { Dice } from "../conform/dice.ts";
import { THEMES, type Theme } from "./themes.ts";

const NETWORKS = ["10.1.0.0/24", "10.2.0.0/24", "10.3.0.0/24"];
const TABLES = [100, 101, 5, 356, 253];
const SWITCHES: readonly (readonly [name: string, values: readonly number[]])[] = [
  ["rp_filter", [0, 1, 1, 2, 2]],
  ["accept_local", [0, 1]],
  ["route_localnet", [0, 1]],
  ["forwarding", [0, 1]],
  ["log_martians", [1]],
  ["send_redirects", [0, 1, 1]],
  ["accept_redirects", [0, 1, 1]],
  ["secure_redirects", [0, 1]],
  ["shared_media", [0, 1]],
  ["proxy_arp", [0, 1, 1]],
  ["arp_ignore", [0, 1, 2, 3, 8]],
  ["arp_announce", [0, 1, 2]],
  ["arp_filter", [0, 1, 1]],
  ["arp_accept", [0, 1, 2]],
];

/** The case of this seed. */
export function policyCase(seed: string): Case {
  const dice = new Dice(seed);
  const lab = new Lab({ seed });
  const maker = new Maker(lab, dice);
  maker.build();
  return { name: seed, lab: labData(lab), traffic: maker.traffic(), questions: maker.questions() };
}

class Maker {
  private readonly lab: Lab;
  private readonly dice: Dice;
  /** What the case is about, besides what the dice add. */
  private readonly theme: Theme;

  constructor(lab: Lab, dice: Dice) {
    this.lab = lab;
    this.dice = dice;
    this.theme = THEMES[Number(/\d+$/.exec(lab.seed)?.[0] ?? 0) % THEMES.length]!;
  }

  /** What the kernel refuses is not there, and what the model refuses aloud neither. */
  private run(ns: string, line: string): void {
    runShell(this.lab, place(this.lab, ns), line);
  }

  build(): void {
    const { lab, dice } = this;
    const names = ["r", "h1", "h2", "h3"];
    for (const name of names) lab.node(name);
    // The link of h1 is a bridge of the router: h3 is on it too, and on the link of the router's third leg.
    lab.addBridge(lab.netns("r"), "br0");
    for (const [dev, host, end] of [
      ["v1", "h1", "eth0"],
      ["v3", "h3", "eth0"],
      ["e1", "h2", "eth0"],
      ["e2", "h3", "eth1"],
    ] as const) {
      lab.cable("r", dev, host, end);
      if (dev[0] === "v") this.run("r", `ip link set ${dev} master br0`);
    }
    this.run("r", "ip link set br0 up");
    const addresses: [ns: string, dev: string, address: string][] = [
      ["r", "br0", "10.1.0.1/24"],
      ["r", "e1", "10.2.0.1/24"],
      ["r", "e2", "10.3.0.1/24"],
      ["h1", "eth0", "10.1.0.2/24"],
      ["h2", "eth0", "10.2.0.2/24"],
      ["h3", "eth0", "10.1.0.3/24"],
      ["h3", "eth1", "10.3.0.3/24"],
    ];
    if (dice.chance(0.4)) addresses.push(["r", "e1", dice.of(["10.1.0.9/32", "10.9.0.1/16", "10.2.0.9/24"])]);
    if (dice.chance(0.3)) addresses.push(["h3", "lo", "10.77.0.3/32"]);
    for (const [ns, dev, address] of addresses) this.run(ns, `ip addr add ${address} brd + dev ${dev}`);
    this.run("r", `sysctl -qw net.ipv4.ip_forward=${dice.chance(0.9) ? 1 : 0}`);
    if (dice.chance(0.4)) this.run("h3", "sysctl -qw net.ipv4.ip_forward=1");
    for (const [ns, gateway] of [
      ["h1", dice.of(["10.1.0.1", "10.1.0.1", "10.1.0.3"])],
      ["h2", "10.2.0.1"],
      ["h3", dice.of(["10.1.0.1", "10.3.0.1"])],
    ] as const)
      if (dice.chance(0.9)) this.run(ns, `ip route add default via ${gateway}`);
    for (const line of this.theme.lines) this.run(line.split(": ")[0]!, line.split(": ")[1]!);
    for (const ns of names) {
      this.switches(ns);
      for (let i = dice.whole(0, ns === "r" ? 6 : 3); i > 0; i--) this.route(ns);
      if (ns === "r" || dice.chance(0.5)) for (let i = dice.whole(0, ns === "r" ? 5 : 3); i > 0; i--) this.rule(ns);
      if (dice.chance(0.05)) this.run(ns, "ip rule del pref 32767");
      if (dice.chance(0.05)) this.run(ns, "ip rule del pref 0; ip rule add pref 40 lookup local");
    }
  }

  private devices(ns: string): string[] {
    return [...this.lab.netns(ns).devices.keys()].filter((name) => !/^v\d/.test(name));
  }

  private switches(ns: string): void {
    const { dice } = this;
    for (let i = dice.whole(0, 5); i > 0; i--) {
      const [name, values] = dice.of(SWITCHES);
      const who = dice.of(["all", "default", ...this.devices(ns), ...this.devices(ns)]);
      this.run(ns, `sysctl -qw net.ipv4.conf.${who}.${name}=${dice.of(values)}`);
    }
  }

  private gateway(ns: string): string {
    const near = {
      r: ["10.1.0.2", "10.1.0.3", "10.2.0.2", "10.3.0.3"],
      h1: ["10.1.0.1", "10.1.0.3"],
      h2: ["10.2.0.1"],
    };
    return this.dice.of(near[ns as keyof typeof near] ?? ["10.1.0.1", "10.3.0.1", "10.1.0.2"]);
  }

  private route(ns: string): void {
    const { dice } = this;
    const prefix = dice.of([
      ...NETWORKS,
      "default",
      "10.77.0.0/16",
      "10.77.0.3",
      "10.2.0.2",
      "10.0.0.0/8",
      "10.1.0.0/25",
    ]);
    const table = dice.of(["main", "main", ...TABLES]);
    const metric = dice.chance(0.2) ? ` metric ${dice.of([5, 100])}` : "";
    const more = `${metric} table ${table}${dice.chance(0.2) ? ` proto ${dice.of(["static", "bird", "80", "dhcp"])}` : ""}`;
    const mtu = dice.chance(0.15) ? ` mtu ${dice.of(["1400", "lock 1300"])}` : "";
    const kind = dice.whole(1, 20);
    if (kind <= 2) this.run(ns, `ip route add ${dice.of(["blackhole", "unreachable", "prohibit"])} ${prefix}${more}`);
    else if (kind <= 4) this.run(ns, `ip route add throw ${prefix}${more}`);
    else if (kind <= 6) this.run(ns, `ip route add ${prefix} dev ${dice.of(this.devices(ns))}${more}${mtu}`);
    else if (kind <= 8)
      this.run(ns, `ip route add ${prefix} via 10.66.0.1 dev ${dice.of(this.devices(ns))} onlink${more}`);
    else if (kind <= 12) {
      const hop = () => `nexthop via ${this.gateway(ns)} weight ${dice.of([1, 1, 2, 7])}`;
      this.run(ns, `ip route add ${prefix}${more} ${hop()} ${hop()}${dice.chance(0.3) ? ` ${hop()}` : ""}`);
    } else {
      const src = dice.chance(0.2) ? ` src ${dice.of(this.own(ns))}` : "";
      // Of several default routes with one metric Linux leaves out gateways that do not answer, which is not modelled.
      const verbs = ["add", "add", "add", "append", "replace", "prepend"];
      const verb = prefix === "default" ? dice.of(["add", "replace"]) : dice.of(verbs);
      this.run(ns, `ip route ${verb} ${prefix} via ${this.gateway(ns)}${src}${more}${mtu}`);
    }
  }

  private rule(ns: string): void {
    const { dice } = this;
    const words: string[] = [];
    if (dice.chance(0.15)) words.push("not");
    if (dice.chance(0.5)) words.push("from", dice.of([...NETWORKS, ...this.everybody(), "10.0.0.0/8"]));
    if (dice.chance(0.4)) words.push("to", dice.of([...NETWORKS, ...this.everybody(), "10.77.0.0/16"]));
    if (dice.chance(0.2)) words.push("fwmark", dice.of(["1", "2", "0x10/0xf0", "0/1"]));
    if (dice.chance(0.25)) words.push("iif", dice.of([...this.devices(ns), "nobody"]));
    if (dice.chance(0.12)) words.push("oif", dice.of(this.devices(ns)));
    if (dice.chance(0.4)) words.push("pref", dice.of(["10", "10", "500", "32766", "40000"]));
    const kind = dice.whole(1, 12);
    if (kind <= 2) words.push(dice.of(["blackhole", "unreachable", "prohibit"]));
    else words.push("lookup", dice.of(["main", "default", ...TABLES, ...TABLES].map(String)));
    if (kind > 10) words.push("suppress_prefixlength", dice.of(["0", "8", "24", "31"]));
    this.run(ns, `ip rule add ${words.join(" ")}`);
  }

  private own(ns: string): string[] {
    const { inet } = this.lab.netns(ns);
    return [...inet.values()].flatMap(({ addresses }) => addresses.map(({ local }) => local.text));
  }

  private everybody(): string[] {
    return ["r", "h1", "h2", "h3"].flatMap((ns) => this.own(ns)).filter((address) => !address.startsWith("127."));
  }

  traffic(): Traffic[] {
    const { dice } = this;
    const traffic: Traffic[] = [];
    const { flows } = this.theme;
    for (let i = 0; i < flows.length + 4; i++) {
      const at = 20 + i * 370;
      const [ns, to, from] = flows[i] ?? [];
      if (ns !== undefined && to === undefined) traffic.push(this.spoofed(ns, at));
      else if (ns !== undefined && to !== undefined) {
        const plain = {
          kind: "ping",
          at,
          ns,
          to,
          interval: 100,
          size: 56,
          broadcast: false,
          discovery: "want",
        } as const;
        traffic.push({ ...plain, count: 1, ...(from !== undefined && { from }) });
      } else if (dice.chance(0.3)) traffic.push(this.arp(at));
      else {
        const ns = dice.of(["h1", "h2", "h3", "h1", "h3", "r"]);
        const from = dice.chance(0.35)
          ? { from: dice.of(this.own(ns).filter((each) => !each.startsWith("127."))) }
          : {};
        const to = dice.of([...this.everybody(), ...this.everybody(), "10.1.0.77", "10.77.0.3", "192.0.2.1"]);
        const plain = { kind: "ping", at, ns, to, interval: 100, size: dice.of([56, 1380]), broadcast: false } as const;
        traffic.push({
          ...plain,
          ...from,
          count: this.tells() ? 1 : dice.of([1, 2, 3]),
          discovery: dice.of(["want", "dont"]),
        });
      }
    }
    return traffic;
  }

  /** Somebody sends redirects: those follow each other after 40, 80, 160 ms, and a busy machine must not decide. */
  private tells(): boolean {
    const all = [...this.lab.namespaces.values()];
    return all.some(({ sysctls }) => sysctls.changed().some(([name]) => name.endsWith("send_redirects")));
  }

  /** An echo request in somebody else's name. */
  private spoofed(ns: string, at: number): Traffic {
    const { dice, lab } = this;
    const device = lab.netns(ns).devices.get("eth0")!;
    const dst = lab.netns("r").devices.get(ns === "h2" ? "e1" : "br0")!.mac;
    const src = dice.of(["10.1.0.1", "10.2.0.1", "10.3.0.9", "198.51.100.9", "127.0.0.1", "10.1.0.255", "0.0.0.0"]);
    const body = { kind: "icmp", type: 8, code: 0, rest: 0x4d0001, data: new Uint8Array(8) } as const;
    const to = ipv4(dice.of(["10.1.0.1", "10.2.0.2", "10.3.0.3", "10.77.0.3"]));
    const payload: Ipv4Packet = {
      ...{ kind: "ipv4", src: ipv4(src), dst: to, ttl: 9, id: 7, tos: 0, body },
      ...{ dontFragment: false, moreFragments: false, fragmentOffset: 0 },
    };
    const bytes = Buffer.from(frameBytes({ dst, src: device.mac, payload })).toString("hex");
    return { kind: "frame", at, ns, dev: "eth0", bytes };
  }

  /** A question or news that somebody at a host's end of a cable might send. */
  private arp(at: number): Traffic {
    const { dice, lab } = this;
    const [ns, dev] = dice.of([
      ["h1", "eth0"],
      ["h2", "eth0"],
      ["h3", "eth0"],
      ["h3", "eth1"],
      ["r", "br0"],
    ] as const);
    const { mac } = (lab.netns(ns) as Netns).devices.get(dev)!;
    const addresses = [...this.everybody(), "10.1.0.77", "10.2.0.77", "10.3.0.78", "10.77.0.3"].map(ipv4);
    const senderIp = dice.chance(0.1) ? ipv4("0.0.0.0") : dice.of(addresses);
    const targetIp = dice.chance(0.2) ? senderIp : dice.of(addresses);
    const op = dice.chance(0.8) ? "request" : "reply";
    const targetMac = op === "reply" ? mac : ZERO_MAC;
    const payload: Arp = { kind: "arp", op, senderMac: mac, senderIp, targetMac, targetIp };
    const bytes = Buffer.from(frameBytes({ dst: BROADCAST_MAC, src: mac, payload })).toString("hex");
    return { kind: "frame", at, ns, dev, bytes };
  }

  questions(): Question[] {
    const { dice } = this;
    const ask = (ns: string, command: string): Question => ({ ns, to: "", command });
    return ["r", "h1", "h2", "h3"].flatMap((ns) => [
      ask(ns, "ip rule"),
      ask(ns, "ip -j rule"),
      ask(ns, "ip -j route show table all"),
      ask(ns, `ip route show table ${dice.of(TABLES)}`),
      ...Array.from({ length: ns === "r" ? 9 : 4 }, () => ask(ns, this.get(ns))),
    ]);
  }

  private get(ns: string): string {
    const { dice } = this;
    const to = dice.of([...this.everybody(), "10.1.0.77", "10.2.0.200", "10.77.1.1", "192.0.2.7", "10.1.0.255"]);
    const mark = dice.chance(0.25) ? ` mark ${dice.of([1, 2, 18])}` : "";
    if (dice.chance(0.4)) {
      const from = dice.of([...this.everybody(), "10.1.0.66", "10.3.0.66", "198.51.100.3", "127.0.0.9"]);
      return `ip route get ${to} from ${from} iif ${dice.of(this.devices(ns))}${mark}`;
    }
    const from = dice.chance(0.4) ? ` from ${dice.of(this.own(ns))}` : "";
    return `ip route get ${to}${from}${dice.chance(0.15) ? ` oif ${dice.of(this.devices(ns))}` : ""}${mark}`;
  }
}
