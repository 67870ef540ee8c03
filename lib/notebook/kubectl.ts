// The verb kubectl: the cluster's client, typed as in a terminal on the control plane.
import { readdirSync, readFileSync, statSync } from "node:fs";
import type { Files } from "../kube/kubectl/session.ts";
import { BadInput } from "../wire/input.ts";
import { currentLab } from "./session.ts";
import { type Output, sh } from "./sh.ts";

const CONTROL_PLANE = "control-plane";

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
  const lab = currentLab();
  if (!lab.namespaces.has(CONTROL_PLANE))
    throw new BadInput(
      "the lab in use has no cluster",
      text,
      "Make one, as cluster({ nodes: 2 }), or go back: k8s.use().",
    );
  return sh(CONTROL_PLANE, `kubectl ${text}${here}`, lab);
}
