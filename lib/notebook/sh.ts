// The verb sh: real commands in a namespace of the lab.
import type { Lab } from "../lab/lab.ts";
import { place, runShell, type ShellResult } from "../tools/shell.ts";
import { DISPLAY, type Shown, Told } from "./display.ts";
import { currentLab } from "./session.ts";

/** What commands printed; shows itself as a terminal would, with the exit status when it is not 0. */
export class Output extends Told implements ShellResult {
  readonly out: string;
  readonly status: number;

  constructor({ text, out, status }: ShellResult) {
    super(text);
    this.out = out;
    this.status = status;
  }
  /** Standard output by lines. */
  get lines(): string[] {
    return this.out === "" ? [] : this.out.replace(/\n$/, "").split("\n");
  }
  override [DISPLAY](): Shown {
    const status = this.status === 0 ? "" : `[exit status ${this.status}]`;
    const shown = this.text + status;
    return shown === "" ? {} : { "text/plain": shown };
  }
}

/**
 * Runs shell text in a node, a pod or a container (`"pod/container"`) of the lab, as on a real machine: words with
 * quotes, `;` and newlines, `&&`, `||`, `|`, `&`. Throws BadInput for what is not modelled.
 *
 * @example
 * sh("web", "ip addr; ping -c 1 10.244.1.1")
 */
export function sh(where: string, text: string, lab: Lab = currentLab()): Output {
  return new Output(runShell(lab, place(lab, where), text));
}
