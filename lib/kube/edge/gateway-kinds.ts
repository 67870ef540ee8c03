// The kinds of the Gateway API, as its CustomResourceDefinitions make them: any field is taken.
// Before you edit: gateway-api apis/v1/{gatewayclass,gateway,httproute}_types.go (printcolumn).
import { dnsSubdomain } from "../api/names.ts";
import type { Draft } from "../api/object.ts";
import type { Resource } from "../api/resource.ts";
import { age, type Cells, columns } from "../api/table.ts";

const custom = (
  kind: string,
  resource: string,
  shortNames: readonly string[],
  namespaced: boolean,
  titles: readonly string[],
  cells: Cells,
): Resource => ({
  group: "gateway.networking.k8s.io",
  version: "v1",
  kind,
  resource,
  singular: kind.toLowerCase(),
  shortNames,
  categories: ["gateway-api"],
  isCustom: true,
  namespaced,
  hasStatus: true,
  hasGeneration: true,
  nameRule: dnsSubdomain,
  columns: columns(...titles),
  cells,
  strategy: {},
});

const conditionText = ({ conditions = [] }: Draft, type: string): string =>
  (conditions as Draft[]).find((each) => each.type === type)?.status ?? "";

export const GATEWAY_KINDS: readonly Resource[] = [
  custom(
    "GatewayClass",
    "gatewayclasses",
    ["gc"],
    false,
    ["Name", "Controller", "Accepted", "Age"],
    ({ metadata, spec, status = {} }, now) => [
      metadata.name,
      spec.controllerName ?? "",
      conditionText(status, "Accepted"),
      age(metadata.creationTimestamp, now),
    ],
  ),
  custom(
    "Gateway",
    "gateways",
    ["gtw"],
    true,
    ["Name", "Class", "Address", "Programmed", "Age"],
    ({ metadata, spec, status = {} }, now) => [
      metadata.name,
      spec.gatewayClassName ?? "",
      ((status.addresses ?? []) as Draft[]).map(({ value }) => value).join(","),
      conditionText(status, "Programmed"),
      age(metadata.creationTimestamp, now),
    ],
  ),
  custom("HTTPRoute", "httproutes", [], true, ["Name", "Hostnames", "Age"], ({ metadata, spec }, now) => [
    metadata.name,
    spec.hostnames === undefined ? "" : JSON.stringify(spec.hostnames),
    age(metadata.creationTimestamp, now),
  ]),
];
