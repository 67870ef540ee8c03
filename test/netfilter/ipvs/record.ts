// Runs the lines on a real kernel with IPVS, as root: node dist/test/netfilter/ipvs/record.js
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { comparable, GOLDEN, LINES, SERVERS } from "./lines.ts";

const servers: ChildProcess[] = [];
const golden: string[] = [];
for (const line of LINES) {
  // Once the server has its address.
  if (line.startsWith("d ipvsadm") && servers.length === 0)
    for (const words of SERVERS)
      servers.push(spawn("ip", ["netns", "exec", "r", "bash", "-c", `exec ${words}`], { stdio: "ignore" }));
  const [, ns, words = ""] = /^(?:([cdr]) )?(.*)$/s.exec(line)!;
  const shell = ["bash", "-c", words];
  const all = ns === undefined ? shell : ["ip", "netns", "exec", ns, ...shell];
  const said = spawnSync(all[0]!, all.slice(1), { encoding: "utf8", timeout: 20_000 });
  const isAsked = words.includes("tables");
  golden.push(`$ ${JSON.stringify(line)}\n${isAsked ? comparable(said.stdout + said.stderr) : ""}`);
  if (!isAsked && said.status !== 0 && ns !== "c") console.error(`${line}: ${said.stderr}`);
}
writeFileSync(GOLDEN, golden.join(""));
for (const server of servers) server.kill("SIGKILL");
