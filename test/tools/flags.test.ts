// Every flag that a tool's own help page names is modelled or refused by name. The pages are asked of the tools of this
// machine; a flag that is in no list below fails the test.
import { spawnSync } from "node:child_process";
import { expect } from "chai";
import { Lab } from "../../lib/lab/lab.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { BadInput } from "../../lib/wire/input.ts";

interface Tool {
  readonly help: string;
  /** A flag with the argument it takes, and what stands behind all flags. */
  readonly modelled: readonly string[];
  readonly refused: readonly string[];
  readonly target: string;
}

const TOOLS: Readonly<Record<string, Tool>> = {
  ping: {
    help: "ping -h",
    modelled: [
      ..."-a,-c 1,-d,-D,-i 1,-I lo,-l 1,-L,-m 1,-M do,-n,-O,-p ff,-q,-Q 1,-s 9,-S 9,-t 9,-U".split(","),
      ..."-V,-w 1,-W 1,-4,-b".split(","),
      "-6 ::1",
    ],
    refused: ["-A", "-B", "-C", "-e 1", "-f", "-h", "-v", "-R", "-T tsonly", "-F 1", "-N help"],
    target: "-c 1 127.0.0.1",
  },
  traceroute: {
    help: "traceroute --help",
    modelled: [
      "-4",
      "-6",
      "-F",
      "-f 1",
      "-I",
      "-T",
      "-U",
      "-i lo",
      "-m 3",
      "-N 1",
      "-n",
      "-p 33434",
      "-t 0",
      "-w 1",
      "-q 1",
      "-s 127.0.0.1",
      "-z 0",
      ..."--dont-fragment,--first=1,--icmp,--interface=lo,--max-hops=3,--sim-queries=1,--port=33434,--tos=0".split(","),
      ..."--wait=1,--queries=1,--source=127.0.0.1,--sendwait=0,--udp,--tcp,--mtu".split(","),
    ],
    refused: [
      ..."-d,-g 10.0.0.1,-l 1,-r,-e,-A,-M icmp,-O help,-UL,-D,-P 1,-V,--debug,--gateway=10.0.0.1".split(","),
      ..."--flowlabel=1,--extensions,--as-path-lookups,--module=icmp,--options=help,--sport=1,--fwmark=1".split(","),
      ..."--dccp,--protocol=1,--back,--version,--help".split(","),
    ],
    target: "127.0.0.1",
  },
  tracepath: {
    help: "tracepath -h",
    modelled: ["-4", "-6", "-b", "-l 100", "-m 3", "-n", "-p 5000", "-V"],
    refused: [],
    target: "127.0.0.1",
  },
  arping: {
    help: "arping -h",
    modelled: ["-f", "-q", "-b", "-D", "-U", "-A", "-c 1", "-w 1", "-i 1", "-I d0", "-s 10.0.0.1", "-V"],
    refused: [],
    target: "-c 1 -I d0 10.0.0.1",
  },
  sysctl: {
    help: "sysctl --help",
    modelled: [
      ..."-a,-A,-X,-b,-e,-N,-n,-p nope,-f nope,-r x,-q,-o,-x,-V,--all,--binary,--ignore,--names,--values".split(","),
      ..."--load=nope,--pattern=x,--quiet,--dry-run,--version".split(","),
      "-w net.ipv4.ip_forward=1",
      "--write net.ipv4.ip_forward=1",
    ],
    refused: ["-d", "-h", "--help", "--deprecated", "--system"],
    target: "net.ipv4.ip_forward",
  },
};

/** The flag of `-c 1`, `--port=1`, `-6 ::1`. */
const nameOf = (flag: string) => flag.split(/[ =]/)[0]!;

function run(line: string): void {
  const lab = new Lab({ ipv6: true });
  lab.node("node");
  const where = place(lab, "node");
  const wires = "ip link add d0 type veth peer name d1; ip link set d0 up; ip link set d1 up";
  runShell(lab, where, `${wires}; ip addr add 10.0.0.1/24 dev d0; sleep 3`);
  runShell(lab, where, line);
}

for (const [name, { help, modelled, refused, target }] of Object.entries(TOOLS))
  describe(`the flags of ${name}`, () => {
    it("are all known", function () {
      const page = spawnSync("sh", ["-c", `${help} 2>&1`], { encoding: "utf8" }).stdout ?? "";
      if (!/usage/i.test(page)) return this.skip();
      const lines = page.split("\n").filter((line) => /^ {1,6}-/.test(line));
      const found = lines.flatMap((line) =>
        [...line.matchAll(/(?<=^ +|, +| {2})--?[a-zA-Z0-9][\w-]*/g)].map(([flag]) => flag),
      );
      expect(found.length).to.be.greaterThan(5);
      const known = new Set([...modelled, ...refused].map(nameOf));
      expect(found.filter((flag) => !known.has(flag))).to.deep.equal([]);
    });
    it("that are modelled are taken", () => {
      for (const flag of modelled)
        expect(() => run(`${name} ${flag} ${flag.includes("::") ? "" : target}`), flag).not.to.throw();
    });
    it("that are not are refused by name", () => {
      for (const flag of refused)
        expect(() => run(`${name} ${flag} ${target}`), flag).to.throw(BadInput, /does not model/);
    });
  });
