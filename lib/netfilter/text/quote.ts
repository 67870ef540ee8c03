// Words as iptables-save writes them. Before you edit: libxtables/xtables.c (xtables_save_string).

/** Plain where a shell would read it so, else in double quotes with `"`, `\` and `'` escaped. */
export function quoted(text: string): string {
  if (text !== "" && /^[\w-]+$/.test(text)) return text;
  return `"${text.replace(/["\\']/g, "\\$&")}"`;
}

/**
 * The words of a line; what stands between double quotes is one. A loop, not an expression: on a word of megabytes an
 * expression may run out of its own stack.
 */
export function unquotedWords(line: string): string[] {
  const words: string[] = [];
  for (let at = 0; at < line.length; ) {
    if (isBlank(line, at)) {
      at++;
      continue;
    }
    const close = line[at] === '"' ? line.indexOf('"', at + 1) : -1;
    let end = close;
    if (close === -1) for (end = at + 1; end < line.length && !isBlank(line, end); ) end++;
    words.push(close === -1 ? line.slice(at, end) : line.slice(at + 1, close));
    at = close === -1 ? end : close + 1;
  }
  return words;
}

const isBlank = (line: string, at: number): boolean => line.charCodeAt(at) <= 0x20;
