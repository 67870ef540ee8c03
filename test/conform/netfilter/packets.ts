// Random packets: through the router, to it, from it, both ways; conversations that go wrong, fragments, errors.

import { fragment } from "../../../lib/netns/ipv4/fragment.ts";
import { fragment6 } from "../../../lib/netns/ipv6/fragment.ts";
import { ipv4 } from "../../../lib/wire/address.ts";
import { ipv6 } from "../../../lib/wire/address6.ts";
import { frameBytes } from "../../../lib/wire/bytes.ts";
import { SCTP_CHECKSUM, sctpChecksum } from "../../../lib/wire/crc32c.ts";
import { BROADCAST_MAC, Mac, mac } from "../../../lib/wire/mac.ts";
import type { Frame, Ipv4Packet, Ipv6Packet, Tcp } from "../../../lib/wire/packet.ts";
import type { Dice } from "../dice.ts";
import type { AnswerStep, Step } from "./case.ts";
import { TCP_PORTS, UDP_PORTS } from "./case.ts";
import { hostsOf, type Kind, MACS } from "./lab.ts";
import { PORTS } from "./matches.ts";

type Side = "c" | "s";
type Packet = Ipv4Packet | Ipv6Packet;

const TEXTS = ["", "GET / HTTP/1.1\r\n", "get needle here", "xxneedleyy", "\u0001\u0002", "a".repeat(100)];

/** Steps of a case: single packets, and pieces of conversations in between each other. */
export function randomSteps(dice: Dice, kind: Kind): Step[] {
  const steps: Step[] = [];
  const count = dice.whole(6, 16);
  while (steps.length < count) steps.push(...scene(dice, kind));
  return steps;
}

