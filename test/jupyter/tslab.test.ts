// The library and the chapters in plain tslab's own kernel. What is lost there
// (pictures, %%sh, display) is told in the README.
import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import { expect } from "chai";
import { magicOf } from "../../lib/jupyter/magic.ts";
import { parseNotebook, sourceOf } from "../../lib/jupyter/notebook.ts";
import { type Client, startClient } from "./client.ts";
import { ROOT } from "./python.ts";

/** How Jupyter starts plain tslab. */
const TSLAB = [
  process.execPath,
  path.join(path.dirname(createRequire(import.meta.url).resolve("tslab/package.json")), "bin", "tslab"),
  "kernel",
  "--config-path",
  "{connection_file}",
];

const NOTEBOOKS = path.join(ROOT, "notebooks");

/** What a reader writes in plain tslab instead of a %%sh cell. */
function plain(source: string): string {
  const magic = magicOf(source);
  if (magic?.kind !== "sh") return source;
  const args = [magic.where, magic.text].map((text) => JSON.stringify(text)).join(", ");
  return `import { sh as plainSh } from "packetwalk";\nplainSh(${args})`;
}

describe("plain tslab", () => {
  let kernel: Client;
  beforeEach(async () => {
    fs.mkdirSync(NOTEBOOKS, { recursive: true });
    kernel = await startClient({ cwd: NOTEBOOKS, argv: TSLAB });
  });
  afterEach(() => kernel.stop());

  /** After any error, plain tslab answers nothing for 200 ms: none may come. */
  async function runs(code: string): Promise<string> {
    const { reply, stdout, stderr } = await kernel.execute(code);
    expect(reply.content.status, `${code}\n${stderr}`).to.equal("ok");
    return stdout;
  }

  it("imports the library by name, with types, without a warning, and values tell themselves as text", async () => {
    const { stderr } = await kernel.execute('import { lab, sh } from "packetwalk"');
    expect(stderr).to.equal("");
    await runs(
      'const net = lab({ seed: "tslab" }); net.node("node-1"); const text: string = sh("node-1", "echo hello").text',
    );
    const { iopub, stdout } = await kernel.execute('sh("node-1", "echo hello")');
    expect(JSON.stringify(iopub.map((m) => m.content)) + stdout).to.include("hello");
    const wrong = await kernel.execute("const wrong: number = net");
    expect(wrong.reply.content.status).to.equal("error");
  });

  for (const file of fs.existsSync(NOTEBOOKS)
    ? fs.readdirSync(NOTEBOOKS).filter((name) => name.endsWith(".ipynb"))
    : []) {
    it(`runs ${file}`, async function () {
      this.timeout(60000);
      const { cells } = parseNotebook(fs.readFileSync(path.join(NOTEBOOKS, file), "utf8"), file);
      for (const cell of cells) {
        const source = sourceOf(cell);
        const left = cell.metadata.tags?.some((tag) => tag === "raises-exception" || tag === "skip-execution");
        if (cell.cell_type === "code" && !left) await runs(plain(source));
      }
    });
  }
});
