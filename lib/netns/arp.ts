// Who has this address? ARP asked and answered.
// Before you edit: RFC 826, net/ipv4/arp.c (arp_process, arp_solicit), net/core/neighbour.c (neigh_event_ns).
import { selectSource } from "../ip/address.ts";
import { NEIGHBOUR_TIMES, Neighbour, type NeighbourPort } from "../ip/neighbour.ts";
import { TABLE } from "../ip/route.ts";
import type { Device } from "../link/device.ts";
import { transmit } from "../link/forward.ts";
import { LEVEL } from "../trace/step.ts";
import { Ipv4 } from "../wire/address.ts";
import { BROADCAST_MAC, ZERO_MAC } from "../wire/mac.ts";
import { type Arp, type Frame, ICMP, ICMP_CODE } from "../wire/packet.ts";
import { icmpError } from "./icmp.ts";
import type { Netns } from "./netns.ts";
import { sendTo } from "./send.ts";

/** The entry for a next hop on a device, made if there is none. */
export function neighbourOf(ns: Netns, device: Device, address: Ipv4): Neighbour {
  const inet = ns.inet.get(device)!;
  let neighbour = inet.neighbours.get(address);
  if (neighbour === undefined) {
    neighbour = new Neighbour(address, portOf(ns, device));
    inet.addNeighbour(neighbour);
  }
  return neighbour;
}

/** An ARP message came in (arp_rcv, arp_process). */
export function arpInput(ns: Netns, device: Device, frame: Frame, arp: Arp, forUs: boolean, cause: number): void {
  if (!forUs) {
    ns.step(LEVEL.path, cause, device, "drop", frame, () => ({
      because: `the frame is for ${frame.dst}: ARP does not look at it`,
    }));
    return;
  }
  if (arp.targetIp.isMulticast || arp.targetIp.isLoopback) {
    ns.step(LEVEL.path, cause, device, "drop", frame, () => ({ because: `nobody has ${arp.targetIp} on a link` }));
    return;
  }
  if (arp.op === "request" && isOwn(ns, arp.targetIp) && canAsk(ns, arp.senderIp)) {
    answer(ns, device, frame, arp, cause);
    return;
  }
  const { neighbours } = ns.inet.get(device)!;
  const known = neighbours.get(arp.senderIp);
  if (known === undefined) {
    ns.step(LEVEL.path, cause, device, "arp", frame, () => ({
      because:
        arp.op === "request"
          ? isOwn(ns, arp.targetIp)
            ? `who has ${arp.targetIp}? Asked in the name of ${arp.senderIp}, which nobody there can have: no answer`
            : `who has ${arp.targetIp}? Not this namespace: no answer`
          : `nobody here asked for ${arp.senderIp}`,
    }));
    return;
  }
  // An answer to our own question is proof; anything else only says who seems to be there.
  const solicited = arp.op === "reply" && !frame.dst.isGroup;
  const isGratuitous =
    arp.senderIp === arp.targetIp &&
    (arp.op === "request" || arp.targetMac === arp.senderMac) &&
    ns.tables.get(TABLE.local)!.lookup(arp.senderIp) === null;
  const override = ns.cables.now > known.updated + NEIGHBOUR_TIMES.lock || isGratuitous;
  const step = ns.step(LEVEL.path, cause, device, "arp", frame, () => ({
    because: `${arp.senderIp} is at ${arp.senderMac}`,
  }));
  known.update(arp.senderMac, solicited, override, `ARP ${arp.op} from ${arp.senderMac}`, step);
}

function answer(ns: Netns, device: Device, frame: Frame, arp: Arp, cause: number): void {
  let step = ns.step(LEVEL.path, cause, device, "arp", frame, () => ({
    because: `${arp.targetIp} is an address of this namespace: answer ${arp.senderIp} with ${device.mac}`,
    evidence: { kind: "address", text: `inet ${arp.targetIp}`, command: "ip addr" },
  }));
  if (arp.senderIp.bits !== 0) {
    // The question itself tells who asks, so the answer's way back needs no question.
    neighbourOf(ns, device, arp.senderIp).update(
      arp.senderMac,
      false,
      true,
      `${arp.senderIp} asked, so its MAC is known`,
      step,
    );
  }
  const reply: Arp = {
    kind: "arp",
    op: "reply",
    senderMac: device.mac,
    senderIp: arp.targetIp,
    targetMac: arp.senderMac,
    targetIp: arp.senderIp,
  };
  const out = { dst: arp.senderMac, src: device.mac, payload: reply };
  step = ns.step(LEVEL.path, step, device, "arp", out, () => ({ because: `${arp.targetIp} is at ${device.mac}` }));
  transmit(ns.cables, device, out, step);
}

