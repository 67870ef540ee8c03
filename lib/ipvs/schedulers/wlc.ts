// Weighted least connections.
// Before you edit: net/netfilter/ipvs/ip_vs_wlc.c.
import type { Scheduler } from "../scheduler.ts";
import { byTournament, overheadOf } from "./least.ts";

export const wlc: Scheduler = { name: "wlc", flags: [], bind: (service) => byTournament(service, overheadOf) };
