// What a Service of type LoadBalancer asks of a cloud: which kind of load balancer, who is behind it, how it is checked.
// Before you edit: staging/src/k8s.io/cloud-provider/controllers/service/controller.go,
// github.com/kubernetes-sigs/aws-load-balancer-controller docs/guide/service/annotations.md, pkg/service/model_build_target_group.go,
// github.com/kubernetes/cloud-provider-aws pkg/providers/v1/aws.go (EnsureLoadBalancer).
import { ipv4 } from "../../wire/address.ts";
import { SERVICE_NAME } from "../controller/endpoint-slice.ts";
import type { ProxiedService } from "../proxy/service-port.ts";
import { type EndpointSlice, isReady, type Node } from "../shapes.ts";
import type { Balancer } from "./exit.ts";
import { type Check, nodePortCheck, TCP_CHECK } from "./health-check.ts";
import type { TargetGroup, WantedTarget } from "./target-group.ts";

export const ZONE = "topology.kubernetes.io/zone";
const PREFIX = "service.beta.kubernetes.io/aws-load-balancer-";
const NLB_CLASS = "service.k8s.aws/nlb";

/** One listener, and who is behind it. */
export interface BalancedPort {
  readonly protocol: "tcp" | "udp";
  readonly port: number;
  readonly targets: readonly WantedTarget[];
  readonly check: Check;
  readonly crossZone: boolean;
  readonly preservesClient: boolean;
}

/** A load balancer at work. */
export interface ServiceBalancer {
  readonly kind: "nlb" | "elb";
  readonly balancer: Balancer;
  /** By protocol and port: `tcp 80`. */
  readonly groups: ReadonlyMap<string, TargetGroup>;
  /** Changes what is there into what is wanted; connections that go on are not disturbed. */
  set(ports: readonly BalancedPort[]): void;
  stop(): void;
}

export interface BalancedService extends ProxiedService {
  readonly spec: ProxiedService["spec"] & { readonly loadBalancerClass?: string };
}

/** What a Service asks for. */
export interface Asked {
  readonly kind: "nlb" | "elb";
  readonly targetType: "instance" | "ip";
  readonly crossZone: boolean;
  /** null: as the target type has it. */
  readonly preservesClient: boolean | null;
}

/** A Service that asks for what is not modelled, or does not exist. */
export class NotServed extends Error {}

/** Reads a Service's class and annotations; null: it is another controller's. Throws NotServed with the reason. */
export function askedOf({ metadata, spec }: BalancedService): Asked | null {
  const { loadBalancerClass } = spec;
  if (loadBalancerClass !== undefined && loadBalancerClass !== NLB_CLASS) return null;
  const words = new Map<string, string>();
  for (const [name, value] of Object.entries(metadata.annotations ?? {}))
    if (name.startsWith(PREFIX)) words.set(name.slice(PREFIX.length), value);
  const take = (name: string, preset: string): string => {
    const value = words.get(name) ?? preset;
    words.delete(name);
    return value;
  };
  const type = take("type", loadBalancerClass === NLB_CLASS ? "external" : "classic");
  const targetType = take("nlb-target-type", type === "nlb-ip" ? "ip" : "instance");
  if (targetType !== "instance" && targetType !== "ip") throw new NotServed(`unknown target type: ${targetType}`);
  if (!["classic", "nlb", "nlb-ip", "external"].includes(type)) throw new NotServed(`unknown type: ${type}`);
  if (take("scheme", "internet-facing") !== "internet-facing")
    throw new NotServed("an internal load balancer is not modelled");
  const own = attributes(take("attributes", ""), "load_balancing.cross_zone.enabled");
  const group = attributes(take("target-group-attributes", ""), "preserve_client_ip.enabled");
  const crossZone = own ?? take("cross-zone-load-balancing-enabled", "false") === "true";
  const [unknown] = words.keys();
  if (unknown !== undefined) throw new NotServed(`the annotation ${PREFIX}${unknown} is not modelled`);
  return { kind: type === "classic" ? "elb" : "nlb", targetType, crossZone, preservesClient: group };
}

