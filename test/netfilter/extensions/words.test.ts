// Options of extensions, right and wrong: what we say and print is what iptables says and prints.
import { strict as assert } from "node:assert";
import type { AnyMatch, AnyTarget, CheckErrno, Place } from "../../../lib/netfilter/extension.ts";
import { Failure, Refused } from "../../../lib/netfilter/refused.ts";
import type { RuleSpec } from "../../../lib/netfilter/rule.ts";
import type { HookName } from "../../../lib/netfilter/skb.ts";
import { complaintOf, failureOf } from "../../../lib/netfilter/text/flavour.ts";
import { splitLine } from "../../../lib/netfilter/text/line.ts";
import { readRequest } from "../../../lib/netfilter/text/request.ts";
import { ruleText } from "../../../lib/netfilter/text/rule-text.ts";
import { CASES, type Case, wordsOf } from "./cases.ts";
import { type Answers, ask, type BackEnd, canAsk, keyOf, readGoldens, type Said, SETS } from "./real.ts";

function ours(each: Case, backEnd: BackEnd): Said {
  const { family, table, chain, words } = each;
  const flavour = { version: "1.8.9", backEnd };
  const tool = family === 4 ? "iptables" : "ip6tables";
  let error = "";
  const notice = (text: string) => {
    error += text;
  };
  const nothing = { saved: "", numeric: "", named: "" };
  try {
    const request = readRequest(["-t", table, "-A", chain, ...wordsOf(words)], {
      family,
      restoring: null,
      backEnd,
      notice,
      setFamily: (name) => SETS[name]?.family,
    });
    const spec = request.rules[0]!;
    const place = { family, table, hook: chain as HookName, backEnd, protocol: spec.protocol, hasAccount: () => false };
    const refused = refusedBy(spec, place);
    if (refused !== null) throw new Failure("append", refused, chain, true);
    return { status: 0, error, saved: ruleText(spec), numeric: listed(spec, true), named: listed(spec, false) };
  } catch (thrown) {
    const complaint =
      thrown instanceof Refused
        ? complaintOf(tool, thrown, flavour, null)
        : thrown instanceof Failure
          ? failureOf(tool, thrown, flavour, null)
          : null;
    if (complaint === null) throw new Error(`${words}: ${thrown}`, { cause: thrown });
    return { status: complaint.status, error: error + complaint.text, ...nothing };
  }
}

/** As the kernel checks each extension of a rule (xt_check_match, xt_check_target). */
function refusedBy({ protocol, matches, target }: RuleSpec, place: Place): CheckErrno | null {
  const uses = target.kind === "extension" ? [...matches, target.use] : matches;
  for (const { extension, value } of uses as readonly { extension: AnyMatch | AnyTarget; value: unknown }[]) {
    const { protocols, tables, hooks } = extension;
    if (tables !== undefined && !tables.includes(place.table)) return "EINVAL";
    if (hooks !== undefined && place.hook !== null && !hooks.includes(place.hook)) return "EINVAL";
    if (protocols !== undefined && (protocol === null || protocol.inverted || !protocols.includes(protocol.number)))
      return "EINVAL";
    const refused = extension.check?.(value as never, place) ?? null;
    if (refused !== null) return refused;
  }
  return null;
}

function listed({ family, matches, target }: RuleSpec, numeric: boolean): string {
  const texts = matches.map(({ extension, value }) => extension.list(value as never, numeric, family));
  if (target.kind === "extension") texts.push(target.use.extension.list(target.use.value as never, numeric, family));
  return texts
    .filter((text) => text !== "")
    .join(" ")
    .trimEnd();
}

function compare(cases: readonly Case[], answers: Answers, backEnd: BackEnd): string[] {
  return cases.flatMap((each) => {
    const theirs = answers[keyOf(each, backEnd)];
    if (theirs === undefined) return [`${keyOf(each, backEnd)}: not recorded`];
    const mine = ours(each, backEnd);
    try {
      assert.deepEqual(mine, theirs);
      return [];
    } catch {
      return [`${keyOf(each, backEnd)}\n  theirs ${JSON.stringify(theirs)}\n  ours   ${JSON.stringify(mine)}`];
    }
  });
}

/** What the real tool prints and does not read, or not as the same. */
const UNREADABLE = /--seconds -1|-upto 0b\/s/;

/** Words as a line of cases. */
function quote(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(" ");
}

describe("words of extensions", () => {
  for (const backEnd of ["nft", "legacy"] as const)
    it(`are those of iptables-${backEnd} 1.8.9, as it was recorded`, () => {
      const differences = compare(CASES, readGoldens(), backEnd);
      assert.ok(differences.length === 0, differences.join("\n"));
    });

  it("of saved rules, of both back ends, are read and come back the same", () => {
    const goldens = readGoldens();
    const differences: string[] = [];
    for (const each of CASES)
      for (const backEnd of ["nft", "legacy"] as const) {
        const saved = goldens[keyOf(each, backEnd)]?.saved ?? "";
        if (saved === "" || saved.startsWith("-P") || UNREADABLE.test(saved)) continue;
        const again = ours({ ...each, words: quote(splitLine(saved, 0)) }, backEnd);
        if (again.saved !== saved) differences.push(`${saved}\n  comes back as ${again.saved} ${again.error}`);
      }
    assert.ok(differences.length === 0, differences.join("\n"));
  });

  it("are those of this machine's iptables", function () {
    this.timeout(60_000);
    if (!canAsk()) this.skip();
    // Some of them, others at each time of the day.
    const step = 60;
    const some = CASES.filter((_, i) => i % step === 7);
    const answers = ask(some);
    const differences = [...compare(some, answers, "nft"), ...compare(some, answers, "legacy")];
    assert.ok(differences.length === 0, differences.join("\n"));
  });
});
