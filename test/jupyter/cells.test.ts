// What readers write: every form of top-level await, strict types, errors that
// point at the reader's line, and values that want to break the kernel.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { expect } from "chai";
import { type Client, startClient } from "./client.ts";

const AWAITS = [
  "await 1",
  "await (2)",
  "const a = await Promise.resolve(1); a",
  "await (async () => 5)()",
  "await (Promise as any).resolve(3)",
  "[await 1, await 2]",
  "({ x: await 1 })",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a template of the cell.
  "`${await 1}`",
  "if (await true) { 1 }",
  "for (const x of await Promise.resolve([1])) { x }",
  "for await (const x of [Promise.resolve(1)]) { x }",
  "while (await Promise.resolve(false)) {}",
  "try { await Promise.reject(1) } catch {}",
  "const { b } = await Promise.resolve({ b: 1 }); b",
  "const f = (x: number) => x; f(await 1)",
  "let c = 0; c += await 1",
  "!(await false)",
  "await Promise.all([1, 2])",
  "class K { [await Promise.resolve('m')]() { return 1 } }",
  "switch (await 1) { case 1: break }",
  "const t = (await import('node:path')).sep; t",
];

/** Cells that fail, and the name of their error. */
const FAILURES: Record<string, string> = {
  "let s: string = null": "CompileError",
  "function f(x) { return x }": "CompileError",
  "const = 1": "CompileError",
  "throw undefined": "Thrown",
  "throw null": "Thrown",
  "throw 'text'": "Thrown",
  "throw Object.create(null)": "Thrown",
  "throw { get message() { throw 1 } }": "Thrown",
  "throw new Proxy({}, { get() { throw new Error('no') }, getPrototypeOf() { throw new Error('no') } })": "Thrown",
  "{ const e = new Error('x'); Object.defineProperty(e, 'stack', { get() { throw 1 } }); throw e }": "Thrown",
  "throw new AggregateError([new Error('a'), 2], 'both')": "AggregateError",
  "throw new Error('outer', { cause: new TypeError('inner') })": "Error",
  "await Promise.reject(new RangeError('late'))": "RangeError",
  "process.exit(0)": "Error",
  "(function f(): number { return f() + 1 })()": "RangeError",
  "%%html <b>": "SyntaxError",
  "%%sh": "SyntaxError",
  "/** @browser */ document": "SyntaxError",
  "nothing_here?": "ReferenceError",
  "({ [Symbol.for('Jupyter.display')]() { throw new TypeError('no picture') } })": "TypeError",
  "({ [Symbol.for('Jupyter.display')]: () => 3 })": "TypeError",
};

/** Values that are hard to show, and what is shown of them. */
const VALUES: Record<string, RegExp> = {
  "const circular: any = {}; circular.self = circular; circular": /Circular/,
  "({ get x() { throw new Error('no') } })": /Getter/,
  "({ [Symbol.for('nodejs.util.inspect.custom')]() { throw new Error('not me') } })": /can't be printed: not me/,
  "new Proxy({}, { get() { throw new Error('no') } })": /\{\}|can't/,
  "'x'.repeat(10_000_000)": /more characters/,
  "'\\ud800 alone'": /alone/,
  "Symbol('s')": /Symbol\(s\)/,
  "10n ** 20n": /100000000000000000000n/,
  "new Map([[{ a: 1 }, new Set([1])]])": /Map\(1\)/,
};

