// kube-proxy with 20,000 Services of two endpoints each, in each mode.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { MODES, type ProxyMode } from "../../lib/kube/proxy/start.ts";
import type { BenchFigure } from "./figure.ts";
import type { SyncCosts } from "./kube-proxy-sync.ts";

const SYNC = fileURLToPath(new URL("kube-proxy-sync.js", import.meta.url));
const SERVICES = 20_000;

/** What kube-proxy-sync.js says. */
export const proxyCosts = (mode: ProxyMode, count: number): SyncCosts =>
  JSON.parse(execFileSync(process.execPath, [SYNC, mode, `${count}`], { encoding: "utf8" })) as SyncCosts;

export function benchKubeProxy(): BenchFigure[] {
  return MODES.flatMap((mode) => {
    const { sync, change, memory, packet } = proxyCosts(mode, SERVICES);
    const few = proxyCosts(mode, 100).packet;
    const figure = (name: string, ours: number, unit: string, target?: number): BenchFigure => ({
      ...{ name: `${mode}: ${name}`, ours, theirs: null, unit, peer: "" },
      ...(target !== undefined && { target }),
    });
    return [
      figure("20,000 Services, full sync", sync, "ms", 3000),
      figure("memory", memory, "MB", 1024),
      figure("one endpoint changed", change, "ms", 10),
      figure("first packet of a flow", packet, "µs"),
      figure("the same over that with 100 Services", packet / few, ""),
    ];
  });
}
