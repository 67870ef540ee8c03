// What a machine tells routers about the groups it listens to. Before you edit: RFC 3810 §5.2, net/ipv6/mcast.c
// (mld_sendpack, add_grec).
import type { Ipv6 } from "./address6.ts";
import { writeAddress6 } from "./bytes6.ts";
import { viewOf } from "./octets.ts";
import { ICMP6, type Icmp6 } from "./packet.ts";
import { readAddress6 } from "./parse6.ts";

/** RFC 3810 §5.2.12: a change to EXCLUDE with no source is "I join", to INCLUDE with none "I leave". */
export const MLD_RECORD = {
  isInclude: 1,
  isExclude: 2,
  toInclude: 3,
  toExclude: 4,
  allowNew: 5,
  blockOld: 6,
} as const;

/** One group and what became of it. */
export interface MldRecord {
  readonly type: number;
  readonly group: Ipv6;
  readonly sources: readonly Ipv6[];
}

/** A report of version 2, which goes to ff02::16 with a router alert and hop limit 1. */
export function mldReport(records: readonly MldRecord[]): Icmp6 {
  const data = new Uint8Array(records.reduce((length, { sources }) => length + 20 + 16 * sources.length, 0));
  const view = viewOf(data);
  let at = 0;
  for (const { type, group, sources } of records) {
    data[at] = type;
    view.setUint16(at + 2, sources.length);
    writeAddress6(view, at + 4, group);
    at += 20;
    for (const source of sources) {
      writeAddress6(view, at, source);
      at += 16;
    }
  }
  return { kind: "icmp6", type: ICMP6.mldReport, code: 0, rest: records.length, data };
}

/** The records of a report; null when they are cut short. */
export function mldRecords({ rest, data }: Icmp6): MldRecord[] | null {
  const view = viewOf(data);
  const records: MldRecord[] = [];
  let at = 0;
  for (let left = rest & 0xffff; left > 0; left--) {
    if (at + 20 > data.length) return null;
    const end = at + 20 + 16 * view.getUint16(at + 2) + 4 * data[at + 1]!;
    if (end > data.length) return null;
    const sources = Array.from({ length: view.getUint16(at + 2) }, (_, i) => readAddress6(view, at + 20 + 16 * i));
    records.push({ type: data[at]!, group: readAddress6(view, at + 4), sources });
    at = end;
  }
  return records;
}