describe("a cell", () => {
  let kernel: Client;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "packetwalk cells "));
  before(async () => {
    kernel = await startClient({ cwd: folder });
  });
  after(async () => {
    await kernel.stop();
    fs.rmSync(folder, { recursive: true });
  });

  for (const code of AWAITS) {
    it(`may await at its top: ${code}`, async () => {
      const { reply } = await kernel.execute(code);
      expect(reply.content.status, reply.content.evalue).to.equal("ok");
    });
  }

  for (const [code, ename] of Object.entries(FAILURES)) {
    it(`fails as ${ename}: ${code}`, async () => {
      const { reply, iopub } = await kernel.execute(code);
      expect(reply.content).to.include({ status: "error", ename });
      expect(iopub.filter((m) => m.type === "error")).to.have.length(1);
      expect((await kernel.execute("'alive'")).result).to.equal("'alive'");
    });
  }

  for (const [code, shown] of Object.entries(VALUES)) {
    it(`can show ${code}`, async () => {
      const { result } = await kernel.execute(code);
      expect(result).to.match(shown);
      expect(result?.length).to.be.below(300_000);
    });
  }

  it("has errors that point at the line as it was written", async () => {
    const code =
      "interface Unused { a: string }\n// a comment\nconst box: any = {}\n\nfunction open(): number {\n  return box.lid.width\n}\nopen()";
    const { reply } = await kernel.execute(code);
    const traceback = reply.content.traceback.join("\n");
    expect(traceback)
      .to.match(/at open \(cell\[\d+\]:6:18\)/)
      .and.match(/at cell\[\d+\]:8:1/);
    expect(traceback)
      .to.include("return box.lid.width")
      .and.not.match(/tslab|evalmachine|node:internal/);
  });

  it("is named in the stack when a later cell calls what it defined", async () => {
    const { reply } = await kernel.execute("\nfunction boom(): never { throw new Error('deep') }");
    const n = reply.content.execution_count;
    const later = await kernel.execute("boom()");
    expect(later.reply.content.traceback.join("\n"))
      .to.include(`at boom (cell[${n}]:2:`)
      .and.include(`at cell[${n + 1}]:1:1`);
  });

  it("has compile errors with code, place and a mark under the text", async () => {
    const { reply } = await kernel.execute("const one = 1\nconst n: number = 'text'");
    expect(reply.content.evalue).to.match(/cell\[\d+\]:2:7 - TS2322: Type 'string' is not assignable to type 'number'/);
    expect(reply.content.traceback.join("\n")).to.include("nothing of it ran");
  });

  it("can't colour or erase its traceback by control characters", async () => {
    const { reply } = await kernel.execute("throw new Error('\\u001b[2J\\u001b[31mred\\u0007')");
    expect(reply.content.traceback.join("\n")).to.not.match(/\u001b\[2J|\u0007/);
  });

  it("may leave promises and timers that fail: stderr tells, the session goes on", async () => {
    const code =
      "Promise.reject(new Error('nobody')); setTimeout(() => { throw new Error('timer') }, 1); await new Promise((r) => setTimeout(r, 60))";
    const { stderr, reply } = await kernel.execute(code);
    expect(reply.content.status).to.equal("ok");
    expect(stderr).to.include("nobody").and.include("timer");
  });

  it("that failed half way keeps what it had done, and spoils nothing of before", async () => {
    await kernel.execute("const early = 'early'; let kept2 = 1");
    const code =
      "const reached = 1; function later() { return 2 }; kept2 = 5; if (reached) throw new Error('half'); const early = 7; class Never {}";
    expect((await kernel.execute(code)).reply.content.status).to.equal("error");
    expect((await kernel.execute("[reached, later(), kept2, early.length]")).result).to.equal("[ 1, 2, 5, 5 ]");
    expect((await kernel.execute("new Never()")).reply.content.ename).to.equal("CompileError");
  });

  it("may say export, as code in a file does", async () => {
    await kernel.execute(
      "const own = 1\nexport { own }\nexport const shared = 2; export async function asked() { return 3 }",
    );
    expect((await kernel.execute("[own, shared, await asked()]")).result).to.equal("[ 1, 2, 3 ]");
  });

  it("marked @module is a module for the cells after it", async () => {
    await kernel.execute("/** @module part */\nexport const part = 'whole'");
    expect((await kernel.execute("import { part } from './part'; part")).result).to.equal("'whole'");
  });

  it("redeclares what earlier cells declared", async () => {
    await kernel.execute("const again = 1");
    await kernel.execute("const again = 'two'");
    expect((await kernel.execute("again.length")).result).to.equal("3");
  });

  it("imports the library by name from any folder, with its types and its help", async () => {
    await kernel.execute('import { lab, sh, walk } from "packetwalk"');
    expect((await kernel.execute("typeof lab === 'function'")).result).to.equal("true");
    expect((await kernel.execute("const wrong: number = lab")).reply.content.ename).to.equal("CompileError");
    const inspected = await kernel.ask("shell", "inspect_request", { code: "lab", cursor_pos: 2, detail_level: 0 });
    expect(inspected.content.data["text/markdown"])
      .to.match(/function lab\(/)
      .and.match(/`sh`/);
    const code = 'import { wal } from "packetwalk"';
    const completed = await kernel.ask("shell", "complete_request", { code, cursor_pos: 12 });
    expect(completed.content.matches).to.include("walk");
    const member = await kernel.ask("shell", "complete_request", { code: "lab().", cursor_pos: 6 });
    expect(member.content.matches).to.include("node");
  });

  it("runs %%sh lines in the lab", async () => {
    await kernel.execute('import { lab } from "packetwalk"; const net = lab(); net.node("node-1")');
    const { result, reply } = await kernel.execute("%%sh node-1\necho hello");
    expect(reply.content.status, reply.content.evalue).to.equal("ok");
    expect(result).to.match(/hello/);
    const wrong = await kernel.execute("%%sh nowhere\necho hello");
    expect(wrong.reply.content.evalue).to.include("nowhere");
  });

  it("finds a module that was written after the first try, and its changes", async () => {
    const code = "import { mine } from './mine'; mine";
    expect((await kernel.execute(code)).reply.content.ename).to.equal("CompileError");
    fs.writeFileSync(path.join(folder, "mine.ts"), "export const mine: number = 1\n");
    expect((await kernel.execute(code)).result).to.equal("1");
  });
});
