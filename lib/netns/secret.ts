// What a machine mixes into its hashes. Before you edit: net/core/secure_seq.c, include/linux/siphash.h.

/** A number that a machine keeps (FNV-1a of its name): the same lab, the same ways. */
export function secretOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const letter of name) hash = Math.imul(hash ^ letter.codePointAt(0)!, 0x01000193);
  return hash >>> 0 || 1;
}
