// A device as `ip link` and `ip addr` print it.
// Before you edit: iproute2 ip/ipaddress.c (print_linkinfo, print_link_flags, print_stats64), lib/utils.c (print_name_and_link).
import type { Device } from "../../link/device.ts";
import { BROADCAST_MAC, ZERO_MAC } from "../../wire/mac.ts";
import { notModelled } from "../command.ts";
import { type Context, linkNetns, linkNetnsId } from "./context.ts";
import { detailsJson, detailsText } from "./link-details.ts";

/** Whether a device's line is of `ip link` (with its mode) or of `ip addr`. */
export type LineOf = "link" | "addr";

/**
 * What a device leads to (IFLA_LINK): its peer, the device below a tunnel; null: nothing, and that is said (`@NONE`);
 * undefined: nothing is said. A VXLAN device in a strange namespace names itself.
 */
export function linkOf(device: Device): Device | null | undefined {
  if (device.ipip !== null) return device.ipip.lower;
  if (device.vlan !== null) return device.vlan.lower;
  if (device.vxlan !== null) return device.vxlan.underlay === device.owner ? undefined : device;
  // What is at the other end of a card's cable the kernel does not know.
  return device.nic === null ? (device.peer ?? undefined) : undefined;
}

/** Whether what a device leads to has its name here: it is in this namespace, or the kernel says of no other. */
function isHere(context: Context, device: Device, link: Device): boolean {
  return link !== device && link.owner === context.ns;
}

/** `veth0@if5`: the name of what it leads to when that is in this namespace, else its index. */
export function nameAndLink(context: Context, device: Device): string {
  const link = linkOf(device);
  if (link === undefined) return device.name;
  if (link === null) return `${device.name}@NONE`;
  return `${device.name}@${isHere(context, device, link) ? link.name : `if${link.index}`}`;
}

/** Flags in iproute2's order. M-DOWN: the other end is in this namespace and down. */
export function linkFlags(context: Context, device: Device): string[] {
  const { kind, up, running, ipip, attributes } = device;
  const link = linkOf(device);
  const flags: string[] = [];
  if (up && !running) flags.push("NO-CARRIER");
  if (kind === "loopback") flags.push("LOOPBACK");
  else if (kind === "tun") flags.push("POINTOPOINT");
  else if (ipip !== null) flags.push(...(ipip.remote === null ? [] : ["POINTOPOINT"]));
  else flags.push("BROADCAST");
  if (attributes.multicast ?? (kind !== "loopback" && kind !== "dummy" && ipip === null)) flags.push("MULTICAST");
  if (device.isNoArp) flags.push("NOARP");
  if (attributes.allmulticast) flags.push("ALLMULTI");
  if (attributes.promisc) flags.push("PROMISC");
  if (up) flags.push("UP");
  if (running) flags.push("LOWER_UP");
  if (link && isHere(context, device, link) && !link.up) flags.push("M-DOWN");
  return flags;
}

/** /etc/iproute2/group has one name. */
function groupName(group: number): string {
  return group === 0 ? "default" : `${group}`;
}

export function queueDiscipline(device: Device): string {
  if (!device.everUp) return "noop";
  if (device.kind === "tun") return "pfifo_fast";
  return device.nic === null ? "noqueue" : device.nic.queues > 1 ? "mq" : "fq_codel";
}

/** The link layer: its type, the device's address, and everybody's, or the other end's. */
export function linkLayer({ kind, mac, ipip }: Device) {
  const everybody = kind === "loopback" ? ZERO_MAC.text : BROADCAST_MAC.text;
  if (kind === "tun") return { type: "none", address: "", isPeer: false, broadcast: "" };
  if (ipip === null)
    return { type: kind === "loopback" ? "loopback" : "ether", address: mac.text, isPeer: false, broadcast: everybody };
  const { local, remote } = ipip;
  const none = "0.0.0.0";
  return { type: "ipip", address: local?.text ?? none, isPeer: remote !== null, broadcast: remote?.text ?? none };
}

/** The lines of a device, without its addresses. */
/** A datapath has its ports as a bridge has; it is none of its own. */
function masterOf(device: Device): Device | null {
  const datapath = device.vport?.datapath ?? null;
  return device.master ?? (datapath === device ? null : datapath);
}

export function linkText(context: Context, device: Device, of: LineOf): string {
  const { options, newline } = context;
  const flags = linkFlags(context, device).join(",");
  if (options.brief) {
    const head = `${nameAndLink(context, device).padEnd(16)} ${device.state.padEnd(14)} `;
    const { address } = linkLayer(device);
    return of === "link" ? `${head}${address === "" ? "" : `${address} `}<${flags}> \n` : head;
  }
  const words = [`${device.index}: ${nameAndLink(context, device)}: <${flags}>`, `mtu ${device.mtu}`];
  words.push(`qdisc ${queueDiscipline(device)}`);
  const master = masterOf(device);
  if (master !== null) words.push(`master ${master.name}`);
  words.push(`state ${device.state}`);
  if (of === "link") words.push("mode DEFAULT");
  const { group, txqueuelen, alias } = device.attributes;
  words.push(`group ${groupName(group)}`);
  // Without a queue the blank before it stays.
  words.push(txqueuelen === 0 ? "" : `qlen ${txqueuelen}`);
  let text = words.join(" ");
  if (of === "link" || !(options.inet || options.inet6) || options.details) {
    const { type, address, isPeer, broadcast } = linkLayer(device);
    const ends = address === "" ? "" : `${address} ${isPeer ? "peer" : "brd"} ${broadcast}`;
    text += `${newline}    link/${type} ${ends}`;
  }
  text += linkNetns(context, device);
  if (options.details) text += detailsText(context, device, of);
  if (alias !== null && (of === "link" || options.details)) text += `${newline}    alias ${alias}`;
  if (of === "link" && options.stats > 0) text += newline + statistics(context, device);
  return `${text}\n`;
}

