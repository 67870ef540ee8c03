// What a real kernel and real tools said of connections, for machines that cannot ask theirs:
// node dist/test/netfilter/conntrack/main.js writes it anew.
import * as fs from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import { normal, runModel } from "../../tools/compare.ts";
import { runReal, type Said } from "../../tools/real.ts";
import { ROUTED, SCENES as TRACKED } from "./lines.ts";
import { KEPT } from "./lines-kept.ts";
import { OPTIONS } from "./lines-options.ts";

export const SCENES: Readonly<Record<string, string>> = { ...TRACKED, ...KEPT, ...OPTIONS };

const FILE = "test/netfilter/conntrack/goldens/scenes.json.gz";

const isAsked = (line: string) => !/^(sleep|ip (netns add|link|-n))|&$/.test(line);

/** What is not the same twice: times, and identifiers and ports that the kernel draws. */
function steady({ line, out, err, status }: Said): Said {
  const text = out
    .replace(/time \d+ms|time <time>/g, "<time>")
    .replace(/^rtt .*\n/gm, "")
    .replace(/(last_seen: )\d+( oldest_pkt: \d+)[\d, ]+/g, "$1<jiffy>$2 <jiffies>")
    .replace(/initval 0x\S+/g, "initval <any>")
    .replace(/\bid=\d+/g, "id=<any>")
    .replace(/\bid <any>/g, "id <any>")
    .replace(/^((?:ipv4 +2 )?\S+ +\d+) \d+ /gm, "$1 <left> ");
  // Entries stand in a hash with a random key.
  const isList = /conntrack -L|tcpdump|xt_recent/.test(line);
  // A machine of today has a later iptables than the recorded one.
  return { line, out: isList ? sorted(text) : text, err: err.replace(/v1\.8\.\d+/, "v1.8.<any>"), status };
}

function sorted(text: string): string {
  return text
    .split(/(?<=\n)/)
    .sort()
    .join("");
}

/** A scene by its name, or the lines of one. */
function linesOf(scene: string): string[] {
  return (ROUTED + (SCENES[scene] ?? scene)).split("\n").filter((line) => line !== "");
}

export function realScene(scene: string): Said[] {
  return answers(runReal(linesOf(scene)));
}
export function modelScene(scene: string): Said[] {
  return answers(runModel(linesOf(scene)));
}

function answers(all: readonly Said[]): Said[] {
  return normal(all)
    .map(steady)
    .filter(({ line }) => isAsked(line));
}

export function readGoldens(): Record<string, Said[]> {
  return JSON.parse(gunzipSync(fs.readFileSync(FILE)).toString("utf8")) as Record<string, Said[]>;
}

export function record(): void {
  const goldens = Object.fromEntries(Object.keys(SCENES).map((scene) => [scene, realScene(scene)]));
  fs.mkdirSync("test/netfilter/conntrack/goldens", { recursive: true });
  fs.writeFileSync(FILE, gzipSync(JSON.stringify(goldens), { level: 9 }));
  process.stdout.write(`recorded: ${Object.keys(goldens).length} scenes\n`);
}
