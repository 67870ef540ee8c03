// A rule: what of the IP header and the devices it wants, its matches, its target, and how often it was right.
// Before you edit: include/uapi/linux/netfilter_ipv4/ip_tables.h (struct ipt_ip, struct ipt_entry),
// include/linux/netfilter/x_tables.h (struct xt_counters).
import type { Ip } from "../wire/address.ts";
import type { Chain } from "./chain.ts";
import { allOf, type Condition, conditionsOf } from "./condition.ts";
import type { AnyMatch, AnyTarget, Family, Miss, Outcome, Test } from "./extension.ts";
import type { Skb } from "./skb.ts";

/** `-s 10.0.0.0/8`, `! -d 10.0.0.1`. The mask may have holes, as the kernel's may; address bits beyond it are zero. */
export interface AddressMatch {
  readonly address: Ip;
  readonly mask: Ip;
  readonly inverted: boolean;
}

/** `-i eth0`, `! -o cali+`. */
export interface DeviceMatch {
  /** Without the `+`. */
  readonly name: string;
  /** A `+` stood at the end: every name that begins so. */
  readonly isPrefix: boolean;
  readonly inverted: boolean;
}

/** The words of a rule. Nothing of it changes once it is made. */
export interface RuleSpec {
  readonly family: Family;
  readonly source: AddressMatch | null;
  readonly destination: AddressMatch | null;
  readonly in: DeviceMatch | null;
  readonly out: DeviceMatch | null;
  readonly protocol: { readonly number: number; readonly inverted: boolean } | null;
  /** `-f`: the second and further fragments of a packet. */
  readonly fragment: { readonly inverted: boolean } | null;
  readonly matches: readonly MatchUse[];
  readonly target: Target;
}

/** An extension together with what it was told. */
export interface MatchUse {
  readonly extension: AnyMatch;
  readonly value: unknown;
}
export interface TargetUse {
  readonly extension: AnyTarget;
  readonly value: unknown;
}

export type Target =
  /** A rule that only counts. */
  | { readonly kind: "none" }
  | { readonly kind: "verdict"; readonly verdict: "ACCEPT" | "DROP" | "RETURN" }
  | { readonly kind: "chain"; readonly chain: Chain; readonly isGoto: boolean }
  | { readonly kind: "extension"; readonly use: TargetUse };

export class Rule {
  readonly spec: RuleSpec;
  packets: number;
  bytes: number;
  private made: readonly Condition[] | null = null;
  private tester: Test | null = null;
  private acting: ((skb: Skb) => Outcome) | null = null;

  constructor(spec: RuleSpec, packets = 0, bytes = 0) {
    this.spec = spec;
    this.packets = packets;
    this.bytes = bytes;
  }

  /** Whether the rule is about the packet. What its matches keep (a bucket, a count) lives as long as the rule. */
  get test(): Test {
    this.tester ??= allOf(this.conditions.map(({ test }) => test));
    return this.tester;
  }

  /** As `test`, and says why not: what failed first. Null when the rule is about the packet. */
  ask(skb: Skb): Miss | null {
    for (const { test, miss } of this.conditions) if (!test(skb)) return miss(skb);
    return null;
  }

  private get conditions(): readonly Condition[] {
    this.made ??= conditionsOf(this.spec);
    return this.made;
  }

  /** What its target says to a packet that it is about; a jump is the walk's own affair. */
  get action(): (skb: Skb) => Outcome {
    this.acting ??= actionOf(this.spec);
    return this.acting;
  }
}

function actionOf({ target, family }: RuleSpec): (skb: Skb) => Outcome {
  if (target.kind === "extension") return target.use.extension.compile(target.use.value as never, family);
  const outcome = target.kind === "verdict" ? target.verdict : "CONTINUE";
  return () => outcome;
}
