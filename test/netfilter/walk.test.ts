// The index of long chains answers exactly as asking every rule would.

import { strict as assert } from "node:assert";
import seedrandom from "seedrandom";
import type { Family, Miss } from "../../lib/netfilter/extension.ts";
import type { Net } from "../../lib/netfilter/net.ts";
import { type Program, Scan } from "../../lib/netfilter/program.ts";
import type { Rule } from "../../lib/netfilter/rule.ts";
import type { IpPacket, Skb } from "../../lib/netfilter/skb.ts";
import type { Table } from "../../lib/netfilter/table.ts";
import { NEWEST } from "../../lib/netfilter/text/flavour.ts";
import { ruleText } from "../../lib/netfilter/text/rule-text.ts";
import { tableText } from "../../lib/netfilter/text/save.ts";
import { readSaved } from "../../lib/netfilter/text/saved.ts";
import { traverse } from "../../lib/netfilter/traverse.ts";
import { type Ip, Ipv4 } from "../../lib/wire/address.ts";
import { Ipv6 } from "../../lib/wire/address6.ts";

/** Every rule is asked, in order. */
class Walk implements Program {
  private readonly rules: readonly Rule[];

  constructor(rules: readonly Rule[]) {
    this.rules = rules;
  }

  next(skb: Skb, from: number): number {
    const found = this.rules.slice(from).findIndex((rule) => rule.test(skb));
    return found === -1 ? this.rules.length : from + found;
  }
}

function tableOf(family: Family, lines: readonly string[]): Table {
  return readSaved(["*filter", ":FORWARD ACCEPT [0:0]", ...lines, "COMMIT", ""].join("\n"), { family }).get("filter")!;
}

/** Read again from what was printed: its rules are lines of a file. */
function printedAgain(family: Family, table: Table): Table {
  return readSaved(tableText(table, false, "iptables-save", NEWEST, ""), { family }).get("filter")!;
}

const place = (family: Family, last: number): Ip =>
  family === 4 ? Ipv4.of(0x0a000000 + last) : Ipv6.of(0xfd000000, 0, 0, last);
const name = (family: Family, last: number, length: string) => `${place(family, last)}${length}`;

