// What the search finds is what trying every packet finds, for random tables about few packets.
import { strict as assert } from "node:assert";
import seedrandom from "seedrandom";
import { Lab } from "../../lib/lab/lab.ts";
import type { Rule } from "../../lib/netfilter/rule.ts";
import { arriving, changes, deadRules, deed } from "../../lib/netfilter/search/findings.ts";
import { DeviceNames } from "../../lib/netfilter/search/names.ts";
import { AT, type Box, complement, contains, EVERYTHING, only, without } from "../../lib/netfilter/search/space.ts";
import { pieceOf } from "../../lib/netfilter/search/walk.ts";
import { aside, type Ended, send, type Witness, witness } from "../../lib/netfilter/search/witness.ts";
import { TABLE_HOOKS, type Table } from "../../lib/netfilter/table.ts";
import { readSaved } from "../../lib/netfilter/text/saved.ts";

const net = aside(new Lab({ seed: "search" }).node("machine").root.xtables);

/** Few packets: every one of them can be tried. */
const SMALL: Box = only({
  src: [0x0a000000, 0x0a000001],
  dst: [0x0a000001, 0x0a000002],
  proto: [1, 1, 6, 6, 17, 17],
  sport: [8, 8],
  dport: [0, 2],
  flags: [2, 2, 16, 16],
  ct: [4, 4, 8, 8, 10, 10],
});

function dice(seed: string) {
  const random = seedrandom(seed);
  const below = (n: number) => Math.floor(random() * n);
  const one = <Value>(values: readonly Value[]): Value => values[below(values.length)]!;
  return { below, one, chance: (p: number) => random() < p };
}

/** A table filter of random rules; `vague`: also with matches that boxes can't tell. */
function tableText(seed: string, vague: boolean): string[] {
  const { below, one, chance } = dice(seed);
  const not = () => (chance(0.25) ? "! " : "");
  const address = () => `10.0.0.${below(4)}${one(["/32", "/31", "/30"])}`;
  const words = (at: string): string => {
    const said: string[] = [];
    if (chance(0.4)) said.push(`${not()}-s ${address()}`);
    if (chance(0.4)) said.push(`${not()}-d ${address()}`);
    if (at !== "OUTPUT" && chance(0.2)) said.push(`${not()}-i ${one(["eth0", "eth1", "eth+"])}`);
    const protocol = chance(0.5) ? one(["tcp", "udp", "icmp"]) : null;
    if (protocol !== null) {
      said.push(`-p ${protocol}`);
      if (protocol === "icmp" && chance(0.6)) said.push(`-m icmp ${not()}--icmp-type ${one(["8/0", "8", "0", "8/1"])}`);
      if (protocol === "tcp" && chance(0.3))
        said.push(`-m tcp ${not()}--tcp-flags ${one(["SYN SYN", "SYN,ACK SYN", "ALL ACK"])}`);
      if (protocol !== "icmp" && chance(0.4))
        said.push(
          chance(0.5)
            ? `-m ${protocol} ${not()}--dport ${one(["0", "1", "0:1", "2"])}`
            : `-m multiport ${not()}--dports ${one(["0,2", "1", "0:1,2"])}`,
        );
    } else if (chance(0.1)) said.push("! -p tcp");
    if (chance(0.25))
      said.push(
        `-m conntrack ${not()}--ctstate ${one(["NEW", "ESTABLISHED", "DNAT", "RELATED,ESTABLISHED", "NEW,DNAT"])}`,
      );
    if (chance(0.15)) said.push(`-m mark ${not()}--mark ${one(["0x1/0x1", "0x2/0x2", "0x1/0x3", "0x3/0x3"])}`);
    if (chance(0.1)) said.push(`-m iprange ${not()}--src-range 10.0.0.1-10.0.0.${1 + below(3)}`);
    if (vague && chance(0.2))
      said.push(
        one(["-m statistic --mode random --probability 0.5", "-m length --length 28:40", "-m ttl --ttl-eq 64"]),
      );
    return said.join(" ");
  };
  const chains = ["A", "B", "C"].slice(0, 1 + below(3));
  const lines = [
    ...["INPUT", "FORWARD", "OUTPUT"].map((name) => `:${name} ${one(["ACCEPT", "DROP"])} [0:0]`),
    ...chains.map((name) => `:${name} - [0:0]`),
  ];
  for (const [i, at] of [...chains, "INPUT", "FORWARD", "OUTPUT"].entries()) {
    const below1 = at.length > 1 ? chains : chains.slice(0, i);
    for (let count = below(6); count > 0; count--) {
      const jump = below1.length > 0 && chance(0.4) ? `-${one(["j", "j", "g"])} ${one(below1)}` : null;
      const mark = `-j MARK --set-xmark ${one(["0x1/0x1", "0x0/0x3", "0x2/0xffffffff", "0x3/0x0"])}`;
      const target =
        jump ??
        one(["-j ACCEPT", "-j DROP", "-j RETURN", "-j REJECT --reject-with icmp-port-unreachable", mark, "-j LOG"]);
      lines.push(`-A ${at} ${words(at)} ${target}`.replaceAll(/ +/g, " "));
    }
  }
  return lines;
}

