// Places whose tools are busybox's: which commands there are, and that data and script tell of it.
import { spawnSync } from "node:child_process";
import { expect } from "chai";
import { labFrom } from "../../lib/lab/data-read.ts";
import { labData } from "../../lib/lab/data-write.ts";
import { Lab } from "../../lib/lab/lab.ts";
import type { Tools } from "../../lib/lab/machine.ts";
import { labScript } from "../../lib/lab/script.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { BadInput } from "../../lib/wire/input.ts";

function twoPods(): Lab {
  const lab = new Lab({ seed: "busybox" });
  const node = lab.node("node-1");
  node.bridge("cni0", { address: "10.244.1.1/24" });
  for (const [name, host, tools] of [
    ["web", 2, "busybox"],
    ["plain", 3, undefined],
  ] as const)
    node.pod(name, {
      bridge: "cni0",
      address: `10.244.1.${host}/24`,
      gateway: "10.244.1.1",
      ...(tools !== undefined && { tools }),
    });
  return lab;
}

const run = (lab: Lab, where: string, text: string) => runShell(lab, place(lab, where), text);

describe("a place with the tools of busybox", () => {
  for (const line of ["ip addr", "ip route", "ping -c 1 10.244.1.1", "arp -an", "traceroute -n 10.244.1.3"])
    it(`${line} is busybox's`, () => {
      const [ours, theirs] = [twoPods(), twoPods()];
      expect(run(ours, "web", line)).to.deep.equal(run(theirs, "web", `busybox ${line}`));
      expect(run(ours, "web/app", line)).to.deep.equal(run(theirs, "web/app", `busybox ${line}`));
    });

  it("what a terminal there does not find is told as busybox's shell tells it", () => {
    const { text, status } = run(twoPods(), "web", "curl http://10.244.1.3/; tcpdump -i eth0");
    expect(text).to.equal("sh: curl: not found\nsh: tcpdump: not found\n");
    expect(status).to.equal(127);
    const real = spawnSync("busybox", ["sh", "-c", "frobnicate"], { encoding: "utf8" });
    if (real.error !== undefined) return;
    expect(real.stderr).to.match(/: frobnicate: not found\n$/);
    expect(real.status).to.equal(127);
  });

  it("an applet that is not modelled is refused by its name, before anything runs", () => {
    expect(() => run(twoPods(), "web", "ping -c 1 10.244.1.1; telnet 10.244.1.1")).to.throw(BadInput, "telnet");
  });

  it("pipes and words of the shell work", () => {
    expect(run(twoPods(), "web", "ip addr | grep -c inet || echo none").out).to.equal("2\n");
  });

  it("the other pods and the node keep theirs, and a node's come along into its namespaces", () => {
    const lab = twoPods();
    expect(run(lab, "plain", "ip addr").text).to.include("group default");
    expect(run(lab, "node-1", "ip netns exec web ip addr").text).to.include("group default");
  });

  it("data carries it, and the script says that it cannot install it", () => {
    const lab = twoPods();
    lab.node("node-2", { tools: "busybox" });
    const again = labFrom(JSON.parse(JSON.stringify(labData(lab))));
    expect(labData(again)).to.deep.equal(labData(lab));
    expect(run(again, "web", "curl").status).to.equal(127);
    expect(run(again, "node-2", "curl").status).to.equal(127);
    expect(labScript(lab)).to.include("\n# web has the tools of busybox: no script can install an image.\n");
  });

  it("a name that is none is refused, and nothing is made", () => {
    const lab = twoPods();
    const wrong = { tools: "toybox" as Tools };
    expect(() => lab.machines.get("node-1")!.pod("new", wrong)).to.throw(BadInput, "toybox");
    expect(() => lab.node("node-9", wrong)).to.throw(BadInput, "toybox");
    expect([...lab.namespaces.keys()]).to.deep.equal(["node-1", "web", "plain"]);
  });
});
