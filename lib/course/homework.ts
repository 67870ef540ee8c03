// The assignments by name, as a student sees them.
import { BadInput, didYouMean } from "../wire/input.ts";
import { type HuntValues, huntValues } from "./hunt/values.ts";
import { type LvsValues, lvsValues } from "./lvs.ts";
import { type PodsValues, podsValues } from "./pods.ts";
import { type SchedulersValues, schedulersValues } from "./schedulers.ts";
import { type ServicesValues, servicesValues } from "./services.ts";

/** The values of each assignment. */
export interface Homeworks {
  readonly pods: PodsValues;
  readonly services: ServicesValues;
  readonly lvs: LvsValues;
  readonly hunt: HuntValues;
  readonly schedulers: SchedulersValues;
}

const VALUES: { readonly [Name in keyof Homeworks]: (student: string) => Homeworks[Name] } = {
  pods: podsValues,
  services: servicesValues,
  lvs: lvsValues,
  hunt: huntValues,
  schedulers: schedulersValues,
};

/** The values of a student. Throws BadInput for an assignment that is not there, or what can't be an id. */
export function valuesOf<Name extends keyof Homeworks>(name: Name, student: string): Homeworks[Name] {
  if (!Object.hasOwn(VALUES, name)) {
    const names = Object.keys(VALUES);
    throw new BadInput("no such homework", name, `There is ${names.join(", ")}.${didYouMean(name, names)}`);
  }
  if (!/^[\p{L}\p{N}][\p{L}\p{N}._@+-]{0,99}$/u.test(student))
    throw new BadInput("not a student's id", String(student), "Write yours, as your teacher has it.");
  return VALUES[name](student);
}
