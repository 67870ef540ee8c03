// Records what the real nft says: node dist/test/netfilter/nft/record.js (as root, nftables 1.0.6).
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { real, told } from "./ask.ts";
import { chainFor, randomTable, stage } from "./cases.ts";
import { RULES } from "./rules.ts";

const GOLDEN = resolve(import.meta.dirname, "../../../../test/netfilter/nft/goldens.json");
export const TABLES = 150;

export interface Golden {
  /** By family and rule: the chain as it is listed, or the complaint. */
  readonly rules: Readonly<Record<string, string>>;
  /** By seed: the ruleset as it is listed, or the complaint. */
  readonly tables: readonly string[];
}

export const golden = (): Golden => JSON.parse(readFileSync(GOLDEN, "utf8"));

/** All rules with the table they are asked in and how they are listed. */
export function asked(): { key: string; text: string; list: string[] }[] {
  return (["ip", "inet"] as const).flatMap((family) =>
    RULES[family].map((rule) => {
      const chain = chainFor(rule);
      const text = `${stage(family)}add rule ${family} t ${chain} ${rule}\n`;
      return { key: `${family} ${rule}`, text, list: ["list", "chain", family, "t", chain] };
    }),
  );
}

if (process.argv[1]?.endsWith("nft/record.js")) {
  const kernel = real("nft-record");
  if (kernel === null) throw new Error("recording needs root and nft");
  try {
    const rules = Object.fromEntries(asked().map(({ key, text, list }) => [key, told(kernel.nft, text, list)]));
    const tables = Array.from({ length: TABLES }, (_, seed) =>
      told(kernel.nft, `flush ruleset\n${randomTable(`${seed}`).text}`),
    );
    writeFileSync(GOLDEN, `${JSON.stringify({ rules, tables }, null, 1)}\n`);
  } finally {
    kernel.end();
  }
}
