// A chapter's text, cut at its headings.

/** A heading, "" for what stands before the first one, and the paragraphs, lists, tables and listings below it. */
export interface Section {
  heading: string;
  blocks: string[];
}

/** A text at its headings, each with its paragraphs, lists, tables and listings. */
export function sections(text: string): Section[] {
  const found: Section[] = [];
  let now: Section = { heading: "", blocks: [] };
  for (const block of blocks(text)) {
    if (!/^#{1,6} /.test(block)) {
      now.blocks.push(block);
      continue;
    }
    found.push(now);
    now = { heading: block, blocks: [] };
  }
  return [...found, now].filter(({ heading, blocks }) => heading !== "" || blocks.length > 0);
}

/** Texts between blank lines; a blank line in a listing or a list does not end it. */
function blocks(text: string): string[] {
  const found: string[] = [];
  let open = false;
  let ended = true;
  for (const line of text.split("\n")) {
    const fence = /^\s*(```|~~~)/.test(line);
    const heading = !open && /^#{1,6} /.test(line);
    const goesOn = /^\s+\S/.test(line) || (isList(line) && isList(found.at(-1) ?? ""));
    if (!open && line.trim() === "") ended = true;
    else if ((ended && !(goesOn && found.length > 0) && !open) || heading) found.push(line);
    else found[found.length - 1] += `${ended && !open ? "\n\n" : "\n"}${line}`;
    if (fence) open = !open;
    if (open || line.trim() !== "") ended = heading;
  }
  return found;
}

/** Does this block list things? */
export function isList(block: string): boolean {
  return /^\s*([-*+]|\d+[.)]) /.test(block);
}

/** Is this the heading of what students do by themselves? */
export function isExercises(heading: string): boolean {
  return /^#+ (Exercises?\b|练习)/.test(heading);
}
