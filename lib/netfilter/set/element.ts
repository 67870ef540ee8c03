// Elements of sets: addresses with the length of their network, ports with their protocol, MACs, names of other sets.
// Before you edit: ipset's lib/parse.c, lib/print.c (ipset_print_ip, ipset_print_proto_port).
import { type Ip, Ipv4 } from "../../wire/address.ts";
import type { Mac } from "../../wire/mac.ts";
import { cut } from "../mask.ts";
import { icmpName } from "../match/icmp.ts";
import { protocolName } from "../text/protocol.ts";
import type { SetType } from "./type.ts";

/** One part of an element. */
export type Item =
  | { readonly kind: "net"; readonly address: Ip; readonly length: number }
  | { readonly kind: "port"; readonly protocol: number; readonly port: number }
  | { readonly kind: "mac"; readonly mac: Mac }
  | { readonly kind: "set"; readonly name: string };

/** By which an element is found. */
export function keyOf(items: readonly Item[]): string {
  let key = "";
  for (const item of items)
    switch (item.kind) {
      case "net":
        key += `${item.address.text}/${item.length} `;
        break;
      case "port":
        key += `${item.protocol}:${item.port} `;
        break;
      case "mac":
        key += `${item.mac.text} `;
        break;
      case "set":
        key += item.name;
    }
  return key;
}

/** `10.0.0.1,tcp:80`, as ipset prints it. */
export function elementText(items: readonly Item[], { store }: SetType): string {
  return items.map((item) => itemText(item, store === "bitmap")).join(",");
}

function itemText(item: Item, isBitmap: boolean): string {
  switch (item.kind) {
    case "net": {
      const whole = item.address.family === 4 ? 32 : 128;
      return item.length === whole ? item.address.text : `${item.address}/${item.length}`;
    }
    case "mac":
      return item.mac.text.toUpperCase();
    case "set":
      return item.name;
    case "port":
      return isBitmap ? `${item.port}` : protocolPortText(item.protocol, item.port);
  }
}

/** Types of ICMPv6 that iptables has a name for, and ipset has none (its lib/icmpv6.c). */
const UNKNOWN_TYPES: ReadonlySet<string> = new Set(["beyond-scope", "failed-policy", "reject-route"]);

function protocolPortText(protocol: number, port: number): string {
  if (protocol !== 1 && protocol !== 58) return `${protocolName(protocol) ?? protocol}:${port}`;
  return `${protocol === 1 ? "icmp" : "ipv6-icmp"}:${icmpTypeText(protocol, port >> 8, port & 255)}`;
}

/** A name of ipset's, or `TYPE/CODE`. */
export function icmpTypeText(protocol: number, type: number, code: number): string {
  const name = icmpName(protocol, type, code);
  return name === undefined || UNKNOWN_TYPES.has(name) ? `${type}/${code}` : name;
}

/** The network of an address. */
export function netOf(address: Ip, length: number): Item {
  return { kind: "net", address: cut(address, length), length };
}

/** The networks that are exactly the addresses from first to last, as few as there can be. */
export function networksOf(first: number, last: number): { address: Ipv4; length: number }[] {
  const found: { address: Ipv4; length: number }[] = [];
  for (let at = first; at <= last; ) {
    let length = 32;
    while (length > 0 && at % 2 ** (33 - length) === 0 && at + 2 ** (33 - length) - 1 <= last) length--;
    found.push({ address: Ipv4.of(at), length });
    at += 2 ** (32 - length);
  }
  return found;
}
