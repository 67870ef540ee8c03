// Scenes as what a notebook shows. HTML with pictures in data addresses survives a notebook that nobody trusts,
// exported pages and code hosts, where inline SVG and scripts do not; the table says the same in words.
import { escapeMarkup } from "./dom.ts";
import type { Scene, Table } from "./scene.ts";
import { svg } from "./svg.ts";
import { brief } from "./text.ts";

/** A MIME bundle and its metadata, as Jupyter's display messages carry them. */
export interface Figure {
  readonly data: { readonly "text/html": string; readonly "text/plain": string };
  readonly metadata: { readonly vscode_altText: string };
}

const MOST_ROWS = 120;
const MOST_PLAIN_ROWS = 40;
/** A picture is not made narrower than this; a phone scrolls it sideways, so that it can still be read. */
const NARROWEST = 600;

/** One figure of one picture or of several, with a caption, a table of all it says, and words for a terminal. */
export function figure(scenes: Scene | readonly Scene[]): Figure {
  const all = "shapes" in scenes ? [scenes] : scenes;
  const alt = altOf(all);
  const html = all
    .map(
      (each) =>
        `<figure style="margin:0 0 1em;overflow-x:auto">${image(each)}${caption(each)}${details(each.table)}</figure>`,
    )
    .join("\n");
  return { data: { "text/html": html, "text/plain": all.map(plain).join("\n\n") }, metadata: { vscode_altText: alt } };
}

function image(scene: Scene): string {
  const source = Buffer.from(svg(scene)).toString("base64");
  const least = Math.min(scene.width, NARROWEST);
  return `<img alt="${escapeMarkup(altOf([scene]))}" width="${scene.width}" height="${scene.height}" style="max-width:100%;min-width:${least}px;height:auto" src="data:image/svg+xml;base64,${source}">`;
}

export function altOf(scenes: readonly Scene[]): string {
  return brief(scenes.map((scene) => `${scene.title}. ${scene.desc}`).join(" "), 600);
}

export function caption(scene: Scene): string {
  return `<figcaption>${escapeMarkup(scene.title)}</figcaption>`;
}

/** The text twin, folded away. */
export function details(table: Table): string {
  if (table.rows.length === 0) return "";
  const cells = (row: readonly string[], tag: string): string =>
    `<tr>${row.map((cell) => `<${tag}>${escapeMarkup(cell)}</${tag}>`).join("")}</tr>`;
  const rows = table.rows.slice(0, MOST_ROWS).map((row) => cells(row, "td"));
  const more = table.rows.length - rows.length;
  const rest = more > 0 ? `<tr><td colspan="${table.columns.length}">and ${more} more</td></tr>` : "";
  return `<details><summary>As a table</summary><table><thead>${cells(table.columns, "th")}</thead><tbody>${rows.join("")}${rest}</tbody></table></details>`;
}

/** A paragraph and the table in columns, for whoever has no pictures. */
export function plain(scene: Scene): string {
  const rows = scene.table.rows.slice(0, MOST_PLAIN_ROWS).map((row) => row.map((cell) => brief(cell, 60)));
  const all = [[...scene.table.columns], ...rows];
  const widths = scene.table.columns.map((_, i) => Math.max(...all.map((row) => (row[i] ?? "").length)));
  const lines =
    rows.length === 0
      ? []
      : all.map((row) =>
          row
            .map((cell, i) => cell.padEnd(widths[i] ?? 0))
            .join("  ")
            .trimEnd(),
        );
  const more = scene.table.rows.length - rows.length;
  return [`${scene.title}. ${scene.desc}`, ...lines, ...(more > 0 ? [`and ${more} more`] : [])].join("\n");
}
