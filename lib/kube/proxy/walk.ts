// Where a packet can go on a node: it is sent through the node's own rules as often as there are ways, the dice of each
// `-m statistic` falling one way and then the other, and each real server of a virtual one being the only one for once.
// Before you edit: pkg/proxy/iptables/proxier_test.go (tracePacket), ../../netns/hooks.ts.
import type { Destination } from "../../ipvs/destination.ts";
import type { Services } from "../../ipvs/services.ts";
import { Lab } from "../../lab/lab.ts";
import { Tuple, tupleOf } from "../../netfilter/conntrack/tuple.ts";
import { manipulated } from "../../netfilter/nat/manip.ts";
import { setUp } from "../../netns/configure.ts";
import { PRIORITY } from "../../netns/hooks.ts";
import { ipSend } from "../../netns/ipv4/send.ts";
import { ip6Send } from "../../netns/ipv6/send.ts";
import type { Netns } from "../../netns/netns.ts";
import { LEVEL, NOT_RECORDED, type Step } from "../../trace/step.ts";
import { MILLISECOND } from "../../trace/world.ts";
import type { Ip } from "../../wire/address.ts";
import type { Ipv4Packet, Ipv6Packet } from "../../wire/packet.ts";
import { type Family, hostPort } from "./address.ts";
import type { AskedPacket } from "./asked-packet.ts";
import { realServer } from "./ipvs/graceful.ts";
import { run } from "./tool.ts";

/** What kube-proxy's rules make of a packet. */
export interface Answer {
  readonly packet: string;
  /** Every address and port it could be sent to instead of its own, in the order of the rules. */
  readonly destinations: readonly string[];
  /** What they say of it besides; "none": it goes on its way. */
  readonly verdict: "none" | "accept" | "reject" | "drop";
  /** Whether its source is, or may be, replaced. */
  readonly masquerade: boolean;
}

type Packet = Ipv4Packet | Ipv6Packet;

const DEVICE = "eth0";
const NODE = "node";

/** A node by itself: its addresses on one device, behind which everything else is. */
export class WalkedNode extends Lab {
  readonly ns: Netns;
  private readonly family: Family;
  private readonly addresses: ReadonlySet<Ip>;
  /** How the dice fall while a destination is chosen; null: by chance. */
  private script: Die[] | null = null;
  private drawn = 0;
  private isChoosing = false;
  /** The packet as it left, or came to its socket. */
  private passed: Packet | null = null;

  constructor(family: Family, addresses: readonly Ip[]) {
    super({ seed: "kube-proxy", ipv6: family === 6 });
    this.family = family;
    this.addresses = new Set(addresses);
    const network = this.node("network").root;
    const machine = this.node(NODE);
    this.ns = machine.forward().root;
    const [device] = this.addVeth({ ns: this.ns, name: DEVICE }, { ns: network, name: "node" });
    setUp(network, device.peer!);
    setUp(this.ns, device);
    const place = { lab: this, ns: this.ns };
    for (const each of addresses)
      if (!each.isLoopback)
        run(place, [
          "ip",
          "addr",
          "add",
          `${each}/${family === 4 ? 32 : 128}`,
          "dev",
          DEVICE,
          ...(family === 6 ? ["nodad"] : []),
        ]);
    run(place, ["ip", `-${family}`, "route", "add", "default", "dev", DEVICE]);
    this.watch();
    this.runFor(MILLISECOND);
  }

  override random(): number {
    if (this.script === null || !this.isChoosing) return super.random();
    return this.fall(2) === 0 ? 0 : HIGHEST;
  }

  override below(n: number): number {
    return this.script === null || !this.isChoosing ? super.below(n) : this.fall(n);
  }

  /** Dice of so many sides, as they are to fall. */
  private fall(sides: number): number {
    const script = this.script!;
    if (this.drawn === script.length) script.push({ side: 0, sides });
    return script[this.drawn++]!.side;
  }

  /** Sends the packet on every way it could take. */
  ask(asked: AskedPacket): Answer {
    const destinations = new Set<string>();
    let verdict: Answer["verdict"] = "none";
    let masquerade = false;
    for (const steps of this.ways(asked)) {
      const said = verdictOf(steps);
      if (said !== "none") verdict = said;
      masquerade ||= steps.some((step) => targetOf(step) === "MASQUERADE");
      const destination = this.passed === null ? null : destinationOf(this.passed);
      if (destination !== null && destination !== destinationOf(asked.packet)) destinations.add(destination);
    }
    return { packet: asked.text, destinations: [...destinations], verdict, masquerade };
  }

  /** The steps of each way, one by one: by the dice, or by the real servers of a virtual one. */
  private *ways(asked: AskedPacket): Generator<readonly Step[], void> {
    const { packet } = asked;
    const { dst, protocol, to } = tupleOf(packet)!;
    const services = this.ns.balancing?.ipvs.services;
    const service = services?.find(0, protocol, dst, to) ?? null;
    if (services !== undefined && service !== null && service.count > 0) {
      const servers = [...service.destinations()].filter(({ weight }) => weight > 0);
      servers.sort((one, other) => (serverText(one) < serverText(other) ? -1 : 1));
      for (const [i, server] of servers.entries()) {
        // Only this one may be given the connection, and no earlier one is taken for it.
        for (const each of servers) weigh(services, each, each === server ? 1 : 0);
        yield this.send(packet, [], i);
      }
      for (const each of servers) weigh(services, each, 1);
      return;
    }
    for (let script: Die[] | null = []; script !== null; script = nextScript(script))
      yield this.send(packet, script, 0);
  }

