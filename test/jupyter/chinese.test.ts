// The kernel in Chinese, as Jupyter starts it for a notebook in notebooks/zh.
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { EDITIONS, kernelSpec } from "../../lib/jupyter/spec.ts";
import { type Client, startClient } from "./client.ts";

const CHAPTERS = fileURLToPath(new URL("../../../notebooks", import.meta.url));

describe("the kernel in Chinese", function () {
  this.timeout(60_000);
  let kernel: Client;
  before(async () => {
    const spec = kernelSpec(EDITIONS.find(({ language }) => language === "zh"));
    Object.assign(process.env, spec.env);
    try {
      kernel = await startClient({ cwd: path.join(CHAPTERS, "zh"), argv: spec.argv });
    } finally {
      for (const name of Object.keys(spec.env as object)) delete process.env[name];
    }
    // The library and its types: on a busy machine that takes a while.
    const code = 'import { check, lab, sh, walk } from "packetwalk"; const net = lab(); net.node("a");';
    const id = kernel.send("shell", "execute_request", { code, silent: false });
    await kernel.wait(({ parent, type }) => parent.msg_id === id && type === "execute_reply", 50_000);
  });
  after(() => kernel.stop());

  it("works in the folder of the chapters, where their paths lead somewhere", async () => {
    expect((await kernel.execute("process.cwd()")).result).to.equal(`'${CHAPTERS}'`);
  });

  it("tells stories and reasons in Chinese, and keeps them English for code", async () => {
    const walked = 'walk("a", "ping -c 1 127.0.0.1")';
    expect((await kernel.execute(`${walked}.story()`)).result).to.match(
      /套接字.*ping 请内核向 127\.0\.0\.1 发送回显请求/,
    );
    expect((await kernel.execute(`${walked}.steps[0].because.slice(0, 20)`)).result).to.equal("'ping asks the kernel'");
    expect((await kernel.execute('check("x", 1, 2)')).result).to.equal("✘ x\n  得到 1；应为 2。");
  });

  it("names what is wrong in Chinese, and what real tools print as they do", async () => {
    const { reply } = await kernel.execute('sh("nobody", "ip a")');
    expect(reply.content.evalue).to.match(/^没有叫这个名字的.*："nobody"。有：a。$/);
    expect((await kernel.execute('sh("a", "ping 10.9.9.9")')).result).to.include("Network is unreachable");
  });
});
