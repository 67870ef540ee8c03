// The real iptables in a namespace of its own.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BackEnd } from "../../../lib/netfilter/table.ts";

/** What a line of shell printed, and how it ended. */
export interface Said {
  readonly out: string;
  readonly err: string;
  readonly status: number;
}

const NAMES = ["iptables", "ip6tables"].flatMap((name) => [name, `${name}-save`, `${name}-restore`]);

/** Why the real tool cannot be asked here, or null. */
export function whyNot(): string | null {
  if (process.getuid?.() !== 0) return "not root";
  for (const program of ["xtables-nft-multi", "xtables-legacy-multi"])
    if (spawnSync("sh", ["-c", `command -v ${program}`]).status !== 0) return `no ${program}`;
  const { stdout } = spawnSync("xtables-nft-multi", ["iptables", "-V"], { encoding: "utf8" });
  if (!stdout.includes("v1.8.9 ")) return `iptables is ${stdout.trim()}, not 1.8.9`;
  return spawnSync("ip", ["netns", "list"]).status === 0 ? null : "no ip netns";
}

/** A namespace whose iptables has one back end. */
export class RealTool {
  private readonly ns: string;
  private readonly path: string;

  constructor(backEnd: BackEnd) {
    this.ns = `tl-${backEnd}-${process.pid}`;
    this.path = mkdtempSync(join(tmpdir(), "iptables-"));
    const { stdout } = spawnSync("sh", ["-c", `readlink -f $(command -v xtables-${backEnd}-multi)`], {
      encoding: "utf8",
    });
    for (const name of NAMES) symlinkSync(stdout.trim(), join(this.path, name));
    this.ip("add");
  }

  /** Everything is forgotten. */
  renew(): void {
    this.ip("del");
    this.ip("add");
  }

  end(): void {
    this.ip("del");
    rmSync(this.path, { recursive: true });
  }

  run(line: string, input = ""): Said {
    const { stdout, stderr, status } = spawnSync("ip", ["netns", "exec", this.ns, "bash", "-c", line], {
      input,
      encoding: "utf8",
      maxBuffer: 1 << 28,
      env: { ...process.env, PATH: `${this.path}:${process.env.PATH}` },
    });
    return { out: stdout, err: stderr, status: status ?? -1 };
  }

  private ip(verb: "add" | "del"): void {
    spawnSync("ip", ["netns", verb, this.ns]);
  }
}

/** Without the times that save prints. */
export function timeless(text: string): string {
  return text.replace(/^(# (Generated|Completed).* on ).*$/gm, "$1TIME");
}
