// Connection tracking and address translation at the hooks of one namespace. They come with the first rule that needs
// them: until then no packet is looked up.
// Before you edit: net/netfilter/nf_conntrack_proto.c (nf_ct_netns_get, ipv4_conntrack_ops), nf_nat_proto.c
// (nf_nat_ipv4_ops), nf_nat_masquerade.c (masq_device_event).
import type { Device } from "../../link/device.ts";
import { type Conn, DEFAULT_ZONE, INFO, type Tracked } from "../../netfilter/conntrack/conn.ts";
import { Conntrack } from "../../netfilter/conntrack/conntrack.ts";
import { entryText, tupleText } from "../../netfilter/conntrack/entry.ts";
import { tupleOf } from "../../netfilter/conntrack/tuple.ts";
import type { Family } from "../../netfilter/extension.ts";
import { Nat } from "../../netfilter/nat/nat.ts";
import { LEVEL } from "../../trace/step.ts";
import type { Ip } from "../../wire/address.ts";
import type { Ipv4Packet, Ipv6Packet } from "../../wire/packet.ts";
import { type HookName, type HookState, PRIORITY, type Verdict } from "../hooks.ts";
import { routeMeHarder } from "../ipv4/send.ts";
import { routeMeHarder6 } from "../ipv6/send.ts";
import type { Skb6 } from "../ipv6/skb6.ts";
import type { Netns } from "../netns.ts";
import type { Skb } from "../skb.ts";
import { defragment, defragment6 } from "./defragment.ts";

/** A packet of either family on its way through the namespace. */
export type AnySkb = Skb | Skb6;

/** Whom the translation asks about first packets: a nat table, or a chain of that type. */
export interface Asked {
  readonly priority: number;
  ask(ns: Netns, skb: AnySkb, state: HookState<never>): Verdict;
}

/** Where packets enter, and where they leave. */
const ENTRIES: readonly HookName[] = ["PREROUTING", "OUTPUT"];
const EXITS: readonly HookName[] = ["INPUT", "POSTROUTING"];
const NAT_HOOKS = [
  ["PREROUTING", PRIORITY.dnat],
  ["INPUT", PRIORITY.snat],
  ["OUTPUT", PRIORITY.dnat],
  ["POSTROUTING", PRIORITY.snat],
] as const;

const STATE_NAMES = ["ESTABLISHED", "RELATED", "NEW", "ESTABLISHED", "RELATED"] as const;

export class Tracking {
  readonly conntrack: Conntrack;
  readonly nat: Nat;
  private readonly ns: Netns;
  private readonly tracked = new Set<Family>();
  private readonly asked = new Map<Family, Map<HookName, readonly Asked[]>>();
  /** The last connection that the trace was told of. */
  private told = "";

  constructor(ns: Netns) {
    this.ns = ns;
    const { cables, kernel } = ns;
    this.conntrack = new Conntrack({
      get now() {
        return cables.now;
      },
      complain: (line) => kernel.say(() => [line]),
      later: (delay, action) => void cables.later(delay, action, true),
    });
    this.nat = new Nat(this.conntrack, () => cables.random());
  }

  /** A rule needs to know connections (nf_ct_netns_get). */
  track(family: Family): void {
    if (this.tracked.has(family)) return;
    this.tracked.add(family);
    const { hooks, hooks6 } = this.ns;
    const enter = (_: Netns, skb: AnySkb, { hook }: { readonly hook: HookName }) => this.enter(skb, hook);
    const confirm = (_: Netns, skb: AnySkb) => this.confirm(skb);
    for (const hook of ENTRIES) {
      const named = { name: "connection tracking", priority: PRIORITY.conntrack, run: enter };
      const joins = { name: "defragmentation", priority: PRIORITY.defragment } as const;
      if (family === 6) {
        hooks6.register(hook, { ...joins, run: defragment6 });
        hooks6.register(hook, named);
      } else {
        hooks.register(hook, { ...joins, run: defragment });
        hooks.register(hook, named);
      }
    }
    for (const hook of EXITS) {
      const named = { name: "confirmation of connections", priority: PRIORITY.confirm, run: confirm };
      if (family === 6) hooks6.register(hook, named);
      else hooks.register(hook, named);
    }
  }

