// What a notebook can import, with its docstrings, as the compiler sees the declarations.
import * as path from "node:path";
import ts from "@tslab/typescript-for-tslab";
import { ROOT } from "../../lib/cli/lectures.ts";

const ENTRY = path.join(ROOT, "dist", "lib", "index.d.ts");

interface Public {
  readonly checker: ts.TypeChecker;
  readonly symbols: readonly ts.Symbol[];
}

let known: Public | undefined;

function publicSymbols(): Public {
  known ??= readDeclarations();
  return known;
}

function readDeclarations(): Public {
  const program = ts.createProgram([ENTRY], { skipLibCheck: true, noLib: true, types: [] });
  const checker = program.getTypeChecker();
  const symbols = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(ENTRY)!)!);
  return { checker, symbols };
}

/** Every export of the package. */
export function publicNames(): string[] {
  return publicSymbols().symbols.map((symbol) => symbol.name);
}

/** Exports without a docstring, and public methods of exported classes without one. */
export function undocumented(): string[] {
  const { checker, symbols } = publicSymbols();
  return symbols.flatMap((symbol) => {
    const real = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    const silent = (each: ts.Symbol): boolean => each.getDocumentationComment(checker).length === 0;
    const members = real.flags & ts.SymbolFlags.Class ? [...(real.members?.values() ?? [])] : [];
    const methods = members.filter((member) => {
      const [declaration] = member.declarations ?? [];
      const hidden =
        declaration !== undefined &&
        ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.NonPublicAccessibilityModifier;
      // Jupyter asks by symbols, which are written __@DISPLAY@12; what JavaScript itself asks for needs no words.
      return member.flags & ts.SymbolFlags.Method && !hidden && !/^(__@|toString$|toJSON$)/.test(member.name);
    });
    return [
      ...(silent(real) ? [symbol.name] : []),
      ...methods.filter(silent).map(({ name }) => `${symbol.name}.${name}`),
    ];
  });
}
