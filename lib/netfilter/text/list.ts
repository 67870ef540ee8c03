// Chains and rules as `iptables -L` prints them, and rules as -v prints those it changes.
// Before you edit: iptables/xshared.c (print_header, print_rule_details, print_fragment, print_ifaces,
// print_ipv4_addresses, print_matches_and_target), libxtables/xtables.c (xtables_print_num).
import type { Chain } from "../chain.ts";
import type { AddressMatch, DeviceMatch, Rule, RuleSpec } from "../rule.ts";
import { deviceText, lengthOf } from "./address.ts";
import { type Flavour, printsNumbers } from "./flavour.ts";
import { protocolName, xtablesProtocolName } from "./protocol.ts";

export interface Listing {
  /** -n, -v, -x, --line-numbers. */
  readonly numeric: boolean;
  readonly verbose: boolean;
  readonly exact: boolean;
  readonly lineNumbers: boolean;
  readonly flavour: Flavour;
}

/** A chain with its rules; with a number that rule alone, without a heading. */
export function chainText(chain: Chain, listing: Listing, number: number | null): string {
  const { rules } = chain;
  if (number !== null) {
    const rule = rules[number - 1];
    return rule === undefined ? "" : ruleRow(rule, number, listing);
  }
  return headText(chain, listing) + rules.map((rule, i) => ruleRow(rule, i + 1, listing)).join("");
}

function headText({ name, hook, policy, packets, bytes, references }: Chain, listing: Listing): string {
  const { verbose, exact, lineNumbers } = listing;
  const counted = verbose ? ` ${short(packets, exact)} packets, ${short(bytes, exact)} bytes` : "";
  const state = hook === null ? `${references} references` : `policy ${policy}${counted}`;
  const pkts = exact ? "    pkts      bytes " : " pkts bytes ";
  return (
    `Chain ${name} (${state})\n` +
    `${lineNumbers ? "num  " : ""}${verbose ? pkts : ""}${"target".padEnd(9)}  prot opt` +
    `${verbose ? " in     out    " : ""} ${"source".padEnd(19)}  ${"destination".padEnd(19)} \n`
  );
}

function ruleRow(rule: Rule, number: number, listing: Listing): string {
  const { numeric, verbose, exact, lineNumbers, flavour } = listing;
  const { spec } = rule;
  const width = exact ? 8 : 5;
  const counters = `${short(rule.packets, exact).padStart(width)} ${short(rule.bytes, exact).padStart(width)} `;
  return (
    `${lineNumbers ? `${number}`.padEnd(4) + " " : ""}${verbose ? counters : ""}${targetName(spec).padEnd(9)} ` +
    `${bang(spec.protocol)}${protocolColumn(spec, numeric, flavour).padEnd(4)} ${fragmentText(spec)} ` +
    `${verbose ? ` ${device(spec.in, numeric).padEnd(6)} ${device(spec.out, numeric).padEnd(6)} ` : ""}` +
    `${bang(spec.source)}${address(spec.source, spec, numeric).padEnd(19)} ` +
    `${bang(spec.destination)}${address(spec.destination, spec, numeric).padEnd(19)} ` +
    `${details(spec, numeric)}\n`
  );
}

/** As -v prints a rule that is added or deleted. */
export function changedText(spec: RuleSpec): string {
  const protocol = xtablesProtocolName(spec.protocol?.number ?? 0) ?? `${spec.protocol?.number}`;
  return (
    `${targetName(spec)} ${bang(spec.protocol)}${protocol} opt ${fragmentText(spec)} ` +
    `in ${device(spec.in, true)} out ${device(spec.out, true)} ` +
    `${bang(spec.source)}${address(spec.source, spec, true)} ` +
    `${bang(spec.destination)}-> ${address(spec.destination, spec, true)}  ${details(spec, true)}\n`
  );
}

function targetName({ target }: RuleSpec): string {
  switch (target.kind) {
    case "none":
      return "";
    case "verdict":
      return target.verdict;
    case "chain":
      return target.chain.name;
    case "extension":
      return target.use.extension.name;
  }
}

function protocolColumn({ protocol }: RuleSpec, numeric: boolean, flavour: Flavour): string {
  const number = protocol?.number ?? 0;
  if (!numeric) return protocolName(number) ?? `${number}`;
  return printsNumbers(flavour) ? `${number}` : (xtablesProtocolName(number) ?? `${number}`);
}

function fragmentText({ fragment }: RuleSpec): string {
  return fragment === null ? "--" : fragment.inverted ? "!f" : "-f";
}

function device(match: DeviceMatch | null, numeric: boolean): string {
  if (match === null) return numeric ? "*" : "any";
  return `${match.inverted ? "!" : ""}${deviceText(match)}`;
}

/** Hosts and networks are numbers: there is no resolver. */
function address(match: AddressMatch | null, { family }: RuleSpec, numeric: boolean): string {
  if (match === null) return numeric ? (family === 4 ? "0.0.0.0/0" : "::/0") : "anywhere";
  const length = lengthOf(match.mask);
  if (length === (family === 4 ? 32 : 128)) return `${match.address}`;
  if (length === 0 && !numeric) return "anywhere";
  return `${match.address}/${length ?? match.mask}`;
}

function details({ target, matches, family }: RuleSpec, numeric: boolean): string {
  let text = target.kind === "chain" && target.isGoto ? "[goto] " : "";
  for (const { extension, value } of matches) text += spaced(extension.list(value as never, numeric, family));
  if (target.kind === "extension")
    text += spaced(target.use.extension.list(target.use.value as never, numeric, family));
  return text;
}

function spaced(text: string): string {
  return text === "" ? "" : ` ${text}`;
}

function bang(part: { readonly inverted: boolean } | null): string {
  return part?.inverted ? "!" : " ";
}

/** Without -x thousands beyond 99999, rounded, with their letter. */
function short(number: number, exact: boolean): string {
  if (exact || number <= 99999) return `${number}`;
  let rest = number;
  for (const letter of "KMG") {
    rest = Math.floor((rest + 500) / 1000);
    if (rest <= 9999) return `${rest}${letter}`;
  }
  return `${Math.floor((rest + 500) / 1000)}T`;
}
