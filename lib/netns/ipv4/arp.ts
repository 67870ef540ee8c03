// Who has this address? ARP asked and answered.
// Before you edit: RFC 826, net/ipv4/arp.c (arp_process, arp_solicit), net/core/neighbour.c (neigh_event_ns).
import { selectSource } from "../../ip/address.ts";
import { Neighbour, type NeighbourPort } from "../../ip/neighbour.ts";
import { isTold } from "../../ip/neighbour-port.ts";
import type { Route } from "../../ip/route.ts";
import { DEFAULT_RULES } from "../../ip/rule.ts";
import { waitsForMac } from "../../link/bridge-translated.ts";
import type { Device } from "../../link/device.ts";
import { transmit } from "../../link/forward.ts";
import type { Told } from "../../trace/recorder.ts";
import { LEVEL, NOT_RECORDED } from "../../trace/step.ts";
import { Ipv4 } from "../../wire/address.ts";
import { BROADCAST_MAC, type Mac, ZERO_MAC } from "../../wire/mac.ts";
import { type Arp, type Frame, ICMP, ICMP_CODE } from "../../wire/packet.ts";
import type { Netns } from "../netns.ts";
import { tellNeighbour } from "../rtnetlink.ts";
import { accepts, announced, judge } from "./arp-rules.ts";
import { icmpError } from "./icmp.ts";
import { inetOf } from "./inet.ts";
import { evidenceOf } from "./input-route.ts";
import { sendTo } from "./send.ts";

/** The entry for a next hop on a device, made if there is none; `exempt` from being collected if it is made to stay. */
export function neighbourOf(ns: Netns, device: Device, address: Ipv4, exempt = false): Neighbour {
  const inet = inetOf(device);
  let neighbour = inet.neighbours.get(address);
  if (neighbour === undefined) {
    inet.port ??= portOf(ns, device);
    neighbour = new Neighbour(address, inet.port, exempt);
    inet.addNeighbour(neighbour);
  }
  return neighbour;
}

/** The same, but null when the machine's table has no room for one more (__neigh_create). */
export function createNeighbour(ns: Netns, device: Device, address: Ipv4): Neighbour | null {
  const known = ns.inet.get(device)!.neighbours.get(address);
  if (known !== undefined) return known;
  return ns.kernel.arp.hasRoom() ? neighbourOf(ns, device, address) : null;
}

/** What is said of a packet for which the table has no room. */
export function tellOverflow(ns: Netns, address: Ipv4): Told {
  const { size, thresholds } = ns.kernel.arp;
  return {
    because: `the machine's table has ${size} neighbours, all in use or young, and no room for ${address}: neighbor table overflow`,
    evidence: {
      kind: "sysctl",
      text: `net.ipv4.neigh.default.gc_thresh3 = ${thresholds[2]}`,
      command: "sysctl net.ipv4.neigh.default.gc_thresh3",
    },
  };
}

/** An ARP message came in (arp_rcv, arp_process). */
export function arpInput(ns: Netns, device: Device, frame: Frame, arp: Arp, forUs: boolean, cause: number): void {
  // Who asks nobody answers nobody (arp_rcv).
  if (device.isNoArp) return;
  const { targetIp } = arp;
  const staysHome = targetIp.isLoopback && ns.sysctls.conf.of(device, "route_localnet") === 0;
  if (!forUs || targetIp.isMulticast || staysHome) {
    ns.note(LEVEL.path, cause, device, "drop", frame, tellIgnored, forUs ? targetIp : null, frame.dst);
    return;
  }
  if (ns.cables.recorder.level === LEVEL.off && isForAnother(ns, device, arp)) {
    // Of a flooded question most who hear it have nothing to say; nobody watches, so the reasons are not told either.
    const { neighbours, conf } = inetOf(device);
    const known = neighbours.get(arp.senderIp);
    if (known === undefined) {
      const asks = conf.arp_accept !== 0 || ns.sysctls.conf.all.arp_accept !== 0;
      if (asks && accepts(ns, device, arp.senderIp)) learn(ns, device, frame, arp, cause);
    } else if (known.mac !== arp.senderMac || !known.isValid) learn(ns, device, frame, arp, cause);
    return;
  }
  process(ns, device, frame, arp, cause);
}

