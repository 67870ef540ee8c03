// The verb keepalived.
import { Keepalived } from "../lab/keepalived/keepalived.ts";
import type { Lab } from "../lab/lab.ts";
import { place, shellProgram } from "../tools/shell.ts";
import { currentLab } from "./session.ts";

/**
 * Starts keepalived on a node with the text of a keepalived.conf: `const d1 = keepalived("director", "vrrp_instance …")`.
 * It works while time passes (`sh(where, "sleep 5")`); `d1.log`, `d1.state`, `d1.stop()`, `d1.kill()`. Throws BadInput,
 * with the line, for what is wrong there or not modelled.
 */
export function keepalived(where: string, conf: string, lab: Lab = currentLab()): Keepalived {
  const at = place(lab, where);
  const unheard = { out: () => {}, err: () => {} };
  const run = (script: string) => shellProgram(lab, at, script.replace(/^\/\S*\//, ""), unheard);
  const started = new Keepalived(lab, at.ns, conf, run);
  lab.run();
  return started;
}
