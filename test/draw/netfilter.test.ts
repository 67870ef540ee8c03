// What the pictures of netfilter light is what the trace says decided, and what they say of headers is what the cables saw.
import { expect } from "chai";
import { rowsOf } from "../../lib/draw/chain-rows.ts";
import { chains } from "../../lib/draw/chains.ts";
import { connections } from "../../lib/draw/connections.ts";
import { passages } from "../../lib/draw/passage.ts";
import { type Box, extent, type Scene, type Text } from "../../lib/draw/scene.ts";
import { svg } from "../../lib/draw/svg.ts";
import { translations } from "../../lib/draw/translations.ts";
import { explain, lab, sh, type Walk, walk } from "../../lib/index.ts";
import type { Step } from "../../lib/trace/step.ts";
import type { Ipv4Packet } from "../../lib/wire/packet.ts";
import { walks } from "./walks.ts";

const VERDICTS = ["ACCEPT", "DROP", "STOLEN"];
const named = ["a connection through a router's rules", "chains in chains", "a masked home"];

/** Whole texts of the rules and policies inside lit boxes, from top to bottom. */
function lit({ shapes }: Scene): string[] {
  const boxes = shapes.filter((shape): shape is Box => shape.shape === "box" && shape.ink === "lit");
  const texts = shapes.filter((shape): shape is Text => shape.shape === "text" && shape.type.bold === true);
  return boxes.map((box) => {
    const inside = texts.filter((text) => {
      const { x, y } = extent(text);
      return x >= box.x && x < box.x + box.w && y >= box.y && y < box.y + box.h;
    });
    expect(inside.length, "a lit box has its text").to.be.above(0);
    return inside[0]!.tip ?? inside[0]!.text;
  });
}

/** What decided at each table that was asked, as the trace has it; empty chains are not lit. */
function deciding(way: readonly Step[]): string[] {
  return way.flatMap(({ chain, evidence }) => {
    if (chain === undefined || !VERDICTS.includes(chain.says)) return [];
    if (chain.rule === null && chain.rules === 0 && chain.says === "ACCEPT") return [];
    return [evidence!.text.replace(chain.rule === null ? "" : `-A ${chain.chain} `, "")];
  });
}

describe("the chains of a packet", () => {
  for (const name of named)
    it(`have exactly the rules lit that decided: ${name}`, () => {
      const { steps } = walks()[name]!;
      const ways = passages(steps);
      expect(ways.length).to.be.above(1);
      let count = 0;
      ways.forEach((way, i) => {
        const scene = chains(steps, { packet: i + 1 });
        expect(lit(scene)).to.deep.equal(deciding(way));
        count += deciding(way).length;
      });
      expect(count).to.be.above(0);
    });

  it("show each rule that was tried with the field and both values, or count it", () => {
    for (const name of named)
      for (const way of passages(walks()[name]!.steps)) {
        const rows = rowsOf(way);
        const whys = rows.flatMap((row) => (row.kind === "tried" ? [row.why] : []));
        const folded = rows.flatMap((row) => (row.kind === "folded" ? [/^… ([\d,]+) rules? that/.exec(row.text)] : []));
        const tried = way.flatMap((step) => (step.chain === undefined ? [] : (step.tried ?? [])));
        const said = new Set(tried.map(({ field, wanted, had }) => `${field}: wants ${wanted}, has ${had}`));
        for (const why of whys) expect(said).to.include(why);
        const counted = folded.reduce((sum, match) => sum + Number(match?.[1]?.replaceAll(",", "") ?? 0), 0);
        expect(whys.length + counted).to.equal(tried.length);
      }
  });

  it("nest what was jumped to, and come back where the trace does", () => {
    const [way = []] = passages(walks()["chains in chains"]!.steps);
    const heads = rowsOf(way).flatMap((row) => (row.kind === "head" ? [`${row.depth} ${row.table} ${row.chain}`] : []));
    expect(heads).to.deep.equal([
      "0 mangle PREROUTING",
      "1 mangle marks",
      "0 nat PREROUTING",
      "0 mangle FORWARD",
      "0 filter FORWARD",
      "1 filter BLOCKED",
      "1 filter SERVICES",
      "2 filter WEB",
      "0 mangle POSTROUTING",
      "0 nat POSTROUTING",
    ]);
  });

  it("say so where only the path was recorded, and where there is no such packet", () => {
    const net = lab({ seed: "chains by path" });
    net.node("a");
    sh("a", "iptables -A OUTPUT -p udp -j ACCEPT; iptables -A OUTPUT -p tcp -j ACCEPT; iptables -A OUTPUT -j DROP");
    const { steps } = walk("a", "ping -c 1 -W 1 127.0.0.1", { level: "path" });
    const rows = rowsOf(passages(steps)[0]!);
    expect(rows.map((row) => ("text" in row ? row.text : row.kind))).to.include(
      '… 2 rules before: the level "full" records why not',
    );
    expect(() => chains(steps, { packet: 9 })).to.throw(/no such packet/);
  });

  it("of 20,000 Services are a small picture, made at once", () => {
    const services = Array.from({ length: 20_000 }, (_, i) => {
      const address = `10.${96 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`;
      return `-A KUBE-SERVICES -d ${address}/32 -p tcp -m comment --comment "ns/svc-${i} cluster IP" -m tcp --dport 80 -j KUBE-SVC`;
    });
    const iptables = `*nat
:PREROUTING ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
${services.join("\n")}
-A KUBE-SVC -p tcp -j DNAT --to-destination 10.244.1.2:8080
COMMIT
`;
    const told = explain({ iptables }, "in eth0 tcp 10.244.9.9:40000 > 10.96.60.1:80 syn");
    const start = performance.now();
    const scene = chains(told.steps);
    const text = svg(scene);
    expect(performance.now() - start).to.be.below(200);
    expect(text.length).to.be.below(20_000);
    expect(scene.height).to.be.below(500);
    const shown = scene.shapes.flatMap((shape) => (shape.shape === "text" ? [shape.text] : []));
    expect(shown).to.include("… 15,361 rules that could not match: destination is 10.96.60.1");
    expect(lit(scene)).to.deep.equal(["-p tcp -j DNAT --to-destination 10.244.1.2:8080"]);
  });
});

