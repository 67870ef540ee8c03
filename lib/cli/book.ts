// `packetwalk book`: the executed chapters, the homework and the reference as a book of HTML pages, by Sphinx and
// TypeDoc. Nothing is loaded from elsewhere, neither while it is made nor when it is read.
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { formatJson, formatNotebook, type Notebook, sourceOf } from "../jupyter/notebook.ts";
import { terms } from "./book-index.ts";
import { readChapter } from "./chapter.ts";
import { ASSETS, FOLDER, lecturePython, NODE_MODULES, ROOT, said } from "./lectures.ts";
import { Mistake, readOptions } from "./options.ts";

const SOURCE = path.join(FOLDER, "book");
const KINDS = ["functions", "classes", "interfaces", "types", "variables"];

/** Runs the subcommand; 0 when the book is made. */
export async function command(args: string[]): Promise<number> {
  const options = readOptions("book", args, [], ["--out"]);
  if (options.rest.length > 0)
    throw new Mistake(`packetwalk book takes no "${options.rest[0]}"; it makes the whole book`);
  const out = path.resolve(options.values.get("--out") ?? "book");
  if (fs.existsSync(out) && fs.readdirSync(out).length > 0 && !fs.existsSync(path.join(out, "searchindex.js")))
    throw new Mistake(`"${out}" holds something else than a book: give another folder with --out DIR`);
  const python = lecturePython();
  fs.rmSync(SOURCE, { recursive: true, force: true });
  fs.cpSync(path.join(ASSETS, "book"), SOURCE, { recursive: true });
  const chapters = putNotebooks("notebooks");
  const homework = putNotebooks("notebooks/homework");
  const chinese = putNotebooks("notebooks/zh");
  fs.writeFileSync(path.join(SOURCE, "index.md"), contents(chapters, homework, chinese));
  reference();
  fs.rmSync(out, { recursive: true, force: true });
  const sphinx = [
    "-m",
    "sphinx",
    "-q",
    "-W",
    "--keep-going",
    "-j",
    "auto",
    "-b",
    "html",
    "-d",
    path.join(FOLDER, "doctrees"),
  ];
  const built = spawnSync(python, [...sphinx, SOURCE, out], { encoding: "utf8" });
  if (built.status !== 0) throw new Mistake(`Sphinx failed:\n${said(built)}`);
  process.stdout.write(`packetwalk: wrote ${path.join(path.relative(process.cwd(), out), "index.html")}\n`);
  return 0;
}

/** Copies the notebooks of a folder, with their terms marked for the index; gives their names without the ending. */
function putNotebooks(folder: string): string[] {
  const files = fs.readdirSync(path.join(ROOT, folder)).filter((file) => file.endsWith(".ipynb"));
  fs.mkdirSync(path.join(SOURCE, folder), { recursive: true });
  for (const file of files) {
    const notebook = readChapter(path.join(ROOT, folder, file));
    fs.writeFileSync(path.join(SOURCE, folder, file), formatNotebook(indexed(notebook)));
  }
  // Labs come first: they teach what the chapters take for known.
  return files
    .map((file) => `${folder}/${file.replace(/\.ipynb$/, "")}`)
    .sort((a, b) => rank(a).localeCompare(rank(b)));
}

function rank(name: string): string {
  return name.includes("/lab-") ? ` ${name}` : name;
}

function indexed(notebook: Notebook): Notebook {
  const cells = notebook.cells.map((cell) => {
    const found = cell.cell_type === "markdown" ? terms(sourceOf(cell)) : [];
    if (found.length === 0) return cell;
    return { ...cell, source: `${sourceOf(cell)}\n\n\`\`\`{index} ${found.join(", ")}\n\`\`\`` };
  });
  const language_info = { ...(notebook.metadata.language_info as object), pygments_lexer: "packetwalk" };
  return { ...notebook, cells, metadata: { ...notebook.metadata, language_info } };
}

function toctree(caption: string, names: readonly string[]): string {
  return `\`\`\`{toctree}\n:caption: ${caption}\n:maxdepth: 1\n:titlesonly:\n\n${names.join("\n")}\n\`\`\`\n`;
}

function contents(chapters: readonly string[], homework: readonly string[], chinese: readonly string[]): string {
  const isLab = (name: string): boolean => name.includes("/lab-");
  return [
    "# Packetwalk\n",
    "Linux and Kubernetes networking that explains itself: each chapter is a notebook, and all that it shows was shown when it ran.\n",
    toctree("Labs", chapters.filter(isLab)),
    toctree(
      "Chapters",
      chapters.filter((name) => !isLab(name)),
    ),
    toctree("Homework", homework),
    toctree("简体中文", chinese),
    toctree("Reference", ["api/index"]),
    "{ref}`genindex`\n",
  ].join("\n");
}

/** TypeDoc's pages about all that a notebook can import, from the docstrings. */
function reference(): void {
  const api = path.join(SOURCE, "api");
  const entry = path.join(ROOT, "dist", "lib", "index.d.ts");
  // TypeDoc has a TypeScript of its own, which reads declarations as ours writes them.
  const compilerOptions = {
    target: "es2022",
    module: "nodenext",
    skipLibCheck: true,
    types: ["node"],
    typeRoots: [path.join(ROOT, "node_modules", "@types")],
  };
  const tsconfig = path.join(SOURCE, "tsconfig.json");
  fs.writeFileSync(tsconfig, formatJson({ compilerOptions, files: [entry] }));
  const settings = path.join(SOURCE, "typedoc.json");
  const plugin = [path.join(NODE_MODULES, "typedoc-plugin-markdown", "dist", "index.js")];
  fs.writeFileSync(settings, formatJson({ ...typedoc, plugin, tsconfig, entryPoints: [entry], out: api }));
  const bin = path.join(NODE_MODULES, "typedoc", "bin", "typedoc");
  const made = spawnSync(process.execPath, [bin, "--options", settings], { cwd: ROOT, encoding: "utf8" });
  if (made.status !== 0) throw new Mistake(`TypeDoc failed:\n${said(made)}`);
  const trees: string[] = [];
  for (const kind of KINDS) {
    const folder = path.join(api, kind);
    if (!fs.existsSync(folder)) continue;
    const files = fs.readdirSync(folder).sort();
    for (const file of files) {
      const name = file.replace(/\.md$/, kind === "functions" ? "()" : "");
      fs.appendFileSync(path.join(folder, file), `\n\`\`\`{index} ${name}\n\`\`\`\n`);
    }
    const caption = `${kind[0]!.toUpperCase()}${kind.slice(1)}`;
    trees.push(
      `## ${caption}\n\n${toctree(
        caption,
        files.map((file) => `${kind}/${file.replace(/\.md$/, "")}`),
      )}`,
    );
  }
  const intro = 'All that `import { ... } from "packetwalk"` gives, from the docstrings in the sources.';
  fs.writeFileSync(path.join(api, "index.md"), `# Reference\n\n${intro}\n\n${trees.join("\n")}`);
  fs.rmSync(path.join(api, "README.md"));
}

const typedoc = {
  router: "kind",
  readme: "none",
  disableSources: true,
  excludePrivate: true,
  excludeExternals: true,
  hidePageHeader: true,
  hideBreadcrumbs: true,
  logLevel: "Error",
};
