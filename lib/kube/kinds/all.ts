// Every kind that the API server serves.
import type { Resource } from "../api/resource.ts";
import { DAEMON_SETS } from "./daemon-set.ts";
import { DEPLOYMENTS } from "./deployment.ts";
import { POD_DISRUPTION_BUDGETS } from "./disruption-budget.ts";
import { ENDPOINT_SLICES, ENDPOINTS } from "./endpoints.ts";
import { EVENTS } from "./event.ts";
import { INGRESS_CLASSES, INGRESSES } from "./ingress.ts";
import { NAMESPACES } from "./namespace.ts";
import { NETWORK_POLICIES } from "./network-policy.ts";
import { NODES } from "./node.ts";
import { CONFIG_MAPS, CONTROLLER_REVISIONS, LEASES, SERVICE_ACCOUNTS } from "./plain.ts";
import { PODS } from "./pod.ts";
import { REPLICA_SETS } from "./replica-set.ts";
import { SERVICES } from "./service.ts";

export const ALL_KINDS: readonly Resource[] = [
  CONFIG_MAPS,
  ENDPOINTS,
  EVENTS,
  NAMESPACES,
  NODES,
  PODS,
  SERVICE_ACCOUNTS,
  SERVICES,
  CONTROLLER_REVISIONS,
  DAEMON_SETS,
  DEPLOYMENTS,
  REPLICA_SETS,
  LEASES,
  ENDPOINT_SLICES,
  INGRESS_CLASSES,
  INGRESSES,
  NETWORK_POLICIES,
  POD_DISRUPTION_BUDGETS,
];
