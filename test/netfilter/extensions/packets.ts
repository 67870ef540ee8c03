// Random packets, and random rules that some of them meet: what the real kernel counts is what our rules count.
import seedrandom from "seedrandom";
import { type Ip, type Ipv4, ipv4 } from "../../../lib/wire/address.ts";
import { type Ipv6, ipv6 } from "../../../lib/wire/address6.ts";
import { BROADCAST_MAC, Mac, mac } from "../../../lib/wire/mac.ts";
import type { Frame, Ipv4Packet, Ipv6Packet, Tcp } from "../../../lib/wire/packet.ts";

/** The receiver's device, and who sends to it. */
export const RECEIVER = { mac: mac("02:00:00:00:00:02"), address: "10.9.0.2", address6: "2001:db8:9::2" };
export const SENDERS = [mac("02:00:00:00:00:01"), mac("02:00:00:00:00:07")];

export type Dice = <T>(from: readonly T[]) => T;

export function diceOf(seed: string): Dice {
  const random = seedrandom(seed);
  return (from) => from[Math.floor(random() * from.length)]!;
}

export const SOURCES = {
  4: ["10.9.0.1", "10.9.0.7", "10.9.3.4", "192.0.2.9"],
  6: ["2001:db8:9::1", "2001:db8:9::7", "2001:db8:3::4", "fe80::7"],
};
export const DESTINATIONS = {
  4: ["10.9.0.2", "10.9.0.2", "10.9.0.9", "10.9.0.255", "224.0.0.5", "198.51.100.1"],
  6: ["2001:db8:9::2", "2001:db8:9::2", "2001:db8:9::9", "ff02::5", "2001:db8:77::1"],
};
export const PORTS = [0, 53, 80, 443, 1024, 8080, 65535];

export function packetFrom(dice: Dice, family: 4 | 6): Ipv4Packet | Ipv6Packet {
  const body = bodyFrom(dice, family);
  const src = dice(SOURCES[family]);
  const dst = dice(DESTINATIONS[family]);
  if (family === 6) {
    const about = {
      kind: "ipv6",
      src: ipv6(src),
      dst: ipv6(dst),
      trafficClass: dice([0, 32]),
      flowLabel: dice([0, 7]),
    } as const;
    return { ...about, hopLimit: dice([1, 2, 64, 255]), body } as Ipv6Packet;
  }
  const about = {
    kind: "ipv4",
    src: ipv4(src),
    dst: ipv4(dst),
    ttl: dice([1, 2, 64, 255]),
    tos: dice([0, 0x10]),
  } as const;
  const whole = {
    ...about,
    id: dice([1, 2, 3]),
    dontFragment: dice([true, false]),
    moreFragments: false,
    fragmentOffset: 0,
  };
  if (dice([0, 1, 2, 3, 4, 5, 6, 7]) > 0) return { ...whole, body } as Ipv4Packet;
  // A first or a later piece.
  const [moreFragments, fragmentOffset] = dice([
    [true, 0],
    [true, 1480],
    [false, 2960],
  ] as const);
  const data = Uint8Array.from({ length: 24 }, () => dice([0, 53, 80, 1, 187]));
  // As long as a TCP header says: what is shorter makes matches drop the packet (hotdrop), which is not modelled.
  data[12] = 0x50;
  const piece = { kind: "unknown", protocol: dice([6, 17, 1]), data } as const;
  return { ...whole, dontFragment: false, moreFragments, fragmentOffset, body: piece };
}

function bodyFrom(dice: Dice, family: 4 | 6): Ipv4Packet["body"] | Ipv6Packet["body"] {
  const [srcPort, dstPort] = [dice(PORTS), dice(PORTS)];
  const data = new TextEncoder().encode(
    dice(["", "GET / HTTP/1.1\r\n", "get needle here", "xxneedleyy", "\u0001\u0002", "a".repeat(100)]),
  );
  switch (dice(["tcp", "tcp", "tcp", "udp", "udp", "icmp", "sctp", "gre"])) {
    case "tcp":
      return { kind: "tcp", srcPort, dstPort, seq: dice([1, 4294967295]), ack: dice([0, 7]), ...tcpFrom(dice), data };
    case "udp":
      return { kind: "udp", srcPort, dstPort, data };
    case "icmp": {
      const type = dice(family === 4 ? [0, 8, 3, 11, 13] : [128, 129, 1, 3, 135]);
      const code = dice([0, 1, 3]);
      return { kind: family === 4 ? "icmp" : "icmp6", type, code, rest: 0x10001, data: new Uint8Array(28) };
    }
    case "sctp":
      return { kind: "unknown", protocol: 132, data: sctpFrom(dice, srcPort, dstPort) };
    default:
      return { kind: "unknown", protocol: 47, data: new Uint8Array(dice([4, 12])) };
  }
}

function tcpFrom(dice: Dice): Pick<Tcp, "flags" | "window" | "options"> {
  const options = dice<Tcp["options"]>([
    {},
    { mss: 1460 },
    { mss: 536, sackPermitted: true },
    { mss: 1200, timestamps: [1, 0], sackPermitted: true, windowScale: 7 },
    { timestamps: [1, 2] },
  ]);
  return { flags: dice([2, 18, 16, 24, 17, 4, 20, 0, 63, 1]), window: dice([0, 65535]), options };
}

/** The common header and a few chunks. */
function sctpFrom(dice: Dice, srcPort: number, dstPort: number): Uint8Array {
  const chunks = dice([[13], [1], [0, 3], [0], [6], [14, 0], [10, 0]] as const).flatMap((type) => [
    type,
    dice([0, 1, 3, 7]),
    0,
    8,
    0,
    0,
    0,
    1,
  ]);
  return Uint8Array.from([srcPort >> 8, srcPort & 255, dstPort >> 8, dstPort & 255, 0, 0, 0, 1, 0, 0, 0, 0, ...chunks]);
}

/** The frame a sender would put it in. */
export function frameFrom(dice: Dice, packet: Ipv4Packet | Ipv6Packet): Frame {
  const { dst } = packet;
  const group = dst.family === 4 ? groupMac4(dst) : groupMac6(dst);
  return {
    src: dice(SENDERS),
    dst: group ?? dice([RECEIVER.mac, RECEIVER.mac, RECEIVER.mac, BROADCAST_MAC]),
    payload: packet,
  };
}

function groupMac4(dst: Ipv4): Mac | null {
  if (dst.text === "10.9.0.255") return BROADCAST_MAC;
  return dst.isMulticast ? Mac.of(0x01005e000000 + (dst.bits & 0x7fffff)) : null;
}

function groupMac6(dst: Ipv6): Mac | null {
  return dst.isMulticast ? Mac.of(0x333300000000 + dst.w3) : null;
}

/** What the receiver's routes say of an address. */
export function typeOf(address: Ip) {
  const { text } = address;
  if (address.isMulticast) return "MULTICAST" as const;
  if (text === RECEIVER.address || text === RECEIVER.address6) return "LOCAL" as const;
  if (text === "10.9.0.255") return "BROADCAST" as const;
  if (address.family === 6 && !text.startsWith("2001:db8:9:") && !text.startsWith("fe80"))
    return "UNREACHABLE" as const;
  return "UNICAST" as const;
}
