// Which addresses does a Service reach? EndpointSlices say it, and Endpoints, which came before them.
// Before you edit: pkg/apis/discovery/validation/validation.go, pkg/apis/core/validation/validation.go
// (ValidateEndpoints), pkg/registry/{discovery/endpointslice,core/endpoint}/strategy.go.
import { endpointIp, ip } from "../api/address.ts";
import {
  byRule,
  duplicate,
  type FieldError,
  oneOf,
  port,
  required,
  tooMany,
  unsupported,
  wrong,
} from "../api/field-error.ts";
import { unchanged } from "../api/metadata.ts";
import { dnsLabel, dnsSubdomain, qualifiedName } from "../api/names.ts";
import { type Draft, sameJson } from "../api/object.ts";
import type { Resource } from "../api/resource.ts";
import { age, columns, firstThree } from "../api/table.ts";
import { PROTOCOLS } from "./container-validation.ts";

const reached = {
  version: "v1",
  categories: [],
  namespaced: true,
  hasStatus: false,
  nameRule: dnsSubdomain,
};

const ADDRESS_TYPES = ["FQDN", "IPv4", "IPv6"];

function validateSliceEndpoint({ addresses = [], nodeName, hostname }: Draft, type: string, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (addresses.length === 0) errors.push(required(`${at}.addresses`, "must contain at least 1 address"));
  if (addresses.length > 100) errors.push(tooMany(`${at}.addresses`, addresses.length, 100));
  for (const [i, each] of addresses.entries()) {
    if (type !== "IPv4" && type !== "IPv6") continue;
    const field = `${at}.addresses[${i}]`;
    const bad = ip(field, each);
    errors.push(...bad);
    if (bad.length > 0) continue;
    if (each.includes(":") !== (type === "IPv6"))
      errors.push(wrong(`${at}.addresses`, each, `must be an ${type} address`));
    errors.push(...endpointIp(field, each));
  }
  if (nodeName !== undefined) errors.push(...byRule(`${at}.nodeName`, nodeName, dnsSubdomain));
  if (hostname !== undefined) errors.push(...byRule(`${at}.hostname`, hostname, dnsLabel));
  return errors;
}

function validateSlicePorts(ports: readonly Draft[]): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [i, { name = "", protocol, appProtocol }] of ports.entries()) {
    const at = `ports[${i}]`;
    if (name !== "") errors.push(...byRule(`${at}.name`, name, dnsLabel));
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
    errors.push(...oneOf(`${at}.protocol`, protocol, PROTOCOLS));
    if (appProtocol !== undefined) errors.push(...byRule(`${at}.appProtocol`, appProtocol, qualifiedName));
  }
  return errors;
}

export const ENDPOINT_SLICES: Resource = {
  ...reached,
  group: "discovery.k8s.io",
  kind: "EndpointSlice",
  resource: "endpointslices",
  singular: "endpointslice",
  shortNames: [],
  hasGeneration: true,
  generationCounts: ["addressType", "endpoints", "ports", "labels", "annotations"],
  columns: columns("Name", "AddressType", "Ports", "Endpoints", "Age"),
  cells: ({ metadata, addressType, ports, endpoints }, now) => [
    metadata.name,
    addressType,
    firstThree(
      ((ports ?? []) as Draft[]).map((each) => String(each.port ?? each.name)),
      "<unset>",
    ),
    firstThree(
      ((endpoints ?? []) as Draft[]).flatMap(({ addresses = [] }) => addresses),
      "<unset>",
    ),
    age(metadata.creationTimestamp, now),
  ],
  strategy: {
    warnings: (slice) =>
      (slice as Draft).addressType === "FQDN" ? ["spec.addressType: FQDN endpoints are deprecated"] : [],
    defaults(draft) {
      for (const each of draft.ports ?? []) {
        each.name ??= "";
        each.protocol ??= "TCP";
      }
      for (const each of draft.endpoints ?? []) each.conditions ??= {};
      draft.endpoints ??= null;
      draft.ports ??= null;
    },
    validate({ addressType = "", endpoints, ports }, old) {
      const errors: FieldError[] = [];
      if (addressType === "") errors.push(required("addressType"));
      else if (!ADDRESS_TYPES.includes(addressType))
        errors.push(unsupported("addressType", addressType, ADDRESS_TYPES));
      errors.push(...validateSlicePorts(ports ?? []));
      // What was let in is not judged again.
      if (old !== null && sameJson((old as Draft).endpoints, endpoints)) return errors;
      for (const [i, each] of ((endpoints ?? []) as Draft[]).entries())
        errors.push(...validateSliceEndpoint(each, addressType, `endpoints[${i}]`));
      return errors;
    },
    validateUpdate: ({ addressType }, old) => unchanged(addressType, (old as Draft).addressType, "addressType"),
  },
};

function validateAddress({ ip: address = "", hostname, nodeName }: Draft, at: string): FieldError[] {
  return [
    ...ip(`${at}.ip`, address),
    ...(hostname ? byRule(`${at}.hostname`, hostname, dnsLabel) : []),
    ...(nodeName === undefined ? [] : byRule(`${at}.nodeName`, nodeName, dnsSubdomain)),
    ...endpointIp(`${at}.ip`, address),
  ];
}

const DEPRECATED = "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice";

export const ENDPOINTS: Resource = {
  ...reached,
  group: "",
  kind: "Endpoints",
  resource: "endpoints",
  singular: "endpoints",
  shortNames: ["ep"],
  hasGeneration: false,
  madeByUpdate: true,
  warning: DEPRECATED,
  columns: columns("Name", "Endpoints", "Age"),
  cells({ metadata, subsets = [] }, now) {
    const texts = (subsets as Draft[]).flatMap(({ addresses = [], ports }) => {
      const ips = (addresses as Draft[]).map(({ ip: address }) => address);
      if (!ports?.length) return ips;
      return (ports as Draft[]).flatMap((each) =>
        ips.map((address) => (address.includes(":") ? `[${address}]:${each.port}` : `${address}:${each.port}`)),
      );
    });
    return [
      metadata.name,
      subsets.length === 0 ? "<none>" : firstThree(texts, ""),
      age(metadata.creationTimestamp, now),
    ];
  },
  strategy: {
    defaults({ subsets = [] }) {
      for (const { ports = [] } of subsets) for (const each of ports) each.protocol ||= "TCP";
    },
    validate({ subsets = [] }) {
      const errors: FieldError[] = [];
      for (const [i, { addresses = [], notReadyAddresses = [], ports = [] }] of (subsets as Draft[]).entries()) {
        const at = `subsets[${i}]`;
        if (addresses.length + notReadyAddresses.length === 0)
          errors.push(required(at, "must specify `addresses` or `notReadyAddresses`"));
        for (const [part, list] of Object.entries({ addresses, notReadyAddresses }))
          for (const [j, each] of (list as Draft[]).entries())
            errors.push(...validateAddress(each, `${at}.${part}[${j}]`));
        for (const [j, each] of (ports as Draft[]).entries()) {
          const field = `${at}.ports[${j}]`;
          if (each.name) errors.push(...byRule(`${field}.name`, each.name, dnsLabel));
          else if (ports.length > 1) errors.push(required(`${field}.name`));
          errors.push(...port(`${field}.port`, each.port), ...oneOf(`${field}.protocol`, each.protocol, PROTOCOLS));
        }
      }
      return errors;
    },
  },
};
