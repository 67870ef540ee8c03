// The words behind `type bridge`, `type bridge_slave` and `bridge link set`, and what the kernel makes of them.
// Before you edit: iproute2 6.1 ip/iplink_bridge.c (bridge_parse_opt), iplink_bridge_slave.c (bridge_slave_parse_opt),
// bridge/link.c (brlink_modify), lib/utils.c (parse_on_off); net/bridge/br_netlink.c (br_changelink, br_setport).
import { FLAG_WORDS } from "../../lab/data-bridge.ts";
import { type BridgeSettings, type BridgeState, forgetLearned, setDefaultPvid } from "../../link/bridge.ts";
import { PORT_STATES, type PortFlags, setPort, VLAN_MAX } from "../../link/bridge-port.ts";
import type { Device } from "../../link/device.ts";
import type { Netns } from "../../netns/netns.ts";
import { MILLISECOND } from "../../trace/world.ts";
import { notModelled } from "../command.ts";
import { unsigned } from "./values.ts";
import { answers, matches, Quit, type Words, wrongArgument } from "./words.ts";

const BRIDGE_SUPPORTED =
  "ageing_time, fdb_flush, vlan_filtering, vlan_default_pvid, mcast_snooping; stp_state 0, vlan_protocol 802.1Q";
const PORT_SUPPORTED = `state, priority, cost, ${FLAG_WORDS.map(([word]) => word).join(", ")}`;

/** In the tool's order, which decides what abbreviations mean. */
const BRIDGE_WORDS = [
  "forward_delay",
  "hello_time",
  "max_age",
  "ageing_time",
  "stp_state",
  "priority",
  "vlan_filtering",
  "vlan_protocol",
  "group_fwd_mask",
  "group_address",
  "fdb_flush",
  "vlan_default_pvid",
  "vlan_stats_enabled",
  "vlan_stats_per_port",
  "mcast_router",
  "mcast_snooping",
  "mcast_query_use_ifaddr",
  "mcast_querier",
  "mcast_hash_elasticity",
  "mcast_hash_max",
  "mcast_last_member_count",
  "mcast_startup_query_count",
  "mcast_last_member_interval",
  "mcast_membership_interval",
  "mcast_querier_interval",
  "mcast_query_interval",
  "mcast_query_response_interval",
  "mcast_startup_query_interval",
  "mcast_stats_enabled",
  "mcast_igmp_version",
  "mcast_mld_version",
  "nf_call_iptables",
  "nf_call_ip6tables",
  "nf_call_arptables",
] as const;

const PORT_WORDS = [
  "fdb_flush",
  "state",
  "priority",
  "cost",
  "hairpin",
  "guard",
  "root_block",
  "fastleave",
  "learning",
  "flood",
  "mcast_flood",
  "bcast_flood",
  "mcast_to_unicast",
  "proxy_arp",
  "proxy_arp_wifi",
  "mcast_router",
  "mcast_fast_leave",
  "neigh_suppress",
  "group_fwd_mask",
  "vlan_tunnel",
  "isolated",
  "locked",
  "backup_port",
  "nobackup_port",
] as const;

type Writable<T> = { -readonly [K in keyof T]?: T[K] };
export type BridgeChange = Writable<BridgeSettings> & { flush?: boolean };

function number(words: Words, word: string, bits: 8 | 16 | 32): number {
  const argument = words.argument();
  const value = unsigned(argument);
  if (value === null || value >= 2 ** bits) throw wrongArgument(argument, `invalid ${word}`);
  return value;
}

/** What `type bridge` is followed by. */
export function readBridgeWords(words: Words): BridgeChange {
  const change: BridgeChange = {};
  while (!words.isEmpty) {
    const given = words.take();
    const word = BRIDGE_WORDS.find((each) => matches(given, each));
    if (word === "ageing_time") change.ageing = number(words, word, 32) * 10 * MILLISECOND;
    else if (word === "vlan_filtering") change.vlanFiltering = number(words, word, 8) !== 0;
    else if (word === "vlan_default_pvid") change.defaultPvid = number(words, word, 16);
    else if (word === "mcast_snooping") change.snooping = number(words, word, 8) !== 0;
    else if (word === "fdb_flush") change.flush = true;
    else if (word === "stp_state" && words.peek === "0") words.take();
    else if (word === "vlan_protocol" && words.peek === "802.1Q") words.take();
    else throw notModelled("ip link", `type bridge ${given}`, BRIDGE_SUPPORTED);
  }
  return change;
}

