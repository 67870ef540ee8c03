// The shared case file: named flows to Services, with what becomes of each under every mode of kube-proxy. Written by
// `node dist/test/kube/proxy/shared-cases.js`, from the table of promises (semantics.ts) alone, never from what rules do.
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { hostPort } from "../../../lib/kube/proxy/address.ts";
import type { ProxyMode } from "../../../lib/kube/proxy/start.ts";
import type { CaseSettings, State } from "./cases.ts";
import { expected, expectedOfIpvs, expectedOfNftables, expectedOfUserspace, type Flow } from "./semantics.ts";

export type Outcome = Omit<NonNullable<ReturnType<typeof expected>>, never>;

/** One flow: `NAME of the Service, from whom, to which of its addresses`. */
export interface NamedFlow {
  readonly name: string;
  readonly packet: string;
  readonly modes: Readonly<Record<ProxyMode, Outcome | null>>;
}

export interface SharedCases {
  readonly settings: CaseSettings;
  readonly state: State;
  readonly flows: readonly NamedFlow[];
}

const FILE = new URL("../../../../test/kube/proxy/shared-cases.json", import.meta.url);
export const readShared = (): SharedCases => JSON.parse(readFileSync(FILE, "utf8")) as SharedCases;

export const PROMISES: Readonly<Record<ProxyMode, typeof expected>> = {
  userspace: expectedOfUserspace,
  iptables: expected,
  ipvs: expectedOfIpvs,
  nftables: expectedOfNftables,
};

const SETTINGS: CaseSettings = {
  Family: 4,
  Node: "node-1",
  Zone: "zone-a",
  NodeIP: "192.168.0.2",
  NodeAddresses: ["127.0.0.1", "192.168.0.2", "192.168.1.2"],
  ClusterCIDR: "10.0.0.0/8",
  MasqueradeAll: false,
  LocalhostNodePorts: true,
  NodePortAddresses: [],
  ConntrackLiberal: false,
};

/** Whose the endpoints are: `h` this node's, `o` another's; ready, or (t) terminating and still serving, or (n) not ready. */
type Pods = readonly `${"h" | "o"}${"" | "t" | "n"}`[];

interface Kind {
  readonly pods: Pods;
  readonly spec?: object;
  readonly type?: "ClusterIP" | "NodePort" | "LoadBalancer";
  readonly protocol?: "TCP" | "UDP";
}

const BALANCED = { type: "LoadBalancer" } as const;
const KINDS: Readonly<Record<string, Kind>> = {
  plain: { pods: ["h", "o"] },
  single: { pods: ["o"] },
  "dns-like": { pods: ["h", "o"], protocol: "UDP" },
  "nobody-behind": { pods: [], ...BALANCED },
  "not-ready": { pods: ["hn", "on"], ...BALANCED },
  "one-ready": { pods: ["h", "on"], type: "NodePort" },
  "all-terminating": { pods: ["ht", "ot"], ...BALANCED },
  "local-terminating": { pods: ["ht", "o"], ...BALANCED, spec: { externalTrafficPolicy: "Local" } },
  "node-port": { pods: ["h", "o"], type: "NodePort" },
  "node-port-udp": { pods: ["h", "o"], type: "NodePort", protocol: "UDP" },
  balanced: { pods: ["h", "o"], ...BALANCED },
  "external-local": { pods: ["h", "o"], ...BALANCED, spec: { externalTrafficPolicy: "Local" } },
  "external-local-elsewhere": { pods: ["o"], ...BALANCED, spec: { externalTrafficPolicy: "Local" } },
  "internal-local": { pods: ["h", "o"], spec: { internalTrafficPolicy: "Local" } },
  "internal-local-elsewhere": { pods: ["o"], spec: { internalTrafficPolicy: "Local" } },
  "both-local": {
    pods: ["h", "o"],
    ...BALANCED,
    spec: { externalTrafficPolicy: "Local", internalTrafficPolicy: "Local" },
  },
  sticky: { pods: ["h", "o"], type: "NodePort", spec: { sessionAffinity: "ClientIP" } },
  "source-ranges": { pods: ["h", "o"], ...BALANCED, spec: { loadBalancerSourceRanges: ["203.0.113.0/25"] } },
  "external-ip": { pods: ["h", "o"], spec: { externalIPs: ["192.168.99.80"] } },
};

