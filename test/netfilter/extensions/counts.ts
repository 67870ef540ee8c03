// What the real kernel counts: frames are sent over a cable into a namespace whose PREROUTING has the rules.
// `node dist/test/netfilter/extensions/counts.js` records it.
import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { frameBytes } from "../../../lib/wire/bytes.ts";
import type { Frame } from "../../../lib/wire/packet.ts";
import { diceOf, frameFrom, packetFrom, RECEIVER } from "./packets.ts";
import { type CountingRule, rulesFrom, SET_LINES } from "./rules.ts";

const HERE = path.join(path.dirname(fileURLToPath(import.meta.url)), "../../../../test/netfilter/extensions");
const GOLDENS = path.join(HERE, "goldens", "counts.json.gz");
const [FROM, TO] = ["tx-from", "tx-to"];

export interface Batch {
  readonly seed: string;
  readonly family: 4 | 6;
  readonly rules: readonly CountingRule[];
  readonly frames: readonly Frame[];
}
export interface Golden {
  readonly seed: string;
  readonly rules: readonly string[];
  /** Of each rule: packets and octets. */
  readonly counts: readonly (readonly [packets: number, bytes: number])[];
}

export function batchOf(seed: string): Batch {
  const dice = diceOf(seed);
  const family = seed.endsWith("6") ? 6 : 4;
  const rules = rulesFrom(dice, family, seed.startsWith("more") ? 40 : 110, seed.startsWith("more"));
  const frames = Array.from({ length: 24 }, () => frameFrom(dice, packetFrom(dice, family)));
  return { seed, family, rules, frames };
}

export const SEEDS = [
  ...Array.from({ length: 20 }, (_, i) => [`counts/${i}/4`, `counts/${i}/6`]).flat(),
  ...Array.from({ length: 4 }, (_, i) => [`more/${i}/4`, `more/${i}/6`]).flat(),
];

export function readGoldens(): Golden[] {
  return JSON.parse(gunzipSync(fs.readFileSync(GOLDENS)).toString());
}

export function canAsk(): boolean {
  if (process.getuid?.() !== 0) return false;
  return ["iptables-nft", "ipset", "python3"].every((tool) => spawnSync(tool, ["--version"]).status === 0);
}

export const SENDER = `
import socket, sys, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("v0", 0))
for line in sys.stdin:
    s.send(bytes.fromhex(line.strip()))
time.sleep(0.05)
`;

/** Lets the real kernel count. */
export function count(batches: readonly Batch[]): Golden[] {
  const ip = (...words: string[]) => execFileSync("ip", words, { stdio: ["ignore", "pipe", "pipe"] });
  const inside = (ns: string, words: string[], input = "") => {
    const done = spawnSync("ip", ["netns", "exec", ns, ...words], { input, encoding: "utf8" });
    if (done.status !== 0) throw new Error(`${words.join(" ")}: ${done.stderr}`);
    return done.stdout;
  };
  for (const ns of [FROM, TO]) spawnSync("ip", ["netns", "del", ns]);
  for (const ns of [FROM, TO]) ip("netns", "add", ns);
  try {
    ip("link", "add", "v0", "netns", FROM, "type", "veth", "peer", "name", "eth0", "netns", TO);
    for (const each of ["all", "default", "v0"])
      inside(FROM, ["sysctl", "-qw", `net.ipv6.conf.${each}.disable_ipv6=1`]);
    ip("-n", TO, "link", "set", "eth0", "address", RECEIVER.mac.text);
    inside(TO, ["sysctl", "-qw", "net.ipv6.conf.eth0.accept_dad=0", "net.ipv6.conf.eth0.router_solicitations=0"]);
    ip("-n", TO, "addr", "add", `${RECEIVER.address}/24`, "brd", "+", "dev", "eth0");
    ip("-n", TO, "addr", "add", `${RECEIVER.address6}/64`, "dev", "eth0", "nodad");
    // An own address of the link at once: routes to groups need one.
    ip("-n", TO, "link", "set", "eth0", "addrgenmode", "none");
    ip("-n", TO, "addr", "add", "fe80::2/64", "dev", "eth0", "nodad");
    ip("-n", FROM, "link", "set", "v0", "up");
    ip("-n", TO, "link", "set", "eth0", "up");
    ip("-n", TO, "link", "set", "lo", "up");
    // The routes of IPv6 come with the carrier, a little later.
    for (let left = 40; left > 0; left--) {
      if (`${ip("-n", TO, "-6", "route", "show", "table", "all")}`.includes("multicast ff00::/8")) break;
      spawnSync("sleep", ["0.1"]);
    }
    return batches.map((batch) => countOne(batch, inside));
  } finally {
    for (const ns of [FROM, TO]) ip("netns", "del", ns);
  }
}

function countOne(
  { seed, family, rules, frames }: Batch,
  inside: (ns: string, words: string[], input?: string) => string,
): Golden {
  const tool = family === 4 ? "iptables-nft" : "ip6tables-nft";
  inside(TO, [`${tool}-restore`], "*mangle\nCOMMIT\n");
  inside(TO, ["ipset", "flush"]);
  inside(TO, ["ipset", "-exist", "restore"], SET_LINES[family].map((line) => `${line}\n`).join(""));
  // Only what the cable brings, and nothing that the namespaces say of themselves.
  const lines = rules.map(({ words }, i) => `-A R ${words} -m comment --comment r${i}`);
  const source = family === 4 ? "" : " ! -s ::/128";
  inside(
    TO,
    [`${tool}-restore`],
    `*mangle\n:R - [0:0]\n-A PREROUTING -i eth0${source} -j R\n${lines.join("\n")}\nCOMMIT\n`,
  );
  inside(
    FROM,
    ["python3", "-c", SENDER],
    frames.map((frame) => `${Buffer.from(frameBytes(frame)).toString("hex")}\n`).join(""),
  );
  const saved = inside(TO, [`${tool}-save`, "-c", "-t", "mangle"]);
  inside(TO, [`${tool}-restore`], "*mangle\nCOMMIT\n");
  const counts = rules.map((_, i): [number, number] => {
    const found = new RegExp(`^\\[(\\d+):(\\d+)\\] -A R .*--comment r${i}$`, "m").exec(saved);
    return [Number(found![1]), Number(found![2])];
  });
  return { seed, rules: rules.map(({ words }) => words), counts };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const goldens = count(SEEDS.map(batchOf));
  fs.writeFileSync(GOLDENS, gzipSync(JSON.stringify(goldens)));
  console.log(`${goldens.length} batches recorded`);
}
