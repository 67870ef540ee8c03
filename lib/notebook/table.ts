// Rows and columns that list themselves; steps as rows, for whoever would rather search and count than read a story.
import { escapeMarkup } from "../draw/dom.ts";
import { columns, pad, reader } from "../language/say.ts";
import type { Step } from "../trace/step.ts";
import { moment } from "../trace/story.ts";
import { DISPLAY, INSPECT, type Shown } from "./display.ts";

const STEP = ["#", "because of", "time", "where", "what", "why", "shown by", "entry"] as const;

/** A table that lists itself. `rows` are texts, in the order of `columns`. */
export class Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];

  constructor(columns: readonly string[], rows: readonly (readonly string[])[]) {
    this.columns = columns;
    this.rows = rows;
  }

  toString(): string {
    const told = this.told();
    const widths = this.columns.map((_, i) => Math.max(...told.map((row) => columns(row[i]!))));
    const line = (row: readonly string[]) =>
      row
        .map((cell, i) => pad(cell, widths[i]!))
        .join("  ")
        .trimEnd();
    return told.map(line).join("\n");
  }
  /** Headings and rows as the reader is told them. */
  private told(): (readonly string[])[] {
    const { say, label } = reader();
    const told = (cell: string, i: number) => (this.columns[i] === "what" ? say(label("step", cell)) : say(cell));
    return [this.columns.map((each) => label("column", each)), ...this.rows.map((row) => row.map(told))];
  }
  [DISPLAY](): Shown {
    // A number and its unit stay on one line.
    const whole = (cell: string) => cell.replace(/^([\d.]+) (\S{1,3})$/, "$1\u00a0$2");
    const cells = (row: readonly string[], tag: string) =>
      row.map((cell) => `<${tag} style="text-align:left">${escapeMarkup(whole(cell))}</${tag}>`).join("");
    const [head, ...rows] = this.told();
    const body = rows.map((row) => `<tr>${cells(row, "td")}</tr>`).join("");
    const html = `<table><thead><tr>${cells(head!, "th")}</tr></thead><tbody>${body}</tbody></table>`;
    return { "text/html": html, "text/plain": this.toString() };
  }
  [INSPECT](): string {
    return this.toString();
  }
}

/** Steps as rows. */
export class StepTable extends Table {
  constructor(steps: readonly Step[]) {
    const rows = steps.map(({ id, cause, time, where, what, because, evidence }) => [
      `${id}`,
      cause === null ? "" : `${cause}`,
      moment(time),
      [where.netns, where.device, where.hook].filter((part) => part !== undefined).join(" "),
      what,
      because,
      evidence?.command ?? "",
      evidence?.text ?? "",
    ]);
    super(STEP, rows);
  }
}
