// Rules are about the packets that the real kernel says they are about: packets and octets of each rule.
import { strict as assert } from "node:assert";
import { Lab } from "../../../lib/lab/lab.ts";
import { Rule } from "../../../lib/netfilter/rule.ts";
import type { Skb } from "../../../lib/netfilter/skb.ts";
import { readRequest } from "../../../lib/netfilter/text/request.ts";
import { keepLists } from "../../../lib/netns/netfilter/lists.ts";
import { place, runShell } from "../../../lib/tools/shell.ts";
import { ipLength } from "../../../lib/wire/bytes.ts";
import { BROADCAST_MAC } from "../../../lib/wire/mac.ts";
import type { Frame } from "../../../lib/wire/packet.ts";
import { wordsOf } from "./cases.ts";
import { type Batch, batchOf, canAsk, count, type Golden, readGoldens } from "./counts.ts";
import { typeOf } from "./packets.ts";
import { ONE_SIDED, SET_LINES } from "./rules.ts";

const DEVICE = { name: "eth0", index: 2 };

/** What our rules count; `seen` learns which options were met and which were not. */
function ours({ family, rules, frames }: Batch, seen: Map<string, Set<boolean>>): Golden["counts"] {
  const lab = new Lab();
  lab.node("n");
  for (const line of SET_LINES[family]) assert.equal(runShell(lab, place(lab, "n"), `ipset ${line}`).status, 0, line);
  const net = {
    now: 0,
    random: () => 0.5,
    sets: lab.netns("n").sets,
    recent: lab.netns("n").recent,
    addressType: typeOf,
  } as unknown as Skb["net"];
  const made = rules.map(({ words }) => {
    const said = { family, restoring: null, backEnd: "nft", notice: () => {} } as const;
    return Rule.of(readRequest(["-t", "mangle", "-A", "R", ...wordsOf(words)], said).rules[0]!);
  });
  keepLists(lab.netns("n"), made, false);
  const counts = rules.map((): [number, number] => [0, 0]);
  for (const frame of frames) {
    const skb = skbOf(frame, net);
    made.forEach((rule, i) => {
      const matches = rule.test(skb);
      const about = rules[i]!.about;
      seen.set(about, (seen.get(about) ?? new Set()).add(matches));
      if (!matches) {
        // Asked after a no, for the words of the trace; a second question of what counts would count twice.
        return;
      }
      counts[i]![0]++;
      counts[i]![1] += ipLength(skb.packet);
    });
  }
  return counts;
}

function skbOf(frame: Frame, net: Skb["net"]): Skb {
  const packet = frame.payload as Skb["packet"];
  const kind = !frame.dst.isGroup ? "unicast" : frame.dst === BROADCAST_MAC ? "broadcast" : "multicast";
  const about = { mark: 0, ct: null, hook: "PREROUTING", in: DEVICE, out: null, physIn: null, physOut: null } as const;
  return { ...about, packet, frame, kind, net };
}

function compare(goldens: readonly Golden[], seen: Map<string, Set<boolean>>): void {
  const differences = goldens.flatMap((golden) => {
    const batch = batchOf(golden.seed);
    assert.deepEqual(
      batch.rules.map(({ words }) => words),
      golden.rules,
      "the goldens are of other rules: record them anew",
    );
    const mine = ours(batch, seen);
    return golden.rules.flatMap((rule, i) => {
      const [theirs, own] = [golden.counts[i]!, mine[i]!];
      return `${theirs}` === `${own}` ? [] : [`${golden.seed}: ${rule}\n  theirs ${theirs}, ours ${own}`];
    });
  });
  assert.ok(differences.length === 0, differences.join("\n"));
}

describe("what rules are about", () => {
  it("is what the real kernel counted, and each option was met and not met", () => {
    const seen = new Map<string, Set<boolean>>();
    compare(readGoldens(), seen);
    const never = [...seen].filter(([about, answers]) => answers.size < 2 && !ONE_SIDED.has(about));
    assert.deepEqual(never, []);
  });

  it("is what this kernel counts", function () {
    this.timeout(30_000);
    if (!canAsk()) this.skip();
    const seeds = ["live/0/4", "live/0/6", "more live/4", "more live/6"];
    compare(count(seeds.map(batchOf)), new Map());
  });
});
