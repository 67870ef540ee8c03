// What `packetwalk grade` says: a bar while it works, a table at the end.

/** The grade of a student, as it stands in the file of grades. */
export interface Grade {
  /** Of the submission, so that a changed one is graded anew. */
  readonly digest: string;
  readonly points: number;
  readonly of: number;
  readonly tasks: readonly TaskGrade[];
  /** Cells that failed or did not end, in words. */
  readonly problems: readonly string[];
  /** Why it could not be graded at all. */
  readonly corrupt?: string;
}

export interface TaskGrade {
  readonly task: string;
  readonly points: number;
  readonly of: number;
  readonly properties: readonly {
    readonly title: string;
    readonly points: number;
    readonly of: number;
    readonly because: string;
  }[];
}

const WIDTH = 30;

/** The bar, on a terminal only. */
export class Progress {
  private done = 0;
  private readonly total: number;

  constructor(total: number) {
    this.total = total;
  }
  step(student: string): void {
    this.done++;
    if (!process.stderr.isTTY) return;
    const full = Math.round((WIDTH * this.done) / this.total);
    const bar = "█".repeat(full) + "░".repeat(WIDTH - full);
    process.stderr.write(`\r\x1b[K${bar} ${this.done}/${this.total} ${student}`);
    if (this.done === this.total) process.stderr.write("\r\x1b[K");
  }
}

/** A row for each student, a column for each task, and below it what went wrong. */
export function table(grades: ReadonlyMap<string, Grade>): string {
  const tasks = [...grades.values()].find((each) => each.tasks.length > 0)?.tasks ?? [];
  const head = ["student", ...tasks.map(({ task, of }) => `${task}/${of}`), "points"];
  const rows = [...grades].map(([student, { tasks, points, of, corrupt }]) =>
    corrupt === undefined
      ? [student, ...tasks.map((each) => String(each.points)), `${points}/${of}`]
      : [student, ...Array.from({ length: head.length - 2 }, () => "-"), "corrupt"],
  );
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => [...(row[i] ?? "")].length)));
  const line = (row: readonly string[]) =>
    row.map((text, i) => (i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!))).join("  ");
  const wrong = [...grades].flatMap(([student, { corrupt, problems }]) =>
    [...(corrupt === undefined ? [] : [corrupt]), ...problems].map((problem) => `${student}: ${problem}`),
  );
  return [line(head), ...rows.map(line), ...(wrong.length > 0 ? ["", ...wrong] : [])].join("\n");
}
