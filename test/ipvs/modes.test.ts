// The forwarding modes frame by frame: what every device sees at every step of modes.txt, and of modes6.txt for IPv6, as
// modes.sh recorded it on a real kernel. Compared are MACs, addresses, ports, TTL, DF and what is inside what; of TCP the segments that begin and
// reset connections.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Lab } from "../../lib/lab/lab.ts";
import type { Tap } from "../../lib/link/device.ts";
import { UdpSocket } from "../../lib/netns/socket/udp.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { ipv4 } from "../../lib/wire/address.ts";
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
  // Neighbours look for each other whenever they like.
  if (/ICMP6, (neighbor|router|multicast)/.test(frame)) return null;
  return frame
    .replaceAll(/\s+/g, " ")
    .replaceAll(/, id \d+/g, "")
    .replaceAll(/\[(no cksum|bad udp cksum [^\]]*|udp sum ok)\] /g, "")
    .replaceAll(/, cksum 0x\w+ \([^)]*\)|, seq [\d:]+|, ack \d+|, win \d+|, options \[[^\]]*\]/g, "")
    .replaceAll(/flowlabel 0x\w+, /g, "")
    .replaceAll(/(protocol 41) port \d+ (unreachable)/g, "$1 $2")
    .replaceAll(/\b((?:\d+\.){3}\d+|[\da-f]*:[\da-f:]+)\.\d{5}\b/g, "$1.PORT")
    .trim();
}

/**
 * What a command printed; connections stand in the order of a hash, with timers that run and ports by chance, and half-open
 * ones may have ended where the recording was slow.
 */
function sorted(printed: string): string {
  if (!printed.startsWith("IPVS connection")) return printed.trim();
  const lines = printed
    .trim()
    .replaceAll(/ \d\d:\d\d /g, " TIME ")
    .replaceAll(/:\d{5}\b/g, ":PORT")
    .split("\n");
  return lines
    .filter((line) => !line.includes("SYN_RECV"))
    .sort()
    .join("\n");
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
  it("as a real kernel does, by NAT, direct routing and tunnels", () => replay("modes"));
  it("IPv6 as well, and from one family to the other", () => replay("modes6"));

  // As Linux 6.1.192 has it; until 6.1.176 at least, the checksum of such an error was taken for wrong, and it ended.
  it("translates ICMPv6 errors of servers, and answers in pieces", () => {
    const lab = new Lab({ ipv6: true });
    lab.node("d");
    const lines = `
ip netns add c; ip link add t1 type veth peer name eth0 netns c; ip link set t1 up
ip netns add r; ip link add t2 type veth peer name eth0 netns r; ip link set t2 up
ip addr add 2001:db8:c::1/64 dev t1 nodad; ip addr add 2001:db8:1::1/64 dev t2 nodad
ip -n c link set eth0 up; ip -n c addr add 2001:db8:c::10/64 dev eth0 nodad
ip -n r link set eth0 up; ip -n r addr add 2001:db8:1::11/64 dev eth0 nodad
ip -n c -6 route add default via 2001:db8:c::1; ip -n r -6 route add default via 2001:db8:1::1
sysctl -qw net.ipv6.conf.all.forwarding=1; sleep 2
ip addr add 192.0.2.1/24 dev t1; ip -n c addr add 192.0.2.10/24 dev eth0; ip -n c route add default via 192.0.2.1
ip addr add 10.0.0.1/24 dev t2; ip -n r addr add 10.0.0.11/24 dev eth0; ip -n r route add default via 10.0.0.1
sysctl -qw net.ipv4.ip_forward=1
ipvsadm -A -u 192.0.2.1:7; ipvsadm -a -u 192.0.2.1:7 -r 10.0.0.11:7777 -m
ipvsadm -A -u [2001:db8:c::1]:7; ipvsadm -a -u [2001:db8:c::1]:7 -r [2001:db8:1::11]:7777 -m`;
    assert.equal(runShell(lab, place(lab, "d"), lines).text, "");
    const seen: string[] = [];
    lab.netns("c").devices.get("eth0")!.taps = [(frame) => seen.push(text(frame, { link: false }))];
    runShell(lab, place(lab, "d"), "ip netns exec c nc -u -w 1 2001:db8:c::1 7 <<< hello");
    const errors = seen.filter((frame) => frame.includes("unreachable"));
    assert.deepEqual(errors, [
      "IP6 2001:db8:c::1 > 2001:db8:c::10: ICMP6, destination unreachable, unreachable port, 2001:db8:c::1 udp port 7, length 62",
    ]);
    // Neither the question nor the answer fits one frame.
    const [client, server] = [new UdpSocket(lab.netns("c"), "client"), new UdpSocket(lab.netns("r"), "server")];
    server.bind(null, 7777);
    client.bind(null, 5555);
    client.connect(ipv4("192.0.2.1"), 7);
    client.send(new Uint8Array(4000));
    lab.runFor(1e9);
    const question = server.receive()!;
    server.send(new Uint8Array(5000), question.from);
    lab.runFor(1e9);
    assert.deepEqual([question.data.length, client.receive()?.data.length], [4000, 5000]);
  });
});

function replay(name: string): void {
  const lab = new Lab({ ipv6: name === "modes6" });
  lab.node("n");
  const sh = (command: string) => runShell(lab, place(lab, "n"), command);
  const must = (command: string) => assert.deepEqual([sh(command).text, command], ["", command]);
  for (const line of LINKS.trim().split("\n")) must(line);
  for (const ns of ["c", "d", "l", "r1"]) must(`ip -n ${ns} link set lo up`);
  for (const each of DEVICES) must(`ip -n ${each.split(".")[0]} link set ${each.split(".")[1]} up`);
  for (const family of ["-4", "-6"]) {
    for (const port of [80, 8080]) sh(`ip netns exec r1 nc ${family} -l -k ${port} > /dev/null &`);
    sh(`ip netns exec d nc ${family} -l -k 8080 > /dev/null &`);
  }
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
  const steps = readFileSync(join(HERE, `goldens/${name}.txt`), "utf8")
    .split(/^\$ /m)
    .slice(1);
  for (const step of steps) {
    const [said = "", ...lines] = step.split("\n");
    const [ns, ...words] = said.split(" ");
    seen = Object.fromEntries(DEVICES.map((device) => [device, []]));
    const result = sh(`ip netns exec ${ns} ${words.join(" ")}`);
    // Until the last segments are there, too.
    sh("sleep 1");
    if (!/^(nc|ping)$/.test(words[0]!)) {
      assert.equal(sorted(result.text), sorted(lines.join("\n")), said);
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
}
