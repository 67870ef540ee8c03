// Reads a file of rules, alone in its process: node rules-load.js FILE [PARTIAL]; with the second file it also saves,
// inserts and syncs, and says how much CPU time that took (ms, the least of many) and how much memory was in use (MB).
import { readFileSync } from "node:fs";
import type { Table } from "../../lib/netfilter/table.ts";
import { NEWEST } from "../../lib/netfilter/text/flavour.ts";
import { restore } from "../../lib/netfilter/text/restore.ts";
import { tableText } from "../../lib/netfilter/text/save.ts";
import { readSaved } from "../../lib/netfilter/text/saved.ts";

const INSERT = '-d 10.1.1.1/32 -p udp -m comment --comment "one more" -m udp --dport 80 -j KUBE-MARK-MASQ';
const [file = "", partial] = process.argv.slice(2);
const text = readFileSync(file, "latin1");
const tables = readSaved(text, { file });

function quickest(times: number, work: () => unknown): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < times; i++) {
    const began = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(began);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}

if (partial !== undefined) {
  const memory = process.resourceUsage().maxRSS / 1024;
  const nat = tables.get("nat") as Table;
  const table = () => nat;
  const apply = (lines: string) =>
    restore(lines, {
      family: 4,
      flavour: NEWEST,
      tool: "iptables-restore",
      keeps: true,
      counts: false,
      tests: false,
      verbose: 0,
      only: null,
      table,
      out: () => {},
      err: (said) => {
        throw new Error(said);
      },
    });
  const sync = readFileSync(partial, "latin1");
  const save = quickest(3, () => {
    nat.changed();
    tableText(nat, false, "iptables-save", NEWEST, "");
  });
  const insert = quickest(50, () => apply(`*nat\n-I KUBE-SERVICES 4000 ${INSERT}\nCOMMIT\n`));
  process.stdout.write(JSON.stringify({ memory, save, insert, partial: quickest(50, () => apply(sync)) }));
}
