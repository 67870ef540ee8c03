import { describeHomework } from "./graded.ts";
import { LVS } from "./submissions-lvs.ts";
import { SERVICES } from "./submissions-services.ts";

for (const homework of [SERVICES, LVS]) describeHomework(homework);
