// Words of a lab's script.

/** A word as sh takes it to the letter. */
export function quoted(word: string): string {
  return /^[A-Za-z0-9._/:@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** `ip` in a namespace. */
export function ipIn(ns: string): string {
  return `ip -n "$PREFIX"${ns}`;
}
