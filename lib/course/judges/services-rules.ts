// Judges rules for a Service that students write: by who gets packets, whom the pods see, and whether answers come back.
import type { Lab } from "../../lab/lab.ts";
import { all, no, type Property, type Task } from "../assignment.ts";
import type { Outcome } from "../check.ts";
import { bare } from "../pods.ts";
import type { ServicesValues } from "../services.ts";
import { ENDPOINTS, PODS_OF, type PodName, type ServicePlan } from "../services-lab.ts";
import { answered, ask, fair, meetsItself, ruled, serve } from "./services-asking.ts";

function property(
  title: string,
  points: number,
  holds: (lab: Lab, plan: ServicePlan, dice: Lab) => Outcome,
): Property<ServicesValues> {
  return {
    title,
    points,
    holds: (answer, { values, dice }) => holds(ruled(answer, values.cluster, values.plan), values.plan, dice),
  };
}

/** Asks until every endpoint answered, and each saw the client itself. */
function seenAs(lab: Lab, { pods, service }: ServicePlan, from: PodName): Outcome {
  const left = new Set<string>(ENDPOINTS);
  for (let i = 0; i < 60 && left.size > 0; i++) {
    const asked = ask(lab, from, service.clusterIP, service.port);
    if (!asked.ok) return asked;
    if (asked.seen !== bare(pods[from]))
      return no(`${asked.pod} sees ${asked.seen}, not ${from}'s own ${bare(pods[from])}.`);
    left.delete(asked.pod!);
  }
  return left.size === 0 ? { ok: true, because: "" } : no(`${[...left].join(", ")} never saw ${from}.`);
}

/** Asks at a node's port from outside, often enough to meet all of the node's endpoints. */
function localOnly(lab: Lab, { nodes, outside, service }: ServicePlan, i: 0 | 1): Outcome {
  const own = ENDPOINTS.filter((each) => PODS_OF[i]!.includes(each));
  const met = new Set<string>();
  for (let n = 0; n < 16; n++) {
    const asked = ask(lab, "outside", bare(nodes[i]), service.nodePort);
    if (!asked.ok) return asked;
    if (asked.seen !== bare(outside)) return no(`${asked.pod} sees ${asked.seen}, not the client ${bare(outside)}.`);
    if (!own.some((each) => each === asked.pod))
      return no(`node-${i + 1} sends it on to ${asked.pod}, of another node.`);
    met.add(asked.pod!);
  }
  const missed = own.filter((each) => !met.has(each));
  return missed.length === 0 ? { ok: true, because: "" } : no(`In 16 requests to node-${i + 1} ${missed} got none.`);
}

/** Traffic that only looks like the Service's, once it works. */
function untouched(lab: Lab, plan: ServicePlan, dice: Lab): Outcome {
  const { nodes, pods, outside, service } = plan;
  const other = 10_000 + dice.below(9000);
  const asIs = (from: string, where: string, address: string, port: number) => (): Outcome => {
    const asked = ask(lab, from, bare(address), port);
    if (asked.pod === where) return { ok: true, because: "" };
    const got = asked.ok ? `it got ${asked.pod}` : asked.because;
    return no(`${from} asked ${bare(address)}:${port}, which is ${where} itself: ${got}`);
  };
  for (const [where, port] of [
    ["outside", service.port],
    ["outside", service.nodePort],
    ["node-3", service.port],
    ["probe", service.nodePort],
    ["blue", other],
  ] as const)
    serve(lab, where, port);
  return all(
    () => answered(lab, plan, "client", 1),
    () => ask(lab, "outside", bare(nodes[1]), service.nodePort),
    asIs("client", "outside", outside, service.port),
    asIs("client", "outside", outside, service.nodePort),
    asIs("green", "node-3", nodes[2], service.port),
    asIs("red", "probe", pods.probe, service.nodePort),
    asIs("client", "blue", pods.blue, other),
    asIs("client", "green", pods.green, service.targetPort),
    () => {
      const asked = ask(lab, "client", service.clusterIP, other);
      return asked.ok
        ? no(`The Service has no port ${other}, but ${asked.pod} answers there.`)
        : { ok: true, because: "" };
    },
  );
}

export const RULES: Task<ServicesValues> = {
  name: "rules",
  properties: [
    property("pods and nodes are answered at the cluster IP", 2, (lab, plan) =>
      all(...["client", "probe", "node-1", "node-2", "node-3"].map((each) => () => answered(lab, plan, each))),
    ),
    property("each endpoint gets its share", 2, (lab, plan) =>
      all(...["client", "probe", "node-2"].map((each) => () => fair(lab, plan, each))),
    ),
    property("a pod is seen with its own address", 1, (lab, plan) =>
      all(
        () => seenAs(lab, plan, "client"),
        () => seenAs(lab, plan, "probe"),
      ),
    ),
    property("a pod that meets itself is answered", 2, (lab, plan) =>
      all(...ENDPOINTS.map((each) => () => meetsItself(lab, plan, each))),
    ),
    property("a node's port leads to pods of that node, which see the client", 2, (lab, plan) =>
      all(
        () => localOnly(lab, plan, 0),
        () => localOnly(lab, plan, 1),
      ),
    ),
    property("a node without such a pod is silent", 1, (lab, plan) =>
      all(
        () => localOnly(lab, plan, 1),
        () => {
          const { ok, pod, status } = ask(lab, "outside", bare(plan.nodes[2]), plan.service.nodePort);
          if (ok) return no(`node-3 sends it on to ${pod}.`);
          // curl's CURLE_OPERATION_TIMEDOUT.
          return status === 28
            ? { ok: true, because: "" }
            : no("node-3 refuses at once: a balancer's client is told off.");
        },
      ),
    ),
    property("nothing else is touched", 1, untouched),
  ],
};
