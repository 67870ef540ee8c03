// Judges homework 1: journey, nextHop, wiring, listeners, sizes, repair.
import type { Assignment } from "../assignment.ts";
import { type PodsValues, podsValues } from "../pods.ts";
import { JOURNEY, SIZES } from "./pods-computed.ts";
import { LISTENERS, REPAIR } from "./pods-mended.ts";
import { NEXT_HOP } from "./pods-next-hop.ts";
import { WIRING } from "./pods-wiring.ts";

export const PODS: Assignment<PodsValues> = {
  name: "pods",
  values: podsValues,
  tasks: [JOURNEY, NEXT_HOP, LISTENERS, WIRING, SIZES, REPAIR],
};
