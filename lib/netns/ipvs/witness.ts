// What IPVS decided, as steps of the trace: the service, the scheduler's reason with every candidate, the connection.
import type { Conn } from "../../ipvs/connection.ts";
import type { Destination } from "../../ipvs/destination.ts";
import type { Watcher } from "../../ipvs/ipvs.ts";
import { protocolName } from "../../ipvs/protocol.ts";
import type { Candidate } from "../../ipvs/scheduler.ts";
import type { Service } from "../../ipvs/service.ts";
import { LEVEL, type Tried } from "../../trace/step.ts";
import type { HookName } from "../hooks.ts";
import type { AnySkb } from "../netfilter/tracking.ts";
import type { Netns } from "../netns.ts";

const WHY_GIVEN_UP = {
  reuse: "it is over, and the client begins a new one from the same port",
  quiesced: "its server has weight 0, and the client begins a new one",
  gone: "its server was deleted",
} as const;

export class Witness implements Watcher {
  private readonly ns: Netns;
  private readonly skb: AnySkb;
  private readonly hook: HookName;

  constructor(ns: Netns, skb: AnySkb, hook: HookName) {
    this.ns = ns;
    this.skb = skb;
    this.hook = hook;
  }

  get isFull(): boolean {
    return this.ns.cables.recorder.level >= LEVEL.full;
  }

  known(conn: Conn): void {
    this.note(`a connection of ${conn.dest}`, { conn });
  }

  given(conn: Conn, why: keyof typeof WHY_GIVEN_UP): void {
    this.note(`the connection to ${conn.dest} is given up: ${WHY_GIVEN_UP[why]}`, { conn });
  }

  picked(service: Service, dest: Destination | null, candidates: readonly Candidate[], template: Conn | null): void {
    const name = service.scheduler?.name ?? "no scheduler";
    const won = candidates.find(({ lost }) => lost === null);
    const reason = won === undefined ? "" : `: ${won.cost}`;
    const because =
      template !== null
        ? `a new connection of ${service}: the client's template says ${dest}`
        : dest === null
          ? `a new connection of ${service}: ${name} finds no server that may be given one`
          : `a new connection of ${service}: ${name} picks ${dest}${reason}`;
    this.note(because, template === null ? { service } : { conn: template }, candidates);
  }

  private note(
    because: string,
    { service, conn }: { readonly service?: Service; readonly conn?: Conn },
    candidates: readonly Candidate[] = [],
  ): void {
    const { skb } = this;
    const evidence =
      conn === undefined
        ? ({ kind: "ipvs", text: `${service} ${service!.scheduler?.name ?? "none"}`, command: "ipvsadm -Ln" } as const)
        : evidenceOf(conn);
    skb.cause = this.ns.step(LEVEL.path, skb.cause, null, "ipvs", skb.packet, () => ({
      hook: this.hook,
      because,
      evidence,
      tried: candidates.flatMap(triedOf),
    }));
  }
}

/** A candidate that lost, with its cost. */
function triedOf({ dest, cost, lost }: Candidate): Tried[] {
  return lost === null ? [] : [{ text: `${dest} weight ${dest.weight}: ${cost}`, ...lost }];
}

/** A connection as evidence. */
export function evidenceOf(conn: Conn) {
  const text = `${protocolName(conn.protocol)} ${conn.stateName} ${conn}`;
  return { kind: "ipvs", text, command: "ipvsadm -Lcn" } as const;
}
