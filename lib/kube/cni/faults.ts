// Clusters broken on purpose: what goes wrong in life, done with the commands that mend it too. What is broken is told only
// when it is mended, so that a reader may look for it.
// Before you edit: facts 6 and samples/90 B and D; cni/plugin.ts, cluster.ts.
import { BadInput, didYouMean } from "../../wire/input.ts";
import type { Cluster } from "../cluster.ts";
import { AwsVpc } from "./aws-vpc.ts";
import { cutReturn } from "./faults-route.ts";
import { type RunningPod, runningPods, type Step, twoNodes } from "./faults-step.ts";
import { run } from "./plugin.ts";

export const FAULTS = [
  "static-arp-deleted",
  "wrong-fdb-destination",
  "mtu-black-hole",
  "strict-rp-filter",
  "missing-return-route",
  "bridge-nf-call-iptables",
  "exhausted-eni-addresses",
] as const;

export type FaultName = (typeof FAULTS)[number];

/** What a user notices, what was done, and why it fails as it does. */
export interface Fault {
  readonly symptom: string;
  readonly because: string;
  readonly steps: readonly Step[];
}

const MAKERS: Readonly<Record<FaultName, (k8s: Cluster) => Fault>> = {
  "static-arp-deleted": staticArpDeleted,
  "wrong-fdb-destination": wrongFdbDestination,
  "mtu-black-hole": mtuBlackHole,
  "strict-rp-filter": strictRpFilter,
  "missing-return-route": missingReturnRoute,
  "bridge-nf-call-iptables": bridgeNotFiltered,
  "exhausted-eni-addresses": exhaustedAddresses,
};

/** Breaks a cluster. Throws BadInput for a fault there is not, or that this cluster cannot have; nothing is broken then. */
export function breakCluster(k8s: Cluster, name: FaultName): Fault {
  if (!Object.hasOwn(MAKERS, name))
    throw new BadInput("no fault of this name", name, `There are: ${FAULTS.join(", ")}.${didYouMean(name, FAULTS)}`);
  const fault = MAKERS[name](k8s);
  for (const step of fault.steps) step.break();
  return fault;
}

/** Undoes it, the last thing first; tells why nothing went, and what had been typed. */
export function mendCluster({ steps, because }: Fault): string {
  for (const step of steps.toReversed()) step.mend();
  return [because, "", "What had broken it:", ...steps.map(({ says }) => says)].join("\n");
}

function cannot(name: FaultName, why: string): never {
  throw new BadInput("this cluster cannot be broken so", name, why);
}

function typed(k8s: Cluster, where: string, wrong: string, right: string): Step {
  const ns = k8s.lab.netns(where);
  return {
    says: `[${where}] # ${wrong}`,
    break: () => run(k8s.lab, ns, wrong),
    mend: () => run(k8s.lab, ns, right),
  };
}

function staticArpDeleted(k8s: Cluster): Fault {
  const found = runningPods(k8s).flatMap(({ ns }) =>
    [...ns.inet].flatMap(([device, { neighbours }]) =>
      [...neighbours.values()].flatMap((entry) => (entry.state === "PERMANENT" ? [{ ns, device, entry }] : [])),
    ),
  );
  if (found.length === 0) cannot("static-arp-deleted", "No pod of it has a static neighbour: AWS's plugin makes such.");
  const { ns, device, entry } = found[0]!;
  const line = `${entry.address} dev ${device.name}`;
  return {
    symptom: `The pod ${ns.name} reaches nobody, and nobody reaches it, not even its node.`,
    because: `${entry.address} is a gateway that nobody has: its MAC must be told. Without the entry ${ns.name} asks for it by ARP, and the node does not answer, because proxy_arp is 0.`,
    steps: [typed(k8s, ns.name, `ip neigh del ${line}`, `ip neigh replace ${line} lladdr ${entry.mac} nud permanent`)],
  };
}

function wrongFdbDestination(k8s: Cluster): Fault {
  const [here, there] = twoNodes(k8s);
  const tunnel = [...here.ns.devices.values()].find(({ vxlan }) => vxlan !== null);
  const entry = [...(tunnel?.vxlan?.fdb.values() ?? [])].find(({ remotes }) =>
    remotes.some(({ address }) => `${address}` === there.address),
  );
  if (tunnel === undefined || entry === undefined)
    return cannot("wrong-fdb-destination", "Its nodes have no VXLAN device with entries for each other.");
  const wrong = [...k8s.kubelets.values()].find((each) => each !== here && each !== there)!;
  const set = (dst: string) => `bridge fdb replace ${entry.mac} dev ${tunnel.name} dst ${dst} self permanent`;
  return {
    symptom: `Pods of ${here.machine.name} reach pods of other nodes, but none of ${there.machine.name}.`,
    because: `The route and the neighbour of ${tunnel.name} on ${here.machine.name} are right, the entry of its FDB is not: the frames for ${there.machine.name} are sent to ${wrong.machine.name}, which takes them out of their datagrams and finds they are for somebody else's MAC.`,
    steps: [typed(k8s, here.machine.name, set(wrong.address), set(there.address))],
  };
}

