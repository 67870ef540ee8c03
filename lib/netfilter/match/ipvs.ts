// -m ipvs: whether IPVS had the packet, and what the connection to its real server is. Only packets on their way to the
// server are of a connection here: xt_ipvs looks an answer up as if it were a request, and finds nothing.
// Before you edit: net/netfilter/xt_ipvs.c (ipvs_mt), extensions/libxt_ipvs.c.
import type { Ip } from "../../wire/address.ts";
import { protocolOf } from "../../wire/packet.ts";
import { isWithin } from "../condition.ts";
import { INFO } from "../conntrack/conn.ts";
import type { MatchExtension, Option } from "../extension.ts";
import { Refused } from "../refused.ts";
import type { Skb } from "../skb.ts";
import { networkText } from "../text/address.ts";
import { readProtocol } from "../text/protocol.ts";
import { badValue, lookUpPort, readHostMask } from "../text/values.ts";

/** How packets get to the real server (IP_VS_CONN_F_DROUTE, _TUNNEL, _MASQ). */
export type VirtualMethod = "GATE" | "IPIP" | "MASQ";

/** A connection that was given to a real server. */
export interface VirtualConnection {
  /** The virtual address, or the mark of a template. */
  readonly address: Ip | number;
  readonly port: number;
  readonly method: VirtualMethod;
  /** The virtual port of the connection that controls it, as a template does; null when none does. */
  readonly controlPort: number | null;
}

interface Question {
  readonly option: string;
  readonly inverted: boolean;
  readonly words: string;
  /** Said instead without -n. */
  readonly named?: string;
  test(connection: VirtualConnection, skb: Skb): boolean;
  had(connection: VirtualConnection, skb: Skb): string;
}

interface Value {
  /** `! --ipvs`: IPVS had it not. */
  readonly inverted: boolean;
  /** In the order in which they are printed; none: whether IPVS had it is all that is asked. */
  readonly questions: readonly Question[];
}
interface Draft {
  ipvs: boolean;
  inverted: boolean;
  readonly questions: Map<string, Question>;
}

function portOption(name: string, port: (connection: VirtualConnection) => number | null): Option<Draft> {
  return {
    name,
    takes: "value",
    invertible: true,
    set({ questions }, word, inverted) {
      const wanted = lookUpPort(word);
      questions.set(name, {
        option: name,
        inverted,
        words: `${wanted}`,
        test: (connection) => port(connection) === wanted,
        had: (connection) => `${port(connection) ?? "none"}`,
      });
    },
  };
}

/** In the order in which they are printed. */
const OPTIONS: readonly Option<Draft>[] = [
  {
    name: "ipvs",
    takes: "nothing",
    invertible: true,
    set(draft, _, inverted) {
      draft.ipvs = true;
      draft.inverted = inverted;
    },
  },
  {
    name: "vproto",
    takes: "value",
    invertible: true,
    set({ questions }, word, inverted) {
      const number = readProtocol(word);
      questions.set("vproto", {
        option: "vproto",
        inverted,
        words: `${number}`,
        test: (_, { packet }) => protocolOf(packet) === number,
        had: (_, { packet }) => `${protocolOf(packet)}`,
      });
    },
  },
  {
    name: "vaddr",
    takes: "value",
    invertible: true,
    set({ questions }, word, inverted, { family }) {
      const said = readHostMask(word, "ipvs", "vaddr", family);
      const { address, mask } = said;
      const isZero = address.family === 4 ? address.bits === 0 : address.isUnspecified;
      questions.set("vaddr", {
        option: "vaddr",
        inverted,
        words: networkText(said).replace(family === 4 ? /\/32$/ : /\/128$/, ""),
        ...(isZero && { named: "anywhere" }),
        test: ({ address: virtual }) => typeof virtual !== "number" && isWithin(address, mask, virtual),
        had: ({ address: virtual }) => `${virtual}`,
      });
    },
  },
  portOption("vport", ({ port }) => port),
  {
    name: "vdir",
    takes: "value",
    set({ questions }, word) {
      const name = word.toUpperCase();
      if (name !== "ORIGINAL" && name !== "REPLY") throw badValue("ipvs", "--vdir", word);
      questions.set("vdir", {
        option: "vdir",
        inverted: false,
        words: name,
        test: (_, skb) => directionOf(skb) === name,
        had: (_, skb) => directionOf(skb),
      });
    },
  },
  {
    name: "vmethod",
    takes: "value",
    invertible: true,
    set({ questions }, word, inverted) {
      const wanted = (["GATE", "IPIP", "MASQ"] as const).find((each) => each === word.toUpperCase());
      if (wanted === undefined) throw badValue("ipvs", "--vmethod", word);
      questions.set("vmethod", {
        option: "vmethod",
        inverted,
        words: wanted,
        test: ({ method }) => method === wanted,
        had: ({ method }) => method,
      });
    },
  },
  portOption("vportctl", ({ controlPort }) => controlPort),
];

/** What connection tracking says; IPVS keeps it off its packets unless net.ipv4.vs.conntrack is 1. */
function directionOf({ ct }: Skb): "ORIGINAL" | "REPLY" | "untracked" {
  if (ct?.kind !== "tracked") return "untracked";
  return ct.info >= INFO.establishedReply ? "REPLY" : "ORIGINAL";
}

/** Why the packet is not what was asked for, or null. */
function failed({ questions }: Value, skb: Skb): { question: Question | null; had: string } | null {
  const virtual = skb.net.virtualConnection(skb);
  if (virtual === "none") return { question: null, had: "not of IPVS" };
  if (virtual === "unknown") return { question: null, had: "no connection of IPVS" };
  for (const question of questions)
    if (question.test(virtual, skb) === question.inverted) return { question, had: question.had(virtual, skb) };
  return null;
}

export const ipvs: MatchExtension<Value, Draft> = {
  name: "ipvs",
  families: [4, 6],
  options: OPTIONS,
  draft: () => ({ ipvs: false, inverted: false, questions: new Map() }),
  finish({ ipvs: isAsked, inverted, questions }) {
    if (!isAsked && questions.size === 0) throw new Refused("IPVS: At least one option is required");
    if (inverted && questions.size > 0) throw new Refused("! --ipvs cannot be together with other options");
    const inOrder = OPTIONS.map(({ name }) => questions.get(name)).filter((each) => each !== undefined);
    return { inverted, questions: inOrder };
  },
  save: (value) => textOf(value, "--", true),
  list: (value, numeric) => textOf(value, "", numeric),
  compile(value) {
    const { inverted, questions } = value;
    if (questions.length === 0) return (skb) => (skb.net.virtualConnection(skb) !== "none") !== inverted;
    return (skb) => failed(value, skb) === null;
  },
  miss(value, skb) {
    const { inverted, questions } = value;
    if (questions.length === 0)
      return inverted
        ? { field: "ipvs", wanted: "not of IPVS", had: "of IPVS" }
        : { field: "ipvs", wanted: "of IPVS", had: "not of IPVS" };
    const { question, had } = failed(value, skb)!;
    if (question === null) return { field: "ipvs", wanted: "a connection", had };
    return { field: question.option, wanted: `${question.inverted ? "! " : ""}${question.words}`, had };
  },
};

function textOf({ inverted, questions }: Value, dashes: string, numeric: boolean): string {
  if (questions.length === 0) return `${inverted ? "! " : ""}${dashes}ipvs`;
  return questions
    .map((each) => {
      const words = numeric ? each.words : (each.named ?? each.words);
      return `${each.inverted ? "! " : ""}${dashes}${each.option} ${words}`;
    })
    .join(" ");
}
