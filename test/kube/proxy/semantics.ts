// What Services promise, as a table over who sends to what: it knows objects and packets, and nothing of chains. It is laid
// beside every mode. Where modes differ on purpose, the table has a column for the mode.
// Facts: kubernetes.io "Virtual IPs and Service Proxies", KEP-1669, KEP-2086, KEP-2433, KEP-3015.
import type { ProxiedSlice } from "../../../lib/kube/proxy/endpoints.ts";
import type { ProxiedService } from "../../../lib/kube/proxy/service-port.ts";
import type { Answer } from "../../../lib/kube/proxy/walk.ts";
import { ip, prefix } from "../../../lib/wire/address.ts";
import type { CaseSettings, State } from "./cases.ts";

export interface Flow {
  readonly protocol: "tcp" | "udp" | "sctp";
  readonly src: string;
  readonly dst: string;
  readonly port: number;
}

type Expected = Omit<Answer, "packet">;
type SpecPort = NonNullable<ProxiedService["spec"]["ports"]>[number];
type Kind = "cluster" | "external" | "balancer" | "node";

interface Front {
  readonly kind: Kind;
  /** Null: every address of the node. */
  readonly address: string | null;
  readonly port: number;
  readonly protocol: string;
  readonly service: ProxiedService;
  readonly spec: SpecPort;
}

interface Pod {
  readonly address: string;
  readonly text: string;
  readonly isHere: boolean;
  readonly ready: boolean;
  readonly ending: boolean;
  readonly zones: readonly string[];
  readonly nodes: readonly string[];
}

const NOTHING: Expected = { destinations: [], verdict: "none", masquerade: false };
const canonical = (text: string): string => ip(text.replace(/(^|\.)0+(?=\d)/g, "$1")).text;
const isIn = (address: string, network: string): boolean => {
  const text = network.trim().replace(/(^|\.)0+(?=\d)/g, "$1");
  if (text.includes(":") !== address.includes(":")) return false;
  return prefix(text).contains(ip(address) as never);
};

/** What becomes of the flow; null where two Services claim one address and the outcome hangs on their order. */
export function expected(state: State, settings: CaseSettings, flow: Flow): Expected | null {
  const fronts = frontsOf(state, settings);
  const hits = fronts.filter(({ address, port, protocol }) => {
    const isThere = address === null ? isOwn(flow.dst, settings) : address === flow.dst;
    return isThere && port === flow.port && protocol.toLowerCase() === flow.protocol;
  });
  if (hits.length > 1) return null;
  const [front] = hits;
  if (front === undefined) return isHealthCheck(state, settings, flow) ? { ...NOTHING, verdict: "accept" } : NOTHING;
  const pods = podsOf(state, front, settings);
  const fromNode = isOwn(flow.src, settings);
  // Who is refused only on the way in or through is not refused on the way out.
  const isHeard =
    front.kind === "cluster" ? !(isOwn(flow.dst, settings) && !fromNode) : !fromNode || isOwn(flow.dst, settings);
  const { spec } = front.service;
  const { all, local, any } = pods;
  if (front.kind === "cluster") {
    const chosen = spec.internalTrafficPolicy === "Local" ? local : all;
    if (chosen.length === 0) return isHeard ? { ...NOTHING, verdict: any ? "drop" : "reject" } : NOTHING;
    const isStranger = settings.ClusterCIDR !== "" && !isIn(flow.src, settings.ClusterCIDR);
    return sent(chosen, flow, settings.MasqueradeAll || isStranger);
  }
  if (!any) return isHeard ? { ...NOTHING, verdict: "reject" } : NOTHING;
  const isLocal = spec.externalTrafficPolicy === "Local";
  const nobody: Expected = isLocal && local.length === 0 && isHeard ? { ...NOTHING, verdict: "drop" } : NOTHING;
  if (front.kind === "node" && !servesNodePort(flow, settings)) return nobody;
  if (front.kind === "balancer" && !isAllowed(front.service, flow, settings)) return { ...NOTHING, verdict: "drop" };
  if (!isLocal) return sent(all, flow, true);
  if (settings.ClusterCIDR !== "" && isIn(flow.src, settings.ClusterCIDR)) return sent(all, flow, false);
  if (fromNode) return sent(all, flow, true);
  return local.length === 0 ? nobody : sent(local, flow, false);
}