const tableOf = (lines: readonly string[]): Table =>
  readSaved(["*filter", ...lines, "COMMIT", ""].join("\n"), { family: 4 }).get("filter")!;

/** Every packet of the small space at a hook, with every mark that rules can tell apart. */
function* packets(hook: Witness["hook"], table: Table, devices: DeviceNames): Generator<Witness> {
  const values = (ranges: readonly number[]): number[] =>
    ranges.flatMap((first, i) =>
      i % 2 === 0 ? Array.from({ length: ranges[i + 1]! - first + 1 }, (_, j) => first + j) : [],
    );
  for (const { box } of arriving(table, hook, devices, SMALL)) {
    const all = box.map(values);
    const point = all.map(([first]) => first!);
    const at = function* (field: number): Generator<Witness> {
      if (field === all.length) {
        const one = pieceOf(point.map((each) => [each, each]));
        for (let mark = 0; mark < 4; mark++) yield { ...witness(one, hook), mark };
        return;
      }
      // Flags are TCP's alone.
      const isMoot = field === AT.flags && point[AT.proto] !== 6;
      for (const value of isMoot ? all[field]!.slice(0, 1) : all[field]!) {
        point[field] = value;
        yield* at(field + 1);
      }
    };
    yield* at(0);
  }
}

const HOOKS = TABLE_HOOKS.filter.map(([hook]) => hook);

describe("searching all packets", () => {
  it("takes boxes apart and leaves nothing out", () => {
    const { below } = dice("boxes");
    const random = (): Box =>
      EVERYTHING.map(() => {
        const [a, b] = [below(6), below(6)].sort();
        return below(3) === 0 ? complement([a!, b!], "ct").filter((each) => each <= 31) : [a!, b!];
      });
    for (let i = 0; i < 300; i++) {
      const [a, b] = [random(), random()];
      const left = without(a, b);
      for (let j = 0; j < 60; j++) {
        const point = EVERYTHING.map(() => below(7));
        const count = left.filter((box) => contains(box, point)).length;
        assert.equal(count, contains(a, point) && !contains(b, point) ? 1 : 0);
      }
    }
  });

  for (const vague of [false, true])
    it(`finds the rules that no packet meets${vague ? ", and none that one may meet" : ": just those"}`, () => {
      let dead = 0;
      for (let seed = 0; seed < (vague ? 8 : 15); seed++) {
        const lines = tableText(`dead ${vague} ${seed}`, vague);
        const table = tableOf(lines);
        const devices = new DeviceNames([table]);
        const met = new Set<Rule>();
        for (const hook of HOOKS)
          for (const packet of packets(hook, table, devices))
            for (const rule of send(packet, table, devices, net).met) met.add(rule);
        const found = deadRules(table, { devices, local: null }, net, SMALL);
        const where = `seed ${seed}\n${lines.join("\n")}`;
        for (const { rule, chain, number, shown } of found) {
          assert.ok(!met.has(rule), `rule ${number} of ${chain.name} is met: ${where}`);
          if (shown !== null) assert.ok(!shown.ended.met.has(rule));
        }
        if (!vague) {
          const rules = [...table.chains.values()].flatMap(({ rules }) => rules);
          const missed = rules.filter((rule) => !met.has(rule) && !found.some((each) => each.rule === rule));
          assert.deepEqual(
            missed.map((rule) => rule.spec),
            [],
            `not found: ${where}`,
          );
        }
        dead += found.length;
      }
      assert.ok(dead > 5, `${dead} dead rules`);
    }).timeout(60_000);

  it("finds what two tables do differently: all of it, and nothing else", () => {
    let differences = 0;
    for (let seed = 0; seed < 18; seed++) {
      const lines = tableText(`change ${seed}`, false);
      const { below } = dice(`edit ${seed}`);
      const rules = lines.map((line, i) => (line.startsWith("-A") ? i : -1)).filter((i) => i !== -1);
      const edited = new Set([1, 2, 3].map(() => rules[below(rules.length)]));
      const turned = (line: string) =>
        line.replace(/ -j (ACCEPT|DROP|RETURN)$/, (_, was) => (was === "DROP" ? " -j ACCEPT" : " -j DROP"));
      const other = lines.flatMap((line, i) => (!edited.has(i) ? [line] : seed % 3 === 0 ? [] : [turned(line)]));
      const [before, after] = [tableOf(lines), tableOf(other)];
      const devices = new DeviceNames([before, after]);
      const found = changes(before, after, { devices, local: null }, net, SMALL);
      const said = (ended: Ended) => `${deed(ended)} ${ended.mark}`;
      for (const hook of HOOKS) {
        const differ = [...packets(hook, before, devices)].filter(
          (packet) => said(send(packet, before, devices, net)) !== said(send(packet, after, devices, net)),
        );
        const here = found.filter((each) => each.hook === hook);
        const where = `seed ${seed} at ${hook}\n${lines.join("\n")}\n\n${other.join("\n")}`;
        assert.equal(here.length > 0, differ.length > 0, where);
        for (const each of here) assert.notEqual(said(each.before), said(each.after), where);
        differences += here.length;
      }
    }
    assert.ok(differences > 6, `${differences} differences`);
  }).timeout(60_000);
});
