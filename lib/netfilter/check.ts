// What the kernel looks at when a rule is put into a table, beyond what the tool has looked at.
// Before you edit: net/netfilter/x_tables.c (xt_check_match, xt_check_target), nft_compat.c (nft_target_init).
import type { Chain } from "./chain.ts";
import type { AnyMatch, AnyTarget } from "./extension.ts";
import type { Errno } from "./refused.ts";
import type { AddressMatch, RuleSpec } from "./rule.ts";
import type { Table } from "./table.ts";

/** Why the kernel does not take the rule, or null. */
export function checkRule({ name, family, backEnd, hasAccount }: Table, { hook }: Chain, spec: RuleSpec): Errno | null {
  const { matches, target, protocol } = spec;
  // nf_tables compares no bits at all with nothing.
  if (backEnd === "nft" && (asksNothing(spec.source) || asksNothing(spec.destination))) return "EINVAL";
  const place = { family, table: name, hook, backEnd: backEnd ?? "nft", protocol, hasAccount };
  const wrong = ({ extension, value }: { readonly extension: AnyMatch | AnyTarget; readonly value: unknown }) => {
    const { tables, protocols } = extension;
    if (tables !== undefined && !tables.includes(name)) return "EINVAL";
    if (protocols !== undefined && (protocol === null || protocol.inverted || !protocols.includes(protocol.number)))
      return "EINVAL";
    return extension.check?.(value as never, place) ?? null;
  };
  for (const use of matches) {
    const errno = wrong(use);
    if (errno !== null) return errno;
  }
  return target.kind === "extension" ? wrong(target.use) : null;
}

/** `! -s 10.0.0.1/0`. */
function asksNothing(match: AddressMatch | null): boolean {
  if (match === null) return false;
  return match.mask.family === 4 ? match.mask.bits === 0 : match.mask.isUnspecified;
}