function scene(dice: Dice, kind: Kind): Step[] {
  const { family, bridged } = kind;
  const hosts = hostsOf(kind);
  const at = dice.of(["c", "c", "c", "s"] as const);
  const other = at === "c" ? "s" : "c";
  const client = dice.of(at === "c" ? hosts.silentClient : hosts.silentServer);
  const server = dice.of([
    dice.of(at === "c" ? hosts.silentServer : hosts.silentClient),
    dice.of(at === "c" ? hosts.silentServer : hosts.silentClient),
    dice.of(hosts.router),
    dice.of(at === "c" ? hosts.server : hosts.client),
    // A router tells of unreachable routes once a second at most.
    dice.of(hosts.nowhere.filter((address) => !address.startsWith("10.66."))),
  ]);
  const send = (packet: Packet, from: Side = at): Step => ({
    do: "send",
    at: from,
    bytes: hexOf(frame(kind, from, packet)),
  });
  const plain = (body: Packet["body"]) => packetOf(dice, family, client, server, body);
  const data = () => bytes(dice.of(TEXTS));
  const [srcPort, dstPort] = [dice.of([...PORTS, 1000]), dice.of(PORTS)];
  switch (
    dice.of([
      ...["tcp", "tcp", "tcp", "udp", "udp", "icmp", "odd", "sctp"],
      ...["fragments", "local", "local", "socket", "connect"],
    ])
  ) {
    case "tcp": {
      const opening: Tcp = {
        kind: "tcp",
        srcPort,
        dstPort,
        seq: dice.of([1, 7000, 4294967295]),
        ack: 0,
        flags: 2,
        window: 29200,
        options: { mss: 1460, sackPermitted: true, windowScale: 7 },
        data: bytes(""),
      };
      if (dice.chance(0.2))
        return [
          send(
            plain({
              ...opening,
              flags: dice.of([16, 24, 17, 4, 20, 0, 63, 41, 18, 3]),
              options: dice.of([{}, { mss: 536 }, { timestamps: [1, 2] }]),
              data: data(),
            }),
          ),
        ];
      const steps: Step[] = [send(plain(opening))];
      const turns = dice.of([0, 1, 2, 2, 3, 4, 6]);
      for (let n = 0; n < turns; n++) steps.push(answer(dice, kind, n % 2 === 0 ? other : at));
      return steps;
    }
    case "udp": {
      const steps: Step[] = [send(plain({ kind: "udp", srcPort, dstPort, data: data() }))];
      const turns = dice.of([0, 1, 1, 2, 3]);
      for (let n = 0; n < turns; n++) steps.push(answer(dice, kind, n % 2 === 0 ? other : at));
      return steps;
    }
    case "icmp": {
      const rest = dice.of([0x10001, 0x20001, 0x50001]);
      const type = dice.of(family === 4 ? [8, 8, 8, 0] : [128, 128, 128, 129]);
      const echo =
        family === 4
          ? ({ kind: "icmp", type, code: 0, rest, data: bytes("x".repeat(56)) } as const)
          : ({ kind: "icmp6", type, code: 0, rest, data: bytes("x".repeat(56)) } as const);
      return dice.chance(0.6) ? [send(plain(echo)), answer(dice, kind, other)] : [send(plain(echo))];
    }
    case "odd": {
      if (dice.chance(0.4)) return [send(plain({ kind: "unknown", protocol: 253, data: new Uint8Array(12) }))];
      return [send(plain({ kind: "unknown", protocol: 132, data: sctp(dice, at, srcPort, dstPort, dice.of(CHUNKS)) }))];
    }
    case "sctp": {
      const turns = dice.of([1, 2, 4, 4, 6, 11]);
      const shift = dice.chance(0.8) ? 0 : dice.whole(0, 10);
      return Array.from({ length: turns }, (_, n) => {
        const isBack = n % 2 === 1;
        const types = dice.chance(0.85) ? ASSOCIATION[(n + shift) % ASSOCIATION.length]! : dice.of(CHUNKS);
        const side = isBack ? other : at;
        const data = isBack ? sctp(dice, side, dstPort, srcPort, types) : sctp(dice, side, srcPort, dstPort, types);
        const body = { kind: "unknown", protocol: 132, data } as const;
        if (!isBack) return send(plain(body));
        return send(packetOf(dice, family, server, client, body), other);
      });
    }
    case "fragments": {
      const size = dice.of([1600, 3000]);
      const echo = { code: 0, rest: 0x30001, data: new Uint8Array(size).fill(97) } as const;
      const body = dice.of<Packet["body"]>([
        { kind: "udp", srcPort, dstPort, data: new Uint8Array(size).fill(97) },
        family === 4 ? { kind: "icmp", type: 8, ...echo } : { kind: "icmp6", type: 128, ...echo },
      ]);
      const pieces = piecesOf(plain(body), dice.of([1500, 1000, 576]), dice.whole(1, 60000));
      if (dice.chance(0.2)) pieces.splice(dice.whole(0, pieces.length - 1), 1);
      if (dice.chance(0.3)) pieces.reverse();
      return pieces.map((piece) => send(piece));
    }
    case "local": {
      const to = dice.of([
        dice.of(hosts.silentClient),
        dice.of(hosts.silentServer),
        dice.of(hosts.server),
        dice.of(hosts.router),
        dice.of(hosts.nowhere.filter((address) => !/255$|^224/.test(address)).concat(hosts.client)),
      ]);
      const body = dice.of<Packet["body"]>([
        {
          kind: "tcp",
          srcPort,
          dstPort,
          seq: 5,
          ack: 0,
          flags: 2,
          window: 1000,
          options: { mss: 1460 },
          data: bytes(""),
        },
        { kind: "udp", srcPort, dstPort, data: data() },
        family === 4
          ? { kind: "icmp", type: 8, code: 0, rest: 0x40001, data: data() }
          : { kind: "icmp6", type: 128, code: 0, rest: 0x40001, data: data() },
      ]);
      const from = dice.of(hosts.router);
      const packet = packetOf(dice, family, from, to, body);
      const local: Step = {
        do: "local",
        protocol: { tcp: 6, udp: 17, icmp: 1, icmp6: 58 }[body.kind as "tcp"],
        src: from,
        dst: to,
        ttl: 64,
        tos: 0,
        body: hexOf(frame(kind, "c", packet)).slice(2 * (14 + (family === 4 ? 20 : 40))),
      };
      const side = bridged
        ? dice.of(["c", "s"] as const)
        : to.startsWith("10.1.") || to.startsWith("2001:db8:1:")
          ? "c"
          : "s";
      return dice.chance(0.6) ? [local, answer(dice, kind, side)] : [local];
    }
    case "socket": {
      const ns = dice.of(["c", "c", "r"] as const);
      const to = dice.of([
        dice.of(hosts.server),
        dice.of(hosts.server),
        dice.of(hosts.router),
        dice.of(hosts.silentServer),
      ]);
      return [
        {
          do: "udp",
          ns,
          from: dice.whole(41000, 41999),
          to,
          port: dice.of([...UDP_PORTS, ...UDP_PORTS, 99]),
          size: dice.of([1, 100, 1000]),
          connected: dice.chance(0.5),
        },
      ];
    }
    default: {
      const ns = dice.of(["c", "c", "r"] as const);
      // To itself, over lo and translated, both ends may give up in either order.
      const last = ns === "r" ? hosts.server : hosts.router;
      const to = dice.of([dice.of(hosts.server), dice.of(hosts.server), dice.of(last)]);
      return [
        { do: "connect", ns, from: dice.whole(42000, 42999), to, port: dice.of([...TCP_PORTS, ...TCP_PORTS, 99]) },
      ];
    }
  }
}

/** The packet cut by who sends it. */
export function piecesOf(packet: Packet, mtu: number, id: number): Packet[] {
  return packet.kind === "ipv4" ? fragment({ ...packet, dontFragment: false, id }, mtu) : fragment6(packet, mtu, id);
}

