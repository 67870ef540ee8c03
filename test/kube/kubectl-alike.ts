// What of kubectl's print depends on the moment it is asked: ages that the client counts by its own clock.

/** Ages in `describe` and `events` become alike, and so do the gaps behind them. */
export function agesAlike(args: readonly string[], text: string): string {
  if (MIXED.some((words) => args.join(" ").startsWith(words))) return alike(text).split("\n").sort().join("\n");
  return args.includes("describe") ? alike(text) : text;
}

/** Rows of the same key come in the order of their names here; Go's sort, which is not stable, mixes more than twelve. */
const MIXED = ["events", "get events -A --sort-by", "get pods --sort-by={", "get pods --sort-by=.status"];

function alike(text: string): string {
  return text
    .replace(/(?<![\w.])(\d+[smhdy]){1,2}(?![\w.])/g, "<age>")
    .replace(/ {2,}/g, "  ")
    .replace(/-{3,}/g, "---");
}
