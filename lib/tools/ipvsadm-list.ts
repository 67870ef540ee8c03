// What `ipvsadm` prints: services with their servers, in several forms, and connections.
// Before you edit: ipvsadm 1.31, ipvsadm.c (print_title, print_service_entry, print_conn), libipvs.c (ipvs_cmp_services).
import { ANY_PROTOCOL, type Conn } from "../ipvs/connection.ts";
import type { Destination } from "../ipvs/destination.ts";
import { balanced, protocolName } from "../ipvs/protocol.ts";
import { endText as endOf, flagsText, maskText, serverWords, serviceWords } from "../ipvs/saved.ts";
import type { Service } from "../ipvs/service.ts";
import type { Sync } from "../ipvs/sync.ts";
import { SECOND } from "../trace/world.ts";
import { type Ip, Ipv4 } from "../wire/address.ts";
import { serviceName } from "../wire/services.ts";

export const HEADER = "IP Virtual Server version 1.2.1 (size=4096)\n";
export const FORWARD = { masq: "Masq", tunnel: "Tunnel", route: "Route" } as const;
const UNITS = [
  [1e8, 1, ""],
  [1e9, 1e3, "K"],
  [1e11, 1e6, "M"],
  [1e14, 1e9, "G"],
  [Number.POSITIVE_INFINITY, 1e12, "T"],
] as const;

/** Names of options, as the arguments give them; "save" for the form that can be read again. */
export type Format = ReadonlySet<string>;

/** The column titles. */
export function titles(format: Format): string {
  const titled = (widths: readonly number[], names: readonly string[], isRight: boolean) => {
    const cells = names.map((name, i) => (isRight ? name.padStart(widths[i]!) : name.padEnd(widths[i]!)));
    return `${"Prot LocalAddress:Port".padEnd(33)} ${cells.join(" ")}\n  -> RemoteAddress:Port\n`;
  };
  if (format.has("stats")) return titled([8, 8, 8, 8, 8], ["Conns", "InPkts", "OutPkts", "InBytes", "OutBytes"], true);
  if (format.has("rate")) return titled([8, 8, 8, 8, 8], ["CPS", "InPPS", "OutPPS", "InBPS", "OutBPS"], true);
  if (format.has("thresholds"))
    return titled([10, 10, 10, 10], ["Uthreshold", "Lthreshold", "ActiveConn", "InActConn"], false);
  if (format.has("persistent-conn"))
    return titled([9, 11, 10, 10], ["Weight", "PersistConn", "ActiveConn", "InActConn"], false);
  if (format.has("save")) return "";
  const tunnel = format.has("tun-info") ? "TunnelInfo    " : "";
  return `Prot LocalAddress:Port Scheduler Flags\n  -> RemoteAddress:Port           Forward ${tunnel}Weight ActiveConn InActConn\n`;
}

/** By mark, protocol, address, port; or as they were made. */
export function inOrder(services: readonly Service[], format: Format): readonly Service[] {
  if (format.has("nosort")) return services;
  return [...services].sort((a, b) => compare(keys(a), keys(b)));
}

function keys({ key }: Service): number[] {
  if (key.kind === "fwmark") return [key.mark, key.family];
  const { protocol, address, port } = key;
  return [0, address.family, protocol, ...words(address), port];
}

/** The tool takes a difference of unsigned words for a signed one: 192.0.2.1 comes before 10.0.0.1. */
function compare(one: readonly number[], other: readonly number[]): number {
  const at = one.findIndex((value, i) => value !== other[i]);
  return at === -1 ? 0 : (one[at]! - other[at]!) | 0;
}

function words(address: Ip): number[] {
  if (address.family === 4) return [address.bits, 0, 0, 0];
  return [address.w0, address.w1, address.w2, address.w3].map((word) => word >>> 0);
}

/** A service with its servers. */
export function serviceText(service: Service, format: Format): string {
  const name = nameOf(service, format);
  const dests = [...service.destinations()];
  if (!format.has("nosort"))
    dests.sort((a, b) => compare([...words(a.address), a.port], [...words(b.address), b.port]));
  return `${headOf(service, name, format)}\n${dests.map((dest) => rowOf(service, dest, name, format)).join("")}`;
}

function nameOf({ key }: Service, format: Format): string {
  const isRule = format.has("save");
  if (key.kind === "fwmark") {
    if (isRule) return `-f ${key.mark}${key.family === 6 ? " -6" : ""}`;
    return `FWM  ${key.mark}${key.family === 6 ? " IPv6" : ""}`;
  }
  const end = endText(key.address, key.port, key.protocol, format);
  return isRule ? `${balanced(key.protocol)!.option} ${end}` : `${protocolName(key.protocol).padEnd(4)} ${end}`;
}

