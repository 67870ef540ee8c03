// Which options of matches and targets real kernels have judged packets by: in the counted batches, and in the scenes.
import type { AnyMatch, AnyTarget, Option } from "../../../lib/netfilter/extension.ts";
import { MATCHES, TARGETS } from "../../../lib/netfilter/registry.ts";
import { readRequest } from "../../../lib/netfilter/text/request.ts";
import { ruleText } from "../../../lib/netfilter/text/rule-text.ts";
import { readGoldens as readScenes } from "../conntrack/goldens.ts";
import { readGolden as readVirtual } from "../ipvs/lines.ts";
import { recorded as readAccounts } from "../nfacct/script.ts";
import { wordsOf } from "./cases.ts";
import { readGoldens as readCounts } from "./counts.ts";

/** By `tcp --dport`: whether a packet met a rule that says it, and whether one did not. */
export type Evidence = Map<string, Set<boolean>>;

/** Every option that there is, and each extension that has none. */
export function allOptions(): { readonly matches: string[]; readonly targets: string[] } {
  const named = (all: readonly (AnyMatch | AnyTarget)[]) =>
    all.flatMap(({ name, options }) =>
      options.length === 0 ? [name] : options.map((option) => `${name} --${option.name}`),
    );
  return { matches: named(MATCHES), targets: named(TARGETS) };
}

export function evidence(): Evidence {
  const found: Evidence = new Map();
  const note = (words: readonly string[], met: boolean) => {
    for (const option of optionsIn(words)) found.set(option, (found.get(option) ?? new Set()).add(met));
  };
  for (const { rules, counts } of readCounts()) {
    const most = Math.max(...counts.map(([packets]) => packets));
    rules.forEach((rule, i) => {
      const [packets] = counts[i]!;
      if (packets > 0) note(wordsOf(rule), true);
      if (packets < most) note(wordsOf(rule), false);
    });
  }
  for (const [, words, packets] of readVirtual().matchAll(/^-A \w+ (-m ipvs .*) -c (\d+) \d+$/gm))
    note(words!.split(" "), Number(packets) > 0);
  for (const { text } of readAccounts()) {
    const counts = [...text.matchAll(/^ +(\d+) .* nfacct-name /gm)].map(([, packets]) => Number(packets));
    const words = ["-m", "nfacct", "--nfacct-name"];
    for (const packets of counts) {
      if (packets > 0) note(words, true);
      if (packets < Math.max(...counts)) note(words, false);
    }
  }
  for (const said of Object.values(readScenes())) {
    // A rule is known again by what -vS prints of it.
    const counted = said.flatMap(({ out }) => [...out.matchAll(/^-A (.*) -c (\d+) \d+ ?(.*)$/gm)]);
    for (const { line, status } of said) {
      const rule = status === 0 ? ruleIn(line) : null;
      if (rule === null) continue;
      for (const [, before, packets, target] of counted)
        if (`${before} ${target}`.trim() === rule.saved) {
          note(rule.words, Number(packets) > 0);
          const others = counted.filter(([, other]) => other!.split(" ")[0] === before!.split(" ")[0]);
          if (others.some(([, , more]) => Number(more) > Number(packets))) note(rule.words, false);
        }
    }
  }
  return found;
}

/** A rule that a line of a scene makes, as it was said and as it is saved. */
function ruleIn(line: string): { readonly words: readonly string[]; readonly saved: string } | null {
  const [, tool, said] = /\b(iptables|ip6tables)(?:-legacy)? (.*-[AI] .*)$/.exec(line) ?? [];
  if (tool === undefined) return null;
  const family = tool === "iptables" ? 4 : 6;
  const words = [...said!.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
  const request = readRequest(words, { family, restoring: null, backEnd: "nft", notice: () => {} });
  return { words, saved: `${request.chain} ${ruleText(request.rules[0]!)}`.trim() };
}

/** Options as extensions call them, whichever of their names is said; and the extensions that have none. */
function optionsIn(words: readonly string[]): string[] {
  const named = words.flatMap((word, at): readonly (AnyMatch | AnyTarget)[] => {
    const before = words[at - 1];
    if (before === "-m") return MATCHES.filter(({ name }) => name === word);
    if (before === "-j") return TARGETS.filter(({ name }) => name === word);
    // A protocol's own match comes by itself.
    return before === "-p"
      ? MATCHES.filter(({ name }) => name === word || (word === "icmpv6" && name === "icmp6"))
      : [];
  });
  return named.flatMap(({ name, options }) => {
    if (options.length === 0) return [name];
    const said = (options as readonly Option<never>[]).filter((option) =>
      [option.name, ...(option.aliases ?? [])].some((each) => words.includes(`--${each}`)),
    );
    return said.map((option) => `${name} --${option.name}`);
  });
}
