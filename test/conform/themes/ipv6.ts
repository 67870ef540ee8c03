// Random labs of both families: networks in a row, routers between them, hosts on them, made by command lines. Then some
// of it is wrong: addresses that are missing or there twice, routes that lead nowhere, small MTUs, switches, neighbours.
import { labData } from "../../../lib/lab/data-write.ts";
import { Lab } from "../../../lib/lab/lab.ts";
import { forgetLearned } from "../../../lib/link/bridge.ts";
import { place, runShell } from "../../../lib/tools/shell.ts";
import { SECOND } from "../../../lib/trace/world.ts";
import { BadInput } from "../../../lib/wire/input.ts";
import type { Case } from "../case.ts";
import { Dice } from "../dice.ts";
import { Flows, type Foot, linkLocal } from "./ipv6-traffic.ts";

/** Until every address is looked for and every carrier known. */
const SETTLED = 4 * SECOND;

/** The case of this seed. */
export function ipv6Case(seed: string): Case {
  const dice = new Dice(seed);
  const lab = new Lab({ seed, ipv6: true });
  const maker = new Maker(lab, dice);
  maker.build();
  const flows = new Flows(lab, dice, maker.feet);
  return { name: seed, lab: labData(lab), traffic: flows.traffic(), questions: flows.questions() };
}

class Maker {
  private readonly lab: Lab;
  private readonly dice: Dice;
  readonly feet: Foot[] = [];
  private nets = 0;
  /** Some addresses are looked for before they are used; then none is there twice: who comes first would be chance. */
  private readonly looksForOthers: boolean;

  constructor(lab: Lab, dice: Dice) {
    this.lab = lab;
    this.dice = dice;
    this.looksForOthers = dice.chance(0.6);
  }

  /** Nobody asks for routers, unless he is told to in the middle of the traffic. */
  private node(name: string): void {
    this.lab.node(name);
    this.run(name, "sysctl -qw net.ipv6.conf.default.router_solicitations=0");
  }

  /** What the kernel refuses is not there, and what the model refuses aloud neither. */
  private run(ns: string, line: string): void {
    try {
      runShell(this.lab, place(this.lab, ns), line);
    } catch (error) {
      if (!(error instanceof BadInput)) throw error;
    }
  }

  build(): void {
    const { lab, dice } = this;
    const routers = dice.whole(1, 3);
    this.nets = routers + 1;
    const plugs = new Map<number, string[]>();
    const plan = (name: string, net: number) => void plugs.set(net, [...(plugs.get(net) ?? []), name]);
    for (let i = 0; i < routers; i++) {
      this.node(`r${i}`);
      plan(`r${i}`, i);
      plan(`r${i}`, i + 1);
    }
    for (let net = 0; net < this.nets; net++)
      for (let host = dice.whole(1, 2); host > 0; host--) {
        this.node(`h${net}${host}`);
        plan(`h${net}${host}`, net);
      }
    // A ring of routers, now and then.
    if (routers === 3 && dice.chance(0.3)) plan("r0", 3);
    for (const [net, names] of plugs) this.network(net, names);
    const hosts = [...lab.namespaces.keys()].filter((name) => !name.startsWith("s"));
    for (const name of hosts) this.configure(name);
    // A script gives routes when it has given addresses: whose they are is known by then.
    lab.runFor(SETTLED);
    for (const name of hosts) this.routes(name);
    for (const { name } of lab.namespaces.values()) this.disturb(name);
    lab.runFor(SETTLED);
    // What bridges learned meanwhile is forgotten, as real.ts has it.
    for (const { devices } of lab.namespaces.values())
      for (const device of devices.values()) if (device.master !== null) forgetLearned(device);
  }

