// -m addrtype: what an address is for this machine, as its routing tables say.
// Before you edit: net/netfilter/xt_addrtype.c (match_type, match_type6, addrtype_mt_checkentry_v1),
// extensions/libxt_addrtype.c (rtn_names).

import type { Ip } from "../../wire/address.ts";
import type { MatchExtension, Test } from "../extension.ts";
import type { AddressType, Net } from "../net.ts";
import { Refused } from "../refused.ts";
import type { Port, Skb } from "../skb.ts";
import { beginsWith } from "../text/values.ts";

/** In the order of their numbers (enum RTN_*). */
const TYPES = [
  "UNSPEC",
  "UNICAST",
  "LOCAL",
  "BROADCAST",
  "ANYCAST",
  "MULTICAST",
  "BLACKHOLE",
  "UNREACHABLE",
  "PROHIBIT",
  "THROW",
  "NAT",
  "XRESOLVE",
] as const;
type Type = (typeof TYPES)[number];

interface Types {
  readonly types: readonly Type[];
  readonly inverted: boolean;
}
interface Value {
  readonly source: Types | null;
  readonly destination: Types | null;
  readonly limit: "in" | "out" | null;
}
type Draft = { source: Types | null; destination: Types | null; in: boolean; out: boolean };

export const addrtype: MatchExtension<Value, Draft> = {
  name: "addrtype",
  families: [4, 6],
  options: [
    {
      name: "src-type",
      takes: "value",
      invertible: true,
      set(draft, word, inverted) {
        draft.source = { types: readTypes(word), inverted };
      },
    },
    {
      name: "dst-type",
      takes: "value",
      invertible: true,
      set(draft, word, inverted) {
        draft.destination = { types: readTypes(word), inverted };
      },
    },
    {
      name: "limit-iface-in",
      takes: "nothing",
      excludes: ["limit-iface-out"],
      set(draft) {
        draft.in = true;
      },
    },
    {
      name: "limit-iface-out",
      takes: "nothing",
      excludes: ["limit-iface-in"],
      set(draft) {
        draft.out = true;
      },
    },
  ],
  draft: () => ({ source: null, destination: null, in: false, out: false }),
  finish(draft) {
    const { source, destination } = draft;
    if (source === null && destination === null)
      throw new Refused("addrtype: you must specify --src-type or --dst-type");
    return { source, destination, limit: draft.in ? "in" : draft.out ? "out" : null };
  },
  check({ source, destination, limit }, { family, hook }) {
    const types = [...(source?.types ?? []), ...(destination?.types ?? [])];
    const isBeyond = (type: Type) => type === "BLACKHOLE" || type === "BROADCAST" || TYPES.indexOf(type) >= 8;
    if (family === 6 && types.some(isBeyond)) return "EINVAL";
    if (limit === "out" && (hook === "PREROUTING" || hook === "INPUT")) return "EINVAL";
    return limit === "in" && (hook === "POSTROUTING" || hook === "OUTPUT") ? "EINVAL" : null;
  },
  save({ source, destination, limit }) {
    const words: string[] = [];
    if (source !== null) words.push(`${source.inverted ? "! " : ""}--src-type ${source.types.join(",")}`);
    if (destination !== null)
      words.push(`${destination.inverted ? "! " : ""}--dst-type ${destination.types.join(",")}`);
    if (limit !== null) words.push(`--limit-iface-${limit}`);
    return words.join(" ");
  },
  list({ source, destination, limit }) {
    const words = ["ADDRTYPE match"];
    if (source !== null) words.push(`src-type ${source.inverted ? "!" : ""}${source.types.join(",")}`);
    if (destination !== null) words.push(`dst-type ${destination.inverted ? "!" : ""}${destination.types.join(",")}`);
    if (limit !== null) words.push(`limit-${limit}`);
    return words.join(" ");
  },
  compile({ source, destination, limit }, family) {
    const is = family === 4 ? isOfType : isOfType6;
    const device = (skb: Skb) => (limit === null ? null : skb[limit]);
    const tests: Test[] = [];
    if (source !== null)
      tests.push((skb) => is(skb.net, skb.packet.src, device(skb), source.types) !== source.inverted);
    if (destination !== null)
      tests.push((skb) => is(skb.net, skb.packet.dst, device(skb), destination.types) !== destination.inverted);
    return tests.length === 1 ? tests[0]! : (skb) => tests[0]!(skb) && tests[1]!(skb);
  },
  miss({ source, destination, limit }, skb) {
    const device = limit === null ? null : skb[limit];
    const is = skb.packet.kind === "ipv4" ? isOfType : isOfType6;
    const side =
      source !== null && is(skb.net, skb.packet.src, device, source.types) === source.inverted ? source : destination!;
    const address = side === source ? skb.packet.src : skb.packet.dst;
    return {
      field: side === source ? "src-type" : "dst-type",
      wanted: `${side.inverted ? "! " : ""}${side.types.join(",")}`,
      had: `${address} is ${skb.net.addressType(address, device)}`,
    };
  },
};

/** Names may be shortened: the first that begins so is meant. */
function readTypes(word: string): Type[] {
  const found = new Set<Type>();
  const parts = word.split(",");
  parts.forEach((part, i) => {
    const type = part === "" ? undefined : TYPES.find((name) => beginsWith(name, part));
    if (type === undefined) {
      const isLast = i === parts.length - 1;
      throw new Refused(isLast ? `addrtype: bad type "${part}"` : `addrtype: bad type \`${parts.slice(i).join(",")}'`);
    }
    found.add(type);
  });
  return TYPES.filter((type) => found.has(type));
}

function isOfType(net: Net, address: Ip, device: Port | null, types: readonly Type[]): boolean {
  return (types as readonly AddressType[]).includes(net.addressType(address, device) as AddressType);
}

/** IPv6 asks the address itself first, and routes only for LOCAL, ANYCAST and UNREACHABLE: each must be so, then one of these. */
function isOfType6(net: Net, address: Ip, device: Port | null, types: readonly Type[]): boolean {
  if (address.family !== 6) return false;
  if (types.includes("MULTICAST") && !address.isMulticast) return false;
  if (types.includes("UNICAST") && (address.isMulticast || address.isUnspecified)) return false;
  if (types.includes("UNSPEC") && !address.isUnspecified) return false;
  const routed = types.filter((type) => type === "LOCAL" || type === "ANYCAST" || type === "UNREACHABLE");
  return routed.length === 0 || (routed as readonly string[]).includes(net.addressType(address, device));
}
