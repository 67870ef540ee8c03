// The words of a rule, as iptables-save and -S print them.
// Before you edit: iptables/nft-ipv4.c (nft_ipv4_save_rule), nft-shared.c (save_matches_and_target), xshared.c
// (save_rule_details, save_ipv4_addr).
import type { AddressMatch, DeviceMatch, RuleSpec, Target } from "../rule.ts";
import { deviceText, networkText } from "./address.ts";
import { protocolName } from "./protocol.ts";

/** A rule without its `-A CHAIN `: `-s 10.0.0.0/8 -p tcp -m tcp --dport 80 -j ACCEPT`. */
export function ruleText(spec: RuleSpec): string {
  const { protocol, fragment, family } = spec;
  const words = [
    ...addressWords("-s", spec.source),
    ...addressWords("-d", spec.destination),
    ...deviceWords("-i", spec.in),
    ...deviceWords("-o", spec.out),
  ];
  if (protocol !== null) words.push(inverted(protocol) + `-p ${protocolName(protocol.number) ?? protocol.number}`);
  if (fragment !== null) words.push(`${inverted(fragment)}-f`);
  for (const { extension, value } of spec.matches) {
    const said = extension.save(value as never, family);
    words.push(said === "" ? `-m ${extension.name}` : `-m ${extension.name} ${said}`);
  }
  const target = targetText(spec.target, family);
  if (target !== "") words.push(target);
  return words.join(" ");
}

/** `-j DNAT --to-destination 10.0.0.1`, `-g CHAIN`, or nothing. */
export function targetText(target: Target, family: RuleSpec["family"]): string {
  switch (target.kind) {
    case "none":
      return "";
    case "verdict":
      return `-j ${target.verdict}`;
    case "chain":
      return `${target.isGoto ? "-g" : "-j"} ${target.chain.name}`;
    case "extension": {
      const { extension, value } = target.use;
      const said = extension.save(value as never, family);
      return said === "" ? `-j ${extension.name}` : `-j ${extension.name} ${said}`;
    }
  }
}

function inverted(part: { readonly inverted: boolean }): string {
  return part.inverted ? "! " : "";
}

function addressWords(option: string, match: AddressMatch | null): string[] {
  return match === null ? [] : [`${inverted(match)}${option} ${networkText(match)}`];
}

function deviceWords(option: string, match: DeviceMatch | null): string[] {
  return match === null || match.isLeftOut ? [] : [`${inverted(match)}${option} ${deviceText(match)}`];
}
