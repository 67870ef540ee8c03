// The packet that is asked about, in words: `tcp 10.0.0.2:1234 > 172.30.0.41:80`.
import { ip } from "../../wire/address.ts";
import { withSctpPort } from "../../wire/crc32c.ts";
import { BadInput } from "../../wire/input.ts";
import {
  type Ipv4Packet,
  type Ipv6Packet,
  PROTOCOL,
  TCP_FLAG,
  type Tcp,
  type Udp,
  type UnknownBody,
} from "../../wire/packet.ts";
import type { Family } from "./address.ts";

export interface AskedPacket {
  readonly text: string;
  readonly family: Family;
  readonly packet: Ipv4Packet | Ipv6Packet;
}

const MEND = 'Write "tcp 10.0.0.2:1234 > 172.30.0.41:80" or "udp [fd00:10::2]:1234 > [fd00:172:30::41]:53".';
const NOTHING = new Uint8Array();
/** A packet of SCTP without ports whose one chunk is INIT: its header, then the chunk (RFC 9260 §3.3.2). */
const INIT = Uint8Array.of(
  ...[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  ...[1, 0, 0, 20, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1],
);

/** Throws BadInput, with `where` before what is wrong. */
export function readAskedPacket(text: string, where = ""): AskedPacket {
  const bad = (problem: string) => new BadInput(`${where}${problem}`, text, MEND);
  const [protocol, source, arrow, destination, ...rest] = text.trim().split(/\s+/);
  if (protocol !== "tcp" && protocol !== "udp" && protocol !== "sctp") throw bad("a packet is tcp, udp or sctp");
  if (arrow !== ">" || destination === undefined || rest.length > 0)
    throw bad("a packet has a protocol, a source and a destination");
  const from = endOf(source!, bad);
  const to = endOf(destination, bad);
  if (from.address.family !== to.address.family) throw bad("addresses of two families");
  const body = opening(protocol, from.port, to.port);
  const ends = { src: from.address, dst: to.address, body };
  const packet =
    from.address.family === 4
      ? { kind: "ipv4", ttl: 64, id: 0, tos: 0, dontFragment: true, moreFragments: false, fragmentOffset: 0, ...ends }
      : { kind: "ipv6", hopLimit: 64, trafficClass: 0, flowLabel: 0, ...ends };
  return { text: text.trim(), family: from.address.family, packet: packet as Ipv4Packet | Ipv6Packet };
}

/** What a client sends first. */
function opening(protocol: "tcp" | "udp" | "sctp", srcPort: number, dstPort: number): Tcp | Udp | UnknownBody {
  const ports = { srcPort, dstPort, data: NOTHING };
  switch (protocol) {
    case "tcp":
      return { kind: "tcp", ...ports, seq: 1, ack: 0, flags: TCP_FLAG.syn, window: 64240, options: { mss: 1460 } };
    case "udp":
      return { kind: "udp", ...ports };
    case "sctp": {
      const data = withSctpPort(withSctpPort(INIT, "src", srcPort), "dst", dstPort);
      return { kind: "unknown", protocol: PROTOCOL.sctp, data };
    }
  }
}

function endOf(word: string, bad: (problem: string) => BadInput) {
  const [, bracketed, plain, port = ""] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(word) ?? [];
  if (port === "" || Number(port) > 65535 || Number(port) === 0) throw bad(`"${word}" is not an address with its port`);
  try {
    return { address: ip(bracketed ?? plain!), port: Number(port) };
  } catch {
    throw bad(`"${word}" is not an address with its port`);
  }
}
