// What the plugin `kubernetes` knows: names of Services, endpoints and pods, from watches of the API.
// Before you edit: github.com/coredns/coredns plugin/kubernetes/{kubernetes,parse,reverse,ns,controller}.go, object/endpoint.go,
// and the specification, github.com/kubernetes/dns docs/specification.md.
import { EPOCH } from "../../lab/lab.ts";
import { isIp } from "../api/address.ts";
import type { KubeObject } from "../api/object.ts";
import type { Client } from "../controller/client.ts";
import { type Index, Informer } from "../controller/informer.ts";
import type { Endpoint, EndpointSlice, Pod, Service } from "../shapes.ts";

/** Something a name leads to: an address, or another name (`www.example.com`). */
export interface Lead {
  readonly host: string;
  /** -1: it has none. */
  readonly port: number;
  /** The name under which an address is found: that of the Service, or of the endpoint. Without the zone. */
  readonly owner: string;
}

/** What a name within the zone asks for: `_http._tcp.word.beta.svc`, `10-0-0-1.word.beta.svc`, `10-0-0-1.beta.pod`. */
interface Request {
  readonly kind: string;
  readonly namespace?: string | undefined;
  readonly service?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly protocol?: string | undefined;
  readonly port?: string | undefined;
}

/** Null: no such name can be. */
function requestOf(base: string): Request | null {
  const labels = base.split(".");
  const kind = labels.pop()!;
  if (kind !== "svc" && kind !== "pod") return null;
  const namespace = labels.pop();
  const service = labels.pop();
  if (labels.length > 2) return null;
  if (labels.length < 2) return { kind, namespace, service, endpoint: labels[0] };
  const [port, protocol] = labels.map((label) => label.replace(/^_/, ""));
  return { kind, namespace, service, port, protocol };
}

const dashed = (address: string): string => {
  const text = address.replace(/[.:]/g, "-");
  return text.endsWith("-") ? `${text}0` : text;
};

const hostnameOf = ({ hostname }: Endpoint, address: string): string => hostname ?? dashed(address);

const serviceOf = ({ metadata: { namespace, labels } }: EndpointSlice): string =>
  `${namespace}/${labels?.["kubernetes.io/service-name"]}`;

const addressesOf = ({ spec: { clusterIP, clusterIPs } }: Service): readonly string[] =>
  clusterIPs ?? (clusterIP === undefined ? [] : [clusterIP]);

const isHeadless = (service: Service): boolean => addressesOf(service)[0] === "None";

/** What says nothing is ready. */
const readyOf = ({ endpoints }: EndpointSlice): readonly Endpoint[] =>
  (endpoints ?? []).filter(({ conditions }) => conditions.ready !== false);

export class ClusterZone {
  /** When something changed last, in seconds since 1970: the serial number. */
  serial: number;
  private readonly services: Informer<Service>;
  private readonly slices: Informer<EndpointSlice>;
  private readonly namespaces: Informer<KubeObject>;
  private readonly pods: Informer<Pod> | null;
  private readonly servicesByAddress: Index<Service>;
  private readonly slicesByService: Index<EndpointSlice>;
  private readonly slicesByAddress: Index<EndpointSlice>;
  private readonly podsByAddress: Index<Pod> | null;
  private readonly mode: "disabled" | "insecure" | "verified";

  constructor(client: Client, mode: "disabled" | "insecure" | "verified") {
    this.mode = mode;
    const now = () => Number(EPOCH / 1_000_000_000n) + Math.floor(client.clock.now / 1e9);
    this.serial = now();
    const changed = () => {
      this.serial = now();
    };
    this.services = new Informer<Service>(client, "services").on(changed);
    this.slices = new Informer<EndpointSlice>(client, "endpointslices").on(changed);
    this.namespaces = new Informer(client, "namespaces");
    this.pods = mode === "verified" ? new Informer<Pod>(client, "pods").on(changed) : null;
    this.servicesByAddress = this.services.index(addressesOf);
    this.slicesByService = this.slices.index((slice) => [serviceOf(slice)]);
    this.slicesByAddress = this.slices.index((slice) => readyOf(slice).flatMap(({ addresses }) => addresses));
    this.podsByAddress = this.pods?.index(({ status }) => (status?.podIP === undefined ? [] : [status.podIP])) ?? null;
  }

