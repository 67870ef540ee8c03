import { spawnSync } from "node:child_process";
import { expect } from "chai";
import type { LabData } from "../../lib/lab/data.ts";
import { labFrom } from "../../lib/lab/data-read.ts";
import { labData } from "../../lib/lab/data-write.ts";
import { Lab } from "../../lib/lab/lab.ts";
import { labScript } from "../../lib/lab/script.ts";
import { SECOND } from "../../lib/trace/world.ts";
import { BadInput } from "../../lib/wire/input.ts";
import { generate } from "./generate.ts";

/** A change somewhere in plain JSON, by its path. */
function changed(data: LabData, path: readonly (string | number)[], value: unknown): LabData {
  const copy = structuredClone(data) as unknown as Record<string | number, unknown>;
  let at = copy;
  for (const step of path.slice(0, -1)) at = at[step] as typeof copy;
  at[path.at(-1)!] = value;
  return copy as unknown as LabData;
}

describe("a lab is data", () => {
  it("what is written is read again, and the other way round", () => {
    for (let i = 0; i < 100; i++) {
      const { lab } = generate(`data/${i}`);
      expect(labData(labFrom(JSON.parse(JSON.stringify(lab))))).to.deep.equal(lab);
    }
  });

  it("a lab read from data says nothing again that it said before", () => {
    const lab = new Lab({ ipv6: true });
    lab.cable(lab.node("a").name, "eth0", lab.node("b").name, "eth0");
    for (const words of ["default.disable_ipv6=1", "eth0.accept_dad=0", "eth0.disable_ipv6=0"])
      lab.netns("a").sysctls.set(`net.ipv6.conf.${words.split("=")[0]}`, words.split("=")[1]!);
    lab.runFor(4 * SECOND);
    const again = labFrom(labData(lab));
    again.runFor(4 * SECOND);
    expect(again.netns("b").devices.get("eth0")!.stats.rxPackets).to.equal(0);
  });

  it("a lab read from data draws no MAC that it has", () => {
    const lab = labFrom(generate("data/7").lab);
    const macs = [...lab.namespaces.values()].flatMap((ns) => [...ns.devices.values()].map(({ mac }) => mac));
    for (let i = 0; i < 200; i++) expect(macs).not.to.include(lab.drawMac());
  });

  it("one wrong field: one error that names it and its mend", () => {
    const lab = new Lab();
    const node = lab.node("node1");
    node.bridge("cni0", { address: "10.244.1.1/24" });
    node.pod("web", { bridge: "cni0", address: "10.244.1.2/24", gateway: "10.244.1.1" });
    const data = labData(lab);
    const web = ["nodes", 0, "namespaces", 1];
    const wrong: [path: (string | number)[], value: unknown, named: string][] = [
      [["packetwalk"], 2, "lab.packetwalk"],
      [["nodes"], "none", "lab.nodes"],
      [["nodes", 0, "namespaces"], [], "lab.nodes[0].namespaces"],
      [[...web, "name"], "node1", "lab.nodes[0].namespaces[1].name"],
      [[...web, "sysctls"], { "net.ipv4.nonsense": "1" }, "lab.nodes[0].namespaces[1].sysctls.net.ipv4.nonsense"],
      [[...web, "devices", 1, "mac"], "02:00", "lab.nodes[0].namespaces[1].devices[1].mac"],
      [[...web, "devices", 1, "mtu"], "1500", "lab.nodes[0].namespaces[1].devices[1].mtu"],
      [[...web, "devices", 1, "peer", "device"], "cni0", "lab.nodes[0].namespaces[1].devices[1].peer"],
      [[...web, "devices", 1, "state"], "DOWN", "lab.nodes[0].namespaces[1].devices[1].state"],
      [[...web, "devices", 1, "addresses", 0, "address"], "10.244.1.256/24", "devices[1].addresses[0].address"],
      [[...web, "routes", 0, "dev"], "eth7", "lab.nodes[0].namespaces[1].routes[0].dev"],
      [["nodes", 0, "namespaces", 0, "devices", 1, "ports"], [], "ports of cni0"],
    ];
    for (const [path, value, named] of wrong)
      expect(() => labFrom(changed(data, path, value)), path.join("."))
        .to.throw(BadInput)
        .with.property("message")
        .that.includes(named);
  });
});

describe("a lab is a script", () => {
  it("is a script that sh understands, whatever devices are called", () => {
    const hostile = ["$(reboot)", "a'b;reboot", "`id`", '"', "-rf", "*", "\\", "\u001b[31m", "é"];
    const lab = new Lab();
    const node = lab.node("node1");
    for (const name of hostile) lab.addBridge(node.root, name);
    const script = labScript(lab);
    // The commands are functions that print their words: nothing else may run.
    const stub = `ip() { printf '<%s>' "$@"; echo; }\nsysctl() { :; }\n`;
    const dry = spawnSync("sh", ["-s"], { input: stub + script.replace("#!/bin/sh", ""), encoding: "utf8" });
    expect(dry.stderr).to.equal("");
    expect(dry.status).to.equal(0);
    for (const name of hostile) expect(dry.stdout).to.include(`<add><name><${name}><index>`);
  });

  it("has a line for all that was set by hand, and none for what the kernel does by itself", () => {
    const lab = new Lab();
    const node = lab.node("node1").forward();
    node.bridge("cni0", { address: "10.244.1.1/24" });
    node.pod("web", { bridge: "cni0", address: "10.244.1.2/24", gateway: "10.244.1.1" });
    const lines = labScript(lab).split("\n");
    expect(lines).to.include('ip -n "$PREFIX"web route add default via 10.244.1.1 dev eth0');
    expect(lines).to.include("in_netns node1 -w net.ipv4.ip_forward=1");
    expect(lines.filter((line) => line.includes(" route add ")).length).to.equal(1);
    expect(lines.some((line) => line.includes("127.0.0.1"))).to.equal(false);
  });
});
