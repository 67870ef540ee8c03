// -m conntrack: what the packet is to its connection, and what that connection is; -m state is its older, smaller form.
// Before you edit: net/netfilter/xt_conntrack.c (conntrack_mt), extensions/libxt_conntrack.c.

import { SECOND } from "../../trace/world.ts";
import { type Ip, ip } from "../../wire/address.ts";
import { isWithin } from "../condition.ts";
import { Conn, DEFAULT_ZONE, directionOf, INFO, STATUS, type Tracked } from "../conntrack/conn.ts";
import { type Direction, Tuple } from "../conntrack/tuple.ts";
import type { MatchExtension, Miss, Option } from "../extension.ts";
import { masked } from "../mask.ts";
import { Refused } from "../refused.ts";
import type { Skb } from "../skb.ts";
import { networkText } from "../text/address.ts";
import { readProtocol } from "../text/protocol.ts";
import { readHostMask, readRange } from "../text/values.ts";
import { bitsOf, PARSED, readList, STATE_BIT, STATES, type State, statesOf } from "./connection-states.ts";
import { readPorts } from "./ports.ts";

const STATUSES = [
  ["EXPECTED", STATUS.expected],
  ["SEEN_REPLY", STATUS.seenReply],
  ["ASSURED", STATUS.assured],
  ["CONFIRMED", STATUS.confirmed],
] as const;

/** One question about the connection, and how it is printed; the order of the table below is the printed one. */
interface Question {
  readonly option: string;
  readonly inverted: boolean;
  readonly words: string;
  /** What is asked of a connection; null of --ctstate, which also asks about packets without one. */
  readonly test: ((conn: Conn, direction: Direction, now: number) => boolean) | null;
  readonly had: (conn: Conn, direction: Direction, now: number) => string;
}

interface Value {
  readonly questions: readonly Question[];
  readonly states: readonly State[] | null;
  readonly statesInverted: boolean;
}
type Draft = Map<string, Question> & { states?: readonly State[] };

type End = "src" | "dst";

function tupleAddress(conn: Conn, direction: Direction, end: End): Ip {
  return conn.tuple(direction)[end];
}

function addressOption(name: string, direction: Direction, end: End): Option<Draft> {
  return {
    name,
    takes: "value",
    invertible: true,
    set(draft, word, inverted, { family }) {
      const said = readHostMask(word, "conntrack", name, family);
      const { mask } = said;
      const address = masked(said.address, mask);
      const text = networkText(said);
      draft.set(name, {
        option: name,
        inverted,
        // A whole address is printed without its length.
        words: text.replace(family === 4 ? /\/32$/ : /\/128$/, ""),
        test: (conn) => isWithin(address, mask, tupleAddress(conn, direction, end)),
        had: (conn) => `${tupleAddress(conn, direction, end)}`,
      });
    },
  };
}

function portOption(name: string, direction: Direction, end: "from" | "to"): Option<Draft> {
  return {
    name,
    takes: "value",
    invertible: true,
    set(draft, word, inverted) {
      const { first, last } = readPorts(word, "tcp", false);
      // A range that ends with 0 is taken for a single port when it is printed, as the tool does it.
      const words = last === 0 || first === last ? `${first}` : `${first}:${last}`;
      const port = (conn: Conn) => conn.tuple(direction)[end];
      draft.set(name, {
        option: name,
        inverted,
        words,
        test: (conn) => port(conn) >= first && port(conn) <= last,
        had: (conn) => `${port(conn)}`,
      });
    },
  };
}

function stateOption(name: "ctstate" | "state", names: readonly State[]): Option<Draft> {
  return {
    name,
    takes: "value",
    invertible: true,
    ...(name === "state" && { mandatory: true as const }),
    set(draft, word, inverted) {
      if (name === "state" && word.endsWith(","))
        throw new Refused('"--state" requires a list of states with no spaces, e.g. ESTABLISHED,RELATED');
      const wanted = new Set(readList(word, names, name));
      draft.states = STATES.filter((state) => wanted.has(state));
      draft.set(name, { option: name, inverted, words: draft.states.join(","), test: null, had: () => "" });
    },
  };
}

