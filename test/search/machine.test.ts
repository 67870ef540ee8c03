// Searches of a machine's files: who comes to a pod is who comes there when all who might are tried.
import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Search, search } from "../../lib/notebook/search.ts";
import { readPacket } from "../../lib/tools/dumps/packet.ts";
import { BadInput } from "../../lib/wire/input.ts";
import { WAYS } from "../explain/node.ts";

const recorded = new URL("../../../test/netfilter/text/goldens/kube-proxy.nft.txt", import.meta.url);
const FILES = {
  iptables: readFileSync(recorded, "utf8"),
  ...WAYS,
};

describe("searching a machine's files", () => {
  it("finds all ways to a pod, and a packet for each that went there", () => {
    const of = search(FILES);
    const fronts = [...FILES.iptables.matchAll(/^-A KUBE-SERVICES -d ([\d.]+)\/32 .* --dport (\d+)/gm)].map(
      ([, address, port]) => `${address}:${port}`,
    );
    const ports = [3001, 3002, 3003].map((port) => `192.168.0.2:${port}`);
    let ways = 0;
    for (const pod of ["10.180.0.2", "10.180.0.4"]) {
      const found = of.to(pod, "eth0");
      const said = found.rows
        .map(([packets]) => / to (\S+)/.exec(packets!)![1]!)
        .flatMap((to) => {
          const [hosts, port] = to.split(":");
          // Node ports are served at all of the node's addresses.
          const others = hosts!.split(",").filter((host) => host !== "10.180.0.254" && !host.startsWith("127."));
          return port === undefined ? [] : others.map((host) => `${host}:${port}`);
        });
      for (const [, shown] of found.rows) assert.match(shown!, /^in eth0 /);
      const tried = [...new Set([...fronts, ...ports])].filter((to) => reaches(of, pod, to));
      assert.deepEqual([...new Set(said)].sort(), tried.sort(), pod);
      ways += tried.length;
    }
    assert.ok(ways > 4, `${ways} ways`);
  }).timeout(30_000);

  it("names rules that can't match, with who takes their packets", () => {
    const iptables = [
      "*filter",
      ":INPUT ACCEPT [0:0]",
      ":LOST - [0:0]",
      "-A INPUT -s 10.0.0.0/8 -j ACCEPT",
      "-A INPUT -s 10.1.0.0/16 -p tcp -m tcp --dport 22 -j DROP",
      "-A INPUT ! -i lo -s 127.0.0.0/8 -j DROP",
      "-A LOST -j DROP",
      "COMMIT",
      "*raw",
      "-A PREROUTING -m conntrack --ctstate NEW -j DROP",
      "COMMIT",
      "",
    ].join("\n");
    const rows = search({ iptables }).unmatched().rows;
    assert.deepEqual(
      rows.map(([table, chain, rule, , why]) => [table, chain, rule, why]),
      [
        ["filter", "INPUT", "2", "taken before"],
        ["filter", "LOST", "1", "chain never entered"],
        ["raw", "PREROUTING", "1", "asks for what can't be"],
      ],
    );
    assert.match(rows[0]!.at(-1)!, /10\.1\.\d+\.\d+:40000 > 192\.0\.2\.10:22 syn NEW: ACCEPT by rule 1 of INPUT$/);
  });

  it("says what other rules change", () => {
    const later = FILES.iptables.replace("203.0.113.0/25", "203.0.113.0/24");
    const { rows } = search(FILES).against(search({ ...FILES, iptables: later }));
    assert.equal(rows.length, 2);
    for (const [table, , packet, before, after] of rows) {
      assert.equal(table, "nat");
      assert.match(packet!, /tcp 203\.0\.113\.(12[89]|1[3-9]\d|2\d\d):40000 > 5\.6\.7\.8:80/);
      assert.match(before!, /^ACCEPT by the policy/);
      assert.match(after!, /^DNAT --to-destination 10\.180\.0\.3:80/);
    }
    assert.deepEqual(search(FILES).against(search(FILES)).rows, []);
  });

  it("says aloud what it can't tell by headers, and refuses what it does not search", () => {
    const iptables = "*filter\n-A INPUT -m limit --limit 1/sec -j ACCEPT\n-A INPUT -m u32 --u32 0=1 -j DROP\nCOMMIT\n";
    assert.match(`${search({ iptables }).unmatched()}`, /counted as met and as not met: limit, u32\./);
    assert.throws(() => search({ nft: "table ip a {\n}\n" }), BadInput);
    assert.throws(() => search({ iptables }).to("10.0.0.1", "eth0"), /no way leads there/);
  });

  it("is a command of the shell", () => {
    const folder = mkdtempSync(join(tmpdir(), "search-"));
    const main = fileURLToPath(new URL("../../lib/cli/main.js", import.meta.url));
    for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
    const args = Object.keys(FILES).flatMap((name) => [`--${name}`, join(folder, name)]);
    const run = (...more: string[]) =>
      spawnSync(process.execPath, [main, "search", ...args, ...more], { encoding: "utf8" });
    const { found, holds } = JSON.parse(run("--to", "10.180.0.1", "--in", "eth0", "--json").stdout);
    const said = (found as { packets: string }[]).map(({ packets }) => packets);
    assert.ok(said.includes("tcp from anywhere to 172.30.0.41:80 in eth0"), said.join("\n"));
    assert.match(holds[0], /first packets of connections by eth0, to 10\.180\.0\.1 by cni0/);
    assert.match(run("--to", "10.180.0.1").stderr, /--to ADDRESS and --in DEVICE belong together/);
    rmSync(folder, { recursive: true });
  }).timeout(20_000);
});

/** Whether one of many connections to there, from a stranger or a pod, comes to the pod. */
function reaches({ machine }: Search, pod: string, to: string): boolean {
  for (let port = 1; port < 25; port++)
    for (const from of ["198.51.100.7", "203.0.113.2", "10.0.0.9"]) {
      const { steps } = machine.ask(readPacket(`in eth0 tcp ${from}:${port} > ${to} syn`));
      if (steps.some(({ what, packet }) => what === "forward" && `${(packet as { dst: unknown }).dst}` === pod))
        return true;
      // Nobody is sent there by chance alone who is sent to another by this rule.
      if (port > 1 && !steps.some(({ what }) => what === "forward")) break;
    }
  return false;
}
