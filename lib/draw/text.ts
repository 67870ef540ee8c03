// How wide a text will be, without a browser. The numbers are upper bounds over the fonts of the two stacks
// below, so that what fits here fits everywhere: Arial, Helvetica, Liberation Sans, DejaVu Sans; DejaVu Sans
// Mono, Menlo, Liberation Mono, Consolas, Courier New. test/draw/chromium.test.ts measures them in a browser.

export type Font = "sans" | "mono";
export const FONT_STACK: Readonly<Record<Font, string>> = {
  sans: "Helvetica,Arial,'Liberation Sans','DejaVu Sans',sans-serif",
  mono: "'DejaVu Sans Mono',Menlo,Consolas,'Liberation Mono','Courier New',monospace",
};

export interface Type {
  readonly font: Font;
  readonly size: number;
  readonly bold?: boolean;
}

/** Hundredths of an em from U+0020 to U+007E: for each character the widest of the fonts. */
const SANS = widths(
  "32,41,46,84,64,96,78,28,40,40,50,84,32,37,32,34,64,64,64,64,64,64,64,64,64,64,34,34,84,84,84,56,102,69,69,73,78,67,62,78,76,30,50,67,56,87,75,79,67,79,73,67,62,74,69,99,69,67,69,40,34,40,84,56,50,62,64,55,64,62,36,64,64,28,28,58,28,98,64,62,64,64,42,53,40,64,60,82,60,60,53,64,34,64,84",
);
const SANS_BOLD = widths(
  "35,46,53,84,70,101,88,31,46,46,53,84,38,42,38,37,70,70,70,70,70,70,70,70,70,70,40,40,84,84,84,62,100,78,77,74,84,69,69,83,84,38,56,78,64,100,84,86,74,86,78,73,69,82,78,111,78,73,73,46,37,46,84,56,50,68,72,60,72,68,44,72,72,35,35,67,35,105,72,69,72,72,50,60,48,72,66,93,65,66,59,72,37,72,84",
);
const MONO = 0.605;
const ELLIPSIS = "…";

function widths(list: string): readonly number[] {
  return list.split(",").map((hundredths) => Number(hundredths) / 100);
}

/** The width of one character in em: an upper bound. `visible` leaves only characters that are known here. */
function em(character: string, type: Type): number {
  const code = character.codePointAt(0) as number;
  if (code < 0x7f) {
    if (type.font === "mono") return MONO;
    return (type.bold ? SANS_BOLD : SANS)[code - 0x20] ?? 1;
  }
  if (character === ELLIPSIS || character === "→") return type.font === "mono" ? MONO : 1;
  if (code < 0x180) return type.font === "mono" ? MONO : 0.95;
  return 1.45;
}

/** The width of a text in pixels, or more; never less in a browser that has one of the fonts. */
export function measure(text: string, type: Type): number {
  if (type.font === "mono" && /^[\x20-\x7e]*$/.test(text)) return text.length * MONO * type.size;
  let sum = 0;
  for (const character of text) sum += em(character, type);
  return sum * type.size;
}

// What can be shown as it is: scripts whose letters have a bounded width and need no neighbour to be drawn.
// Everything else (controls, bidi marks, zero-width and combining characters, ligatures as wide as a sentence)
// is written out as an escape, so a reader sees that it is there and it cannot disturb the picture.
const SHOWN =
  /^[\x20-\x7e\u00a1-\u00ac\u00ae-\u024f\u0370-\u052f\u05d0-\u05ea\u0620-\u064a\u0660-\u0669\u0904-\u0939\u2010-\u2015\u2018-\u2026\u20ac\u2190-\u21ff\u2200-\u22ff\u2500-\u25ff\u2600-\u27bf\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3\uff01-\uff60]$|^\p{Extended_Pictographic}$/u;

/** The text as a picture shows it: one line, no control, formatting or combining character left unescaped. */
export function visible(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  let out = "";
  for (const character of text.normalize("NFC")) {
    if (SHOWN.test(character)) out += character;
    else if (character === "\n") out += "\\n";
    // A column of a tool's listing (ip rule has one).
    else if (character === "\t") out += " ";
    else {
      const code = character.codePointAt(0) as number;
      out += code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
    }
  }
  return out;
}

/** Longer texts than this are nobody's tooltip, table cell or description. */
const LONGEST = 400;

/** At most `limit` characters, saying how many there were: a name of a megabyte must not make a picture of one. */
export function brief(text: string, limit = LONGEST): string {
  if (text.length <= limit) return visible(text);
  return `${visible(text.slice(0, limit))}${ELLIPSIS} (${text.length} characters)`;
}

/** The text if it fits the width, else its beginning and "…". */
export function shorten(text: string, width: number, type: Type): string {
  // No character is narrower than a fifth of an em, so what lies behind cannot be seen anyway.
  const most = Math.ceil(width / (type.size * 0.2)) + 2;
  const shown = visible(text.slice(0, most));
  if (text.length <= most && measure(shown, type) <= width) return shown;
  let out = "";
  let left = width - measure(ELLIPSIS, type);
  for (const character of shown) {
    left -= em(character, type) * type.size;
    if (left < 0) break;
    out += character;
  }
  return `${out.trimEnd()}${ELLIPSIS}`;
}

/** Breaks a text at spaces into at most `lines` lines of this width; the last ends in "…" if more is left. */
export function wrap(text: string, width: number, type: Type, lines: number): string[] {
  const words = visible(text.slice(0, 2000))
    .split(" ")
    .filter((word) => word !== "");
  const out: string[] = [];
  let line = "";
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    const longer = line === "" ? word : `${line} ${word}`;
    if (measure(longer, type) <= width) line = longer;
    else if (out.length === lines - 1) return [...out, shorten([longer, ...words.slice(i + 1)].join(" "), width, type)];
    else if (line === "") out.push(shorten(word, width, type));
    else {
      out.push(line);
      line = "";
      i--;
    }
  }
  return line === "" ? out : [...out, line];
}

/** Names of things in a title; by semicolons, where a name has a comma itself. */
export function listed(names: readonly string[]): string {
  return names.join(names.some((name) => name.includes(",")) ? "; " : ", ");
}
