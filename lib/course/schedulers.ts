// Homework 4, "schedulers": what each student gets, and nothing of how it is judged.
import type { LabData } from "../lab/data.ts";
import { labData } from "../lab/data-write.ts";
import { Lab } from "../lab/lab.ts";
import { place, runShell } from "../tools/shell.ts";

/** How a virtual server by NAT is set up. */
export interface Farm {
  /** With its options, as `rr -p 600`. */
  readonly scheduler: string;
  /** Of the servers 1, 2, ..., in the order in which they are added. */
  readonly weights: readonly number[];
}

export interface SchedulersValues {
  readonly student: string;
  /** Weights of the servers 1, 2 and 3. */
  readonly weights: readonly number[];
  /** Of the service that is taken apart: its clients, and which of four servers goes. */
  readonly hashed: { readonly clients: readonly string[]; readonly gone: number };
  /** The server that is taken out for maintenance. */
  readonly tired: number;
  /** How fast the servers of the shop are, by their names, and how many requests come in a second. */
  readonly shop: { readonly speeds: Readonly<Record<string, number>>; readonly rate: number };
  /** Three directors with a virtual server each, as they should have been. */
  readonly meant: { readonly a: Farm; readonly b: Farm; readonly c: Farm };
  /** A lab with these three, each after a slip of the hand. */
  readonly broken: LabData;
}

export const SERVICE = "-t 192.0.2.10:80";

/** The values of a student: same id, same values. */
export function schedulersValues(student: string): SchedulersValues {
  const dice = new Lab({ seed: `homework schedulers: ${student}` });
  const meant = {
    a: { scheduler: "wrr", weights: shuffled(dice, [1, 2, 4 + dice.below(3)]) },
    b: { scheduler: "sh", weights: [1, 1, 1, 1] },
    c: { scheduler: "rr -p 900", weights: [1, 1, 1] },
  };
  return {
    student,
    weights: shuffled(dice, [1, 2 + dice.below(2), 4 + dice.below(3)]),
    hashed: {
      clients: Array.from({ length: 24 }, () => `203.0.${dice.below(200)}.${1 + dice.below(250)}`),
      gone: 1 + dice.below(4),
    },
    tired: 1 + dice.below(4),
    shop: drawShop(dice),
    meant,
    broken: labData(broken(dice, meant)),
  };
}

/** Of what the servers can do, requests of 50 ms on average take six tenths. */
function drawShop(dice: Lab): SchedulersValues["shop"] {
  const speeds = shuffled(dice, [1, 1, 2 + dice.below(2), 5 + dice.below(4)]);
  const sum = speeds.reduce((total, speed) => total + speed, 0);
  return { speeds: Object.fromEntries(speeds.map((speed, i) => [`${i + 1}`, speed])), rate: 12 * sum };
}

function shuffled<T>(dice: Lab, items: readonly T[]): T[] {
  const left = [...items];
  return items.map(() => left.splice(dice.below(left.length), 1)[0]!);
}

/** The commands that set a farm up. */
export function commandsOf({ scheduler, weights }: Farm): string {
  const servers = weights.map((weight, i) => `ipvsadm -a ${SERVICE} -r 10.0.0.${i + 1}:80 -m -w ${weight}`);
  return [`ipvsadm -A ${SERVICE} -s ${scheduler}`, ...servers].join("\n");
}

/** What is wrong afterwards, one command each; `best` and `n` are numbers of servers. */
const SLIPS = {
  a: [
    (n: number) => `ipvsadm -e ${SERVICE} -r 10.0.0.${n}:80 -m -w 0`,
    (_: number, best: number, { weights }: Farm) =>
      `ipvsadm -e ${SERVICE} -r 10.0.0.${best}:80 -m -w ${weights[best - 1]} -x 2`,
    () => `ipvsadm -E ${SERVICE} -s rr`,
  ],
  b: [
    () => `ipvsadm -E ${SERVICE} -s dh`,
    (n: number) => `ipvsadm -e ${SERVICE} -r 10.0.0.${n}:80 -m -w 9`,
    (n: number) => `ipvsadm -d ${SERVICE} -r 10.0.0.${n}:80`,
  ],
  c: [
    () => `ipvsadm -E ${SERVICE} -s rr -p 900 -M 255.0.0.0`,
    (n: number) => `ipvsadm -e ${SERVICE} -r 10.0.0.${n}:80 -m -w 0`,
    () => `ipvsadm -E ${SERVICE} -s fo -p 900`,
  ],
} as const;

function broken(dice: Lab, meant: SchedulersValues["meant"]): Lab {
  const lab = new Lab({ seed: "three directors" });
  for (const name of ["a", "b", "c"] as const) {
    const farm = meant[name];
    lab.node(name);
    const run = (text: string) => void runShell(lab, place(lab, name), text);
    run(commandsOf(farm));
    const best = 1 + farm.weights.indexOf(Math.max(...farm.weights));
    const slips: readonly ((n: number, best: number, farm: Farm) => string)[] = SLIPS[name];
    run(slips[dice.below(slips.length)]!(1 + dice.below(farm.weights.length), best, farm));
  }
  return lab;
}
