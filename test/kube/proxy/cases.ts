// Random Services with endpoints, as kube-proxy may meet them on a node, and what changes of them from state to state.
import type { ProxiedSlice } from "../../../lib/kube/proxy/endpoints.ts";
import type { ProxiedService } from "../../../lib/kube/proxy/service-port.ts";
import { Lab } from "../../../lib/lab/lab.ts";

/** In Go's spelling: `oracle/ask_iptables_test.go` reads the same. */
export interface CaseSettings {
  readonly Family: 4 | 6;
  readonly Node: string;
  readonly Zone: string;
  readonly NodeIP: string;
  readonly NodeAddresses: readonly string[];
  readonly ClusterCIDR: string;
  readonly MasqueradeAll: boolean;
  readonly LocalhostNodePorts: boolean;
  readonly NodePortAddresses: readonly string[];
  readonly ConntrackLiberal: boolean;
}

export interface State {
  readonly Services: readonly ProxiedService[];
  readonly Slices: readonly ProxiedSlice[];
}

export interface ProxyCase {
  readonly Settings: CaseSettings;
  readonly Steps: readonly State[];
}

export const NODE = "node-1";
const ZONES = ["zone-a", "zone-b", "zone-c"];
const NODES = [NODE, "node-2", "node-3"];

/** The dice of one seed, in the words of the generator. */
class Dice {
  private readonly random: () => number;

  constructor(seed: string) {
    const lab = new Lab({ seed });
    this.random = () => lab.random();
  }
  below(n: number): number {
    return Math.floor(this.random() * n);
  }
  chance(p: number): boolean {
    return this.random() < p;
  }
  one<Value>(values: readonly Value[]): Value {
    return values[this.below(values.length)]!;
  }
  some<Value>(values: readonly Value[]): Value[] {
    return values.filter(() => this.chance(0.5));
  }
}

export function proxyCase(seed: string): ProxyCase {
  const dice = new Dice(seed);
  const Family = dice.chance(0.25) ? 6 : 4;
  const Settings = settings(dice, Family);
  const Steps: State[] = [];
  const count = 1 + dice.below(5);
  let services = Array.from({ length: count }, (_, i) => service(dice, i));
  let slices = services.flatMap((each) => slicesOf(dice, each));
  Steps.push({ Services: services, Slices: slices });
  while (dice.chance(0.6) && Steps.length < 4) {
    services = services
      .filter(() => dice.chance(0.9))
      .map((each, i) => (dice.chance(0.2) ? service(dice, i, each) : each));
    const named = new Map(services.map((each) => [each.metadata.name, each]));
    slices = slices.filter(() => dice.chance(0.85));
    for (const each of named.values())
      if (dice.chance(0.3)) {
        slices = slices.filter(({ metadata }) => metadata.labels!["kubernetes.io/service-name"] !== each.metadata.name);
        slices.push(...slicesOf(dice, each));
      }
    Steps.push({ Services: services, Slices: slices });
  }
  return { Settings, Steps };
}

/** More than a thousand endpoints, and then one less than that. */
export function largeCase(): ProxyCase {
  const small = proxyCase("large");
  const [first] = small.Steps[0]!.Services;
  const { namespace } = first!.metadata;
  const slices = (count: number) =>
    Array.from({ length: 11 }, (_, i) => ({
      metadata: { namespace, name: `s-${i}`, labels: { "kubernetes.io/service-name": first!.metadata.name } },
      addressType: `IPv${small.Settings.Family}`,
      endpoints: Array.from({ length: i < 10 ? 100 : count - 1000 }, (_, j) => ({ addresses: [`10.180.${i}.${j}`] })),
      ports: [{ name: first!.spec.ports![0]!.name ?? "", protocol: first!.spec.ports![0]!.protocol, port: 80 }],
    })) as unknown as ProxiedSlice[];
  const state = (count: number): State => ({ Services: [first!], Slices: slices(count) });
  return { ...small, Steps: [state(1001), state(1000), state(1001)] };
}

function settings(dice: Dice, Family: 4 | 6): CaseSettings {
  const six = Family === 6;
  return {
    Family,
    Node: NODE,
    Zone: dice.chance(0.8) ? ZONES[0]! : "",
    NodeIP: six ? "2001:db8::1" : "192.168.0.2",
    NodeAddresses: six ? ["::1", "2001:db8::1"] : ["127.0.0.1", "192.168.0.2", "192.168.1.2"],
    ClusterCIDR: dice.chance(0.75) ? (six ? "fd00:10::/64" : "10.0.0.0/8") : "",
    MasqueradeAll: dice.chance(0.15),
    LocalhostNodePorts: dice.chance(0.75),
    NodePortAddresses: dice.one<string[]>([
      [],
      [],
      ["192.168.0.0/24"],
      ["127.0.0.0/8"],
      ["192.168.1.2/32", "::/0"],
      ["2001:db8::/64"],
    ]),
    ConntrackLiberal: dice.chance(0.15),
  };
}

const BOTH = (n: number) => [`172.30.0.${n}`, `fd00:172:30::${n}`];

