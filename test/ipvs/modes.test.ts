// The forwarding modes frame by frame: what every device sees at every step of modes.txt, as modes.sh recorded it on a
// real kernel. Compared are MACs, addresses, ports, TTL, DF and what is inside what; of TCP the segments that begin and
// reset connections.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Lab } from "../../lib/lab/lab.ts";
import type { Tap } from "../../lib/link/device.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { describe as text } from "../../lib/wire/describe.ts";

const HERE = join(dirname(fileURLToPath(import.meta.url)), "../../../test/ipvs");
const DEVICES = ["c.eth0", "d.eth0", "d.eth1", "l.eth0", "r1.eth0"];

/** The devices, as modes.sh makes them. */
const LINKS = `
modprobe ipip; modprobe fou
ip link add br0 type bridge; ip link set br0 up
ip netns add c; ip netns add d; ip netns add l; ip netns add r1
ip link add t1 type veth peer name u1; ip link set t1 netns c; ip link set u1 netns d
ip -n c link set t1 name eth0; ip -n d link set u1 name eth0
ip -n c link set eth0 address 02:00:00:00:00:01; ip -n d link set eth0 address 02:00:00:00:01:01
ip link add t2 type veth peer name u2; ip link set t2 netns d; ip link set u2 master br0 up
ip link add t3 type veth peer name u3; ip link set t3 netns l; ip link set u3 master br0 up
ip link add t4 type veth peer name u4; ip link set t4 netns r1; ip link set u4 master br0 up
ip -n d link set t2 name eth1; ip -n l link set t3 name eth0; ip -n r1 link set t4 name eth0
ip -n d link set eth1 address 02:00:00:00:00:02
ip -n l link set eth0 address 02:00:00:00:00:03; ip -n r1 link set eth0 address 02:00:00:00:00:04
`;

/** One frame, without what differs from run to run; null: not one that is compared. */
function comparable(frame: string): string | null {
  if (/Flags \[(?!S|S\.|R|R\.)/.test(frame) || /Flags \[[^SR]/.test(frame) || frame.includes("ARP")) return null;
  return frame
    .replaceAll(/\s+/g, " ")
    .replaceAll(/, id \d+/g, "")
    .replaceAll(/\[(no cksum|bad udp cksum [^\]]*|udp sum ok)\] /g, "")
    .replaceAll(/, cksum 0x\w+ \([^)]*\)|, seq [\d:]+|, ack \d+|, win \d+|, options \[[^\]]*\]/g, "")
    .replaceAll(/\b((?:\d+\.){3}\d+)\.\d{5}\b/g, "$1.PORT")
    .trim();
}

/** Frames by device, of one step of the recording. */
function recorded(lines: readonly string[]): Record<string, string[]> {
  const seen: Record<string, string[]> = Object.fromEntries(DEVICES.map((device) => [device, []]));
  for (const [, device, frame] of lines.join("\n").matchAll(/^(\w+\.\w+) {2}(.*(?:\n[ \t].*)*)/gm)) {
    const compared = comparable(frame!);
    if (compared !== null) seen[device!]!.push(compared);
  }
  return seen;
}

describe("IPVS forwards", () => {
  it("as a real kernel does, by NAT, direct routing and tunnels", () => {
    const lab = new Lab();
    lab.node("n");
    const sh = (command: string) => runShell(lab, place(lab, "n"), command);
    const must = (command: string) => assert.deepEqual([sh(command).text, command], ["", command]);
    for (const line of LINKS.trim().split("\n")) must(line);
    for (const ns of ["c", "d", "l", "r1"]) must(`ip -n ${ns} link set lo up`);
    for (const each of DEVICES) must(`ip -n ${each.split(".")[0]} link set ${each.split(".")[1]} up`);
    for (const port of [80, 8080]) sh(`ip netns exec r1 nc -l -k ${port} > /dev/null &`);
    sh("ip netns exec d nc -l -k 8080 > /dev/null &");
    let seen: Record<string, string[]> = {};
    for (const each of DEVICES) {
      const [ns = "", name = ""] = each.split(".");
      const device = lab.netns(ns).devices.get(name)!;
      const tap: Tap = (frame) => {
        const compared = comparable(text(frame, { link: true, verbose: 1 }));
        if (compared !== null) seen[each]!.push(compared);
      };
      device.taps = [tap];
    }
    const wrong: unknown[] = [];
    const steps = readFileSync(join(HERE, "goldens/modes.txt"), "utf8").split(/^\$ /m).slice(1);
    for (const step of steps) {
      const [said = "", ...lines] = step.split("\n");
      const [ns, ...words] = said.split(" ");
      seen = Object.fromEntries(DEVICES.map((device) => [device, []]));
      const result = sh(`ip netns exec ${ns} ${words.join(" ")}`);
      // Until the last segments are there, too.
      sh("sleep 1");
      if (!/^(nc|ping)$/.test(words[0]!)) {
        assert.equal(result.text.trim(), lines.join("\n").trim(), said);
        continue;
      }
      const frames = recorded(lines);
      for (const device of DEVICES) {
        // What is sent again, because it was lost, counts once: how often is a matter of when nc gives up.
        const [real, model] = [[...new Set(frames[device])], [...new Set(seen[device])]];
        if (JSON.stringify(real) !== JSON.stringify(model)) wrong.push({ said, device, real, model });
      }
    }
    assert.deepEqual(wrong, []);
  });
});
