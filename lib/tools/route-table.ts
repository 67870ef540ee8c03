// The main routing table as /proc/net/route shows it and net-tools print it.
// Before you edit: net-tools 2.10 lib/inet_gr.c (rprint_fib), net/ipv4/fib_trie.c (fib_route_seq_show, fib_flag_trans).
import type { Route } from "../ip/route.ts";
import type { Netns } from "../netns/netns.ts";

/** 1: metrics (`route`); 2: MSS and window (`netstat -r`, `route -e`); 3: all of it (`route -ee`). */
export type Extent = 1 | 2 | 3;

const HEADER = "Destination     Gateway         Genmask         ";
const COLUMNS: Readonly<Record<Extent, string>> = {
  1: "Flags Metric Ref    Use Iface",
  2: "Flags   MSS Window  irtt Iface",
  3: "Flags Metric Ref    Use Iface    MSS   Window irtt",
};
/** Networks that have names (/etc/networks). */
const NETWORKS: Readonly<Record<string, string>> = {
  "0.0.0.0": "default",
  "127.0.0.0": "loopback",
  "169.254.0.0": "link-local",
};

/** `isPlain`: what is refused has zeros like every other, as busybox prints it; net-tools puts dashes. */
export function routeTable(ns: Netns, extent: Extent, numeric: boolean, isPlain = false): string {
  const routes = ns.tables.main.list().filter(({ type }) => type !== "broadcast");
  const rows = routes.map((route) => row(route, extent, numeric, isPlain));
  return `Kernel IP routing table\n${HEADER}${COLUMNS[extent]}\n${rows.join("")}`;
}

function row(route: Route, extent: Extent, numeric: boolean, isPlain: boolean): string {
  const { prefix, via, dev, metric, type } = route;
  const isRefused = type === "unreachable" || type === "prohibit";
  const hasDashes = isRefused && !isPlain;
  const isHost = prefix.length === 32;
  const network = prefix.address.text;
  const name = (numeric || isHost ? undefined : NETWORKS[network]) ?? network;
  const flags = `${isRefused ? "!" : "U"}${via === null ? "" : "G"}${isHost ? "H" : ""}`.padEnd(5);
  const mask = maskText(prefix.mask).padEnd(15);
  const start = `${name.padEnd(15)} ${(hasDashes ? "-" : (via?.text ?? "0.0.0.0")).padEnd(15)} ${mask} ${flags}`;
  const device = dev?.name ?? "*";
  const priority = `${metric}`.padEnd(6);
  if (extent === 1) return `${start} ${priority} ${hasDashes ? "-        0 -" : `0        0 ${device}`}\n`;
  if (extent === 2) return `${start} ${hasDashes ? "    - -          - -" : `    0 0          0 ${device}`}\n`;
  const rest = hasDashes
    ? "-        0 -        -     -      -"
    : `0        0 ${device.slice(0, 6).padEnd(6)}   0     0      0`;
  return `${start} ${priority} ${rest}\n`;
}

function maskText(mask: number): string {
  return [24, 16, 8, 0].map((shift) => (mask >>> shift) & 255).join(".");
}
