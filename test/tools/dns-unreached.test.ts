// What nslookup and dig say of servers that do not answer: the real ones, in a namespace of this machine's kernel, and ours.
import { spawnSync } from "node:child_process";
import { expect } from "chai";
import { Lab } from "../../lib/lab/lab.ts";
import { place, runShell } from "../../lib/tools/shell.ts";

const SPACE = "dns-unreached";
const LINES = [
  "nslookup -timeout=1 x.y. 127.0.0.1",
  "nslookup -timeout=1 x.y. 192.0.2.1",
  "nslookup -vc x.y. 127.0.0.1",
  "dig +time=1 +tries=2 x.y @127.0.0.1",
  "dig @127.0.0.1 +tries=1 x.y",
  "dig +short +tries=2 x.y @127.0.0.1",
  "dig +tries=2 x.y @192.0.2.1",
  "dig +tcp +tries=2 x.y @127.0.0.1",
];

const inSpace = (line: string) =>
  spawnSync("ip", ["netns", "exec", SPACE, "sh", "-c", `${line} 2>&1; echo "exit $?"`], { encoding: "utf8" });

describe("servers of names that do not answer", () => {
  before(function () {
    const hasTools = spawnSync("dig", ["-v"]).error === undefined;
    if (hasTools && spawnSync("ip", ["netns", "add", SPACE]).status === 0) {
      inSpace("ip link set lo up");
      return;
    }
    console.log("      left out: it takes root and bind9-dnsutils");
    this.skip();
  });

  after(() => void spawnSync("ip", ["netns", "del", SPACE]));

  for (const line of LINES)
    it(line, () => {
      const lab = new Lab();
      lab.node("n");
      const { text, status } = runShell(lab, place(lab, "n"), line);
      expect(`${text}exit ${status}\n`).to.equal(inSpace(line).stdout);
    });
});
