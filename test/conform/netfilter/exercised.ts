// Which options of matches were met and not met, and which targets were carried out, while something ran: counted where
// rules are made into tests, so whatever sends the packets.
import type { Family } from "../../../lib/netfilter/extension.ts";
import { MATCHES, TARGETS } from "../../../lib/netfilter/registry.ts";
import type { Skb } from "../../../lib/netfilter/skb.ts";

/** By `tcp ! --dport` or `MARK --set-xmark`: how many packets met it, and how many did not because of it alone. */
export type Exercised = ReadonlyMap<string, { readonly met: number; readonly missed: number }>;

type Counts = Map<string, { met: number; missed: number }>;

/** A match or a target as something that can be counted: its members are only exchanged while `run` runs. */
interface Countable {
  readonly name: string;
  save(value: unknown, family: Family): string;
  compile(value: unknown, family: Family): (skb: Skb) => unknown;
}

/** Runs something and counts. A match with several options counts as missed for none: which one failed is not known. */
export function exercised(run: () => void): Exercised {
  const counts: Counts = new Map();
  const extensions = [...MATCHES, ...TARGETS] as unknown as Countable[];
  const originals = extensions.map(({ compile }) => compile);
  for (const [i, extension] of extensions.entries()) {
    const compile = originals[i]!;
    extension.compile = (value, family) =>
      counted(counts, extension, value, family, compile.call(extension, value, family));
  }
  try {
    run();
  } finally {
    for (const [i, extension] of extensions.entries()) extension.compile = originals[i]!;
  }
  return counts;
}

function counted(
  counts: Counts,
  extension: Countable,
  value: unknown,
  family: Family,
  test: (skb: Skb) => unknown,
): (skb: Skb) => unknown {
  const rows = optionsOf(extension, value, family).map((option) => {
    const row = counts.get(option) ?? { met: 0, missed: 0 };
    counts.set(option, row);
    return row;
  });
  return (skb) => {
    const said = test(skb);
    if (said !== false) for (const row of rows) row.met++;
    else if (rows.length === 1) rows[0]!.missed++;
    return said;
  };
}

/** `tcp --sport`, `tcp ! --dport`; of one that was told nothing its name. */
function optionsOf({ name, save }: Countable, value: unknown, family: Family): string[] {
  const found = [...save(value, family).matchAll(/(! )?(--[a-z][\w-]*)/g)].map(
    ([, not = "", option]) => `${name} ${not}${option}`,
  );
  return found.length === 0 ? [name] : found;
}