  /**
   * Something is to be asked at a hook what becomes of connections' addresses; the translation asks all in the order of
   * their priorities, until one has decided (nf_nat_register_fn). Returns what takes it away again.
   */
  translate(family: Family, hook: HookName, asked: Asked): () => void {
    let lists = this.asked.get(family);
    if (lists === undefined) {
      lists = new Map();
      this.asked.set(family, lists);
      this.registerNat(family, lists);
    }
    const list = lists.get(hook) ?? [];
    const at = list.findIndex(({ priority }) => priority >= asked.priority);
    lists.set(hook, list.toSpliced(at === -1 ? list.length : at, 0, asked));
    return () =>
      void lists.set(
        hook,
        lists.get(hook)!.filter((each) => each !== asked),
      );
  }

  private registerNat(family: Family, lists: ReadonlyMap<HookName, readonly Asked[]>): void {
    for (const [hook, priority] of NAT_HOOKS) {
      const run = (_: Netns, skb: AnySkb, state: HookState<never>) =>
        this.pass(skb, hook, state, lists.get(hook) ?? []);
      const named = { name: "table nat", priority, run };
      if (family === 6) this.ns.hooks6.register(hook, named as never);
      else this.ns.hooks.register(hook, named as never);
    }
  }

  private enter(skb: AnySkb, hook: HookName): Verdict {
    const known = skb.ct;
    const { recorder, now } = this.ns.cables;
    if (recorder.level === LEVEL.off || known?.kind === "tracked" || known?.kind === "untracked")
      return this.conntrack.enter(skb);
    const tuple = tupleOf(skb.packet);
    const zone = known?.kind === "template" ? known.zone : DEFAULT_ZONE;
    const found = tuple === null ? null : this.conntrack.find(tuple, zone);
    const before = found === null ? undefined : entryText(found.conn, now);
    const verdict = this.conntrack.enter(skb);
    this.tellEntered(skb, hook, verdict, before);
    return verdict;
  }

  private tellEntered(skb: AnySkb, hook: HookName, verdict: "accept" | "drop", before: string | undefined): void {
    const { ct } = skb;
    const what = verdict === "drop" ? "drop" : "conntrack";
    skb.cause = this.ns.step(LEVEL.path, skb.cause, null, what, skb.packet, () => {
      if (verdict === "drop") {
        const { max } = this.conntrack.settings;
        const evidence = { kind: "sysctl", text: `net.netfilter.nf_conntrack_max = ${max}` } as const;
        const command = "sysctl net.netfilter.nf_conntrack_max";
        return { hook, because: "no more connections can be remembered", evidence: { ...evidence, command } };
      }
      if (ct?.kind !== "tracked")
        return { hook, because: ct === null ? "INVALID: it belongs to no connection and begins none" : "UNTRACKED" };
      const told = this.evidenceOf(ct.conn);
      this.told = told.text;
      // An error changes nothing of the connection that it is about.
      const isError = ct.info === INFO.related || ct.info === INFO.relatedReply;
      const was = isError ? told.text : before;
      const evidence = was === undefined ? told : { ...told, before: was };
      return { hook, because: enteredBecause(ct), evidence };
    });
  }

  private evidenceOf(conn: Conn) {
    return { kind: "conntrack", text: entryText(conn, this.ns.cables.now), command: "conntrack -L" } as const;
  }

  private confirm(skb: AnySkb): Verdict {
    const { ct } = skb;
    if (ct === null || ct.kind !== "tracked") return "accept";
    const isNew = !ct.conn.isConfirmed;
    const verdict = this.conntrack.confirm(skb);
    if (verdict === "drop")
      this.ns.step(LEVEL.path, skb.cause, null, "drop", skb.packet, () => ({
        because: "another connection got the same addresses and ports first",
        evidence: this.evidenceOf(ct.conn),
      }));
    else if (isNew && ct.conn.isConfirmed)
      skb.cause = this.ns.step(LEVEL.full, skb.cause, null, "conntrack", skb.packet, () => ({
        because: "the connection is remembered from now on",
        evidence: this.evidenceOf(ct.conn),
      }));
    else if (this.ns.cables.recorder.level === LEVEL.full) this.tellChanged(skb, ct.conn);
    return verdict;
  }

