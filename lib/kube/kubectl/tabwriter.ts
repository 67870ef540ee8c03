// Columns set out as Go's text/tabwriter does it: a column is a run of lines that have a cell there with a tab behind it.
// Before you edit: go/src/text/tabwriter/tabwriter.go, github.com/liggitt/tabwriter (RememberWidths).

export interface Layout {
  readonly least: number;
  readonly padding: number;
  /** Columns never get narrower than they were (for rows that come later). */
  readonly remembered?: number[];
}

/** What `get` prints with, and what `describe` prints with. */
export const ROWS: Layout = { least: 6, padding: 3 };
export const PARAGRAPHS: Layout = { least: 0, padding: 2 };

const length = (text: string): number => (/^[\x20-\x7e]*$/.test(text) ? text.length : [...text].length);

/** Sets out text whose cells end with tabs. */
export function setOut(text: string, { least, padding, remembered }: Layout): string {
  const lines = text.split("\n").map((line) => line.split("\t"));
  const written: string[] = [];
  const widths: number[] = [];
  const write = (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      const cells = lines[i]!.map((cell, j) =>
        j < widths.length ? cell + " ".repeat(Math.max(0, widths[j]! - length(cell))) : cell,
      );
      written.push(cells.join(""));
    }
  };
  const format = (from: number, to: number) => {
    const column = widths.length;
    let begin = from;
    for (let i = from; i < to; i++) {
      if (column >= lines[i]!.length - 1) continue;
      write(begin, i);
      begin = i;
      let width = Math.max(least, remembered?.[column] ?? 0);
      for (; i < to && column < lines[i]!.length - 1; i++)
        width = Math.max(width, length(lines[i]![column]!) + padding);
      if (remembered !== undefined) remembered[column] = width;
      widths.push(width);
      format(begin, i);
      widths.pop();
      begin = i;
    }
    write(begin, to);
  };
  format(0, lines.length);
  return written.join("\n");
}
