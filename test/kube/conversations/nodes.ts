// Nodes, Leases, Events, ServiceAccounts.
import { type Conversations, merge, patches, variants } from "./asked.ts";

const N = "/api/v1/nodes";
const node = {
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "talk-n1", labels: { "kubernetes.io/hostname": "n1" } },
};
const L = "/apis/coordination.k8s.io/v1/namespaces/talk/leases";
const E = "/api/v1/namespaces/talk/events";
const event = {
  apiVersion: "v1",
  kind: "Event",
  metadata: { name: "web.1" },
  involvedObject: { kind: "Pod", name: "web", namespace: "talk" },
  reason: "Pulled",
  message: "Container image already present",
  type: "Normal",
  source: { component: "kubelet", host: "n1" },
  firstTimestamp: "2025-01-01T00:00:00Z",
  lastTimestamp: "2025-01-01T00:00:01Z",
  count: 2,
};

export const NODES: Conversations = {
  nodes: [
    { method: "POST", path: N, body: node },
    ...variants(N, node, [
      ["metadata.name", "Node_1"],
      ["spec.podCIDR", "10.244.0.0/24"],
      ["spec.podCIDRs", ["x"]],
      [
        "spec.taints",
        [
          { key: "a", effect: "NoSchedule" },
          { key: "a", effect: "NoSchedule" },
          { key: "b", effect: "X" },
          { key: "c" },
        ],
      ],
      ["status.capacity", { cpu: "2", memory: "4Gi", pods: "110" }],
      ["spec.unschedulable", "yes"],
    ]),
    ...patches(`${N}/talk-n1`, [
      { spec: { unschedulable: true } },
      { spec: { podCIDR: "10.244.1.0/24", podCIDRs: ["10.244.1.0/24"] } },
      { spec: { podCIDR: "10.244.2.0/24", podCIDRs: ["10.244.2.0/24"] } },
      { spec: { taints: null } },
      { status: { capacity: { cpu: "4" } } },
    ]),
    ...patches(`${N}/talk-n1/status`, [
      {
        status: {
          capacity: { cpu: "4", memory: "8Gi" },
          conditions: [{ type: "Ready", status: "True", reason: "KubeletReady" }],
        },
      },
      { status: { addresses: [{ type: "InternalIP", address: "192.168.0.11" }] }, spec: { unschedulable: false } },
    ]),
    { method: "GET", path: `${N}/talk-n1` },
    { method: "GET", path: N, query: { fieldSelector: "spec.unschedulable=true" } },
    { method: "GET", path: N, query: { fieldSelector: "spec.x=true" } },
  ],
  leases: [
    {
      method: "POST",
      path: L,
      body: { metadata: { name: "n1" }, spec: { holderIdentity: "n1", leaseDurationSeconds: 40 } },
    },
    {
      method: "POST",
      path: L,
      body: { metadata: { name: "n2" }, spec: { leaseDurationSeconds: 0, leaseTransitions: -1 } },
    },
    { method: "POST", path: L, body: { metadata: { name: "n3" } } },
    ...patches(`${L}/n1`, [{ spec: { renewTime: "2025-01-01T00:00:00.000000Z" } }], merge),
    { method: "PUT", path: `${L}/n1`, body: { metadata: { name: "n1" }, spec: { holderIdentity: "n2" } } },
    { method: "PUT", path: `${L}/n4`, body: { metadata: { name: "n4" }, spec: { holderIdentity: "n4" } } },
  ],
  events: [
    { method: "POST", path: E, body: event },
    {
      method: "POST",
      path: E,
      body: { ...event, metadata: { name: "web.2" }, involvedObject: { kind: "Pod", name: "web" } },
    },
    {
      method: "POST",
      path: E,
      body: { metadata: { name: "web.3" }, involvedObject: { kind: "Pod", namespace: "talk" } },
    },
    ...patches(`${E}/web.1`, [{ count: 3 }]),
    { method: "GET", path: E, query: { fieldSelector: "involvedObject.name=web,reason=Pulled" } },
    { method: "GET", path: E, query: { fieldSelector: "nonsense=1" } },
    { method: "POST", path: "/api/v1/namespaces/talk/serviceaccounts", body: { metadata: { name: "robot" } } },
    { method: "GET", path: "/api/v1/namespaces/talk/serviceaccounts/robot" },
  ],
};
