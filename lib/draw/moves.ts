// Clients before and after the list of servers changed: who stays, who had to move because the server is gone, and who
// moved though the old server is still there.
import type { Picked } from "../lab/clients.ts";
import { BODY, MARGIN, Painter, type Scene, STRONG, scene, WIDEST } from "./scene.ts";

/** A panel: one scheduler, each client asked before and after, in the same order. */
export interface Moving {
  readonly name: string;
  readonly before: readonly Picked[];
  readonly after: readonly Picked[];
}

export type Fate = "stays" | "hadTo" | "needless" | "refused";

const CELL = 14.5;
const PITCH = 17.5;
const ACROSS = Math.floor((WIDEST / 2 - MARGIN - 12) / PITCH);
const WORDS: Readonly<Record<Fate, string>> = {
  stays: "stays",
  hadTo: "had to move: its server is gone",
  needless: "moved for nothing",
  refused: "refused",
};

export function moves(panels: readonly Moving[]): Scene {
  const painter = new Painter();
  const fates = panels.map(fatesOf);
  const rows = Math.max(1, ...fates.map((each) => Math.ceil(each.length / ACROSS)));
  const height = 46 + rows * PITCH + 12;
  panels.forEach(({ name, before, after }, i) => {
    const x = MARGIN + (i % 2) * (WIDEST / 2 - 4);
    const top = MARGIN + Math.floor(i / 2) * height;
    const all = fates[i]!;
    painter.text(x, top + 13, name, WIDEST / 2 - 30, STRONG);
    painter.text(x, top + 33, summary(all), WIDEST / 2 - 30, BODY, "muted");
    all.forEach((fate, n) => {
      const [cx, cy] = [x + (n % ACROSS) * PITCH, top + 44 + Math.floor(n / ACROSS) * PITCH];
      const tip = `${before[n]!.client}: ${before[n]!.server ?? "refused"}, then ${after[n]!.server ?? "refused"}`;
      painter.box(cx, cy, CELL, CELL, fate === "refused" ? "needless" : fate, { round: 2, tip });
      if (fate === "needless" || fate === "refused") painter.cross(cx + CELL / 2, cy + CELL / 2, 3.5);
    });
  });
  let y = MARGIN + Math.ceil(panels.length / 2) * height;
  const present = (["stays", "hadTo", "needless", "refused"] as const).filter((fate) =>
    fates.some((all) => all.includes(fate)),
  );
  let x = MARGIN;
  for (const fate of present) {
    painter.box(x, y, CELL, CELL, fate === "refused" ? "needless" : fate, { round: 2 });
    if (fate === "needless" || fate === "refused") painter.cross(x + CELL / 2, y + CELL / 2, 3.5);
    painter.text(x + 22, y + 12, WORDS[fate], 220, BODY);
    x += fate === "stays" ? 90 : 250;
  }
  y += CELL + MARGIN;
  return scene({
    title: "One square for each client: who keeps its server",
    desc: panels.map(({ name }, i) => `${name}: ${summary(fates[i]!)}`).join("; "),
    width: WIDEST,
    height: y,
    shapes: painter.shapes,
    table: {
      columns: ["scheduler", "client", "before", "after", "fate"],
      rows: panels.flatMap(({ name, before, after }, i) =>
        fates[i]!.map((fate, n) => {
          return [name, before[n]!.client, before[n]!.server ?? "refused", after[n]!.server ?? "refused", WORDS[fate]];
        }),
      ),
    },
  });
}

/** What became of each client. A server is gone when nobody is given to it any more. */
export function fatesOf({ before, after }: Moving): Fate[] {
  const left = new Set(after.map(({ server }) => server));
  return before.slice(0, after.length).map(({ server }, i) => {
    const now = after[i]!.server;
    if (now === null) return "refused";
    if (now === server) return "stays";
    return left.has(server) ? "needless" : "hadTo";
  });
}

function summary(fates: readonly Fate[]): string {
  const count = (fate: Fate) => fates.filter((each) => each === fate).length;
  const refused = count("refused") === 0 ? "" : `, ${count("refused")} refused`;
  return `${count("stays")} stay, ${count("hadTo")} had to move, ${count("needless")} moved for nothing${refused}`;
}
