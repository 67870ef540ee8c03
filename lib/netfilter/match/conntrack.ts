// -m conntrack: what the packet is to its connection, and what that connection is; -m state is its older, smaller form.
// Before you edit: net/netfilter/xt_conntrack.c (conntrack_mt), extensions/libxt_conntrack.c.
import type { Ip } from "../../wire/address.ts";
import { SECOND } from "../../trace/world.ts";
import { type Conn, directionOf, type Nfct, STATUS } from "../conntrack/conn.ts";
import type { Direction } from "../conntrack/tuple.ts";
import type { MatchExtension, Miss, Option } from "../extension.ts";
import { isWithin } from "../condition.ts";
import { Refused } from "../refused.ts";
import type { Skb } from "../skb.ts";
import { networkText, readNetworks } from "../text/address.ts";
import { readProtocol } from "../text/protocol.ts";
import { readRange } from "../text/values.ts";
import { readPorts } from "./ports.ts";

/** In the order in which they are printed, with what a packet is. */
const STATES = ["INVALID", "NEW", "RELATED", "ESTABLISHED", "UNTRACKED", "SNAT", "DNAT"] as const;
/** In the order in which a word that was cut short is completed. */
const PARSED = ["INVALID", "NEW", "ESTABLISHED", "RELATED", "UNTRACKED", "SNAT", "DNAT"] as const;
type State = (typeof STATES)[number];

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

const STATE_OF = ["ESTABLISHED", "RELATED", "NEW", "ESTABLISHED", "RELATED"] as const;

/** Its state, and whether it is translated. */
function statesOf(ct: Nfct | null): readonly State[] {
  if (ct === null || ct.kind === "template") return ["INVALID"];
  if (ct.kind === "untracked") return ["UNTRACKED"];
  const { conn, info } = ct;
  const states: State[] = [STATE_OF[info]];
  if (conn.has(STATUS.srcNat)) states.push("SNAT");
  if (conn.has(STATUS.dstNat)) states.push("DNAT");
  return states;
}

const STATE_BIT = Object.fromEntries(STATES.map((state, i) => [state, 1 << i])) as Record<State, number>;
const INFO_BIT = STATE_OF.map((state) => STATE_BIT[state]);

/** The same as bits, for the packets that nobody watches. */
function bitsOf(ct: Nfct | null): number {
  if (ct === null || ct.kind === "template") return STATE_BIT.INVALID;
  if (ct.kind === "untracked") return STATE_BIT.UNTRACKED;
  const { status } = ct.conn;
  return (
    INFO_BIT[ct.info]! |
    ((status & STATUS.srcNat) === 0 ? 0 : STATE_BIT.SNAT) |
    ((status & STATUS.dstNat) === 0 ? 0 : STATE_BIT.DNAT)
  );
}

/** Words with commas; each may be cut short, in any case of letters. Throws Refused. */
function readList<T extends string>(word: string, names: readonly T[], option: string): T[] {
  let rest = word;
  const found: T[] = [];
  for (;;) {
    const comma = rest.indexOf(",");
    const each = comma === -1 ? rest : rest.slice(0, comma);
    const name = each === "" ? undefined : names.find((one) => one.startsWith(each.toUpperCase()));
    if (name === undefined) throw new Refused(`Bad ${option} "${rest}"`);
    found.push(name);
    if (comma === -1) return found;
    rest = rest.slice(comma + 1);
  }
}

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
      const networks = readNetworks(word, family);
      const [network] = networks;
      if (networks.length !== 1 || network === undefined) throw new Refused(`host/network \`${word}' not found`);
      const text = networkText(network);
      draft.set(name, {
        option: name,
        inverted,
        // A whole address is printed without its length.
        words: text.replace(family === 4 ? /\/32$/ : /\/128$/, ""),
        test: (conn) => isWithin(network.address, network.mask, tupleAddress(conn, direction, end)),
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
        had: (conn) => STATUSES.filter(([, bit]) => conn.has(bit)).map(([name]) => name).join(",") || "NONE",
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
      const left = (conn: Conn, now: number) => Math.floor((conn.timeout - (conn.isConfirmed ? now : 0)) / SECOND);
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
  return questions
    .map(({ option, inverted, words }) => `${inverted ? "! " : ""}${dashes}${option} ${words}`)
    .join(" ");
}

function valueOf(draft: Draft, options: readonly Option<Draft>[]): Value {
  const questions = options.map(({ name }) => draft.get(name)).filter((each) => each !== undefined);
  const asked = questions.find(({ test }) => test === null);
  return { questions, states: draft.states ?? null, statesInverted: asked?.inverted ?? false };
}

function compile({ questions, states, statesInverted }: Value) {
  const mask = states?.reduce((bits, state) => bits | STATE_BIT[state], 0) ?? 0;
  const others = questions.filter(({ test }) => test !== null);
  return ({ ct, net }: Skb): boolean => {
    if (states !== null && ((bitsOf(ct) & mask) !== 0) === statesInverted) return false;
    if (ct === null || ct.kind !== "tracked") return states !== null;
    for (const { test, inverted } of others)
      if (test!(ct.conn, directionOf(ct.info), net.now) === inverted) return false;
    return true;
  };
}

function miss({ questions, states, statesInverted }: Value, { ct, net }: Skb): Miss {
  const had = statesOf(ct);
  if (states !== null && had.some((state) => states.includes(state)) === statesInverted)
    return {
      field: questions.find(({ test }) => test === null)!.option,
      wanted: `${statesInverted ? "! " : ""}${states.join(",")}`,
      had: had.join(","),
    };
  if (ct === null || ct.kind !== "tracked") return { field: "connection", wanted: "one", had: had.join(",") };
  const direction = directionOf(ct.info);
  const failed = questions.find(({ test, inverted }) => test !== null && test(ct.conn, direction, net.now) === inverted)!;
  const { option, inverted, words } = failed;
  return { field: option, wanted: `${inverted ? "! " : ""}${words}`, had: failed.had(ct.conn, direction, net.now) };
}

const newDraft = (): Draft => new Map();

export const conntrack: MatchExtension<Value, Draft> = {
  name: "conntrack",
  families: [4, 6],
  options: OPTIONS,
  draft: newDraft,
  finish(draft) {
    if (draft.size === 0) throw new Refused("conntrack: At least one option is required");
    return valueOf(draft, OPTIONS);
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
  finish: (draft) => valueOf(draft, STATE_OPTIONS),
};

