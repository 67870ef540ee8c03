// How the judges of homework 2 ask: web servers in the pods behind the Service say who they are and whom they saw.

import { chiSquare } from "../../draw/histogram.ts";
import type { LabData } from "../../lab/data.ts";
import { labFrom } from "../../lab/data-read.ts";
import { firstPackets } from "../../lab/first-packets.ts";
import type { Lab } from "../../lab/lab.ts";
import { httpServer } from "../../lab/programs.ts";
import { place, runShell } from "../../tools/shell.ts";
import { LEVEL } from "../../trace/step.ts";
import { ipv4 } from "../../wire/address.ts";
import { all, no } from "../assignment.ts";
import type { Outcome } from "../check.ts";
import { outcomeOf } from "../loss.ts";
import { bare } from "../pods.ts";
import { ENDPOINTS, NODES, type PodName, type ServicePlan } from "../services-lab.ts";
import { commandsFor } from "./answers.ts";

/** What came of a request: which pod answered, and the address it saw. */
export interface Asked extends Outcome {
  readonly pod?: string;
  readonly seen?: string;
  /** How curl ended. */
  readonly status: number;
}

/** A fresh lab in which an answer's commands ran, with its pods' servers. */
export function ruled(answer: unknown, data: LabData, { service }: ServicePlan): Lab {
  const lab = labFrom(data);
  for (const node of NODES) {
    const text = commandsFor(answer, node);
    if (text.trim() !== "") runShell(lab, place(lab, node), text);
  }
  for (const pod of ENDPOINTS) serve(lab, pod, service.targetPort);
  return lab;
}

export function serve(lab: Lab, where: string, port: number): void {
  const ns = lab.netns(where);
  const unheard = () => {};
  lab.start("server", { ns, out: unheard, err: unheard }, httpServer(ns, { port }));
  lab.run();
}

export function ask(lab: Lab, from: string, address: string, port: number): Asked {
  const { out, status, because } = outcomeOf(lab, from, `curl -s -m 3 http://${address}:${port}/`);
  const [, pod, seen] = /^(\S+) saw client ([\d.]+):/.exec(out) ?? [];
  if (pod !== undefined && seen !== undefined) return { ok: true, because: "", pod, seen, status };
  return { ok: false, because: `From ${from}: ${because}`, status };
}

/** So many requests of `from` to the cluster IP are answered. */
export function answered(lab: Lab, { service }: ServicePlan, from: string, times = 3): Outcome {
  return all(...Array.from({ length: times }, () => () => ask(lab, from, service.clusterIP, service.port)));
}

const SYNS = 600;
const REQUESTS = 120;
/** Fair dice are less often as uneven as that. */
const UNFAIR = 0.0005;

/** Whether all endpoints, and nobody else, get equal shares of the connections from `from`. */
export function fair(lab: Lab, { service, pods }: ServicePlan, from: string): Outcome {
  const { clusterIP, port, targetPort } = service;
  lab.recorder.level = LEVEL.off;
  const wanted = ENDPOINTS.map((each) => `${bare(pods[each])}:${targetPort}`);
  let to = firstPackets(lab, { from: lab.netns(from), to: ipv4(clusterIP), port }, SYNS);
  // Who picks elsewhere than on the client's node is asked by requests.
  if (!to.some((each) => each !== null && wanted.includes(each)))
    to = Array.from({ length: REQUESTS }, () => {
      const { pod } = ask(lab, from, clusterIP, port);
      return pod === undefined ? null : `${bare(pods[pod as PodName])}:${targetPort}`;
    });
  const counts = wanted.map((each) => to.filter((other) => other === each).length);
  const told = ENDPOINTS.map((each, i) => `${each} ${counts[i]}`).join(", ");
  const others = to.find((each) => each === null || !wanted.includes(each));
  if (others !== undefined)
    return no(
      `Of ${to.length} connections of ${from} ${told}; others went ${others === null ? "nowhere" : `to ${others}`}.`,
    );
  const because = `Of ${to.length} connections of ${from} ${told}.`;
  return { ok: chiSquare(counts).chance > UNFAIR, because };
}

const MOST = 40;

/** Whether a pod behind the Service asks it, is answered each time, and meets itself at some time. */
export function meetsItself(lab: Lab, { service }: ServicePlan, pod: string): Outcome {
  for (let i = 0; i < MOST; i++) {
    const asked = ask(lab, pod, service.clusterIP, service.port);
    if (!asked.ok) return no(`${asked.because} Whom had it been sent to, and whose answer does it wait for?`);
    if (asked.pod === pod) return { ok: true, because: "" };
  }
  return no(`${pod} asked ${MOST} times and never met itself.`);
}
