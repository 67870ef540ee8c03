// What programs of IPv6 do in the model, as sockets6.py does it on the real kernel.
import type { Device } from "../../lib/link/device.ts";
import type { Netns } from "../../lib/netns/netns.ts";
import { asShown, type Remote } from "../../lib/netns/socket/family.ts";
import type { PingSocket6 } from "../../lib/netns/socket/ping6.ts";
import type { UdpSocket } from "../../lib/netns/socket/udp.ts";
import { type Ip, ip } from "../../lib/wire/address.ts";
import { ipv6 } from "../../lib/wire/address6.ts";
import type { PingTraffic } from "./case.ts";

/** `fe80::1%eth0` is an address together with its device. */
export function scoped(ns: Netns, text: string): { address: Ip; scope: Device | null } {
  const [address = "", device] = text.split("%");
  return { address: ip(address), scope: device === undefined ? null : (ns.devices.get(device) ?? null) };
}

/** Who a datagram is from, as a socket of its family shows it. */
export function senderText({ family }: UdpSocket, { address, port }: Remote): string {
  return `${asShown(address, family)}:${port}`;
}

/** A program that pings; `whenever` reads its socket. Returns what sends the request of a number, or why there is none. */
export function ping6(
  ns: Netns,
  traffic: PingTraffic,
  socket: PingSocket6,
  log: (line: string) => void,
  data: Uint8Array,
): ((seq: number) => void) | null {
  const { address, scope } = scoped(ns, traffic.to);
  const src = traffic.from === undefined ? null : ipv6(traffic.from);
  if (src !== null && ns.ipv6.deviceOfAddress(src) === null) {
    log("bind: EADDRNOTAVAIL");
    return null;
  }
  const how = { src, discovery: traffic.discovery, oif: scope, hopLimit: traffic.ttl };
  return (seq) => {
    const { errno } = socket.send(ipv6(address.text), seq, data, how, -1);
    if (errno !== null) log(`send ${seq}: ${errno}`);
  };
}

/** What came to a program that pings. */
export function readPings6(socket: PingSocket6, log: (line: string) => void): void {
  for (let message = socket.receive(); message !== null; message = socket.receive()) {
    const { packet, quoted } = message;
    if (packet.body.kind !== "icmp6") continue;
    const { type, code, rest, data } = packet.body;
    const from = `from ${packet.src} ttl ${packet.hopLimit}`;
    if (quoted === undefined) log(`reply ${rest & 0xffff} ${from}, ${data.length} octets`);
    else if (quoted.body.kind === "icmp6")
      log(`error ${quoted.body.rest & 0xffff} ${from}, type ${type} code ${code} mtu ${rest}`);
  }
}
