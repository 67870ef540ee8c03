// A namespace built from what tools printed on a real machine, and a packet that is put into it: what happens to it there.
// Before you edit: the readers beside this file; netns/hooks.ts.
import { Lab } from "../../lab/lab.ts";
import { setUp } from "../../netns/configure.ts";
import { type HookFunction, PRIORITY } from "../../netns/hooks.ts";
import { ipSend } from "../../netns/ipv4/send.ts";
import { ip6Send } from "../../netns/ipv6/send.ts";
import type { Netns } from "../../netns/netns.ts";
import { LEVEL, NOT_RECORDED, type Step, type What } from "../../trace/step.ts";
import { Trace } from "../../trace/trace.ts";
import { MILLISECOND } from "../../trace/world.ts";
import { describe } from "../../wire/describe.ts";
import { BadInput } from "../../wire/input.ts";
import type { Frame, Ipv4Packet, Ipv6Packet } from "../../wire/packet.ts";
import { readAddr } from "./addr.ts";
import { readConntrack } from "./conntrack.ts";
import { type Dump, linesOf, must, type Place, printed, wordsOf } from "./dump.ts";
import { readNft } from "./nft.ts";
import { type AskedPacket, readPacket } from "./packet.ts";
import { readNeighbours, readRules as readPolicy, readRoutes } from "./routes.ts";
import { readRules, readSets } from "./rules.ts";
import { readSysctls } from "./sysctls.ts";

/** What was taken down on the machine. */
export type Dumps = { readonly [Name in DumpName]?: Dump };
export const DUMPS = [
  "iptables",
  "ip6tables",
  "ipset",
  "ipvsadm",
  "nft",
  "addr",
  "route",
  "rule",
  "neigh",
  "conntrack",
  "sysctl",
] as const;
export type DumpName = (typeof DUMPS)[number];

/** What became of the packet. */
export type Fate = "delivered" | "sent" | "dropped" | "stopped";

export interface Explained {
  readonly packet: string;
  /** What no dump says and was taken to be so. */
  readonly assumed: readonly string[];
  readonly steps: readonly Step[];
  readonly fate: Fate;
  /** The sentence of the step that decided. */
  readonly because: string;
}

const MACHINE = "machine";
const UNKNOWN_WAY = "where it goes from here can't be said without the machine's addresses and routes";

/**
 * Puts a packet into the machine that the dumps show. Throws BadInput with file, line and text for what can't be read
 * whole; `stopsThere`: a rule that is not understood ends the walk of who comes to it instead.
 */
export function explainPacket(dumps: Dumps, text: string, stopsThere = false): Explained {
  const asked = readPacket(text);
  return new DumpedMachine(dumps, asked.packet.kind === "ipv4" ? 4 : 6, asked.device, stopsThere).ask(asked);
}

/** The machine that dumps show. */
export class DumpedMachine {
  readonly ns: Netns;
  readonly assumed: string[] = [];
  private readonly place: Place;
  private readonly masters: ReadonlyMap<string, string>;
  private readonly knowsWays: boolean;

