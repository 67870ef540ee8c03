// Random traffic for a lab: pings, datagrams and frames that nobody should send.
import type { Lab } from "../../lib/lab/lab.ts";
import type { Device } from "../../lib/link/device.ts";
import type { Netns } from "../../lib/netns/netns.ts";
import { type Ipv4, ipv4 } from "../../lib/wire/address.ts";
import { frameBytes } from "../../lib/wire/bytes.ts";
import { BROADCAST_MAC, Mac, ZERO_MAC } from "../../lib/wire/mac.ts";
import type { Arp, Frame, Ipv4Packet } from "../../lib/wire/packet.ts";
import type { Discovery, PingTraffic, Question, Traffic, UdpTraffic } from "./case.ts";
import type { Dice } from "./dice.ts";

/**
 * Milliseconds between two flows. Timers of the kernel run in whole seconds: 370 keeps the seconds of one flow away
 * from those of the others.
 */
const GAP = 370;

export function drawTraffic(lab: Lab, dice: Dice): Traffic[] {
  const all = [...lab.namespaces.values()];
  const traffic: Traffic[] = [];
  for (const ns of all)
    if (dice.chance(0.4)) {
      const own = ownAddresses(ns);
      const address = own.length > 0 && dice.chance(0.3) ? dice.of(own).text : null;
      traffic.push({ kind: "listen", ns: ns.name, address, port: dice.of([53, 7777]), echo: dice.chance(0.7) });
    }
  const flows = dice.whole(2, 8);
  for (let i = 0; i < flows; i++) {
    const at = 20 + i * GAP;
    const ns = dice.of(all);
    const kind = dice.whole(1, 20);
    if (kind <= 12) traffic.push(ping(lab, dice, ns, at));
    else if (kind <= 18) traffic.push(udp(lab, dice, ns, at));
    else {
      const devices = [...ns.devices.values()].filter((device) => device.kind !== "loopback" && device.running);
      if (devices.length > 0) traffic.push(frame(lab, dice, ns, dice.of(devices), at));
    }
  }
  const most = mostOctets(all);
  return traffic.map((each) => (each.kind === "ping" || each.kind === "udp" ? smallEnough(each, most) : each));
}

/** One ping or datagram, small enough for every cable. */
export function drawFlow(lab: Lab, dice: Dice, ns: Netns, at: number): Traffic {
  const flow = dice.chance(0.7) ? ping(lab, dice, ns, at) : udp(lab, dice, ns, at);
  return smallEnough(flow, Math.min(1400, mostOctets([...lab.namespaces.values()])));
}

/**
 * No packet is cut by a device whose cable's other end takes less: see KNOWN_DIFFERENCES. Whole packets that are too
 * large for the other end are sent.
 */
function mostOctets(all: readonly Netns[]): number {
  const devices = all.flatMap((ns) => [...ns.devices.values()]);
  const uneven = devices.filter(({ peer, mtu }) => peer !== null && peer.mtu < mtu);
  return Math.min(65507, ...uneven.map(({ mtu }) => mtu - 28));
}

function smallEnough<T extends { readonly size: number }>(traffic: T, most: number): T {
  return traffic.size <= most ? traffic : { ...traffic, size: most };
}

export function drawQuestions(lab: Lab, dice: Dice): Question[] {
  return [...lab.namespaces.values()].flatMap((ns) =>
    Array.from({ length: dice.whole(0, 3) }, () => {
      const own = ownAddresses(ns).filter((address) => !address.isLoopback);
      const from = own.length > 0 && dice.chance(0.3) ? dice.of(own).text : undefined;
      return { ns: ns.name, to: target(lab, dice, ns).text, ...(from !== undefined && { from }) };
    }),
  );
}

function ping(lab: Lab, dice: Dice, ns: Netns, at: number): PingTraffic {
  const own = ownAddresses(ns);
  return {
    kind: "ping",
    at,
    ns: ns.name,
    to: target(lab, dice, ns).text,
    count: dice.of([1, 1, 2, 3]),
    interval: dice.of([100, 50, 200]),
    size: dice.of([0, 1, 56, 56, 56, 56, 400, 549, 1400, 1472, 1473, 3000, 4000]),
    ...(dice.chance(0.3) && { ttl: dice.whole(1, 5) }),
    discovery: dice.of<Discovery>(["want", "want", "want", "do", "dont"]),
    ...(own.length > 0 && dice.chance(0.1) && { from: dice.of(own).text }),
    broadcast: dice.chance(0.6),
  };
}

function udp(lab: Lab, dice: Dice, ns: Netns, at: number): UdpTraffic {
  const own = ownAddresses(ns);
  return {
    kind: "udp",
    at,
    ns: ns.name,
    to: target(lab, dice, ns).text,
    port: dice.of([53, 7777, 7777, 9]),
    count: dice.of([1, 1, 2, 3]),
    interval: dice.of([100, 50, 200]),
    size: dice.of([0, 1, 20, 20, 500, 1472, 1473, 2000, 4000]),
    connected: dice.chance(0.5),
    ...(own.length > 0 && dice.chance(0.1) && { from: dice.of(own).text }),
    broadcast: dice.chance(0.6),
  };
}

