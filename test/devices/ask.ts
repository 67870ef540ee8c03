// Asks the kernel that this runs on what it does with labs of tunnels, and writes down what it did:
//   node dist/test/devices/ask.js KIND[,KIND] FIRST COUNT OUT.json
// Run by the test on a machine that can, in a fuller kernel by the program that PACKETWALK_KERNEL names (for example a
// script that starts user-mode Linux), and by record.ts for the goldens. Needs root.
import * as fs from "node:fs";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { runBatches } from "../conform/batches.ts";
import type { Case, Result } from "../conform/case.ts";
import type { Difference } from "../conform/compare.ts";
import { normalResult, onlyReal } from "../conform/tunnel-differences.ts";
import { generate } from "./generate.ts";
import { generateBridge } from "./generate-bridge.ts";
import { generateDnat } from "./generate-dnat.ts";
import { generateFou } from "./generate-fou.ts";
import { generateUnderlay } from "./generate-underlay.ts";
import type { Shape } from "./labs.ts";

/** What a kernel did with the cases. */
export interface Asked {
  readonly kernel: string;
  readonly cases: readonly {
    readonly test: Case;
    readonly real: Result;
    readonly frames: number;
    readonly differences: readonly Difference[];
  }[];
}

export async function ask(tests: readonly Case[]): Promise<Asked> {
  const kernel = fs.readFileSync("/proc/sys/kernel/osrelease", "utf8").trim();
  const cases: Asked["cases"][number][] = [];
  await runBatches(tests, {}, async ({ test, real, differences, tally }) => {
    cases.push({
      test,
      real: normalResult(real),
      frames: tally.frames,
      differences: thatCount(test, differences, kernel),
    });
  });
  return { kernel, cases };
}

/** What a program sends with a tag is counted with it, until the kernel takes the tag out and carries it beside. */
function isTagged({ traffic }: Case): boolean {
  return traffic.some((each) => each.kind === "frame" && each.bytes.slice(24, 28) === "8100");
}

/** Before Linux 6.5 what is forwarded counts as sent too. */
function countsForwarded(kernel: string): boolean {
  const [major = 0, minor = 0] = kernel.split(".").map(Number);
  return major < 6 || (major === 6 && minor < 5);
}

export function thatCount(test: Case, differences: readonly Difference[], kernel: string): Difference[] {
  return onlyReal(differences).filter(
    ({ where }) =>
      !(isTagged(test) && where.startsWith("counters")) &&
      !(countsForwarded(kernel) && where.endsWith(" Ip.OutRequests")),
  );
}

/** Labs of tunnels, or of bridges without and with VLANs. */
export type CaseKind = Shape["kind"] | "ports" | "vlans" | "fou" | "dnat" | "underlay";

export function casesOf(kinds: readonly CaseKind[], first: number, count: number): Case[] {
  return Array.from({ length: count }, (_, i) => {
    const seed = `${kinds.join("-")}/${first + i}`;
    const [kind] = kinds;
    if (kind === "fou") return generateFou(seed);
    if (kind === "dnat") return generateDnat(seed);
    if (kind === "underlay") return generateUnderlay(seed);
    if (kind === "ports" || kind === "vlans") return generateBridge(seed, kind === "vlans");
    return generate(seed, kinds as readonly Shape["kind"][]);
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [kinds = "routed", first = "0", count = "4", out = ""] = process.argv.slice(2);
  const asked = await ask(casesOf(kinds.split(",") as CaseKind[], Number(first), Number(count)));
  for (const { test, frames, differences } of asked.cases) {
    process.stdout.write(`${test.name}: ${frames} frames, ${differences.length} differences\n`);
    for (const { where, model, real } of differences.slice(0, 4))
      process.stdout.write(`  ${where}\n    model: ${model}\n    real:  ${real}\n`);
  }
  if (out !== "") fs.writeFileSync(out, gzipSync(JSON.stringify(asked), { level: 9 }));
}
