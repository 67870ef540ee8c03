// A chapter as a deck. Each cell's slideshow metadata says what it is for nbconvert; a text cell is cut finer here, for
// it often ends one section and begins the next, and has more words than a slide may have.
import { type Cell, type Notebook, type Output, sourceOf } from "../jupyter/notebook.ts";
import { isExercises, isList, type Section, sections } from "./sections.ts";

export const SLIDE_TYPES = ["slide", "subslide", "fragment", "skip", "notes", "-"] as const;
export type SlideType = (typeof SLIDE_TYPES)[number];

/** Words that are read from the last row while somebody talks. */
const WORDS = 60;
/** Words that may introduce a list, a table or a listing on its own slide. */
const LEAD = 25;
/** Lines of code beyond which a picture is shown alone, and the code is the speaker's; half of what a slide holds. */
const LINES = 14;

/** What the metadata says of a cell; a cell without it goes on where the one before stands. */
export function slideType(cell: Cell): SlideType {
  const type = (cell.metadata.slideshow as { slide_type?: SlideType } | undefined)?.slide_type;
  return type ?? "-";
}

/** Words of a text; two Chinese signs count as one. */
export function words(text: string): number {
  const signs = text.match(/\p{Script=Han}/gu)?.length ?? 0;
  return signs / 2 + (text.replace(/\p{Script=Han}/gu, " ").match(/\S+/g)?.length ?? 0);
}

/**
 * The deck of a chapter, for `nbconvert --to slides`: a slide for each heading, and below it its listings, tables and
 * pictures, each its own; of prose what a slide holds, the rest as the speaker's notes. Without exercises.
 */
export function deck(notebook: Notebook): Notebook {
  const cells: Cell[] = [];
  const put = (cell: Cell, type: SlideType, source: string, tags: string[] = []): void => {
    const id = `${cell.id ?? "cell"}-${cells.length}`;
    cells.push({ ...cell, id, source, metadata: { slideshow: { slide_type: type }, tags } });
  };
  let exercises = false;
  for (const cell of notebook.cells) {
    const type = slideType(cell);
    if (cell.cell_type === "markdown") {
      for (const section of sections(sourceOf(cell))) {
        if (section.heading !== "") exercises = isExercises(section.heading);
        if (exercises || type === "skip") continue;
        for (const part of parts(section, type)) put(cell, part.type, part.text);
      }
    } else if (type !== "skip" && !exercises) {
      const source = sourceOf(cell);
      const outputs = cell.outputs ?? [];
      const length = source.split("\n").length;
      if (outputs.some(isPicture) && length > LINES) {
        put(cell, type, source, ["alone"]);
        put({ cell_type: "markdown", source: "", metadata: {} }, "notes", `\`\`\`ts\n${source}\n\`\`\``);
      } else if (length > LINES / 2 && length + outputs.reduce((sum, each) => sum + lines(each), 0) > 2 * LINES) {
        put({ ...cell, outputs: [] }, type, source);
        put(cell, "subslide", source, ["alone"]);
      } else put(cell, type, source);
    }
  }
  return { ...notebook, cells };
}

function lines({ text, data }: Output): number {
  const said = text ?? (data as Record<string, unknown> | undefined)?.["text/plain"] ?? "";
  return [said].flat().join("").split("\n").length;
}

function isPicture(output: Output): boolean {
  return "text/html" in ((output.data as object | undefined) ?? {});
}

/** Is it to be seen, and not said? */
function isSeen(block: string): boolean {
  return isList(block) || /^(\||```|~~~|>|!\[|<)/.test(block) || /\n\|[ :|-]+\|?(\n|$)/.test(block);
}

/** The slides of a section, and what is said to each. */
function parts({ heading, blocks }: Section, type: SlideType): { type: SlideType; text: string }[] {
  if (type === "notes" && heading === "") return [{ type, text: blocks.join("\n\n") }];
  const found: { type: SlideType; text: string }[] = [];
  const first = heading !== "" ? "slide" : type === "slide" ? "subslide" : type;
  let shown = heading === "" ? [] : [heading];
  let count = 0;
  let said: string[] = [];
  const end = (): void => {
    if (shown.length > 0) found.push({ type: found.length === 0 ? first : "subslide", text: shown.join("\n\n") });
    if (said.length > 0) found.push({ type: "notes", text: said.join("\n\n") });
    [shown, said, count] = [[], [], 0];
  };
  let led = false;
  for (const [i, block] of blocks.entries()) {
    const size = words(block);
    const leads = !isSeen(block) && size <= LEAD && isSeen(blocks[i + 1] ?? "");
    if ((isSeen(block) || leads) && count > LEAD && !led) end();
    led = leads;
    const fits = said.length === 0 && count + size <= WORDS;
    if (!isSeen(block) && !leads && !fits) {
      if (said.length === 0 && count === 0 && shown.length === 1) shown.push(firstSentence(block));
      said.push(block);
      continue;
    }
    shown.push(block);
    count += size;
  }
  end();
  return found;
}

function firstSentence(text: string): string {
  return /^.*?[.!?。！？](?=\s|$|\p{Script=Han})/su.exec(text)?.[0] ?? text;
}
