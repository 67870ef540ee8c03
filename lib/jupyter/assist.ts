// Help while typing: completion, what a name is, and whether a cell is whole.
// Jupyter counts a cursor in code points, the compiler in UTF-16 units.
import { say } from "../language/say.ts";
import type { Compiler } from "./compiler.ts";
import { magicOf } from "./magic.ts";
import type { Phase } from "./phase.ts";
import type { Shown } from "./show.ts";

/** What could stand at the cursor; offsets in code points. */
export interface Completion {
  readonly matches: readonly string[];
  readonly start: number;
  readonly end: number;
  readonly kinds: readonly string[];
}

/** Help while typing. */
export interface Assistant {
  complete(code: string, cursor: number): Completion;
  /** What the name at the cursor is, as text and as Markdown. */
  inspect(code: string, cursor: number): Shown | undefined;
  isComplete(code: string): { status: "complete" | "incomplete" | "invalid"; indent?: string };
}

/** UTF-16 units before the code point with this index. */
export function toUnits(text: string, points: number): number {
  let units = 0;
  for (const point of text) {
    if (points-- <= 0) break;
    units += point.length;
  }
  return units;
}

/** Code points before this UTF-16 unit. */
export function toPoints(text: string, units: number): number {
  return [...text.slice(0, units)].length;
}

/** The assistant of a session; `declarations` tells what earlier cells defined. */
export function assist(
  { converter, isCompleteCode, ts }: Compiler,
  phase: Phase,
  declarations: () => string,
): Assistant {
  return {
    complete(code, cursor) {
      const nothing = { matches: [], start: cursor, end: cursor, kinds: [] };
      if (magicOf(code)) return nothing;
      const found = phase.compile(() => converter.complete(declarations(), code, toUnits(code, cursor)));
      const kinds = new Map(found.original?.entries.map((entry) => [entry.name, String(entry.kind)]));
      // The compiler knows two names of its own in every cell.
      const matches = found.candidates.filter((name) => !name.startsWith("tsLastExpr"));
      return {
        matches,
        start: toPoints(code, found.start),
        end: toPoints(code, found.end),
        kinds: matches.map((name) => kinds.get(name) ?? ""),
      };
    },
    inspect(code, cursor) {
      if (magicOf(code)?.kind === "sh") return undefined;
      const units = toUnits(code, cursor);
      const look = (at: number) => phase.compile(() => converter.inspect(declarations(), code, at));
      // A cursor behind the name, where Shift-Tab usually finds it, belongs to the name.
      const info = look(units) ?? (units > 0 ? look(units - 1) : undefined);
      if (!info?.displayParts?.length) return undefined;
      const signature = ts.displayPartsToString(info.displayParts);
      // All the compiler says of a name it doesn't know.
      if (signature === "any") return undefined;
      const written = ts.displayPartsToString(info.documentation);
      // Where a docstring's lines end means nothing.
      const line = written.replaceAll("\n", " ");
      const text = say(line) === line ? written : say(line);
      const tags = (info.tags ?? []).map((tag) => {
        const [head, ...rest] = (tag.text ?? []).map((part) => part.text);
        if (tag.name === "example") {
          const code = ((head ?? "") + rest.join("")).replace(/^```\w*\n|\n```$/g, "");
          return { plain: `@example\n${code}`, markdown: `\`\`\`typescript\n${code}\n\`\`\`` };
        }
        const named = tag.name === "param" ? `**${head ?? ""}**${rest.join("")}` : (head ?? "") + rest.join("");
        return { plain: `@${tag.name} ${(head ?? "") + rest.join("")}`, markdown: `*@${tag.name}* ${named}` };
      });
      const plain = [signature, text, tags.map((tag) => tag.plain).join("\n")].filter((part) => part !== "");
      const fenced = `\`\`\`typescript\n${signature}\n\`\`\``;
      const markdown = [fenced, text, ...tags.map((tag) => tag.markdown)].filter((part) => part !== "");
      return { data: { "text/plain": plain.join("\n\n"), "text/markdown": markdown.join("\n\n") }, metadata: {} };
    },
    isComplete(code) {
      if (magicOf(code)) return { status: "complete" };
      const { completed, indent } = isCompleteCode(code);
      if (!completed) return { status: "incomplete", indent: indent ?? "" };
      const file = ts.createSourceFile("cell.ts", code, ts.ScriptTarget.ES2022) as unknown as {
        parseDiagnostics: unknown[];
      };
      return { status: file.parseDiagnostics.length === 0 ? "complete" : "invalid" };
    },
  };
}