/** Whose address and port the flow asks for, as kube-proxy calls it: `namespace/name:port`; null: nobody's. */
export function serviceAt(state: State, settings: CaseSettings, { protocol, dst, port }: Flow): string | null {
  const front = frontsOf(state, settings).find(
    (each) =>
      (each.address === null ? isOwn(dst, settings) : each.address === dst) &&
      each.port === port &&
      each.protocol.toLowerCase() === protocol,
  );
  if (front === undefined) return null;
  const { namespace, name } = front.service.metadata;
  return `${namespace}/${name}${front.spec.name === undefined ? "" : `:${front.spec.name}`}`;
}

/** The same where one table of nftables decides: it refuses more, and serves node ports at fewer addresses. */
export function expectedOfNftables(state: State, settings: CaseSettings, flow: Flow): Expected | null {
  const fronts = frontsOf(state, settings);
  const primary =
    settings.NodePortAddresses.length > 0
      ? settings.NodePortAddresses
      : [`${settings.NodeIP}/${settings.Family === 4 ? 32 : 128}`];
  const isServed = (dst: string) =>
    isOwn(dst, settings) && !isLoopback(dst) && servesAt(dst, { ...settings, NodePortAddresses: primary });
  const hits = fronts.filter(
    ({ address, port, protocol }) =>
      (address === null ? isServed(flow.dst) : address === flow.dst) &&
      port === flow.port &&
      protocol.toLowerCase() === flow.protocol,
  );
  if (hits.length > 1) return null;
  const [front] = hits;
  // A port that nobody serves at a cluster IP is refused.
  const isClusterIP = fronts.some(({ kind, address }) => kind === "cluster" && address === flow.dst);
  if (front === undefined) return { ...NOTHING, verdict: isClusterIP ? "reject" : "none" };
  const { all, local, any } = podsOf(state, front, settings);
  const { spec } = front.service;
  if (front.kind === "balancer" && !isAllowed(front.service, flow, settings)) return { ...NOTHING, verdict: "drop" };
  const isLocal = (front.kind === "cluster" ? spec.internalTrafficPolicy : spec.externalTrafficPolicy) === "Local";
  if (!any) return { ...NOTHING, verdict: "reject" };
  const isPod = settings.ClusterCIDR !== "" && isIn(flow.src, settings.ClusterCIDR);
  const fromNode = isOwn(flow.src, settings);
  const sentTo = (pods: typeof all, masquerade: boolean): Expected => {
    const meetsItself = pods.some(({ address, isHere }) => isHere && address === flow.src);
    return { destinations: pods.map(({ text }) => text), verdict: "none", masquerade: masquerade || meetsItself };
  };
  if (front.kind === "cluster") {
    const chosen = isLocal ? local : all;
    if (chosen.length === 0) return { ...NOTHING, verdict: "drop" };
    return sentTo(chosen, settings.MasqueradeAll || (settings.ClusterCIDR !== "" && !isPod));
  }
  if (!isLocal) return sentTo(all, true);
  if (isPod) return sentTo(all, false);
  if (fromNode) return sentTo(all, true);
  return local.length === 0 ? { ...NOTHING, verdict: "drop" } : sentTo(local, false);
}

