// Homework 1, "pods": what each student gets, and nothing of how it is judged.
import type { LabData } from "../lab/data.ts";
import { labData } from "../lab/data-write.ts";
import { Lab } from "../lab/lab.ts";
import { place, runShell } from "../tools/shell.ts";

/** Two nodes, each with a bridge and a network of pods; the nodes share a link. */
export interface Plan {
  readonly nodes: readonly [string, string];
  /** The bridges' addresses, as `10.17.4.1/24`: the gateways of the pods there. */
  readonly bridges: readonly [string, string];
  /** Pods of node-1. */
  readonly red: string;
  readonly green: string;
  /** A pod of node-2. */
  readonly blue: string;
}

/** What is a student's own in homework 1. */
export interface PodsValues {
  readonly student: string;
  /** So many routers stand in a row between two pods. */
  readonly routers: number;
  /** MTU of the link between two nodes. */
  readonly mtu: number;
  readonly ports: { readonly web: number; readonly cache: number };
  readonly plan: Plan;
  /** A lab that was wired by another plan, and then by three slips of the hand. */
  readonly broken: LabData;
  readonly brokenPlan: Plan;
}

/** The values of a student: same id, same values. */
export function podsValues(student: string): PodsValues {
  const dice = new Lab({ seed: `homework pods: ${student}` });
  const [plan, brokenPlan] = [drawPlan(dice), drawPlan(dice)];
  return {
    student,
    routers: 3 + dice.below(5),
    mtu: 1400 + 4 * dice.below(500),
    ports: { web: 8000 + dice.below(1000), cache: 6000 + dice.below(1000) },
    plan,
    broken: labData(breakIt(dice, brokenPlan)),
    brokenPlan,
  };
}

function drawPlan(dice: Lab): Plan {
  const pods = 16 + dice.below(200);
  const [first, second] = [1 + dice.below(120), 125 + dice.below(120)];
  const hosts = 1 + dice.below(250);
  const red = 2 + dice.below(100);
  return {
    nodes: [`192.168.${hosts}.11/24`, `192.168.${hosts}.12/24`],
    bridges: [`10.${pods}.${first}.1/24`, `10.${pods}.${second}.1/24`],
    red: `10.${pods}.${first}.${red}/24`,
    green: `10.${pods}.${first}.${red + 1 + dice.below(100)}/24`,
    blue: `10.${pods}.${second}.${2 + dice.below(200)}/24`,
  };
}

/** The address without the length of its network. */
export function bare(address: string): string {
  return address.split("/")[0]!;
}

/** The network of an address that has 24 bits of it, as `10.17.4.0/24`. */
export function network(address: string): string {
  return address.replace(/\d+\/24$/, "0/24");
}

/** The slips, each of which one command mends. */
const SLIPS: readonly ((plan: Plan) => readonly [where: string, command: string])[] = [
  () => ["node-1", "sysctl -w net.ipv4.ip_forward=0"],
  ({ bridges }) => ["node-2", `ip route del ${network(bridges[0])}`],
  ({ bridges, nodes }) => [
    "node-1",
    `ip route replace ${network(bridges[1])} via ${bare(nodes[0]).replace(/11$/, "77")}`,
  ],
  ({ bridges }) => ["red", `ip neigh replace ${bare(bridges[0])} lladdr 02:00:00:00:00:99 dev eth0 nud permanent`],
  ({ bridges }) => ["green", `ip route replace default via ${bare(bridges[0]).replace(/1$/, "254")}`],
  ({ bridges }) => ["blue", `ip route del default via ${bare(bridges[1])}`],
  () => ["node-2", "ip link set cni0 down"],
];

function breakIt(dice: Lab, plan: Plan): Lab {
  const lab = new Lab({ seed: `broken: ${plan.red} ${plan.blue}` });
  const [first, second] = [lab.node("node-1").forward(), lab.node("node-2").forward()];
  const [a, b] = plan.bridges;
  first.bridge("cni0", { address: a });
  second.bridge("cni0", { address: b });
  first.pod("red", { bridge: "cni0", address: plan.red, gateway: bare(a) });
  first.pod("green", { bridge: "cni0", address: plan.green, gateway: bare(a) });
  second.pod("blue", { bridge: "cni0", address: plan.blue, gateway: bare(b) });
  lab.cable("node-1", "eth0", "node-2", "eth0");
  const run = (where: string, text: string) => void runShell(lab, place(lab, where), text);
  run("node-1", `ip addr add ${plan.nodes[0]} dev eth0; ip route add ${network(b)} via ${bare(plan.nodes[1])}`);
  run("node-2", `ip addr add ${plan.nodes[1]} dev eth0; ip route add ${network(a)} via ${bare(plan.nodes[0])}`);
  const left = [...SLIPS];
  for (let i = 0; i < 3; i++) run(...left.splice(dice.below(left.length), 1)[0]!(plan));
  return lab;
}
