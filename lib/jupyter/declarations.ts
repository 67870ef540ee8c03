// What a cell that failed half way leaves behind. As in Python, what ran before
// the error stays: the names that got a value are kept, the others are not.
import type { Statement } from "@tslab/typescript-for-tslab";
import type { Compiler } from "./compiler.ts";

/**
 * The declarations after a cell that failed.
 *
 * @param before those before the cell
 * @param wanted those the whole cell would have left
 * @param values what the names have now; a name the cell emptied and never filled gets its old value back
 * @param old what they had before
 */
export function afterFailure(
  { ts }: Compiler,
  before: string,
  wanted: string,
  values: Record<string, unknown>,
  old: Readonly<Record<string, unknown>>,
): string {
  const lost = new Set<string>();

  /** The statement's text without the names that are not kept; types have no value and stay. */
  function keep(statement: Statement, file: string, kept: (name: string) => boolean): string {
    const text = file.slice(statement.pos, statement.end);
    if (ts.isVariableStatement(statement)) {
      const { declarationList } = statement;
      const names = declarationList.declarations.filter((d) => kept(d.name.getText()));
      if (names.length === declarationList.declarations.length) return text;
      const kind = declarationList.flags & ts.NodeFlags.Const ? "const" : "let";
      return names.map((d) => `\ndeclare ${kind} ${d.getText()};`).join("");
    }
    if (ts.isImportDeclaration(statement)) {
      // A module that failed to load gave no name a value; one of an earlier cell may have given only types.
      const names = text.match(/[\p{ID_Start}$_][\p{ID_Continue}$]*/gu) ?? [];
      return before.includes(text.trim()) || names.some((name) => values[name] !== undefined) ? text : "";
    }
    const named =
      ts.isClassDeclaration(statement) || ts.isFunctionDeclaration(statement) || ts.isEnumDeclaration(statement);
    return named && statement.name && !kept(statement.name.text) ? "" : text;
  }

  function filter(text: string, kept: (name: string) => boolean): string {
    const file = ts.createSourceFile("declarations.d.ts", text, ts.ScriptTarget.ES2022, true);
    return file.statements.map((statement) => keep(statement, text, kept)).join("");
  }

  const after = filter(wanted, (name) => {
    if (values[name] !== undefined) return true;
    lost.add(name);
    return false;
  });
  for (const name of lost) if (old[name] !== undefined) values[name] = old[name];
  const again = filter(onlyValues(before, ts), (name) => lost.has(name) && old[name] !== undefined);
  return `${after}\n${again}`;
}

/** The value declarations of a text: imports and types of before are in the new declarations already. */
function onlyValues(text: string, ts: Compiler["ts"]): string {
  const file = ts.createSourceFile("declarations.d.ts", text, ts.ScriptTarget.ES2022, true);
  return file.statements
    .filter(
      (s) =>
        ts.isVariableStatement(s) || ts.isClassDeclaration(s) || ts.isFunctionDeclaration(s) || ts.isEnumDeclaration(s),
    )
    .map((s) => text.slice(s.pos, s.end))
    .join("");
}
