// Makes a case that differs smaller, as long as it still differs: less traffic, fewer namespaces, routes, neighbours.
import type { LabData, NetnsData } from "../../lib/lab/data.ts";
import { labFrom } from "../../lib/lab/data-read.ts";
import { labData } from "../../lib/lab/data-write.ts";
import { removeDevice } from "../../lib/netns/configure.ts";
import type { Case } from "./case.ts";

/** For each candidate whether it still differs. */
export type StillDiffers = (candidates: readonly Case[]) => Promise<boolean[]>;

/** The smallest case found. Many candidates are tried at once: on the real kernel they cost the time of one. */
export async function shrink(test: Case, stillDiffers: StillDiffers): Promise<Case> {
  let best = test;
  for (;;) {
    const candidates = smaller(best);
    const results = await stillDiffers(candidates);
    const better = candidates.find((_, i) => results[i]);
    if (better === undefined) return best;
    best = better;
  }
}

/** Cases with one thing less, the largest pieces first. */
function smaller(test: Case): Case[] {
  const found: Case[] = [];
  const { traffic, questions } = test;
  const half = traffic.length >> 1;
  if (half > 1) found.push({ ...test, traffic: traffic.slice(0, half) }, { ...test, traffic: traffic.slice(half) });
  if (questions.length > 0) found.push({ ...test, questions: [] });
  for (const { name } of namespaces(test.lab))
    if (!test.lab.nodes.some((node) => node.name === name)) found.push(...withoutNetns(test, name));
  traffic.forEach((_, i) => {
    found.push({ ...test, traffic: traffic.filter((__, j) => j !== i) });
  });
  questions.forEach((_, i) => {
    found.push({ ...test, questions: questions.filter((__, j) => j !== i) });
  });
  for (const ns of namespaces(test.lab)) {
    for (const route of ns.routes)
      if (route.protocol !== "kernel")
        found.push(withNetns(test, ns.name, { ...ns, routes: ns.routes.filter((each) => each !== route) }));
    for (const neighbour of ns.neighbours)
      found.push(withNetns(test, ns.name, { ...ns, neighbours: ns.neighbours.filter((each) => each !== neighbour) }));
  }
  return found;
}

function namespaces(lab: LabData): NetnsData[] {
  return lab.nodes.flatMap((node) => node.namespaces);
}

function withNetns(test: Case, name: string, changed: NetnsData): Case {
  const nodes = test.lab.nodes.map((node) => ({
    ...node,
    namespaces: node.namespaces.map((ns) => (ns.name === name ? changed : ns)),
  }));
  return { ...test, lab: { ...test.lab, nodes } };
}

/** Without a pod: its cable goes too, as `ip netns del` takes it. */
function withoutNetns(test: Case, name: string): Case[] {
  const lab = labFrom(test.lab);
  const ns = lab.netns(name);
  for (const device of [...ns.devices.values()])
    if (device.peer !== null) {
      removeDevice(device.peer.owner as typeof ns, device.peer);
      removeDevice(ns, device);
    }
  lab.namespaces.delete(name);
  lab.machines.get(ns.node)!.namespaces.delete(name);
  return [
    {
      ...test,
      lab: labData(lab),
      traffic: test.traffic.filter((each) => each.ns !== name),
      questions: test.questions.filter((each) => each.ns !== name),
    },
  ];
}
