// Who is behind a load balancer: targets with their zones and their health, and which of them get new connections.
// Before you edit: docs.aws.amazon.com/elasticloadbalancing/latest/network/{target-group-health-checks,
// load-balancer-target-groups}.html (cross-zone, fail-open, deregistration delay).
import type { Lab } from "../../lab/lab.ts";
import type { Process } from "../../lab/process.ts";
import type { Netns } from "../../netns/netns.ts";
import { SECOND } from "../../trace/world.ts";
import type { Ipv4 } from "../../wire/address.ts";
import { type Check, checking } from "./health-check.ts";

/** As `describe-target-health` names it. */
export type TargetState = "initial" | "healthy" | "unhealthy" | "draining";

/** Whom the group is to have. */
export interface WantedTarget {
  /** A node's name, or a pod's as `namespace/name`. */
  readonly name: string;
  readonly address: Ipv4;
  readonly port: number;
  readonly zone: string;
}

export interface Target extends WantedTarget {
  /** `192.168.0.11:30080` */
  readonly id: string;
  state: TargetState;
  /** Why it is in this state. */
  reason: string;
}

/** Targets that may get a connection, and a sentence about those that may not. */
export interface Choice {
  readonly from: readonly Target[];
  readonly because: string;
}

/** deregistration_delay.timeout_seconds */
const DEREGISTRATION_DELAY = 300 * SECOND;

export class TargetGroup {
  readonly targets = new Map<string, Target>();
  /** Whether targets of other zones than the client's may be picked. */
  crossZone: boolean;
  private readonly lab: Lab;
  private readonly ns: Netns;
  private readonly checks = new Map<string, Process>();
  private check: Check;

  /** `ns` is where health checks come from. */
  constructor(lab: Lab, ns: Netns, check: Check, crossZone: boolean) {
    this.lab = lab;
    this.ns = ns;
    this.check = check;
    this.crossZone = crossZone;
  }

  /** Registers and deregisters targets until they are those that are wanted; other settings of checks begin them anew. */
  set(wanted: readonly WantedTarget[], check: Check = this.check): void {
    const { targets } = this;
    const isSame = JSON.stringify(check) === JSON.stringify(this.check);
    this.check = check;
    const ids = new Set(wanted.map(idOf));
    for (const target of targets.values()) if (!ids.has(target.id)) this.deregister(target);
    for (const each of wanted) {
      const known = targets.get(idOf(each));
      if (known === undefined || known.state === "draining" || known.zone !== each.zone) this.register(each);
      else if (!isSame) this.restart(known);
    }
  }

  /** Who may get a new connection that came in by an address of `zone`. */
  choices(zone: string): Choice {
    const all = [...this.targets.values()].filter(({ state }) => state !== "draining");
    const near = this.crossZone ? all : all.filter((target) => target.zone === zone);
    const healthy = near.filter(({ state }) => state === "healthy");
    const where = this.crossZone ? "of all zones (cross-zone is on)" : `of zone ${zone} (cross-zone is off)`;
    if (healthy.length > 0 || near.length === 0) {
      const sick = near.length - healthy.length;
      const left = sick === 0 ? "" : `, ${sick} left out by ${sick === 1 ? "its" : "their"} health`;
      return { from: healthy, because: `${count(healthy.length)} ${where}${left}` };
    }
    return { from: near, because: `none is healthy ${where}, so all ${near.length} are tried (fail-open)` };
  }

  /** No more checks. */
  stop(): void {
    for (const each of this.checks.values()) each.kill(0);
    this.checks.clear();
  }

  private register(wanted: WantedTarget): void {
    const id = idOf(wanted);
    this.checks.get(id)?.kill(0);
    const target: Target = { ...wanted, id, state: "initial", reason: "Elb.InitialHealthChecking" };
    this.targets.set(id, target);
    this.restart(target);
  }

  private restart(target: Target): void {
    const { lab, ns } = this;
    this.checks.get(target.id)?.kill(0);
    const says = { ns, out: () => {}, err: () => {} };
    this.checks.set(target.id, lab.start("health-check", says, checking(ns, target, this.check)));
  }

  /** It gets no new connections; those it has go on for a while. */
  private deregister(target: Target): void {
    if (target.state === "draining") return;
    this.checks.get(target.id)?.kill(0);
    this.checks.delete(target.id);
    target.state = "draining";
    target.reason = "Target.DeregistrationInProgress";
    const remove = () => {
      if (this.targets.get(target.id) === target) this.targets.delete(target.id);
    };
    this.lab.later(DEREGISTRATION_DELAY, remove, true);
  }
}

const idOf = ({ address, port }: WantedTarget): string => `${address}:${port}`;

const count = (number: number): string =>
  number === 0 ? "no healthy target" : number === 1 ? "the only healthy target" : `${number} healthy targets`;