/** The same as JSON, a key for each word. */
export function linkJson(context: Context, device: Device, of: LineOf): object {
  const { options } = context;
  const other = linkOf(device);
  const id = linkNetnsId(context, device);
  const { group, txqueuelen, alias } = device.attributes;
  const link =
    other === undefined
      ? {}
      : other === null
        ? { link: null }
        : isHere(context, device, other)
          ? { link: other.name }
          : { link_index: other.index };
  const { type, address, isPeer, broadcast } = linkLayer(device);
  if (options.brief)
    return {
      ...link,
      ifname: device.name,
      operstate: device.state,
      ...(of === "link" && address !== "" && { address }),
      ...(of === "link" && { flags: linkFlags(context, device) }),
    };
  return {
    ifindex: device.index,
    ...link,
    ifname: device.name,
    flags: linkFlags(context, device),
    mtu: device.mtu,
    qdisc: queueDiscipline(device),
    ...(masterOf(device) !== null && { master: masterOf(device)!.name }),
    operstate: device.state,
    ...(of === "link" && { linkmode: "DEFAULT" }),
    group: groupName(group),
    ...(txqueuelen !== 0 && { txqlen: txqueuelen }),
    ...((of === "link" || !(options.inet || options.inet6) || options.details) && {
      link_type: type,
      ...(address !== "" && { address, ...(isPeer && { link_pointtopoint: true }), broadcast }),
    }),
    ...(id !== null && { link_netnsid: id }),
    ...(options.details && detailsJson(context, device, of)),
    ...(alias !== null && (of === "link" || options.details) && { ifalias: alias }),
    ...(of === "link" && options.stats > 0 && { stats64: statisticsJson(context, device) }),
  };
}

/** Counters in columns as wide as their widest (print_stats64). */
export function statistics({ newline, options }: Context, { stats, errors }: Device): string {
  // How often a carrier came and went is not counted here.
  if (options.stats > 1) throw notModelled("ip", "-s -s", "-s with ip link and ip address");
  const rx = [stats.rxBytes, stats.rxPackets, errors?.rx ?? 0, stats.rxDropped, 0, 0];
  const tx = [stats.txBytes, stats.txPackets, errors?.tx ?? 0, stats.txDropped];
  tx.push(errors?.carrier ?? 0, errors?.collisions ?? 0);
  const least = ["*X errors:", "packets", "errors", "dropped", "heartbt", "overrun"];
  const widths = least.map((word, i) => Math.max(word.length, `${rx[i]}`.length, `${tx[i]}`.length));
  const compressed = " ".repeat("compressed".length);
  const names = (first: string, list: readonly string[]) =>
    `    ${first}: ${list.map((name, i) => name.padStart(i === 0 ? widths[0]! - 4 : widths[i]!)).join(" ")} ${compressed}`;
  const values = (list: readonly number[]) =>
    `    ${list.map((value, i) => counterText(value, options).padStart(widths[i]!)).join(" ")} `;
  return [
    names("RX", ["bytes", "packets", "errors", "dropped", "missed", "mcast"]),
    values(rx),
    names("TX", ["bytes", "packets", "errors", "dropped", "carrier", "collsns"]),
    values(tx),
  ].join(newline);
}

/** `1234567`, or with three digits as `1.23M` and `1.18Mi` (print_num of ip/ipaddress.c). */
function counterText(value: number, { human, iec }: Context["options"]): string {
  const base = iec ? 1024 : 1000;
  if (!human || value < base) return `${value}`;
  let power = base;
  let prefix = 0;
  for (; Math.floor(value / base) >= power && prefix < 5; prefix++) power *= base;
  let precision = 2;
  for (let limit = 10; precision > 0 && Math.floor(value / power) >= limit; limit *= 10) precision--;
  return `${(value / power).toFixed(precision)}${"kMGTPE"[prefix]}${iec ? "i" : ""}`;
}

function statisticsJson({ options }: Context, { stats, errors }: Device): object {
  if (options.stats > 1) throw notModelled("ip", "-s -s", "-s with ip link and ip address");
  return {
    rx: {
      bytes: stats.rxBytes,
      packets: stats.rxPackets,
      errors: errors?.rx ?? 0,
      dropped: stats.rxDropped,
      over_errors: 0,
      multicast: 0,
    },
    tx: {
      bytes: stats.txBytes,
      packets: stats.txPackets,
      errors: errors?.tx ?? 0,
      dropped: stats.txDropped,
      carrier_errors: errors?.carrier ?? 0,
      collisions: errors?.collisions ?? 0,
    },
  };
}
