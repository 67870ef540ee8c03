// Names of ICMP's types and codes, and how `--icmp-type` reads and prints them.
// Before you edit: extensions/libxt_icmp.h (icmp_codes, icmpv6_codes, __parse_icmp), libipt_icmp.c, libip6t_icmp6.c,
// net/ipv4/netfilter/ip_tables.c (icmp_match; in newer kernels net/netfilter/xt_tcpudp.c: type_code_in_range).
import type { MatchExtension } from "../extension.ts";
import { Refused } from "../refused.ts";
import { leadingNumber } from "../text/values.ts";
import { icmpTypeCode, NONE } from "../transport.ts";

type Names = readonly (readonly [name: string, type: number, code?: number])[];

/** 255: any type. */
const ANY = 255;

const ICMP: Names = [
  ["any", ANY],
  ["echo-reply", 0],
  ["pong", 0],
  ["destination-unreachable", 3],
  ["network-unreachable", 3, 0],
  ["host-unreachable", 3, 1],
  ["protocol-unreachable", 3, 2],
  ["port-unreachable", 3, 3],
  ["fragmentation-needed", 3, 4],
  ["source-route-failed", 3, 5],
  ["network-unknown", 3, 6],
  ["host-unknown", 3, 7],
  ["network-prohibited", 3, 9],
  ["host-prohibited", 3, 10],
  ["TOS-network-unreachable", 3, 11],
  ["TOS-host-unreachable", 3, 12],
  ["communication-prohibited", 3, 13],
  ["host-precedence-violation", 3, 14],
  ["precedence-cutoff", 3, 15],
  ["source-quench", 4],
  ["redirect", 5],
  ["network-redirect", 5, 0],
  ["host-redirect", 5, 1],
  ["TOS-network-redirect", 5, 2],
  ["TOS-host-redirect", 5, 3],
  ["echo-request", 8],
  ["ping", 8],
  ["router-advertisement", 9],
  ["router-solicitation", 10],
  ["time-exceeded", 11],
  ["ttl-exceeded", 11],
  ["ttl-zero-during-transit", 11, 0],
  ["ttl-zero-during-reassembly", 11, 1],
  ["parameter-problem", 12],
  ["ip-header-bad", 12, 0],
  ["required-option-missing", 12, 1],
  ["timestamp-request", 13],
  ["timestamp-reply", 14],
  ["address-mask-request", 17],
  ["address-mask-reply", 18],
];

const ICMP6: Names = [
  ["destination-unreachable", 1],
  ["no-route", 1, 0],
  ["communication-prohibited", 1, 1],
  ["beyond-scope", 1, 2],
  ["address-unreachable", 1, 3],
  ["port-unreachable", 1, 4],
  ["failed-policy", 1, 5],
  ["reject-route", 1, 6],
  ["packet-too-big", 2],
  ["time-exceeded", 3],
  ["ttl-exceeded", 3],
  ["ttl-zero-during-transit", 3, 0],
  ["ttl-zero-during-reassembly", 3, 1],
  ["parameter-problem", 4],
  ["bad-header", 4, 0],
  ["unknown-header-type", 4, 1],
  ["unknown-option", 4, 2],
  ["echo-request", 128],
  ["ping", 128],
  ["echo-reply", 129],
  ["pong", 129],
  ["router-solicitation", 133],
  ["router-advertisement", 134],
  ["neighbour-solicitation", 135],
  ["neighbor-solicitation", 135],
  ["neighbour-advertisement", 136],
  ["neighbor-advertisement", 136],
  ["redirect", 137],
];

/** The name of a type with this code; of a type alone where the code is 0. */
export function icmpName(protocol: number, type: number, code: number): string | undefined {
  const names = protocol === 1 ? ICMP : ICMP6;
  const exact = names.find(([, t, c]) => t === type && c === code) ?? names.find(([, t]) => t === type && code === 0);
  return exact?.[0];
}

interface TypeCode {
  readonly type: number;
  readonly first: number;
  readonly last: number;
}
interface Value extends TypeCode {
  readonly inverted: boolean;
}
type Draft = { value: Value };

