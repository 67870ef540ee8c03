// A datagram of a VXLAN port in the words of tcpdump, the frame inside on a line of its own. tcpdump goes by the port:
// 8472, which Linux takes when it is told none, is OTV's for it.
// Before you edit: tcpdump 4.99 print-udp.c (udp_print), print-vxlan.c, print-otv.c, print-ip.c (truncated-ip).
import type { Frame, Ipv4Packet, Udp } from "./packet.ts";
import { ETHERTYPE } from "./packet.ts";
import { parseQuote } from "./parse.ts";
import { hasVni, VXLAN_PORT, vxlanOf } from "./vxlan.ts";

/** How what is inside is printed; a packet that was cut off says how long it was. */
export interface Inner {
  readonly frame: (frame: Frame) => string;
  readonly packet: (packet: Ipv4Packet, length: number) => string;
}

/** `VXLAN, flags [I] (0x08), vni 1` and the frame on the next line; null when the port is another. */
export function describeVxlan({ srcPort, dstPort, data }: Udp, inner: Inner): string | null {
  const isPort = (port: number) => srcPort === port || dstPort === port;
  const isOtv = isPort(VXLAN_PORT.linux);
  if (!isOtv && !isPort(VXLAN_PORT.iana)) return null;
  const vxlan = vxlanOf(data);
  if (vxlan === null) return `${isOtv ? "OTV" : "VXLAN"}, length ${data.length} (invalid)`;
  const { flags, vni, frame } = vxlan;
  const head = `flags [${hasVni(vxlan) ? "I" : "."}] (0x${flags.toString(16).padStart(2, "0")})`;
  const overlay = (data[1]! << 16) | (data[2]! << 8) | data[3]!;
  const line = isOtv ? `OTV, ${head}, overlay ${overlay}, instance ${vni}` : `VXLAN, ${head}, vni ${vni}`;
  return `${line}\n${frame === null ? cutOff(data.subarray(8), inner) : inner.frame(frame)}`;
}

/** What is inside when its end is in another fragment. */
function cutOff(bytes: Uint8Array, inner: Inner): string {
  if (bytes.length < 14 + 28 || ((bytes[12]! << 8) | bytes[13]!) !== ETHERTYPE.ipv4) return "";
  const length = (bytes[16]! << 8) | bytes[17]!;
  return `IP truncated-ip - ${length - (bytes.length - 14)} bytes missing! ${inner.packet(parseQuote(bytes.subarray(14)), length)}`;
}
