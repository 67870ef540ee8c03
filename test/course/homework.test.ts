import { describeHomework } from "./graded.ts";
import { HUNT } from "./submissions-hunt.ts";
import { LVS } from "./submissions-lvs.ts";
import { SCHEDULERS } from "./submissions-schedulers.ts";
import { SERVICES } from "./submissions-services.ts";

for (const homework of [SERVICES, LVS, SCHEDULERS, HUNT]) describeHomework(homework);
