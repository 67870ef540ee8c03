// What a case is about. A theme takes a lab, its own or one of another theme, and what happens in it; each seed draws
// from all that was drawn for others, so themes meet: TCP through tunnels, commands in a policy router.
import { labFrom } from "../../lib/lab/data-read.ts";
import { generate as tunnelCase } from "../devices/generate.ts";
import { policyCase } from "../policy/generate.ts";
import { atLeast } from "./batches.ts";
import type { Case, Result, Traffic } from "./case.ts";
import { Dice } from "./dice.ts";
import { generate } from "./generate.ts";
import { runModel } from "./model.ts";
import {
  isAnsweredInside,
  isAnswerLost,
  isAskedBothWays,
  isBurstAnswered,
  isCloseToTimer,
  isJoinedWhileHeld,
  isPieceDoubted,
  isPieceFlooded,
  isPieceRedirected,
  isPieceRefused,
  isProbedAtOnce,
  isRace,
  isRefusedLater,
  isResetTwice,
  isStillAsked,
  isTailLate,
  isTwice,
} from "./races.ts";
import { bridgeCase } from "./themes/bridge.ts";
import { drawCommands } from "./themes/commands.ts";
import { ipv6Case } from "./themes/ipv6.ts";
import { drawMulticast } from "./themes/multicast.ts";
import { drawLoss, drawTcp } from "./themes/tcp.ts";
import { ERRORS_MOVED, isSame, lateCalls, lateTimers, shorterTrips } from "./timer-wheel.ts";

/** A case of the theme with this seed, which is also its name. */
export type Theme = (seed: string) => Case;

/** Where something happens: mostly in a plain lab, sometimes with tunnels or policy rules. */
function anyLab(seed: string, dice: Dice): Case {
  const kind = dice.whole(1, 10);
  if (kind <= 6) return generate(seed);
  return kind <= 8 ? tunnelCase(seed, ["routed", "bridged"]) : policyCase(seed);
}

/** The first of the drawn traffics of which no race, no late timer or call and no quick answer decides what comes of it. */
function decided(base: Case, draw: () => Traffic[]): Case {
  for (;;) {
    const test = { ...base, traffic: draw() };
    const { result, drawn } = runModel(test, atLeast(test));
    const { frames } = result;
    if (isAnsweredInside(frames) || isBurstAnswered(frames) || isRace(frames) || isAskedBothWays(frames)) continue;
    if (isTailLate(frames) || isAnswerLost(frames) || isResetTwice(frames)) continue;
    if (isJoinedWhileHeld(frames)) continue;
    if (isCloseToTimer(test, frames) || isTwice(drawn)) continue;
    const others = [
      runModel(test, atLeast(test), shorterTrips),
      ...lateCalls(test).map((late) => runModel(late, atLeast(test))),
    ];
    if (others.every((other) => isSame(result, other.result)) && !hangsOnTicks(test, result)) return test;
  }
}

function withInterval(test: Case, interval: number): Case {
  return { ...test, traffic: test.traffic.map((each) => ("interval" in each ? { ...each, interval } : each)) };
}

/**
 * The first of the cases of a seed, and of those after it, of which no race, no late timer and no limit counted in ticks
 * decides what comes.
 */
function settled(draw: Theme, hasRace: (result: Result) => boolean = () => false): Theme {
  return (seed) => {
    for (let drawn = seed; ; drawn += "'") {
      const test = { ...draw(drawn), name: seed };
      const { result } = runModel(test, atLeast(test));
      if (!hasRace(result) && !hangsOnTicks(test, result)) return test;
    }
  };
}

function hangsOnTicks(test: Case, result: Result): boolean {
  const others = [lateTimers, ...ERRORS_MOVED];
  return others.some((other) => !isSame(result, runModel(test, atLeast(test), other).result));
}

function multicastCase(seed: string): Case {
  const dice = new Dice(`multicast of ${seed}`);
  const base = dice.chance(0.8) ? generate(seed) : tunnelCase(seed, ["bridged"]);
  const lab = labFrom(base.lab);
  const ways = [...lab.namespaces.keys()].map((ns) => ({ ns, to: dice.of(["224.0.0.5", "224.0.0.1", "239.1.2.3"]) }));
  return { ...base, questions: ways, traffic: drawMulticast(lab, dice, 20) };
}

/** By name, those of this machine's kernel. */
export const THEMES: Readonly<Record<string, Theme>> = {
  lan: settled(generate),
  policy: settled(policyCase),
  // The limit of ICMP errors counts whole seconds, which no sum of these intervals is.
  vxlan: settled((seed) => withInterval(tunnelCase(seed, ["routed", "bridged"]), 70)),
  bridge: settled(bridgeCase, ({ frames }) => isProbedAtOnce(frames)),
  ipv6: settled(ipv6Case, ({ frames, sockets, neighbours }) => {
    if (isPieceFlooded(frames) || isPieceRedirected(frames) || isPieceRefused(frames)) return true;
    return isPieceDoubted(frames) || isStillAsked(neighbours) || isRefusedLater(sockets);
  }),
  tcp(seed) {
    const dice = new Dice(`tcp of ${seed}`);
    const lab = anyLab(seed, dice);
    // What is counted goes on until it is asked for: farewells, and what is sent again.
    const base = { ...lab, questions: lab.questions.filter(({ command }) => !command?.includes(" -s ")) };
    return decided(base, () => drawTcp(labFrom(base.lab), dice, 20, dice.whole(1, 4)));
  },
  loss(seed) {
    const dice = new Dice(`loss of ${seed}`);
    const base = { ...generate(seed), questions: [] };
    return decided(base, () => drawLoss(labFrom(base.lab), dice));
  },
  commands: settled((seed) => {
    const dice = new Dice(`commands of ${seed}`);
    const base = anyLab(seed, dice);
    const listeners = base.traffic.filter(({ kind }) => kind === "listen");
    return { ...base, questions: [], traffic: [...listeners, ...drawCommands(base.lab, dice, 20, dice.whole(2, 4))] };
  }),
  multicast: settled(multicastCase, ({ frames }) => isAskedBothWays(frames) || isPieceRefused(frames)),
};

/** The i-th case of a run: its themes take turns. */
export function caseOf(themes: readonly string[], seed: string, i: number): Case {
  const theme = themes[i % themes.length]!;
  return THEMES[theme]!(`${theme}/${seed}/${Math.floor(i / themes.length)}`);
}
