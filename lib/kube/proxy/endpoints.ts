// The endpoints of a Service's ports, put together from its EndpointSlices as they come and go.
// Before you edit: pkg/proxy/endpointslicecache.go, pkg/proxy/endpoint.go, pkg/proxy/endpointschangetracker.go.
import type { KubeObject } from "../api/object.ts";
import { addressOf, type Family, hostPort } from "./address.ts";
import { endpointKey } from "./service-port.ts";

/** An EndpointSlice with all that a proxy reads of it; what is left out is as the API says. */
export interface ProxiedSlice extends KubeObject {
  readonly addressType: string;
  readonly endpoints?:
    | readonly {
        readonly addresses: readonly string[];
        readonly conditions?: { readonly ready?: boolean; readonly serving?: boolean; readonly terminating?: boolean };
        readonly nodeName?: string;
        readonly hints?: {
          readonly forZones?: readonly { readonly name: string }[];
          readonly forNodes?: readonly { readonly name: string }[];
        };
      }[]
    | null;
  readonly ports?: readonly { readonly name?: string; readonly port?: number; readonly protocol?: string }[] | null;
}

export interface Endpoint {
  /** As `10.0.0.1`. */
  readonly ip: string;
  readonly port: number;
  /** As `10.0.0.1:80` or `[fd00::1]:80`. */
  readonly text: string;
  /** On the proxy's own node. */
  readonly isLocal: boolean;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly zones: readonly string[];
  readonly nodes: readonly string[];
}

const SERVICE_NAME = "kubernetes.io/service-name";
/** Slices of headless Services have this label. */
const HEADLESS = "service.kubernetes.io/headless";
/** By port name and protocol. */
type Endpoints = ReadonlyMap<string, readonly Endpoint[]>;

const NOTHING: Endpoints = new Map();

/** `namespace/name` of the Service a slice is of; null: it is no business of a proxy of this family. */
export function serviceOf({ metadata, addressType }: ProxiedSlice, family: Family): string | null {
  const name = metadata.labels?.[SERVICE_NAME] ?? "";
  if (name === "" || Object.hasOwn(metadata.labels ?? {}, HEADLESS) || addressType !== `IPv${family}`) return null;
  return `${metadata.namespace}/${name}`;
}

/** What slices come to on all nodes that have none of the endpoints: found by the first of the slices. */
const elsewhere = new WeakMap<
  ProxiedSlice,
  {
    readonly slices: readonly ProxiedSlice[];
    readonly nodes: ReadonlySet<string | undefined>;
    readonly endpoints: Endpoints;
  }
>();

/**
 * The endpoints of a Service's slices by port name and protocol, each list in the order of their texts. Of two with the
 * same address and port one that does not end is preferred: an address may be in use again before the old pod is gone.
 */
export function endpointsOf(slices: readonly ProxiedSlice[], nodeName: string): Endpoints {
  const [first] = slices;
  if (first === undefined) return NOTHING;
  let known = elsewhere.get(first);
  if (
    known === undefined ||
    !slices.every((each, i) => each === known!.slices[i]) ||
    slices.length !== known.slices.length
  ) {
    const nodes = new Set(slices.flatMap(({ endpoints }) => (endpoints ?? []).map((each) => each.nodeName)));
    known = { slices, nodes, endpoints: seenFrom(slices, "") };
    elsewhere.set(first, known);
  }
  return known.nodes.has(nodeName) ? seenFrom(slices, nodeName) : known.endpoints;
}

function seenFrom(slices: readonly ProxiedSlice[], nodeName: string): Endpoints {
  let found: Map<string, Map<string, Endpoint>> | null = null;
  for (const { ports, endpoints } of slices)
    for (const { name = "", port = 0, protocol = "TCP" } of ports ?? []) {
      if (port === 0) continue;
      found ??= new Map();
      const key = endpointKey(name, protocol);
      const known = found.get(key) ?? new Map<string, Endpoint>();
      found.set(key, known);
      for (const each of endpoints ?? []) {
        const ip = addressOf(each.addresses[0] ?? "")?.text;
        if (ip === undefined) continue;
        const text = hostPort(ip, port);
        const { ready = true, serving = true, terminating = false } = each.conditions ?? {};
        if (known.has(text) && terminating) continue;
        known.set(text, {
          ip,
          port,
          text,
          isLocal: nodeName !== "" && each.nodeName === nodeName,
          ready,
          serving,
          terminating,
          zones: each.hints?.forZones?.map(({ name }) => name) ?? NO_NAMES,
          nodes: each.hints?.forNodes?.map(({ name }) => name) ?? NO_NAMES,
        });
      }
    }
  if (found === null) return NOTHING;
  const sorted = new Map<string, readonly Endpoint[]>();
  for (const [key, known] of found) if (known.size > 0) sorted.set(key, [...known.values()].sort(byText));
  return sorted;
}

const NO_NAMES: readonly string[] = [];

/** By octets, as Go compares strings. */
const byText = (one: Endpoint, other: Endpoint): number => (one.text < other.text ? -1 : 1);