  /** Two are joined by a cable, more by a switch, which has IPv6 as all machines or only passes it on. */
  private network(net: number, names: readonly string[]): void {
    const { lab, dice } = this;
    const dev = (name: string) => `e${net}${name === "r0" && net === 3 ? "x" : ""}`;
    if (names.length === 2) lab.cable(names[0]!, dev(names[0]!), names[1]!, dev(names[1]!));
    else {
      this.node(`s${net}`);
      lab.addBridge(lab.netns(`s${net}`), "br0");
      for (const [i, name] of names.entries()) {
        lab.cable(`s${net}`, `p${i}`, name, dev(name));
        this.run(`s${net}`, `ip link set p${i} master br0`);
      }
      this.run(`s${net}`, "ip link set br0 up");
      if (dice.chance(0.5)) this.run(`s${net}`, "sysctl -qw net.ipv6.conf.all.disable_ipv6=1");
    }
    for (const [i, name] of names.entries()) {
      const number = name.startsWith("r") ? i + 1 : i + 16;
      const [address, address4] = [`fd00:${net + 1}::${number}`, `10.0.${net + 1}.${number}`];
      this.feet.push({ ns: name, dev: dev(name), net, address, address4 });
    }
  }

  /** Addresses, and whether it forwards. */
  private configure(ns: string): void {
    const { dice } = this;
    const own = this.feet.filter((foot) => foot.ns === ns);
    const isRouter = ns.startsWith("r");
    if (isRouter && dice.chance(0.93)) this.run(ns, "sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv4.ip_forward=1");
    for (const { dev, address, address4 } of own) {
      const length = dice.chance(0.1) ? dice.of([48, 96, 128]) : 64;
      const dad = this.looksForOthers && dice.chance(0.5) ? "" : " nodad";
      if (dice.chance(0.93)) this.run(ns, `ip addr add ${address}/${length} dev ${dev}${dad}`);
      if (dice.chance(0.2)) this.run(ns, `ip addr add ${address.replace("fd00:", "2001:db8:")}/64 dev ${dev}${dad}`);
      if (dice.chance(0.5)) this.run(ns, `ip addr add ${address4}/24 dev ${dev}`);
    }
    // One that is another's, or that nobody else has.
    const [dev, length] = dice.of([["lo", 128] as const, [dice.of(own).dev, dice.of([64, 128])] as const]);
    if (!this.looksForOthers && dice.chance(0.15))
      this.run(ns, `ip addr add ${this.address(ns)}/${length} dev ${dev} nodad`);
  }

  /** Routes to all networks. */
  private routes(ns: string): void {
    const { dice } = this;
    const own = this.feet.filter((foot) => foot.ns === ns);
    const isRouter = ns.startsWith("r");
    for (let net = 0; net < this.nets; net++) {
      if (own.some((foot) => foot.net === net) || dice.chance(isRouter ? 0.05 : 0.15)) continue;
      const next = this.towards(own, net);
      if (next === null) continue;
      const [via, dev] = [dice.chance(0.4) ? linkLocal(this.lab, next) : next.address, this.link(own, next.net)];
      const metric = dice.chance(0.1) ? ` metric ${dice.of([1, 100, 2000])}` : "";
      const prefix = !isRouter && dice.chance(0.7) ? "default" : `fd00:${net + 1}::/64`;
      this.run(ns, `ip -6 route add ${prefix} via ${via} dev ${dev}${metric}`);
      this.run(ns, `ip route add 10.0.${net + 1}.0/24 via ${next.address4}`);
    }
  }

  private link(own: readonly Foot[], net: number): string {
    return own.find((foot) => foot.net === net)!.dev;
  }

  /** A router on one of the links that is nearer, mostly. */
  private towards(own: readonly Foot[], net: number): Foot | null {
    const near = this.feet.filter(
      (foot) => foot.ns.startsWith("r") && foot.ns !== own[0]!.ns && own.some((each) => each.net === foot.net),
    );
    if (near.length === 0) return null;
    const nearer = near.filter((foot) =>
      own.some((each) => each.net < net === foot.net < net && each.net === foot.net),
    );
    return this.dice.of(nearer.length > 0 && this.dice.chance(0.9) ? nearer : near);
  }

