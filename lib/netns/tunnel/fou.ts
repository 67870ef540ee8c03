// Foo over UDP: a port of the kernel whose datagrams carry packets of another IP protocol, with a GUE header or without.
// Before you edit: net/ipv4/fou_core.c (fou_udp_recv, gue_udp_recv, fou_create, fou_destroy).
import { LEVEL } from "../../trace/step.ts";
import type { Ipv4 } from "../../wire/address.ts";
import { ipv4Bytes } from "../../wire/bytes.ts";
import { type Carried, gueOf } from "../../wire/gue.ts";
import { BadInput } from "../../wire/input.ts";
import type { Ipv4Packet, Udp } from "../../wire/packet.ts";
import { parseIpv4 } from "../../wire/parse.ts";
import type { Errno } from "../errno.ts";
import { type Arrival, resubmit } from "../ipv4/receive.ts";
import type { Netns } from "../netns.ts";
import { type Encapsulation, UdpSocket } from "../socket/udp.ts";

/** A port as `ip fou show` lists it; without a protocol the GUE header says which. */
export interface FouPort {
  readonly port: number;
  readonly protocol: number | null;
  readonly local: Ipv4 | null;
}

class Fou implements Encapsulation, FouPort {
  readonly ns: Netns;
  readonly port: number;
  readonly protocol: number | null;
  readonly local: Ipv4 | null;

  constructor(ns: Netns, { port, protocol, local }: FouPort) {
    this.ns = ns;
    this.port = port;
    this.protocol = protocol;
    this.local = local;
  }

  receive(arrival: Arrival, packet: Ipv4Packet, udp: Udp, cause: number): void {
    const { ns, port, protocol } = this;
    const evidence = { kind: "link", text: fouText(this), command: "ip fou show" } as const;
    const carried = protocol === null ? gueOf(udp.data) : { protocol, data: udp.data };
    if (typeof carried === "string") {
      const because = `what came to port ${port} is no GUE that is taken: ${carried}`;
      ns.step(LEVEL.path, cause, arrival.device, "drop", packet, () => ({ because, evidence }));
      return;
    }
    const inner = whatIsInside(packet, carried);
    if (inner === null) {
      const because = `of IP protocol ${carried.protocol}, which port ${port} takes, this is no whole packet`;
      ns.step(LEVEL.path, cause, arrival.device, "drop", packet, () => ({ because, evidence }));
      return;
    }
    const step = ns.step(LEVEL.path, cause, arrival.device, "decapsulate", inner, () => ({
      because: `port ${port} is ${protocol === null ? "GUE: its header says that IP protocol" : "FOU, for IP protocol"} ${carried.protocol} follows`,
      evidence,
    }));
    ns.kernel.keepPendingConfirm(udp, inner.body);
    const { device, toOne, toAll, mark, ct } = arrival;
    resubmit(ns, { device, toOne, toAll, mark, ct, outer: packet }, inner, step);
  }

  /** The port only receives: tunnels send from ports of their own (no encap_err_lookup). */
  sent(): boolean {
    return false;
  }
}

/** The packet as if it had come without the UDP header; null when its octets are none. */
function whatIsInside(packet: Ipv4Packet, { protocol, data }: Carried): Ipv4Packet | null {
  const body = { kind: "unknown", protocol, data } as const;
  try {
    return parseIpv4(ipv4Bytes({ ...packet, body }), { checksums: "ignore" });
  } catch (failure) {
    if (failure instanceof BadInput) return null;
    throw failure;
  }
}

/** A port as the tool prints it. */
export function fouText({ port, protocol, local }: FouPort): string {
  return `port ${port} ${protocol === null ? "gue" : `ipproto ${protocol}`}${local === null ? "" : ` local ${local}`}`;
}

/** `ip fou add`: null, or why the port cannot be had. */
export function addFou(ns: Netns, wanted: FouPort): Errno | null {
  const socket = new UdpSocket(ns, "the kernel's FOU");
  const errno = socket.bind(wanted.local, wanted.port);
  if (errno === null) socket.encap = new Fou(ns, wanted);
  return errno;
}

/** `ip fou del`: whether there was such a port. */
export function deleteFou(ns: Netns, { port, local }: Omit<FouPort, "protocol">): boolean {
  const found = fous(ns).find(({ encap }) => encap.port === port && encap.local === local);
  found?.socket.close();
  return found !== undefined;
}

/** The ports of a namespace, the newest first. */
export function fouPorts(ns: Netns): FouPort[] {
  return fous(ns).map(({ encap }) => encap);
}

function fous({ sockets }: Netns): { readonly socket: UdpSocket; readonly encap: Fou }[] {
  const all = [...sockets.udp.values()].flat();
  return all.flatMap((socket) => (socket.encap instanceof Fou ? [{ socket, encap: socket.encap }] : [])).reverse();
}
