// Messages of BGP as they travel: OPEN, UPDATE, KEEPALIVE, NOTIFICATION, of IPv4 routes inside one autonomous system.
// Before you edit: RFC 4271 (BGP-4), RFC 5492 (capabilities), RFC 6793 (four-octet AS numbers).
import { Ipv4, Prefix4 } from "../../../wire/address.ts";

const HEADER = 19;
const TYPE = { open: 1, update: 2, notification: 3, keepalive: 4 } as const;
/** Capabilities: routes of IPv4 (RFC 4760), route refresh (RFC 2918), AS numbers of four octets. */
const CAPABILITY = { multiprotocol: 1, routeRefresh: 2, fourOctetAs: 65 } as const;
const ATTRIBUTE = { origin: 1, asPath: 2, nextHop: 3, localPref: 5 } as const;
/** Flags of attributes that every speaker knows and passes on. */
const WELL_KNOWN = 0x40;
const LOCAL_PREF = 100;

export type BgpMessage =
  | { readonly type: "open"; readonly as: number; readonly holdTime: number; readonly id: Ipv4 }
  | {
      readonly type: "update";
      readonly withdrawn: readonly Prefix4[];
      readonly nextHop: Ipv4 | null;
      readonly reachable: readonly Prefix4[];
    }
  | { readonly type: "keepalive" }
  | { readonly type: "notification"; readonly code: number; readonly subcode: number };

const u16 = (value: number): number[] => [(value >> 8) & 255, value & 255];
const u32 = (value: number): number[] => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
const sized = (octets: readonly number[]): number[] => [octets.length, ...octets];

const prefixOctets = ({ address, length }: Prefix4): number[] => [
  length,
  ...u32(address.bits).slice(0, Math.ceil(length / 8)),
];

export function bgpBytes(message: BgpMessage): Uint8Array {
  const body = bodyOf(message);
  const marker = Array<number>(16).fill(255);
  return Uint8Array.from([...marker, ...u16(HEADER + body.length), TYPE[message.type], ...body]);
}

function bodyOf(message: BgpMessage): number[] {
  switch (message.type) {
    case "open": {
      const { as, holdTime, id } = message;
      const capabilities = [
        [CAPABILITY.multiprotocol, ...sized([0, 1, 0, 1])],
        [CAPABILITY.routeRefresh, ...sized([])],
        [CAPABILITY.fourOctetAs, ...sized(u32(as))],
      ].flat();
      return [4, ...u16(as), ...u16(holdTime), ...u32(id.bits), ...sized([2, ...sized(capabilities)])];
    }
    case "update": {
      const { withdrawn, nextHop, reachable } = message;
      const gone = withdrawn.flatMap(prefixOctets);
      const attributes =
        nextHop === null
          ? []
          : [
              [WELL_KNOWN, ATTRIBUTE.origin, ...sized([0])],
              [WELL_KNOWN, ATTRIBUTE.asPath, ...sized([])],
              [WELL_KNOWN, ATTRIBUTE.nextHop, ...sized(u32(nextHop.bits))],
              [WELL_KNOWN, ATTRIBUTE.localPref, ...sized(u32(LOCAL_PREF))],
            ].flat();
      return [
        ...u16(gone.length),
        ...gone,
        ...u16(attributes.length),
        ...attributes,
        ...reachable.flatMap(prefixOctets),
      ];
    }
    case "notification":
      return [message.code, message.subcode];
    case "keepalive":
      return [];
  }
}

/** The messages that are whole in what came, and what is left. Null: this is no BGP. */
export function readBgp(octets: Uint8Array): { readonly messages: BgpMessage[]; readonly rest: Uint8Array } | null {
  const messages: BgpMessage[] = [];
  let at = 0;
  while (octets.length - at >= HEADER) {
    const view = new DataView(octets.buffer, octets.byteOffset + at, octets.length - at);
    const length = view.getUint16(16);
    if (length < HEADER || octets[at] !== 255) return null;
    if (octets.length - at < length) break;
    const message = readOne(view.getUint8(18), octets.subarray(at + HEADER, at + length));
    if (message === null) return null;
    messages.push(message);
    at += length;
  }
  return { messages, rest: octets.slice(at) };
}

function readOne(type: number, body: Uint8Array): BgpMessage | null {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  switch (type) {
    case TYPE.open:
      return { type: "open", as: view.getUint16(1), holdTime: view.getUint16(3), id: Ipv4.of(view.getUint32(5)) };
    case TYPE.update: {
      const gone = view.getUint16(0);
      const attributes = view.getUint16(2 + gone);
      const routes = 4 + gone + attributes;
      return {
        type: "update",
        withdrawn: readPrefixes(body.subarray(2, 2 + gone)),
        nextHop: nextHopOf(body.subarray(4 + gone, routes)),
        reachable: readPrefixes(body.subarray(routes)),
      };
    }
    case TYPE.notification:
      return { type: "notification", code: body[0]!, subcode: body[1]! };
    case TYPE.keepalive:
      return { type: "keepalive" };
    default:
      return null;
  }
}

function readPrefixes(octets: Uint8Array): Prefix4[] {
  const found: Prefix4[] = [];
  for (let at = 0; at < octets.length; ) {
    const length = octets[at]!;
    const count = Math.ceil(length / 8);
    let bits = 0;
    for (let i = 0; i < 4; i++) bits = bits * 256 + (i < count ? octets[at + 1 + i]! : 0);
    found.push(Prefix4.of(Ipv4.of(bits), length));
    at += 1 + count;
  }
  return found;
}

function nextHopOf(attributes: Uint8Array): Ipv4 | null {
  for (let at = 0; at < attributes.length; at += 3 + attributes[at + 2]!)
    if (attributes[at + 1] === ATTRIBUTE.nextHop)
      return Ipv4.of(new DataView(attributes.buffer, attributes.byteOffset + at + 3, 4).getUint32(0));
  return null;
}
