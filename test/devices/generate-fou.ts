// Random datagrams with GUE headers, right and wrong ones, and of foo over UDP, for a machine that takes them apart. The
// sender is nobody's tunnel but the case itself, for few kernels have tunnels that send so (CONFIG_NET_FOU_IP_TUNNELS).
import { labData } from "../../lib/lab/data-write.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { type Ipv4, ipv4 } from "../../lib/wire/address.ts";
import { frameBytes, ipv4Bytes } from "../../lib/wire/bytes.ts";
import { gueBytes } from "../../lib/wire/gue.ts";
import { ICMP, type Ipv4Packet } from "../../lib/wire/packet.ts";
import type { Case, Traffic } from "../conform/case.ts";
import { Dice } from "../conform/dice.ts";
import { tunnelLab } from "./labs.ts";

const POD = { from: ipv4("10.244.1.2"), to: ipv4("10.244.2.2") };
const NODE = { from: ipv4("192.168.10.11"), to: ipv4("192.168.10.12") };

function packet(dice: Dice, src: Ipv4, dst: Ipv4, body: Ipv4Packet["body"]): Ipv4Packet {
  const header = { dontFragment: dice.chance(0.5), moreFragments: false, fragmentOffset: 0, id: dice.whole(1, 65535) };
  return { kind: "ipv4", src, dst, ttl: dice.of([64, 5, 1]), tos: dice.of([0, 0, 2, 3]), ...header, body };
}

function echo(dice: Dice): Ipv4Packet["body"] {
  const data = new Uint8Array(dice.of([0, 8, 56, 1000])).fill(7);
  return { kind: "icmp", type: ICMP.echoRequest, code: 0, rest: dice.whole(1, 2 ** 31), data };
}

/** What follows the header of a packet from node to node. */
function bodyBytes(dice: Dice, body: Ipv4Packet["body"]): Uint8Array {
  return ipv4Bytes(packet(dice, NODE.from, NODE.to, body)).subarray(20);
}

/** The octets behind the UDP header. */
function gue(dice: Dice): Uint8Array {
  const inner = packet(dice, POD.from, POD.to, echo(dice));
  const bare = ipv4Bytes(inner);
  const head = (...octets: number[]) => Uint8Array.from([...octets, ...bare]);
  const udp = { kind: "udp", srcPort: 7, dstPort: 9999, data: new Uint8Array(20) } as const;
  return dice.of([
    () => gueBytes(inner),
    () => gueBytes(inner),
    () => gueBytes(inner),
    // Fields that no flag speaks of; private flags, of which none is set; those that are missing, or unknown.
    () => head(2, 4, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8),
    () => head(1, 4, 0, 1, 0, 0, 0, 0),
    () => head(0, 4, 0, 1),
    () => head(1, 4, 0, 1, 0, 0, 0, 1),
    () => head(0, 4, 0x80, 0),
    () => head(0x20, 4, 0, 0),
    () => head(0, 0, 0, 0),
    () => head(31, 4, 0, 0),
    // Variant 1, 2 and 3; what follows is the packet itself, or says that it is.
    () => bare,
    () => head(0x80, 4, 0, 0),
    () => Uint8Array.of(0x50, 0, 0, 0, 0),
    () => Uint8Array.of(0, 4),
    // Other protocols: between the nodes themselves.
    () => Uint8Array.of(0, 1, 0, 0, ...bodyBytes(dice, echo(dice))),
    () => Uint8Array.of(0, 17, 0, 0, ...bodyBytes(dice, udp)),
    () => head(0, 99, 0, 0),
  ])();
}

function datagram(dice: Dice): Ipv4Packet {
  const isGue = dice.chance(0.75);
  const data = isGue ? gue(dice) : ipv4Bytes(packet(dice, POD.from, POD.to, echo(dice)));
  const unchecked = dice.chance(0.5) ? { unchecked: true as const } : {};
  const udp = {
    kind: "udp",
    srcPort: dice.whole(32768, 60998),
    dstPort: isGue ? 5555 : 5556,
    ...unchecked,
    data,
  } as const;
  // A mark of congestion is copied inside, also for who captured the datagram before: then captures say nothing.
  const outer = packet(dice, NODE.from, NODE.to, udp);
  return outer.tos === 3 ? { ...outer, tos: 0 } : outer;
}

/** A case of this seed: machine n1 sends what n2 takes apart, and n2 answers by its plain IPIP tunnel. */
export function generateFou(seed: string): Case {
  const dice = new Dice(seed);
  const shape = { machines: 2, kind: "ipip", port: 0, vni: 0, words: "", mtus: [], podMtu: 1450, faults: [] } as const;
  const lab = tunnelLab(shape, seed);
  for (const line of ["ip fou add port 5555 gue", "ip fou add port 5556 ipproto 4"])
    runShell(lab, place(lab, "n2"), line);
  const macOf = (name: string) => lab.netns(name).devices.get("eth0")!.mac;
  const [src, dst] = [macOf("n1"), macOf("n2")];
  const traffic: Traffic[] = [{ kind: "ping", at: 20, ns: "n1", to: "192.168.10.12", ...ONE_PING }];
  for (let at = 200; traffic.length < 12; at += 100)
    traffic.push({
      kind: "frame",
      at,
      ns: "n1",
      dev: "eth0",
      bytes: hex(frameBytes({ src, dst, payload: datagram(dice) })),
    });
  const ask = (command: string) => ({ ns: "n2", to: "", command });
  return { name: seed, lab: labData(lab), traffic, questions: [ask("ip -s link show t1"), ask("ip fou show")] };
}

/** So that the machines know each other. */
const ONE_PING = { count: 1, interval: 100, size: 0, discovery: "want", broadcast: false } as const;

const hex = (octets: Uint8Array) => Buffer.from(octets).toString("hex");
