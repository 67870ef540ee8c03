// The packet that is asked about, in words: `tcp 10.0.0.2:1234 > 172.30.0.41:80`.
import { ip } from "../../wire/address.ts";
import { BadInput } from "../../wire/input.ts";
import { type Ipv4Packet, type Ipv6Packet, TCP_FLAG, type Tcp, type Udp } from "../../wire/packet.ts";
import type { Family } from "./address.ts";

export interface AskedPacket {
  readonly text: string;
  readonly family: Family;
  readonly packet: Ipv4Packet | Ipv6Packet;
}

const MEND = 'Write "tcp 10.0.0.2:1234 > 172.30.0.41:80" or "udp [fd00:10::2]:1234 > [fd00:172:30::41]:53".';
const NOTHING = new Uint8Array();

/** Throws BadInput, with `where` before what is wrong. */
export function readAskedPacket(text: string, where = ""): AskedPacket {
  const bad = (problem: string) => new BadInput(`${where}${problem}`, text, MEND);
  const [protocol, source, arrow, destination, ...rest] = text.trim().split(/\s+/);
  if (protocol === "sctp")
    throw new BadInput(`${where}kube-proxy serves sctp, Packetwalk has no such packets`, text, "Supported: tcp, udp.");
  if (protocol !== "tcp" && protocol !== "udp") throw bad("a packet is tcp or udp");
  if (arrow !== ">" || destination === undefined || rest.length > 0)
    throw bad("a packet has a protocol, a source and a destination");
  const from = endOf(source!, bad);
  const to = endOf(destination, bad);
  if (from.address.family !== to.address.family) throw bad("addresses of two families");
  const ports = { srcPort: from.port, dstPort: to.port, data: NOTHING };
  const body: Tcp | Udp =
    protocol === "udp"
      ? { kind: "udp", ...ports }
      : { kind: "tcp", ...ports, seq: 1, ack: 0, flags: TCP_FLAG.syn, window: 64240, options: { mss: 1460 } };
  const ends = { src: from.address, dst: to.address, body };
  const packet =
    from.address.family === 4
      ? { kind: "ipv4", ttl: 64, id: 0, tos: 0, dontFragment: true, moreFragments: false, fragmentOffset: 0, ...ends }
      : { kind: "ipv6", hopLimit: 64, trafficClass: 0, flowLabel: 0, ...ends };
  return { text: text.trim(), family: from.address.family, packet: packet as Ipv4Packet | Ipv6Packet };
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