/** The same where virtual servers decide: what modes promise in common, and where this one differs. */
export function expectedOfIpvs(state: State, settings: CaseSettings, flow: Flow): Expected | null {
  const fronts = frontsOf(state, settings);
  const isServed = (address: string | null, dst: string) =>
    address === null
      ? isOwn(dst, settings) && !isLoopback(dst) && servesNodePort({ ...flow, dst }, settings)
      : address === dst;
  const hits = fronts.filter(
    ({ address, port, protocol }) =>
      isServed(address, flow.dst) && port === flow.port && protocol.toLowerCase() === flow.protocol,
  );
  if (hits.length > 1) return null;
  const [front] = hits;
  const fromNode = isOwn(flow.src, settings);
  if (front === undefined) {
    // A port that nobody serves at an address of a Service is refused: the node has the address.
    const isBound = fronts.some(({ address }) => address !== null && address === flow.dst);
    if (isHealthCheck(state, settings, flow, true)) return { ...NOTHING, verdict: "accept" };
    if (isBound && !isOwn(flow.dst, settings)) return { ...NOTHING, verdict: "reject" };
    // Node ports of TCP and UDP are marked by number, also where they are not served; only the node's own packets feel it.
    const isMarked = fronts.some(
      ({ kind, port, protocol, service: { spec } }) =>
        kind === "node" &&
        port === flow.port &&
        protocol !== "SCTP" &&
        protocol.toLowerCase() === flow.protocol &&
        spec.externalTrafficPolicy !== "Local" &&
        settings.NodeAddresses.some((each) => !isLoopback(each) && servesAt(each, settings)),
    );
    return { ...NOTHING, masquerade: isMarked && fromNode && !isLoopback(flow.src) };
  }
  const { all, local } = podsOf(state, front, settings);
  const { spec } = front.service;
  // The node has its own way to a balancer's address, past the ranges.
  const mayPass = front.kind !== "balancer" || fromNode || isAllowed(front.service, flow, settings);
  if (!mayPass) return { ...NOTHING, verdict: "drop" };
  const isLocal = (front.kind === "cluster" ? spec.internalTrafficPolicy : spec.externalTrafficPolicy) === "Local";
  // Without an endpoint here all are used, unless only the cluster IP leads to the port, and it is Local.
  const isExternal = fronts.some((each) => each.spec === front.spec && each.kind !== "cluster");
  const others = spec.internalTrafficPolicy === "Local" && !isExternal ? [] : all;
  const chosen = isLocal && local.length > 0 ? local : others;
  if (chosen.length === 0) return { ...NOTHING, verdict: "reject" };
  const isStranger = settings.ClusterCIDR !== "" && !isIn(flow.src, settings.ClusterCIDR);
  const masquerade = front.kind === "cluster" ? settings.MasqueradeAll || isStranger : !isLocal;
  const meetsItself = chosen.some(({ address, isHere }) => isHere && address === flow.src);
  return { destinations: chosen.map(({ text }) => text), verdict: "none", masquerade: masquerade || meetsItself };
}

/**
 * The userspace mode knows of no SCTP, policies, ranges, hints and settings: whom it answers it proxies, to any ready
 * pod.
 */
export function expectedOfUserspace(state: State, settings: CaseSettings, flow: Flow): Expected | null {
  if (flow.protocol === "sctp") return NOTHING;
  const hits = frontsOf(state, settings).filter(({ address, port, protocol, kind }) => {
    // From the node itself an external IP is only served where it is one of the node's own.
    if (kind === "external" && isOwn(flow.src, settings) && !isOwn(flow.dst, settings)) return false;
    const isThere = address === null ? isOwn(flow.dst, settings) : address === flow.dst;
    return isThere && port === flow.port && protocol.toLowerCase() === flow.protocol;
  });
  if (hits.length > 1) return null;
  const [front] = hits;
  if (front === undefined) return NOTHING;
  const { ready } = podsOf(state, front, settings);
  if (ready.length === 0) return { ...NOTHING, verdict: "reject" };
  return { destinations: ready.map(({ text }) => text), verdict: "none", masquerade: true };
}

const isLoopback = (address: string): boolean => address === "127.0.0.1" || address === "::1";