/** What icmp and icmp6 have in common: everything but the names. */
function icmpMatch(
  name: string,
  option: string,
  family: 4 | 6,
  protocol: number,
  listed: string,
  kind: string,
  names: Names,
): MatchExtension<Value, Draft> {
  const anyType = family === 4 ? ANY : NONE;
  const text = ({ type, first, last }: TypeCode) =>
    type === anyType ? "any" : first === 0 && last === 255 ? `${type}` : `${type}/${first}`;
  const said = (value: Value) => `${value.inverted ? "! " : ""}${text(value)}`;
  return {
    name,
    families: [family],
    protocols: [protocol],
    options: [
      {
        name: option,
        takes: "value",
        invertible: true,
        mandatory: true,
        set(draft, word, inverted) {
          draft.value = { ...read(word, kind, names), inverted };
        },
      },
    ],
    draft: () => ({ value: { type: family === 4 ? ANY : 0, first: 0, last: 255, inverted: false } }),
    finish: ({ value }) => value,
    save: (value) => `${value.inverted ? "! " : ""}--${option} ${text(value)}`,
    list: (value, numeric) => `${listed}${listType(value, numeric, names)}`,
    compile({ type, first, last, inverted }) {
      if (type === anyType) return ({ packet }) => icmpTypeCode(packet) !== NONE && !inverted;
      return ({ packet }) => {
        const had = icmpTypeCode(packet);
        const code = had & 255;
        return had !== NONE && (had >> 8 === type && code >= first && code <= last) !== inverted;
      };
    },
    miss(value, { packet }) {
      const had = icmpTypeCode(packet);
      return { field: "type", wanted: said(value), had: had === NONE ? "none" : `${had >> 8}/${had & 255}` };
    },
  };
}

function read(word: string, kind: string, names: Names): TypeCode {
  const found = names.filter(([name]) => name.toLowerCase().startsWith(word.toLowerCase()));
  if (found.length > 1)
    throw new Refused(`Ambiguous ${kind} type \`${word}': \`${found[0]![0]}' or \`${found[1]![0]}'?`);
  if (found.length === 1) {
    const [, type, code] = found[0]!;
    return { type, first: code ?? 0, last: code ?? 255 };
  }
  const types = range(word);
  if (types === null) throw new Refused(`Unknown ${kind} type \`${word}'`);
  let codes = { first: 0, last: 255, rest: "" };
  if (types.rest.startsWith("/")) {
    const read = range(types.rest.slice(1));
    if (read === null) throw new Refused(`Unknown ${kind} code \`${word}'`);
    codes = read;
  } else codes.rest = types.rest;
  if (codes.rest !== "") throw new Refused(`unknown character ${codes.rest[0]}`);
  if (types.first !== types.last) throw new Refused(`${kind} type range not supported`);
  return { type: types.first, first: codes.first, last: codes.last };
}

/** `8` or `3:5`, each up to 255. */
function range(text: string): { first: number; last: number; rest: string } | null {
  const from = leadingNumber(text);
  if (from === null || from.value > 255) return null;
  if (!from.rest.startsWith(":")) return { first: from.value, last: from.value, rest: from.rest };
  const to = leadingNumber(from.rest.slice(1));
  return to === null || to.value > 255 ? null : { first: from.value, last: to.value, rest: to.rest };
}

/** A name when there is one and names are wanted; the space before the number is missing in the real tool too. */
function listType({ type, first, last, inverted }: Value, numeric: boolean, names: Names): string {
  const isWhole = first === 0 && last === 255;
  const named = numeric
    ? undefined
    : names.find(([, t, c]) => t === type && (c === undefined ? isWhole : c === first && c === last));
  if (named !== undefined) return ` ${inverted ? "!" : ""}${named[0]}`;
  const codes = first === last ? ` code ${first}` : isWhole ? "" : ` codes ${first}-${last}`;
  return `${inverted ? " !" : ""}type ${type}${codes}`;
}

export const icmp = icmpMatch("icmp", "icmp-type", 4, 1, "icmp", "ICMP", ICMP);
export const icmp6 = icmpMatch("icmp6", "icmpv6-type", 6, 58, "ipv6-icmp", "ICMPv6", ICMP6);
