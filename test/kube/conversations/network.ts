// Services, EndpointSlices, Endpoints, Ingresses, NetworkPolicies.
import { type Conversations, merge, patches, strict, variants } from "./asked.ts";

const S = "/api/v1/namespaces/talk/services";
const service = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web" },
  spec: { selector: { app: "web" }, ports: [{ port: 80 }] },
};
const E = "/api/v1/namespaces/talk/endpoints";
const L = "/apis/discovery.k8s.io/v1/namespaces/talk/endpointslices";
const slice = {
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: { name: "web" },
  addressType: "IPv4",
  ports: [{ port: 80 }],
  endpoints: [{ addresses: ["10.1.0.1"], nodeName: "n1" }],
};
const I = "/apis/networking.k8s.io/v1/namespaces/talk/ingresses";
const path = { path: "/", pathType: "Prefix", backend: { service: { name: "web", port: { number: 80 } } } };
const ingress = {
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  metadata: { name: "web" },
  spec: { rules: [{ host: "a.example", http: { paths: [path] } }] },
};
const p = "spec.rules.0.http.paths.0";
const N = "/apis/networking.k8s.io/v1/namespaces/talk/networkpolicies";
const policy = {
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name: "web" },
  spec: {
    podSelector: { matchLabels: { app: "web" } },
    ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 80 }] }],
  },
};
const CLASSES = "/apis/networking.k8s.io/v1/ingressclasses";

/** A Service of type LoadBalancer, changed step after step: what it is given, keeps and loses. */
const balanced = {
  ...service,
  spec: { ...service.spec, type: "LoadBalancer", loadBalancerClass: "example.com/own", externalTrafficPolicy: "Local" },
};