  start(): void {
    for (const each of [this.services, this.slices, this.namespaces, this.pods]) each?.start();
  }

  stop(): void {
    for (const each of [this.services, this.slices, this.namespaces, this.pods]) each?.stop();
  }

  /** What is found under a name of the zone (`word.beta.svc`, small letters); empty: it is there, but has nothing; null: it is not there. */
  find(base: string): Lead[] | null {
    if (base === "" || base === "svc" || base === "pod") return [];
    const request = requestOf(base);
    if (request === null) return null;
    const { kind, namespace, service } = request;
    if (namespace !== undefined && this.namespaces.get(namespace) === undefined) return null;
    if (namespace === undefined || service === undefined) return [];
    return kind === "pod" ? this.findPod(request) : this.findService(request);
  }

  private findPod({ namespace, service: name = "" }: Request): Lead[] | null {
    const isIpv4 = name.split("-").length === 4 && !name.includes("--");
    const host = name.replace(/-/g, isIpv4 ? "." : ":");
    const lead = [{ host, port: 0, owner: `${name}.${namespace}.pod` }];
    if (this.mode === "insecure") return isIp(host) ? lead : null;
    const known = [...(this.podsByAddress?.of(host) ?? [])].some(({ metadata }) => metadata.namespace === namespace);
    return known ? lead : null;
  }

  private findService(request: Request): Lead[] | null {
    const { namespace, service: name, endpoint } = request;
    const service = this.services.get(`${namespace}/${name}`);
    if (service === undefined) return null;
    const owner = `${name}.${namespace}.svc`;
    const { type, externalName, ports = [] } = service.spec;
    if (type === "ExternalName") {
      const isPlain = endpoint === undefined && request.port === undefined;
      return isPlain && !isIp(externalName!) ? [{ host: externalName!, port: 0, owner }] : null;
    }
    const leads: Lead[] = [];
    const fits = (port: { readonly name?: string; readonly protocol?: string }) =>
      alike(request.port, port.name ?? "") && alike(request.protocol, port.protocol ?? "");
    if (isHeadless(service) || endpoint !== undefined) {
      for (const slice of this.slicesByService.of(`${namespace}/${name}`))
        for (const each of readyOf(slice))
          for (const address of each.addresses) {
            const hostname = hostnameOf(each, address);
            if (endpoint !== undefined && endpoint !== hostname.toLowerCase()) continue;
            for (const port of (slice.ports ?? []).length === 0 ? [{}] : slice.ports)
              if (fits(port)) leads.push({ host: address, port: port.port ?? -1, owner: `${hostname}.${owner}` });
          }
    } else
      for (const port of ports.length === 0 ? [{ port: -1 }] : ports)
        if (fits(port)) for (const host of addressesOf(service)) leads.push({ host, port: port.port, owner });
    return leads.length === 0 ? null : leads;
  }

  /** The names an address has: of the Service whose own it is, else of every endpoint it is. */
  reverse(address: string): string[] {
    for (const { metadata } of this.servicesByAddress.of(address))
      return [`${metadata.name}.${metadata.namespace}.svc`];
    const names: string[] = [];
    for (const slice of this.slicesByAddress.of(address))
      for (const each of readyOf(slice))
        if (each.addresses.includes(address)) {
          const [namespace, name] = serviceOf(slice).split("/");
          names.push(`${hostnameOf(each, address)}.${name}.${namespace}.svc`);
        }
    return [...new Set(names)];
  }

  /** The Services that lead to one of these addresses, by name and address: what answers is its own name server. */
  servers(own: readonly string[]): Lead[] {
    const leads = own.flatMap((address) =>
      [...this.slicesByAddress.of(address)].flatMap((slice) => {
        const service = this.services.get(serviceOf(slice));
        if (service === undefined) return [];
        const owner = `${service.metadata.name}.${service.metadata.namespace}.svc`;
        return addressesOf(service).map((host) => ({ host, port: 0, owner }));
      }),
    );
    return leads.length > 0 ? leads : own.map((host) => ({ host, port: 0, owner: "ns.dns" }));
  }
}

const alike = (wanted: string | undefined, name: string): boolean =>
  wanted === undefined || wanted === "" || wanted === name.toLowerCase();
