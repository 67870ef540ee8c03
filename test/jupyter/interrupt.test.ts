// An interrupt stops a cell wherever it is, and what earlier cells defined stays.
import { expect } from "chai";
import { type Client, startClient } from "./client.ts";

const SITUATIONS: Record<string, string> = {
  "a loop": "console.log('on'); while (true) {}",
  "an await that never ends": "console.log('on'); await new Promise(() => {})",
  "a loop after an await": "await 1; await new Promise((r) => setTimeout(r, 5)); console.log('on'); while (true) {}",
  "a loop in a timer": "await new Promise(() => setTimeout(() => { console.log('on'); while (true) {} }, 20))",
  "a timer that loops again and again":
    "await new Promise(() => setInterval(() => { console.log('on'); const end = Date.now() + 700; while (Date.now() < end); }, 1))",
  "a loop of microtasks": "console.log('on'); while (true) await null",
  "a loop that prints": "while (true) console.log('on')",
  "a loop that catches": "console.log('on'); while (true) { try { while (true) {} } catch {} finally {} }",
  "a cell that waits for the reader": "console.log('on'); await input('?')",
};

describe("an interrupt", () => {
  let kernel: Client;
  before(async () => {
    kernel = await startClient();
    await kernel.execute("let kept = 41");
  });
  after(() => kernel.stop());

  for (const [situation, code] of Object.entries(SITUATIONS)) {
    it(`stops ${situation}, and the session goes on`, async () => {
      const id = kernel.send("shell", "execute_request", { code, silent: false, allow_stdin: true });
      await kernel.wait((m) => m.parent.msg_id === id && m.type === "stream");
      await new Promise((resolve) => setTimeout(resolve, 60));
      const start = performance.now();
      await kernel.interrupt();
      const { reply } = await kernel.finished(id);
      expect(reply.content, situation).to.include({ status: "error", ename: "Interrupted" });
      expect(performance.now() - start).to.be.below(3000);
      expect((await kernel.execute("kept + 1")).result).to.equal("42");
    });
  }

  it("of a kernel that does nothing changes nothing", async () => {
    await kernel.interrupt();
    expect((await kernel.execute("kept")).result).to.equal("41");
  });

  it("of a loop that a finished cell left in a timer frees the kernel", async () => {
    await kernel.execute("setTimeout(() => { while (true) {} }, 30); 1");
    await new Promise((resolve) => setTimeout(resolve, 100));
    await kernel.interrupt();
    expect((await kernel.execute("kept")).result).to.equal("41");
  });
});
