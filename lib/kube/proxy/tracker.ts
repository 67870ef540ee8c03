// The Services and EndpointSlices a proxy knows, as ports and endpoints of one family, and which changed since it looked.
// Before you edit: pkg/proxy/servicechangetracker.go, pkg/proxy/endpointschangetracker.go.
import { sameJson } from "../api/object.ts";
import type { Family } from "./address.ts";
import { type Endpoint, endpointsOf, type ProxiedSlice, serviceOf } from "./endpoints.ts";
import { type ProxiedService, type ServicePort, servicePorts } from "./service-port.ts";

/** By port name and protocol. */
type Endpoints = ReadonlyMap<string, readonly Endpoint[]>;

const NO_ENDPOINTS: Endpoints = new Map();

export class Tracker {
  readonly family: Family;
  readonly nodeName: string;
  /** By `namespace/name`. */
  readonly services = new Map<string, readonly ServicePort[]>();
  private readonly slices = new Map<string, Map<string, ProxiedSlice>>();
  private readonly known = new Map<string, Endpoints>();
  private changed = new Set<string>();

  /** Endpoints on the node called `nodeName` are local. */
  constructor(family: Family, nodeName: string) {
    this.family = family;
    this.nodeName = nodeName;
  }

  /** `now` is null when the Service is gone. Whether that matters to this proxy. */
  setService(key: string, now: ProxiedService | null): boolean {
    const ports = now === null ? NO_PORTS : servicePorts(now, this.family);
    const known = this.services.get(key) ?? NO_PORTS;
    if (ports.length === known.length && (ports.length === 0 || areSame(ports, known))) return false;
    if (ports.length === 0) this.services.delete(key);
    else this.services.set(key, ports);
    this.changed.add(key);
    return true;
  }

  /** A slice came, changed, or is gone (`isGone`). Whether that matters to this proxy. */
  setSlice(slice: ProxiedSlice, isGone: boolean): boolean {
    const service = serviceOf(slice, this.family);
    if (service === null) return false;
    const slices = this.slices.get(service) ?? new Map<string, ProxiedSlice>();
    const known = slices.get(slice.metadata.name);
    if (isGone ? known === undefined : known !== undefined && areSame(slice, known)) return false;
    if (isGone) slices.delete(slice.metadata.name);
    else slices.set(slice.metadata.name, slice);
    if (slices.size === 0) this.slices.delete(service);
    else this.slices.set(service, slices);
    this.known.delete(service);
    this.changed.add(service);
    return true;
  }

  /** The endpoints of a Service; none when it has no slice. */
  endpointsOf(service: string): Endpoints {
    const slices = this.slices.get(service);
    if (slices === undefined) return NO_ENDPOINTS;
    let found = this.known.get(service);
    if (found === undefined) {
      found = endpointsOf([...slices.values()], this.nodeName);
      this.known.set(service, found);
    }
    return found;
  }

  endpointsOfPort({ service, key }: ServicePort): readonly Endpoint[] {
    return this.endpointsOf(service).get(key) ?? NOBODY;
  }

  /** Which Services, or endpoints of them, changed since this was asked last. */
  takeChanges(): ReadonlySet<string> {
    const { changed } = this;
    this.changed = new Set();
    return changed;
  }
}

const NOBODY: readonly Endpoint[] = [];
const NO_PORTS: readonly ServicePort[] = [];

/** What came after each other was laid beside each other once, for all nodes. */
const compared = new WeakMap<object, { readonly other: object; readonly same: boolean }>();

/** sameJson of two objects that nobody changes. */
function areSame(one: object, other: object): boolean {
  let known = compared.get(one);
  if (known?.other !== other) {
    known = { other, same: sameJson(one, other) };
    compared.set(one, known);
  }
  return known.same;
}