  /** `from` is added to the source port. */
  private send(asked: Packet, script: Die[], from: number): readonly Step[] {
    const { ns, recorder } = this;
    const packet = withSourcePort(asked, from);
    this.script = script;
    this.drawn = 0;
    this.passed = null;
    for (const name of ns.recent.names) ns.recent.write(name, "/", 0);
    for (const { sets } of ns.nftables.ruleset.tables.values())
      for (const { spec, elements } of sets.values()) if (spec.isDynamic) elements.clear();
    recorder.level = LEVEL.path;
    if (this.addresses.has(packet.src) || packet.src.isLoopback) {
      const { src, dst, body } = packet;
      (this.family === 4 ? ipSend : ip6Send)(ns, { src, dst, body } as never, NOT_RECORDED);
    } else {
      const device = ns.devices.get(DEVICE)!;
      this.carry(device, { dst: device.mac, src: device.peer!.mac, payload: packet }, NOT_RECORDED);
    }
    this.runFor(MILLISECOND);
    recorder.level = LEVEL.off;
    this.script = null;
    return recorder.take().filter(({ where }) => where.node === NODE);
  }

  /** Notes where dice decide, and takes packets away at their end, before their connection is known for good. */
  private watch(): void {
    const { ns, family } = this;
    const hooks = family === 4 ? ns.hooks : ns.hooks6;
    const at = (
      hook: "PREROUTING" | "OUTPUT" | "INPUT" | "POSTROUTING",
      priority: number,
      act: (packet: Packet) => boolean,
    ) =>
      hooks.register(hook, {
        name: "kube-proxy's question",
        priority,
        run: (_: Netns, skb: { readonly packet: Packet }) => (act(skb.packet) ? "stolen" : "accept"),
      } as never);
    const choose = (on: boolean) => () => {
      this.isChoosing = on;
      return false;
    };
    for (const hook of ["PREROUTING", "OUTPUT"] as const) {
      at(hook, PRIORITY.dnat - 1, choose(true));
      at(hook, PRIORITY.dnat + 1, choose(false));
    }
    at("INPUT", PRIORITY.confirm - 1, (packet) => this.take(packet));
    // What comes back by loopback goes on to INPUT.
    at("POSTROUTING", PRIORITY.confirm - 1, (packet) => !this.isOwn(packet.dst) && this.take(packet));
  }

  private isOwn(address: Ip): boolean {
    // kube-ipvs0 has more than the node was given.
    return address.isLoopback || this.addresses.has(address) || (address.family === 4 && this.ns.hasAddress(address));
  }

  private take(packet: Packet): boolean {
    // Of what the kernel says of itself, as a neighbour's question, nobody asked.
    if (this.script !== null && this.passed === null && destinationOf(packet) !== null) this.passed = packet;
    return this.script !== null;
  }
}

const serverText = ({ address, port }: Destination): string => hostPort(address.text, port);

function weigh(services: Services, { service, address, port }: Destination, weight: number): void {
  services.editServer(service.key, { ...realServer(address.text, port), weight });
}

function withSourcePort(packet: Packet, added: number): Packet {
  const { src, dst, protocol, from, to } = tupleOf(packet)!;
  return manipulated(packet, new Tuple(src, dst, protocol, ((from - 1 + added) % 65535) + 1, to), "source");
}

/** The last number below 1 that dice can show. */
const HIGHEST = 1 - Number.EPSILON;

/** One that is thrown, from the lowest side to the highest. */
interface Die {
  readonly side: number;
  readonly sides: number;
}

/** The next fall of the dice in the order of the rules; null: that was the last. */
function nextScript(script: readonly Die[]): Die[] | null {
  const last = script.findLastIndex(({ side, sides }) => side < sides - 1);
  if (last === -1) return null;
  const { side, sides } = script[last]!;
  return [...script.slice(0, last), { side: side + 1, sides }];
}

function destinationOf(packet: Packet): string | null {
  const tuple = tupleOf(packet);
  return tuple?.hasPorts ? hostPort(tuple.dst.text, tuple.to) : null;
}

/** What a rule does with a packet, of those that matched; null for other steps. */
function targetOf({ evidence, what, chain }: Step): string | null {
  if (evidence?.kind !== "rule" || (what !== "rule" && what !== "drop")) return null;
  const target = / -j (\S+)/.exec(evidence.text)?.[1];
  if (target !== undefined) return target;
  const word = /\b(masquerade|reject)\b/.exec(evidence.text.replace(/ comment ".*"$/, ""))?.[1]?.toUpperCase();
  return word ?? (chain?.says === "DROP" ? "DROP" : null);
}

/** Tables where packets are refused. */
const FILTERS: ReadonlySet<string> = new Set(["filter", "ip kube-proxy", "ip6 kube-proxy"]);

/** KUBE-FORWARD lets on what is on its way already: that is no verdict about a Service. */
function verdictOf(steps: readonly Step[]): Answer["verdict"] {
  for (const step of steps) {
    // A virtual server without a real one says that the port is not there.
    if (step.what === "drop" && step.evidence?.kind === "ipvs") return "reject";
    const target = targetOf(step);
    if (
      step.chain === undefined ||
      !FILTERS.has(step.chain.table) ||
      step.chain.chain === "KUBE-FORWARD" ||
      target === null
    )
      continue;
    if (target === "ACCEPT") return "accept";
    if (target === "REJECT") return "reject";
    if (target === "DROP") return "drop";
  }
  return "none";
}
