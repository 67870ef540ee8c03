// Programs that have a tun device open: any that a reader writes, and Flannel's UDP backend, which is one.
// Before you edit: flannel backend/udp/proxy_amd64.c (tun_to_udp, udp_to_tun), udp_network_amd64.go (initTun).
import { errorText } from "../netns/errno.ts";
import type { Netns } from "../netns/netns.ts";
import { UdpSocket } from "../netns/socket/udp.ts";
import { openTun, type TunFile, type TunPacket } from "../netns/tunnel/tun.ts";
import { type Ipv4, ipv4, type Prefix4, prefix4 } from "../wire/address.ts";
import { ipv4Bytes } from "../wire/bytes.ts";
import { BadInput } from "../wire/input.ts";
import { ICMP, ICMP_CODE, type Ipv4Packet, PROTOCOL, protocolOf, withTtl } from "../wire/packet.ts";
import { parseIpv4 } from "../wire/parse.ts";
import type { Program } from "./process.ts";

/** What a program does with a packet that it read; it may write packets to the device it came from. */
export type EachPacket = (read: TunPacket, tun: TunFile) => void;

/** Opens a device for a program. Throws BadInput when it cannot be had. */
function open(ns: Netns, device: string, program: string): TunFile {
  const file = openTun(ns, device, program);
  if (typeof file !== "string") return file;
  throw new BadInput(`${ns.name} gives ${program} no tun device of this name`, device, `${errorText(file)}.`);
}

/** Reads a tun device for ever and does `each`. The device is opened at once, and made if it is not there. */
export function tunProgram(ns: Netns, device: string, program: string, each: EachPacket): Program {
  return readAll(open(ns, device, program), each);
}

function* readAll(tun: TunFile, each: EachPacket): Program {
  try {
    for (;;) {
      for (let read = tun.read(); read !== null; read = tun.read()) {
        if (typeof read === "string") return 1;
        each(read, tun);
      }
      yield { on: [tun] };
    }
  } finally {
    tun.close();
  }
}

export interface FlannelUdp {
  /** `flannel0` unless said otherwise. */
  readonly device?: string;
  /** The node's address, from which and to which datagrams go. */
  readonly address: string;
  /** 8285 unless said otherwise. */
  readonly port?: number;
  /** The source of "network unreachable": the address of the tun device. */
  readonly tunAddress: string;
  /** Subnets of other nodes, as `10.244.2.0/24`, and the address of the node that has them; a list may change meanwhile. */
  readonly subnets: Readonly<Record<string, string>> | readonly FlannelRoute[];
}

export interface FlannelRoute {
  readonly subnet: Prefix4;
  readonly via: Ipv4;
}

interface Backend {
  readonly tun: TunFile;
  readonly socket: UdpSocket;
  readonly tunAddress: Ipv4;
  readonly routes: readonly FlannelRoute[];
}

/**
 * Flannel's UDP backend on one node: what the kernel sends into the tun device goes as a datagram to the node that has
 * the subnet, and what comes by datagram is written to the device. Each of the two lowers the TTL.
 */
export function flannelUdp(ns: Netns, options: FlannelUdp): Program {
  const { device = "flannel0", port = 8285, address, subnets } = options;
  const routes = isList(subnets)
    ? subnets
    : Object.entries(subnets).map(([subnet, via]) => ({ subnet: prefix4(subnet), via: ipv4(via) }));
  const local = ipv4(address);
  const tunAddress = ipv4(options.tunAddress);
  const socket = new UdpSocket(ns, "flanneld");
  const failed = socket.bind(local, port);
  if (failed !== null) throw new BadInput("flanneld cannot listen", `${address}:${port}`, `${errorText(failed)}.`);
  return proxy({ tun: open(ns, device, "flanneld"), socket, tunAddress, routes }, port);
}

const isList = (subnets: FlannelUdp["subnets"]): subnets is readonly FlannelRoute[] => Array.isArray(subnets);

function* proxy(backend: Backend, port: number): Program {
  const { tun, socket } = backend;
  try {
    for (;;) {
      for (let isActive = true; isActive; ) {
        const read = tun.read();
        if (typeof read === "string") return 1;
        if (read !== null) fromTun(backend, read, port);
        const datagram = socket.receive();
        if (datagram !== null) fromUdp(tun, datagram.data, datagram.cause);
        isActive = read !== null || datagram !== null;
      }
      socket.takeError();
      yield { on: [tun, socket] };
    }
  } finally {
    tun.close();
    socket.close();
  }
}

function fromTun({ tun, socket, tunAddress, routes }: Backend, { packet, cause }: TunPacket, port: number): void {
  if (packet.kind !== "ipv4") return;
  const route = routes.find(({ subnet }) => subnet.contains(packet.dst));
  if (route === undefined) {
    const reply = unreachable(packet, tunAddress);
    if (reply !== null) tun.write(reply, cause);
  } else if (packet.ttl > 1)
    socket.send(ipv4Bytes(withTtl(packet, packet.ttl - 1)), { address: route.via, port }, cause);
}

function fromUdp(tun: TunFile, data: Uint8Array, cause: number): void {
  // The program looks at nothing but the TTL; what is no packet the kernel refuses.
  if (data.length < 20) return;
  const packet = packetOf(data);
  if (packet === null) tun.write(data, cause);
  else if (packet.ttl > 1) tun.write(withTtl(packet, packet.ttl - 1), cause);
}

function packetOf(data: Uint8Array): Ipv4Packet | null {
  try {
    return parseIpv4(data, { checksums: "ignore" });
  } catch (failure) {
    if (failure instanceof BadInput) return null;
    throw failure;
  }
}

/** The program's own answer to a packet for a subnet nobody has; about ICMP and later fragments it says nothing. */
function unreachable(packet: Ipv4Packet, src: Ipv4): Ipv4Packet | null {
  if (protocolOf(packet) === PROTOCOL.icmp || packet.fragmentOffset > 0) return null;
  const { unreachable: type } = ICMP;
  const data = ipv4Bytes(packet).slice(0, 28);
  return {
    kind: "ipv4",
    src,
    dst: packet.src,
    ttl: 8,
    id: 0,
    tos: 0,
    dontFragment: false,
    moreFragments: false,
    fragmentOffset: 0,
    body: { kind: "icmp", type, code: ICMP_CODE.net, rest: 0, data },
  };
}
