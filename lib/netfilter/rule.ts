// A rule: what of the IP header and the devices it wants, its matches, its target, and how often it was right.
// Before you edit: include/uapi/linux/netfilter_ipv4/ip_tables.h (struct ipt_ip, struct ipt_entry),
// net/ipv4/netfilter/ip_tables.c (ip_packet_match), net/ipv6/netfilter/ip6_tables.c (ip6_packet_match).
import type { Ip } from "../wire/address.ts";
import { protocolOf } from "../wire/packet.ts";
import type { Chain } from "./chain.ts";
import type { AnyMatch, AnyTarget, Family, Outcome, Test } from "./extension.ts";
import type { IpPacket, Port, Skb } from "./skb.ts";

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
  private tester: Test | null = null;
  private acting: ((skb: Skb) => Outcome) | null = null;

  constructor(spec: RuleSpec, packets = 0, bytes = 0) {
    this.spec = spec;
    this.packets = packets;
    this.bytes = bytes;
  }

  /** Whether the rule is about the packet. What its matches keep (a bucket, a count) lives as long as the rule. */
  get test(): Test {
    this.tester ??= testOf(this.spec);
    return this.tester;
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

/** Whether every bit of the address that the mask asks for is as wanted. */
export function agrees({ address, mask, inverted }: AddressMatch, had: Ip): boolean {
  return within(address, mask, had) !== inverted;
}

function within(address: Ip, mask: Ip, had: Ip): boolean {
  if (had.family === 4)
    return address.family === 4 && mask.family === 4 && (had.bits & mask.bits) >>> 0 === address.bits;
  if (address.family !== 6 || mask.family !== 6) return false;
  return (
    (had.w3 & mask.w3) >>> 0 === address.w3 &&
    (had.w2 & mask.w2) >>> 0 === address.w2 &&
    (had.w1 & mask.w1) >>> 0 === address.w1 &&
    (had.w0 & mask.w0) >>> 0 === address.w0
  );
}

/** A packet without a device on that side has the name "", as in the kernel, and `+` alone is no condition at all. */
export function namesDevice({ name, isPrefix, inverted }: DeviceMatch, device: Port | null): boolean {
  const had = device === null ? "" : device.name;
  return (isPrefix ? had.startsWith(name) : had === name) !== inverted;
}

/** A later piece of a cut packet: it has no ports. */
export function isLaterFragment(packet: IpPacket): boolean {
  return packet.kind === "ipv4" ? packet.fragmentOffset > 0 : (packet.fragment?.offset ?? 0) > 0;
}

/** All that a rule asks, in the kernel's order: the IP header and the devices, then each match. */
function testOf(spec: RuleSpec): Test {
  const tests: Test[] = [];
  const { source, destination, protocol, fragment } = spec;
  if (source !== null) tests.push(({ packet }) => agrees(source, packet.src));
  if (destination !== null) tests.push(({ packet }) => agrees(destination, packet.dst));
  if (spec.in !== null) {
    const device = spec.in;
    tests.push((skb) => namesDevice(device, skb.in));
  }
  if (spec.out !== null) {
    const device = spec.out;
    tests.push((skb) => namesDevice(device, skb.out));
  }
  if (protocol !== null) tests.push(({ packet }) => (protocolOf(packet) === protocol.number) !== protocol.inverted);
  if (fragment !== null) tests.push(({ packet }) => isLaterFragment(packet) !== fragment.inverted);
  for (const { extension, value } of spec.matches) tests.push(extension.compile(value as never, spec.family));
  return all(tests);
}

/** Written out for few tests: most rules have one to three. */
function all(tests: readonly Test[]): Test {
  const [a, b, c] = tests;
  if (a === undefined) return () => true;
  if (b === undefined) return a;
  if (c === undefined) return (skb) => a(skb) && b(skb);
  if (tests.length === 3) return (skb) => a(skb) && b(skb) && c(skb);
  return (skb) => {
    for (const test of tests) if (!test(skb)) return false;
    return true;
  };
}
