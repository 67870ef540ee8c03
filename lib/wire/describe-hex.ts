// Octets nobody can read, as tcpdump shows them. Before you edit: tcpdump's print-ascii.c.

/** Rows of sixteen octets with their characters (hex_and_ascii_print). */
export function hexAndText(data: Uint8Array): string {
  let text = "";
  for (let at = 0; at < data.length; at += 16) {
    const row = [...data.subarray(at, at + 16)];
    const ascii = row.map((byte) => (byte > 32 && byte < 127 ? String.fromCharCode(byte) : ".")).join("");
    text += `\n\t0x${at.toString(16).padStart(4, "0")}:  ${pairs(row).padEnd(39)}  ${ascii}`;
  }
  return text;
}

/** Rows of sixteen octets, each on a line of its own behind `indent` (hex_print). */
export function hexRows(data: Uint8Array, indent: string): string {
  let text = "";
  for (let at = 0; at < data.length; at += 16)
    text += `\n${indent}0x${at.toString(16).padStart(4, "0")}:  ${pairs([...data.subarray(at, at + 16)])}`;
  return text;
}

function pairs(row: readonly number[]): string {
  return row
    .map((byte, i) => byte.toString(16).padStart(2, "0") + (i % 2 === 1 ? " " : ""))
    .join("")
    .trimEnd();
}