function sent(pods: readonly Pod[], { src }: Flow, masquerade: boolean): Expected {
  return {
    destinations: pods.map(({ text }) => text),
    verdict: "none",
    masquerade: masquerade || pods.some(({ address }) => address === src),
  };
}

const isOwn = (address: string, { NodeAddresses }: CaseSettings): boolean =>
  address === "127.0.0.1" || address === "::1" || NodeAddresses.includes(address);

function frontsOf({ Services }: State, { Family }: CaseSettings): Front[] {
  const isOurs = (text: string) => text.includes(":") === (Family === 6);
  return Services.flatMap((service) => {
    const { type, clusterIP = "None", clusterIPs = [], ipFamilies = [], externalIPs = [], ports = [] } = service.spec;
    if (clusterIP === "None" || type === "ExternalName" || service.metadata.labels !== undefined) return [];
    const mine = ipFamilies.length === 0 ? [clusterIP] : clusterIPs;
    const own = mine.find(isOurs);
    if (own === undefined) return [];
    const ingress = service.status?.loadBalancer?.ingress ?? [];
    const vips = ingress.filter(({ ip: text = "", ipMode }) => text !== "" && ipMode !== "Proxy" && isOurs(text));
    return ports.flatMap((spec) => {
      const { port, protocol = "TCP", nodePort = 0 } = spec;
      const front = (kind: Kind, address: string | null, at = port): Front => ({
        ...{ kind, address, service, spec, protocol },
        port: at,
      });
      return [
        front("cluster", own),
        ...externalIPs.filter(isOurs).map((each) => front("external", canonical(each))),
        ...vips.map((each) => front("balancer", canonical(each.ip!))),
        ...(nodePort === 0 ? [] : [front("node", null, nodePort)]),
      ];
    });
  });
}

function podsOf({ Slices }: State, { service, spec }: Front, settings: CaseSettings) {
  const { name = "", protocol = "TCP" } = spec;
  const byText = new Map<string, Pod>();
  const isMine = ({ metadata, addressType }: ProxiedSlice) =>
    metadata.namespace === service.metadata.namespace &&
    metadata.labels?.["kubernetes.io/service-name"] === service.metadata.name &&
    addressType === `IPv${settings.Family}`;
  for (const { endpoints, ports } of Slices.filter(isMine))
    for (const port of (ports ?? []).filter(
      (each) => (each.name ?? "") === name && (each.protocol ?? "TCP") === protocol,
    ))
      for (const { addresses, conditions = {}, nodeName, hints = {} } of endpoints ?? []) {
        const address = canonical(addresses[0]!);
        const text = address.includes(":") ? `[${address}]:${port.port}` : `${address}:${port.port}`;
        if (byText.has(text) && conditions.terminating === true) continue;
        const ready = conditions.ready !== false;
        byText.set(text, {
          ...{ address, text, ready, isHere: nodeName === settings.Node },
          ending: !ready && conditions.serving !== false && conditions.terminating === true,
          zones: (hints.forZones ?? []).map((each) => each.name),
          nodes: (hints.forNodes ?? []).map((each) => each.name),
        });
      }
  const pods = [...byText.values()].sort((one, other) => (one.text < other.text ? -1 : 1));
  const ready = pods.filter((each) => each.ready);
  const choose = (from: readonly Pod[]) => {
    const ready = from.filter((each) => each.ready);
    return ready.length > 0 ? ready : from.filter(({ ending }) => ending);
  };
  const usable = choose(pods);
  const near = nearest(usable, settings);
  return { ready, all: near, local: choose(pods.filter(({ isHere }) => isHere)), any: usable.length > 0 };
}

/** Hints are obeyed when all ready pods have them, those of nodes first, and one is for us. */
function nearest(pods: readonly Pod[], { Node, Zone }: CaseSettings): readonly Pod[] {
  if (pods.some(({ ready }) => !ready)) return pods;
  const onNode = pods.filter(({ nodes }) => nodes.includes(Node));
  if (pods.every(({ nodes }) => nodes.length > 0) && onNode.length > 0) return onNode;
  const inZone = pods.filter(({ zones }) => zones.includes(Zone));
  return pods.every(({ zones }) => zones.length > 0) && inZone.length > 0 ? inZone : pods;
}