/** Whether somebody with this address can be out there; 0.0.0.0 asks whether an address is free (RFC 5227). */
function canAsk(ns: Netns, sender: Ipv4): boolean {
  if (sender.bits === 0) return true;
  if (sender.isMulticast || sender.bits === 0xffffffff || sender.isLoopback || sender.isZeroNet) return false;
  return ns.deviceOfAddress(sender) === undefined;
}

/** Any address of the namespace is answered for on any of its devices (arp_ignore 0). */
function isOwn(ns: Netns, address: Ipv4): boolean {
  return !address.isLoopback && ns.tables.get(TABLE.local)!.lookup(address)?.type === "local";
}

function portOf(ns: Netns, device: Device): NeighbourPort {
  return {
    world: ns.cables,
    reachableTime: ns.inet.get(device)!.reachableTime,
    solicit: (neighbour, unicast, cause) => solicit(ns, device, neighbour, unicast, cause),
    send: (neighbour, { packet, cause }) =>
      sendTo(ns, device, neighbour.mac!, packet, cause, neighbour.address, neighbour.state!),
    unreachable: (neighbour, waiting) => {
      for (const { packet, cause } of waiting) {
        const step = ns.step(LEVEL.path, cause, device, "drop", packet, () => ({
          because: `nobody on the link of ${device.name} has ${neighbour.address}`,
          evidence: { kind: "neighbour", text: `${neighbour.address} dev ${device.name} FAILED`, command: "ip neigh" },
        }));
        // Nothing says that the sender is another: the error goes to the packet's source, which may be this namespace.
        icmpError(ns, null, packet, ICMP.unreachable, ICMP_CODE.host, 0, step);
      }
    },
    changed: (neighbour, from, because, cause) =>
      ns.step(LEVEL.path, cause, device, "neighbour", undefined, () => ({
        because: `${neighbour.address}: ${from ?? "no entry"} becomes ${neighbour.state}, because ${because}`,
        evidence: {
          kind: "neighbour",
          text: `${neighbour.address} dev ${device.name}${neighbour.isValid ? ` lladdr ${neighbour.mac}` : ""} ${neighbour.state}`,
          command: "ip neigh",
        },
      })),
  };
}

function solicit(ns: Netns, device: Device, neighbour: Neighbour, unicast: boolean, cause: number): void {
  const { addresses } = ns.inet.get(device)!;
  const waiting = neighbour.lastSource();
  const own = waiting !== null && ns.deviceOfAddress(waiting) !== undefined ? waiting : null;
  // With no address at all the question is asked in nobody's name.
  const senderIp = own ?? selectSource(addresses, neighbour.address, "link") ?? anyAddress(ns) ?? Ipv4.of(0);
  const arp: Arp = {
    kind: "arp",
    op: "request",
    senderMac: device.mac,
    senderIp,
    targetMac: ZERO_MAC,
    targetIp: neighbour.address,
  };
  const frame = { dst: unicast ? neighbour.mac! : BROADCAST_MAC, src: device.mac, payload: arp };
  const step = ns.step(LEVEL.path, cause, device, "arp", frame, () => ({
    because: unicast
      ? `is ${neighbour.address} still at ${neighbour.mac}?`
      : `the MAC of ${neighbour.address} is not known: ask everybody on the link`,
  }));
  transmit(ns.cables, device, frame, step);
}

function anyAddress(ns: Netns): Ipv4 | null {
  for (const { addresses } of ns.inet.values()) {
    const found = selectSource(
      addresses.filter((each) => each.scope === "global"),
      null,
      "link",
    );
    if (found !== null) return found;
  }
  return null;
}
