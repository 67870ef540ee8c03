// The lab of homework 2: three nodes with pods, a machine outside, and what kube-proxy would write there.
// Before you edit: lib/kube/proxy/iptables, facts 3.1 and 3.2.
import type { ProxiedSlice } from "../kube/proxy/endpoints.ts";
import { IptablesProxier } from "../kube/proxy/iptables/proxier.ts";
import type { ProxiedService } from "../kube/proxy/service-port.ts";
import { DEFAULTS } from "../kube/proxy/settings.ts";
import { Tracker } from "../kube/proxy/tracker.ts";
import { Lab } from "../lab/lab.ts";
import { place, runShell } from "../tools/shell.ts";
import { ipv4 } from "../wire/address.ts";
import { bare, network } from "./pods.ts";

export type PodName = "client" | "red" | "green" | "blue" | "probe";

/** Three nodes and a machine outside on one wire; each node with a bridge and a network of pods. */
export interface ServicePlan {
  /** `node-1` to `node-3`, as `192.168.7.11/24`. */
  readonly nodes: readonly [string, string, string];
  /** The nodes' default gateway; it has routes to pods, and knows nothing of Services. */
  readonly outside: string;
  readonly podNetwork: string;
  /** The bridges' addresses: the gateways of the pods there. */
  readonly bridges: readonly [string, string, string];
  /** `client` and `red` on node-1, `green` and `blue` on node-2, `probe` on node-3. */
  readonly pods: Readonly<Record<PodName, string>>;
  readonly service: {
    readonly name: string;
    readonly clusterIP: string;
    readonly port: number;
    readonly targetPort: number;
    readonly nodePort: number;
  };
}

export const NODES = ["node-1", "node-2", "node-3"] as const;
export const PODS_OF: readonly (readonly PodName[])[] = [["client", "red"], ["green", "blue"], ["probe"]];
/** The pods behind the Service. */
export const ENDPOINTS = ["red", "green", "blue"] as const;

/** The lab without a rule. */
export function servicesLab(plan: ServicePlan): Lab {
  const lab = new Lab({ seed: `services: ${plan.pods.red}` });
  lab.node("outside");
  for (const name of NODES) lab.node(name).forward().load("br_netfilter");
  lab.switch("rack", [...NODES, "outside"]);
  const run = (where: string, text: string) => void runShell(lab, place(lab, where), text);
  const ways = plan.bridges.map((each, i) => `ip route add ${network(each)} via ${bare(plan.nodes[i]!)}`);
  run("outside", `ip addr add ${plan.outside} dev eth0; ${ways.join("; ")}`);
  NODES.forEach((name, i) => {
    const machine = lab.machines.get(name)!;
    const gateway = plan.bridges[i]!;
    machine.bridge("cni0", { address: gateway });
    run(name, `ip addr add ${plan.nodes[i]} dev eth0; ip route add default via ${bare(plan.outside)}`);
    for (const pod of PODS_OF[i]!) {
      machine.pod(pod, { bridge: "cni0", address: plan.pods[pod], gateway: bare(gateway) });
      // Else the bridge keeps a pod's packets to itself from it.
      run(name, `bridge link set dev ${lab.netns(pod).devices.get("eth0")!.peer!.name} hairpin on`);
    }
    plan.bridges.forEach((other, j) => {
      if (i !== j) run(name, `ip route add ${network(other)} via ${bare(plan.nodes[j]!)}`);
    });
  });
  return lab;
}

/** Has kube-proxy write its rules for the Service on every node, with these endpoints. */
export function writeServiceRules(lab: Lab, plan: ServicePlan, endpoints: readonly string[] = ENDPOINTS): void {
  const { name, clusterIP, port, targetPort, nodePort } = plan.service;
  const [namespace, service, portName] = name.split(/[/:]/) as [string, string, string];
  const own = { namespace, uid: "", resourceVersion: "", creationTimestamp: "" };
  const object: ProxiedService = {
    ...{ apiVersion: "v1", kind: "Service", metadata: { ...own, name: service } },
    spec: {
      ...{ type: "NodePort", clusterIP, externalTrafficPolicy: "Cluster" },
      ports: [{ name: portName, protocol: "TCP", port, targetPort, nodePort }],
    },
  };
  const labels = { "kubernetes.io/service-name": service };
  const slice: ProxiedSlice = {
    ...{ apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", addressType: "IPv4" },
    metadata: { ...own, name: `${service}-x`, labels },
    endpoints: endpoints.map((each) => ({
      addresses: [bare(plan.pods[each as PodName] ?? each)],
      nodeName: NODES[PODS_OF.findIndex((pods) => pods.includes(each as PodName))] ?? NODES[0],
    })),
    ports: [{ name: portName, port: targetPort, protocol: "TCP" }],
  };
  NODES.forEach((node, i) => {
    const tracker = new Tracker(4, node);
    tracker.setService(`${namespace}/${service}`, object);
    tracker.setSlice(slice, false);
    const local = { by: "source", cidr: plan.podNetwork } as const;
    // Masquerading keeps ports, so that they can be foretold.
    const settings = { ...DEFAULTS, local, nodeIP: ipv4(bare(plan.nodes[i]!)), randomFully: false };
    new IptablesProxier({ lab, ns: lab.netns(node) }, tracker, settings, { node, zone: "" }).sync();
  });
}
