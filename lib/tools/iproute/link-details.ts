// What `ip -d` says of a device besides: its limits, its kind with its settings, its queues.
// Before you edit: iproute2 6.1 ip/ipaddress.c (print_linkinfo under show_details), iplink_vxlan.c (vxlan_print_opt),
// link_iptnl.c (iptunnel_print_opt). Numbers of queues and segments are those of a kernel with CONFIG_RPS and one CPU.
import type { Device } from "../../link/device.ts";
import type { IpipEncap } from "../../link/ipip.ts";
import { notModelled } from "../command.ts";
import { attributesJson, attributesText, bridgeAttributes, slaveAttributes } from "./bridge-details.ts";
import type { Context } from "./context.ts";

/** The least and the largest MTU a device says it takes; 0 is no limit. */
function mtuLimits({ kind, ipip }: Device): readonly [number, number] {
  if (
    kind === "veth" ||
    kind === "vxlan" ||
    kind === "bridge" ||
    kind === "nic" ||
    kind === "tun" ||
    kind === "openvswitch"
  )
    return [68, 65535];
  if (kind === "vlan") return [0, 65535];
  return ipip?.proto === "ipip" ? [68, 65515] : [0, 0];
}

/** A device below hands its own limit on; a device without one has none of its own. */
function segments({ kind, vxlan, vlan, bridge }: Device): number {
  if (vlan !== null) return segments(vlan.lower);
  if (bridge !== null) return bridge.ports.length === 0 ? 65536 : Math.min(...bridge.ports.map(segments));
  return kind === "loopback" || kind === "veth" || (vxlan !== null && vxlan.lower !== null) ? 524280 : 65536;
}

/** IPv6 is not for links that carry less (IPV6_MIN_MTU). */
const IPV6_LEAST_MTU = 1280;

/** tunl0 is made before IPv6 hears of devices, and IPv6 takes note of it when it comes up. */
function hasIpv6({ ipip, everUp, mtu }: Device): boolean {
  return mtu >= IPV6_LEAST_MTU && (everUp || !ipip?.fallback);
}

/** How many want all frames, and all of groups: who said so, and the bridge it is a port of. */
function listens({ port, vport, attributes }: Device): readonly [number, number] {
  const bridges = port === null ? 0 : 1;
  return [bridges + (vport === null ? 0 : 1) + Number(attributes.promisc), bridges + Number(attributes.allmulticast)];
}

/** What follows the line of the address; of `ip addr` the IPv6 part is not there. */
export function detailsText(context: Context, device: Device, of: "link" | "addr"): string {
  const [least, most] = mtuLimits(device);
  const [promiscuity, allmulti] = listens(device);
  const words = [` promiscuity ${promiscuity}  allmulti ${allmulti} minmtu ${least} maxmtu ${most} `];
  if (device.kind !== "loopback" && device.nic === null)
    words.push(
      `${context.newline}    ${device.kind} ${device.kind === "openvswitch" ? "" : settingsText(context, device)}`,
    );
  if (device.port !== null) words.push(`${context.newline}    bridge_slave ${attributesText(slaveAttributes(device))}`);
  if (device.vport !== null && device.kind !== "openvswitch") words.push(`${context.newline}    openvswitch_slave `);
  if (of === "link" && hasIpv6(device)) words.push("addrgenmode eui64 ");
  words.push(
    `numtxqueues ${device.nic?.queues ?? 1} numrxqueues ${device.nic?.queues ?? 1} gso_max_size 65536 gso_max_segs 65535 tso_max_size ${segments(device)} tso_max_segs 65535 gro_max_size 65536 `,
  );
  return words.join("");
}

/** A device by the name it has here; of another namespace's only the number is known. */
function nameHere(context: Context, device: Device): string {
  return device.owner === context.ns ? device.name : `if${device.index}`;
}

