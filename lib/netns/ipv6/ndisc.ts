// Who has this IPv6 address? Neighbour discovery asked and answered, on the states of lib/ip/neighbour.ts.
// Before you edit: RFC 4861 §7.2, net/ipv6/ndisc.c (ndisc_rcv, ndisc_recv_ns, ndisc_recv_na, ndisc_solicit, ndisc_update).
import { Neighbour, type NeighbourPort } from "../../ip/neighbour.ts";
import type { Device } from "../../link/device.ts";
import { LEVEL } from "../../trace/step.ts";
import { ALL_NODES, type Ipv6 } from "../../wire/address6.ts";
import {
  type NeighbourAdvertisement,
  type NeighbourSolicitation,
  ndMessage,
  type RouterSolicitation,
} from "../../wire/nd.ts";
import { ICMP6, ICMP6_CODE, type Icmp6, type Ipv6Packet } from "../../wire/packet.ts";
import type { Netns } from "../netns.ts";
import { dadFails } from "./dad.ts";
import { sourceFrom } from "./decide.ts";
import { icmp6Error } from "./icmp.ts";
import { redirectInput } from "./redirect.ts";
import { sendTo6 } from "./send.ts";
import type { Arrival6, Skb6 } from "./skb6.ts";
import { ND_HOP_LIMIT, ndPacket, ndSend, sendSolicitation } from "./solicit.ts";
import type { Neighbour6 } from "./state.ts";

/** The entry for a next hop on a device, made if there is none. */
export function neighbour6Of(ns: Netns, device: Device, address: Ipv6): Neighbour6 {
  const inet = ns.ipv6.of(device);
  let neighbour = inet.neighbours.get(address);
  if (neighbour === undefined) {
    neighbour = new Neighbour(address, portOf(ns, device));
    inet.neighbours.set(address, neighbour);
  }
  return neighbour;
}

function portOf(ns: Netns, device: Device): NeighbourPort<Ipv6> {
  return {
    world: ns.cables,
    parms: ns.ipv6.of(device).parms,
    table: null,
    forget: ({ address }) => void ns.ipv6.of(device).neighbours.delete(address),
    solicit: (neighbour, unicast, cause) => {
      // The source of the packet that waits is named if it is an address of the device's own.
      const waiting = neighbour.lastSource();
      const own = waiting === null ? undefined : ns.ipv6.of(device).addressOf(waiting);
      const src = own === undefined || own.tentative ? null : own.local;
      sendSolicitation(ns, device, neighbour.address, src, cause, unicast ? neighbour.mac : null);
    },
    send: (neighbour, { packet, cause }) =>
      sendTo6(ns, device, neighbour.mac!, packet, cause, neighbour.address, neighbour.state!),
    unreachable: (neighbour, { packet, cause, route: skb }, isTold) => {
      const step = ns.step(LEVEL.path, cause, device, "drop", packet, () => ({
        because: `nobody on the link of ${device.name} has ${neighbour.address}`,
        evidence: { kind: "neighbour", text: textOf(device, neighbour), command: "ip -6 neigh" },
      }));
      if (isTold) icmp6Error(ns, skb as Skb6, packet, ICMP6.unreachable, ICMP6_CODE.address, 0, step);
    },
    changed: (neighbour, from, because, cause) =>
      ns.step(LEVEL.path, cause, device, "neighbour", undefined, () => ({
        because: `${neighbour.address}: ${from ?? "no entry"} becomes ${neighbour.state}, because ${because}`,
        evidence: { kind: "neighbour", text: textOf(device, neighbour), command: "ip -6 neigh" },
      })),
  };
}

function textOf(device: Device, { address, mac, isValid, isRouter, state }: Neighbour6): string {
  const flags = isRouter ? " router" : "";
  return `${address} dev ${device.name}${isValid ? ` lladdr ${mac}` : ""}${flags} ${state}`;
}

/** A message of neighbour discovery came in (ndisc_rcv). */
export function ndInput(ns: Netns, arrival: Arrival6, packet: Ipv6Packet, icmp: Icmp6, cause: number): void {
  const { device } = arrival;
  const drop = (because: string) => void ns.step(LEVEL.path, cause, device, "drop", packet, () => ({ because }));
  if (packet.hopLimit !== ND_HOP_LIMIT)
    return drop(`neighbour discovery with the hop limit ${packet.hopLimit} may have come from another link`);
  const message = ndMessage(icmp);
  if (message === null) return drop("a message of neighbour discovery that cannot be read");
  if (message.kind === "neighbour solicitation") solicited(ns, device, packet, message, cause, drop);
  else if (message.kind === "neighbour advertisement") advertised(ns, arrival, packet, message, cause, drop);
  else if (message.kind === "router solicitation") routerIsAsked(ns, device, packet, message, cause, drop);
  else if (message.kind === "redirect") redirectInput(ns, device, packet, message, cause, drop);
  else drop(`nobody here listens to a ${message.kind}`);
}

/** A router learns who asks for one (ndisc_recv_rs); nobody here advertises himself. */
function routerIsAsked(
  ns: Netns,
  device: Device,
  { src }: Ipv6Packet,
  { sourceMac }: RouterSolicitation,
  cause: number,
  drop: Drop,
): void {
  if (ns.ipv6.of(device).conf.forwarding === 0) return drop("it asks for routers, and this is none");
  if (src.isUnspecified) return drop("nobody asks, so nobody can be known");
  const neighbour = neighbour6Of(ns, device, src);
  neighbour.isRouter = false;
  const mac = sourceMac ?? (neighbour.isValid ? neighbour.mac : null);
  if (mac !== null) neighbour.update(mac, false, true, `${src} asks for routers, so its MAC is known`, cause, true);
}

