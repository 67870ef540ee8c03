// What a rule asks of a packet, one thing after the other, in the kernel's order: the IP header and the devices, then each
// match. Each can say why it was not met.
// Before you edit: net/ipv4/netfilter/ip_tables.c (ip_packet_match), net/ipv6/netfilter/ip6_tables.c (ip6_packet_match).
import type { Ip } from "../wire/address.ts";
import { protocolOf } from "../wire/packet.ts";
import type { Miss, Test } from "./extension.ts";
import type { AddressMatch, DeviceMatch, RuleSpec } from "./rule.ts";
import type { IpPacket, Port, Skb } from "./skb.ts";
import { deviceText, networkText } from "./text/address.ts";
import { protocolName } from "./text/protocol.ts";

export interface Condition {
  readonly test: Test;
  /** Asked after the test said no, for the same packet. */
  miss(skb: Skb): Miss;
}

export function conditionsOf(spec: RuleSpec): Condition[] {
  const { source, destination, protocol, fragment, family } = spec;
  const conditions: Condition[] = [];
  if (source !== null)
    conditions.push({
      test: ({ packet }) => agrees(source, packet.src),
      miss: ({ packet }) => miss("source", source, networkText(source), `${packet.src}`),
    });
  if (destination !== null)
    conditions.push({
      test: ({ packet }) => agrees(destination, packet.dst),
      miss: ({ packet }) => miss("destination", destination, networkText(destination), `${packet.dst}`),
    });
  if (spec.in !== null) conditions.push(deviceCondition("in", spec.in));
  if (spec.out !== null) conditions.push(deviceCondition("out", spec.out));
  if (protocol !== null)
    conditions.push({
      test: ({ packet }) => (protocolOf(packet) === protocol.number) !== protocol.inverted,
      miss: ({ packet }) => miss("protocol", protocol, protocolText(protocol.number), protocolText(protocolOf(packet))),
    });
  if (fragment !== null)
    conditions.push({
      test: ({ packet }) => isLaterFragment(packet) !== fragment.inverted,
      miss: ({ packet }) =>
        miss("fragment", fragment, "a later fragment", isLaterFragment(packet) ? "a later fragment" : "none"),
    });
  for (const { extension, value } of spec.matches)
    conditions.push({
      test: extension.compile(value as never, family),
      miss: (skb) => extension.miss(value as never, skb),
    });
  return conditions;
}

function miss(field: string, { inverted }: { readonly inverted: boolean }, wanted: string, had: string): Miss {
  return { field, wanted: inverted ? `! ${wanted}` : wanted, had };
}

function protocolText(number: number): string {
  return protocolName(number) ?? `${number}`;
}

function deviceCondition(side: "in" | "out", device: DeviceMatch): Condition {
  return {
    test: (skb) => namesDevice(device, skb[side]),
    miss: (skb) => miss(side, device, deviceText(device), skb[side]?.name ?? "none"),
  };
}

/** Whether every bit of the address that the mask asks for is as wanted. */
function agrees({ address, mask, inverted }: AddressMatch, had: Ip): boolean {
  return isWithin(address, mask, had) !== inverted;
}

/** Whether an address is in a network. */
export function isWithin(address: Ip, mask: Ip, had: Ip): boolean {
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

/** A packet without a device on that side has the name "", as in the kernel. */
function namesDevice({ name, isPrefix, inverted }: DeviceMatch, device: Port | null): boolean {
  const had = device === null ? "" : device.name;
  return (isPrefix ? had.startsWith(name) : had === name) !== inverted;
}

/** A later piece of a cut packet: it has no ports. */
export function isLaterFragment(packet: IpPacket): boolean {
  return packet.kind === "ipv4" ? packet.fragmentOffset > 0 : (packet.fragment?.offset ?? 0) > 0;
}

/** Written out for few tests: most rules have one to three. */
export function allOf(tests: readonly Test[]): Test {
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