function isHealthCheck({ Services }: State, settings: CaseSettings, flow: Flow, isIpvs = false): boolean {
  const { protocol, dst, port } = flow;
  // The set of the IPVS mode has ports of TCP and UDP alike (ip_set_bitmap_port.c).
  if ((protocol !== "tcp" && !(isIpvs && protocol === "udp")) || !isOwn(dst, settings)) return false;
  // kube-proxy forgets the health check of a port whose node port has no address to be served at.
  const isForgotten = ({ nodePort = 0 }: SpecPort) =>
    isIpvs && nodePort !== 0 && !settings.NodeAddresses.some((each) => !isLoopback(each) && servesAt(each, settings));
  return frontsOf({ Services, Slices: [] }, settings).some(
    ({ service: { spec }, spec: servicePort }) =>
      spec.type === "LoadBalancer" &&
      spec.externalTrafficPolicy === "Local" &&
      spec.healthCheckNodePort === port &&
      !isForgotten(servicePort),
  );
}

function servesNodePort({ dst }: Flow, settings: CaseSettings): boolean {
  return servesAt(dst, settings) && (!isLoopback(dst) || (settings.Family === 4 && settings.LocalhostNodePorts));
}

function servesAt(address: string, { Family, NodePortAddresses }: CaseSettings): boolean {
  const networks = NodePortAddresses.filter((each) => each.includes(":") === (Family === 6));
  return networks.length === 0 || networks.some((each) => isIn(address, each));
}

function isAllowed({ spec, status }: ProxiedService, { src }: Flow, { Family, NodeIP }: CaseSettings): boolean {
  const ranges = (spec.loadBalancerSourceRanges ?? []).filter((each) => each.includes(":") === (Family === 6));
  if (ranges.length === 0 || ranges.some((each) => each.trim().endsWith("/0") || isIn(src, each))) return true;
  const vips = (status?.loadBalancer?.ingress ?? []).map((each) => each.ip);
  return ranges.some((each) => isIn(NodeIP, each)) && vips.includes(src);
}

/** Flows about a state: from pods, endpoints, the node and outside to all that is served, and beside it. */
export function flowsOf(state: State, settings: CaseSettings): Flow[] {
  const six = settings.Family === 6;
  const isOurs = (text: string) => text.includes(":") === six;
  const node = settings.NodeAddresses.filter((each) => each !== "127.0.0.1" && each !== "::1");
  const pods = state.Slices.filter(({ addressType }) => addressType === `IPv${settings.Family}`)
    .flatMap(({ endpoints }) => (endpoints ?? []).slice(0, 1).flatMap(({ addresses }) => addresses))
    .slice(0, 2);
  const sources = [
    ...(six ? ["fd00:10::77", "2001:db8:77::2"] : ["10.0.0.7", "203.0.113.2", "203.0.113.130"]),
    ...pods.map(canonical),
    node[0]!,
  ];
  const targets = frontsOf(state, settings).flatMap(({ address, port, protocol, service: { spec } }) => {
    const at = address === null ? node : [address];
    const ports = [
      port,
      port + 7,
      ...(spec.healthCheckNodePort === undefined || address !== null ? [] : [spec.healthCheckNodePort]),
    ];
    return at.flatMap((dst) =>
      ports.map((each) => ({ protocol: protocol.toLowerCase() as Flow["protocol"], dst, port: each })),
    );
  });
  const flows = targets.filter(({ dst }) => isOurs(dst)).flatMap((to) => sources.map((src) => ({ ...to, src })));
  const loopback = six ? "::1" : "127.0.0.1";
  const local = targets.filter(({ dst }) => node.includes(dst)).map((to) => ({ ...to, src: loopback, dst: loopback }));
  return [...flows, ...local];
}
