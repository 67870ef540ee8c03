// Lines that a shell with nfacct and iptables is given, and what a real one answers.
// `node dist/test/netfilter/nfacct/script.js` records it (needs root, nfacct 1.0.2 and iptables 1.8.9).
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

const NAMES = ["acc", "two", "nosuch", "'x y'", "''", "1234567890123456789012345678901234567890"];
const RULES = (tool: string): string[] => [
  "nfacct flush",
  "nfacct add acc",
  "nfacct add two",
  "nfacct add 'x y'",
  ...NAMES.map((name) => `${tool} -A INPUT -m nfacct --nfacct-name ${name}`),
  `${tool} -A INPUT -m nfacct ! --nfacct-name acc`,
  `${tool} -A INPUT -m nfacct --nfacct-name acc --nfacct-name two`,
  `${tool} -A INPUT -m nfacct`,
  `${tool} -A INPUT -p tcp -m conntrack --ctstate INVALID -m nfacct --nfacct-name two -j DROP`,
  `${tool} -S INPUT`,
  `${tool} -nvL INPUT`,
  "nfacct delete acc",
  "nfacct flush",
  "nfacct list",
  `${tool} -C INPUT -m nfacct --nfacct-name two`,
  `${tool} -D INPUT -m nfacct --nfacct-name acc`,
  "nfacct delete acc",
  `${tool} -F`,
  "nfacct flush",
  "nfacct list",
];

/** Each asked in the same namespace, one after the other. */
export const LINES: readonly string[] = [
  "nfacct",
  "nfacct nonsense",
  "nfacct help",
  "nfacct version",
  ...["add", "get", "delete", "add z packet", "add z byte x", "add z byte", "list foo", "get b", "delete b"].map(
    (words) => `nfacct ${words}`,
  ),
  "nfacct add a",
  "nfacct add a",
  "nfacct add q byte 1000",
  "nfacct add p packet 2",
  "nfacct add 12345678901234567890123456789012345",
  "nfacct list",
  "nfacct li reset",
  "nfacct get q reset",
  "nfacct del a",
  ...["iptables-nft", "ip6tables-nft"].flatMap(RULES),
  "nfacct add p2 packet 2",
  "nfacct add b1 byte 100",
  "nfacct add n",
  ...["n", "p2", "b1"].map((name) => `iptables-nft -A INPUT -m nfacct --nfacct-name ${name}`),
  "ip link set lo up",
  "ping -c 2 -q -i 0.2 127.0.0.1 > /dev/null",
  "iptables-nft -nvL INPUT",
  "nfacct list",
  "nfacct get b1 reset",
  "nfacct get p2",
  "iptables-nft -F",
  "nfacct flush",
];

export interface Said {
  readonly line: string;
  readonly status: number;
  readonly text: string;
}

const GOLDEN = new URL("../../../../test/netfilter/nfacct/golden.json", import.meta.url);

export const recorded = (): Said[] => JSON.parse(readFileSync(GOLDEN, "utf8")) as Said[];

/** Why this machine cannot be asked; null: it can. */
export function whyNot(): string | null {
  if (process.getuid?.() !== 0) return "needs root";
  const version = spawnSync("iptables-nft", ["--version"], { encoding: "utf8" }).stdout ?? "";
  if (!version.includes("v1.8.9")) return "needs iptables 1.8.9";
  return spawnSync("nfacct", ["version"], { encoding: "utf8" }).stdout?.includes("1.0.2") ? null : "needs nfacct 1.0.2";
}

export function askReal(): Said[] {
  const ns = `pwacct-${process.pid}`;
  spawnSync("ip", ["netns", "add", ns]);
  try {
    return LINES.map((line) => {
      const { status, stdout, stderr } = spawnSync("ip", ["netns", "exec", ns, "sh", "-c", line], { encoding: "utf8" });
      return { line, status: status ?? -1, text: stdout + stderr };
    });
  } finally {
    spawnSync("ip", ["netns", "del", ns]);
  }
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url))
  writeFileSync(GOLDEN, `${JSON.stringify(askReal(), null, 2)}\n`);
