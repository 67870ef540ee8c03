// The slips in the rules of homework 2, each of which one command makes and one command mends.
import { readService, type ServiceRules } from "../kube/proxy/iptables/read-service.ts";
import type { Lab } from "../lab/lab.ts";
import { place, runShell } from "../tools/shell.ts";
import { bare } from "./pods.ts";
import { type ServicePlan, servicesLab, writeServiceRules } from "./services-lab.ts";

/** `rules` are those of the node in `where`. */
interface Slip {
  readonly where: "node-1" | "node-2" | "node-3";
  command(rules: ServiceRules, plan: ServicePlan): string;
}

/** The chain of an endpoint. */
const chainTo = ({ picks }: ServiceRules, address: string) =>
  picks.find(({ to }) => to.startsWith(`${bare(address)}:`))!.chain;

const SLIPS: readonly Slip[] = [
  {
    where: "node-1",
    command(rules, { pods, service }) {
      const to = `${bare(pods.green)}:${service.targetPort + 1}`;
      return `iptables -t nat -R ${chainTo(rules, pods.green)} 2 -p tcp -m comment --comment ${service.name} -j DNAT --to-destination ${to}`;
    },
  },
  {
    where: "node-3",
    command({ chain, picks }) {
      const [first] = picks;
      return `iptables -t nat -R ${chain} ${first!.rule} -j ${first!.chain}`;
    },
  },
  { where: "node-2", command: () => "iptables -t nat -D KUBE-POSTROUTING 3" },
  { where: "node-3", command: () => "iptables -t nat -D OUTPUT 1" },
  { where: "node-3", command: () => "iptables -t nat -D PREROUTING 1" },
  { where: "node-1", command: (rules, { pods }) => `iptables -t nat -D ${chainTo(rules, pods.red)} 1` },
  { where: "node-3", command: () => "iptables -t nat -D KUBE-SERVICES 2" },
  {
    where: "node-2",
    command: (_, { pods, service }) =>
      `iptables -I FORWARD -s ${bare(pods.client)} -p tcp --dport ${service.targetPort} -j DROP`,
  },
];

/** A lab with kube-proxy's rules and three slips. */
export function slipInRules(dice: Lab, plan: ServicePlan): Lab {
  const lab = servicesLab(plan);
  writeServiceRules(lab, plan);
  const run = (where: string, text: string) => runShell(lab, place(lab, where), text);
  const rulesOf = (where: string) => readService(run(where, "iptables-save -t nat").out, plan.service.name);
  const commands = SLIPS.map(({ where, command }) => [where, command(rulesOf(where), plan)] as const);
  for (let i = 0; i < 3; i++) run(...commands.splice(dice.below(commands.length), 1)[0]!);
  return lab;
}
