// Which address and which port of every node does a Service get?
// Before you edit: pkg/registry/core/service/storage/alloc.go, .../ipallocator/{ipallocator,interfaces}.go,
// .../portallocator/allocator.go.
import { Ipv4, ipv4, prefix4 } from "../../wire/address.ts";
import { isIp } from "../api/address.ts";
import { type FieldError, wrong } from "../api/field-error.ts";
import type { Draft, KubeObject } from "../api/object.ts";
import type { Registry } from "../api/resource.ts";
import { internalError, invalid } from "../api/status.ts";

/** The port range of --service-node-port-range. */
const NODE_PORTS = { first: 30000, size: 2768 };

/** What is given away, in one API server. */
export interface Given {
  readonly addresses: Set<string>;
  readonly ports: Set<string>;
}

const given = new WeakMap<Registry, Given>();

function givenBy(registry: Registry): Given {
  let of = given.get(registry);
  if (of === undefined) {
    of = { addresses: new Set(), ports: new Set() };
    given.set(registry, of);
  }
  return of;
}

/** `kubernetes` itself has the first address; nobody gets the first and last of the range. */
function drawAddress(registry: Registry, { addresses }: Given): string {
  const range = prefix4(registry.serviceRange);
  const size = 2 ** (32 - range.length) - 2;
  // The lower part is left to those who ask for a certain address (reserved band, KEP-3070).
  const offset = Math.min(Math.max(16, Math.floor(size / 16)), 256);
  const upper = Math.max(size - offset, 1);
  const start = Math.floor(registry.random() * upper);
  for (let i = 0; i < size; i++) {
    const at = i < upper ? offset + ((start + i) % upper) : i - upper;
    const address = Ipv4.of(range.address.bits + 1 + at).text;
    if (!addresses.has(address)) return address;
  }
  throw new Error("range is full");
}

function drawPort(registry: Registry, taken: ReadonlySet<string>, protocol: string): number {
  const offset = 86;
  const start = Math.floor(registry.random() * (NODE_PORTS.size - offset));
  for (let i = 0; i < NODE_PORTS.size; i++) {
    const at =
      i < NODE_PORTS.size - offset ? offset + ((start + i) % (NODE_PORTS.size - offset)) : i - NODE_PORTS.size + offset;
    if (!taken.has(`${protocol} ${NODE_PORTS.first + at}`)) return NODE_PORTS.first + at;
  }
  throw new Error("range is full");
}

const hasNodePorts = ({ type, allocateLoadBalancerNodePorts }: Draft): boolean =>
  type === "NodePort" || (type === "LoadBalancer" && allocateLoadBalancerNodePorts !== false);

/** Load balancers ask at a port of its own where pods are, when only nodes with pods answer (NeedsHealthCheck). */
export const needsHealthCheck = ({ type, externalTrafficPolicy }: Draft): boolean =>
  type === "LoadBalancer" && externalTrafficPolicy === "Local";

function refuse(draft: Draft, error: FieldError): never {
  throw invalid("Service", "", draft.metadata.name, [error]);
}

