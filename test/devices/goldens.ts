// Which random labs are compared, and where the answers of real kernels are kept.
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import type { CaseKind } from "./ask.ts";

export interface LabSet {
  readonly name: string;
  /** The kind of device that the kernel needs. */
  readonly device: "vxlan" | "ipip" | "tun" | "fou" | "bridge" | "br_netfilter" | "vlan";
  readonly kinds: readonly CaseKind[];
  readonly count: number;
}

export const SETS: readonly LabSet[] = [
  { name: "vxlan", device: "vxlan", kinds: ["routed", "bridged"], count: 8 },
  { name: "ipip", device: "ipip", kinds: ["ipip"], count: 6 },
  { name: "flannel", device: "tun", kinds: ["flannel"], count: 8 },
  { name: "underlay", device: "vxlan", kinds: ["underlay"], count: 6 },
  { name: "fou", device: "fou", kinds: ["fou"], count: 6 },
  { name: "bridge", device: "bridge", kinds: ["ports"], count: 10 },
  { name: "dnat", device: "br_netfilter", kinds: ["dnat"], count: 12 },
  { name: "vlan", device: "vlan", kinds: ["vlans"], count: 14 },
];

export const GOLDENS = path.join(path.dirname(fileURLToPath(import.meta.url)), "../../../test/devices/goldens");
