// Statements a rule ends with: verdicts and reject.
// Before you edit: net/netfilter/nft_immediate.c, nft_reject.c, nft_reject_inet.c; nftables src/statement.c
// (reject_stmt_print), src/evaluate.c (stmt_evaluate_reject).
import { PROTOCOL } from "../../../wire/packet.ts";
import type { Skb } from "../../skb.ts";
import { REJECT_WITH, type RejectWith } from "../../target/reject-names.ts";
import type { Context } from "../context.ts";
import { Problem } from "../problem.ts";
import { readVerdict } from "../read-value.ts";
import type { Reader } from "../reader.ts";
import { type Said, type Statement, type Verdict, verdictText } from "../ruleset.ts";
import { ICMP_CODES, ICMPV6_CODES, ICMPX_CODES, nameOf, numberOf, type Symbols } from "../symbols.ts";

export function readVerdictStatement(reader: Reader, context: Context): Statement {
  const verdict: Verdict = readVerdict(reader, context.table);
  const { kind, chain } = verdict;
  return {
    text: () => verdictText(verdict),
    run: () => verdict,
    because: () => verdictBecause(verdict),
    ...(chain !== null && { chains: [chain] }),
    isLast: true,
    ...(kind === "continue" && { run: () => undefined }),
  };
}

export function verdictBecause({ kind, chain }: Verdict): string {
  if (chain !== null) return kind === "goto" ? `goes to ${chain.name}` : `jumps to ${chain.name}`;
  return { accept: "accepted", drop: "dropped", return: "back to who called" }[kind as string] ?? kind;
}

const CODES: Readonly<Record<string, Symbols>> = { icmp: ICMP_CODES, icmpv6: ICMPV6_CODES, icmpx: ICMPX_CODES };
/** The code of each family that a name of both stands for (icmp_code_v4, icmp_code_v6). */
const CODE_OF: Readonly<Record<4 | 6, readonly number[]>> = { 4: [0, 3, 1, 13], 6: [0, 4, 3, 1] };
const ENDED: Said = { kind: "drop", chain: null };

export function readReject(reader: Reader, context: Context): Statement {
  const first = reader.expect("reject");
  const { family } = context.table;
  const usual = family === "ip" ? "icmp" : family === "ip6" ? "icmpv6" : "icmpx";
  // Where a rule of both families is about one of them, that is the one that is answered.
  let kind = usual === "icmpx" && context.network !== null ? (context.network === "ip" ? "icmp" : "icmpv6") : usual;
  let name = "port-unreachable";
  let isReset = false;
  let hides = true;
  if (reader.accept("with")) {
    if (reader.accept("tcp")) {
      reader.expect("reset");
      isReset = true;
      if (typeof context.transport === "number" && context.transport !== PROTOCOL.tcp)
        throw new Problem("conflicting protocols specified: tcp vs. udp", reader.since(reader.peek));
      // A table of both families lists that it is about TCP.
      hides = context.transport === PROTOCOL.tcp || family !== "inet";
      if (context.namedTransport !== null && family !== "inet") context.namedTransport.isSaid = true;
    } else {
      kind = reader.oneOf("icmpx", "icmpv6", "icmp");
      reader.accept("type");
      const code = reader.take();
      if (kind === "icmpx" && family !== "inet")
        throw new Problem("abstracted ICMP unreachable not supported", code, first);
      if (numberOf(CODES[kind]!, code.text) === undefined) throw new Problem("Could not parse ICMP code", code);
      name = nameOf(CODES[kind]!, numberOf(CODES[kind]!, code.text)!)!;
    }
  }
  const isUsual = !isReset && kind === usual && name === "port-unreachable";
  const text = isReset
    ? `${hides ? "" : "meta l4proto tcp "}reject with tcp reset`
    : isUsual
      ? "reject"
      : `reject with ${kind} ${name}`;
  const code = numberOf(CODES[kind]!, name)!;
  const how = (skb: Skb): RejectWith | undefined => {
    const of = skb.packet.kind === "ipv4" ? 4 : 6;
    const wanted = isReset ? "reset" : kind === "icmpx" ? CODE_OF[of][code] : code;
    return REJECT_WITH[of].find((each) => each.code === wanted);
  };
  const isAbout = ({ packet }: Skb) =>
    isReset ? packet.body.kind === "tcp" : kind === "icmpx" || (kind === "icmp") === (packet.kind === "ipv4");
  return {
    text: () => text,
    run(skb): Said {
      if (!isAbout(skb)) return "break";
      const answer = how(skb);
      if (answer !== undefined) skb.net.reject(skb, answer);
      return ENDED;
    },
    miss: () => ({ field: "protocol", wanted: isReset ? "tcp" : kind, had: "another" }),
    because: () => (isReset ? "rejected with a reset" : `rejected with ${kind} ${name}`),
    isLast: true,
  };
}
