// `packetwalk serve` for a real kubectl.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** `packetwalk serve` with these words: its kubeconfig, how to end it, and when it has ended. */
export async function serve(
  ...words: readonly string[]
): Promise<{ config: string; stop: () => void; ended: Promise<unknown> }> {
  const folder = mkdtempSync(join(tmpdir(), "packetwalk-serve-"));
  const config = join(folder, "config");
  const child = spawn(
    process.execPath,
    ["dist/lib/cli/main.js", "serve", "--port", "0", "--kubeconfig", config, ...words],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const ended = new Promise((resolve) => child.once("exit", resolve));
  await new Promise((resolve) => child.stdout.once("data", resolve));
  const stop = () => {
    child.kill();
    rmSync(folder, { recursive: true });
  };
  return { config, stop, ended };
}
