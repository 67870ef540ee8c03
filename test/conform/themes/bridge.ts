// A bridge whose ports are switched while frames go through it: flags, states, ports that go down, entries set by hand.
import { generateBridge } from "../../devices/generate-bridge.ts";
import type { Case, CommandTraffic } from "../case.ts";
import { Dice } from "../dice.ts";

const FLAGS = ["hairpin", "learning", "flood", "mcast_flood", "bcast_flood", "isolated", "locked"];

/** The frames of `generateBridge`, and in every third gap between them a command in the bridge's namespace. */
export function bridgeCase(seed: string): Case {
  const base = generateBridge(seed, false);
  const dice = new Dice(`bridge of ${seed}`);
  const ports = base.lab.nodes.filter(({ name }) => name !== "sw").map((_, i) => `p${i + 1}`);
  const traffic = base.traffic.flatMap((each) => {
    if (!("at" in each) || dice.chance(0.66)) return [each];
    const command = commandFor(dice, dice.of(ports));
    return [each, { kind: "command", at: each.at + 75, ns: "sw", command } satisfies CommandTraffic];
  });
  // A kernel without VLANs lists its entries otherwise; the table itself is compared in any case.
  const questions = base.questions.filter(({ command }) => !command!.startsWith("bridge fdb"));
  return { ...base, traffic, questions };
}

function commandFor(dice: Dice, port: string): string {
  switch (dice.whole(1, 6)) {
    case 1:
      // Not listening or learning: 15 s after a port came up the kernel ends those, whoever set them (forward_delay_timer).
      return `bridge link set dev ${port} state ${dice.of([0, 3, 4])}`;
    case 2:
      return `ip link set ${port} ${dice.of(["up", "up", "down"])}`;
    case 3: {
      // Whose frames come by another port moves, where there are VLANs only in one of its entries.
      const number = dice.whole(1, 8);
      const verb = number > 4 ? dice.of(["replace", "replace", "del"]) : "replace";
      return `bridge fdb ${verb} 02:00:00:00:01:0${number} dev ${port} master static`;
    }
    case 4:
      return "bridge -d link";
    default:
      return `bridge link set dev ${port} ${dice.of(FLAGS)} ${dice.of(["on", "off"])}`;
  }
}
