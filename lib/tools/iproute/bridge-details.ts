// What `ip -d link` says of bridges and their ports, and `bridge -d link` of ports.
// Before you edit: iproute2 6.1 ip/iplink_bridge.c (bridge_print_opt), iplink_bridge_slave.c (bridge_slave_print_opt),
// bridge/link.c (print_protinfo). What is not modelled reads as a kernel of Debian 12 has it by itself; timers are of STP
// and of the collector of aged entries, and read 0.00.
import { FLAG_WORDS } from "../../lab/data-bridge.ts";
import { portState } from "../../link/bridge-port.ts";
import type { Device } from "../../link/device.ts";
import { MILLISECOND } from "../../trace/world.ts";
import type { Mac } from "../../wire/mac.ts";

/** A word and its value; the JSON has it under `name`, and leaves it out when that is null. */
export interface Attribute {
  readonly word: string;
  readonly name: string | null;
  readonly value: number | string | boolean;
  readonly isTimer?: true;
}

function attribute(word: string, value: Attribute["value"], name: string | null = word): Attribute {
  return { word, name, value };
}

function timer(word: string): Attribute {
  return { word, name: word, value: 0, isTimer: true };
}

/** As the tools print it, a space behind each. */
export function attributesText(attributes: readonly Attribute[]): string {
  return attributes
    .map(({ word, value, isTimer }) => {
      if (isTimer) return `${word}    0.00 `;
      return `${word} ${typeof value === "boolean" ? (value ? "on" : "off") : value} `;
    })
    .join("");
}

export function attributesJson(attributes: readonly Attribute[]): object {
  return Object.fromEntries(attributes.flatMap(({ name, value }) => (name === null ? [] : [[name, value]])));
}

/** Octets of a MAC without leading zeros, behind the bridge's priority. */
function bridgeId(mac: Mac): string {
  return `8000.${mac.text.replace(/\b0/g, "")}`;
}

/** Of a bridge. */
export function bridgeAttributes({ mac, bridge }: Device): Attribute[] {
  const { ageing, vlanFiltering, defaultPvid, snooping } = bridge!.settings;
  return [
    attribute("forward_delay", 1500),
    attribute("hello_time", 200),
    attribute("max_age", 2000),
    attribute("ageing_time", Math.round(ageing / (10 * MILLISECOND))),
    attribute("stp_state", 0),
    attribute("priority", 32768),
    attribute("vlan_filtering", vlanFiltering ? 1 : 0),
    attribute("vlan_protocol", "802.1Q"),
    attribute("bridge_id", bridgeId(mac)),
    attribute("designated_root", bridgeId(mac), "root_id"),
    attribute("root_port", 0),
    attribute("root_path_cost", 0),
    attribute("topology_change", 0),
    attribute("topology_change_detected", 0),
    timer("hello_timer"),
    timer("tcn_timer"),
    timer("topology_change_timer"),
    timer("gc_timer"),
    attribute("vlan_default_pvid", defaultPvid),
    attribute("vlan_stats_enabled", 0),
    attribute("vlan_stats_per_port", 0),
    attribute("group_fwd_mask", "0"),
    attribute("group_address", "01:80:c2:00:00:00", "group_addr"),
    attribute("mcast_snooping", snooping ? 1 : 0),
    attribute("no_linklocal_learn", 0),
    attribute("mcast_vlan_snooping", 0),
    attribute("mcast_router", 1),
    attribute("mcast_query_use_ifaddr", 0),
    attribute("mcast_querier", 0),
    attribute("mcast_hash_elasticity", 16),
    attribute("mcast_hash_max", 4096),
    attribute("mcast_last_member_count", 2, "mcast_last_member_cnt"),
    attribute("mcast_startup_query_count", 2, "mcast_startup_query_cnt"),
    attribute("mcast_last_member_interval", 100, "mcast_last_member_intvl"),
    attribute("mcast_membership_interval", 26000, "mcast_membership_intvl"),
    attribute("mcast_querier_interval", 25500, "mcast_querier_intvl"),
    attribute("mcast_query_interval", 12500, "mcast_query_intvl"),
    attribute("mcast_query_response_interval", 1000, "mcast_query_response_intvl"),
    attribute("mcast_startup_query_interval", 3125, "mcast_startup_query_intvl"),
    attribute("mcast_stats_enabled", 0),
    attribute("mcast_igmp_version", 2),
    attribute("mcast_mld_version", 1),
    attribute("nf_call_iptables", 0),
    attribute("nf_call_ip6tables", 0),
    attribute("nf_call_arptables", 0),
  ];
}

/** Of a port, in the order of `ip -d link`. */
export function slaveAttributes(device: Device): Attribute[] {
  const { number, priority, cost } = device.port!;
  const id = (priority << 10) | number;
  const root = bridgeId(device.master!.mac);
  const flags = flagsOf(device);
  const flag = (word: string) => attribute(word, flags.get(word) ?? false);
  return [
    attribute("state", portState(device)),
    attribute("priority", priority),
    attribute("cost", cost),
    ...["hairpin", "guard", "root_block", "fastleave", "learning", "flood"].map(flag),
    attribute("port_id", hex(id), "id"),
    attribute("port_no", hex(number), "no"),
    attribute("designated_port", id),
    attribute("designated_cost", 0),
    attribute("designated_bridge", root, "bridge_id"),
    attribute("designated_root", root, "root_id"),
    ...["hold_timer", "message_age_timer", "forward_delay_timer"].map(timer),
    attribute("topology_change_ack", 0),
    attribute("config_pending", 0),
    ...["proxy_arp", "proxy_arp_wifi"].map(flag),
    attribute("mcast_router", 1, "multicast_router"),
    attribute("mcast_fast_leave", false, null),
    ...["mcast_flood", "bcast_flood", "mcast_to_unicast", "neigh_suppress"].map(flag),
    attribute("group_fwd_mask", "0"),
    attribute("group_fwd_mask_str", "0x0"),
    ...["vlan_tunnel", "isolated", "locked"].map(flag),
  ];
}

/** Of a port, in the order of `bridge -d link`. */
export function portAttributes(device: Device): Attribute[] {
  const flags = flagsOf(device);
  const flag = (word: string) => attribute(word, flags.get(word) ?? false);
  return [
    ...["hairpin", "guard", "root_block", "fastleave", "learning", "flood", "mcast_flood", "bcast_flood"].map(flag),
    attribute("mcast_router", 1),
    ...["mcast_to_unicast", "neigh_suppress", "vlan_tunnel", "isolated", "locked"].map(flag),
  ];
}

function flagsOf({ port }: Device): Map<string, boolean> {
  return new Map(FLAG_WORDS.map(([word, flag]) => [word, port!.flags[flag]]));
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
