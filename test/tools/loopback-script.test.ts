// A loopback keeps 127.0.0.1 and its routes when it goes down: a lab's script builds it as it is, on the real kernel too.
import { execFileSync } from "node:child_process";
import { expect } from "chai";
import { Lab } from "../../lib/lab/lab.ts";
import { labScript } from "../../lib/lab/script.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { unavailable } from "./real.ts";

/** What a loopback of a new namespace, which is down, went through. */
const HISTORIES = [
  "ip link set lo up; ip link set lo down",
  "ip addr add 127.0.0.1/8 dev lo",
  "ip addr add 127.0.0.1/8 dev lo; ip link set lo up; ip link set lo down",
  "ip link set lo up; ip addr add 10.9.9.9/32 dev lo; ip link set lo down; ip addr add 10.9.9.10/24 dev lo",
  "ip link set lo up; ip addr del 127.0.0.1/8 dev lo; ip link set lo down",
  "ip link set lo up; ip addr del 127.0.0.1/8 dev lo; ip addr add 10.9.9.9/32 dev lo; ip link set lo down",
  "ip link set lo up; ip link set lo down; ip link set lo up; ip addr add 10.9.9.0/24 dev lo",
  "ip link set lo up; ip link set lo down; ip addr add 127.0.0.1/32 dev lo",
  "ip link set lo up; ip addr flush dev lo",
  "ip addr add 10.9.9.9/32 dev lo; ip link set lo up",
  "ip addr add 127.0.0.2/8 dev lo; ip link set lo up",
  "ip addr add 127.0.0.2/8 dev lo; ip link set lo up; ip link set lo down; ip addr add 10.1.0.1/16 dev lo",
];
const ASKED = ["ip addr show lo", "ip route show table all"];

describe("a lab with loopbacks that went down", () => {
  const lab = new Lab();
  const machine = lab.node("node");
  const names = HISTORIES.map((history, i) => {
    lab.addNetns(machine, `n${i}`);
    runShell(lab, place(lab, `n${i}`), history);
    return `n${i}`;
  });
  const commands = HISTORIES.map((history, i) => {
    const inside = `sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1; ${history}`;
    return `ip netns add n${i}; ip netns exec n${i} sh -c "${inside}"`;
  }).join("\n");
  const ask = names.flatMap((name) => ASKED.map((line) => `ip netns exec ${name} ${line}; echo ---`)).join("\n");
  const listings = names.map((name) => ASKED.map((line) => runShell(lab, place(lab, name), line).text));

  it("has a script that leaves their routes to the kernel", () => {
    expect(labScript(lab)).not.to.match(/route add local 127/);
  });

  for (const [title, build] of [
    ["is what the same commands make of this machine's kernel", commands],
    ["is built by its script on this machine's kernel", labScript(lab)],
  ] as const)
    it(title, function () {
      const why = process.env.PACKETWALK_REAL === "no" ? "as it was asked for" : unavailable();
      if (why !== null) {
        console.log(`      not asked here: ${why}`);
        return this.skip();
      }
      this.timeout(20_000);
      const room = "mkdir -p /run/netns; mount -t tmpfs tmpfs /run/netns; mount -t sysfs sys /sys";
      const words = ["-n", "-m", "sh", "-ec", `${room}; sh -c "$0" >&2; ${ask}`, build];
      const said = execFileSync("unshare", words, { stdio: ["ignore", "pipe", "inherit"] }).toString();
      expect(said.split("---\n").slice(0, -1)).to.deep.equal(listings.flat());
    });
});