/** The one attribute that is modelled, of a list as `a=true,b=1`; null when it is not there. */
function attributes(list: string, known: string): boolean | null {
  let found: boolean | null = null;
  for (const each of list.split(",").filter((part) => part.trim() !== "")) {
    const [name = "", value = ""] = each.trim().split("=");
    if (name !== known) throw new NotServed(`the attribute ${name} is not modelled, but ${known}`);
    if (value !== "true" && value !== "false")
      throw new NotServed(`the attribute ${name} is true or false, not ${value}`);
    found = value === "true";
  }
  return found;
}

/** Its listeners, given the nodes and the Service's slices. */
export function balancedPorts(
  service: BalancedService,
  asked: Asked,
  nodes: readonly Node[],
  slices: readonly EndpointSlice[],
): BalancedPort[] {
  const { ports = [], healthCheckNodePort = 0, externalTrafficPolicy } = service.spec;
  const isLocal = externalTrafficPolicy === "Local" && healthCheckNodePort !== 0;
  return ports.flatMap(({ name = "", port, protocol = "TCP", nodePort = 0 }) => {
    if (protocol === "SCTP") return [];
    const isIp = asked.targetType === "ip";
    const targets = isIp ? podTargets(name, nodes, slices) : nodePort === 0 ? [] : nodeTargets(nodePort, nodes);
    const check = isIp || !isLocal ? TCP_CHECK : nodePortCheck(healthCheckNodePort);
    // Of UDP, and of instances unless said otherwise, the client's address is kept.
    const preservesClient = protocol === "UDP" || (asked.preservesClient ?? !isIp);
    const { crossZone } = asked;
    return [{ protocol: protocol === "UDP" ? "udp" : "tcp", port, targets, check, crossZone, preservesClient }];
  });
}

/** Every node that may carry traffic, at a port of its own. */
export function nodeTargets(port: number, nodes: readonly Node[]): WantedTarget[] {
  return nodes.flatMap((node) => {
    const address = node.status?.addresses?.find(({ type }) => type === "InternalIP")?.address;
    if (address === undefined || !mayCarry(node)) return [];
    return [{ name: node.metadata.name, address: ipv4(address), port, zone: zoneOf(node) }];
  });
}

/** Every ready pod behind a Service's port of this name. */
export function podTargets(portName: string, nodes: readonly Node[], slices: readonly EndpointSlice[]): WantedTarget[] {
  const zones = new Map(nodes.map((node) => [node.metadata.name, zoneOf(node)]));
  return slices
    .filter(({ addressType }) => addressType === "IPv4")
    .flatMap(({ ports, endpoints }) => {
      const port = ports?.find(({ name = "" }) => name === portName)?.port;
      if (port === undefined) return [];
      return (endpoints ?? []).flatMap(({ addresses, conditions, nodeName = "", targetRef }) =>
        conditions.ready
          ? [
              {
                name: targetRef?.name ?? addresses[0]!,
                address: ipv4(addresses[0]!),
                port,
                zone: zones.get(nodeName) ?? "",
              },
            ]
          : [],
      );
    });
}

/** The Service a slice is of: `namespace/name`. */
export const serviceOfSlice = ({ metadata }: EndpointSlice): string =>
  `${metadata.namespace}/${metadata.labels?.[SERVICE_NAME] ?? ""}`;

export const zoneOf = ({ metadata }: Node): string => metadata.labels?.[ZONE] ?? "";

/** kubeadm gives control planes the second label too. */
const EXCLUDED = [
  "node-role.kubernetes.io/control-plane",
  "node.kubernetes.io/exclude-from-external-load-balancers",
] as const;

export function mayCarry(node: Node): boolean {
  return isReady(node) && !EXCLUDED.some((label) => node.metadata.labels?.[label] !== undefined);
}
