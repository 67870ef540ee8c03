// Which sockets `ss` is asked for: `state NAME`, `exclude NAME`, and an expression about their ends.
// Before you edit: iproute2 misc/ss.c (scan_state, main, parse_hostcond), misc/ssfilter.y.
import type { Endpoint } from "../netns/socket/family.ts";
import { Ipv4, Prefix4 } from "../wire/address.ts";
import { servicePort } from "../wire/services.ts";
import { notModelled } from "./command.ts";
import { shortIpv4 } from "./host.ts";

const SUPPORTED =
  "state and exclude, src and dst with PREFIX[:PORT], sport and dport with = != < > <= >= and :PORT, and, or, not and ( )";

/** The ends of a socket. */
export interface Ends {
  readonly local: Endpoint;
  readonly peer: Endpoint | null;
}

type Test = (ends: Ends) => boolean;

export interface SsFilter {
  /** Null: what the options say. */
  readonly states: ReadonlySet<string> | null;
  readonly test: Test;
}

const STATES: Readonly<Record<string, string>> = {
  established: "ESTAB",
  "syn-sent": "SYN-SENT",
  "syn-recv": "SYN-RECV",
  "fin-wait-1": "FIN-WAIT-1",
  "fin-wait-2": "FIN-WAIT-2",
  "time-wait": "TIME-WAIT",
  unconnected: "UNCONN",
  "close-wait": "CLOSE-WAIT",
  "last-ack": "LAST-ACK",
  listening: "LISTEN",
  closing: "CLOSING",
};
const ALL = Object.values(STATES);
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  all: ALL,
  connected: ALL.filter((each) => each !== "UNCONN" && each !== "LISTEN"),
  synchronized: ALL.filter((each) => each !== "UNCONN" && each !== "LISTEN" && each !== "SYN-SENT"),
  bucket: ["SYN-RECV", "TIME-WAIT"],
  big: ALL.filter((each) => each !== "SYN-RECV" && each !== "TIME-WAIT"),
  closed: ["UNCONN"],
};

/** Reads what stands behind the options; a text is ss's complaint. */
export function readSsFilter(words: readonly string[]): SsFilter | string {
  let states: Set<string> | null = null;
  let at = 0;
  for (; /^(state|exclude|excl)$/.test(words[at] ?? ""); at += 2) {
    const name = words[at + 1];
    if (name === undefined) throw notModelled("ss", `${words[at]} without a name`, SUPPORTED);
    const meant = GROUPS[name] ?? (STATES[name] === undefined ? undefined : [STATES[name]]);
    if (meant === undefined) return `ss: wrong state name: ${name}\n`;
    states ??= new Set(words[at] === "state" ? [] : ALL);
    for (const each of meant)
      if (words[at] === "state") states.add(each);
      else states.delete(each);
  }
  // Words end at blanks only: a parenthesis stands alone.
  const rest = words.slice(at).join(" ").trim();
  return { states, test: rest === "" ? () => true : new Expression(rest.split(/\s+/)).whole() };
}

/** `or` binds less than `and`, which may be left out, and `not` the most. */
class Expression {
  private readonly words: readonly string[];
  private at = 0;

  constructor(words: readonly string[]) {
    this.words = words;
  }

  whole(): Test {
    const test = this.either();
    if (this.at < this.words.length) throw this.wrong();
    return test;
  }

  private wrong(): Error {
    return notModelled("ss", this.words[this.at] ?? "a filter that ends here", SUPPORTED);
  }

  private takes(...words: readonly string[]): boolean {
    if (!words.includes(this.words[this.at] ?? "")) return false;
    this.at++;
    return true;
  }

  private either(): Test {
    let test = this.both();
    while (this.takes("or", "|", "||")) {
      const [a, b] = [test, this.both()];
      test = (ends) => a(ends) || b(ends);
    }
    return test;
  }

  private both(): Test {
    let test = this.one();
    while (this.takes("and", "&", "&&") || !["or", "|", "||", ")", undefined].includes(this.words[this.at])) {
      const [a, b] = [test, this.one()];
      test = (ends) => a(ends) && b(ends);
    }
    return test;
  }

  private one(): Test {
    if (this.takes("not", "!")) {
      const test = this.one();
      return (ends) => !test(ends);
    }
    if (this.takes("(")) {
      const test = this.either();
      if (!this.takes(")")) throw this.wrong();
      return test;
    }
    const [, side, what] = /^([sd])(port|rc|st)$/.exec(this.words[this.at] ?? "") ?? [];
    if (side === undefined || ((what === "rc") !== (side === "s") && what !== "port")) throw this.wrong();
    this.at++;
    const endOf = ({ local, peer }: Ends) => (side === "s" ? local : peer);
    return what === "port" ? this.port(endOf) : this.host(endOf);
  }

  private port(endOf: (ends: Ends) => Endpoint | null): Test {
    const compare = COMPARE[this.words[this.at] ?? ""];
    if (compare !== undefined) this.at++;
    const port = portOf(this.words[this.at] ?? "");
    if (port === null) throw this.wrong();
    this.at++;
    return (ends) => (compare ?? COMPARE["="]!)(endOf(ends)?.port ?? 0, port);
  }

  private host(endOf: (ends: Ends) => Endpoint | null): Test {
    this.takes("=", "==", "eq");
    const [, text = "", length, portText] = /^([^/:]+)(?:\/(\d+))?(?::(\w+))?$/.exec(this.words[this.at] ?? "") ?? [];
    const address = shortIpv4(text);
    const port = portText === undefined ? 0 : portOf(portText);
    if (address === null || Number(length ?? 32) > 32 || port === null) throw this.wrong();
    this.at++;
    const prefix = new Prefix4(address, Number(length ?? 32));
    return (ends) => {
      const end = endOf(ends);
      const is = end?.address ?? Ipv4.of(0);
      return is.family === 4 && prefix.contains(is) && (port === 0 || end?.port === port);
    };
  }
}

function portOf(text: string): number | null {
  const name = text.replace(/^:/, "");
  return /^\d+$/.test(name) ? Number(name) : (servicePort("tcp", name) ?? null);
}

const equal = (a: number, b: number) => a === b;
const COMPARE: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  "=": equal,
  "==": equal,
  eq: equal,
  "!=": (a, b) => a !== b,
  ne: (a, b) => a !== b,
  neq: (a, b) => a !== b,
  "<": (a, b) => a < b,
  lt: (a, b) => a < b,
  ">": (a, b) => a > b,
  gt: (a, b) => a > b,
  "<=": (a, b) => a <= b,
  le: (a, b) => a <= b,
  ">=": (a, b) => a >= b,
  ge: (a, b) => a >= b,
};