function service(dice: Dice, number: number, before?: ProxiedService): ProxiedService {
  const name = before?.metadata.name ?? `svc${number}`;
  const n = before === undefined ? 40 + number : Number(before.metadata.namespace!.slice(2));
  const type = dice.one(["ClusterIP", "NodePort", "LoadBalancer", "LoadBalancer"]);
  const isHeadless = dice.chance(0.05);
  const clusterIPs = isHeadless ? ["None"] : BOTH(n);
  if (dice.chance(0.15)) clusterIPs.splice(1);
  const count = dice.chance(0.7) ? 1 : 2 + dice.below(2);
  const ports = Array.from({ length: count }, (_, i) => ({
    ...((count > 1 || dice.chance(0.8)) && { name: `p${80 + i}` }),
    protocol: dice.one(["TCP", "TCP", "UDP", "SCTP"]),
    port: 80 + i,
    ...(type !== "ClusterIP" && dice.chance(0.85) && { nodePort: 30000 + n * 10 + i }),
  }));
  const isReachable = type !== "ClusterIP";
  const ranges = ["203.0.113.0/25", " 10.0.0.0/8", "192.168.0.0/24", "0.0.0.0/0", "2001:db8::/64", "010.1.1.0/24"];
  const isLocal = dice.chance(0.4);
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      namespace: `ns${n}`,
      name,
      ...(dice.chance(0.05) && { labels: { "service.kubernetes.io/service-proxy-name": "another" } }),
    },
    spec: {
      type: dice.chance(0.04) ? "ExternalName" : type,
      clusterIP: clusterIPs[0],
      clusterIPs,
      ...(dice.chance(0.85) && { ipFamilies: clusterIPs.length === 1 ? ["IPv4"] : ["IPv4", "IPv6"] }),
      ports,
      ...(dice.chance(0.25) && { externalIPs: dice.some([`192.168.99.${n}`, `192.168.098.0${n}`, `fd99::${n}`]) }),
      ...(dice.chance(0.25) && {
        sessionAffinity: "ClientIP",
        sessionAffinityConfig: { clientIP: { timeoutSeconds: dice.one([60, 10800]) } },
      }),
      ...(isReachable && isLocal && { externalTrafficPolicy: "Local" }),
      ...(dice.chance(0.2) && { internalTrafficPolicy: "Local" }),
      ...(type === "LoadBalancer" && isLocal && { healthCheckNodePort: 31000 + n }),
      ...(type === "LoadBalancer" && dice.chance(0.4) && { loadBalancerSourceRanges: dice.some(ranges) }),
    },
    status: {
      loadBalancer: {
        ...(type === "LoadBalancer" && {
          ingress: dice.some([
            { ip: `5.6.7.${n}` },
            { ip: `1.2.3.${n}`, ipMode: dice.one(["VIP", "Proxy"]) },
            { ip: `2001:db8:5::${n}` },
            { hostname: "balancer.example" },
          ]),
        }),
      },
    },
  } as unknown as ProxiedService;
}

function slicesOf(dice: Dice, { metadata, spec }: ProxiedService): ProxiedSlice[] {
  return ["IPv4", "IPv6"].flatMap((addressType) =>
    Array.from({ length: dice.one([0, 1, 1, 1, 2]) }, (_, i) => {
      const style = dice.below(6);
      const endpoints = Array.from({ length: dice.one([0, 1, 1, 2, 3, 5]) }, () => {
        // kube-proxy asks the slices of a Service in no order, so no two have the same address.
        const host = 1 + i * 20 + dice.below(14);
        return {
          addresses: [addressType === "IPv4" ? `10.180.0.${host}` : `fd00:10::${host}`],
          ...(dice.chance(0.9) && { nodeName: dice.one(NODES) }),
          conditions: conditions(dice),
          ...hints(dice, style),
        };
      });
      return {
        apiVersion: "discovery.k8s.io/v1",
        kind: "EndpointSlice",
        metadata: {
          namespace: metadata.namespace!,
          name: `${metadata.name}-${addressType.toLowerCase()}-${i}`,
          labels: { "kubernetes.io/service-name": metadata.name },
        },
        addressType,
        endpoints,
        ports: (spec.ports ?? [])
          .filter(() => dice.chance(0.95))
          .map(({ name = "", protocol = "TCP", port }) => ({ name, protocol, port: port + dice.below(2) })),
      } as unknown as ProxiedSlice;
    }),
  );
}

function conditions(dice: Dice): object {
  if (dice.chance(0.6)) return { ready: true, serving: true, terminating: false };
  if (dice.chance(0.3)) return {};
  if (dice.chance(0.5)) return { ready: false, serving: true, terminating: true };
  return { ready: false, serving: dice.chance(0.5), terminating: dice.chance(0.5) };
}

/** All endpoints of a slice have hints of a kind, or some, or none. */
function hints(dice: Dice, style: number): object {
  const forZones = [{ name: dice.one(ZONES) }];
  const forNodes = [{ name: dice.one(NODES) }];
  if (style === 0) return { hints: { forZones } };
  if (style === 1) return { hints: { forZones, forNodes } };
  if (style === 2 && dice.chance(0.6)) return { hints: { forZones } };
  return {};
}
