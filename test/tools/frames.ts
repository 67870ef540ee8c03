// Frames of every kind the printer knows, the same in every run, and what is asked of them.
import { Ipv4, ipv4 } from "../../lib/wire/address.ts";
import { ipv4Bytes } from "../../lib/wire/bytes.ts";
import { BROADCAST_MAC, Mac, mac, ZERO_MAC } from "../../lib/wire/mac.ts";
import { type Frame, type Ipv4Packet, TCP_FLAG, type Tcp } from "../../lib/wire/packet.ts";

const A = ipv4("10.244.1.2");
const B = ipv4("10.244.1.3");
const MAC_A = mac("02:00:00:00:00:0a");
const MAC_B = mac("02:00:00:00:00:0b");
const text = (value: string) => new TextEncoder().encode(value);

function packet(body: Ipv4Packet["body"], more: Partial<Ipv4Packet> = {}): Ipv4Packet {
  return {
    kind: "ipv4",
    src: A,
    dst: B,
    ttl: 64,
    id: 7,
    tos: 0,
    dontFragment: false,
    moreFragments: false,
    fragmentOffset: 0,
    body,
    ...more,
  };
}

function frame(payload: Frame["payload"], dst = MAC_B): Frame {
  return { dst, src: MAC_A, payload };
}

const ip = (body: Ipv4Packet["body"], more: Partial<Ipv4Packet> = {}) => frame(packet(body, more));

function icmp(type: number, code: number, rest = 0, data: Uint8Array = new Uint8Array(0)): Ipv4Packet["body"] {
  return { kind: "icmp", type, code, rest, data };
}

function udp(dstPort: number, length: number, srcPort = 40000): Ipv4Packet["body"] {
  return { kind: "udp", srcPort, dstPort, data: new Uint8Array(length) };
}

function tcp(flags: number, more: Partial<Tcp> = {}): Ipv4Packet["body"] {
  return {
    kind: "tcp",
    srcPort: 40000,
    dstPort: 9000,
    seq: 1000,
    ack: (flags & TCP_FLAG.ack) !== 0 ? 5000 : 0,
    flags,
    window: 502,
    options: {},
    data: new Uint8Array(0),
    ...more,
  };
}

const { syn, ack, psh, fin, rst, urg } = TCP_FLAG;
const stamps = { timestamps: [100, 0] as const };
const back = (body: Ipv4Packet["body"]) => ip(body, { src: B, dst: A });
const reverse = { srcPort: 9000, dstPort: 40000 };
const whole = ipv4Bytes(packet({ kind: "udp", srcPort: 40000, dstPort: 9000, data: new Uint8Array(2000) }));
const wholeEcho = ipv4Bytes(packet(icmp(8, 0, 0x10001, new Uint8Array(2000))));

function piece(bytes: Uint8Array, protocol: number, from: number, to: number, moreFragments: boolean): Frame {
  const body = { kind: "unknown", protocol, data: bytes.slice(20 + from, 20 + to) } as const;
  return ip(body, { moreFragments, fragmentOffset: from });
}

function arp(op: "request" | "reply", senderIp: Ipv4, targetIp: Ipv4, targetMac = ZERO_MAC): Frame {
  return frame(
    { kind: "arp", op, senderMac: MAC_A, senderIp, targetMac, targetIp },
    op === "request" ? BROADCAST_MAC : MAC_B,
  );
}

/** An error about a packet of ours: port, protocol, TTL. */
const quoted = (body: Ipv4Packet["body"]) => ipv4Bytes(packet(body));

