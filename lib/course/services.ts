// Homework 2, "services": what each student gets, and nothing of how it is judged.
import type { LabData } from "../lab/data.ts";
import { labData } from "../lab/data-write.ts";
import { Lab } from "../lab/lab.ts";
import { type PodName, type ServicePlan, servicesLab } from "./services-lab.ts";
import { slipInRules } from "./services-slips.ts";

export interface ServicesValues {
  readonly student: string;
  /** A Service with so many endpoints; one of them, counted from 1; so many connections to it. */
  readonly numbers: { readonly endpoints: number; readonly endpoint: number; readonly connections: number };
  readonly plan: ServicePlan;
  /** The lab of the plan, without a rule. */
  readonly cluster: LabData;
  /** Which endpoint the connections of the task get, and from which ports they come. */
  readonly connections: {
    readonly endpoint: PodName;
    readonly ports: { readonly pod: number; readonly hairpin: number; readonly outside: number };
  };
  /** A lab of another plan with kube-proxy's rules, and then three slips of the hand. */
  readonly broken: LabData;
  readonly brokenPlan: ServicePlan;
}

/** The values of a student: same id, same values. */
export function servicesValues(student: string): ServicesValues {
  const dice = new Lab({ seed: `homework services: ${student}` });
  const [plan, brokenPlan] = [drawPlan(dice), drawPlan(dice)];
  const endpoints = 5 + dice.below(8);
  const port = () => 20_000 + dice.below(10_000);
  return {
    student,
    numbers: { endpoints, endpoint: 2 + dice.below(endpoints - 3), connections: 3 + dice.below(7) },
    plan,
    cluster: labData(servicesLab(plan)),
    connections: {
      endpoint: dice.below(2) === 0 ? "green" : "blue",
      ports: { pod: port(), hairpin: port(), outside: port() },
    },
    broken: labData(slipInRules(dice, brokenPlan)),
    brokenPlan,
  };
}

function drawPlan(dice: Lab): ServicePlan {
  const pods = 16 + dice.below(80);
  const hosts = 1 + dice.below(250);
  const subnets = [1 + dice.below(80), 81 + dice.below(80), 161 + dice.below(80)];
  const [first, second, third] = subnets.map((each) => `10.${pods}.${each}`);
  const host = 2 + dice.below(100);
  return {
    nodes: [`192.168.${hosts}.11/24`, `192.168.${hosts}.12/24`, `192.168.${hosts}.13/24`],
    outside: `192.168.${hosts}.${100 + dice.below(100)}/24`,
    podNetwork: `10.${pods}.0.0/16`,
    bridges: [`${first}.1/24`, `${second}.1/24`, `${third}.1/24`],
    pods: {
      client: `${first}.${host}/24`,
      red: `${first}.${host + 1 + dice.below(100)}/24`,
      green: `${second}.${host}/24`,
      blue: `${second}.${host + 1 + dice.below(100)}/24`,
      probe: `${third}.${host}/24`,
    },
    service: {
      name: "shop/web:http",
      clusterIP: `10.${100 + dice.below(100)}.${dice.below(250)}.${2 + dice.below(250)}`,
      port: 80 + dice.below(900),
      targetPort: 3000 + dice.below(5000),
      nodePort: 30_000 + dice.below(2768),
    },
  };
}
