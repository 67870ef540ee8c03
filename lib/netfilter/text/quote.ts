// Words as iptables-save writes them. Before you edit: libxtables/xtables.c (xtables_save_string).

/** Plain where a shell would read it so, else in double quotes with `"`, `\` and `'` escaped. */
export function quoted(text: string): string {
  if (text !== "" && /^[\w-]+$/.test(text)) return text;
  return `"${text.replace(/["\\']/g, "\\$&")}"`;
}
