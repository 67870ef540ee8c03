import { describeHomework } from "./graded.ts";
import { LVS } from "./submissions-lvs.ts";

for (const homework of [LVS]) describeHomework(homework);
