// What `iptables -h` prints first: how it is called. What each option means is in the manual.
// Before you edit: iptables/xshared.c (xtables_printhelp).
import { type Flavour, versionText } from "../../netfilter/text/flavour.ts";

const FORMS = [
  "-[ACD] chain rule-specification [options]",
  "-I chain [rulenum] rule-specification [options]",
  "-R chain rulenum rule-specification [options]",
  "-D chain rulenum [options]",
  "-[LS] [chain [rulenum]] [options]",
  "-[FZ] [chain] [options]",
  "-[NX] chain",
  "-E old-chain-name new-chain-name",
  "-P chain target [options]",
  "-h (print this help information)",
];

export function helpText(tool: string, flavour: Flavour): string {
  const lines = FORMS.map((form, i) => `${i === 0 ? "Usage:" : "      "} ${tool} ${form}\n`);
  return `${tool} v${versionText(flavour)}\n\n${lines.join("")}\n`;
}
