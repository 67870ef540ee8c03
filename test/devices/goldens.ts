// Which random labs are compared, and where the answers of real kernels are kept.
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import type { Shape } from "./labs.ts";

export interface LabSet {
  readonly name: string;
  /** The kind of device that the kernel needs. */
  readonly device: "vxlan" | "ipip";
  readonly kinds: readonly Shape["kind"][];
  readonly count: number;
}

export const SETS: readonly LabSet[] = [
  { name: "vxlan", device: "vxlan", kinds: ["routed", "bridged"], count: 8 },
  { name: "ipip", device: "ipip", kinds: ["ipip"], count: 6 },
];

export const GOLDENS = path.join(path.dirname(fileURLToPath(import.meta.url)), "../../../test/devices/goldens");