function headOf(service: Service, name: string, format: Format): string {
  const { scheduler, persistent, onePacket, stats } = service;
  const flags = flagsText(service);
  const mask = maskText(service);
  const said = scheduler?.name ?? "none";
  if (format.has("save")) return `-A ${name} ${serviceWords(service)}`;
  if (format.has("stats")) return name.padEnd(33) + stats.counters.map((value) => large(value, format)).join("");
  if (format.has("rate")) return name.padEnd(33) + stats.rates.map((value) => large(value, format)).join("");
  const kept = persistent === null ? "" : ` persistent ${persistent}${mask === null ? "" : ` mask ${mask}`}`;
  return `${name} ${said}${flags === "" ? "" : ` (${flags})`}${kept}${onePacket ? " ops" : ""}`;
}

function rowOf(service: Service, dest: Destination, name: string, format: Format): string {
  const { key } = service;
  const end = endText(dest.address, dest.port, key.kind === "fwmark" ? ANY_PROTOCOL : key.protocol, format);
  const { weight, active, inactive, method } = dest;
  if (format.has("save")) return `-a ${name} -r ${end} ${serverWords(dest)}\n`;
  const start = `  -> ${end.padEnd(28)}`;
  if (format.has("stats")) return `${start}${dest.stats.counters.map((value) => large(value, format)).join("")}\n`;
  if (format.has("rate")) {
    const [connections, packetsIn, packetsOut, ...octets] = dest.stats.rates;
    const counts = [connections, packetsIn, packetsOut].map((value) => ` ${`${value}`.padStart(8)}`);
    return `${start}${counts.join("")}${octets.map((value) => large(value, format)).join("")}\n`;
  }
  const counts = `${`${active}`.padEnd(10)} ${`${inactive}`.padEnd(10)}\n`;
  if (format.has("thresholds")) return `${start} ${`${dest.upper}`.padEnd(10)} ${`${dest.lower}`.padEnd(10)} ${counts}`;
  if (format.has("persistent-conn"))
    return `${start} ${`${weight}`.padEnd(9)} ${`${dest.persistent}`.padEnd(11)} ${counts}`;
  const tunnel = format.has("tun-info") ? `${tunnelInfo(dest).padEnd(13)} ` : "";
  return `${start} ${FORWARD[method].padEnd(7)} ${tunnel}${`${weight}`.padEnd(6)} ${counts}`;
}

function tunnelInfo({ method, tunnel, tunnelPort, tunnelChecksum }: Destination): string {
  if (method !== "tunnel") return "n/a";
  return tunnel === "ipip" ? "ipip" : `gue:${tunnelPort}:${tunnelChecksum ? "+c" : "-c"}`;
}

/** In nine columns, with a unit where there are too many digits. */
function large(value: number, format: Format): string {
  if (format.has("exact")) return `${value}`.padStart(Math.max(9, `${value}`.length + 1));
  const [, divisor, unit] = UNITS.find(([limit]) => value < limit)!;
  return `${Math.floor(value / divisor)}`.padStart(9 - unit.length) + unit;
}

function endText(address: Ip, port: number, protocol: number, format: Format): string {
  const known = balanced(protocol);
  const name = format.has("numeric") || known === undefined ? undefined : serviceName(known.ports, port);
  return endOf(address, name ?? port);
}

/** The connections, as they are at a time in nanoseconds. */
export function connectionsText(conns: readonly Conn[], format: Format, now: number): string {
  const names = ["source", "virtual", "destination"].map((name) => name.padEnd(18));
  const last = format.has("persistent-conn")
    ? `${names.join(" ")} ${"pe name".padEnd(16)} pe_data`
    : `${names.slice(0, 2).join(" ")} destination`;
  const rows = conns.map((conn) => `${connectionText(conn, format, now)}\n`);
  return `IPVS connection entries\npro expire ${"state".padEnd(11)} ${last}\n${rows.join("")}`;
}

function connectionText(conn: Conn, format: Format, now: number): string {
  const { protocol, client, clientPort, virtual, virtualPort, dest, serverPort } = conn;
  const name = protocolName(protocol);
  const left = Math.floor(Math.max(conn.expires - now, 0) / SECOND);
  const time = `${`${Math.floor(left / 60)}`.padStart(2, "0")}:${`${left % 60}`.padStart(2, "0")}`;
  // A mark stands in the place of an address.
  const address = typeof virtual === "number" ? Ipv4.of(virtual) : virtual;
  const source = endText(client, clientPort, protocol, format).padEnd(18);
  const target = endText(address, virtualPort, protocol, format).padEnd(18);
  const server = endText(dest.address, serverPort, protocol, format);
  return `${name.padEnd(3)} ${time.padEnd(6)} ${conn.stateName.padEnd(11)} ${source} ${target} ${server}`;
}

/** The daemons that run. */
export function daemonsText(sync: Sync): string {
  const line = (role: "master" | "backup") => {
    const spec = sync[role];
    if (spec === null) return "";
    const { interface: name, syncId, maxLength, group, port, ttl } = spec;
    return `${role} sync daemon (mcast=${name}, syncid=${syncId}, maxlen=${maxLength}, group=${group}, port=${port}, ttl=${ttl})\n`;
  };
  return line("master") + line("backup");
}
