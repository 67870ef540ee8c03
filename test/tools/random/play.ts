// The same lines here and on this machine's kernel, and what differs.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Lab } from "../../../lib/lab/lab.ts";
import { place, runShell } from "../../../lib/tools/shell.ts";
import { BadInput } from "../../../lib/wire/input.ts";
import { Normal } from "../compare.ts";
import { BEGIN, type Said } from "../real.ts";

/** A line that changes a device's state: the kernel tells of carriers at most once a second (linkwatch). */
const CHANGES_CARRIER = /\blink\b.*\b(up|down|add|del\w*|master|nomaster|netns)\b|netns del/;
const SHOWS = /\b(l|li|link|a|addr|address|r|ro|route)\b(?! (add|set|del|delete|replace|change|append|prepend|flush))/;

/** What the model says; a line it refuses to model is given as null, and changed nothing. */
export function playModel(lines: readonly string[]): (Said | null)[] {
  const lab = new Lab();
  lab.node("node");
  return lines.map((line) => {
    try {
      const { text, out, status } = runShell(lab, place(lab, "node"), line);
      return { line, out, err: text === out ? "" : text.replace(out, ""), status };
    } catch (failure) {
      if (failure instanceof BadInput) return null;
      throw new Error(`${line}: ${(failure as Error).stack}`);
    }
  });
}

/** What the kernel's tools say. */
export async function playReal(lines: readonly string[]): Promise<Said[]> {
  const room = mkdtempSync(join(tmpdir(), "packetwalk-random-"));
  try {
    const script = [...BEGIN];
    let waits = false;
    for (const [i, line] of lines.entries()) {
      if (waits && SHOWS.test(line)) {
        script.push("sleep 1.1");
        waits = false;
      }
      script.push(`{ ${line}\n} >${room}/${i}.out 2>${room}/${i}.err </dev/null; echo $? >${room}/${i}.status`);
      const made = /^ip netns add (\w+)$/.exec(line)?.[1];
      if (made !== undefined)
        script.push(
          `ip netns exec ${made} sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 2>/dev/null`,
        );
      waits ||= CHANGES_CARRIER.test(line);
    }
    writeFileSync(join(room, "all.sh"), script.join("\n"));
    await promisify(execFile)("unshare", ["-n", "-m", "bash", join(room, "all.sh")], { timeout: 120_000 });
    const read = (name: string) => readFileSync(join(room, name), "utf8");
    return lines.map((line, i) => ({
      line,
      out: read(`${i}.out`),
      err: read(`${i}.err`),
      status: Number(read(`${i}.status`)),
    }));
  } finally {
    rmSync(room, { recursive: true, force: true });
  }
}

export interface Outcome {
  /** Lines both sides played. */
  readonly lines: readonly string[];
  readonly refused: readonly string[];
  readonly difference: { readonly at: number; readonly model: Said; readonly real: Said } | null;
}

/** The first line that differs; what the model refuses aloud is asked of neither side. */
export async function playBoth(all: readonly string[]): Promise<Outcome> {
  const said = playModel(all);
  const lines = all.filter((_, i) => said[i] !== null);
  const refused = all.filter((_, i) => said[i] === null);
  const real = await playReal(lines);
  const [ours, theirs] = [new Normal(), new Normal()];
  let at = 0;
  for (const each of said) {
    if (each === null) continue;
    const model = ours.said(each);
    const other = theirs.said(real[at]!);
    if (model.out !== other.out || model.err !== other.err || model.status !== other.status)
      return { lines, refused, difference: { at, model, real: other } };
    at++;
  }
  return { lines, refused, difference: null };
}
