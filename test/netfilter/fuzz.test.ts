// Damaged words and files: every reader of netfilter refuses them in its own words, and none breaks or hangs.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import seedrandom from "seedrandom";
import { Lab } from "../../lib/lab/lab.ts";
import { Refused } from "../../lib/netfilter/refused.ts";
import { IpsetError } from "../../lib/netfilter/set/words.ts";
import { readRequest } from "../../lib/netfilter/text/request.ts";
import { explain } from "../../lib/notebook/explain.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { BadInput } from "../../lib/wire/input.ts";
import type { Recording } from "../explain/router.ts";
import { CASES, wordsOf } from "./extensions/cases.ts";
import { LINES } from "./set/lines.ts";
import { damaged } from "./text/random.ts";

const ROUTER = fileURLToPath(new URL("../../../test/explain/goldens/router.json", import.meta.url));
const KINDS = [Refused, BadInput, IpsetError];

/** Whether it was refused; fails for every other error. */
function refuses(text: string, read: () => void): boolean {
  try {
    read();
    return false;
  } catch (error) {
    assert.ok(
      KINDS.some((kind) => error instanceof kind),
      `${(error as Error).stack}\n${text.slice(0, 2000)}`,
    );
    return true;
  }
}

function ipsetRestore(text: string): number {
  const lab = new Lab();
  lab.node("n");
  lab.machines.get("n")!.files.set("sets", new TextEncoder().encode(text));
  return runShell(lab, place(lab, "n"), "ipset restore < sets").status;
}

describe("damaged text", function () {
  this.timeout(20_000);

  it("of command lines of iptables is refused, or says something else", () => {
    let refused = 0;
    for (let seed = 0; seed < 1500; seed++) {
      const random = seedrandom(`line ${seed}`);
      const { family, table, chain, words } = CASES[Math.floor(random() * CASES.length)]!;
      const line = damaged(random, `-t ${table} -A ${chain} ${words}`, 1 + Math.floor(random() * 3));
      const said = { family, restoring: null, backEnd: random() < 0.5 ? "nft" : "legacy", notice: () => {} } as const;
      if (refuses(line, () => readRequest(wordsOf(line), said))) refused++;
    }
    assert.ok(refused > 500, `${refused} were refused`);
  });

  it("of sets is refused at its line", () => {
    const lines = LINES.filter((line) => /^(create|add|del) /.test(line)).join("\n");
    let refused = 0;
    for (let seed = 0; seed < 200; seed++) {
      const random = seedrandom(`sets ${seed}`);
      const start = Math.floor(random() * lines.length * 0.5);
      const text = damaged(
        random,
        `create a hash:ip\n${lines.slice(start, start + 600)}`,
        1 + Math.floor(random() * 4),
      );
      let status = 0;
      if (refuses(text, () => (status = ipsetRestore(text))) || status !== 0) refused++;
    }
    assert.ok(refused > 100, `${refused} were refused`);
  });

  it("of what tools printed is refused, or explained", () => {
    const { files, conntrack, met } = JSON.parse(readFileSync(ROUTER, "utf8")) as Recording;
    const all = { ...files, conntrack, ipset: "create s hash:ip timeout 60\nadd s 10.9.1.2 timeout 5\n" };
    let refused = 0;
    for (let seed = 0; seed < 240; seed++) {
      const random = seedrandom(`dumps ${seed}`);
      const names = Object.keys(all) as (keyof typeof all)[];
      const name = names[seed % names.length]!;
      const text = damaged(random, all[name], 1 + Math.floor(random() * 3));
      if (refuses(text, () => explain({ ...all, [name]: text }, met[seed % met.length]!.packet))) refused++;
    }
    assert.ok(refused > 60, `${refused} were refused`);
  });

  it("of ten megabytes is refused within a second", () => {
    const long = (line: string) => `${line}\n`.repeat(Math.ceil(1e7 / line.length));
    const { files, conntrack, met } = JSON.parse(readFileSync(ROUTER, "utf8")) as Recording;
    const asked = met[0]!.packet;
    const all = { ...files, conntrack, sysctl: "net.ipv4.ip_forward = 1\n" };
    const cases: readonly [what: string, read: () => boolean][] = [
      ["sets", () => ipsetRestore(`create a hash:ip\n${long("add a 10.0.0.x")}`) !== 0],
      ["a word", () => ipsetRestore(`create ${"a".repeat(1e7)} hash:ip`) !== 0],
      ...(["iptables", "addr", "route", "rule", "neigh", "conntrack", "sysctl"] as const).flatMap((name) =>
        [long("hello world"), "x".repeat(1e7), long("x"), `${all[name]}${long("? what is this ?")}`].map(
          (text): [string, () => boolean] => [
            name,
            () => refuses(text, () => explain({ ...all, [name]: text }, asked)),
          ],
        ),
      ),
    ];
    for (const [what, read] of cases) {
      const began = process.cpuUsage();
      assert.ok(read(), `${what} was taken`);
      const { user } = process.cpuUsage(began);
      assert.ok(user < 1_500_000, `${what}: ${user / 1000} ms`);
    }
  });
});
