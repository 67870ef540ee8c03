// What plugins have in common and what not, found by running each: a small cluster, pings, requests, and a count of what
// a node must know.
// Before you edit: facts 2.9; kubernetes.io/docs/concepts/services-networking (the three requirements).
import type { Netns } from "../../netns/netns.ts";
import { place, runShell } from "../../tools/shell.ts";
import { frameBytes } from "../../wire/bytes.ts";
import { ZERO_MAC } from "../../wire/mac.ts";
import { Cluster } from "../cluster.ts";
import { type RunningPod, runningPods } from "./faults-step.ts";
import type { CniPlugin } from "./plugin.ts";

/** What somebody made on a machine, by its kind: `routes`, `rules`, ... */
export type State = Readonly<Record<(typeof KINDS)[number], number>>;

const KINDS = ["devices", "routes", "rules", "neighbours", "FDB entries", "iptables rules", "set entries"] as const;

/** How many of so many. */
export interface Share {
  readonly of: number;
  readonly well: number;
}

export interface PluginFacts {
  readonly name: string;
  /** Of a ping's answer from the same node, and from another. */
  readonly ttl: { readonly same: number; readonly other: number };
  /** Of the pods, and of the nodes' network. */
  readonly mtu: { readonly pod: number; readonly node: number };
  /** Octets around a pod's packet between nodes, beyond those of its own frame. */
  readonly overhead: number;
  /** On a node: once, for each of its pods, and for each other node. */
  readonly state: { readonly node: State; readonly pod: State; readonly remote: State };
  /** In the cloud's network, for each node. */
  readonly fabric: State;
  /** Requests from pod to pod that were answered, and that came with the address the client has itself. */
  readonly reached: Share;
  readonly untranslated: Share;
  /** Requests from a node to its own pods, with one of its addresses. */
  readonly fromNode: Share;
  /** Whose address pods of other nodes see when a node asks. */
  readonly nodeSeenBy: string;
}

/** Two pods on each worker, once they are wired. */
function build(cni: string | CniPlugin, nodes: number, pods: number): Cluster {
  const k8s = new Cluster({ nodes, cni, proxy: "none", seed: "matrix" });
  for (let node = 1; node <= nodes; node++) for (let i = 1; i <= pods; i++) start(k8s, `pod-${node}-${i}`, node);
  return k8s.settle();
}

function start(k8s: Cluster, name: string, node: number): void {
  const spec = { nodeName: `node-${node}`, containers: [{ name: "app", image: "echo" }] };
  k8s.client("kubectl").create("pods", "default", { metadata: { name }, spec });
}

const sh = ({ lab }: Cluster, where: string, text: string): string => runShell(lab, place(lab, where), text).text;

/** Builds clusters with the plugin and finds out. Same seed, same facts. Throws BadInput for a plugin that is not there. */
export function pluginFacts(cni: string | CniPlugin): PluginFacts {
  const k8s = build(cni, 2, 2);
  const pods = runningPods(k8s);
  const [first, second] = pods as [RunningPod, RunningPod];
  const third = pods.find(({ node }) => node !== first.node)!;
  const ttl = (to: RunningPod) => Number(/ttl=(\d+)/.exec(sh(k8s, first.ns.name, `ping -c 1 ${to.address}`))?.[1]);
  const same = ttl(second);
  const other = ttl(third);
  const mtuOf = (ns: Netns) => ns.devices.get("eth0")!.mtu;
  const one = build(cni, 2, 1);
  const more = build(cni, 3, 1);
  const pod = less(stateOf(k8s, "node-1"), stateOf(one, "node-1"));
  const remote = less(stateOf(more, "node-1"), stateOf(one, "node-1"));
  const here = less(stateOf(one, "node-1"), pod);
  const hasFabric = k8s.lab.machines.has("vpc");
  return {
    name: typeof cni === "string" ? cni : cni.name,
    ttl: { same, other },
    mtu: { pod: mtuOf(first.ns), node: mtuOf(first.node.ns) },
    overhead: overheadOf(k8s, first, third),
    state: { node: less(here, times(remote, 2)), pod, remote },
    fabric: hasFabric ? less(stateOf(more, "vpc"), stateOf(one, "vpc")) : NOTHING,
    ...requests(k8s, pods),
    nodeSeenBy: nodeSeenBy(k8s, third),
  };
}

const NOTHING = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as State;