/** br_changelink: settings of a bridge change, one after the other. */
export function changeBridge(state: BridgeState, { defaultPvid, flush, ...change }: BridgeChange): void {
  if (flush) for (const port of state.ports) forgetLearned(port);
  state.settings = { ...state.settings, ...change };
  if (defaultPvid === undefined || defaultPvid === state.settings.defaultPvid) return;
  if (defaultPvid > VLAN_MAX) throw answers("EINVAL");
  setDefaultPvid(state, defaultPvid);
}

export interface PortChange {
  flags: Writable<PortFlags>;
  cost?: number;
  priority?: number;
  state?: number;
}

/** `on` or `off`; the tools end differently when it is neither. */
function onOff(words: Words, word: string, status: number): boolean {
  const argument = words.argument();
  if (argument === "on" || argument === "off") return argument === "on";
  throw new Quit(`Error: argument of "${word}" must be one of "off", "on", not "${argument}"\n`, status);
}

/** Takes what belongs to a switch; false for a word that is none. Those that are not modelled may be off. */
function flagWord(words: Words, word: string, change: PortChange, tool: string, status: number): boolean {
  const flag = FLAG_WORDS.find(([each]) => each === word)?.[1];
  if (flag !== undefined) {
    change.flags[flag] = onOff(words, word, status);
    return true;
  }
  if (!OTHER_FLAGS.includes(word)) return false;
  if (onOff(words, word, status)) throw notModelled(tool, `${word} on`, PORT_SUPPORTED);
  return true;
}

const OTHER_FLAGS: readonly string[] = [
  "guard",
  "root_block",
  "fastleave",
  "mcast_to_unicast",
  "proxy_arp",
  "proxy_arp_wifi",
  "mcast_fast_leave",
  "neigh_suppress",
  "vlan_tunnel",
];

/** What `type bridge_slave` is followed by. */
export function readSlaveWords(words: Words): PortChange {
  const change: PortChange = { flags: {} };
  while (!words.isEmpty) {
    const given = words.take();
    const word = PORT_WORDS.find((each) => matches(given, each)) ?? given;
    if (word === "state" || word === "priority" || word === "cost") {
      const argument = words.argument();
      const value = unsigned(argument);
      const bits = word === "state" ? 8 : word === "priority" ? 16 : 32;
      if (value === null || value >= 2 ** bits) throw wrongArgument(argument, `${word} is invalid`);
      change[word] = value;
    } else if (!flagWord(words, word, change, "ip link", 1))
      throw notModelled("ip link", `type bridge_slave ${given}`, PORT_SUPPORTED);
  }
  return change;
}

/** What `bridge link set` is followed by; `master` is as good as nothing, `self` is the driver's business. */
export function readPortWords(words: Words): { dev: string | null; self: boolean; change: PortChange } {
  const change: PortChange = { flags: {} };
  let dev: string | null = null;
  let self = false;
  while (!words.isEmpty) {
    const word = words.take();
    if (word === "dev") dev = words.argument();
    else if (word === "self") self = true;
    else if (word === "master" || word === "nobackup_port") continue;
    else if (word === "cost" || word === "priority") change[word] = Number.parseInt(words.argument(), 10) || 0;
    else if (word === "state") {
      const argument = words.argument();
      const named = (PORT_STATES as readonly string[]).indexOf(argument.toLowerCase());
      if (!/^\d+$/.test(argument) && named === -1) throw new Quit("Error: invalid STP port state\n", 255);
      change.state = named === -1 ? Number(argument) : named;
    } else if (!flagWord(words, word, change, "bridge link set", 234))
      throw notModelled("bridge link set", word, PORT_SUPPORTED);
  }
  // A cost of 0 is not sent at all.
  if (change.cost === 0) delete change.cost;
  return { dev, self, change };
}

/** br_setport; throws Quit with the kernel's answer. What came before the word that is refused stays. */
export function changePort(device: Device, change: PortChange): void {
  // A bridge whose ports are shut has no carrier, and routes by it say so (trace/recorder.ts).
  (device.owner as Netns).cables.recorder.settle();
  if (device.port === null) throw answers("EOPNOTSUPP");
  const errno = setPort(device, change);
  if (errno !== null) throw answers(errno);
}