export const FRAMES: readonly Frame[] = [
  arp("request", A, B),
  arp("reply", A, B, MAC_B),
  arp("request", A, A),
  arp("request", A, B, MAC_B),
  arp("request", Ipv4.of(0), B),
  ip(icmp(8, 0, 0x1234_0001, new Uint8Array(56)), { dontFragment: true }),
  ip(icmp(0, 0, 0x1234_0001, new Uint8Array(56)), { ttl: 63, src: B, dst: A }),
  ...Array.from({ length: 17 }, (_, code) => ip(icmp(3, code, code === 4 ? 1480 : 0, quoted(udp(33434, 12))))),
  ip(icmp(3, 4, 0, quoted(udp(33434, 12)))),
  ip(icmp(3, 3, 0, quoted(tcp(syn)))),
  ip(icmp(3, 3, 0, quoted(icmp(8, 0, 1)))),
  ...[0, 1, 2, 3, 4].map((code) => ip(icmp(5, code, ipv4("10.244.1.1").bits, quoted(icmp(8, 0, 1))))),
  ip(icmp(11, 0, 0, quoted(udp(33434, 12))), { tos: 0xc0 }),
  ip(icmp(11, 1, 0, quoted(udp(33434, 12)))),
  ip(icmp(4, 0, 0, quoted(udp(33434, 12)))),
  ip(icmp(10, 0)),
  ip(icmp(200, 0)),
  ip(udp(9000, 0)),
  ip(udp(9000, 12), { tos: 1 }),
  ip(udp(33434, 12), { ttl: 1, tos: 2 }),
  ip(udp(9000, 1400), { ttl: 0, tos: 3, id: 65535 }),
  frame(packet(udp(9000, 4), { dst: ipv4("255.255.255.255") }), BROADCAST_MAC),
  frame(packet(udp(9000, 4), { dst: ipv4("239.1.2.3") }), Mac.of(0x01005e010203)),
  ip(tcp(syn, { options: { mss: 1460, sackPermitted: true, ...stamps, windowScale: 7 }, window: 64240 }), {
    dontFragment: true,
  }),
  back(
    tcp(syn | ack, {
      ...reverse,
      seq: 4999,
      ack: 1001,
      options: { mss: 1460, sackPermitted: true, ...stamps, windowScale: 7 },
    }),
  ),
  ip(tcp(ack, { seq: 1001, options: stamps })),
  ip(tcp(psh | ack, { seq: 1001, data: text("hello"), options: stamps })),
  back(tcp(ack, { ...reverse, seq: 5000, ack: 1006, options: stamps })),
  ip(tcp(fin | ack, { seq: 1006 })),
  back(tcp(fin | ack, { ...reverse, seq: 5000, ack: 1007 })),
  back(tcp(rst, { ...reverse, seq: 5000 })),
  ip(tcp(rst | ack, { seq: 1007 })),
  ip(tcp(0)),
  ip(tcp(urg | psh)),
  ip(tcp(syn, { options: { mss: 1460 }, srcPort: 9000, dstPort: 9000 })),
  ip(tcp(syn, { options: { sackPermitted: true }, srcPort: 1 })),
  ip(tcp(syn, { options: { windowScale: 0 }, srcPort: 2 })),
  ip(tcp(syn | 64 | 128, { options: { mss: 1460, windowScale: 7 }, srcPort: 3 })),
  ip(tcp(psh | ack, { dstPort: 80, data: text("GET / HTTP/1.1\r\nHost: web\r\nUser-Agent: curl/7.88.1\r\n\r\n") })),
  ip(tcp(psh | ack, { srcPort: 80, data: text("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi\n") })),
  ip(tcp(psh | ack, { srcPort: 80, data: text("just the body\n") })),
  ip(tcp(psh | ack, { srcPort: 8080, data: text("GET /without-an-end") })),
  ip(tcp(psh | ack, { srcPort: 8080, data: text("HTTP/1.0 404 Not Found\nServer: x\n\nno end") })),
  ip(tcp(rst, { srcPort: 80, data: text("GET / HTTP/1.1\r\n") })),
  piece(whole, 17, 0, 1480, true),
  piece(whole, 17, 1480, 2008, false),
  piece(wholeEcho, 1, 0, 1480, true),
  piece(wholeEcho, 1, 1480, 2008, false),
  ip({ kind: "unknown", protocol: 253, data: new Uint8Array(12) }),
  ip({ kind: "unknown", protocol: 4, data: ipv4Bytes(packet(icmp(8, 0, 0x10001, new Uint8Array(56)))) }),
  frame({ kind: "unknown", ethertype: 0x88b5, data: text("what nobody can read") }),
];

