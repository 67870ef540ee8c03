// Files of /proc/net and /proc/sys, as far as they are modelled: what a namespace's own programs read there.
// Before you edit: net/ipv4/proc.c (snmp_seq_show, netstat_seq_show), arp.c (arp_format_neigh_entry), fib_trie.c
// (fib_route_seq_show), net/core/net-procfs.c (dev_seq_printf_stats).
import { procText } from "../netfilter/conntrack/entry.ts";
import { Mib6, snmp6 } from "../netns/ipv6/mib6.ts";
import { type MibTable, netstatTables, snmpTables } from "../netns/mib.ts";
import type { Netns } from "../netns/netns.ts";
import type { Ipv4 } from "../wire/address.ts";
import { mask4 } from "../wire/address.ts";
import { ipvsConnFile, ipvsConnSyncFile, ipvsFile, ipvsStatsFile } from "./ipvs-proc.ts";

const NET: Readonly<Record<string, (ns: Netns) => string>> = {
  arp: arpFile,
  dev: devFile,
  ip_vs: ipvsFile,
  ip_vs_conn: ipvsConnFile,
  ip_vs_conn_sync: ipvsConnSyncFile,
  ip_vs_stats: ipvsStatsFile,
  nf_conntrack: connectionsFile,
  netstat: (ns) => tablesFile(netstatTables(ns.mib)),
  route: routeFile,
  snmp: (ns) => tablesFile(snmpOf(ns)),
  snmp6: (ns) =>
    snmp6Of(ns)
      .map(([name, value]) => `${name.padEnd(32)}\t${value}\n`)
      .join(""),
};

/** The files there are, for who asks for another. */
export const PROC_FILES = `/proc/net/{${Object.keys(NET).join(",")}} and the sysctls below /proc/sys`;

/** What a file says, or null when it is not modelled. */
export function procFile(ns: Netns, path: string): string | null {
  const [, net] = /^\/proc\/(?:self\/|thread-self\/)?net\/(\w+)$/.exec(path) ?? [];
  if (net !== undefined && Object.hasOwn(NET, net)) return NET[net]!(ns);
  const list = recentFile(ns, path);
  if (list !== null) return ns.recent.text(list);
  const [, key] = /^\/proc\/sys\/([\w./-]+)$/.exec(path) ?? [];
  // A dot in a device's name is a slash in the name of a sysctl, and the other way round.
  const name = key?.replace(/[./]/g, (sign) => (sign === "/" ? "." : "/"));
  return name !== undefined && ns.sysctls.has(name) ? `${ns.sysctls.get(name)}\n` : null;
}

/** The list of -m recent whose file the path is; null when there is none. */
export function recentFile(ns: Netns, path: string): string | null {
  const [, list] = /^\/proc\/(?:self\/|thread-self\/)?net\/xt_recent\/([^/]+)$/.exec(path) ?? [];
  return list !== undefined && ns.recent.text(list) !== null ? list : null;
}

/** The counters of a namespace as /proc/net/snmp groups them. */
export function snmpOf(ns: Netns): MibTable[] {
  const sockets = [...ns.sockets.tcp.values()].flat();
  return snmpTables(ns.mib, {
    forwarding: ns.sysctls.get("net.ipv4.ip_forward") !== 0,
    ttl: ns.sysctls.get("net.ipv4.ip_default_ttl"),
    established: sockets.filter(({ state }) => state === "ESTAB" || state === "CLOSE-WAIT").length,
  });
}

/** The counters of IPv6; where it was never switched on there is nothing to count. */
export function snmp6Of(ns: Netns): [name: string, value: number][] {
  return snmp6(ns.hasIpv6 ? ns.ipv6.mib : new Mib6());
}

function tablesFile(tables: readonly MibTable[]): string {
  const line = (name: string, words: readonly (string | number)[]) => `${name}: ${words.join(" ")}\n`;
  return tables
    .map(
      ({ name, values }) =>
        line(
          name,
          values.map(([column]) => column),
        ) +
        line(
          name,
          values.map(([, value]) => value),
        ),
    )
    .join("");
}

function connectionsFile({ tracking: { conntrack } }: Netns): string {
  return conntrack
    .list()
    .map((conn) => `${procText(conn, conntrack.now)}\n`)
    .join("");
}

function arpFile(ns: Netns): string {
  const rows = [...ns.inet].flatMap(([device, { neighbours }]) =>
    [...neighbours.values()].map(({ address, mac, state, isValid }) => {
      const flags = state === "PERMANENT" ? 6 : isValid ? 2 : 0;
      const hardware = isValid ? mac!.text : "00:00:00:00:00:00";
      return `${address.text.padEnd(16)} 0x1         0x${flags.toString(16).padEnd(10)}${hardware}     *        ${device.name}\n`;
    }),
  );
  return `IP address       HW type     Flags       HW address            Mask     Device\n${rows.join("")}`;
}

const DEV = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
`;

function devFile(ns: Netns): string {
  const rows = [...ns.devices.values()].map(({ name, stats, errors }) => {
    const right = (value: number, width: number) => `${value}`.padStart(width);
    const received = [right(stats.rxBytes, 7), right(stats.rxPackets, 7), right(errors?.rx ?? 0, 4)];
    const sent = [right(stats.txBytes, 8), right(stats.txPackets, 7), right(errors?.tx ?? 0, 4)];
    const rest = [right(0, 4), right(0, 5), right(0, 10), right(0, 9)];
    const last = [right(0, 4), right(errors?.collisions ?? 0, 5), right(errors?.carrier ?? 0, 7), right(0, 10)];
    const columns = [...received, right(stats.rxDropped, 4), ...rest, ...sent, right(stats.txDropped, 4), ...last];
    return `${name.padStart(6)}: ${columns.join(" ")}\n`;
  });
  return DEV + rows.join("");
}

/** RTF_UP, RTF_GATEWAY, RTF_HOST, RTF_REJECT. */
const FLAG = { up: 1, gateway: 2, host: 4, reject: 0x200 } as const;

function routeFile(ns: Netns): string {
  const line = (words: readonly (string | number)[]) => `${words.join("\t").padEnd(127)}\n`;
  const hex = (bits: number) => swapped(bits).toString(16).toUpperCase().padStart(8, "0");
  const address = (of: Ipv4 | null) => hex(of?.bits ?? 0);
  const head = [
    "Iface",
    "Destination",
    "Gateway ",
    "Flags",
    "RefCnt",
    "Use",
    "Metric",
    "Mask",
    "",
    "MTU",
    "Window",
    "IRTT",
  ];
  const routes = ns.tables.main.list();
  const rows = routes
    .filter(({ type }) => type !== "broadcast")
    .map(({ prefix, via, dev, metric, type }) => {
      const flags =
        FLAG.up |
        (via === null ? 0 : FLAG.gateway) |
        (prefix.length === 32 ? FLAG.host : 0) |
        (type === "unreachable" || type === "prohibit" ? FLAG.reject : 0);
      const mask = hex(mask4(prefix.length) >>> 0);
      const start = [dev?.name ?? "*", address(prefix.address), address(via)];
      return line([...start, flags.toString(16).padStart(4, "0"), 0, 0, metric, mask, 0, 0, 0]);
    });
  return line(head) + rows.join("");
}

/** The number that a little-endian machine reads from an address in network order. */
function swapped(bits: number): number {
  return (((bits & 0xff) << 24) | ((bits & 0xff00) << 8) | ((bits >>> 8) & 0xff00) | (bits >>> 24)) >>> 0;
}