const OPTIONS: readonly Option<Draft>[] = [
  stateOption("ctstate", PARSED),
  {
    name: "ctproto",
    takes: "value",
    invertible: true,
    set(draft, word, inverted) {
      const number = readProtocol(word);
      draft.set("ctproto", {
        option: "ctproto",
        inverted,
        words: `${number}`,
        test: ({ protocol }) => protocol === number,
        had: ({ protocol }) => `${protocol}`,
      });
    },
  },
  addressOption("ctorigsrc", 0, "src"),
  addressOption("ctorigdst", 0, "dst"),
  addressOption("ctreplsrc", 1, "src"),
  addressOption("ctrepldst", 1, "dst"),
  portOption("ctorigsrcport", 0, "from"),
  portOption("ctorigdstport", 0, "to"),
  portOption("ctreplsrcport", 1, "from"),
  portOption("ctrepldstport", 1, "to"),
  {
    name: "ctstatus",
    takes: "value",
    invertible: true,
    set(draft, word, inverted) {
      const wanted = new Set(readList(word, ["NONE", ...STATUSES.map(([name]) => name)], "ctstatus"));
      const chosen = STATUSES.filter(([name]) => wanted.has(name));
      const mask = chosen.reduce((bits, [, bit]) => bits | bit, 0);
      draft.set("ctstatus", {
        option: "ctstatus",
        inverted,
        words: chosen.length === 0 ? "NONE" : chosen.map(([name]) => name).join(","),
        test: (conn) => conn.has(mask),
        had: (conn) =>
          STATUSES.filter(([, bit]) => conn.has(bit))
            .map(([name]) => name)
            .join(",") || "NONE",
      });
    },
  },
  {
    name: "ctexpire",
    takes: "value",
    invertible: true,
    set(draft, word, inverted) {
      const range = readRange(word, "conntrack", "ctexpire", 0xffffffff);
      const [from] = range;
      const to = word.includes(":") ? range[1] : from;
      // Of a connection that is not in the table yet the kernel compares a length of time with a time: nothing is left.
      const left = (conn: Conn, now: number) =>
        conn.isConfirmed ? Math.max(0, Math.floor((conn.timeout - now) / SECOND)) : 0;
      draft.set("ctexpire", {
        option: "ctexpire",
        inverted,
        words: from === to ? `${from}` : `${from}:${to}`,
        test: (conn, _direction, now) => left(conn, now) >= from && left(conn, now) <= to,
        had: (conn, _direction, now) => `${left(conn, now)}`,
      });
    },
  },
  {
    name: "ctdir",
    takes: "value",
    set(draft, word) {
      const name = word.toUpperCase();
      if (name !== "ORIGINAL" && name !== "REPLY")
        throw new Refused(`conntrack: Bad value for "--ctdir" option: "${word}"\n`);
      const wanted = name === "ORIGINAL" ? 0 : 1;
      draft.set("ctdir", {
        option: "ctdir",
        inverted: false,
        words: name,
        test: (_conn, direction) => direction === wanted,
        had: (_conn, direction) => (direction === 0 ? "ORIGINAL" : "REPLY"),
      });
    },
  },
];

function textOf({ questions }: Value, dashes: string): string {
  return questions.map(({ option, inverted, words }) => `${inverted ? "! " : ""}${dashes}${option} ${words}`).join(" ");
}

function readValue(draft: Draft, options: readonly Option<Draft>[]): Value {
  const questions = options.map(({ name }) => draft.get(name)).filter((each) => each !== undefined);
  const asked = questions.find(({ test }) => test === null);
  return { questions, states: draft.states ?? null, statesInverted: asked?.inverted ?? false };
}

/** What -j CT attached looks like to questions about connections: nothing but confirmed (nf_ct_tmpl_alloc, xt_ct_tg_check). */
function blank(address: Ip): Tracked {
  const tuple = new Tuple(address, address, 0, 0, 0);
  const conn = new Conn(tuple, tuple, DEFAULT_ZONE, 0, false);
  conn.status = STATUS.confirmed;
  return { kind: "tracked", conn, info: INFO.new };
}

const TEMPLATES = { ipv4: blank(ip("0.0.0.0")), ipv6: blank(ip("::")) };

/** The connection that can be asked about; null when there is none. */
function askable({ ct, packet }: Skb): Tracked | null {
  if (ct?.kind === "template") return TEMPLATES[packet.kind];
  return ct?.kind === "tracked" ? ct : null;
}

function compile({ questions, states, statesInverted }: Value) {
  const mask = states?.reduce((bits, state) => bits | STATE_BIT[state], 0) ?? 0;
  const others = questions.filter(({ test }) => test !== null);
  return (skb: Skb): boolean => {
    const { ct, net } = skb;
    if (states !== null && ((bitsOf(ct) & mask) !== 0) === statesInverted) return false;
    const asked = askable(skb);
    if (asked === null) return states !== null;
    for (const { test, inverted } of others)
      if (test!(asked.conn, directionOf(asked.info), net.now) === inverted) return false;
    return true;
  };
}

function miss({ questions, states, statesInverted }: Value, skb: Skb): Miss {
  const { ct, net } = skb;
  const had = statesOf(ct);
  if (states !== null && had.some((state) => states.includes(state)) === statesInverted)
    return {
      field: questions.find(({ test }) => test === null)!.option,
      wanted: `${statesInverted ? "! " : ""}${states.join(",")}`,
      had: had.join(","),
    };
  const asked = askable(skb);
  if (asked === null) return { field: "connection", wanted: "one", had: had.join(",") };
  const { conn } = asked;
  const direction = directionOf(asked.info);
  const failed = questions.find(({ test, inverted }) => test !== null && test(conn, direction, net.now) === inverted)!;
  const { option, inverted, words } = failed;
  return { field: option, wanted: `${inverted ? "! " : ""}${words}`, had: failed.had(conn, direction, net.now) };
}

const newDraft = (): Draft => new Map();

export const conntrack: MatchExtension<Value, Draft> = {
  name: "conntrack",
  families: [4, 6],
  options: OPTIONS,
  draft: newDraft,
  finish(draft) {
    if (draft.size === 0) throw new Refused("conntrack: At least one option is required");
    return readValue(draft, OPTIONS);
  },
  save: (value) => textOf(value, "--"),
  list: (value) => textOf(value, ""),
  compile,
  miss,
};

const STATE_OPTIONS = [stateOption("state", PARSED.slice(0, 5))];

export const state: MatchExtension<Value, Draft> = {
  ...conntrack,
  name: "state",
  options: STATE_OPTIONS,
  finish: (draft) => readValue(draft, STATE_OPTIONS),
};