function packetFrom(family: Family, random: () => number): Skb {
  const pick = (most: number) => Math.floor(random() * most);
  const [srcPort, dstPort] = [pick(4), pick(4)];
  const octets = new Uint8Array(pick(30)).map(() => pick(4));
  const bodies = [
    { kind: "udp", srcPort, dstPort, data: new Uint8Array(pick(9)) },
    { kind: "udp", srcPort, dstPort, data: new Uint8Array(pick(9)) },
    { kind: "tcp", srcPort, dstPort, seq: 0, ack: 0, flags: 2, window: 1, urgent: 0, options: {}, data: octets },
    { kind: "unknown", protocol: [6, 17, 132, 47][pick(4)]!, data: octets },
  ] as const;
  const [src, dst] = [place(family, pick(6)), place(family, pick(6))];
  const body = bodies[pick(4)]!;
  const offset = body.kind === "unknown" && pick(2) === 0 ? 8 : 0;
  const header4 = { ttl: 64, id: 0, tos: 0, dontFragment: true, moreFragments: false, fragmentOffset: offset };
  const fragment = offset === 0 ? null : { offset, more: false, id: 1 };
  const header6 = { trafficClass: 0, flowLabel: 0, hopLimit: 64, fragment, routerAlert: null };
  return {
    packet: (family === 4
      ? { kind: "ipv4", src, dst, ...header4, body }
      : { kind: "ipv6", src, dst, ...header6, body }) as IpPacket,
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

/** Rules that name one address, a network, a port, a device or nothing, some that count; some lead into long chains. */
function randomLines(family: Family, random: () => number): string[] {
  const pick = (most: number) => Math.floor(random() * most);
  const maybe = (text: () => string, share = 3) => (pick(share) === 0 ? text() : "");
  const bang = () => (pick(6) === 0 ? "! " : "");
  const lengths = family === 4 ? ["/32", "/32", "/31", "/30"] : ["/128", "/128", "/127", "/126", "/64"];
  const network = () => name(family, pick(6), lengths[pick(lengths.length)]!);
  const count = () => `-m statistic --mode nth --every ${2 + pick(2)} --packet 0`;
  const ports = () => {
    if (pick(8) === 0) return "! -p tcp";
    const protocol = ["udp", "tcp", "sctp"][pick(3)]!;
    const port = (option: string) => `${bang()}--${option} ${pick(3)}${maybe(() => ":3")}`;
    const said = `-m ${protocol} ${maybe(() => port("sport"))} ${maybe(() => port("dport"), 1)}`;
    return `-p ${protocol} ${maybe(count, 9)} ${maybe(() => "-m comment --comment x")} ${maybe(() => said, 2)}`;
  };
  const rule = (chain: string, targets: readonly string[]) =>
    [
      `-A ${chain}`,
      maybe(() => `${bang()}-s ${network()}`),
      maybe(() => `${bang()}-d ${network()}`),
      maybe(() => `${bang()}-i eth${pick(3)}`, 6),
      maybe(() => `${bang()}-o eth+`, 6),
      maybe(ports, 2),
      maybe(() => `-m mark ${bang()}--mark ${pick(4)}/${pick(4)}`, 6),
      maybe(count, 9),
      targets[pick(targets.length)]!,
    ]
      .join(" ")
      .replace(/ +/g, " ")
      .trim();
  const marks = ["-j MARK --or-mark 1", "-j MARK --set-mark 2"];
  const leaf = ["-j ACCEPT", "-j DROP", "-j RETURN", ...marks, ...new Array<string>(40).fill("")];
  const lines = ["-N one", "-N two"];
  for (let i = 0; i < 25; i++) lines.push(rule("two", leaf));
  for (let i = 0; i < 90; i++) lines.push(rule("one", [...leaf, "-j two", "-g two"]));
  for (let i = 0; i < 120; i++) lines.push(rule("FORWARD", [...leaf, "-j one", "-g two", "-j two"]));
  return lines;
}

function counters(table: Table): string[] {
  return [...table.chains.values()]
    .flatMap((chain) => [
      `${chain.name} ${chain.packets} ${chain.bytes}`,
      ...chain.rules.map((rule, i) => `${chain.name} ${i} ${rule.packets} ${rule.bytes} ${ruleText(rule.spec)}`),
    ])
    .sort();
}

describe("a packet's walk through a table", () => {
  for (const family of [4, 6] as const)
    it(`finds with columns and index what asking every rule finds (IPv${family})`, () => {
      let decided = 0;
      for (let seed = 0; seed < 20; seed++) {
        const random = seedrandom(`walk ${family} ${seed}`);
        const lines = randomLines(family, random);
        const plain = tableOf(family, lines);
        const scanned = tableOf(family, lines);
        const tables = [tableOf(family, lines), printedAgain(family, plain), scanned];
        for (const chain of plain.chains.values())
          Object.defineProperty(chain, "program", { value: new Walk(chain.rules) });
        for (const chain of scanned.chains.values())
          Object.defineProperty(chain, "program", { value: new Scan(chain.rules) });
        for (let i = 0; i < 40; i++) {
          const packet = packetFrom(family, random);
          const said = traverse(plain, { ...packet }, null);
          for (const table of tables)
            assert.deepEqual(
              traverse(table, { ...packet }, null),
              said,
              `${lines.join("\n")}\n${JSON.stringify(packet)}`,
            );
          if (said.tried < 60) decided++;
        }
        for (const table of tables) assert.deepEqual(counters(table), counters(plain), lines.join("\n"));
      }
      assert.ok(decided > 100 && decided < 750, `${decided} of 800 were decided early`);
    });

  it("knows of every rule that was tried why it was not the packet's, as asking each one says", () => {
    let told = 0;
    for (let seed = 0; seed < 30; seed++) {
      const random = seedrandom(`why ${seed}`);
      const lines = randomLines(4, random).filter((line) => !line.includes("nth"));
      const { rules, program } = printedAgain(4, tableOf(4, lines)).at("FORWARD")!;
      for (let i = 0; i < 20; i++) {
        const packet = packetFrom(4, random);
        const missed = { at: 0, why: new Map<number, Miss>() };
        const at = program.next(packet, 0, missed);
        for (const [j, rule] of rules.slice(0, at).entries()) {
          assert.deepEqual(missed.why.get(j) ?? rule.whyNot(packet), rule.ask(packet));
          told++;
        }
      }
    }
    assert.ok(told > 1000, `${told}`);
  });

  it("prints its rules as they were read", () => {
    const lines = randomLines(4, seedrandom("text")).filter((line) => !/mark|-p |statistic/i.test(line));
    const table = tableOf(4, lines);
    const printed = [...table.chains.values()].flatMap(({ name, rules }) =>
      rules.map(({ spec }) => `-A ${name} ${ruleText(spec)}`.trim()),
    );
    const expected = lines
      .filter((line) => line.startsWith("-A"))
      .map((line) =>
        line.replace(/(-[sd] 10\.0\.0\.)(\d+)\/3([01])/g, (_all, start, last, length) => {
          const keep = length === "0" ? ~3 : ~1;
          return `${start}${Number(last) & keep}/3${length}`;
        }),
      );
    assert.deepEqual(printed.toSorted(), expected.toSorted());
  });
});
