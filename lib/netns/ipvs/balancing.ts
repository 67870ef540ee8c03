// IPVS at the hooks of one namespace: requests before they reach a socket, answers on their way through. The functions
// are registered with the first service, and go with the last.
// Before you edit: net/netfilter/ipvs/ip_vs_core.c (ip_vs_ops4, ip_vs_in_hook, ip_vs_out_hook, handle_response),
// ip_vs_ctl.c (ip_vs_add_service).
import type { Conn } from "../../ipvs/connection.ts";
import { aborts, type Dropped, Ipvs, type Segment } from "../../ipvs/ipvs.ts";
import type { Service } from "../../ipvs/service.ts";
import type { SettingName } from "../../ipvs/settings.ts";
import { LEVEL } from "../../trace/step.ts";
import type { Ip } from "../../wire/address.ts";
import { PROTOCOL, protocolOf } from "../../wire/packet.ts";
import { type HookFunction, type HookName, PRIORITY, type Verdict } from "../hooks.ts";
import { defragment, defragment6 } from "../netfilter/defragment.ts";
import { type AnySkb, isOf4 } from "../netfilter/tracking.ts";
import type { Netns } from "../netns.ts";
import { dropTracked } from "./conntrack.ts";
import { incomingError, isError, outgoingError, passOn, rerouted } from "./errors.ts";
import { forward, toServer } from "./forward.ts";
import { endText, segmentOf, withEnd } from "./segment.ts";
import { tellSender } from "./way.ts";
import { evidenceOf, Witness } from "./witness.ts";

export class Balancing {
  readonly ipvs: Ipvs;
  private readonly ns: Netns;
  /** What ends the daemons that keep directors in step. */
  readonly daemons: Record<"master" | "backup", (() => void) | null> = { master: null, backup: null };
  private joins6 = false;
  private readonly unregister: Record<4 | 6, (() => void)[]> = { 4: [], 6: [] };

  constructor(ns: Netns) {
    this.ns = ns;
    const { cables } = ns;
    this.ipvs = new Ipvs({
      get now() {
        return cables.now;
      },
      random: () => cables.random(),
      later: (delay, action) => void cables.later(delay, action, true),
    });
    this.ipvs.connections.onGone = (conn) => dropTracked(ns, conn);
  }

  /** Services came or went: the hook functions of a family with its first and its last. */
  settle(): void {
    const { hooks, hooks6 } = this.ns;
    for (const family of [4, 6] as const) {
      const isWanted = this.ipvs.services.hasFamily(family);
      if (isWanted === this.unregister[family].length > 0) continue;
      for (const each of this.unregister[family]) each();
      if (family === 6) this.join6();
      this.unregister[family] = !isWanted
        ? []
        : HOOKS.map(([hook, named]) =>
            family === 4 ? hooks.register(hook, named as never) : hooks6.register(hook, named as never),
          );
    }
  }

  /** Fragments of IPv6 are joined before anything looks at them from the first service on, for good (nf_defrag_ipv6_enable). */
  private join6(): void {
    if (this.joins6) return;
    this.joins6 = true;
    const joins = { name: "defragmentation", priority: PRIORITY.defragment, run: defragment6 } as const;
    for (const hook of ["PREROUTING", "OUTPUT"] as const) this.ns.hooks6.register(hook, joins);
  }
}

/** IPVS of a namespace; made when it is first asked for. */
export function balancingOf(ns: Netns): Balancing {
  ns.balancing ??= new Balancing(ns);
  return ns.balancing;
}

/** ip_vs_in_hook. */
function request(ns: Netns, skb: AnySkb, { hook }: { readonly hook: HookName }): Verdict {
  const { ipvs } = ns.balancing!;
  if (skb.isBalanced || (hook !== "OUTPUT" && !skb.toOne) || ipvs.sync.isIdle) return "accept";
  if (isError(skb.packet)) return incomingError(ns, skb);
  const segment = segmentOf(skb);
  if (segment === null) return "accept";
  const watcher = ns.cables.recorder.level === LEVEL.off ? null : new Witness(ns, skb, hook);
  const found = ipvs.incoming(segment, watcher);
  if (found === "accept") return "accept";
  if (typeof found === "string") return dropped(ns, skb, found);
  if ("key" in found) return refuse(ns, skb, found);
  ipvs.received(found, segment);
  const verdict = forward(ns, skb, found, toServer(found));
  ipvs.put(found);
  return verdict;
}

/** Why, and the sysctl that would have it otherwise. */
const DROPPED: Readonly<Record<Dropped, readonly [because: string, setting: SettingName | null]>> = {
  homeless: ["the packet's connection has no server any more", "expire_nodest_conn"],
  tracked: ["connection tracking knows the old connection of these ports still", "conntrack"],
  loaded: ["the director defends itself: of so many new connections it drops one", "drop_packet"],
  empty: ["a packet of SCTP without a chunk", null],
};