describe("the entry of a connection", () => {
  /** What `conntrack -L` printed. */
  const listed = (text: string) => /^\w+ +\d+ (\d+) (?:([A-Z_]+) )?src=(\S+) .*? src=(\S+)/.exec(text)!.slice(1);

  it("is what conntrack -L said before and after a packet", () => {
    const net = lab({ seed: "an entry" });
    for (const name of ["a", "r"]) net.node(name);
    net.cable("a", "eth0", "r", "eth0");
    sh("a", "ip addr add 10.0.0.1/24 dev eth0");
    sh("r", "ip addr add 10.0.0.2/24 dev eth0; iptables -A INPUT -m conntrack --ctstate NEW -j CONNMARK --set-mark 9");
    sh("a", "ping -c 1 10.0.0.2");
    sh("r", "conntrack -F 2>/dev/null; nc -u -l 7 >/dev/null &");
    const column = (scene: Scene, side: "before" | "after") =>
      new Map(scene.table.rows.map((row) => [row[3], row[side === "before" ? 4 : 5]]));
    const first = connections(walk("a", "echo x | nc -u -p 5000 -w 1 10.0.0.2 7").steps);
    const [seconds, , source, answerer] = listed(sh("r", "conntrack -L 2>/dev/null").out);
    const after = column(first, "after");
    expect(column(first, "before").get("state") ?? "").to.equal("");
    // A second went by while nc waited.
    expect(Number(after.get("seconds left")) - Number(seconds)).to.be.within(0, 2);
    expect(after.get("original src")).to.equal(`${source}:5000`);
    expect(after.get("reply src")).to.equal(`${answerer}:7`);
    expect([after.get("flags"), after.get("mark")]).to.deep.equal(["UNREPLIED", "9"]);
    const [left] = listed(sh("r", "conntrack -L 2>/dev/null").out);
    const again = connections(walk("a", "echo x | nc -u -p 5000 -w 1 10.0.0.2 7").steps, { packet: 1 });
    expect(column(again, "before").get("seconds left")).to.equal(left);
    expect(column(again, "after").get("seconds left")).to.equal("30");
  });

  it("goes through the states of a TCP connection, and lights each change", () => {
    const { steps } = walks()["a masked home"]!;
    const scene = connections(steps.filter(({ where }) => where.netns === "r"));
    const states = scene.table.rows.filter((row) => row[3] === "state").map((row) => `${row[4]} ${row[5]}`);
    expect(states.slice(0, 4)).to.deep.equal([
      " SYN_SENT",
      "SYN_SENT SYN_RECV",
      "SYN_RECV ESTABLISHED",
      "ESTABLISHED FIN_WAIT",
    ]);
    const changed = scene.shapes.flatMap((shape) =>
      shape.shape === "text" && shape.ink === "changed" ? [shape.text] : [],
    );
    expect(changed).to.include.members(["SYN_RECV", "ESTABLISHED", "ASSURED", "FIN_WAIT"]);
  });
});

describe("NAT as strips of headers", () => {
  const ends = ({ src, dst, body }: Ipv4Packet) =>
    "srcPort" in body ? [`${src}`, `${body.srcPort}`, `${dst}`, `${body.dstPort}`] : [`${src}`, `${dst}`];

  for (const [name, router] of [
    ["a connection through a router's rules", "router"],
    ["a masked home", "r"],
  ] as const)
    it(`begins as the packet came and ends as it left, there and back: ${name}`, () => {
      const { frames, steps }: Walk = walks()[name]!;
      const packets = frames
        .filter(({ netns, frame }) => netns === router && frame.payload.kind === "ipv4")
        .map(({ direction, frame }) => ({ direction, ends: ends(frame.payload as Ipv4Packet).join() }));
      const { rows } = translations(steps).table;
      const moments = new Map<string, string[]>();
      for (const [, packet, where, , value] of rows) {
        const key = `${packet}\n${where}`;
        moments.set(key, [...(moments.get(key) ?? []), value!]);
      }
      // An error has no ports of its own: what it quotes stands behind its addresses.
      const own = (key: string, values: string[]) => (key.includes("ICMP") ? values.slice(0, 2) : values);
      const strips = [...moments].map(([key, values]) => ({ key, ends: own(key, values).join() }));
      expect(strips.length).to.be.above(3);
      strips.forEach(({ key, ends: here }, i) => {
        const isFirst = key.endsWith("\ncomes in");
        const isLast = i === strips.length - 1 || strips[i + 1]!.key.endsWith("\ncomes in");
        if (isFirst) expect(packets).to.deep.include({ direction: "in", ends: here });
        if (isLast) expect(packets).to.deep.include({ direction: "out", ends: here });
      });
    });
});
