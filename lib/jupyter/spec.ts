// The kernelspecs: the folders by which Jupyter finds the kernel, one for each language that it speaks.
import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { LANGUAGE } from "../language/say.ts";

/** A language of the kernel, and what Jupyter calls the kernel then. */
export interface Edition {
  readonly name: string;
  readonly title: string;
  readonly language: string;
}

/** The kernel in English, and in the languages of `assets/language/`. */
export const EDITIONS: readonly [Edition, ...Edition[]] = [
  { name: "packetwalk", title: "Packetwalk (TypeScript)", language: "en" },
  { name: "packetwalk-zh", title: "Packetwalk（简体中文）", language: "zh" },
];
const root = path.dirname(createRequire(import.meta.url).resolve("packetwalk/package.json"));

/** The edition whose kernelspec has this name; the English one for any other. */
export function editionOf(name: unknown): Edition {
  return EDITIONS.find((edition) => edition.name === name) ?? EDITIONS[0];
}

/** Where the cells of a notebook of this folder work: a translated chapter in the folder of the one that it translates. */
export function chapterFolder(folder: string, language = "en"): string {
  return path.basename(folder) === language ? path.dirname(folder) : folder;
}

/**
 * How large V8's half of the young generation may become, where 16 is usual: what a large cluster makes stays, and is
 * copied less often (500 nodes: 0.9 of the CPU). A small lab does not fill it.
 */
export const YOUNG_MEGABYTES = 32;

/** The kernel.json; absolute paths, since Jupyter starts kernels from anywhere. */
export function kernelSpec({ title, language }: Edition = EDITIONS[0]): {
  argv: string[];
  display_name: string;
  language: string;
  [key: string]: unknown;
} {
  const main = fileURLToPath(new URL("../cli/main.js", import.meta.url));
  return {
    argv: [
      process.execPath,
      // Stopping a cell in the middle of asynchronous work leaves Node's record of it uneven, and the check would abort.
      "--no-force-async-hooks-checks",
      `--max-semi-space-size=${YOUNG_MEGABYTES}`,
      main,
      "kernel",
      "start",
      "--connection-file",
      "{connection_file}",
    ],
    display_name: title,
    language: "typescript",
    interrupt_mode: "message",
    ...(language === "en" ? {} : { env: { [LANGUAGE]: language } }),
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

/** Writes the kernelspecs below a Jupyter data folder, and returns where. */
export function installSpecs(dataFolder: string): string[] {
  const assets = path.join(root, "assets", "jupyter");
  const logos = fs.readdirSync(assets).filter((file) => file.startsWith("logo-"));
  return EDITIONS.map((edition) => {
    const folder = path.join(dataFolder, "kernels", edition.name);
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, "kernel.json"), `${JSON.stringify(kernelSpec(edition), null, 2)}\n`);
    for (const file of logos) fs.copyFileSync(path.join(assets, file), path.join(folder, file));
    return folder;
  });
}

/** Removes the kernelspecs; false when there was none. */
export function uninstallSpecs(dataFolder: string): boolean {
  const folders = EDITIONS.map(({ name }) => path.join(dataFolder, "kernels", name));
  const there = folders.some((folder) => fs.existsSync(folder));
  for (const folder of folders) fs.rmSync(folder, { recursive: true, force: true });
  return there;
}
