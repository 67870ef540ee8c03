// A node's kube-proxy, asked by itself: given all objects, which rules, and what of a packet.
import type { Ip, Prefix } from "../../wire/address.ts";
import { addressOf, type Family } from "./address.ts";
import type { AskedPacket } from "./asked-packet.ts";
import type { ProxyObjects } from "./objects.ts";
import type { Proxier } from "./proxier.ts";
import { DEFAULTS, type ProxySettings } from "./settings.ts";
import { makeProxier, type ProxyMode } from "./start.ts";
import { Tracker } from "./tracker.ts";
import { type Answer, WalkedNode } from "./walk.ts";

export interface QuestionSettings
  extends Pick<ProxySettings, "masqueradeAll" | "localhostNodePorts" | "nodePortAddresses" | "layout"> {
  readonly mode: ProxyMode;
  readonly nodeName: string;
  /** Of the node's devices, both families. */
  readonly nodeAddresses: readonly Ip[];
  /** At most one of each family counts: the first. */
  readonly clusterCidrs: readonly Prefix[];
}

const ZONE = "topology.kubernetes.io/zone";

export class ProxyQuestion {
  private readonly objects: ProxyObjects;
  private readonly settings: QuestionSettings;
  private readonly nodes = new Map<Family, { readonly node: WalkedNode; readonly proxier: Proxier }>();
  private readonly synced = new Set<Family>();

  constructor(objects: ProxyObjects, settings: QuestionSettings) {
    this.objects = objects;
    this.settings = settings;
  }

  /** What it would hand to its tools. */
  rules(family: Family): string {
    return this.of(family).proxier.rules();
  }

  /** What becomes of a packet, by the rules in the namespace of a node. */
  ask(asked: AskedPacket): Answer {
    const { node, proxier } = this.of(asked.family);
    if (!this.synced.has(asked.family)) proxier.sync();
    this.synced.add(asked.family);
    const answer = node.ask(asked);
    return proxier.behind === undefined ? answer : throughProxy(answer, asked, proxier);
  }

  private of(family: Family): { readonly node: WalkedNode; readonly proxier: Proxier } {
    let found = this.nodes.get(family);
    if (found === undefined) {
      found = this.start(family);
      this.nodes.set(family, found);
    }
    return found;
  }

  private start(family: Family): { readonly node: WalkedNode; readonly proxier: Proxier } {
    const { objects, settings } = this;
    const { nodeName, clusterCidrs, masqueradeAll, localhostNodePorts, nodePortAddresses, layout } = settings;
    const self = objects.nodes.find(({ metadata }) => metadata.name === nodeName);
    const told = (self?.status?.addresses ?? []).filter(({ type }) => type === "InternalIP" || type === "ExternalIP");
    const known = told.map(({ address }) => addressOf(address)!);
    const addresses = (settings.nodeAddresses.length > 0 ? settings.nodeAddresses : known).filter(
      (each) => each.family === family,
    );
    const internal = known.find((each) => each.family === family);
    const cidr = clusterCidrs.find((each) => each.family === family);
    const tracker = new Tracker(family, nodeName);
    for (const each of objects.services) tracker.setService(`${each.metadata.namespace}/${each.metadata.name}`, each);
    for (const each of objects.slices) tracker.setSlice(each, false);
    const node = new WalkedNode(family, addresses);
    const own: ProxySettings = {
      ...DEFAULTS,
      ...{ family, masqueradeAll, localhostNodePorts, nodePortAddresses, layout },
      local: cidr === undefined ? null : { by: "source", cidr: `${cidr}` },
      nodeIP: internal ?? addresses.find((each) => !each.isLoopback) ?? null,
    };
    const at = { node: nodeName, zone: self?.metadata.labels?.[ZONE] ?? "" };
    return { node, proxier: makeProxier(settings.mode, { lab: node, ns: node.ns }, tracker, own, at) };
  }
}

/** What becomes of a packet that opens a connection with a proxy: it goes on as another one, from the node. */
function throughProxy(answer: Answer, { packet }: AskedPacket, proxier: Proxier): Answer {
  const [to] = answer.destinations;
  const port = Number(to?.slice(to.lastIndexOf(":") + 1));
  const behind = to === undefined ? null : proxier.behind!(packet.body.kind, port);
  if (behind === null) return answer;
  // Without an endpoint the proxy closes what it has taken.
  return {
    ...answer,
    destinations: behind,
    verdict: behind.length === 0 ? "reject" : "none",
    masquerade: behind.length > 0,
  };
}
