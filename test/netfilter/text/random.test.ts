// Random tables: what is recognized without being read says the same as what is read word by word; files come back as
// they were; damaged ones are refused and change nothing; and the real tool agrees, where there is one.
import { strict as assert } from "node:assert";
import seedrandom from "seedrandom";
import { Table } from "../../../lib/netfilter/table.ts";
import { CanonicalRule } from "../../../lib/netfilter/text/canonical.ts";
import { NEWEST } from "../../../lib/netfilter/text/flavour.ts";
import { splitLine } from "../../../lib/netfilter/text/line.ts";
import { readRequest } from "../../../lib/netfilter/text/request.ts";
import { restore } from "../../../lib/netfilter/text/restore.ts";
import { ruleText } from "../../../lib/netfilter/text/rule-text.ts";
import { tableText } from "../../../lib/netfilter/text/save.ts";
import { readSaved } from "../../../lib/netfilter/text/saved.ts";
import { BadInput } from "../../../lib/wire/input.ts";
import { ModelTool } from "./model.ts";
import { damaged, pickOf, randomFile } from "./random.ts";
import { RealTool, timeless, whyNot } from "./real.ts";

const TABLES = ["filter", "nat", "mangle"] as const;

const saved = (table: Table, counters = true) => tableText(table, counters, "iptables-save", NEWEST, "TIME");

describe("random tables", function () {
  this.timeout(20_000);

  it("are recognized only where reading word by word says the same", () => {
    const canonical = new CanonicalRule();
    let known = 0;
    let all = 0;
    for (let seed = 0; seed < 40; seed++) {
      const random = seedrandom(`canonical ${seed}`);
      const name = pickOf(random, TABLES);
      const file = randomFile(random, name, 120);
      const printed = saved(readSaved(file).get(name)!, false).split("\n");
      const lines = [...file.split("\n"), ...printed, ...damaged(random, printed.join("\n"), 60).split("\n")];
      for (const line of lines) {
        if (!line.includes("-A ")) continue;
        all++;
        if (!canonical.read(line, 0, line.length, new Table(name, 4))) continue;
        known++;
        const start = line.indexOf("-A ");
        const context = { family: 4, restoring: name, backEnd: "nft", notice: assert.fail } as const;
        const { chain, rules, calls } = readRequest(splitLine(line, start), context);
        const called = calls === null ? "" : ` -j ${calls.name}`;
        assert.equal(`-A ${chain} ${ruleText(rules[0]!)}${called}`.replace("  ", " ").trimEnd(), line.slice(start));
      }
    }
    assert.ok(known > 400 && known < all, `${known} of ${all} lines are recognized`);
  });

  it("come back as they were saved", () => {
    for (let seed = 0; seed < 30; seed++) {
      const random = seedrandom(`twice ${seed}`);
      const name = pickOf(random, TABLES);
      const once = saved(readSaved(randomFile(random, name, 80)).get(name)!);
      assert.equal(saved(readSaved(once).get(name)!), once);
    }
  });

  it("are recognized alike wherever the reader's window begins", () => {
    const lines = Array.from({ length: 300 }, (_, i) => `-A A -m comment --comment "${i % 3 ? "a b" : "\u00e9"}" -j A`);
    const text = lines.join("\n");
    const table = new Table("filter", 4);
    const once = new CanonicalRule();
    let start = 0;
    for (const line of lines) {
      const end = start + line.length;
      assert.equal(once.read(text, start, end, table), new CanonicalRule().read(text, start, end, table));
      start = end + 1;
    }
  });

  it("change nothing when they are damaged, and never break the reader", () => {
    let refused = 0;
    for (let seed = 0; seed < 300; seed++) {
      const random = seedrandom(`damaged ${seed}`);
      const name = pickOf(random, TABLES);
      const tables = readSaved(randomFile(random, name, 12));
      const before = saved(tables.get(name)!);
      const broken = damaged(random, randomFile(random, name, 12), 1 + Math.floor(random() * 6));
      const table = tables.get(name)!;
      const references = () => [...table.chains.values()].map((chain) => `${chain.name} ${chain.references}`).sort();
      const counted = references();
      const options = {
        family: 4,
        flavour: NEWEST,
        tool: "iptables-restore",
        counts: true,
        tests: false,
        verbose: 0,
      } as const;
      let status: number;
      try {
        const table_ = (other: string) => (other === name ? table : new Table("raw", 4));
        const keeps = random() < 0.5;
        status = restore(broken, { ...options, keeps, only: null, table: table_, out: () => {}, err: () => {} });
      } catch (error) {
        assert.ok(error instanceof BadInput, `${error}\n${broken}`);
        status = 1;
      }
      if (status === 0 || broken.split("COMMIT").length > 2) continue;
      refused++;
      assert.equal(saved(table), before, broken);
      assert.deepEqual(references(), counted, broken);
    }
    assert.ok(refused > 100, `${refused} of 300 were refused`);
  });

  it("of ten megabytes with a slip at their end are refused within a second", () => {
    const rules = "-A INPUT -s 10.0.0.1/32 -p tcp -m tcp --dport 80 -j ACCEPT\n".repeat(170_000);
    const ends = [
      "-A INPUT -j nowhere\nCOMMIT\n",
      "-A INPUT --no\nCOMMIT\n",
      "hello\n",
      "",
      '"'.repeat(50_000),
      "\0".repeat(99),
    ];
    for (const end of ends) {
      const began = process.cpuUsage();
      assert.throws(() => readSaved(`*filter\n${rules}${end}`), BadInput);
      const { user } = process.cpuUsage(began);
      assert.ok(user < 1_500_000, `${user / 1000} ms`);
    }
  });

  const missing = whyNot();
  for (const backEnd of ["nft", "legacy"] as const)
    it(`are the same for the real iptables (${backEnd})${missing === null ? "" : `: skipped, ${missing}`}`, function () {
      if (missing !== null) return this.skip();
      this.timeout(60_000);
      const real = new RealTool(backEnd);
      try {
        for (let seed = 0; seed < 12; seed++) {
          const random = seedrandom(`real ${backEnd} ${seed}`);
          const name = TABLES[seed % 3]!;
          const file = randomFile(random, name, 60);
          const model = new ModelTool(backEnd);
          real.renew();
          for (const line of [
            "iptables-restore -c",
            `iptables-save -c -t ${name}`,
            `iptables -t ${name} -nvL --line-numbers`,
            `iptables -t ${name} -S -v`,
          ]) {
            const input = line.includes("restore") ? file : "";
            const [ours, theirs] = [model.run(line, input), real.run(line, input)];
            const told = `${line}, seed ${seed}: ${theirs.err}${ours.err}`;
            assert.equal(timeless(ours.out), timeless(theirs.out), told);
            assert.deepEqual([ours.err, ours.status], [theirs.err, theirs.status], told);
          }
          const ours = model.run("iptables-save -c").out;
          assert.deepEqual(real.run("iptables-restore -c", ours).status, 0);
          assert.equal(
            timeless(real.run(`iptables-save -c -t ${name}`).out),
            timeless(model.run(`iptables-save -c -t ${name}`).out),
          );
        }
      } finally {
        real.end();
      }
    });
});
