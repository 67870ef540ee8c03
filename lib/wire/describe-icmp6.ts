// An ICMPv6 message in the words of tcpdump. It names routers and neighbours as RFC 4861 does, quotations it never prints.
// Before you edit: tcpdump 4.99 print-icmp6.c (icmp6_print, icmp6_opt_print, mldv2_report_print, get_upperlayer).
import { hexRows } from "./describe-hex.ts";
import { mldRecords } from "./mld.ts";
import { ND_OPTION, ndOptions, prefixInformation } from "./nd.ts";
import { viewOf } from "./octets.ts";
import { ICMP6, ICMP6_CODE, type Icmp6, PROTOCOL } from "./packet.ts";
import { readAddress6 } from "./parse6.ts";

const NAME: Readonly<Record<number, string>> = {
  [ICMP6.unreachable]: "destination unreachable",
  [ICMP6.packetTooBig]: "packet too big",
  [ICMP6.timeExceeded]: "time exceeded in-transit",
  [ICMP6.parameterProblem]: "parameter problem",
  [ICMP6.echoRequest]: "echo request",
  [ICMP6.echoReply]: "echo reply",
  [ICMP6.routerSolicitation]: "router solicitation",
  [ICMP6.routerAdvertisement]: "router advertisement",
  [ICMP6.neighbourSolicitation]: "neighbor solicitation",
  [ICMP6.neighbourAdvertisement]: "neighbor advertisement",
  [ICMP6.redirect]: "redirect",
  [ICMP6.mldReport]: "multicast listener report v2",
};

/** Messages of neighbour discovery say their length first when their options follow. */
const LENGTH_FIRST: readonly number[] = [
  ICMP6.routerSolicitation,
  ICMP6.routerAdvertisement,
  ICMP6.neighbourSolicitation,
  ICMP6.neighbourAdvertisement,
  ICMP6.redirect,
];

const TRUNCATED = " [|icmp6]";

/** `ICMP6, echo request, id 1, seq 1, length 64`; `octets` begin with the ICMPv6 header. */
export function describeIcmp6(icmp: Icmp6, octets: Uint8Array, fragmented: boolean, verbose: number): string {
  const { length } = octets;
  const { type } = icmp;
  const sum = verbose > 0 && !fragmented ? "[icmp6 sum ok] " : "";
  const name = NAME[type];
  const unread = () => (verbose <= 1 ? hexRows(octets, "\t") : "");
  if (name === undefined) return `${sum}ICMP6, unknown icmp6 type (${type}), length ${length}${unread()}`;
  const first = verbose > 0 && LENGTH_FIRST.includes(type) ? `, length ${length}` : "";
  const more = detailsOf(icmp, verbose);
  const head = `${sum}ICMP6, ${name}${first}${more}`;
  if (type === ICMP6.unreachable && icmp.code > ICMP6_CODE.port) return head + unread();
  return verbose > 0 || more.endsWith(TRUNCATED) ? head : `${head}, length ${length}`;
}

function detailsOf(icmp: Icmp6, verbose: number): string {
  const { type, code, rest, data } = icmp;
  const view = viewOf(data);
  switch (type) {
    case ICMP6.unreachable:
      return `, ${unreachable(icmp)}`;
    case ICMP6.packetTooBig:
      return `, mtu ${rest}`;
    case ICMP6.timeExceeded:
      if (code === 0) return ` for ${quotedDestination(data)}`;
      return code === 1 ? " (reassembly)" : `, unknown code (${code})`;
    case ICMP6.parameterProblem: {
      if (data.length < 40) return TRUNCATED;
      const what = ["erroneous", "next header", "option", "incomplete header chain"][code];
      return what === undefined ? `, code-#${code}` : `, ${what} - octet ${rest}`;
    }
    case ICMP6.echoRequest:
    case ICMP6.echoReply:
      return `, id ${rest >>> 16}, seq ${rest & 0xffff}`;
    case ICMP6.routerSolicitation:
      return verbose > 0 ? optionsText(icmp, 0, verbose) : "";
    case ICMP6.routerAdvertisement:
      return verbose > 0 ? routerText(icmp) + optionsText(icmp, 8, verbose) : "";
    case ICMP6.neighbourSolicitation:
      return `, who has ${readAddress6(view, 0)}${verbose > 0 ? optionsText(icmp, 16, verbose) : ""}`;
    case ICMP6.neighbourAdvertisement: {
      const flags = flagsText(rest >>> 29, NEIGHBOUR_FLAGS);
      const more = verbose > 0 ? `, Flags [${flags}]${optionsText(icmp, 16, verbose)}` : "";
      return `, tgt is ${readAddress6(view, 0)}${more}`;
    }
    case ICMP6.redirect: {
      const more = verbose > 0 ? optionsText(icmp, 32, verbose) : "";
      return `, ${readAddress6(view, 16)} to ${readAddress6(view, 0)}${more}`;
    }
    default:
      return reportText(icmp, verbose);
  }
}

function quotedDestination(data: Uint8Array): string {
  return data.length < 40 ? "[|icmp6]" : readAddress6(viewOf(data), 24).text;
}

