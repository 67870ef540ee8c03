// Every conversation, by the name of its golden.

import { APPLIES } from "./applies.ts";
import type { Conversations } from "./asked.ts";
import { BUDGET_CONVERSATIONS } from "./budgets.ts";
import { ENDINGS } from "./endings.ts";
import { LOG_CONVERSATIONS } from "./logs.ts";
import { METADATA } from "./metadata.ts";
import { NETWORK } from "./network.ts";
import { NODES } from "./nodes.ts";
import { PODS } from "./pods.ts";
import { WORKLOADS } from "./workloads.ts";

export const CONVERSATIONS: Conversations = {
  ...METADATA,
  ...PODS,
  ...WORKLOADS,
  ...NETWORK,
  ...NODES,
  ...ENDINGS,
  ...BUDGET_CONVERSATIONS,
  ...LOG_CONVERSATIONS,
  ...APPLIES,
};
