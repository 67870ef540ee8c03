// What the real ipset says of each line, in a namespace of its own. `node dist/test/netfilter/set/real.js` records it.
import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { LINES } from "./lines.ts";

const HERE = path.join(path.dirname(fileURLToPath(import.meta.url)), "../../../../test/netfilter/set");
const GOLDENS = path.join(HERE, "goldens", "ipset.json.gz");
const NAMESPACE = "tx-ipset";

export interface Said {
  readonly line: string;
  readonly out: string;
  readonly err: string;
  readonly status: number;
}

export function readGoldens(): Said[] {
  return JSON.parse(gunzipSync(fs.readFileSync(GOLDENS)).toString());
}

export function canAsk(): boolean {
  if (process.getuid?.() !== 0) return false;
  const { status, stdout } = spawnSync("ipset", ["version"], { encoding: "utf8" });
  return status === 0 && stdout.includes("v7.17");
}

export function ask(lines: readonly string[]): Said[] {
  spawnSync("ip", ["netns", "del", NAMESPACE]);
  execFileSync("ip", ["netns", "add", NAMESPACE]);
  try {
    return lines.map((line) => {
      const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
      const { stdout, stderr, status } = spawnSync("ip", ["netns", "exec", NAMESPACE, "ipset", ...words], {
        encoding: "utf8",
      });
      return { line, out: stdout, err: stderr, status: status ?? -1 };
    });
  } finally {
    execFileSync("ip", ["netns", "del", NAMESPACE]);
  }
}

/** Without what differs each time: the seed of the hash and with it the order and the memory, and the clock. */
export function timeless(out: string): string {
  const lines = out
    .replace(/initval 0x\S+/g, "initval")
    .replace(/^Size in memory: \d+$/gm, "Size in memory")
    .split("\n")
    .map((line) => (/^(Header|create)/.test(line) ? line : line.replace(/timeout \d+/, "timeout")));
  const sorted: string[] = [];
  let members: string[] = [];
  for (const line of lines) {
    const isMember = /^(add|\d|[\da-f]*:)/.test(line);
    if (isMember) members.push(line);
    else {
      sorted.push(...members.sort(), line);
      members = [];
    }
  }
  return [...sorted, ...members.sort()].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  fs.mkdirSync(path.dirname(GOLDENS), { recursive: true });
  fs.writeFileSync(GOLDENS, gzipSync(JSON.stringify(ask(LINES), null, 1)));
  console.log(`${LINES.length} lines recorded`);
}
