// One packet out of a box, and its real walk through a table: whatever the search says is shown by such a packet.
// Before you edit: ../traverse.ts, ../skb.ts.
import { Ipv4 } from "../../wire/address.ts";
import { type Ipv4Packet, PROTOCOL, TCP_FLAG } from "../../wire/packet.ts";
import type { Chain } from "../chain.ts";
import { Conn, DEFAULT_ZONE, INFO, type Nfct, STATUS, UNTRACKED } from "../conntrack/conn.ts";
import { inverted, tupleOf } from "../conntrack/tuple.ts";
import type { Net } from "../net.ts";
import type { Rule } from "../rule.ts";
import type { HookName, Skb } from "../skb.ts";
import type { Table } from "../table.ts";
import { traverse, type Watcher } from "../traverse.ts";
import { CT_STATES } from "./matches.ts";
import type { DeviceNames } from "./names.ts";
import { AT, FIELDS, type Field, type Ranges } from "./space.ts";
import type { Piece } from "./walk.ts";

/** One packet of a piece. */
export interface Witness {
  readonly hook: HookName;
  readonly point: readonly number[];
  readonly mark: number;
  readonly packet: Ipv4Packet;
}

/** Where a packet's walk ended: the rule, or null for the policy of the built-in chain. */
export interface Ended {
  readonly chain: Chain;
  readonly rule: Rule | null;
  readonly verdict: string;
  /** Every rule that was about it. */
  readonly met: ReadonlySet<Rule>;
  readonly mark: number;
}

/** What follows the ports, of protocols that have some. */
const NO_OCTETS = new Uint8Array(16);

const LIKELY: Partial<Readonly<Record<Field, readonly number[]>>> = {
  src: [0xc6336407, 0x0a000007],
  dst: [0xc000020a],
  proto: [PROTOCOL.tcp, PROTOCOL.udp, PROTOCOL.icmp],
  sport: [40000, 8],
  dport: [80, 53, 0],
  flags: [TCP_FLAG.syn, TCP_FLAG.ack],
  ct: [4, 8],
};

/** Bits of a mark of which nothing is known. */
const FILLINGS = [0, 0xffffffff, 0x55555555, 0xaaaaaaaa];

/** The `nth` packet of a piece: the first has values that readers know, others differ from it in these fields. */
export function witness({ box, mark }: Piece, hook: HookName, nth = 0, varied: readonly Field[] = FIELDS): Witness {
  const point = box.map((ranges, i) => choose(ranges, LIKELY[FIELDS[i]!] ?? [], varied.includes(FIELDS[i]!) ? nth : 0));
  const [src, dst, protocol, sport, dport, flags] = point as [number, number, number, number, number, number];
  const ports = { srcPort: sport, dstPort: dport, data: new Uint8Array() };
  const body: Ipv4Packet["body"] =
    protocol === PROTOCOL.tcp
      ? { kind: "tcp", ...ports, seq: 1, ack: 0, flags, window: 64240, options: {} }
      : protocol === PROTOCOL.udp
        ? { kind: "udp", ...ports }
        : protocol === PROTOCOL.icmp
          ? ({ kind: "icmp", type: sport, code: dport, rest: 65537, data: new Uint8Array(28) } as Ipv4Packet["body"])
          : {
              kind: "unknown",
              protocol,
              data: Uint8Array.of(sport >> 8, sport & 255, dport >> 8, dport & 255, ...NO_OCTETS),
            };
  const header = { ttl: 64, id: 1, tos: 0, dontFragment: true, moreFragments: false, fragmentOffset: 0 };
  const packet: Ipv4Packet = { kind: "ipv4", src: Ipv4.of(src), dst: Ipv4.of(dst), ...header, body };
  const { value, known } = mark.first;
  return { hook, point, mark: (value | (FILLINGS[nth % FILLINGS.length]! & ~known)) >>> 0, packet };
}

function choose(ranges: Ranges, likely: readonly number[], nth: number): number {
  const count = ranges.reduce((sum, each, i) => sum + (i % 2 === 0 ? ranges[i + 1]! - each + 1 : 0), 0);
  const known = likely.filter((each) =>
    ranges.some((first, i) => i % 2 === 0 && first <= each && each <= ranges[i + 1]!),
  );
  if (nth === 0 && known.length > 0) return known[0]!;
  // Spread over all of them, whatever their number.
  let left = (nth * 7919) % count;
  for (let i = 0; i < ranges.length; i += 2) {
    const size = ranges[i + 1]! - ranges[i]! + 1;
    if (left < size) return ranges[i]! + left;
    left -= size;
  }
  throw new Error("a box with a field without values");
}

/** Sends the packet through the table as the model sends any; `net` is one that stands aside. */
export function send({ hook, point, mark, packet }: Witness, table: Table, devices: DeviceNames, net: Net): Ended {
  const port = (number: number) => (number === 0 ? null : { name: devices.names[number]!, index: 100 + number });
  const skb: Skb = {
    packet,
    mark,
    ct: connection(packet, point[AT.ct]!),
    hook,
    in: port(point[AT.in]!),
    out: port(point[AT.out]!),
    physIn: null,
    physOut: null,
    frame: null,
    kind: "unicast",
    net,
  };
  const watcher = new Follower(table.at(hook)!);
  const { verdict } = traverse(table, skb, watcher);
  const { chain, rule, met } = watcher;
  return { chain, rule, verdict, met, mark: skb.mark };
}

/** The namespace, but nothing happens in it: nobody is answered, and what hangs on a packet's own way is taken for usual. */
export function aside(net: Net): Net {
  const replaced: Partial<Net> = {
    reject: () => {},
    log: () => {},
    masqueradeAddress: () => null,
    redirectAddress: () => null,
    hasReversePath: () => true,
    pathMtu: () => 1500,
    virtualConnection: () => "none",
  };
  return Object.assign(Object.create(net) as Net, replaced);
}

class Follower implements Watcher {
  chain: Chain;
  rule: Rule | null = null;
  readonly met = new Set<Rule>();

  constructor(base: Chain) {
    this.chain = base;
  }
  next(chain: Chain, skb: Skb, from: number): number {
    return chain.program.next(skb, from, null);
  }
  matched(chain: Chain, at: number, _before: unknown, _skb: Skb, outcome: string): void {
    const rule = chain.rules[at]!;
    this.met.add(rule);
    if (outcome !== "ACCEPT" && outcome !== "DROP" && outcome !== "STOLEN") return;
    this.chain = chain;
    this.rule = rule;
  }
  dropped(chain: Chain): void {
    this.chain = chain;
  }
  ended(): void {}
}

/** A connection of which the packet is what the number says (CT_STATES). */
function connection(packet: Ipv4Packet, number: number): Nfct | null {
  const state = CT_STATES[number >> 2];
  const tuple = tupleOf(packet);
  if (state === "INVALID" || tuple === null) return state === "UNTRACKED" ? UNTRACKED : null;
  if (state === "UNTRACKED") return UNTRACKED;
  const conn = new Conn(tuple, inverted(tuple) ?? tuple, DEFAULT_ZONE, 0, false);
  conn.status =
    (number & 1 ? STATUS.srcNat | STATUS.srcNatDone : 0) | (number & 2 ? STATUS.dstNat | STATUS.dstNatDone : 0);
  return conn.as(state === "NEW" ? INFO.new : state === "RELATED" ? INFO.related : INFO.established);
}