type Drop = (because: string) => void;

function solicited(
  ns: Netns,
  device: Device,
  packet: Ipv6Packet,
  { target, sourceMac, nonce }: NeighbourSolicitation,
  cause: number,
  drop: Drop,
): void {
  const { src, dst } = packet;
  const isDetection = src.isUnspecified;
  if (target.isMulticast) return drop(`${target} is a group, and no neighbour`);
  if (isDetection && !dst.isSolicitedNode) return drop("duplicate address detection asks the group of the address");
  if (isDetection && sourceMac !== undefined) return drop("nobody's question names a MAC");
  const inet = ns.ipv6.of(device);
  const own = inet.addressOf(target);
  let isProxy = false;
  if (own === undefined) {
    isProxy = !inet.anycast.has(target) && inet.proxies.has(target) && proxies(ns, device);
    if (!inet.anycast.has(target) && !isProxy) return drop(`who has ${target}? Not ${device.name}: no answer`);
  } else if (own.tentative) {
    if (!isDetection) return drop(`${target} is still tentative here: no answer`);
    const mine = inet.detections.get(own)?.nonce;
    if (nonce !== undefined && mine?.every((octet, i) => octet === nonce[i]))
      return drop("this is its own question that came back");
    return dadFails(ns, device, own, `somebody else would like ${target} too`, cause);
  }
  const because = isProxy
    ? `proxy_ndp: ${target} is answered for in another's name`
    : `${target} is an address of ${device.name}: answer with ${device.mac}`;
  const step = ns.step(LEVEL.path, cause, device, "nd", packet, () => ({
    because,
    evidence: { kind: "address", text: `inet6 ${target}`, command: `ip -6 addr show ${device.name}` },
  }));
  const toGroup = dst.isMulticast;
  const isSolicited = !isDetection;
  if (isSolicited) {
    // The question itself tells who asks; without its MAC only one who is known already gets an answer.
    let asker = inet.neighbours.get(src);
    if (asker === undefined && (!toGroup || sourceMac !== undefined)) asker = neighbour6Of(ns, device, src);
    if (asker === undefined) return;
    const mac = sourceMac ?? (asker.isValid ? asker.mac : null);
    if (mac !== null) asker.update(mac, false, true, `${src} asked, so its MAC is known`, step, true);
  }
  const isOwn = own !== undefined;
  answer(ns, device, target, isSolicited ? src : ALL_NODES, {
    solicited: isSolicited,
    override: isOwn && (isDetection || toGroup),
    namesMac: isDetection || toGroup,
    isOwn,
    step,
  });
}

function proxies(ns: Netns, device: Device): boolean {
  const { all } = ns.ipv6;
  const { conf } = ns.ipv6.of(device);
  return conf.forwarding !== 0 && (all.proxy_ndp !== 0 || conf.proxy_ndp !== 0);
}

interface Answer {
  readonly solicited: boolean;
  readonly override: boolean;
  readonly namesMac: boolean;
  readonly isOwn: boolean;
  readonly step: number;
}

/** ndisc_send_na */
function answer(ns: Netns, device: Device, target: Ipv6, to: Ipv6, how: Answer): void {
  const src = how.isOwn ? target : sourceFrom(ns, to, device)?.address.local;
  if (src === undefined) return;
  const message: NeighbourAdvertisement = {
    kind: "neighbour advertisement",
    target,
    router: ns.ipv6.of(device).conf.forwarding !== 0,
    solicited: how.solicited,
    override: how.override,
    ...(how.namesMac && { targetMac: device.mac }),
  };
  const packet = ndPacket(src, to, message);
  ndSend(ns, device, packet, how.step, `${target} is at ${device.mac}`);
}

function advertised(
  ns: Netns,
  arrival: Arrival6,
  packet: Ipv6Packet,
  { target, router, solicited: isAnswer, override, targetMac }: NeighbourAdvertisement,
  cause: number,
  drop: Drop,
): void {
  const { device } = arrival;
  if (target.isMulticast) return drop(`${target} is a group, and no neighbour`);
  if (packet.dst.isMulticast && isAnswer) return drop("an answer to all is no answer to a question");
  const inet = ns.ipv6.of(device);
  const own = inet.addressOf(target);
  if (own?.tentative) return dadFails(ns, device, own, `${targetMac ?? packet.src} has ${target} already`, cause);
  if (own !== undefined) return drop(`somebody else says that ${target} is at ${targetMac}, but it is an address here`);
  const known = inet.neighbours.get(target);
  if (known === undefined) return drop(`nobody here asked for ${target}`);
  if (known.state === "PERMANENT" || known.state === "FAILED") return drop(`${target} is ${known.state}: no news`);
  const mac = targetMac ?? (known.isValid ? known.mac : null);
  if (mac === null) return drop(`it does not say which MAC has ${target}`);
  const step = ns.step(LEVEL.path, cause, device, "nd", packet, () => ({ because: `${target} is at ${mac}` }));
  const isBelieved = !known.isValid || known.mac === mac || override;
  known.update(mac, isAnswer, override, `a neighbour advertisement of ${target}`, step, true);
  if (!isBelieved) return;
  // Who is no router any more is no way either (rt6_clean_tohost).
  if (known.isRouter && !router)
    for (const [destination, { target: told }] of ns.ipv6.redirects)
      if (told === target && destination !== target) ns.ipv6.redirects.delete(destination);
  known.isRouter = router;
}
