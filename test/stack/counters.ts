// What is counted while random labs have random traffic: the cases of the other comparisons, asked for their counters.

import { labFrom } from "../../lib/lab/data-read.ts";
import type { Case, Result } from "../conform/case.ts";
import { generate } from "../conform/generate.ts";
import { policyCase } from "../policy/generate.ts";
import { parseTables } from "./tables.ts";

const QUESTIONS = ["cat /proc/net/snmp", "cat /proc/net/netstat"] as const;

/** The case, asked for the counters of each of its namespaces at the end. */
export function countedCase(i: number, seed: string): Case {
  const test = i % 2 === 0 ? generate(`${seed}/${i}`) : policyCase(`${seed}/${i}`);
  const questions = [...labFrom(test.lab).namespaces.keys()].flatMap((ns) =>
    QUESTIONS.map((command) => ({ ns, to: "", command })),
  );
  return { ...test, questions };
}

/** `NETNS TableColumn: model, real` of every counter of the model that the kernel has another value of. */
export function differing(model: Result, real: Result): string[] {
  const found: string[] = [];
  for (const [where, text] of Object.entries(model.texts)) {
    if (!where.includes("/proc/net/")) continue;
    const theirs = parseTables(real.texts[where] ?? "");
    for (const [counter, value] of parseTables(text))
      if (theirs.has(counter) && theirs.get(counter) !== value && !NOT_KEPT.test(counter))
        found.push(`${where.split(":")[0]} ${counter}: ${value}, ${theirs.get(counter)}`);
  }
  return found;
}

/** Of TCP's extensions the model keeps a few. */
const NOT_KEPT = /^TcpExt(?!ArpFilter|IPReversePathFilter|Listen|TCPTimeouts|TCPSynRetrans|EmbryonicRsts)/;
