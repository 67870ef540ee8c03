// Our iptables, on a machine of its own.
import { Lab } from "../../../lib/lab/lab.ts";
import type { BackEnd } from "../../../lib/netfilter/table.ts";
import { place, runShell } from "../../../lib/tools/shell.ts";
import type { Said } from "./real.ts";

/** Runs lines of shell on a new machine that has iptables 1.8.9 with this back end. */
export class ModelTool {
  private readonly lab = new Lab();

  constructor(backEnd: BackEnd) {
    this.lab.node("n").iptables = { version: "1.8.9", backEnd };
  }

  run(line: string, input = ""): Said {
    const machine = this.lab.machines.get("n")!;
    machine.files.set("input", new TextEncoder().encode(input));
    const { text, out, status } = runShell(this.lab, place(this.lab, "n"), input === "" ? line : `${line} < input`);
    return { out, err: text.replace(out, ""), status };
  }
}
