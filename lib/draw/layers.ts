// The headers of a packet field by field, checksums and all.
import { ethertypeOf, ipv4Bytes } from "../wire/bytes.ts";
import { headers6Length, ipv6Bytes, ipv6Length } from "../wire/bytes6.ts";
import { ndMessage } from "../wire/nd.ts";
import { type Arp, ETHERTYPE, type Icmp6, type Ipv4Packet, type Ipv6Packet } from "../wire/packet.ts";
import { icmp6Name, icmpName, isEcho } from "./icmp.ts";
import { frameOf, inner, type Packet, tcpFlags, tunnelled } from "./packet.ts";

export interface Field {
  readonly name: string;
  readonly value: string;
}
export interface Layer {
  readonly name: string;
  readonly fields: readonly Field[];
}

/** The headers from the outside in, each field as the tools print it. Checksums are the real ones. */
export function layers(packet: Packet): Layer[] {
  const outer = inner(packet);
  const carried = outer?.kind === "ipv4" ? tunnelled(outer) : null;
  if (carried === null) return ownLayers(packet);
  // What is around it is new; what is inside keeps its names, so that it is compared with the hop before.
  const around = ownLayers(packet).map(({ name, fields }) => ({ name: `outer ${SHORT[name] ?? name}`, fields }));
  if (!("vni" in carried)) return [...around, ...layers(carried)];
  const { flags, vni, frame } = carried;
  return [...around, layer("VXLAN", { flags: hex(flags, 2), VNI: `${vni}` }), ...layers(frame)];
}

const SHORT: Readonly<Record<string, string>> = { Ethernet: "Eth" };

const TYPE_NAME: Readonly<Record<number, string>> = {
  [ETHERTYPE.ipv4]: "IPv4 ",
  [ETHERTYPE.arp]: "ARP ",
  [ETHERTYPE.ipv6]: "IPv6 ",
};

function ownLayers(packet: Packet): Layer[] {
  const frame = frameOf(packet);
  const body = inner(packet);
  const out: Layer[] = [];
  if (frame !== undefined) {
    const type = ethertypeOf(frame);
    const text = `${TYPE_NAME[type] ?? ""}${hex(type, 4)}`;
    const tag = frame.vlan === undefined ? {} : { VLAN: `${frame.vlan.id}` };
    out.push(layer("Ethernet", { dst: `${frame.dst}`, src: `${frame.src}`, ...tag, type: text }));
  }
  if (body === undefined) return out;
  if (body.kind === "arp") return [...out, arpLayer(body)];
  const octets = body.kind === "ipv4" ? ipv4Bytes(body) : ipv6Bytes(body);
  if (body.kind === "ipv4") out.push(ipv4Layer(body, octets));
  else out.push(...ipv6Layers(body));
  const inside = bodyLayer(body, octets.subarray(body.kind === "ipv4" ? 20 : headers6Length(body)));
  return inside === null ? out : [...out, inside];
}

function arpLayer(arp: Arp): Layer {
  return layer("ARP", {
    op: arp.op,
    "sender MAC": `${arp.senderMac}`,
    "sender IP": `${arp.senderIp}`,
    "target MAC": `${arp.targetMac}`,
    "target IP": `${arp.targetIp}`,
  });
}

function ipv4Layer(packet: Ipv4Packet, octets: Uint8Array): Layer {
  const { dontFragment, moreFragments } = packet;
  return layer("IPv4", {
    src: `${packet.src}`,
    dst: `${packet.dst}`,
    ttl: `${packet.ttl}`,
    protocol: protocol(packet),
    length: `${octets.length}`,
    id: `${packet.id}`,
    flags: [dontFragment ? "DF" : "", moreFragments ? "MF" : ""].filter(Boolean).join(" ") || "none",
    ...(packet.fragmentOffset > 0 ? { offset: `${packet.fragmentOffset}` } : {}),
    ...(packet.tos > 0 ? { tos: hex(packet.tos, 2) } : {}),
    checksum: word(octets, 10),
  });
}

/** IPv6 has no checksum, and says that it was cut in a header of its own. */
function ipv6Layers(packet: Ipv6Packet): Layer[] {
  const { trafficClass, flowLabel, fragment, routerAlert } = packet;
  const out = [
    layer("IPv6", {
      src: `${packet.src}`,
      dst: `${packet.dst}`,
      "hop limit": `${packet.hopLimit}`,
      "next header": routerAlert ? "0 hop-by-hop" : fragment !== undefined ? "44 fragment" : protocol(packet),
      "payload length": `${ipv6Length(packet) - 40}`,
      ...(flowLabel > 0 ? { "flow label": hex(flowLabel, 5) } : {}),
      ...(trafficClass > 0 ? { class: hex(trafficClass, 2) } : {}),
    }),
  ];
  if (routerAlert) out.push(layer("hop-by-hop", { "router alert": "0 MLD" }));
  if (fragment !== undefined)
    out.push(
      layer("fragment", {
        id: hex(fragment.id, 8),
        offset: `${fragment.offset}`,
        more: fragment.more ? "yes" : "no",
        "next header": protocol(packet),
      }),
    );
  return out;
}

/** The header of what is inside; `octets` begin with it. */
function bodyLayer({ body }: Ipv4Packet | Ipv6Packet, octets: Uint8Array): Layer | null {
  if (body.kind === "icmp" || body.kind === "icmp6")
    return layer(body.kind === "icmp" ? "ICMP" : "ICMPv6", {
      type: `${body.type} ${body.kind === "icmp" ? icmpName(body) : icmp6Name(body)}`,
      code: `${body.code}`,
      ...(isEcho(body) ? { id: `${body.rest >>> 16}`, seq: `${body.rest & 0xffff}` } : { rest: `${body.rest}` }),
      ...(body.kind === "icmp6" ? ndFields(body) : {}),
      checksum: word(octets, 2),
    });
  if (body.kind === "udp")
    return layer("UDP", {
      "src port": `${body.srcPort}`,
      "dst port": `${body.dstPort}`,
      length: `${8 + body.data.length}`,
      checksum: word(octets, 6),
    });
  if (body.kind === "tcp")
    return layer("TCP", {
      "src port": `${body.srcPort}`,
      "dst port": `${body.dstPort}`,
      seq: `${body.seq}`,
      ack: `${body.ack}`,
      flags: `[${tcpFlags(body)}]`,
      window: `${body.window}`,
      checksum: word(octets, 16),
      data: `${body.data.length} octets`,
    });
  return null;
}

function ndFields(icmp: Icmp6): Readonly<Record<string, string>> {
  const message = ndMessage(icmp);
  if (message === null) return {};
  return {
    ...("target" in message ? { target: `${message.target}` } : {}),
    ...("sourceMac" in message ? { "source MAC": `${message.sourceMac}` } : {}),
    ...("targetMac" in message ? { "target MAC": `${message.targetMac}` } : {}),
  };
}

function layer(name: string, fields: Readonly<Record<string, string>>): Layer {
  return { name, fields: Object.entries(fields).map(([name, value]) => ({ name, value })) };
}

function protocol({ body }: Ipv4Packet | Ipv6Packet): string {
  if (body.kind === "unknown") return `${body.protocol}`;
  return { icmp: "1 ICMP", ipip: "4 IPIP", tcp: "6 TCP", udp: "17 UDP", icmp6: "58 ICMPv6" }[body.kind];
}

function word(octets: Uint8Array, at: number): string {
  return hex(((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0), 4);
}

function hex(value: number, digits: number): string {
  return `0x${value.toString(16).padStart(digits, "0")}`;
}
