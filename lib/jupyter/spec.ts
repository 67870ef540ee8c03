// The kernelspec: the folder by which Jupyter finds the kernel.
import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as os from "node:os";
import * as path from "node:path";

const NAME = "packetwalk";
const root = path.dirname(createRequire(import.meta.url).resolve("packetwalk/package.json"));

/** The kernel.json; absolute paths, since Jupyter starts kernels from anywhere. */
export function kernelSpec(): { argv: string[]; display_name: string; language: string; [key: string]: unknown } {
  const main = path.join(root, "dist", "lib", "cli", "main.js");
  return {
    argv: [
      process.execPath,
      // Stopping a cell in the middle of asynchronous work leaves Node's record of it uneven, and the check would abort.
      "--no-force-async-hooks-checks",
      main,
      "kernel",
      "start",
      "--connection-file",
      "{connection_file}",
    ],
    display_name: "Packetwalk (TypeScript)",
    language: "typescript",
    interrupt_mode: "message",
    metadata: { debugger: false },
  };
}

/** Jupyter's data folder of this user. */
export function userDataFolder(): string {
  if (process.env.JUPYTER_DATA_DIR) return process.env.JUPYTER_DATA_DIR;
  if (process.platform === "darwin") return path.join(os.homedir(), "Library", "Jupyter");
  if (process.platform === "win32") {
    return path.join(process.env.APPDATA ?? path.join(os.homedir(), "AppData", "Roaming"), "jupyter");
  }
  return path.join(process.env.XDG_DATA_HOME ?? path.join(os.homedir(), ".local", "share"), "jupyter");
}

/** Writes the kernelspec below a Jupyter data folder, and returns where. */
export function installSpec(dataFolder: string): string {
  const folder = path.join(dataFolder, "kernels", NAME);
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, "kernel.json"), `${JSON.stringify(kernelSpec(), null, 2)}\n`);
  const assets = path.join(root, "assets", "jupyter");
  for (const file of fs.readdirSync(assets)) {
    if (file.startsWith("logo-")) fs.copyFileSync(path.join(assets, file), path.join(folder, file));
  }
  return folder;
}

/** Removes the kernelspec; false when there was none. */
export function uninstallSpec(dataFolder: string): boolean {
  const folder = path.join(dataFolder, "kernels", NAME);
  const there = fs.existsSync(folder);
  fs.rmSync(folder, { recursive: true, force: true });
  return there;
}
