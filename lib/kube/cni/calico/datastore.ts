// What Calico keeps in the API server as resources of its own: pools of addresses, their blocks, and who has which block.
// Before you edit: github.com/projectcalico/calico api/pkg/apis/projectcalico/v3/ippool.go,
// libcalico-go/lib/apis/crd.projectcalico.org/v1, libcalico-go/lib/backend/k8s/resources/*.go.
import { dnsSubdomain } from "../../api/names.ts";
import type { KubeObject } from "../../api/object.ts";
import type { Resource } from "../../api/resource.ts";
import { age, columns } from "../../api/table.ts";

export type Encapsulation = "Never" | "Always" | "CrossSubnet";

export interface IpPool extends KubeObject {
  readonly spec: {
    readonly cidr: string;
    readonly blockSize: number;
    readonly ipipMode: Encapsulation;
    readonly vxlanMode: Encapsulation;
    readonly natOutgoing: boolean;
  };
}

export interface BlockAffinity extends KubeObject {
  readonly spec: {
    readonly cidr: string;
    readonly node: string;
    readonly type: "host";
    readonly state: "pending" | "confirmed";
    readonly deleted: "false";
  };
}

/** A block; an address is its place in it, and `allocations` tells of each place the attribute, or null. */
export interface IpamBlock extends KubeObject {
  readonly spec: {
    readonly cidr: string;
    readonly affinity: string;
    readonly strictAffinity: boolean;
    readonly allocations: readonly (number | null)[];
    readonly unallocated: readonly number[];
    readonly attributes: readonly {
      readonly handle_id: string;
      readonly secondary: Readonly<Record<string, string>>;
    }[];
  };
}

const custom = (kind: string, resource: string): Resource => ({
  group: "crd.projectcalico.org",
  version: "v1",
  kind,
  resource,
  singular: kind.toLowerCase(),
  shortNames: [],
  categories: [],
  isCustom: true,
  namespaced: false,
  hasStatus: false,
  hasGeneration: true,
  nameRule: dnsSubdomain,
  columns: columns("Name", "Age"),
  cells: ({ metadata }, now) => [metadata.name, age(metadata.creationTimestamp, now)],
  strategy: {},
});

export const CALICO_RESOURCES: readonly Resource[] = [
  custom("IPPool", "ippools"),
  custom("BlockAffinity", "blockaffinities"),
  custom("IPAMBlock", "ipamblocks"),
];
