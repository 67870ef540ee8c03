// Judges homework 4: order, least, turns, moved, maintenance, shop, mend.
import type { Assignment } from "../assignment.ts";
import { type SchedulersValues, schedulersValues } from "../schedulers.ts";
import { MOVED, ORDER } from "./schedulers-computed.ts";
import { LEAST, TURNS } from "./schedulers-own.ts";
import { MAINTENANCE, MEND, SHOP } from "./schedulers-run.ts";

export const SCHEDULERS: Assignment<SchedulersValues> = {
  name: "schedulers",
  values: schedulersValues,
  tasks: [ORDER, LEAST, TURNS, MOVED, MAINTENANCE, SHOP, MEND],
};
