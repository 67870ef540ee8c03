// What a notebook imports. The only barrel: nothing inside the library imports it.
export { type Checked, check, type Outcome, type Prediction, predict } from "./course/check.ts";
export type { LabData } from "./lab/data.ts";
export type { Lab, LabOptions } from "./lab/lab.ts";
export type { Machine, PodOptions } from "./lab/machine.ts";
export { bars, headersBeside } from "./notebook/compare.ts";
export { Picture } from "./notebook/display.ts";
export { type ExplainOptions, Explanation, explain, type MachineFiles } from "./notebook/explain.ts";
export { reaches } from "./notebook/reaches.ts";
export { proxy, serve } from "./notebook/serve.ts";
export { lab, type ShownLab } from "./notebook/session.ts";
export { Output, sh } from "./notebook/sh.ts";
export { show } from "./notebook/show.ts";
export { StepTable } from "./notebook/table.ts";
export { type Seen, Walk, type WalkOptions, walk } from "./notebook/walk.ts";
export type { Evidence, Step, Tried, What, Where } from "./trace/step.ts";
export { BadInput } from "./wire/input.ts";
