// Every kind that the API server serves.
import type { Resource } from "../api/resource.ts";
import { NAMESPACES } from "./namespace.ts";
import { CONFIG_MAPS, LEASES, SERVICE_ACCOUNTS } from "./plain.ts";

export const ALL_KINDS: readonly Resource[] = [NAMESPACES, CONFIG_MAPS, SERVICE_ACCOUNTS, LEASES];