/** arp_process: is it answered, and what is learned from it? */
function process(ns: Netns, device: Device, frame: Frame, arp: Arp, cause: number): void {
  let step = cause;
  if (arp.op === "request") {
    const { answer: kind, because, evidence, done } = quietly(ns, () => judge(ns, device, arp));
    const said = () => ({ because, ...(evidence !== undefined && { evidence }) });
    const known = ns.inet.get(device)!.neighbours.has(arp.senderIp) || accepts(ns, device, arp.senderIp);
    // What is neither answered nor learned from ends here; else there is more to say below.
    if (kind !== null || done || !known) step = ns.step(LEVEL.path, cause, device, "arp", frame, said);
    if (kind === "proxy" && frame.dst.isGroup) answerLater(ns, device, arp, step);
    else if (kind !== null) answer(ns, device, arp, step);
    if (done || !known) return;
  }
  learn(ns, device, frame, arp, step);
}

function tellIgnored(target: Ipv4 | null, mac: Mac): Told {
  return {
    because: target === null ? `the frame is for ${mac}: ARP does not look at it` : `nobody has ${target} on a link`,
  };
}

/** A question that `judge` leaves unanswered in the usual case: for another's address, and this is no proxy. */
function isForAnother(ns: Netns, device: Device, { op, senderIp, targetIp }: Arp): boolean {
  if (op !== "request" || senderIp.bits === 0 || ns.rules !== DEFAULT_RULES) return false;
  if (ns.tables.local.lookup(targetIp) !== null) return false;
  return inetOf(device).conf.proxy_arp === 0 && ns.sysctls.conf.all.proxy_arp === 0;
}

/** What an ARP message says of its sender. */
function learn(ns: Netns, device: Device, frame: Frame, arp: Arp, cause: number): void {
  const isElsewhere = ns.tables.local.lookup(arp.senderIp) === null;
  const isGratuitous =
    arp.senderIp === arp.targetIp &&
    (arp.op === "request" || arp.targetMac === arp.senderMac) &&
    isElsewhere &&
    isUnicast(arp.senderIp);
  const isNews = isGratuitous || (arp.op === "reply" && isElsewhere && isUnicast(arp.senderIp));
  let known = ns.inet.get(device)!.neighbours.get(arp.senderIp);
  if (known === undefined && isNews && accepts(ns, device, arp.senderIp))
    known = createNeighbour(ns, device, arp.senderIp) ?? undefined;
  if (known === undefined) {
    ns.step(LEVEL.path, cause, device, "arp", frame, () => ({
      because: `nobody here asked for ${arp.senderIp}`,
      evidence: evidenceOf(ns, device, "arp_accept"),
    }));
    return;
  }
  // An answer to our own question is proof; anything else only says who seems to be there.
  const solicited = arp.op === "reply" && !frame.dst.isGroup;
  const override = ns.cables.now > known.updated + known.parms.lock || isGratuitous;
  const step = ns.step(LEVEL.path, cause, device, "arp", frame, () => ({
    because: `${arp.senderIp} is at ${arp.senderMac}`,
  }));
  known.update(arp.senderMac, solicited, override, `ARP ${arp.op} from ${arp.senderMac}`, step);
}

function isUnicast(address: Ipv4): boolean {
  return !address.isZeroNet && !address.isMulticast && address.bits !== 0xffffffff;
}

/** A question is no packet on its way: what it asks the tables leaves no steps. */
export function quietly<Result>(ns: Netns, ask: () => Result): Result {
  const { recorder } = ns.cables;
  const { level } = recorder;
  recorder.level = LEVEL.off;
  const result = ask();
  recorder.level = level;
  return result;
}

/** A proxy lets the owner answer first, if there is one: a question to everybody waits (pneigh_enqueue). */
function answerLater(ns: Netns, device: Device, arp: Arp, cause: number): void {
  const { parms } = ns.inet.get(device)!;
  if (parms.proxyDelay === 0) return answer(ns, device, arp, cause);
  if (parms.waiting > parms.read("proxy_qlen")) {
    ns.step(LEVEL.path, cause, device, "drop", arp, () => ({
      because: "too many questions wait for the proxy: proxy_qlen",
    }));
    return;
  }
  parms.waiting++;
  ns.cables.later(Math.floor(ns.cables.random() * parms.proxyDelay), () => {
    parms.waiting--;
    if (device.up && device.owner === ns) answer(ns, device, arp, cause);
  });
}

