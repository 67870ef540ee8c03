// The verb kubectl: the cluster's client, typed as in a terminal on the control plane.
import { readdirSync, readFileSync, statSync } from "node:fs";
import type { Files } from "../kube/kubectl/session.ts";
import { currentLab } from "./session.ts";
import { type Output, sh } from "./sh.ts";

/** Files of this machine, by their path from where the notebook runs. */
export const DISK: Files = {
  read: (name) => attempt(() => (statSync(name).isFile() ? readFileSync(name, "utf8") : null)),
  list: (folder) => attempt(() => (statSync(folder).isDirectory() ? readdirSync(folder) : null)),
};

function attempt<Value>(action: () => Value): Value | null {
  try {
    return action();
  } catch {
    return null;
  }
}

/**
 * Runs `kubectl TEXT` in a shell of the control plane: with pipes, and with `<<EOF` for a manifest. A manifest may also
 * be `input`, what stands on standard input: `kubectl("apply -f -", manifest)`. Throws BadInput for what is not modelled.
 *
 * @example
 * kubectl("get pods -o wide")
 */
export function kubectl(text: string, input?: string): Output {
  const end = "PACKETWALK-MANIFEST";
  const here = input === undefined ? "" : ` <<'${end}'\n${input.replace(/\n?$/, "\n")}${end}\n`;
  return sh("control-plane", `kubectl ${text}${here}`, currentLab());
}
