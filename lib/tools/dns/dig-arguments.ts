// The words behind dig. Before you edit: bind9 9.18 bin/dig/dig.c (parse_args, dash_option, plus_option).
import { DNS_CLASS, DNS_PORT, DNS_TYPE, reverseName } from "../../wire/dns.ts";
import { type Call, notModelled } from "../command.ts";
import { BIND_VERSION } from "./bind.ts";
import { numeric } from "./conf.ts";

const SUPPORTED =
  "@SERVER, NAME, TYPE, CLASS, -x ADDRESS, -t, -c, -q, -p, -4, +[no]short, all, answer, question, comments, stats, cmd, authority, additional, search, tcp, recurse, edns, cookie, adflag, cdflag, +bufsize=, ndots=, time=, timeout=, tries=, retry=";

export interface DigQuery {
  readonly name: string;
  readonly type: number;
  readonly class: number;
  readonly short: boolean;
  readonly comments: boolean;
  readonly question: boolean;
  readonly answer: boolean;
  readonly authority: boolean;
  readonly additional: boolean;
  readonly stats: boolean;
  readonly search: boolean;
  readonly ndots: number | null;
  readonly recurse: boolean;
  readonly overTcp: boolean;
  /** What it says it takes; null: it says nothing of EDNS. */
  readonly edns: number | null;
  readonly cookie: boolean;
  readonly adflag: boolean;
  readonly cdflag: boolean;
  readonly timeout: number;
  readonly tries: number;
}

export interface DigOptions {
  readonly server: string | null;
  /** It was named before any NAME: then it is said how many there are. */
  readonly serverFirst: boolean;
  readonly port: number;
  /** Whether it says first what it was called with. */
  readonly command: boolean;
}

type Draft = { -readonly [Key in keyof DigQuery]: DigQuery[Key] };

const EDNS_SIZE = 1232;

const FIRST: Omit<DigQuery, "name"> = {
  type: DNS_TYPE.A,
  class: DNS_CLASS.IN,
  short: false,
  comments: true,
  question: true,
  answer: true,
  authority: true,
  additional: true,
  stats: true,
  search: false,
  ndots: null,
  recurse: true,
  overTcp: false,
  edns: EDNS_SIZE,
  cookie: true,
  adflag: true,
  cdflag: false,
  timeout: 5,
  tries: 3,
};

const SECTIONS = ["comments", "question", "answer", "authority", "additional", "stats"] as const;

/** What is asked for; a number when dig ends at once with that status. */
export function readDigArguments(call: Call): { options: DigOptions; queries: DigQuery[] } | number {
  const { args, err } = call;
  let server: string | null = null;
  let serverFirst = false;
  let port = DNS_PORT;
  let command = true;
  /** What was said before the first name is so for all of them. */
  let shared: Omit<DigQuery, "name"> = FIRST;
  const queries: Draft[] = [];
  const set = (more: Partial<DigQuery>) => {
    const last = queries.at(-1);
    if (last === undefined) shared = { ...shared, ...more };
    else Object.assign(last, more);
  };
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    if (word.startsWith("@")) {
      server = word.slice(1);
      serverFirst = queries.length === 0;
    } else if (word.startsWith("+")) {
      const isCommand = plus(word.slice(1), set);
      if (isCommand !== null) command = isCommand;
    } else if (word === "-4") continue;
    else if (word === "-v") {
      err(`DiG ${BIND_VERSION}\n`);
      return 0;
    } else if (/^-[xtcqp]/.test(word)) {
      const value = word.slice(2) || args[++i];
      if (value === undefined) throw notModelled("dig", word, SUPPORTED);
      const letter = word[1]!;
      if (letter === "p") port = Number(value);
      else if (letter === "q") queries.push({ ...shared, name: value });
      else if (letter === "t") set({ type: typeNamed(value) });
      else if (letter === "c") set({ class: classOf(value) ?? DNS_CLASS.IN });
      else {
        const address = numeric(value);
        if (address === null) {
          err(`Invalid IP address ${value}\n`);
          return 10;
        }
        queries.push({ ...shared, name: reverseName(address), type: DNS_TYPE.PTR });
      }
    } else if (word.startsWith("-")) throw notModelled("dig", word, SUPPORTED);
    else {
      const type = DNS_TYPE[word.toUpperCase() as keyof typeof DNS_TYPE];
      const of = classOf(word);
      if (type !== undefined && type !== DNS_TYPE.OPT) set({ type });
      else if (of !== null) set({ class: of });
      else queries.push({ ...shared, name: word });
    }
  }
  // Without a name it asks who serves the root.
  if (queries.length === 0) queries.push({ ...shared, name: ".", type: DNS_TYPE.NS });
  for (const each of queries) if (each.short) command = false;
  return { options: { server, serverFirst, port, command }, queries };
}

function typeNamed(word: string): number {
  const type = DNS_TYPE[word.toUpperCase() as keyof typeof DNS_TYPE];
  if (type === undefined) throw notModelled("dig", `-t ${word}`, `types ${Object.keys(DNS_TYPE).join(", ")}`);
  return type;
}

const classOf = (word: string): number | null => DNS_CLASS[word.toUpperCase() as keyof typeof DNS_CLASS] ?? null;

/** Whether the first lines are printed, when the word says that; else null. */
function plus(word: string, set: (more: Partial<DigQuery>) => void): boolean | null {
  const [, no, name = "", value] = /^(no)?([a-z]+)(?:=(.*))?$/.exec(word) ?? [];
  const isOn = no === undefined;
  switch (name) {
    case "all":
      set(Object.fromEntries(SECTIONS.map((each) => [each, isOn])));
      return isOn;
    case "cmd":
      return isOn;
    case "short":
    case "comments":
    case "question":
    case "answer":
    case "authority":
    case "additional":
    case "stats":
    case "search":
    case "recurse":
    case "cookie":
    case "adflag":
    case "cdflag":
      set({ [name]: isOn });
      return null;
    case "rec":
      set({ recurse: isOn });
      return null;
    case "tcp":
    case "vc":
      set({ overTcp: isOn });
      return null;
    case "edns":
      set({ edns: isOn ? EDNS_SIZE : null });
      return null;
  }
  const number = Number(value);
  if (value === undefined || Number.isNaN(number)) throw notModelled("dig", `+${word}`, SUPPORTED);
  if (name === "bufsize") set({ edns: number });
  else if (name === "ndots") set({ ndots: number, search: true });
  else if (name === "time" || name === "timeout") set({ timeout: Math.max(1, number) });
  else if (name === "tries") set({ tries: Math.max(1, number) });
  else if (name === "retry") set({ tries: number + 1 });
  else throw notModelled("dig", `+${word}`, SUPPORTED);
  return null;
}