  private disturb(ns: string): void {
    const { dice } = this;
    const own = this.feet.filter((foot) => foot.ns === ns);
    if (own.length === 0) return;
    const { dev } = dice.of(own);
    const add = (chance: number, line: () => string) => {
      if (dice.chance(chance)) this.run(ns, line());
    };
    add(0.12, () => `ip link set ${dev} mtu ${dice.of([1280, 1280, 1400, 1499, 9000])}`);
    for (let i = dice.whole(0, 2); i > 0; i--) add(0.4, () => `ip -6 route add ${this.route(ns)}`);
    add(0.15, () => `ip -6 rule add ${this.rule(ns)}`);
    add(0.12, () => `ip -6 neigh add ${this.address()} lladdr ${this.mac()} dev ${dev} nud permanent`);
    add(0.08, () => `ip -6 neigh add proxy ${this.address()} dev ${dev}`);
    for (const [name, value] of [
      ["accept_dad", 0],
      ["hop_limit", dice.of([1, 2, 255])],
      ["ndisc_notify", 1],
      ["proxy_ndp", 1],
      ["use_oif_addrs_only", 1],
      ["forwarding", dice.of([0, 1])],
      ["disable_ipv6", 1],
    ] as const)
      add(0.04, () => `sysctl -qw net.ipv6.conf.${dice.of(["all", "default", dev, dev])}.${name}=${value}`);
    add(0.04, () => "sysctl -qw net.ipv6.icmp.echo_ignore_all=1");
    add(0.06, () => "sysctl -qw net.ipv6.icmp.echo_ignore_multicast=1");
  }

  /** Somebody's, or one that nobody has; of another than `ns`. */
  private address(ns?: string): string {
    return this.dice
      .of(this.feet.filter((foot) => foot.ns !== ns))
      .address.replace(/[^:]+$/, (last) => (this.dice.chance(0.6) ? last : "77"));
  }

  private mac(): string {
    const { ns, dev } = this.dice.of(this.feet);
    return this.dice.chance(0.6) ? this.lab.netns(ns).devices.get(dev)!.mac.text : "02:ba:d0:00:00:01";
  }

  private route(ns: string): string {
    const { dice } = this;
    const own = this.feet.filter((foot) => foot.ns === ns);
    const { dev } = dice.of(own);
    const prefix = dice.of([`${this.address()}/128`, `fd00:${dice.whole(1, 5)}::/64`, "fd00::/16", "default"]);
    const table = dice.chance(0.25) ? " table 100" : "";
    const metric = dice.chance(0.3) ? ` metric ${dice.of([1, 512, 2000])}` : "";
    const via = () => {
      const near = this.feet.filter((foot) => foot.ns !== ns && own.some((each) => each.net === foot.net));
      const { address, net } = dice.of(near);
      return `via ${address} dev ${this.link(own, net)}`;
    };
    const kind = dice.whole(1, 10);
    if (kind <= 3) return `${dice.of(["unreachable", "blackhole", "prohibit", "throw"])} ${prefix}${table}${metric}`;
    if (kind <= 4) return `${prefix} dev ${dev}${table}${metric}`;
    if (kind <= 5) return `${prefix} nexthop ${via()} nexthop ${via()} weight ${dice.whole(1, 3)}${table}${metric}`;
    if (kind <= 6) return `${prefix} ${via()} mtu ${dice.of(["1280", "1300", "lock 1300"])}${table}${metric}`;
    return `${prefix} ${via()}${table}${metric}`;
  }

  private rule(ns: string): string {
    const { dice } = this;
    const { dev } = dice.of(this.feet.filter((foot) => foot.ns === ns));
    const selector = dice.of([
      `from ${this.address()}`,
      `to fd00:${dice.whole(1, 4)}::/64`,
      `iif ${dev}`,
      `oif ${dev}`,
    ]);
    const action = dice.of([
      "lookup 100",
      "lookup 100",
      "unreachable",
      "prohibit",
      "lookup main suppress_prefixlength 0",
    ]);
    return `pref ${dice.whole(1, 9)}00 ${selector} ${action}`;
  }
}
