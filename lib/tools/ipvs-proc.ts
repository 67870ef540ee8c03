// /proc/net/ip_vs, ip_vs_conn and ip_vs_stats: hexadecimal, and in the kernel's own order of servers.
// Before you edit: net/netfilter/ipvs/ip_vs_ctl.c (ip_vs_info_seq_show, ip_vs_stats_show), ip_vs_conn.c
// (ip_vs_conn_seq_show).
import type { Conn } from "../ipvs/connection.ts";
import type { Destination } from "../ipvs/destination.ts";
import { protocolName } from "../ipvs/protocol.ts";
import type { Service } from "../ipvs/service.ts";
import type { Netns } from "../netns/netns.ts";
import { SECOND } from "../trace/world.ts";
import type { Ip } from "../wire/address.ts";
import { FORWARD, HEADER } from "./ipvsadm-list.ts";

export function ipvsFile({ balancing }: Netns): string {
  const services = balancing?.ipvs.services.list() ?? [];
  return `${HEADER}Prot LocalAddress:Port Scheduler Flags\n  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n${services.map(serviceLines).join("")}`;
}

function serviceLines(service: Service): string {
  const { key, scheduler, persistent, netmask, onePacket } = service;
  const ops = onePacket ? "ops " : "";
  const said = `${scheduler?.name ?? "none"} ${ops}`;
  const isOf6 = service.family === 6;
  const name =
    key.kind === "fwmark"
      ? `FWM  ${hex(key.mark, 8)} ${said}`
      : `${protocolName(key.protocol)}  ${endOf(key.address, key.port)} ${isOf6 ? `${scheduler?.name ?? "none"} ` : `${said} `}`;
  const kept = persistent === null ? "" : `persistent ${persistent} ${hex(isOf6 ? netmask * 2 ** 24 : netmask, 8)}`;
  return `${name}${kept}\n${[...service.destinations()].map(serverLine).join("")}`;
}

function serverLine({ address, port, method, weight, active, inactive }: Destination): string {
  const counts = [`${active}`.padEnd(10), `${inactive}`.padEnd(10)].join(" ");
  return `  -> ${endOf(address, port)}      ${FORWARD[method].padEnd(7)} ${`${weight}`.padEnd(6)} ${counts}\n`;
}

export function ipvsConnFile({ balancing, cables }: Netns): string {
  const lines = (balancing?.ipvs.connections.table.list() ?? []).map((conn) => connLine(conn, cables.now));
  return `Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n${lines.join("")}`;
}

function connLine(conn: Conn, now: number, origin = ""): string {
  const { protocol, client, clientPort, virtual, virtualPort, dest, serverPort, stateName, expires } = conn;
  const ends = [
    [client, clientPort],
    [virtual, virtualPort],
    [dest.address, serverPort],
  ] as const;
  const words = ends.map(([address, port]) => `${addressText(address)} ${hex(port, 4)}`).join(" ");
  const left = Math.floor(Math.max(expires - now, 0) / SECOND);
  return `${protocolName(protocol).padEnd(3)} ${words} ${stateName.padEnd(11)} ${origin}${`${left}`.padStart(7)}\n`;
}

/** /proc/net/ip_vs_conn_sync: the same, with who made a connection: this director, or another one that told of it. */
export function ipvsConnSyncFile({ balancing, cables }: Netns): string {
  const lines = (balancing?.ipvs.connections.table.list() ?? []).map((conn) =>
    connLine(conn, cables.now, conn.isSynced ? "SYNC   " : "LOCAL  "),
  );
  return `Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Origin Expires\n${lines.join("")}`;
}

export function ipvsStatsFile({ balancing }: Netns): string {
  const total = balancing?.ipvs.services.total;
  const row = (values: readonly number[] = [0, 0, 0, 0, 0]) =>
    `${values
      .map((value, i) =>
        value
          .toString(16)
          .toUpperCase()
          .padStart(i < 3 ? 8 : 16),
      )
      .join(" ")}\n`;
  return `   Total Incoming Outgoing         Incoming         Outgoing
   Conns  Packets  Packets            Bytes            Bytes
${row(total?.counters)}
 Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s
${row(total?.rates)}`;
}

function endOf(address: Ip | number, port: number): string {
  const text = addressText(address);
  return `${text.includes(":") ? `[${text}]` : text}:${hex(port, 4)}`;
}

/** A mark stands in the place of an address. */
function addressText(address: Ip | number): string {
  if (typeof address === "number") return hex(address, 8);
  if (address.family === 4) return hex(address.bits, 8);
  const groups = [address.w0, address.w1, address.w2, address.w3].flatMap((word) => [word >>> 16, word & 0xffff]);
  return groups.map((group) => group.toString(16).padStart(4, "0")).join(":");
}

const hex = (value: number, digits: number) => value.toString(16).toUpperCase().padStart(digits, "0");
