// Whether this machine has the real tools in the versions the goldens are of.
import { spawnSync } from "node:child_process";
import { unavailable as noNamespaces } from "../tools/real.ts";

const VERSIONS = [
  ["traceroute --version 2>&1", "version 2.1.2"],
  ["tracepath -V", "iputils 20221126"],
  ["arping -V", "iputils 20221126"],
  ["netstat --version", "net-tools 2.10"],
  ["busybox", "BusyBox v1.35"],
] as const;

/** Why the real tools cannot be asked here, or null when they can. */
export function unavailable(): string | null {
  if (process.env.PACKETWALK_REAL === "no") return "PACKETWALK_REAL is no";
  const why = noNamespaces();
  if (why !== null) return why;
  for (const [line, version] of VERSIONS)
    if (!`${spawnSync("sh", ["-c", line]).stdout}`.includes(version)) return `no ${line.split(" ")[0]} ${version}`;
  return null;
}
