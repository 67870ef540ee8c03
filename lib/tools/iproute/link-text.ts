// A device as `ip link` and `ip addr` print it.
// Before you edit: iproute2 ip/ipaddress.c (print_linkinfo, print_link_flags, print_stats64), lib/utils.c (print_name_and_link).
import type { Device } from "../../link/device.ts";
import { BROADCAST_MAC, ZERO_MAC } from "../../wire/mac.ts";
import { type Context, linkNetns, linkNetnsId } from "./context.ts";

/** Whether a device's line is of `ip link` (with its mode) or of `ip addr`. */
export type LineOf = "link" | "addr";

/** `veth0@if5`: its peer's name when it is in this namespace, else its peer's index. */
export function nameAndLink(context: Context, device: Device): string {
  const { peer } = device;
  if (peer === null) return device.name;
  return `${device.name}@${peer.owner === context.ns ? peer.name : `if${peer.index}`}`;
}

/** Flags in iproute2's order. M-DOWN: the other end is in this namespace and down. */
export function linkFlags(context: Context, device: Device): string[] {
  const { kind, up, running, peer } = device;
  const flags: string[] = [];
  if (up && !running) flags.push("NO-CARRIER");
  if (kind === "loopback") flags.push("LOOPBACK");
  else flags.push("BROADCAST", "MULTICAST");
  if (up) flags.push("UP");
  if (running) flags.push("LOWER_UP");
  if (peer !== null && peer.owner === context.ns && !peer.up) flags.push("M-DOWN");
  return flags;
}

function queueDiscipline(device: Device): string {
  return device.everUp ? "noqueue" : "noop";
}

const broadcastOf = (device: Device) => (device.kind === "loopback" ? ZERO_MAC : BROADCAST_MAC);

/** The lines of a device, without its addresses. */
export function linkText(context: Context, device: Device, of: LineOf): string {
  const { options, newline } = context;
  const flags = linkFlags(context, device).join(",");
  if (options.brief) {
    const head = `${nameAndLink(context, device).padEnd(16)} ${device.state.padEnd(14)} `;
    return of === "link" ? `${head}${device.mac} <${flags}> \n` : head;
  }
  const words = [`${device.index}: ${nameAndLink(context, device)}: <${flags}>`, `mtu ${device.mtu}`];
  words.push(`qdisc ${queueDiscipline(device)}`);
  if (device.master !== null) words.push(`master ${device.master.name}`);
  words.push(`state ${device.state}`);
  if (of === "link") words.push("mode DEFAULT");
  words.push("group default", "qlen 1000");
  let text = words.join(" ");
  if (of === "link" || !options.inet) {
    const type = device.kind === "loopback" ? "loopback" : "ether";
    text += `${newline}    link/${type} ${device.mac} brd ${broadcastOf(device)}`;
  }
  text += linkNetns(context, device);
  if (of === "link" && options.stats > 0) text += newline + statistics(context, device);
  return `${text}\n`;
}

/** The same as JSON, a key for each word. */
export function linkJson(context: Context, device: Device, of: LineOf): object {
  const { options } = context;
  const { peer } = device;
  const id = linkNetnsId(context, device);
  const isHere = peer !== null && peer.owner === context.ns;
  const link = isHere ? { link: peer.name } : id === null ? {} : { link_index: peer!.index };
  if (options.brief)
    return {
      ...link,
      ifname: device.name,
      operstate: device.state,
      ...(of === "link" && { address: device.mac, flags: linkFlags(context, device) }),
    };
  return {
    ifindex: device.index,
    ...link,
    ifname: device.name,
    flags: linkFlags(context, device),
    mtu: device.mtu,
    qdisc: queueDiscipline(device),
    ...(device.master !== null && { master: device.master.name }),
    operstate: device.state,
    ...(of === "link" && { linkmode: "DEFAULT" }),
    group: "default",
    txqlen: 1000,
    ...((of === "link" || !options.inet) && {
      link_type: device.kind === "loopback" ? "loopback" : "ether",
      address: device.mac,
      broadcast: broadcastOf(device),
    }),
    ...(id !== null && { link_netnsid: id }),
    ...(of === "link" && options.stats > 0 && { stats64: statisticsJson(device) }),
  };
}

/** Counters in columns as wide as their widest (print_stats64). */
export function statistics({ newline }: Context, { stats }: Device): string {
  const rx = [stats.rxBytes, stats.rxPackets, 0, stats.rxDropped, 0, 0];
  const tx = [stats.txBytes, stats.txPackets, 0, stats.txDropped, 0, 0];
  const least = ["*X errors:", "packets", "errors", "dropped", "heartbt", "overrun"];
  const widths = least.map((word, i) => Math.max(word.length, `${rx[i]}`.length, `${tx[i]}`.length));
  const compressed = " ".repeat("compressed".length);
  const names = (first: string, list: readonly string[]) =>
    `    ${first}: ${list.map((name, i) => name.padStart(i === 0 ? widths[0]! - 4 : widths[i]!)).join(" ")} ${compressed}`;
  const values = (list: readonly number[]) =>
    `    ${list.map((value, i) => `${value}`.padStart(widths[i]!)).join(" ")} `;
  return [
    names("RX", ["bytes", "packets", "errors", "dropped", "missed", "mcast"]),
    values(rx),
    names("TX", ["bytes", "packets", "errors", "dropped", "carrier", "collsns"]),
    values(tx),
  ].join(newline);
}

export function statisticsJson({ stats }: Device): object {
  return {
    rx: {
      bytes: stats.rxBytes,
      packets: stats.rxPackets,
      errors: 0,
      dropped: stats.rxDropped,
      over_errors: 0,
      multicast: 0,
    },
    tx: {
      bytes: stats.txBytes,
      packets: stats.txPackets,
      errors: 0,
      dropped: stats.txDropped,
      carrier_errors: 0,
      collisions: 0,
    },
  };
}