  /** Packets of this family will be asked about, by this device if no file says what devices there are. */
  constructor(dumps: Dumps, family: 4 | 6, device: string | null, stopsThere: boolean) {
    const lab = new Lab({ seed: "explain", ipv6: family === 6 });
    const network = lab.node("network");
    const { root: ns } = lab.node(MACHINE);
    const place: Place = { lab, ns, family };
    const { assumed } = this;
    this.ns = ns;
    this.place = place;
    const forwarding = family === 4 ? "net.ipv4.ip_forward" : "net.ipv6.conf.all.forwarding";
    ns.sysctls.set(forwarding, "1");
    // First of their priority, they run behind all that is registered later.
    endAt(place, "INPUT", "deliver", ({ body }) =>
      body.kind === "tcp" || body.kind === "udp" ? "accepted: it goes to the socket, if one is bound there" : null,
    );
    const { addr, route, rule, neigh, ipset, iptables, ip6tables, nft, ipvsadm, conntrack, sysctl } = dumps;
    this.knowsWays = addr !== undefined || route !== undefined;
    if (!this.knowsWays) endAt(place, "PREROUTING", "hook", () => UNKNOWN_WAY);
    this.masters = addr === undefined ? new Map<string, string>() : readAddr(place, addr, network);
    if (addr === undefined) for (const name of devicesNamed(device, route)) makeUp(place, network.name, name);
    if (ipvsadm !== undefined && !/^\s*net\.ipv4\.vs\.conntrack\s*=/m.test(sysctl?.text ?? "")) {
      ns.sysctls.set("net.ipv4.vs.conntrack", "1");
      assumed.push("net.ipv4.vs.conntrack is 1, as kube-proxy sets it");
    }
    if (sysctl === undefined) assumed.push("packets for others are forwarded (ip_forward 1), and rp_filter is 0");
    else {
      const read = readSysctls(place, sysctl);
      if (!read.has(forwarding) && !read.has("net.ipv4.conf.all.forwarding"))
        assumed.push(`packets for others are forwarded (${forwarding} 1)`);
      if (!read.has("net.ipv4.conf.all.rp_filter") && family === 4) assumed.push("rp_filter is 0");
      assumed.push(...read.assumed);
    }
    if (route !== undefined) readRoutes(place, route);
    else if (addr !== undefined) assumed.push("the only routes are those that the addresses bring");
    if (rule !== undefined) readPolicy(place, rule);
    if (neigh !== undefined) readNeighbours(place, neigh);
    if (ipset !== undefined) readSets(place, ipset);
    if (iptables !== undefined) readRules(place, iptables, 4, stopsThere);
    if (ip6tables !== undefined) readRules(place, ip6tables, 6, stopsThere);
    if (nft !== undefined) {
      const told = [iptables && "ip", ip6tables && "ip6"].filter((each) => typeof each === "string");
      assumed.push(...readNft(place, nft, new Set(told)));
    }
    if (ipvsadm !== undefined)
      for (const line of linesOf(ipvsadm)) must(place, line, ["ipvsadm", ...wordsOf(line.text)]);
    if (conntrack !== undefined) {
      readConntrack(place, conntrack);
      // An entry is printed without its windows.
      ns.tracking.conntrack.settings.beLiberal = 1;
      assumed.push("sequence numbers are in the windows of their connections");
    }
    // What the machine said while it was built is over before the packet comes.
    lab.runFor(MILLISECOND);
  }

  /** What becomes of a packet. Throws BadInput for one that can't come so. */
  ask(asked: AskedPacket): Explained {
    const { place, assumed } = this;
    const { lab } = place;
    const { text } = asked;
    if (asked.device !== null) checkDevice(place, asked, this.masters);
    else if (!this.knowsWays)
      throw new BadInput(
        "a packet that is made here, and nothing is known of the machine's ways",
        text,
        "Give addr and route.",
      );
    lab.recorder.level = LEVEL.full;
    inject(place, asked);
    // Long enough for its way and an answer; too short for a neighbour to be given up.
    lab.runFor(MILLISECOND);
    lab.recorder.level = LEVEL.off;
    return { packet: text, assumed, ...told(lab.recorder.take()) };
  }

  /** What `ip route` prints, for these words behind it. */
  routes(...words: string[]): string {
    return printed(this.place, ["ip", "route", ...words]);
  }
}

type AnyPacket = Ipv4Packet | Ipv6Packet;