const SOURCES: Readonly<Record<string, string>> = {
  "a pod": "10.0.0.7",
  "its own endpoint": "",
  "the node": "192.168.0.2",
  "the internet": "203.0.113.2",
  "another network": "198.51.100.9",
};

function stateOf(): State {
  const Services: object[] = [];
  const Slices: object[] = [];
  for (const [i, [name, { pods, spec = {}, type = "ClusterIP", protocol = "TCP" }]] of Object.entries(
    KINDS,
  ).entries()) {
    const clusterIP = `172.30.0.${10 + i}`;
    const isLocal = "externalTrafficPolicy" in spec && type === "LoadBalancer";
    Services.push({
      apiVersion: "v1",
      kind: "Service",
      metadata: { namespace: "cases", name },
      spec: {
        ...{ type, clusterIP, clusterIPs: [clusterIP], ipFamilies: ["IPv4"] },
        ports: [{ name: "p", protocol, port: 80, ...(type !== "ClusterIP" && { nodePort: 30000 + i }) }],
        ...spec,
        ...("sessionAffinity" in spec && { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } } }),
        ...(isLocal && { healthCheckNodePort: 31000 + i }),
      },
      status: { loadBalancer: type === "LoadBalancer" ? { ingress: [{ ip: `5.6.7.${i + 1}` }] } : {} },
    });
    const endpoints = pods.map((each, j) => ({
      addresses: [`10.180.${i}.${j + 1}`],
      nodeName: each.startsWith("h") ? "node-1" : "node-2",
      conditions: each.endsWith("t")
        ? { ready: false, serving: true, terminating: true }
        : { ready: !each.endsWith("n"), serving: !each.endsWith("n"), terminating: false },
    }));
    Slices.push({
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { namespace: "cases", name: `${name}-1`, labels: { "kubernetes.io/service-name": name } },
      addressType: "IPv4",
      endpoints,
      ports: [{ name: "p", protocol, port: 8080 }],
    });
  }
  return { Services, Slices } as unknown as State;
}

export function make(): SharedCases {
  const state = stateOf();
  const flows: NamedFlow[] = [];
  for (const [i, [name, { pods, type = "ClusterIP", protocol = "TCP", spec = {} }]] of Object.entries(
    KINDS,
  ).entries()) {
    const targets: Record<string, readonly [address: string, port: number]> = {
      "its cluster IP": [`172.30.0.${10 + i}`, 80],
      "an unserved port of its cluster IP": [`172.30.0.${10 + i}`, 81],
      ...(type !== "ClusterIP" && { "its node port": ["192.168.0.2", 30000 + i] }),
      ...(type === "LoadBalancer" && { "its balancer's address": [`5.6.7.${i + 1}`, 80] }),
      ...("externalIPs" in spec && { "its external IP": ["192.168.99.80", 80] }),
    };
    for (const [to, [dst, port]] of Object.entries(targets))
      for (const [from, address] of Object.entries(SOURCES)) {
        if (address === "" && pods.length === 0) continue;
        const src = address === "" ? `10.180.${i}.1` : address;
        const flow: Flow = { protocol: protocol === "TCP" ? "tcp" : "udp", src, dst, port };
        const modes = Object.fromEntries(
          Object.entries(PROMISES).map(([mode, promise]) => [mode, promise(state, SETTINGS, flow)]),
        ) as NamedFlow["modes"];
        const packet = `${flow.protocol} ${hostPort(src, 4321)} > ${hostPort(dst, port)}`;
        flows.push({ name: `${name}: from ${from} to ${to}`, packet, modes });
      }
  }
  return { settings: SETTINGS, state, flows };
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url))
  writeFileSync(FILE, `${JSON.stringify(make(), null, 2)}\n`);
