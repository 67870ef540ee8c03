// A Service's chains read back from what `iptables-save -t nat` prints, of either layout: who leads to them, whom they
// pick with which probability, and what of that each endpoint gets.
// Before you edit: service.ts, layout-1.20.ts (what is written).
import { BadInput } from "../../../wire/input.ts";

/** A rule of another chain that leads to the Service's. */
export interface Entry {
  readonly from: string;
  /** Which rule of how many, from 1. */
  readonly rule: number;
  readonly rules: number;
  /** What it wants, as iptables-save prints it, without comment. */
  readonly wants: string;
}

/** A rule that picks an endpoint. */
export interface Pick {
  readonly rule: number;
  /** Of those who ask this rule; null: all of them. */
  readonly probability: string | null;
  /** Of all who ask the Service. */
  readonly share: number;
  readonly chain: string;
  /** `10.244.1.3:8080` */
  readonly to: string;
}

export interface ServiceRules {
  /** `beta/word-v5-beta:http` */
  readonly service: string;
  readonly chain: string;
  readonly entries: readonly Entry[];
  /** Whose packets are marked to be masqueraded before an endpoint is picked, as `! -s 10.244.0.0/16`; null: nobody's. */
  readonly marks: string | null;
  readonly picks: readonly Pick[];
}

/** `saved` is what `iptables-save -t nat` printed. Throws BadInput when no chain picks an endpoint for `service`. */
export function readService(saved: string, service: string): ServiceRules {
  const chains = new Map<string, string[]>();
  for (const [, name, rule] of saved.matchAll(/^-A (\S+) (.*)$/gm))
    chains.set(name!, [...(chains.get(name!) ?? []), rule!]);
  const isOf = (rule: string) => commentOf(rule).replace(/ .*/, "") === service;
  const found = [...chains].find(([name, rules]) => /^KUBE-SVC-/.test(name) && rules.some(isOf));
  if (found === undefined) {
    const all = [...chains].filter(([name]) => name.startsWith("KUBE-SVC-"));
    const names = all.map(([, rules]) => commentOf(rules[0]!).replace(/ .*/, ""));
    throw new BadInput(
      "no such Service has endpoints here",
      service,
      `There are: ${names.sort().join(", ") || "none"}.`,
    );
  }
  const [chain, rules] = found;
  const picks = picksOf(rules, (name) => chains.get(name) ?? []);
  const entries = [...chains].flatMap(([from, list]) =>
    list.flatMap((rule, i) =>
      targetOf(rule) === chain ? [{ from, rule: i + 1, rules: list.length, wants: wantsOf(rule) }] : [],
    ),
  );
  const mark = rules.find((rule) => targetOf(rule) === "KUBE-MARK-MASQ");
  return { service, chain, entries, marks: mark === undefined ? null : wantsOf(mark).replace(/ -d .*/, ""), picks };
}

/** The rules that pick an endpoint, of a Service's chain; each as it stands behind `-A CHAIN `, those of others by `rulesIn`. */
export function picksOf(rules: readonly string[], rulesIn: (chain: string) => readonly string[]): Pick[] {
  let left = 1;
  return rules.flatMap((rule, i): Pick[] => {
    const endpoint = targetOf(rule);
    // Who was here lately is sent where it was: that is no pick.
    if (!endpoint.startsWith("KUBE-SEP-") || rule.includes(" --rcheck ")) return [];
    const probability = / --probability (\S+)/.exec(rule)?.[1] ?? null;
    const share = left * Number(probability ?? 1);
    left -= share;
    const dnat = rulesIn(endpoint).find((each) => targetOf(each) === "DNAT") ?? "";
    return [{ rule: i + 1, probability, share, chain: endpoint, to: / --to-destination (\S+)/.exec(dnat)?.[1] ?? "" }];
  });
}

const targetOf = (rule: string): string => / ?-j (\S+)/.exec(rule)?.[1] ?? "";

function commentOf(rule: string): string {
  const [, quoted, word] = /--comment (?:"([^"]*)"|(\S+))/.exec(rule) ?? [];
  return quoted ?? word ?? "";
}

function wantsOf(rule: string): string {
  return rule
    .replace(/ ?-m comment --comment (?:"[^"]*"|\S+)/, "")
    .replace(/ ?-j .*/, "")
    .replace(/ ?-m (?:tcp|udp)\b/, "")
    .trim();
}
