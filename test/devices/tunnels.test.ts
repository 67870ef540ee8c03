import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { expect } from "chai";
import { atLeast } from "../conform/batches.ts";
import { compare, emptyTally } from "../conform/compare.ts";
import { runModel } from "../conform/model.ts";
import { whyNotReal } from "../conform/real.ts";
import { type Asked, ask, casesOf, onlyReal } from "./ask.ts";
import { GOLDENS, type LabSet, SETS } from "./goldens.ts";

/** A program that runs a script in a fuller kernel, as `$PACKETWALK_KERNEL SCRIPT ARGUMENT...`; used if it is named. */
const PROGRAM = process.env.PACKETWALK_KERNEL;
const HERE = path.dirname(fileURLToPath(import.meta.url));

/** Whether this machine's own kernel has the kind of device. */
function has(kind: string): boolean {
  if (whyNotReal() !== null) return false;
  const ns = `pw-kind-${process.pid}`;
  spawnSync("ip", ["netns", "add", ns]);
  const words = kind === "ipip" ? ["remote", "192.0.2.1"] : ["id", "1", "dstport", "4789"];
  const { status } = spawnSync("ip", ["-n", ns, "link", "add", "x0", "type", kind, ...words]);
  spawnSync("ip", ["netns", "del", ns]);
  return status === 0;
}

function fromGoldens({ name }: LabSet): Asked {
  const asked = JSON.parse(gunzipSync(fs.readFileSync(path.join(GOLDENS, `${name}.json.gz`))).toString()) as Asked;
  return {
    ...asked,
    cases: asked.cases.map((each) => {
      const { result } = runModel(each.test, atLeast(each.test));
      return { ...each, differences: onlyReal(compare(result, each.real, emptyTally(), true)) };
    }),
  };
}

function inFullerKernel({ kinds, count }: LabSet): Asked {
  const out = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "packetwalk-")), "asked.json.gz");
  const script = path.join(HERE, "../../../test/devices/ask.sh");
  const run = spawnSync(PROGRAM!, [script, process.execPath, HERE, kinds.join(","), "0", `${count}`, out]);
  if (run.status !== 0) throw new Error(`${PROGRAM}: ${run.stdout} ${run.stderr}`);
  return JSON.parse(gunzipSync(fs.readFileSync(out)).toString()) as Asked;
}

async function answers(set: LabSet): Promise<{ asked: Asked; how: string }> {
  if (has(set.device)) {
    const asked = await ask(casesOf(set.kinds, 0, set.count));
    return { asked, how: `this machine's kernel ${asked.kernel}, live` };
  }
  if (PROGRAM !== undefined) {
    const asked = inFullerKernel(set);
    return { asked, how: `a fuller kernel ${asked.kernel}, live` };
  }
  const asked = fromGoldens(set);
  return { asked, how: `goldens recorded on Linux ${asked.kernel}, because ${set.device} is not in this kernel` };
}

describe("tunnels do what Linux does", function () {
  this.timeout(240_000);

  for (const set of SETS)
    it(`${set.name}: the same labs, the same traffic: the same frames inside and outside, tables, counters`, async () => {
      const { asked, how } = await answers(set);
      process.stdout.write(`  ${set.name}: ${how}\n`);
      const found = asked.cases.flatMap(({ test, differences }) =>
        differences
          .slice(0, 3)
          .map(({ where, model, real }) => `${test.name}: ${where}\n  model: ${model}\n  real:  ${real}`),
      );
      expect(found.join("\n")).to.equal("");
      expect(asked.cases).to.have.length(set.count);
      expect(asked.cases.reduce((sum, { frames }) => sum + frames, 0)).to.be.greaterThan(200);
    });
});
