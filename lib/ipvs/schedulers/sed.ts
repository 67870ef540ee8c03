// Shortest expected delay: what the cost of active connections would be with this one.
// Before you edit: net/netfilter/ipvs/ip_vs_sed.c.
import type { Scheduler } from "../scheduler.ts";
import { byTournament, expectedOf } from "./least.ts";

export const sed: Scheduler = { name: "sed", flags: [], bind: (service) => byTournament(service, expectedOf) };
