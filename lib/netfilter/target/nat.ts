// What the targets of the nat table have in common: their options, what they print, and what they do to a connection.
// Before you edit: net/netfilter/xt_nat.c, extensions/libxt_NAT.c (parse_to, parse_ports, sprint_range).
import type { Ip } from "../../wire/address.ts";
import { servicePort } from "../../wire/services.ts";
import type { Family, Option, Outcome, Reading, TargetExtension } from "../extension.ts";
import { NO_RANGE, type Range } from "../nat/range.ts";
import type { Manip } from "../nat/unique.ts";
import { Refused } from "../refused.ts";
import type { Skb } from "../skb.ts";
import { readNumericAddress } from "../text/address.ts";
import { leadingNumber } from "../text/values.ts";

export type RangeDraft = { -readonly [Key in keyof Range]: Range[Key] };

/** Those that have ports, and ICMP, whose identifiers are as good. */
const WITH_PORTS: ReadonlySet<number> = new Set([6, 17, 132, 33, 1]);

/** `80`, `1024-65535`, `1000-2000/3000`, or the name of a service. Throws Refused. */
export function readPorts(draft: RangeDraft, text: string, { protocol }: Reading): void {
  if (protocol === null || !WITH_PORTS.has(protocol.number))
    throw new Refused("Need TCP, UDP, SCTP or DCCP with port specification");
  const first = numberIn(text, 0xffff);
  if (first === null) {
    const port = serviceOf(text);
    if (port === undefined) throw new Refused(`Port \`${text}' not valid`);
    draft.ports = [port, port];
    return;
  }
  const { value: from, rest } = first;
  if (rest === "") {
    draft.ports = [from, from];
    return;
  }
  if (rest.startsWith(":")) throw new Refused("Invalid port:port syntax - use dash");
  if (!rest.startsWith("-")) throw new Refused(`Garbage after port value: \`${rest}'`);
  const behind = rest.slice(1);
  const last = numberIn(behind, 0xffff);
  if (last === null) throw new Refused(`Port \`${behind}' not valid`);
  if (last.value < from) throw new Refused(`Port range \`${behind}' funky`);
  draft.ports = [from, last.value];
  if (last.rest === "") return;
  if (!last.rest.startsWith("/")) throw new Refused(`Garbage after port range: \`${last.rest}'`);
  const base = last.rest.slice(1);
  const number = numberIn(base, 0xffff);
  const port = number !== null && number.value >= 1 ? number.value : serviceOf(base);
  if (port === undefined) throw new Refused(`Port \`${base}' not valid`);
  draft.base = port;
}

/** A service of any protocol. */
function serviceOf(name: string): number | undefined {
  return servicePort("tcp", name) ?? servicePort("udp", name);
}

function numberIn(text: string, most: number): { value: number; rest: string } | null {
  const found = leadingNumber(text);
  return found !== null && found.value <= most ? found : null;
}

/** `10.0.0.1`, `10.0.0.1-10.0.0.9:80`, `:80`, `[2001:db8::1]:80`. Throws Refused. */
export function readTo(draft: RangeDraft, text: string, reading: Reading): void {
  const { family } = reading;
  const open = text.indexOf("[");
  let addresses = text;
  let colon: number;
  if (open === -1) {
    // One colon stands before a port, two are an IPv6 address.
    colon = text.indexOf(":");
    if (colon !== -1 && text.includes(":", colon + 1)) colon = -1;
    if (colon !== -1) addresses = text.slice(0, colon);
  } else {
    const close = text.indexOf("]", open + 1);
    if (close === -1 || family === 4) throw new Refused("Invalid address format");
    colon = text.indexOf(":", close + 1);
    addresses = text.slice(open + 1, close);
  }
  if (colon !== -1) {
    readPorts(draft, text.slice(colon + 1), reading);
    if (addresses === "") return;
  }
  const dash = addresses.indexOf("-");
  const from = readAddress(dash === -1 ? addresses : addresses.slice(0, dash), family);
  draft.addresses = [from, dash === -1 ? from : readAddress(addresses.slice(dash + 1), family)];
}

