// What a real kernel did with the wiring of each plugin, and which plugins' wiring the kernel at hand can build.
import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { PLUGINS } from "../../../lib/kube/cluster.ts";
import { runBatches } from "../../conform/batches.ts";
import type { Case } from "../../conform/case.ts";
import type { Golden } from "../../conform/goldens.ts";
import { wiringCase } from "./wiring.ts";

const FILE = path.join(
  path.dirname(fileURLToPath(import.meta.url)),
  "../../../../test/kube/cni/goldens/wiring.json.gz",
);

/** Cases of all plugins whose wiring a script can build: where a program carries packets, it cannot. */
export function wiringCases(): Case[] {
  return PLUGINS.filter(({ isProgram }) => !isProgram).map(({ name }) => wiringCase(name));
}

/** Whether this machine's kernel has the devices. */
export function isBuildable(test: Case): boolean {
  return !has(test, "ipip") || fs.existsSync("/sys/module/ipip");
}

export function readWiringGoldens(): Golden[] {
  return JSON.parse(gunzipSync(fs.readFileSync(FILE)).toString("utf8")) as Golden[];
}

/** Asks the kernel at hand about what it can build, and keeps what another one said of the rest. */
export async function recordWiring(): Promise<void> {
  const [kernel] = /^[\d.]+/.exec(fs.readFileSync("/proc/sys/kernel/osrelease", "utf8"))!;
  const cases = wiringCases();
  const before = fs.existsSync(FILE) ? readWiringGoldens() : [];
  const goldens = new Map(before.map((golden) => [golden.test.name, golden]));
  await runBatches(cases.filter(isBuildable), { again: true }, async ({ test, real, differences }) => {
    if (differences.length > 0) throw new Error(`${test.name} differs: ${JSON.stringify(differences[0])}`);
    goldens.set(test.name, { test, real, kernel });
  });
  const kept = cases.flatMap(({ name }) => goldens.get(name) ?? []);
  fs.mkdirSync(path.dirname(FILE), { recursive: true });
  fs.writeFileSync(FILE, gzipSync(JSON.stringify(kept), { level: 9 }));
  process.stdout.write(`${kept.map(({ test, kernel }) => `${test.name}: Linux ${kernel}\n`).join("")}`);
}

function has({ lab }: Case, kind: string): boolean {
  return lab.nodes.some(({ namespaces }) =>
    namespaces.some(({ devices }) => devices.some((each) => each.kind === kind)),
  );
}
