// `packetwalk serve` for a real kubectl.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** `packetwalk serve` with these words: its kubeconfig, and how to end it. */
export async function serve(...words: readonly string[]): Promise<{ config: string; stop: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), "packetwalk-serve-"));
  const config = join(folder, "config");
  const child = spawn(
    process.execPath,
    ["dist/lib/cli/main.js", "serve", "--port", "0", "--kubeconfig", config, ...words],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  await new Promise((resolve) => child.stdout.once("data", resolve));
  const stop = () => {
    child.kill();
    rmSync(folder, { recursive: true });
  };
  return { config, stop };
}