  /** What rules changed of a known connection on the packet's way, as its mark. */
  private tellChanged(skb: AnySkb, conn: Conn): void {
    const evidence = this.evidenceOf(conn);
    if (evidence.text === this.told) return;
    skb.cause = this.ns.step(LEVEL.full, skb.cause, null, "conntrack", skb.packet, () => ({
      because: "the connection was changed on the way",
      evidence,
    }));
  }

  private pass(skb: AnySkb, hook: HookName, state: HookState<never>, asked: readonly Asked[]): Verdict {
    const { ct, packet } = skb;
    if (ct === null || ct.kind !== "tracked") return "accept";
    const asks = asked.map(
      ({ ask }) =>
        () =>
          ask(this.ns, skb, state),
    );
    const passed = this.nat.pass(packet, ct, hook, state.out?.index ?? 0, asks);
    if (passed === "drop" || passed === "stolen") return passed;
    if (passed === packet) return "accept";
    skb.packet = passed as Ipv4Packet & Ipv6Packet;
    if (this.ns.cables.recorder.level !== LEVEL.off) this.tellTranslated(skb, packet, hook, ct);
    if (packet.dst === passed.dst) return "accept";
    // The way was chosen for another address.
    if (hook === "PREROUTING") skb.dst = null;
    else if (hook === "OUTPUT" && !this.routeAgain(skb)) return "drop";
    return "accept";
  }

  private routeAgain(skb: AnySkb): boolean {
    return isOf4(skb) ? routeMeHarder(this.ns, skb) : routeMeHarder6(this.ns, skb);
  }

  private tellTranslated(skb: AnySkb, before: Ipv4Packet | Ipv6Packet, hook: HookName, { conn, info }: Tracked): void {
    const { packet } = skb;
    skb.cause = this.ns.step(LEVEL.path, skb.cause, null, "nat", packet, () => {
      const changes = [
        change("source", endText(before, "source"), endText(packet, "source")),
        change("destination", endText(before, "destination"), endText(packet, "destination")),
      ].filter((each) => each !== null);
      const why = info === INFO.new ? "as the rule said" : "as the connection says";
      const said = changes.length === 0 ? "the packet it quotes is translated" : changes.join(", ");
      return { hook, because: `${said}, ${why}`, evidence: this.evidenceOf(conn) };
    });
  }

  /** A device went down, or lost an address: what was masqueraded with it is forgotten. */
  forgetMasqueraded(device: Device, address: Ip | null): void {
    this.conntrack.killWhere(
      ({ masqueraded, reply }) => masqueraded === device.index && (address === null || reply.tuple.dst === address),
    );
  }
}

export function isOf4(skb: AnySkb): skb is Skb {
  return skb.packet.kind === "ipv4";
}

function enteredBecause({ conn, info }: Tracked): string {
  const { original, reply } = conn;
  const state = STATE_NAMES[info];
  if (info === INFO.new)
    return conn.isConfirmed
      ? `${state}: nothing answered ${tupleText(original.tuple)} yet`
      : `${state}: no connection has ${tupleText(original.tuple)}`;
  if (info === INFO.related || info === INFO.relatedReply)
    return `${state}: an error about a packet of ${tupleText(original.tuple)}`;
  return info === INFO.established
    ? `${state}: as it began, ${tupleText(original.tuple)}`
    : `${state}: the answer, ${tupleText(reply.tuple)}`;
}

function endText({ src, dst, body }: Ipv4Packet | Ipv6Packet, end: "source" | "destination"): string {
  const address = end === "source" ? src : dst;
  if (body.kind === "tcp" || body.kind === "udp") return `${address}:${end === "source" ? body.srcPort : body.dstPort}`;
  return `${address}`;
}

function change(end: string, before: string, after: string): string | null {
  return before === after ? null : `${end} ${before} becomes ${after}`;
}
