// The model on one machine, as test/tools/real.ts runs the real tools on one.
import { Lab } from "../../lib/lab/lab.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import type { Said } from "../tools/real.ts";

export function runModel(lines: readonly string[]): Said[] {
  const lab = new Lab({ seed: "classic" });
  lab.node("node");
  return lines.map((line) => {
    const { text, out, status } = runShell(lab, place(lab, "node"), line);
    return { line, out, err: without(text, out), status };
  });
}

/** What was said on standard error: of all that was said, what is not the next piece of standard output. */
function without(text: string, out: string): string {
  let left = out;
  let errors = "";
  for (const piece of text.split(/(?<=\n)/)) {
    if (left !== "" && piece.startsWith(left)) {
      errors += piece.slice(left.length);
      left = "";
    } else if (left.startsWith(piece)) left = left.slice(piece.length);
    else errors += piece;
  }
  return errors;
}