function answer(ns: Netns, device: Device, arp: Arp, cause: number): void {
  if (arp.senderIp.bits !== 0) {
    // The question itself tells who asks, so the answer's way back needs no question.
    createNeighbour(ns, device, arp.senderIp)?.update(
      arp.senderMac,
      false,
      true,
      `${arp.senderIp} asked, so its MAC is known`,
      cause,
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
  const step = ns.step(LEVEL.path, cause, device, "arp", out, () => ({
    because: `${arp.targetIp} is at ${device.mac}`,
  }));
  transmit(ns.cables, device, out, step);
}

function portOf(ns: Netns, device: Device): NeighbourPort {
  const inet = ns.inet.get(device)!;
  return {
    world: ns.cables,
    parms: inet.parms,
    table: ns.kernel.arp,
    forget: ({ address }) => inet.deleteNeighbour(address),
    solicit: (neighbour, unicast, cause) => solicit(ns, device, neighbour, unicast, cause),
    send: (neighbour, { packet, cause }) =>
      sendTo(ns, device, neighbour.mac!, packet, cause, neighbour.address, neighbour.state!),
    unreachable: (neighbour, { packet, cause, route }, isTold) => {
      const step = ns.step(LEVEL.path, cause, device, "drop", packet, () => ({
        because: `nobody on the link of ${device.name} has ${neighbour.address}`,
        evidence: { kind: "neighbour", text: `${neighbour.address} dev ${device.name} FAILED`, command: "ip neigh" },
      }));
      // Without its route a packet is of no namespace any more (dst_dev_put), so nobody is told.
      if (!isTold || ns.tables.values().some((table) => table.hasLost(route as Route))) return;
      if (waitsForMac(packet)) return;
      // Nothing says that the sender is another: the error goes to the packet's source, which may be this namespace.
      icmpError(ns, null, packet, ICMP.unreachable, ICMP_CODE.host, 0, step);
    },
    notify: (neighbour, isGone) => tellNeighbour(ns, device, neighbour, isGone),
    changed: (neighbour, from, because, cause) => {
      if (isTold(from, neighbour.state!)) tellNeighbour(ns, device, neighbour);
      return ns.step(LEVEL.path, cause, device, "neighbour", undefined, () => ({
        because: `${neighbour.address}: ${from ?? "no entry"} becomes ${neighbour.state}, because ${because}`,
        evidence: {
          kind: "neighbour",
          text: `${neighbour.address} dev ${device.name}${neighbour.isValid ? ` lladdr ${neighbour.mac}` : ""} ${neighbour.state}`,
          command: "ip neigh",
        },
      }));
    },
  };
}

function solicit(ns: Netns, device: Device, neighbour: Neighbour, unicast: boolean, cause: number): void {
  const { addresses } = ns.inet.get(device)!;
  const routesLocalnet = ns.sysctls.conf.of(device, "route_localnet") !== 0;
  const own = announced(ns, device, neighbour.lastSource(), neighbour.address);
  // With no address at all the question is asked in nobody's name.
  const senderIp =
    own ?? selectSource(addresses, neighbour.address, "link", routesLocalnet) ?? anyAddress(ns) ?? Ipv4.of(0);
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

/** Tells everybody whose an address is, as a device that comes up does with arp_notify (inetdev_send_gratuitous_arp). */
export function notify(ns: Netns, device: Device): void {
  if (ns.sysctls.conf.of(device, "arp_notify") === 0 || device.kind === "loopback") return;
  for (const { local } of ns.inet.get(device)!.addresses) {
    const said = { senderMac: device.mac, senderIp: local, targetMac: ZERO_MAC, targetIp: local } as const;
    const payload: Arp = { kind: "arp", op: "request", ...said };
    const frame = { dst: BROADCAST_MAC, src: device.mac, payload };
    const step = ns.step(LEVEL.path, NOT_RECORDED, device, "arp", frame, () => ({
      because: `${device.name} came up or got another MAC: everybody is told that ${local} is at ${device.mac}`,
      evidence: evidenceOf(ns, device, "arp_notify"),
    }));
    transmit(ns.cables, device, frame, step);
  }
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
