// Judges homework 3: headers, sizes, counters, nat, around, repair.
import type { Assignment } from "../assignment.ts";
import { type LvsValues, lvsValues } from "../lvs.ts";
import { COUNTERS, SIZES } from "./lvs-computed.ts";
import { HEADERS } from "./lvs-headers.ts";
import { REPAIR } from "./lvs-mended.ts";
import { AROUND, NAT } from "./lvs-served.ts";

export const LVS: Assignment<LvsValues> = {
  name: "lvs",
  values: lvsValues,
  tasks: [HEADERS, SIZES, COUNTERS, NAT, AROUND, REPAIR],
};
