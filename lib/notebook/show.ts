// The verb show: the picture of a lab, at any time.
import { topology } from "../draw/topology.ts";
import { seenData } from "../lab/data-write.ts";
import type { Lab } from "../lab/lab.ts";
import { Picture } from "./display.ts";
import { currentLab } from "./session.ts";

/** The lab as it is now: nodes, namespaces, devices, addresses, cables. */
export function show(lab: Lab = currentLab()): Picture {
  return new Picture(topology(seenData(lab)));
}