/** Gives a Service what it lacks. Throws ApiError (422) if what it asks for is not in the range or somebody else's. */
export function allocate(draft: Draft, old: KubeObject | null, registry: Registry): void {
  const { spec } = draft;
  const of = givenBy(registry);
  const before = (old as Draft | null)?.spec ?? {};
  if (spec.type !== "ExternalName") {
    // Nobody knows what a Service without addresses and selector will have: both families may be.
    if (spec.clusterIP === "None" && spec.selector === undefined) {
      spec.ipFamilyPolicy ??= "RequireDualStack";
      spec.ipFamilies ??= ["IPv4", "IPv6"];
    }
    spec.ipFamilyPolicy ??= "SingleStack";
    spec.ipFamilies ??= [spec.clusterIP?.includes(":") ? "IPv6" : "IPv4"];
    if (!spec.clusterIP) {
      spec.clusterIP = drawAddress(registry, of);
      spec.clusterIPs = [spec.clusterIP];
    } else if (spec.clusterIP !== "None" && spec.clusterIP !== before.clusterIP) checkAddress(draft, registry, of);
  }
  const mine = new Set(((before.ports ?? []) as Draft[]).map(({ protocol, nodePort }) => `${protocol} ${nodePort}`));
  const drawn = new Map<number, number>();
  const now = new Set<string>();
  for (const [i, port] of ((spec.ports ?? []) as Draft[]).entries()) {
    if (!port.nodePort) {
      if (!hasNodePorts(spec)) continue;
      // TCP and UDP of one port number share theirs.
      port.nodePort = drawn.get(port.port) ?? drawPort(registry, new Set([...of.ports, ...now]), port.protocol);
    } else {
      const field = `spec.ports[${i}].nodePort`;
      const { first, size } = NODE_PORTS;
      if (port.nodePort < first || port.nodePort >= first + size)
        refuse(
          draft,
          wrong(
            field,
            port.nodePort,
            `provided port is not in the valid range. The range of valid ports is ${first}-${first + size - 1}`,
          ),
        );
      const key = `${port.protocol} ${port.nodePort}`;
      if (of.ports.has(key) && !mine.has(key))
        refuse(draft, wrong(field, port.nodePort, "provided port is already allocated"));
    }
    drawn.set(port.port, port.nodePort);
    now.add(`${port.protocol} ${port.nodePort}`);
  }
  if (needsHealthCheck(spec)) allocateHealthCheck(draft, before, registry, new Set([...of.ports, ...now]));
}

/** Once it is given, validation sees to it that it stays. */
function allocateHealthCheck({ spec }: Draft, before: Draft, registry: Registry, taken: ReadonlySet<string>): void {
  const { healthCheckNodePort: asked } = spec;
  if (!asked) spec.healthCheckNodePort = drawPort(registry, taken, "TCP");
  else if (!needsHealthCheck(before)) {
    const { first, size } = NODE_PORTS;
    const last = first + size - 1;
    const why =
      asked < first || asked > last
        ? `provided port is not in the valid range. The range of valid ports is ${first}-${last}`
        : taken.has(`TCP ${asked}`)
          ? "provided port is already allocated"
          : null;
    if (why === null) return;
    throw internalError(`failed to allocate requested HealthCheck NodePort ${asked}: ${why}`);
  }
}

function checkAddress(draft: Draft, registry: Registry, { addresses }: Given): void {
  const { clusterIP, clusterIPs } = draft.spec;
  if (!isIp(clusterIP)) return;
  const range = prefix4(registry.serviceRange);
  const fail = (why: string) =>
    refuse(draft, wrong("spec.clusterIPs", clusterIPs, `failed to allocate IP ${clusterIP}: ${why}`));
  if (clusterIP.includes(":") || !range.contains(ipv4(clusterIP)))
    fail("the provided network does not match the current range");
  if (addresses.has(clusterIP)) fail("provided IP is already allocated");
}

/** Remembers what a stored Service has; forgets what it had before. */
export function remember(object: Draft, old: Draft | null, registry: Registry): void {
  if (old !== null) release(old, registry);
  const { addresses, ports } = givenBy(registry);
  const { clusterIP, ports: listed = [], healthCheckNodePort } = object.spec;
  if (clusterIP && clusterIP !== "None") addresses.add(clusterIP);
  if (healthCheckNodePort) ports.add(`TCP ${healthCheckNodePort}`);
  for (const { nodePort, protocol } of listed as Draft[]) if (nodePort) ports.add(`${protocol} ${nodePort}`);
}

export function release(object: Draft, registry: Registry): void {
  const { addresses, ports } = givenBy(registry);
  const { clusterIP, ports: listed = [], healthCheckNodePort } = object.spec;
  addresses.delete(clusterIP);
  ports.delete(`TCP ${healthCheckNodePort}`);
  for (const { nodePort, protocol } of listed as Draft[]) ports.delete(`${protocol} ${nodePort}`);
}
