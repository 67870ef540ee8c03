// The index of long chains answers exactly as asking every rule would.

import { strict as assert } from "node:assert";
import seedrandom from "seedrandom";
import type { Net } from "../../lib/netfilter/net.ts";
import { Walk } from "../../lib/netfilter/program.ts";
import type { Skb } from "../../lib/netfilter/skb.ts";
import type { Table } from "../../lib/netfilter/table.ts";
import { ruleText } from "../../lib/netfilter/text/save.ts";
import { readSaved } from "../../lib/netfilter/text/saved.ts";
import { traverse } from "../../lib/netfilter/traverse.ts";
import { Ipv4 } from "../../lib/wire/address.ts";

function tableOf(lines: readonly string[]): Table {
  return readSaved(["*filter", ...lines, "COMMIT", ""].join("\n")).get("filter")!;
}

function packetFrom(random: () => number): Skb {
  const pick = (most: number) => Math.floor(random() * most);
  return {
    packet: {
      kind: "ipv4",
      src: Ipv4.of(0x0a000000 + pick(6)),
      dst: Ipv4.of(0x0a000000 + pick(6)),
      ttl: 64,
      id: 0,
      tos: 0,
      dontFragment: true,
      moreFragments: false,
      fragmentOffset: 0,
      body: { kind: "udp", srcPort: pick(4), dstPort: pick(4), data: new Uint8Array(pick(9)) },
    },
    mark: pick(4),
    hook: "FORWARD",
    in: { name: `eth${pick(2)}`, index: 2 },
    out: { name: `eth${pick(2)}`, index: 3 },
    physIn: null,
    physOut: null,
    frame: null,
    kind: "unicast",
    ct: null,
    // No rule here asks for more.
    net: { now: 0, random, log: () => {}, addressType: () => "UNICAST" } as Partial<Net> as Net,
  };
}

/** Rules that name one address, a network, a port, a device or nothing; some lead into another long chain. */
function randomLines(random: () => number): string[] {
  const pick = (most: number) => Math.floor(random() * most);
  const maybe = (text: string) => (pick(3) === 0 ? text : "");
  const bang = () => (pick(6) === 0 ? "! " : "");
  const rule = (chain: string, targets: readonly string[]) =>
    [
      `-A ${chain}`,
      maybe(`${bang()}-s 10.0.0.${pick(6)}${pick(3) === 0 ? "/30" : ""}`),
      maybe(`${bang()}-d 10.0.0.${pick(6)}${pick(3) === 0 ? "/31" : ""}`),
      maybe(`${bang()}-i eth${pick(3)}`),
      maybe(`${bang()}-o eth+`),
      maybe(`${bang()}-p ${pick(2) === 0 ? "udp" : "tcp"}`),
      maybe(`-m mark ${bang()}--mark ${pick(4)}/${pick(4)}`),
      targets[pick(targets.length)]!,
    ]
      .filter((word) => word !== "")
      .join(" ");
  const leaf = ["-j ACCEPT", "-j DROP", "-j RETURN", "", "-j MARK --or-mark 1", "-j MARK --set-mark 2"];
  const lines = ["-N one", "-N two"];
  for (let i = 0; i < 25; i++) lines.push(rule("two", leaf));
  for (let i = 0; i < 25; i++) lines.push(rule("one", [...leaf, "-j two", "-g two"]));
  for (let i = 0; i < 30; i++) lines.push(rule("FORWARD", [...leaf, "-j one", "-g two", "-j two"]));
  return lines;
}

describe("a packet's walk through a table", () => {
  it("finds by index what asking every rule finds: the same verdicts, counters and number of rules tried", () => {
    let decided = 0;
    for (let seed = 0; seed < 60; seed++) {
      const random = seedrandom(`walk ${seed}`);
      const lines = randomLines(random);
      const indexed = tableOf(lines);
      const plain = tableOf(lines);
      for (const chain of plain.chains.values())
        Object.defineProperty(chain, "program", { value: new Walk(chain.rules) });
      for (let i = 0; i < 60; i++) {
        const packet = packetFrom(random);
        const [a, b] = [traverse(indexed, { ...packet }, null), traverse(plain, { ...packet }, null)];
        assert.deepEqual(a, b, `${lines.join("\n")}\n${JSON.stringify(packet)}`);
        if (a.tried < 30) decided++;
      }
      const counters = (table: Table) =>
        [...table.chains.values()].flatMap((chain) => [
          `${chain.name} ${chain.packets} ${chain.bytes}`,
          ...chain.rules.map((rule) => `${rule.packets} ${rule.bytes} ${ruleText(rule.spec)}`),
        ]);
      assert.deepEqual(counters(indexed), counters(plain));
    }
    assert.ok(decided > 500 && decided < 3500, `${decided} of 3600 were decided early`);
  });

  it("prints its rules as they were read", () => {
    const lines = randomLines(seedrandom("text")).filter((line) => !line.includes("MARK") && !line.includes("--mark"));
    const table = tableOf(lines);
    const printed = [...table.chains.values()].flatMap(({ name, rules }) =>
      rules.map(({ spec }) => `-A ${name} ${ruleText(spec)}`.trim()),
    );
    const expected = lines
      .filter((line) => line.startsWith("-A"))
      .map((line) =>
        line.replace(/(-[sd] 10\.0\.0\.)(\d+)(\/3\d)?/g, (_all, start, last, length) => {
          if (length === undefined) return `${start}${last}/32`;
          const keep = length === "/30" ? ~3 : ~1;
          return `${start}${Number(last) & keep}${length}`;
        }),
      );
    assert.deepEqual(printed.toSorted(), expected.toSorted());
  });
});