/** Ends the way of packets behind everything that is registered at a hook, where `why` says so. */
function endAt(
  { ns, family }: Place,
  hook: "INPUT" | "PREROUTING",
  what: What,
  why: (packet: AnyPacket) => string | null,
): void {
  const end: HookFunction<{ packet: AnyPacket; cause: number }> = {
    name: "the end of what is known",
    priority: PRIORITY.confirm,
    run(_, skb) {
      const because = why(skb.packet);
      if (because === null) return "accept";
      skb.cause = ns.step(LEVEL.path, skb.cause, null, what, skb.packet, () => ({ hook, because }));
      return "stolen";
    },
  };
  if (family === 4) ns.hooks.register(hook, end as never);
  else ns.hooks6.register(hook, end as never);
}

/** Devices that the packet and the routes name, where nobody said what devices there are. */
function devicesNamed(device: string | null, route: Dump | undefined): Set<string> {
  const names = new Set<string>(device === null ? [] : [device]);
  for (const [, name] of route?.text.matchAll(/ dev (\S+)/g) ?? []) names.add(name!);
  names.delete("lo");
  return names;
}

function makeUp({ lab, ns }: Place, network: string, name: string): void {
  const [device] = lab.addVeth({ ns, name }, { ns: lab.netns(network), name });
  setUp(lab.netns(network), device.peer!);
  setUp(ns, device);
}

function checkDevice({ ns }: Place, { device, text }: AskedPacket, masters: ReadonlyMap<string, string>): void {
  const there = [...ns.devices.keys()].join(", ");
  if (!ns.devices.has(device!))
    throw new BadInput("a packet by a device that is not there", text, `There are ${there}.`);
  const master = masters.get(device!);
  if (master !== undefined)
    throw new BadInput(
      `${device} is a port of ${master}, and what bridges do with frames is not in these files`,
      text,
      `Let the packet come in by ${master}.`,
    );
}

function inject({ lab, ns }: Place, { device: name, packet, text }: AskedPacket): void {
  if (name === null) {
    const { src, dst, body } = packet;
    const outgoing = { src, dst, body, ttl: packet.kind === "ipv4" ? packet.ttl : packet.hopLimit };
    const send = packet.kind === "ipv4" ? ipSend : ip6Send;
    const { errno } = send(ns, outgoing as never, NOT_RECORDED);
    if (errno !== null && lab.recorder.steps.length === 0)
      throw new BadInput(
        `the machine sends no such packet (${errno})`,
        text,
        "Is its source one of the machine's addresses?",
      );
    return;
  }
  const device = ns.devices.get(name)!;
  const src = device.peer?.mac ?? device.mac;
  lab.carry(device, { dst: device.mac, src, payload: packet }, NOT_RECORDED);
}

const FATES: Partial<Readonly<Record<What, Fate>>> = { deliver: "delivered", send: "sent", drop: "dropped" };

/** The machine's own steps, and the one that says what became of the packet. */
function told(all: readonly Step[]): Pick<Explained, "steps" | "fate" | "because"> {
  const steps = all.filter(({ where }) => where.netns === MACHINE);
  const trace = new Trace(steps);
  const isAnswer = (step: Step) => trace.why(step).some(({ what }) => what === "icmp error" || what === "socket");
  // What loopback sends is on its way in.
  const isEnd = ({ what, where }: Step) => FATES[what] !== undefined && (what !== "send" || where.device !== "lo");
  const isStop = ({ because }: Step) => because.includes("stopped here: ") || because === UNKNOWN_WAY;
  const last = steps.find((step) => isStop(step) || (isEnd(step) && !isAnswer(step)));
  if (last === undefined) return { steps, fate: "stopped", because: "nothing more is known" };
  if (last.what !== "send") return { steps, fate: isStop(last) ? "stopped" : FATES[last.what]!, because: last.because };
  const frame = last.packet as Frame;
  const by = last.where.device!;
  // Who is not known is asked for first.
  const how =
    frame.payload.kind === "arp" ? `it will leave by ${by} once there is an answer to` : `it leaves by ${by}:`;
  return { steps, fate: "sent", because: `${how} ${describe(frame)}` };
}
