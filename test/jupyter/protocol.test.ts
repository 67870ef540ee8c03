// The messaging protocol, check by check (after kernel-testbed's list): what any
// front end may rely on.
import { once } from "node:events";
import { expect } from "chai";
import { createWire, encode } from "../../lib/jupyter/wire.ts";
import { type Client, startClient } from "./client.ts";

describe("the kernel's protocol", () => {
  let kernel: Client;
  before(async () => {
    kernel = await startClient();
  });
  after(() => kernel.stop());

  it("kernel_info says what it is and how TypeScript is shown", async () => {
    const { content } = await kernel.ask("shell", "kernel_info_request", {});
    expect(content).to.include({ status: "ok", implementation: "packetwalk", protocol_version: "5.4" });
    expect(content.language_info).to.include({
      name: "typescript",
      file_extension: ".ts",
      mimetype: "text/x-typescript",
      codemirror_mode: "typescript",
      pygments_lexer: "typescript",
    });
    expect(content.banner).to.match(/Packetwalk/);
    expect(content.help_links).to.not.be.empty;
  });

  it("kernel_info is answered on control too", async () => {
    expect((await kernel.ask("control", "kernel_info_request", {})).content.status).to.equal("ok");
  });

  it("a new subscriber is welcomed", () => {
    expect(kernel.received.map((m) => m.type)).to.include("iopub_welcome");
  });

  it("the heartbeat echoes", async () => {
    expect(await kernel.heartbeat()).to.equal("beat");
  });

  it("a cell is busy, execute_input, output, execute_result, idle, in this order and with its parent", async () => {
    const { types, iopub, reply, result } = await kernel.execute("console.log('out'); 1 + 1");
    expect(types).to.deep.equal(["status", "execute_input", "stream", "execute_result", "status"]);
    expect(iopub[0]?.content.execution_state).to.equal("busy");
    expect(iopub[1]?.content.code).to.equal("console.log('out'); 1 + 1");
    expect(result).to.equal("2");
    expect(reply.content).to.include({ status: "ok" });
    expect(reply.content.execution_count).to.equal(iopub[1]?.content.execution_count);
    expect(reply.content).to.have.keys("status", "execution_count", "user_expressions", "payload");
    expect(reply.parent.msg_type).to.equal("execute_request");
  });

  it("execution counts go up by one", async () => {
    const first = await kernel.execute("1");
    const second = await kernel.execute("2");
    expect(second.reply.content.execution_count).to.equal(first.reply.content.execution_count + 1);
  });

  it("stdout and stderr are told apart and keep their order", async () => {
    const { iopub } = await kernel.execute("console.log('a'); console.error('b'); console.log('c')");
    const streams = iopub.filter((m) => m.type === "stream").map((m) => `${m.content.name} ${m.content.text}`);
    expect(streams).to.deep.equal(["stdout a\n", "stderr b\n", "stdout c\n"]);
  });

  it("an error has a name, a value and a traceback, published and in the reply", async () => {
    const { iopub, reply } = await kernel.execute("throw new RangeError('too far')");
    const error = iopub.find((m) => m.type === "error");
    expect(error?.content).to.include({ ename: "RangeError", evalue: "too far" });
    expect(error?.content.traceback.join("\n")).to.match(/cell\[\d+\]:1:7/);
    expect(reply.content).to.include({ status: "error", ename: "RangeError", evalue: "too far" });
    expect(reply.content.traceback).to.deep.equal(error?.content.traceback);
  });

  it("a failed cell aborts the cells already waiting, and nothing else", async () => {
    const ids = ["throw new Error('stop')", "'never'", "'never either'"].map((code) =>
      kernel.send("shell", "execute_request", { code, silent: false, store_history: true, stop_on_error: true }),
    );
    const info = kernel.send("shell", "kernel_info_request", {});
    const [, second, third] = await Promise.all(ids.map((id) => kernel.finished(id)));
    expect(second?.reply.content.status).to.equal("aborted");
    expect(third?.reply.content.status).to.equal("aborted");
    expect(second?.types).to.deep.equal(["status", "status"]);
    expect((await kernel.finished(info)).reply.content.status).to.equal("ok");
    expect((await kernel.execute("'later'")).result).to.equal("'later'");
  });

  it("stop_on_error: false lets the waiting cells run", async () => {
    const ids = ["throw new Error('go on')", "'ran'"].map((code) =>
      kernel.send("shell", "execute_request", { code, silent: false, store_history: true, stop_on_error: false }),
    );
    const [, second] = await Promise.all(ids.map((id) => kernel.finished(id)));
    expect(second?.result).to.equal("'ran'");
  });

  it("a silent cell shows, counts and remembers nothing", async () => {
    const before = (await kernel.execute("0")).reply.content.execution_count;
    const { types, reply } = await kernel.execute("40 + 2", { silent: true });
    expect(types).to.deep.equal(["status", "status"]);
    expect(reply.content.status).to.equal("ok");
    expect((await kernel.execute("0")).reply.content.execution_count).to.equal(before + 1);
  });

  it("store_history: false doesn't count", async () => {
    const before = (await kernel.execute("0")).reply.content.execution_count;
    expect((await kernel.execute("7", { store_history: false })).result).to.equal("7");
    expect((await kernel.execute("0")).reply.content.execution_count).to.equal(before + 1);
  });

  it("user_expressions are answered one by one", async () => {
    const user_expressions = { sum: "1 + 2", bad: "throw_me()" };
    const { reply } = await kernel.execute("const base = 1", { user_expressions });
    expect(reply.content.user_expressions.sum).to.deep.include({ status: "ok", data: { "text/plain": "3" } });
    expect(reply.content.user_expressions.bad).to.include({ status: "error", ename: "CompileError" });
  });

  it("an empty cell is ok", async () => {
    expect((await kernel.execute("  \n")).reply.content.status).to.equal("ok");
  });

  it("input() asks on stdin", async () => {
    const id = kernel.send("shell", "execute_request", {
      code: "await input('who? ')",
      silent: false,
      allow_stdin: true,
    });
    const question = await kernel.wait((m) => m.type === "input_request");
    expect(question.content).to.deep.equal({ prompt: "who? ", password: false });
    expect(question.parent.msg_id).to.equal(id);
    kernel.send("stdin", "input_reply", { value: "Ada", status: "ok" }, question.header);
    expect((await kernel.finished(id)).result).to.equal("'Ada'");
  });

  it("input() where nobody can answer is an error", async () => {
    const { reply } = await kernel.execute("await input('who? ')", { allow_stdin: false });
    expect(reply.content).to.include({ status: "error", ename: "StdinNotImplementedError" });
  });

  it("display() publishes, and an update finds it by its id", async () => {
    const { iopub } = await kernel.execute("const d = display('first'); d.update('second')");
    const [shown, changed] = iopub.filter((m) => m.type.includes("display_data"));
    expect(shown?.type).to.equal("display_data");
    expect(changed?.type).to.equal("update_display_data");
    expect(changed?.content.data["text/plain"]).to.equal("'second'");
    expect(shown?.content.transient.display_id).to.be.a("string").that.equals(changed?.content.transient.display_id);
  });

  it("clear_output is published", async () => {
    const { iopub } = await kernel.execute("display.clear({ wait: true })");
    expect(iopub.find((m) => m.type === "clear_output")?.content).to.deep.equal({ wait: true });
  });

  it("a value shows itself in several ways, with metadata, also when it needs time", async () => {
    const code = `({
      async [Symbol.for("Jupyter.display")]() { return { "text/html": "<b>x</b>", "image/png": new Uint8Array([1, 2, 3]) } },
      [Symbol.for("Jupyter.metadata")]: { "text/html": { isolated: true } },
      toString: () => "x"
    })`;
    const { iopub } = await kernel.execute(code);
    const { content } = iopub.find((m) => m.type === "execute_result") ?? {};
    expect(content.data).to.include({ "text/html": "<b>x</b>", "image/png": "AQID" }).and.have.property("text/plain");
    expect(content.metadata).to.deep.equal({ "text/html": { isolated: true } });
  });

  it("completion replaces what is typed, counted in code points", async () => {
    const code = "'🚀🚀'.toUpp";
    const { content } = await kernel.ask("shell", "complete_request", { code, cursor_pos: [...code].length });
    expect(content.matches).to.deep.equal(["toUpperCase"]);
    expect([content.cursor_start, content.cursor_end]).to.deep.equal([5, 10]);
  });

  it("inspection tells type and documentation as text and as Markdown", async () => {
    await kernel.execute("/** Adds one. */\nfunction plusOne(n: number): number { return n + 1 }");
    const { content } = await kernel.ask("shell", "inspect_request", {
      code: "plusOne",
      cursor_pos: 7,
      detail_level: 0,
    });
    expect(content).to.include({ status: "ok", found: true });
    expect(content.data["text/plain"]).to.include("plusOne(n: number): number");
    expect(content.data["text/markdown"]).to.include("```typescript");
  });

  it("inspection of nothing finds nothing", async () => {
    const { content } = await kernel.ask("shell", "inspect_request", { code: "   ", cursor_pos: 1, detail_level: 0 });
    expect(content).to.deep.equal({ status: "ok", found: false, data: {}, metadata: {} });
  });

  for (const [code, status] of [
    ["1 + 1", "complete"],
    ["function f() {", "incomplete"],
    ["const = 3", "invalid"],
    ["%%sh node-1\nip addr", "complete"],
  ] as const) {
    it(`is_complete: ${JSON.stringify(code)} is ${status}`, async () => {
      const { content } = await kernel.ask("shell", "is_complete_request", { code });
      expect(content.status).to.equal(status);
    });
  }

  it("history: tail, range and search", async () => {
    const { reply } = await kernel.execute("'a needle in the hay'");
    const n = reply.content.execution_count;
    const ask = async (content: object) =>
      (await kernel.ask("shell", "history_request", { output: false, raw: true, ...content })).content.history;
    expect(await ask({ hist_access_type: "tail", n: 1 })).to.deep.equal([[0, n, "'a needle in the hay'"]]);
    expect(await ask({ hist_access_type: "range", session: 0, start: n, stop: n + 1 })).to.have.length(1);
    expect(await ask({ hist_access_type: "search", pattern: "*needle*", n: 10 })).to.have.length(1);
    expect(await ask({ hist_access_type: "tail", n: 1, output: true })).to.deep.equal([
      [0, n, ["'a needle in the hay'", "'a needle in the hay'"]],
    ]);
  });

  it("comms: there are none, and one that a front end opens is closed", async () => {
    expect((await kernel.ask("shell", "comm_info_request", {})).content).to.deep.equal({ status: "ok", comms: {} });
    kernel.send("shell", "comm_open", { comm_id: "c1", target_name: "nobody", data: {} });
    expect((await kernel.wait((m) => m.type === "comm_close")).content.comm_id).to.equal("c1");
  });

  it("an unknown request gets an error, on shell and on control", async () => {
    for (const channel of ["shell", "control"] as const) {
      const { type, content } = await kernel.ask(channel, "teleport_request", {});
      expect(type).to.equal("teleport_reply");
      expect(content).to.include({ status: "error", ename: "UnknownMessage" });
    }
  });

  it("a message with a wrong signature, or that is none, is not answered and does no harm", async () => {
    const other = createWire({ key: "another key", signature_scheme: "hmac-sha256" });
    const content = encode({ code: "globalThis.hacked = true", silent: true });
    const forged = other.write({ identities: [], type: "execute_request", parent: {}, content });
    kernel.sendFrames("shell", forged);
    kernel.sendFrames("shell", ["rubbish"]);
    kernel.sendFrames("control", ["<IDS|MSG>", "", "{", "{", "{", "{"]);
    const id = JSON.parse(String(forged[2])).msg_id;
    expect((await kernel.execute("'hacked' in globalThis")).result).to.equal("false");
    expect(kernel.received.some((m) => m.parent.msg_id === id)).to.equal(false);
  });

  it("fifty thousand printed lines all arrive, before idle", async function () {
    this.timeout(30000);
    const { stdout, reply } = await kernel.execute("for (let i = 0; i < 50_000; i++) console.log('line ' + i)");
    expect(reply.content.status).to.equal("ok");
    expect(stdout.split("\n").length - 1).to.equal(50_000);
    expect(stdout).to.match(/line 49999\n$/);
  });

  it("output of a cell that keeps the processor busy comes while it runs", async () => {
    const code = "console.log('early'); { const end = Date.now() + 1500; while (Date.now() < end); }";
    const id = kernel.send("shell", "execute_request", { code, silent: false });
    await kernel.wait((m) => m.type === "stream" && m.parent.msg_id === id, 1200);
    expect(kernel.received.some((m) => m.channel === "shell" && m.parent.msg_id === id)).to.equal(false);
    await kernel.finished(id);
  });

  for (const restart of [false, true]) {
    it(`shutdown with restart: ${restart} is answered and ends the process, whatever a cell left running`, async () => {
      const other = await startClient();
      await other.execute("setInterval(() => {}, 10)");
      const ended = once(other.process, "exit");
      const { content } = await other.ask("control", "shutdown_request", { restart });
      expect(content).to.deep.equal({ status: "ok", restart });
      await ended;
      expect(other.received.some((m) => m.channel === "iopub" && m.type === "shutdown_reply")).to.equal(true);
      await other.stop();
    });
  }

  it("without a key, messages are unsigned", async () => {
    const open = await startClient({ key: "" });
    expect((await open.execute("2 * 3")).result).to.equal("6");
    await open.stop();
  });
});