function unreachable({ code, data }: Icmp6): string {
  const to = quotedDestination(data);
  switch (code) {
    case ICMP6_CODE.noRoute:
      return `unreachable route ${to}`;
    case ICMP6_CODE.prohibited:
      return ` unreachable prohibited ${to}`;
    case ICMP6_CODE.beyondScope:
      return `beyond scope ${to}, source address ${readAddress6(viewOf(data), 8)}`;
    case ICMP6_CODE.address:
      return `unreachable address ${to}`;
    case ICMP6_CODE.port: {
      const ports = upperLayer(data);
      if (ports === null) return `unreachable port${TRUNCATED}`;
      return `unreachable port, ${to} ${ports.protocol === PROTOCOL.tcp ? "tcp" : "udp"} port ${ports.port}`;
    }
    default:
      return `unknown unreach code (${code})`;
  }
}

/** Protocol and destination port of a quoted datagram or segment, whatever headers stand before them. */
function upperLayer(data: Uint8Array): { protocol: number; port: number } | null {
  const view = viewOf(data);
  let protocol = data[6]!;
  let at = 40;
  while (at + 4 <= data.length) {
    if (protocol === PROTOCOL.udp || protocol === PROTOCOL.tcp) return { protocol, port: view.getUint16(at + 2) };
    if (protocol !== PROTOCOL.hopByHop && protocol !== PROTOCOL.fragment) return null;
    if (protocol === PROTOCOL.fragment && (view.getUint16(at + 2) & 0xfff8) !== 0) return null;
    const length = protocol === PROTOCOL.fragment ? 8 : 8 * (data[at + 1]! + 1);
    protocol = data[at]!;
    at += length;
  }
  return null;
}

/** In the order of tcpdump's tables, the highest bit first. */
const NEIGHBOUR_FLAGS = ["router", "solicited", "override"];
const ROUTER_FLAGS = ["managed", "other stateful", "home agent"];
const PREFIX_FLAGS = ["onlink", "auto", "router"];

function flagsText(bits: number, names: readonly string[]): string {
  return names.filter((_, i) => (bits & (1 << (names.length - 1 - i))) !== 0).join(", ") || "none";
}

function routerText({ rest, data }: Icmp6): string {
  const view = viewOf(data);
  const flags = (rest >>> 16) & 0xff;
  const preference = ["medium", "high", "rsv", "low"][(flags >> 3) & 3];
  return `\n\thop limit ${rest >>> 24}, Flags [${flagsText(flags >> 5, ROUTER_FLAGS)}], pref ${preference}, router lifetime ${rest & 0xffff}s, reachable time ${view.getUint32(0)}ms, retrans timer ${view.getUint32(4)}ms`;
}

const OPTION_NAME: Readonly<Record<number, string>> = {
  [ND_OPTION.sourceMac]: "source link-address",
  [ND_OPTION.targetMac]: "destination link-address",
  [ND_OPTION.prefix]: "prefix info",
  [ND_OPTION.redirected]: "redirected header",
  [ND_OPTION.mtu]: "mtu",
};

function optionsText(icmp: Icmp6, fixed: number, verbose: number): string {
  const options = ndOptions(icmp);
  if (options === null) return TRUNCATED;
  let text = "";
  for (const { type, octets } of options) {
    const { length } = octets;
    text += `\n\t  ${OPTION_NAME[type] ?? "unknown"} option (${type}), length ${length} (${length / 8}): `;
    const data = octets.subarray(2);
    if (OPTION_NAME[type] === undefined && verbose <= 1) return text + hexRows(data, "\t  ");
    if (type === ND_OPTION.sourceMac || type === ND_OPTION.targetMac)
      text += Array.from(data, (octet) => octet.toString(16).padStart(2, "0")).join(":");
    else if (type === ND_OPTION.prefix) text += prefixText(octets);
    else if (type === ND_OPTION.mtu) text += ` ${viewOf(octets).getUint32(4)}`;
    // It prints as many octets as the option has, from the first option on.
    else if (type === ND_OPTION.redirected) text += hexRows(icmp.data.subarray(fixed, fixed + length), "\t    ");
    if (verbose > 1) text += hexRows(data, "\t    ");
  }
  return text;
}

function prefixText(octets: Uint8Array): string {
  const { prefix, length, valid, preferred } = prefixInformation(octets);
  const time = (seconds: number) => (seconds === 0xffffffff ? "infinity" : `${seconds}s`);
  const flags = flagsText(octets[3]! >> 5, PREFIX_FLAGS);
  return `${prefix}/${length}, Flags [${flags}], valid time ${time(valid)}, pref. time ${time(preferred)}`;
}

const RECORD_NAME = ["", "is_in", "is_ex", "to_in", "to_ex", "allow", "block"];

function reportText(icmp: Icmp6, verbose: number): string {
  const head = `, ${icmp.rest & 0xffff} group record(s)`;
  if (verbose === 0) return head;
  const records = mldRecords(icmp);
  if (records === null) return `${head} [invalid number of groups]`;
  const groups = records.map(({ type, group, sources }) => {
    const from =
      verbose > 1 ? ` {${sources.map((source) => ` ${source}`).join("")} }` : `, ${sources.length} source(s)`;
    return ` [gaddr ${group} ${RECORD_NAME[type] ?? ` [v2-report-#${type}]`}${from}]`;
  });
  return head + groups.join("");
}
