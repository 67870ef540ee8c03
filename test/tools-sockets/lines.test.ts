// ss, nc, curl and python3 -m http.server against the real ones: the same lines, byte for byte.
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { Lab } from "../../lib/lab/lab.ts";
import { addAddress } from "../../lib/netns/configure.ts";
import { addAddress6 } from "../../lib/netns/ipv6/addrconf.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { ipv4 } from "../../lib/wire/address.ts";
import { ipv6 } from "../../lib/wire/address6.ts";

const here = new URL("../../../test/tools-sockets/", import.meta.url);

interface Entry {
  readonly at: "a" | "b";
  readonly line?: string;
  readonly background?: string;
  /** The line as it is written here, where the real one needs a path. */
  readonly here?: string;
}

interface Said {
  readonly at: string;
  readonly line: string;
  readonly text: string;
  readonly status: number;
}

const entriesOf = (name: string) => JSON.parse(readFileSync(new URL(`${name}.json`, here), "utf8")) as Entry[];

function isReal(): boolean {
  if (process.env.PACKETWALK_REAL === "no" || process.getuid?.() !== 0) return false;
  const name = `pw-try-${process.pid}`;
  const made = spawnSync("ip", ["netns", "add", name]).status === 0;
  spawnSync("ip", ["netns", "del", name]);
  const versions = [
    ["curl --version", "curl 7.88."],
    ["/usr/bin/python3 --version", "Python 3.11."],
    ["nc -h 2>&1", "OpenBSD netcat"],
    ["ss --version", "iproute2-6.1"],
    ["script --version", "util-linux"],
  ];
  return made && versions.every(([line, text]) => `${spawnSync("sh", ["-c", line!]).stdout}`.includes(text!));
}

function model(entries: readonly Entry[], isSix: boolean): Said[] {
  const lab = new Lab({ seed: "lines", ipv6: isSix });
  lab.node("a");
  lab.node("b");
  const [eth0, peer] = lab.cable("a", "eth0", "b", "eth0");
  addAddress(lab.netns("a"), eth0, ipv4("10.0.0.1"), 24);
  addAddress(lab.netns("b"), peer, ipv4("10.0.0.2"), 24);
  if (isSix) {
    addAddress6(lab.netns("a"), eth0, ipv6("fd00::1"), 64, { noDad: true });
    addAddress6(lab.netns("b"), peer, ipv6("fd00::2"), 64, { noDad: true });
    lab.runFor(3e9);
  }
  return entries.map(({ at, line, background, here }) => {
    const text = here ?? line ?? background!;
    // What a job in the background said meanwhile goes to its own window on the real machine: read it away.
    runShell(lab, place(lab, at), "true");
    const result = runShell(lab, place(lab, at), background === undefined ? text : `${text} &`);
    lab.runFor(5e8);
    return { at, line: line ?? background!, text: background === undefined ? result.text : "", status: result.status };
  });
}

/**
 * Only these differ by nature, and only these are made equal: ports drawn by chance (with the space that aligns
 * them), dates, milliseconds that a clock measured, where the header and the body of an answer meet in a read, and
 * the order in which the kernel's hash tables list sockets.
 */
function plain(line: string, text: string): string {
  let said = text
    .replace(/\b(3[2-9]|[45]\d|60)\d{3}\b/g, "PORT")
    .replace(/^< Date: .*$/gm, "< Date: DATE")
    .replace(/after \d+ ms/g, "after N ms")
    .replace(/after \d+ milliseconds/g, "after N milliseconds");
  if (/^(ss|netstat) /.test(line)) {
    const [head = "", ...rows] = said.split("\n");
    said = [head, ...rows.sort()].join("\n");
  }
  return said;
}

for (const [name, isSix] of [
  ["lines", false],
  ["lines6", true],
] as const)
  describe(`a line with ss, nc, curl or python3 says what the real tool says${isSix ? ", of IPv6" : ""}`, function () {
    this.timeout(120_000);
    const entries = entriesOf(name);
    let real: readonly Said[] = [];
    let ours: readonly Said[] = [];

    before(() => {
      if (isReal()) {
        console.log("      sockets: compared with this machine's ss, nc, curl and python3");
        const script = new URL("record.py", here).pathname;
        const input = readFileSync(new URL(`${name}.json`, here));
        const env = { ...process.env, IPV6: isSix ? "yes" : "no" };
        real = JSON.parse(`${execFileSync("python3", [script, `pw${process.pid}-`], { input, env })}`) as Said[];
      } else {
        console.log(`      sockets: compared with recorded goldens (test/tools-sockets/goldens/${name}.json)`);
        real = entriesOf(`goldens/${name}`) as unknown as Said[];
      }
      ours = model(entries, isSix);
    });

    for (const [i, { at, line, background }] of entries.entries()) {
      if (background !== undefined) continue;
      it(`${at}: ${line}`, () => {
        expect(plain(line!, ours[i]!.text)).to.equal(plain(line!, real[i]!.text));
        expect(ours[i]!.status, "exit status").to.equal(real[i]!.status);
      });
    }
  });
