// What students find by thinking about kube-proxy's rules, set against the rules, their counters and conntrack.
import { readService } from "../../kube/proxy/iptables/read-service.ts";
import type { Lab } from "../../lab/lab.ts";
import { place, runShell } from "../../tools/shell.ts";
import { no, type Property, type Task } from "../assignment.ts";
import { bare } from "../pods.ts";
import type { ServicesValues } from "../services.ts";
import { ENDPOINTS, type PodName, servicesLab, writeServiceRules } from "../services-lab.ts";
import { field, numbered } from "./answers.ts";
import { ask, serve } from "./services-asking.ts";

const run = (lab: Lab, where: string, text: string): string => runShell(lab, place(lab, where), text).out;

/** The student's lab with kube-proxy's rules, for these endpoints. */
function served({ plan }: ServicesValues, endpoints: readonly string[] = ENDPOINTS): Lab {
  const lab = servicesLab(plan);
  writeServiceRules(lab, plan, endpoints);
  for (const pod of ENDPOINTS) serve(lab, pod, plan.service.targetPort);
  return lab;
}

/** What kube-proxy writes on node-1 for so many endpoints. */
function saved(values: ServicesValues): string {
  const { endpoints } = values.numbers;
  return run(
    served(
      values,
      Array.from({ length: endpoints }, (_, i) => `10.9.0.${i + 1}`),
    ),
    "node-1",
    "iptables-save -t nat",
  );
}

const pickOf = (values: ServicesValues) => {
  const { picks } = readService(saved(values), values.plan.service.name);
  return picks[values.numbers.endpoint - 1]!;
};

export const COUNTED: Task<ServicesValues> = {
  name: "counted",
  properties: [
    numbered(
      "rules",
      1,
      (values: ServicesValues) => {
        const { name } = values.plan.service;
        const own = saved(values)
          .match(/^-A .*$/gm)!
          .filter((rule) => rule.includes(`${name}`));
        return own.filter((rule) => !/^-A KUBE-(NODEPORTS|EXT)/.test(rule)).length;
      },
      "One leads to the Service's chain; in there one marks, and each endpoint has one; and each endpoint's chain has two.",
    ),
    {
      title: "chance",
      points: 1,
      holds(answer, { values }) {
        const given = field(answer, "chance", "number");
        // Rounded as the kernel does, in 31 bits, or not at all.
        if (Math.abs(given - Number(pickOf(values).probability)) < 1e-8) return { ok: true, because: `${given}` };
        return no(
          `Not ${given}. Those who come to this rule are not all: some were picked before. Of the others each endpoint gets the same.`,
        );
      },
    },
    numbered(
      "tried",
      1,
      (values: ServicesValues) => pickOf(values).rule,
      "The chain begins with a rule that only marks.",
    ),
    numbered(
      "packets",
      1,
      (values: ServicesValues) => {
        const { clusterIP, port } = values.plan.service;
        const lab = served(values);
        for (let i = 0; i < values.numbers.connections; i++) ask(lab, "client", clusterIP, port);
        const listed = run(lab, "node-1", "iptables -t nat -nvxL KUBE-SERVICES").split("\n");
        return Number(
          listed
            .find((line) => line.includes(clusterIP))!
            .trim()
            .split(/\s+/)[0],
        );
      },
      "Who remembers the connection, so that no rule of this table is asked again?",
    ),
  ],
};

/** The half of conntrack's line that is about answers, by its words. */
function answerHalf(line: string): ReadonlyMap<string, string> {
  const words = [...line.matchAll(/\b(src|dst|sport|dport)=(\S+)/g)].map(([, name, value]) => [name!, value!] as const);
  return new Map(words.slice(-4));
}

function tuple(
  name: "pod" | "hairpin" | "outside",
  node: string,
  hint: string,
  way: (values: ServicesValues) => { readonly from: string; readonly to: string; readonly endpoint: PodName },
): Property<ServicesValues> {
  return {
    title: name,
    points: 1,
    holds(answer, { values }) {
      const given = answerHalf(field(answer, name, "string"));
      const { from, to, endpoint } = way(values);
      const lab = served(values, [endpoint]);
      const port = values.connections.ports[name];
      run(lab, from, `nc -z -w 2 -p ${port} ${to}`);
      const truth = answerHalf(run(lab, node, `conntrack -L -p tcp --orig-port-src ${port}`));
      const wrong = [...truth].filter(([word, value]) => given.get(word) !== value).map(([word]) => word);
      if (wrong.length === 0) return { ok: true, because: "" };
      return no(`Not so: ${wrong.map((word) => `${word}=${given.get(word) ?? ""}`).join(" ")}. ${hint}`);
    },
  };
}

export const TUPLES: Task<ServicesValues> = {
  name: "tuples",
  properties: [
    tuple("pod", "node-1", "The answer comes from the pod that was picked, to whom the pod saw.", (values) => {
      const { clusterIP, port } = values.plan.service;
      return { from: "client", to: `${clusterIP} ${port}`, endpoint: values.connections.endpoint };
    }),
    tuple("hairpin", "node-1", "The pod may not see itself. Out of which device does the packet go back?", (values) => {
      const { clusterIP, port } = values.plan.service;
      return { from: "red", to: `${clusterIP} ${port}`, endpoint: "red" };
    }),
    tuple(
      "outside",
      "node-3",
      "node-3 sends it on in its own name, or the answer would not come by here.",
      (values) => {
        const { nodes, service } = values.plan;
        return {
          from: "outside",
          to: `${bare(nodes[2])} ${service.nodePort}`,
          endpoint: values.connections.endpoint,
        };
      },
    ),
  ],
};
