// The MTU an IPIP tunnel begins with is that of the way to its other end. What is expected was read off Linux 6.1.
import { expect } from "chai";
import { Lab } from "../../lib/lab/lab.ts";
import { place, runShell } from "../../lib/tools/shell.ts";

const MAKE =
  "ip link add d0 type veth peer name d1; ip link set d0 mtu 1400 up; ip link set d1 mtu 9000 up; " +
  "ip addr add 10.0.0.1/24 dev d0; ip addr add 10.1.0.1/24 dev d1";
const TUNNELS: readonly (readonly [words: string, mtu: number])[] = [
  ["local 10.0.0.1 remote 10.0.0.2", 1380],
  ["remote 10.1.0.2", 8980],
  ["local 10.0.0.1 remote 10.1.0.2", 8980],
  ["remote 10.9.9.9", 1480],
  ["local 10.0.0.77 remote 10.0.0.2", 1480],
  ["remote 10.0.0.1", 65515],
  ["remote 10.0.0.3 dev d1", 8980],
  ["remote 10.9.9.9 dev d1", 8980],
  ["local 10.0.0.1", 1480],
];

describe("a new IPIP tunnel has the MTU of its way", () => {
  for (const [words, mtu] of TUNNELS)
    it(words, () => {
      const lab = new Lab();
      lab.node("node");
      const run = (line: string) => runShell(lab, place(lab, "node"), line).text;
      run(`${MAKE}; ip link add t0 type ipip ${words}`);
      expect(run("ip link show t0")).to.contain(` mtu ${mtu} `);
    });
});
