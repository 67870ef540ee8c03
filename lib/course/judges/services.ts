// Judges homework 2: counted, odds, tuples, rules, repair.
import type { Assignment } from "../assignment.ts";
import { type ServicesValues, servicesValues } from "../services.ts";
import { COUNTED, TUPLES } from "./services-counted.ts";
import { REPAIR } from "./services-mended.ts";
import { ODDS } from "./services-odds.ts";
import { RULES } from "./services-rules.ts";

export const SERVICES: Assignment<ServicesValues> = {
  name: "services",
  values: servicesValues,
  tasks: [COUNTED, ODDS, TUPLES, RULES, REPAIR],
};
