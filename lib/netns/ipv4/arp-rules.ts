// Whether an ARP question is answered, in whose name one is asked, and which news is believed: the sysctls of ARP.
// Before you edit: net/ipv4/arp.c (arp_ignore, arp_filter, arp_accept, arp_fwd_proxy, arp_solicit), devinet.c
// (inet_confirm_addr), Documentation/networking/ip-sysctl.rst.
import { type InterfaceAddress, networkOf, SCOPE, type Scope } from "../../ip/address.ts";
import type { Device } from "../../link/device.ts";
import type { Evidence } from "../../trace/step.ts";
import type { Ipv4 } from "../../wire/address.ts";
import type { Arp } from "../../wire/packet.ts";
import type { ConfName } from "../devconf.ts";
import type { Netns } from "../netns.ts";
import { evidenceOf, isOnLink, routeInput } from "./input-route.ts";
import { peekRoute } from "./output-route.ts";

/** What becomes of a question: `answer` says for whom, or null when there is none, and why. */
export interface Verdict {
  readonly answer: "own" | "proxy" | null;
  readonly because: string;
  readonly evidence?: Evidence;
  /** The question is done with: nothing is learned from it. */
  readonly done: boolean;
}

/** `who has TARGET? tell SENDER`, come in by a device (arp_process). */
export function judge(ns: Netns, device: Device, question: Arp): Verdict {
  const { senderIp, targetIp } = question;
  const nobody = `who has ${targetIp}? Not this namespace: no answer`;
  if (senderIp.bits === 0) {
    // Somebody wants to know whether an address is free (RFC 5227).
    if (!isLocal(ns, targetIp)) return { answer: null, because: nobody, done: true };
    return ignored(ns, device, senderIp, targetIp) ?? own(targetIp, senderIp, device);
  }
  const way = routeInput(ns, device, senderIp, targetIp, undefined, -1, 0, question);
  if (way.type === "local") {
    const silent = ignored(ns, device, senderIp, targetIp) ?? filtered(ns, device, senderIp, targetIp);
    return silent ?? own(targetIp, senderIp, device);
  }
  if (way.type === "martian" && isLocal(ns, targetIp)) {
    const because = `who has ${targetIp}? Asked in the name of ${senderIp}, which nobody there can have: no answer`;
    return { answer: null, because, done: false, ...(way.evidence !== undefined && { evidence: way.evidence }) };
  }
  const isProxy = ns.sysctls.conf.of(device, "proxy_arp") !== 0;
  if (way.type !== "unicast" || !isProxy) return { answer: null, because: nobody, done: false };
  const evidence = evidenceOf(ns, device, "proxy_arp");
  const not = (why: string) => ({ answer: null, because: `${nobody}, and no proxy: ${why}`, evidence, done: false });
  if (!ns.forwards(device)) return not(`packets from ${device.name} are not passed on`);
  if (way.device === device) return not(`the way to ${targetIp} leads by ${device.name} itself`);
  const because = `proxy_arp: the way to ${targetIp} leads by ${way.device.name}, so ${senderIp} gets the MAC ${device.mac} for it`;
  return { answer: "proxy", because, evidence, done: true };
}

function own(target: Ipv4, sender: Ipv4, device: Device): Verdict {
  const because = `${target} is an address of this namespace: answer ${sender} with ${device.mac}`;
  const evidence = { kind: "address", text: `inet ${target}`, command: "ip addr" } as const;
  return { answer: "own", because, evidence, done: true };
}

/** arp_ignore: an address of this namespace that is kept secret on this device. */
function ignored(ns: Netns, device: Device, sender: Ipv4, target: Ipv4): Verdict | null {
  const level = ns.sysctls.conf.of(device, "arp_ignore");
  const silent = (why: string) => silence(ns, device, "arp_ignore", `no answer to ${sender}: ${why}`);
  if (level === 8) return silent("nothing is answered on this device");
  if (level === 1 && !confirms(ns, [device], null, target, "host"))
    return silent(`${target} is not an address of ${device.name} itself`);
  if (level === 2 && !confirms(ns, [device], sender, target, "host"))
    return silent(`${target} is not an address of ${device.name} in a network with ${sender}`);
  if (level === 3 && !confirms(ns, [...ns.devices.values()], null, target, "link"))
    return silent(`${target} has the scope host`);
  return null;
}

/** arp_filter: the answer to the sender would leave by another device. */
function filtered(ns: Netns, device: Device, sender: Ipv4, target: Ipv4): Verdict | null {
  if (ns.sysctls.conf.of(device, "arp_filter") === 0) return null;
  const way = peekRoute(ns, sender, target, null);
  if (way.errno === null && way.device === device) return null;
  if (way.errno === null) ns.mib.TcpExtArpFilter++;
  const leads = way.errno === null ? `leads by ${way.device.name}` : "is not there";
  return silence(ns, device, "arp_filter", `no answer to ${sender}: the way there from ${target} ${leads}`);
}

function silence(ns: Netns, device: Device, name: ConfName, because: string): Verdict {
  return { answer: null, because, evidence: evidenceOf(ns, device, name), done: true };
}

/**
 * inet_confirm_addr: an address of one of the devices that may be told to `peer`. Null for `local` asks whether there is
 * any.
 */
function confirms(ns: Netns, devices: readonly Device[], peer: Ipv4 | null, local: Ipv4 | null, scope: Scope): boolean {
  return devices.some((device) => {
    const nearest = ns.sysctls.conf.of(device, "route_localnet") !== 0 ? SCOPE.link : SCOPE.host;
    const isFit = (address: InterfaceAddress) => Math.min(SCOPE[address.scope], nearest) <= SCOPE[scope];
    const { addresses } = ns.inet.get(device)!;
    const hasAddress = addresses.some((each) => (local === null || each.local === local) && isFit(each));
    const hasNetwork = addresses.some(
      (each) =>
        (local === null || networkOf(each).contains(local)) && (peer === null || networkOf(each).contains(peer)),
    );
    return hasAddress && hasNetwork;
  });
}

/** arp_accept: an entry is made of news that nobody asked for. */
export function accepts(ns: Netns, device: Device, sender: Ipv4): boolean {
  const level = ns.sysctls.conf.of(device, "arp_accept");
  return level === 1 || (level === 2 && confirms(ns, [device], sender, null, "link"));
}

/** arp_announce: the source of the packet that waits is named in the question, or it is not (null). */
export function announced(ns: Netns, device: Device, waiting: Ipv4 | null, target: Ipv4): Ipv4 | null {
  if (waiting === null || !isLocal(ns, waiting)) return null;
  const level = ns.sysctls.conf.of(device, "arp_announce");
  if (level === 0) return waiting;
  return level === 1 && isOnLink(ns, device, target, waiting) ? waiting : null;
}

export function isLocal(ns: Netns, address: Ipv4): boolean {
  return ns.tables.local.lookup(address)?.type === "local";
}