function dropped(ns: Netns, skb: AnySkb, why: Dropped): Verdict {
  const [because, setting] = DROPPED[why];
  skb.cause = ns.step(LEVEL.path, skb.cause, null, "drop", skb.packet, () => {
    if (setting === null) return { because };
    const name = `net.ipv4.vs.${setting}`;
    const text = `${name} = ${ns.balancing!.ipvs.settings[setting]}`;
    return { because, evidence: { kind: "sysctl", text, command: `sysctl ${name}` } };
  });
  return "drop";
}

/** No server can be given a connection: the client is told that the port is not there (ip_vs_leave). */
function refuse(ns: Netns, skb: AnySkb, service: Service): Verdict {
  skb.cause = ns.step(LEVEL.path, skb.cause, null, "drop", skb.packet, () => ({
    because: `${service} has no real server that may be given a connection`,
    evidence: { kind: "ipvs", text: `${service} ${service.scheduler?.name ?? "none"}`, command: "ipvsadm -Ln" },
  }));
  tellSender(ns, skb, "port");
  return "drop";
}

/** Protocols of which the pieces of answers are joined. */
const JOINED: readonly number[] = [PROTOCOL.icmp, PROTOCOL.tcp, PROTOCOL.udp, PROTOCOL.sctp];

/** ip_vs_out_hook. What went in pieces is cut again where it leaves. */
function answer(ns: Netns, skb: AnySkb, { hook }: { readonly hook: HookName }): Verdict {
  if (skb.isBalanced) return "accept";
  if (isOf4(skb) && JOINED.includes(protocolOf(skb.packet))) {
    const verdict = defragment(ns, skb);
    if (verdict !== "accept") return verdict;
  }
  if (isError(skb.packet)) return outgoingError(ns, skb, hook);
  const segment = segmentOf(skb);
  if (segment === null) return "accept";
  const conn = ns.balancing!.ipvs.outgoing(segment);
  return conn === null ? unasked(ns, skb, segment) : answered(ns, skb, segment, conn, hook);
}

/** handle_response: the answer is the virtual address's. */
function answered(ns: Netns, skb: AnySkb, segment: Segment, conn: Conn, hook: HookName): Verdict {
  const { ipvs } = ns.balancing!;
  if (conn.method === "masq") {
    const before = skb.packet;
    skb.packet = withEnd(before, "src", conn.virtual as Ip, conn.virtualPort);
    skb.cause = ns.step(LEVEL.path, skb.cause, null, "nat", skb.packet, () => ({
      hook,
      because: `masquerading: source ${endText(before, "src")} becomes ${endText(skb.packet, "src")}, as the connection says`,
      evidence: evidenceOf(conn),
    }));
    if (!rerouted(ns, skb, hook)) {
      ipvs.connections.put(conn);
      return "drop";
    }
  }
  ipvs.answered(conn, segment);
  passOn(skb, conn);
  return "accept";
}

/** A server's packet of no connection: it is told so where net.ipv4.vs.nat_icmp_send is 1. */
function unasked(ns: Netns, skb: AnySkb, segment: Segment): Verdict {
  const { protocol, src, srcPort } = segment;
  const { settings, services } = ns.balancing!.ipvs;
  if (settings.nat_icmp_send === 0 || !services.hasServer(protocol, src, srcPort)) return "accept";
  if (aborts(segment)) return "accept";
  skb.cause = ns.step(LEVEL.path, skb.cause, null, "drop", skb.packet, () => ({
    because: `${endText(skb.packet, "src")} is a real server, and the packet is of no connection`,
  }));
  tellSender(ns, skb, "port");
  return "drop";
}

/** ip_vs_forward_icmp: errors that are not for this machine are about connections of a mark's service. */
function passing(ns: Netns, skb: AnySkb): Verdict {
  return isError(skb.packet) && !ns.balancing!.ipvs.sync.isIdle ? incomingError(ns, skb) : "accept";
}

const HOOKS: readonly (readonly [HookName, HookFunction<AnySkb>])[] = [
  ["INPUT", { name: "IPVS, answers", priority: PRIORITY.snat - 2, run: answer }],
  ["INPUT", { name: "IPVS, requests", priority: PRIORITY.snat - 1, run: request }],
  ["OUTPUT", { name: "IPVS, answers", priority: PRIORITY.dnat + 1, run: answer }],
  ["OUTPUT", { name: "IPVS, requests", priority: PRIORITY.dnat + 2, run: request }],
  ["FORWARD", { name: "IPVS, errors", priority: PRIORITY.snat - 1, run: passing }],
  ["FORWARD", { name: "IPVS, answers", priority: PRIORITY.snat, run: answer }],
];