function answer(dice: Dice, { family, bridged }: Kind, at: Side): AnswerStep {
  const data = dice.of([0, 0, 10, 300]);
  if (dice.chance(0.7)) return { do: "answer", at, how: { kind: "reply", data } };
  if (dice.chance(0.5)) {
    const flags = dice.of([16, 24, 17, 17, 4, 4, 20, 2, 18, 0, 63]);
    const off = () => dice.of([0, 0, 0, 1, -1, 100, 70000, -70000, 1_000_000]);
    return { do: "answer", at, how: { kind: "segment", flags, seq: off(), ack: off(), data } };
  }
  const [type, code, mtu] = dice.of<readonly [type: number, code: number, mtu: number]>(
    family === 4
      ? [
          [3, 0, 0],
          [3, 1, 0],
          [3, 3, 0],
          [3, 3, 0],
          [3, 4, 1300],
          [11, 0, 0],
          [11, 1, 0],
          [3, 13, 0],
          [12, 0, 0],
          [5, 1, 0],
        ]
      : [
          [1, 0, 0],
          [1, 4, 0],
          [2, 0, 1300],
          [3, 0, 0],
          [4, 0, 0],
        ],
  );
  const net = at === "c" || bridged ? 1 : 2;
  const from = dice.chance(0.3) ? (family === 4 ? `10.${net}.0.77` : `2001:db8:${net}::77`) : null;
  return {
    do: "answer",
    at,
    how: { kind: "error", type, code, mtu, quoted: dice.of([28, 48, 100, 500]) + (family === 6 ? 20 : 0), from },
  };
}

export function packetOf(dice: Dice | null, family: 4 | 6, src: string, dst: string, body: Packet["body"]): Packet {
  const ttl = dice === null || dice.chance(0.9) ? 64 : dice.of([1, 2, 255]);
  if (family === 6)
    return {
      kind: "ipv6",
      src: ipv6(src),
      dst: ipv6(dst),
      hopLimit: ttl,
      trafficClass: 0,
      flowLabel: 0,
      body,
    } as Ipv6Packet;
  const about = {
    kind: "ipv4",
    src: ipv4(src),
    dst: ipv4(dst),
    ttl,
    id: 7,
    tos: dice?.chance(0.1) ? 0x10 : 0,
  } as const;
  return {
    ...about,
    dontFragment: dice === null || dice.chance(0.7),
    moreFragments: false,
    fragmentOffset: 0,
    body,
  } as Ipv4Packet;
}

/** The frame in which the packet leaves by c0 or s0. */
export function frame({ bridged }: Kind, at: Side, packet: Packet): Frame {
  const [src, router, far] = at === "c" ? [MACS.c0, MACS.r0, MACS.s0] : [MACS.s0, MACS.r1, MACS.c0];
  const to = bridged ? (packet.dst.text === "10.1.0.1" ? MACS.br0 : far) : router;
  return { src: mac(src), dst: groupMac(packet) ?? mac(to), payload: packet };
}

function groupMac({ dst }: Packet): Mac | null {
  if (dst.family === 6) return null;
  if (dst.text === "10.1.0.255") return BROADCAST_MAC;
  return dst.isMulticast ? Mac.of(0x01005e000000 + (dst.bits & 0x7fffff)) : null;
}

export const hexOf = (what: Frame) => Buffer.from(frameBytes(what)).toString("hex");
const bytes = (text: string) => new TextEncoder().encode(text);

/** Who speaks SCTP asks packets of the other direction to carry this tag. */
const TAGS = { c: 1, s: 2 } as const;

/** A packet of SCTP with random chunks, more often than not as an association needs them. */
function sctp(dice: Dice, at: Side, srcPort: number, dstPort: number, types: readonly number[]): Uint8Array {
  const chunks = types.flatMap((type) => {
    const isOpening = type === 1 || type === 2;
    const flags = dice.chance(0.8) ? 0 : dice.of([1, 3, 7]);
    return [type, flags, 0, isOpening ? 20 : 8, 0, 0, 0, TAGS[at], ...new Array<number>(isOpening ? 12 : 0).fill(0)];
  });
  const other = TAGS[at === "c" ? "s" : "c"];
  const tag = types[0] === 1 ? 0 : dice.chance(0.8) ? other : dice.of([0, TAGS[at], 9]);
  const ports = [srcPort >> 8, srcPort & 255, dstPort >> 8, dstPort & 255];
  const octets = Uint8Array.from([...ports, 0, 0, 0, tag, 0, 0, 0, 0, ...chunks]);
  new DataView(octets.buffer).setUint32(SCTP_CHECKSUM, sctpChecksum(octets), true);
  return octets;
}

/** What an association sends, from INIT on; now and then something else. */
const ASSOCIATION = [[1], [2], [10], [11], [0, 3], [3], [4], [5], [7], [8], [14]] as const;
const CHUNKS = [...ASSOCIATION, [6], [9], [13], [14, 0], [0, 4]] as const;