function settingsText(context: Context, device: Device): string {
  const { vxlan, ipip, vlan, tun } = device;
  if (tun !== null) return `type tun pi off vnet_hdr off persist ${tun.persist ? "on" : "off"} `;
  if (device.bridge !== null) return attributesText(bridgeAttributes(device));
  const words: string[] = [];
  if (vlan !== null) words.push(`protocol 802.1Q id ${vlan.id} <REORDER_HDR>`);
  if (vxlan !== null) {
    const { vni, local, remote, lower, sourcePorts, port, learning, tos, ttl, df, ageing, udpChecksum, external } =
      vxlan;
    words.push(`${external ? "external " : ""}id ${vni}`);
    if (remote !== null) words.push(`remote ${remote}`);
    if (local !== null) words.push(`local ${local}`);
    // The number is read as one of this namespace, whosever it is.
    if (lower !== null) words.push(`dev ${context.ns.deviceOfIndex(lower.index)?.name ?? `if${lower.index}`}`);
    words.push(`srcport ${sourcePorts.low} ${sourcePorts.high}`, `dstport ${port}`);
    if (!learning) words.push("nolearning");
    if (tos !== 0) words.push(`tos ${tos === "inherit" ? tos : `0x${tos.toString(16)}`}`);
    words.push(`ttl ${ttl === 0 ? "auto" : ttl}`);
    if (df !== "unset") words.push(`df ${df}`);
    words.push(`ageing ${ageing}`, `${udpChecksum ? "" : "no"}udpcsum`, "noudp6zerocsumtx");
    words.push(`${external ? "" : "no"}udp6zerocsumrx`);
  }
  if (ipip !== null) {
    const { proto, remote, local, lower, ttl, tos, pmtudisc, encap } = ipip;
    words.push(proto, `remote ${remote ?? "any"}`, `local ${local ?? "any"}`);
    if (lower !== null) words.push(`dev ${nameHere(context, lower)}`);
    words.push(`ttl ${ttl === 0 ? "inherit" : ttl}`);
    if (tos !== 0) words.push(`tos ${tos === "inherit" ? tos : `0x${tos.toString(16)}`}`);
    words.push(pmtudisc ? "pmtudisc" : "nopmtudisc");
    if (encap !== null) words.push(...encapWords(encap));
  }
  return words.map((word) => `${word} `).join("");
}

/** A port of 0 is left to the flow, whichever it is (tnl_encap_str). */
function encapWords({ type, sourcePort, port, checksum }: IpipEncap): string[] {
  const auto = (number: number) => (number === 0 ? "auto" : `${number}`);
  const ports = [`encap-sport ${auto(sourcePort)}`, `encap-dport ${auto(port)}`];
  return [`encap ${type}`, ...ports, `${checksum ? "" : "no"}encap-csum`, "noencap-csum6", "noencap-remcsum"];
}

/** The same as JSON. */
export function detailsJson(context: Context, device: Device, of: "link" | "addr"): object {
  const [min_mtu, max_mtu] = mtuLimits(device);
  const data = settingsJson(context, device);
  return {
    promiscuity: listens(device)[0],
    allmulti: listens(device)[1],
    min_mtu,
    max_mtu,
    ...(device.kind !== "loopback" &&
      device.nic === null && {
        linkinfo: {
          info_kind: device.kind,
          ...(data !== null && { info_data: data }),
          ...(device.port !== null && {
            info_slave_kind: "bridge",
            info_slave_data: attributesJson(slaveAttributes(device)),
          }),
        },
      }),
    ...(of === "link" && hasIpv6(device) && { inet6_addr_gen_mode: "eui64" }),
    num_tx_queues: device.nic?.queues ?? 1,
    num_rx_queues: device.nic?.queues ?? 1,
    gso_max_size: 65536,
    gso_max_segs: 65535,
    tso_max_size: segments(device),
    tso_max_segs: 65535,
    gro_max_size: 65536,
  };
}

function settingsJson(context: Context, device: Device): object | null {
  const { vxlan, ipip, vlan, tun } = device;
  if (tun !== null) return { type: "tun", pi: false, vnet_hdr: false, multi_queue: false, persist: tun.persist };
  if (device.bridge !== null) return attributesJson(bridgeAttributes(device));
  if (vlan !== null) return { protocol: "802.1Q", id: vlan.id, flags: ["REORDER_HDR"] };
  if (vxlan !== null) {
    const { vni, local, remote, lower, sourcePorts, port, learning, tos, ttl, df, ageing, udpChecksum } = vxlan;
    if (tos !== 0 || ttl === "inherit") throw notModelled("ip -j -d", "tos or ttl inherit", "the listing without -j");
    return {
      id: vni,
      ...(remote !== null && { remote }),
      ...(local !== null && { local }),
      ...(lower !== null && { link: context.ns.deviceOfIndex(lower.index)?.name ?? `if${lower.index}` }),
      port_range: sourcePorts,
      port,
      learning,
      ttl,
      df,
      ageing,
      udp_csum: udpChecksum,
      udp_zero_csum6_tx: false,
      udp_zero_csum6_rx: false,
    };
  }
  if (ipip === null) return null;
  const { proto, remote, local, lower, ttl, tos, pmtudisc, encap } = ipip;
  return {
    proto,
    remote: remote ?? "any",
    local: local ?? "any",
    ...(lower !== null && { link: nameHere(context, lower) }),
    ttl,
    ...(tos !== 0 && { tos: `0x${(tos === "inherit" ? 1 : tos).toString(16)}` }),
    pmtudisc,
    ...(encap !== null && {
      encap: {
        type: encap.type,
        sport: encap.sourcePort,
        dport: encap.port,
        csum: encap.checksum,
        csum6: false,
        remcsum: false,
      },
    }),
  };
}
