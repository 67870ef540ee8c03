// `ipvsadm` word for word: a transcript of the real one on a real kernel, recorded by ipvsadm.sh.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Lab } from "../../lib/lab/lab.ts";
import { place, runShell } from "../../lib/tools/shell.ts";

const GOLDEN = join(dirname(fileURLToPath(import.meta.url)), "../../../test/ipvs/goldens/ipvsadm.txt");

describe("ipvsadm", () => {
  it("says what the real one says, with its status", () => {
    const lab = new Lab();
    lab.node("director");
    const entries = readFileSync(GOLDEN, "utf8")
      .split(/^\$ ipvsadm ?/m)
      .slice(1);
    let saved = "";
    const wrong: string[] = [];
    for (const entry of entries) {
      const [command = "", ...lines] = entry.trimEnd().split("\n");
      const real = lines.join("\n");
      const line = command === "-R" ? `ipvsadm -R <<EOF\n${saved}EOF` : `ipvsadm ${command}`;
      const { text, status } = runShell(lab, place(lab, "director"), line);
      if (command === "-Sn") saved = text;
      const own = `${text}=${status}`;
      if (own !== real) wrong.push(`ipvsadm ${command}\nreal:\n${real}\nmodel:\n${own}`);
    }
    assert.deepEqual(wrong, []);
    assert.ok(entries.length > 70, `${entries.length} commands`);
  });
});