function readAddress(text: string, family: Family): Ip {
  const address = readNumericAddress(text, family);
  if (address === null) throw new Refused(`Bad IP address "${text}"`);
  return address;
}

/** `10.0.0.1-10.0.0.9:80-90/85`. */
export function rangeText({ addresses, ports, base }: Range): string {
  let text = "";
  if (addresses !== null) {
    const [from, to] = addresses;
    const both = from === to ? `${from}` : `${from}-${to}`;
    text = from.family === 6 && ports !== null ? `[${both}]` : both;
  }
  if (ports !== null) {
    text += `:${ports[0]}`;
    if (ports[0] !== ports[1]) text += `-${ports[1]}`;
    if (base !== null) text += `/${base}`;
  }
  return text;
}

function flag(name: string, set: (draft: RangeDraft) => void): Option<RangeDraft> {
  return { name, takes: "nothing", set };
}
const RANDOM = flag("random", (draft) => {
  draft.random = true;
});
const RANDOM_FULLY = flag("random-fully", (draft) => {
  draft.randomFully = true;
});
const PERSISTENT = flag("persistent", (draft) => {
  draft.persistent = true;
});

/** How a target of NAT is said, printed and carried out. */
interface Said {
  readonly name: string;
  readonly hooks: TargetExtension<Range>["hooks"] & object;
  readonly option: "to-source" | "to-destination" | "to-ports";
  /** Before the range in a list: `to:`. */
  readonly listed: string;
  readonly flags: readonly ("random" | "random-fully" | "persistent")[];
  readonly manip: Manip;
  /** The range with the addresses that this packet's connection gets; null: the packet ends; false: nothing is done. */
  readonly range?: (skb: Skb, range: Range) => Range | null | false;
}

const FLAGS = { random: RANDOM, "random-fully": RANDOM_FULLY, persistent: PERSISTENT };

export function natTarget({
  name,
  hooks,
  option,
  listed,
  flags,
  manip,
  range,
}: Said): TargetExtension<Range, RangeDraft> {
  const isPorts = option === "to-ports";
  const text = (value: Range, before: string, dashes: string) => {
    const said = rangeText(value);
    const words: string[] = [];
    if (said !== "") words.push(before + (isPorts ? said.replace(/^:/, "") : said));
    if (value.random) words.push(`${dashes}random`);
    if (value.randomFully) words.push(`${dashes}random-fully`);
    if (value.persistent) words.push(`${dashes}persistent`);
    return words.join(" ");
  };
  return {
    name,
    families: [4, 6],
    tables: ["nat"],
    hooks,
    options: [
      {
        name: option,
        takes: "value",
        ...(!isPorts && { mandatory: true as const }),
        set: (draft, word, _inverted, reading) =>
          isPorts ? readPorts(draft, word, reading) : readTo(draft, word, reading),
      },
      ...flags.map((each) => FLAGS[each]),
    ],
    draft: () => ({ ...NO_RANGE }),
    finish: (draft) => draft,
    save: (value) => text(value, `--${option} `, "--"),
    list: (value) => text(value, listed, ""),
    compile:
      (value) =>
      (skb): Outcome => {
        const chosen = range === undefined ? value : range(skb, value);
        if (chosen === false) return "ACCEPT";
        if (chosen === null) return "DROP";
        return translate(skb, chosen, manip);
      },
    because: (_value, _before, { ct }) => natBecause(ct, manip),
  };
}

/** Decides what one end of the connection becomes. */
export function translate({ ct, net }: Skb, range: Range, manip: Manip): Outcome {
  if (ct?.kind !== "tracked") return "ACCEPT";
  return net.nat.setup(ct.conn, range, manip) === "accept" ? "ACCEPT" : "DROP";
}

export function natBecause(ct: Skb["ct"], manip: Manip): string {
  if (ct?.kind !== "tracked") return "there is no connection to translate";
  const { dst, src, from, to, isIcmp } = ct.conn.reply.tuple;
  // What an answer is sent to is what the source became.
  const [address, port] = manip === "source" ? [dst, to] : [src, from];
  return `the connection's ${manip} becomes ${address}${isIcmp || port === 0 ? "" : `:${port}`}`;
}