export const NETWORK: Conversations = {
  "load-balancers": [
    { method: "POST", path: S, body: balanced },
    ...patches(
      `${S}/web`,
      [
        { externalTrafficPolicy: "Cluster" },
        { externalTrafficPolicy: "Local", healthCheckNodePort: 30 },
        { externalTrafficPolicy: "Local", healthCheckNodePort: 30044 },
        { healthCheckNodePort: 30045 },
        { type: "NodePort" },
        { externalTrafficPolicy: "Cluster" },
        { type: "LoadBalancer", externalTrafficPolicy: "Local" },
        { type: "ClusterIP" },
        { externalTrafficPolicy: "Local" },
        { type: "LoadBalancer", allocateLoadBalancerNodePorts: false },
      ].map((spec) => ({ spec })),
      merge,
    ),
    ...patches(
      `${S}/web/status`,
      [{ status: { loadBalancer: { ingress: [{ hostname: "web.example.com" }, { ip: "192.0.2.1" }] } } }],
      merge,
    ),
    ...patches(`${S}/web`, [{ spec: { type: "ClusterIP" } }], merge),
  ],
  services: [
    { method: "POST", path: S, body: service },
    ...variants(S, service, [
      ["spec.type", "NodePort"],
      ["spec.type", "LoadBalancer"],
      ["spec.clusterIP", "None"],
      ["spec.clusterIP", "10.100.0.10"],
      ["spec.clusterIP", "10.100.0.10"],
      ["spec.clusterIP", "10.101.0.10"],
      ["spec.sessionAffinity", "ClientIP"],
      ["spec.externalIPs", ["192.0.2.1"]],
      ["spec", { type: "ExternalName", externalName: "db.example." }],
      ["spec", { type: "NodePort", ports: [{ port: 80, nodePort: 30005 }] }],
      ["spec", { type: "NodePort", ports: [{ port: 80, nodePort: 30005 }] }],
      ["spec", { type: "NodePort", ports: [{ port: 80, nodePort: 80 }] }],
      [
        "spec",
        {
          type: "NodePort",
          ports: [
            { port: 53, name: "a" },
            { port: 53, name: "b", protocol: "UDP" },
          ],
        },
      ],
      ["spec.ports.0.targetPort", "http"],
      ["spec.internalTrafficPolicy", "Local"],
      ["spec.trafficDistribution", "PreferClose"],
      ["spec", { clusterIP: "None" }],
    ]),
    ...patches(`${S}/web`, [
      { spec: { ports: [{ port: 80, targetPort: 8080 }] } },
      { spec: { clusterIP: "10.100.0.77" } },
      { spec: { type: "NodePort" } },
      { spec: { externalTrafficPolicy: "Local" } },
      { spec: { type: "ClusterIP", externalTrafficPolicy: null } },
      { metadata: { labels: { a: "b" } } },
      { spec: { type: "ExternalName", externalName: "a.b" } },
      { spec: { clusterIP: null } },
    ]),
    ...patches(`${S}/web-1/status`, [{ status: { loadBalancer: { ingress: [{ ip: "192.0.2.9" }] } } }]),
    { method: "GET", path: S, query: { fieldSelector: "spec.clusterIP=None" } },
    { method: "GET", path: S, query: { fieldSelector: "spec.x=None" } },
    { method: "DELETE", path: `${S}/web-3` },
    {
      method: "POST",
      path: S,
      body: { ...service, metadata: { name: "again" }, spec: { ...service.spec, clusterIP: "10.100.0.10" } },
    },
  ],
  "services-refused": variants(S, service, [
    ["spec", undefined],
    ["spec.ports", undefined],
    ["spec.ports", [{}]],
    ["spec.ports", [{ port: 0 }, { port: 70000 }]],
    ["spec.ports", [{ port: 80 }, { port: 81 }]],
    [
      "spec.ports",
      [
        { port: 80, name: "a" },
        { port: 81, name: "a" },
      ],
    ],
    ["spec.ports", [{ port: 80, name: "A_" }]],
    ["spec.ports", [{ port: 80, protocol: "ICMP" }]],
    ["spec.ports", [{ port: 80, targetPort: 70000 }]],
    ["spec.ports", [{ port: 80, targetPort: "-x-" }]],
    ["spec.ports", [{ port: 80, nodePort: 30001 }]],
    ["spec.ports", [{ port: "http" }]],
    ["spec.type", "Magic"],
    ["spec.selector", { "a b": "c" }],
    ["spec.sessionAffinity", "Always"],
    ["spec.sessionAffinityConfig", { clientIP: { timeoutSeconds: 0 } }],
    ["spec.clusterIP", "nonsense"],
    ["spec.clusterIPs", ["10.100.0.20", "10.100.0.21"]],
    ["spec.ipFamilies", ["IPv5"]],
    ["spec.ipFamilyPolicy", "Many"],
    ["spec.externalIPs", ["127.0.0.1", "x"]],
    ["spec.externalTrafficPolicy", "Local"],
    ["spec.internalTrafficPolicy", "Mine"],
    ["spec.trafficDistribution", "Far"],
    ["spec.loadBalancerSourceRanges", ["10.0.0.0/8"]],
    ["spec", { type: "ExternalName" }],
    ["spec", { type: "ExternalName", externalName: "a_b", clusterIP: "10.100.0.9" }],
    ["spec", { type: "NodePort", clusterIP: "None", ports: [{ port: 80 }] }],
    ["spec.healthCheckNodePort", 30001],
    ["metadata.name", "1web"],
    ["spec.port", 80],
  ]).map((asked) => ({ ...asked, query: strict })),
  endpoints: [
    {
      method: "POST",
      path: E,
      body: { metadata: { name: "web" }, subsets: [{ addresses: [{ ip: "10.1.0.1" }], ports: [{ port: 80 }] }] },
    },
    ...variants(E, { apiVersion: "v1", kind: "Endpoints", metadata: { name: "w" } }, [
      ["subsets", [{}]],
      ["subsets", [{ addresses: [{ ip: "127.0.0.1" }], ports: [{ port: 0 }] }]],
      ["subsets", [{ addresses: [{ ip: "x", hostname: "A" }], ports: [{ port: 1 }, { port: 2, protocol: "X" }] }]],
    ]),
    { method: "POST", path: L, body: slice },
    ...variants(L, slice, [
      ["addressType", undefined],
      ["addressType", "IPX"],
      ["addressType", "IPv6"],
      ["endpoints", undefined],
      ["endpoints", [{ addresses: [] }, { addresses: ["169.254.1.1", "x"] }]],
      ["endpoints", [{ addresses: ["10.1.0.1"], hostname: "A", nodeName: "B" }]],
      ["ports", [{ port: 80 }, { port: 81 }]],
      ["ports", [{ port: 80, name: "A", protocol: "X" }]],
      ["ports", undefined],
    ]),
    ...patches(
      `${L}/web`,
      [
        { addressType: "IPv6" },
        { endpoints: [{ addresses: ["10.1.0.2"], conditions: { ready: true } }] },
        { metadata: { labels: { a: "b" } } },
      ],
      merge,
    ),
    { method: "GET", path: L },
  ],
  ingresses: [
    { method: "POST", path: I, body: ingress },
    ...variants(I, ingress, [
      ["spec", undefined],
      ["spec.rules.0.host", "10.0.0.1"],
      ["spec.rules.0.host", "*.example"],
      ["spec.rules.0.host", "*"],
      ["spec.rules.0.http.paths", []],
      [`${p}.pathType`, undefined],
      [`${p}.pathType`, "Regex"],
      [`${p}.path`, "x"],
      [`${p}.path`, "/a//b/../."],
      [`${p}.backend`, {}],
      [`${p}.backend.service.name`, undefined],
      [`${p}.backend.service.port`, {}],
      [`${p}.backend.service.port`, { name: "a", number: 1 }],
      ["spec.ingressClassName", "A"],
      ["spec.tls", [{ hosts: ["a_b"], secretName: "s" }]],
      ["spec", { defaultBackend: { service: { name: "web", port: { name: "http" } } } }],
    ]),
    ...patches(`${I}/web`, [{ spec: { ingressClassName: "nginx" } }]),
    ...patches(`${I}/web/status`, [{ status: { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } } }]),
    {
      method: "POST",
      path: CLASSES,
      body: { metadata: { name: "talk-nginx" }, spec: { controller: "k8s.io/ingress-nginx" } },
    },
    { method: "POST", path: CLASSES, body: { metadata: { name: "talk-b" }, spec: { controller: "nginx" } } },
    { method: "POST", path: CLASSES, body: { metadata: { name: "talk-c" } } },
    ...patches(`${CLASSES}/talk-nginx`, [{ spec: { controller: "a.b/c" } }]),
  ],
  policies: [
    { method: "POST", path: N, body: policy },
    ...variants(N, policy, [
      ["spec", undefined],
      ["spec", {}],
      ["spec.egress", [{ to: [{ ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] } }] }]],
      ["spec.egress", [{ to: [{ ipBlock: { cidr: "10.0.0.0/8", except: ["11.1.0.0/16", "10.0.0.0/8", "x"] } }] }]],
      ["spec.ingress.0.from", [{}]],
      ["spec.ingress.0.from", [{ podSelector: {}, ipBlock: { cidr: "nonsense" } }]],
      ["spec.ingress.0.ports", [{ protocol: "ICMP" }, { port: "A" }, { port: 0 }, { endPort: 3 }]],
      [
        "spec.ingress.0.ports",
        [
          { port: 80, endPort: 70 },
          { port: "http", endPort: 80 },
        ],
      ],
      ["spec.policyTypes", ["Egress", "Ingres"]],
      ["spec.policyTypes", ["Egress", "Ingress", "Egress"]],
      ["spec.podSelector", { matchExpressions: [{ key: "a" }] }],
    ]),
    ...patches(`${N}/web`, [{ spec: { egress: [{}] } }]),
  ],
};
