// Who does the same job on this machine: namespaces of its own kernel, and ns-3 where it is installed.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = fileURLToPath(new URL("../../../test/bench/", import.meta.url));
const PORT = "7";

/** A figure, or why there is none. */
export type Measured = number | string;

/** Why the real kernel cannot be asked, or null. */
export function whyNoKernel(): string | null {
  return process.getuid?.() === 0 && spawnSync("ip", ["netns"]).status === 0 ? null : "needs root and ip netns";
}

/**
 * Two hosts and `nodes` - 2 routers in a row, each a namespace: the median time in µs of an echo by UDP, waking the two
 * programs included.
 */
export async function kernelChain(nodes: number, count = 3000): Promise<Measured> {
  const why = whyNoKernel();
  if (why !== null) return why;
  const name = (i: number) => `bench-${process.pid}-${i}`;
  const ip = (i: number, line: string) => execFileSync("ip", ["-n", name(i), ...line.split(" ")]);
  const inside = (i: number, ...words: string[]) => ["netns", "exec", name(i), ...words];
  const all = Array.from({ length: nodes }, (_, i) => i);
  const last = nodes - 2;
  try {
    for (const i of all) {
      execFileSync("ip", ["netns", "add", name(i)]);
      execFileSync("ip", inside(i, "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=0"));
    }
    for (const i of all.slice(0, -1)) {
      ip(i, `link add east type veth peer name west netns ${name(i + 1)}`);
      ip(i, `addr add 10.9.${i}.1/30 dev east`);
      ip(i + 1, `addr add 10.9.${i}.2/30 dev west`);
      ip(i, "link set east up");
      ip(i + 1, "link set west up");
    }
    for (const i of all.slice(0, -2)) ip(i, `route add 10.9.${last}.0/30 via 10.9.${i}.2`);
    for (const i of all.slice(2)) ip(i, `route add 10.9.0.0/30 via 10.9.${i - 1}.1`);
    const server = spawn("ip", inside(nodes - 1, "python3", `${HERE}pingpong.py`, "serve", PORT));
    await once(server.stdout, "data");
    const ask = inside(0, "python3", `${HERE}pingpong.py`, "ask", `10.9.${last}.2`, PORT, `${count}`);
    const time = Number(execFileSync("ip", ask, { encoding: "utf8" }));
    server.kill();
    return time;
  } finally {
    for (const i of all) spawnSync("ip", ["netns", "del", name(i)]);
  }
}

/** ns-3 as this system's packages bring it (with logs and asserts; a release build takes about 0.6 of the time). */
export class Ns3 {
  private readonly folder = mkdtempSync(join(tmpdir(), "packetwalk-ns3-"));
  private readonly program = join(this.folder, "ns3");
  readonly why: string | null;

  constructor() {
    this.why = this.compile();
  }

  private compile(): string | null {
    if (!existsSync("/usr/include/ns3")) return "libns3-dev is not installed";
    const modules = [
      "core",
      "network",
      "internet",
      "point-to-point",
      "csma",
      "bridge",
      "applications",
      "traffic-control",
    ];
    const words = ["-std=c++17", "-O2", "-o", this.program, `${HERE}ns3.cc`, ...modules.map((each) => `-lns3-${each}`)];
    const { status, error } = spawnSync("g++", words);
    return status === 0 ? null : `g++ ${error === undefined ? "refuses" : "is not installed"}`;
  }

  /** Microseconds of CPU for a hop. */
  hop(topology: "chain" | "star", nodes: number, echoes: number): Measured {
    if (this.why !== null) return this.why;
    const said = execFileSync(this.program, [topology, `${nodes}`, `${echoes}`], { encoding: "utf8" });
    const [cost, answers] = said.split(" ").map(Number) as [number, number];
    if (answers !== echoes) throw new Error(`ns-3 answered ${answers} of ${echoes}`);
    return cost;
  }

  close(): void {
    rmSync(this.folder, { recursive: true });
  }
}
