// The programs that iptables brings along: those without a back end in their name take the machine's.
import type { Command } from "../command.ts";
import { xtables } from "./iptables.ts";
import { xtablesRestore } from "./restore.ts";
import { xtablesSave } from "./save.ts";

export const IPTABLES: Readonly<Record<string, Command>> = Object.fromEntries(
  ([4, 6] as const).flatMap((family) =>
    ([null, "nft", "legacy"] as const).flatMap((backEnd) => {
      const name = `${family === 4 ? "iptables" : "ip6tables"}${backEnd === null ? "" : `-${backEnd}`}`;
      return [
        [name, xtables(family, backEnd)],
        [`${name}-save`, xtablesSave(family, backEnd)],
        [`${name}-restore`, xtablesRestore(family, backEnd)],
      ];
    }),
  ),
);
