// What a case is about. A theme takes a lab, its own or one of another theme, and what happens in it; each seed draws
// from all that was drawn for others, so themes meet: TCP through tunnels, commands in a policy router.
import { labFrom } from "../../lib/lab/data-read.ts";
import { generate as tunnelCase } from "../devices/generate.ts";
import { policyCase } from "../policy/generate.ts";
import { atLeast } from "./batches.ts";
import type { Case } from "./case.ts";
import { Dice } from "./dice.ts";
import { generate } from "./generate.ts";
import { runModel } from "./model.ts";
import { drawCommands } from "./themes/commands.ts";
import { drawMulticast } from "./themes/multicast.ts";
import { drawTcp } from "./themes/tcp.ts";

/** A case of the theme with this seed, which is also its name. */
export type Theme = (seed: string) => Case;

/** Where something happens: mostly in a plain lab, sometimes with tunnels or policy rules. */
function anyLab(seed: string, dice: Dice): Case {
  const kind = dice.whole(1, 10);
  if (kind <= 6) return generate(seed);
  return kind <= 8 ? tunnelCase(seed, ["routed", "bridged"]) : policyCase(seed);
}

/**
 * Whether an ICMP error answers a SYN. On one machine it comes back while connect is still busy, which then does not
 * listen to it (tcp_v4_err, sock_owned_by_user): the SYN goes out again. On a cable that takes its time it ends the
 * connection.
 */
function isAnsweredInside(test: Case): boolean {
  const { frames } = runModel(test, atLeast(test)).result;
  const isAnswer = (text: string) => /icmp (3\/[^4]|11\/).* about \[.* tcp .* seq 0 /.test(text);
  return Object.entries(frames).some(
    ([where, seen]) => !where.includes(" lo ") && seen.some(({ text }) => isAnswer(text)),
  );
}

function withInterval(test: Case, interval: number): Case {
  return { ...test, traffic: test.traffic.map((each) => ("interval" in each ? { ...each, interval } : each)) };
}

/** By name, those of this machine's kernel. */
export const THEMES: Readonly<Record<string, Theme>> = {
  lan: generate,
  policy: policyCase,
  // The limit of ICMP errors counts whole seconds, which no sum of these intervals is.
  vxlan: (seed) => withInterval(tunnelCase(seed, ["routed", "bridged"]), 70),
  tcp(seed) {
    const dice = new Dice(`tcp of ${seed}`);
    const base = anyLab(seed, dice);
    for (;;) {
      const test = { ...base, traffic: drawTcp(labFrom(base.lab), dice, 20, dice.whole(1, 4)) };
      if (!isAnsweredInside(test)) return test;
    }
  },
  commands(seed) {
    const dice = new Dice(`commands of ${seed}`);
    const base = anyLab(seed, dice);
    const listeners = base.traffic.filter(({ kind }) => kind === "listen");
    return { ...base, questions: [], traffic: [...listeners, ...drawCommands(base.lab, dice, 20, dice.whole(2, 4))] };
  },
  multicast(seed) {
    const dice = new Dice(`multicast of ${seed}`);
    const base = dice.chance(0.8) ? generate(seed) : tunnelCase(seed, ["bridged"]);
    const lab = labFrom(base.lab);
    const ways = [...lab.namespaces.keys()].map((ns) => ({ ns, to: dice.of(["224.0.0.5", "224.0.0.1", "239.1.2.3"]) }));
    return { ...base, questions: ways, traffic: drawMulticast(lab, dice, 20) };
  },
};

/** The i-th case of a run: its themes take turns. */
export function caseOf(themes: readonly string[], seed: string, i: number): Case {
  const theme = themes[i % themes.length]!;
  return THEMES[theme]!(`${theme}/${seed}/${Math.floor(i / themes.length)}`);
}
