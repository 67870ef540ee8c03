// Joins the modules of dist/lib into the few files of dist/joined, which is what users run: to find, read and link
// nine hundred modules costs Node three times what it costs to read the same text in one piece.
// dist/lib stays what the compiler made, for tests and for `node dist/lib/cli/main.js` while one works on it.
// Plain JavaScript, because prepare.mjs runs it.
import * as fs from "node:fs";
import * as path from "node:path";
import { rollup } from "rollup";

/** What a process begins with. Each keeps its place under dist/joined, and so does what lies beside it. */
const DOORS = ["index", "lab", "cli/main", "cli/grade-child", "cli/grade-judge", "jupyter/worker"];

/** Modules that are told apart by their folder: the judges by whom copies the library for a submission, the kernel's own by whom shortens a stack. */
const APART = ["course/judges", "jupyter", "cli"];

/** Protocols call each other, as in the kernel; the compiler's own helpers ask for `this`; a door may be all its file has. */
const EXPECTED = new Set(["CIRCULAR_DEPENDENCY", "THIS_IS_UNDEFINED", "EMPTY_FACADE"]);

/** A module finds what lies beside it as if it were still alone at its place. */
function resolveImportMeta(lib) {
  return (property, { chunkId, moduleId }) => {
    if (property !== "url") return null;
    const place = path.posix.relative(path.posix.dirname(chunkId), posix(path.relative(lib, moduleId)));
    return `new URL(${JSON.stringify(place)}, import.meta.url).href`;
  };
}

const posix = (name) => name.split(path.sep).join("/");

/** Two classes of one name stand in one file under different names; whoever prints an object says the one in the source. */
function keepNames(code) {
  return code.replace(
    /^(class (\w+)\$\d+(?: extends [\w$.]+)? \{)/gm,
    (head, _, name) => `${head}\n    static { Object.defineProperty(this, "name", { value: "${name}" }); }`,
  );
}

/** V8 keeps a text with one letter beyond Latin-1 in two octets a letter. */
function narrow(code) {
  return code.replace(/[^\0-\x7f]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Writes dist/joined anew from dist/lib; `root` is the project's folder. */
export async function join(root) {
  const lib = path.join(root, "dist", "lib");
  const joined = path.join(root, "dist", "joined");
  const folderOf = ({ modules }) =>
    APART.find((folder) => Object.keys(modules).every((id) => posix(path.relative(lib, id)).startsWith(`${folder}/`)));
  const bundle = await rollup({
    input: Object.fromEntries(DOORS.map((door) => [door, path.join(lib, `${door}.js`)])),
    external: (id) => !id.startsWith(".") && !path.isAbsolute(id),
    treeshake: false,
    onwarn: (warning, warn) => EXPECTED.has(warning.code) || warn(warning),
    plugins: [
      {
        name: "packetwalk",
        transform: (code) => ({ code: code.replace(/^#!.*|^\/\/# sourceMappingURL=.*/gm, ""), map: null }),
        resolveImportMeta: resolveImportMeta(lib),
        renderChunk: (code, { name }) => ({
          code: `${name === "cli/main" ? "#!/usr/bin/env node\n" : ""}${narrow(keepNames(code))}`,
          map: null,
        }),
      },
    ],
  });
  fs.rmSync(joined, { recursive: true, force: true });
  await bundle.write({
    dir: joined,
    format: "es",
    chunkFileNames: (chunk) => path.posix.join(folderOf(chunk) ?? "", "[name]-[hash].js"),
    sourcemap: false,
  });
  await bundle.close();
}
