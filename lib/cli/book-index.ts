// What a chapter's text explains, for the index at the end of the book.

/** Words that are set in bold to be stressed, and explained nowhere. */
const STRESSED =
  /^(.|no(body)?|and|active|behind|first|for|how|inactive|is|last|later|longest|map|off|on|original|private|several|programs)( |$)/i;

/** Terms that a text sets in bold, and words that a table explains; sentences in bold are none. */
export function terms(text: string): string[] {
  const prose = text.replace(/```[\s\S]*?```/g, "");
  const bold = [...prose.matchAll(/\*\*([^*\n]+)\*\*/g)].map(([, term = ""]) => term);
  const words = /^\| *word *\|.*\n\|[-| :]+\n((\|.*(\n|$))+)/m.exec(prose)?.[1] ?? "";
  const first = words.split("\n").map((row) => row.split("|")[1] ?? "");
  const found = [...bold, ...first.flatMap((cell) => cell.split(","))]
    .map((term) => term.replace(/[`*]/g, "").trim())
    .filter(
      (term) =>
        /^[\p{L}\d]/u.test(term) && !/[.:?!;,]/.test(term) && !STRESSED.test(term) && term.split(" ").length <= 3,
    );
  return [...new Set(found)];
}