function combined(a: State, b: State, with_: (a: number, b: number) => number): State {
  return Object.fromEntries(KINDS.map((kind) => [kind, with_(a[kind], b[kind])])) as State;
}

const less = (a: State, b: State): State => combined(a, b, (x, y) => x - y);
const times = (a: State, n: number): State => combined(a, a, (x) => x * n);

/** What is there by the plugin's doing: not the kernel's own routes and rules, nor what a machine needs without pods. */
function stateOf(k8s: Cluster, where: string): State {
  const ns = k8s.lab.netns(where);
  const devices = [...ns.devices.values()].filter(({ kind }) => kind !== "loopback" && kind !== "nic");
  const routes = ns.tables
    .values()
    .flatMap((table) => table.list().filter(({ prefix }) => table !== ns.tables.main || prefix.length > 0));
  const neighbours = [...ns.inet.values()].flatMap((inet) => [...inet.neighbours.values()]);
  const lines = (command: string, begin: string) =>
    sh(k8s, where, command)
      .split("\n")
      .filter((line) => line.startsWith(begin)).length;
  return {
    devices: devices.length,
    routes: routes.filter(({ protocol }) => protocol !== "kernel" && protocol !== "dhcp").length,
    rules: ns.rules.filter(({ protocol }) => protocol !== "kernel").length,
    neighbours: neighbours.filter(({ state }) => state === "PERMANENT").length,
    "FDB entries": devices.reduce(
      (n, { vxlan }) => n + [...(vxlan?.fdb.keys() ?? [])].filter((mac) => mac !== ZERO_MAC).length,
      0,
    ),
    "iptables rules": lines("iptables-save", "-A"),
    "set entries": lines("ipset save", "add"),
  };
}

/** How much longer a pod's frame is on the nodes' wire. */
function overheadOf(k8s: Cluster, from: RunningPod, to: RunningPod): number {
  const longest = [from.ns, from.node.ns].map((ns) => {
    const device = ns.devices.get("eth0")!;
    const seen = { octets: 0 };
    device.taps = [
      (frame, direction) => {
        if (direction === "out") seen.octets = Math.max(seen.octets, frameBytes(frame).length);
      },
    ];
    return { device, seen };
  });
  sh(k8s, from.ns.name, `ping -c 1 -s 1000 ${to.address}`);
  for (const { device } of longest) device.taps = null;
  const [pod, node] = longest.map(({ seen }) => seen.octets) as [number, number];
  return node - pod;
}

/** The address that a server saw, or null when it did not answer. */
function seen(k8s: Cluster, from: string, to: RunningPod): string | null {
  const said = sh(k8s, from, `curl -s -m 3 http://${to.address}:8080/`);
  return / saw client ([\d.]+):/.exec(said)?.[1] ?? null;
}

function requests(
  k8s: Cluster,
  pods: readonly RunningPod[],
): Pick<PluginFacts, "reached" | "untranslated" | "fromNode"> {
  const each = pods.flatMap((from) => pods.map((to) => ({ from, saw: seen(k8s, from.ns.name, to) })));
  const own = pods.map((to) => ({ to, saw: seen(k8s, to.node.machine.name, to) }));
  const isOwn = (ns: Netns, address: string | null) =>
    [...ns.inet.values()].some(({ addresses }) => addresses.some(({ local }) => `${local}` === address));
  return {
    reached: { of: each.length, well: each.filter(({ saw }) => saw !== null).length },
    untranslated: { of: each.length, well: each.filter(({ from, saw }) => saw === from.address).length },
    fromNode: { of: own.length, well: own.filter(({ to, saw }) => isOwn(to.node.ns, saw)).length },
  };
}

/** The device whose address it is, as `flannel.1`. */
function nodeSeenBy(k8s: Cluster, to: RunningPod): string {
  const { root } = k8s.lab.machines.get("node-1")!;
  const saw = seen(k8s, "node-1", to);
  const found = [...root.inet].find(([, { addresses }]) => addresses.some(({ local }) => `${local}` === saw));
  return found?.[0].name ?? saw ?? "nobody";
}

/** `1 route, 2 rules`, or `nothing`. */
export function stateText(state: State): string {
  const some = KINDS.filter((kind) => state[kind] !== 0);
  const one = (kind: string) =>
    kind === "FDB entries" ? "FDB entry" : kind.replace("entries", "entry").replace(/s$/, "");
  return some.map((kind) => `${state[kind]} ${state[kind] === 1 ? one(kind) : kind}`).join(", ") || "nothing";
}