/** Flags the printer is asked with. */
export const FLAGS = ["", "-e", "-q", "-v", "-e -v", "-vv", "-S", "-q -e"] as const;

export const FILTERS: readonly string[] = [
  "arp",
  "ip",
  "icmp",
  "udp",
  "tcp",
  "not arp",
  "! arp",
  "icmp or arp",
  "icmp || arp",
  "not icmp and not arp",
  "not (icmp or arp)",
  "host 10.244.1.2",
  "src host 10.244.1.2",
  "dst 10.244.1.2",
  "src 10.244.1.3",
  "10.244.1.3",
  "host 10.244.1.3 and icmp",
  "src or dst host 10.244.1.2",
  "src and dst host 10.244.1.2",
  "ip host 10.244.1.2",
  "arp host 10.244.1.2",
  "arp src host 10.244.1.2",
  "net 10.244.1.0/24",
  "net 10.244",
  "net 10.244.1.0 mask 255.255.255.0",
  "dst net 239.0.0.0/8",
  "src net 10.0.0.0/8 and not tcp",
  "net 10.244.1.1/24",
  "port 9000",
  "src port 9000",
  "dst port 80",
  "tcp port 80",
  "udp port 80",
  "port 80 or 8080",
  "tcp dst port 80 or 8080",
  "tcp src port 80 or dst port 9000",
  "portrange 33000-34000",
  "tcp portrange 1-3",
  "port http",
  "port foo",
  "port 70000",
  "ip proto 17",
  "ip proto \\tcp",
  "ip proto icmp",
  "ip proto gre",
  "src 10.244.1.2 or 10.244.1.3",
  "host 10.244.1.2 and not 10.244.1.3",
  "proto 1",
  "ether proto 0x0806",
  "ether proto \\ip",
  "ether host 02:00:00:00:00:0a",
  "ether dst 02:00:00:00:00:0b",
  "ether src 02:00:00:00:00:0b",
  "ether broadcast",
  "broadcast",
  "multicast",
  "ether multicast",
  "ip multicast",
  "greater 1000",
  "less 60",
  "icmp and host 10.244.1.2 or arp",
  "arp or icmp and host 10.9.9.9",
  "host",
  "foo bar",
  "icmp and (",
  "(icmp",
  "icmp)",
  "and icmp",
  "host 10.0.0.300",
  "host nosuchhost.invalid",
  "host 10.244.1.2 or 10.244.1.3",
  "not host 10.244.1.2 and tcp",
  "icmp host 10.244.1.2",
  "tcp or udp port 9000",
  "(tcp or udp) and port 9000",
  "ip port 80",
  "tcp[tcpflags] & tcp-syn != 0",
  "tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn",
  "(tcp[13] & 2) != 0",
  "icmp[icmptype] = icmp-echo or icmp[icmptype] = icmp-echoreply",
  "icmp[icmptype] == icmp-unreach and icmp[icmpcode] == 3",
  "ip[8] < 64",
  "ip[2:2] > 100",
  "not ip[100] = 0",
  "udp[4:2] = 20",
  "ether[0] & 1 = 1 and ether[12:2] = 0x0806",
  "len > 100",
  "len - 14 <= 46 or arp",
  "1 + 2 * 3 = 7 and icmp",
  "tcp[12] >> 4 > 5",
  "arp[6:2] = 2",
  "tcp[1/0] = 1",
  "tcp[0:3] = 1",
  "tcp[0]",
  "tcp[13] = 2 = 3",
];