/** Where a packet goes: to somebody, to nobody, to oneself, to everybody, far away. */
function target(lab: Lab, dice: Dice, ns: Netns): Ipv4 {
  const addresses = [...lab.namespaces.values()].flatMap(ownAddresses).filter((address) => !address.isLoopback);
  const own = ownAddresses(ns);
  const kind = dice.whole(1, 20);
  if (kind <= 12 && addresses.length > 0) return dice.of(addresses);
  if (kind <= 14 && addresses.length > 0)
    return ipv4(dice.of(addresses).text.replace(/\d+$/, () => `${dice.whole(2, 254)}`));
  if (kind === 15 && own.length > 0) return dice.of(own);
  if (kind === 16 && addresses.length > 0)
    return ipv4(dice.of(addresses).text.replace(/\d+$/, () => dice.of(["0", "255", "15", "3"])));
  if (kind === 17) return ipv4(dice.of(["127.0.0.1", "127.1.2.3", "127.255.255.255", "127.0.0.0"]));
  if (kind === 18) return ipv4(dice.of(["255.255.255.255", "255.255.255.255", "0.0.0.0"]));
  return ipv4(dice.of(["203.0.113.9", "198.51.100.1", "8.8.8.8", "10.250.0.1", "192.168.77.7"]));
}

function ownAddresses(ns: Netns): Ipv4[] {
  return [...ns.inet.values()].flatMap(({ addresses }) => addresses.map(({ local }) => local));
}

/** A frame with something odd about it. */
function frame(lab: Lab, dice: Dice, ns: Netns, device: Device, at: number): Traffic {
  const all = [...lab.namespaces.values()];
  const devices = all.flatMap((each) => [...each.devices.values()]).filter(({ kind }) => kind !== "loopback");
  const addresses = all.flatMap(ownAddresses).filter((address) => !address.isLoopback);
  const anyMac = () =>
    dice.of([
      device.peer?.mac ?? device.mac,
      dice.of(devices).mac,
      dice.of(devices).mac,
      BROADCAST_MAC,
      Mac.of(0x02badbadbad0 + dice.whole(0, 9)),
    ]);
  const sources = [
    ...addresses,
    ipv4("203.0.113.77"),
    ipv4("127.0.0.1"),
    ipv4("0.0.0.0"),
    ipv4("224.0.0.5"),
    ipv4("255.255.255.255"),
  ];
  const anyIp = () => (addresses.length > 0 && dice.chance(0.7) ? dice.of(addresses) : dice.of(sources));
  const src = dice.chance(0.7)
    ? device.mac
    : dice.of([dice.of(devices).mac, Mac.of(0x02badbadbad0 + dice.whole(0, 9))]);
  let made: Frame;
  if (dice.chance(0.6)) {
    const senderIp = anyIp();
    const arp: Arp = {
      kind: "arp",
      op: dice.chance(0.5) ? "request" : "reply",
      senderMac: dice.chance(0.8) ? src : dice.of(devices).mac,
      senderIp,
      targetMac: dice.chance(0.5) ? ZERO_MAC : dice.of(devices).mac,
      targetIp: dice.chance(0.15) ? senderIp : anyIp(),
    };
    made = { dst: dice.chance(0.5) ? BROADCAST_MAC : anyMac(), src, payload: arp };
  } else {
    const packet: Ipv4Packet = {
      kind: "ipv4",
      src: anyIp(),
      dst: dice.of([anyIp(), anyIp(), anyIp(), ipv4("127.0.0.1"), ipv4("203.0.113.9"), ipv4("255.255.255.255")]),
      ttl: dice.of([0, 1, 2, 64, 64]),
      id: dice.whole(0, 65535),
      tos: dice.of([0, 0, 0, 16, 0xc0]),
      dontFragment: dice.chance(0.5),
      moreFragments: false,
      fragmentOffset: 0,
      body: dice.of<Ipv4Packet["body"]>([
        { kind: "icmp", type: 8, code: 0, rest: 0x12340001, data: new Uint8Array(dice.of([8, 56, 1400])) },
        { kind: "udp", srcPort: 4000, dstPort: dice.of([53, 7777, 9]), data: new Uint8Array(dice.of([0, 8, 600])) },
        { kind: "unknown", protocol: dice.of([99, 47]), data: new Uint8Array(40) },
      ]),
    };
    made = { dst: anyMac(), src, payload: packet };
  }
  return { kind: "frame", at, ns: ns.name, dev: device.name, bytes: Buffer.from(frameBytes(made)).toString("hex") };
}