/** A cable towards a node takes less than everybody believes, and says nothing. */
function mtuBlackHole(k8s: Cluster): Fault {
  const { lab } = k8s;
  const [, there] = twoNodes(k8s);
  const { peer, mtu } = there.ns.devices.get("eth0")!;
  const port = peer!;
  const where = port.owner.name;
  const small = mtu - 100;
  const steps = [typed(k8s, where, `ip link set ${port.name} mtu ${small}`, `ip link set ${port.name} mtu ${mtu}`)];
  if (lab.machines.get(where)!.root.sysctls.get("net.ipv4.ip_forward") === 1) {
    const rule = "OUTPUT -p icmp --icmp-type fragmentation-needed -j DROP";
    steps.push(typed(k8s, where, `iptables -A ${rule}`, `iptables -D ${rule}`));
  }
  return {
    symptom: `Small packets reach the pods of ${there.machine.name}, and connections to them open, but what is long never arrives.`,
    because: `On the way to ${there.machine.name} nothing longer than ${small} octets passes, while its neighbours believe in ${mtu}; and nobody is told with "fragmentation needed", so senders send the same again and again.`,
    steps,
  };
}

function strictRpFilter(k8s: Cluster): Fault {
  const found = runningPods(k8s).find(({ node, address }) =>
    node.ns.rules.some(({ from }) => `${from?.address}` === address),
  );
  if (found === undefined)
    return cannot(
      "strict-rp-filter",
      "No pod has a routing rule of its own, as AWS's pods behind eth1 have: answers leave by the device that questions come by.",
    );
  const { node, ns } = found;
  const key = "net.ipv4.conf.eth0.rp_filter";
  return {
    symptom: `Pods reach ${ns.name}, but who asks for it at a port of its node, ${node.machine.name}, gets no answer.`,
    because: `${ns.name} has an address of a second interface, and the rule for packets from it sends them out by that one. A packet for the node's port comes in by eth0 and is for ${ns.name} once DNAT changed it, so the check asks by which device ${ns.name} would answer: not by eth0. A strict check (1) drops it; a loose one (2), as the plugin sets it, is content with any device.`,
    steps: [typed(k8s, node.machine.name, `sysctl -w ${key}=1`, `sysctl -w ${key}=${node.ns.sysctls.get(key)}`)],
  };
}

function missingReturnRoute(k8s: Cluster): Fault {
  const pods = runningPods(k8s);
  const to = pods.find(({ node }) => node !== pods[0]!.node);
  if (to === undefined) return cannot("missing-return-route", "It needs pods on two nodes.");
  const from: RunningPod = pods[0]!;
  const found = cutReturn(k8s, to, from);
  if (found === null)
    return cannot("missing-return-route", "No machine has a route of its own to the other node's pods.");
  const { where, line } = found;
  return {
    symptom: `${from.ns.name} gets no answer from ${to.ns.name}, though its packets arrive there.`,
    because: `The way there is whole, but ${where} lost its route back to ${line.split(" ")[0]}: answers take a wider route, or none, and end.`,
    steps: [typed(k8s, where, `ip route del ${line}`, `ip route add ${line}`)],
  };
}

function bridgeNotFiltered(k8s: Cluster): Fault {
  const nodes = [...k8s.kubelets.values()].filter(({ ns }) =>
    [...ns.devices.values()].some(({ kind }) => kind === "bridge"),
  );
  if (nodes.length === 0)
    return cannot(
      "bridge-nf-call-iptables",
      "No node of it has a bridge: its packets are routed, and pass iptables anyway.",
    );
  const key = "net.bridge.bridge-nf-call-iptables";
  return {
    symptom: "The address of a Service works from other nodes, but not always between pods of one node.",
    because:
      "The Service's address was changed to that of a pod on the same bridge. The answer is bridged straight to the client, and as iptables is not called for bridged packets, nobody changes its source back: the client knows no connection to that pod.",
    steps: nodes.map(({ machine }) => typed(k8s, machine.name, `sysctl -w ${key}=0`, `sysctl -w ${key}=1`)),
  };
}

function exhaustedAddresses({ underlay }: Cluster): Fault {
  if (!(underlay instanceof AwsVpc))
    return cannot("exhausted-eni-addresses", "Its pods have no addresses of network interfaces, as with aws-vpc.");
  const step: Step = {
    says: "EC2: InsufficientFreeAddressesInSubnet: the subnet has no free address, and nodes kept none.",
    break() {
      underlay.isFull = true;
    },
    mend() {
      underlay.isFull = false;
    },
  };
  return {
    symptom: "Pods that run go on, new ones stay in ContainerCreating.",
    because:
      "A pod's address is one of the subnet that the VPC delivers to an interface of its node, and all are taken. The scheduler counts pods, not addresses, and sends more.",
    steps: [step],
  };
}
