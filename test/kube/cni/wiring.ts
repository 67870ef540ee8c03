// The wiring of a small cluster as a case of the comparison with a real kernel: two pods on one node and one on another,
// and packets from each to each, from a node, and to the internet.
import { type Cluster, cluster } from "../../../lib/kube/cluster.ts";
import { awsVpc } from "../../../lib/kube/cni/aws.ts";
import type { CniPlugin } from "../../../lib/kube/cni/plugin.ts";
import type { Pod } from "../../../lib/kube/shapes.ts";
import { INTERNET } from "../../../lib/kube/underlay.ts";
import type { DeviceData, LabData } from "../../../lib/lab/data.ts";
import { labData } from "../../../lib/lab/data-write.ts";
import { Lab } from "../../../lib/lab/lab.ts";
import type { Machine } from "../../../lib/lab/machine.ts";
import type { Case, PingTraffic, TcpTraffic, Traffic } from "../../conform/case.ts";

/** Between two things that are done, in milliseconds. */
const PAUSE = 90;

/** One address on each interface, so that one pod is behind eth1. */
const SMALL: Readonly<Record<string, CniPlugin>> = { "aws-vpc": awsVpc({ instanceType: "t3.micro" }) };

const PODS = { a: "node-1", b: "node-1", c: "node-2" } as const;

/** Machines that share a kernel, as those of a script do: what is loaded for one shows in all. */
class IpipLab extends Lab {
  override node(name: string): Machine {
    return super.node(name).load("ipip");
  }
}

/** A case for the plugin of this name. */
export function wiringCase(cni: string): Case {
  const seed = `wiring ${cni}`;
  const lab = cni.endsWith("ipip") ? new IpipLab({ seed }) : new Lab({ seed });
  const k8s = cluster({ nodes: 2, cni: SMALL[cni] ?? cni, proxy: "none", lab });
  for (const [name, nodeName] of Object.entries(PODS)) {
    const spec = { nodeName, containers: [{ name: "app", image: "debian" }] };
    k8s.client("kubectl").create("pods", "default", { metadata: { name }, spec });
    k8s.settle();
  }
  const names = [...k8s.lab.namespaces.keys()];
  return {
    name: `wiring ${cni}`,
    lab: comparable(labData(k8s.lab)),
    traffic: trafficOf(k8s),
    questions: names.map((ns) => ({ ns, to: "", command: "ip rule" })),
  };
}

function trafficOf(k8s: Cluster): Traffic[] {
  const { lab, server } = k8s;
  const traffic: Traffic[] = [];
  let at = 30;
  const next = () => (at += PAUSE);
  const ping = (ns: string, to: string, size = 56): PingTraffic => {
    const how = { count: 1, interval: 100, discovery: size > 56 ? "do" : "dont", broadcast: false } as const;
    return { kind: "ping", at: next(), ns, to, size, ...how };
  };
  const pods = (server.store.list("/registry/pods", "/registry/pods/") as Pod[]).map(
    ({ metadata: { name }, status }) => ({ name, address: status!.podIP! }),
  );
  for (const from of pods) {
    for (const to of pods) if (from !== to) traffic.push(ping(from.name, to.address));
    traffic.push(ping(from.name, INTERNET));
  }
  for (const { address } of pods) traffic.push(ping("node-1", address));
  const [a, b, c] = pods as [(typeof pods)[0], (typeof pods)[0], (typeof pods)[0]];
  // As large as the pod may send, and as the nodes' network takes.
  const mtu = lab.netns("a").devices.get("eth0")!.mtu;
  for (const size of [mtu - 28, mtu - 27]) traffic.push(ping("a", c.address, size));
  for (const [from, to] of [
    [a, b],
    [a, c],
    [c, a],
  ] as const)
    traffic.push(...conversation(from.name, to, traffic.length, next));
  return traffic;
}

/** A connection, some octets each way, and the end. */
function conversation(
  client: string,
  { name, address }: { readonly name: string; readonly address: string },
  number: number,
  next: () => number,
): TcpTraffic[] {
  const [listener, near, far] = [`L${number}`, `c${number}`, `s${number}`];
  const port = 8000 + number;
  const call = (ns: string, socket: string, what: TcpTraffic["do"], more: Partial<TcpTraffic> = {}): TcpTraffic => {
    return { kind: "tcp", at: next(), ns, socket, do: what, ...more };
  };
  return [
    call(name, listener, "listen", { address: null, port, backlog: 8, reuse: false }),
    call(client, near, "connect", { to: address, port }),
    call(name, far, "accept", { listener }),
    call(client, near, "send", { bytes: 100 }),
    call(name, far, "receive", { bytes: 1000 }),
    call(name, far, "send", { bytes: 1000 }),
    call(client, near, "receive", { bytes: 2000 }),
    call(client, near, "close"),
    call(name, far, "close"),
  ];
}

/**
 * Without what no two kernels do alike: ports drawn by chance (--random-fully) are those asked for, network cards are what
 * the script has in their place, and whom the cluster has met are strangers again.
 */
function comparable(lab: LabData): LabData {
  const calm = JSON.parse(JSON.stringify(lab).replaceAll(" --random-fully", "")) as LabData;
  const plain = ({ nic: _, fdb, ...device }: DeviceData): DeviceData => ({
    ...device,
    kind: device.kind === "nic" ? "veth" : device.kind,
    ...(fdb && { fdb: fdb.filter(({ permanent }) => permanent) }),
  });
  return {
    ...calm,
    nodes: calm.nodes.map((node) => ({
      ...node,
      namespaces: node.namespaces.map((ns) => ({
        ...ns,
        devices: ns.devices.map(plain),
        neighbours: ns.neighbours.filter(({ state }) => state === "PERMANENT"),
      })),
    })),
  };
}
