// ping for IPv6.
// Before you edit: iputils ping/ping6_common.c (ping6_run, ping6_parse_reply, print_icmp), ping.c (main).
import type { Program } from "../lab/process.ts";
import type { Device } from "../link/device.ts";
import { errorText } from "../netns/errno.ts";
import { icmp6ErrorText } from "../netns/ipv6/icmp.ts";
import { peekRoute6 } from "../netns/ipv6/output-route.ts";
import { type PingMessage6, PingSocket6 } from "../netns/socket/ping6.ts";
import { type Ipv6, ipv6, LOOPBACK6, UNSPECIFIED6 } from "../wire/address6.ts";
import { BadInput } from "../wire/input.ts";
import { ICMP6, PROTOCOL } from "../wire/packet.ts";
import type { Call } from "./command.ts";
import { type Options, OTHER_FAMILY } from "./ping-arguments.ts";
import { type Heard, Run, type Voice } from "./ping-run.ts";

interface Target {
  readonly address: Ipv6;
  /** `%eth0` behind the address. */
  readonly scope: Device | null;
}

interface From {
  readonly address: Ipv6 | null;
  readonly device: Device | null;
}

export function ping6(call: Call, options: Options): number | Program {
  const target = readTarget(call, options);
  const from = target === null ? null : sourceOf(call, options);
  if (target === null || from === null) return 2;
  const { ns } = call;
  const oif = from.device ?? target.scope;
  let src = from.address ?? UNSPECIFIED6;
  const { address } = target;
  // Before it sends, ping connects a socket of UDP to learn its source; not to an address of the link.
  if (from.address === null && !address.isLinkLocal && !address.isLinkLocalMulticast) {
    const way = peekRoute6(ns, address.isUnspecified ? LOOPBACK6 : address, null, oif, { protocol: PROTOCOL.udp });
    if (way.errno !== null) {
      call.err(`ping: connect: ${errorText(way.errno)}\n`);
      return 2;
    }
    src = way.src;
  }
  if (from.device !== null && ns.ipv6.of(from.device).addressOf(src) === undefined)
    call.err(`ping: Warning: source address might be selected on device other than: ${from.device.name}\n`);
  return new Run(call, options, voice6(call, options, target, from, src)).program();
}

function readTarget({ ns, err }: Call, { target }: Options): Target | null {
  const [text = "", name, ...rest] = target.split("%");
  const unknown = (why = "Name or service not known") => {
    err(`ping: ${target}: ${why}\n`);
    return null;
  };
  if (/^\d+(\.\d+){3}$/.test(target)) return unknown(OTHER_FAMILY);
  const scope = name === undefined ? null : (ns.devices.get(name) ?? ns.deviceOfIndex(Number(name)));
  if (scope === undefined || rest.length > 0) return unknown();
  try {
    return { address: ipv6(text), scope };
  } catch (failure) {
    if (!(failure instanceof BadInput)) throw failure;
    return unknown();
  }
}

function sourceOf({ ns, err }: Call, { source }: Options): From | null {
  if (source === null) return { address: null, device: null };
  const device = ns.devices.get(source);
  if (device !== undefined) return { address: null, device };
  try {
    const address = ipv6(source);
    if (ns.ipv6.deviceOfAddress(address) !== null) return { address, device: null };
    err(`ping: bind icmp socket: ${errorText("EADDRNOTAVAIL")}\n`);
  } catch {
    err(`ping: unknown iface: ${source}\n`);
  }
  return null;
}

function voice6(call: Call, options: Options, target: Target, from: From, src: Ipv6): Voice<PingMessage6> {
  const { ns } = call;
  const socket = new PingSocket6(ns);
  const { address, scope } = target;
  return {
    socket,
    mtuSign: ": ",
    head() {
      const shown = `${address}${scope === null ? "" : `%${scope.name}`}`;
      const named = (from.address ?? from.device) === null ? "" : ` from ${src} ${from.device?.name ?? ""}:`;
      return `PING ${options.target}(${shown})${named} ${options.size} data bytes\n`;
    },
    send: (seq, data, confirm) =>
      socket.send(
        address,
        seq,
        data,
        {
          src: from.address,
          oif: from.device ?? scope,
          discovery: options.discovery ?? (address.isMulticast ? "do" : "want"),
          confirm,
          mark: options.mark,
          ...(options.ttl !== undefined && { hopLimit: options.ttl }),
        },
        -1,
      ),
    read,
  };
}

/** An address with its scope, as it must be said to be reached. */
function named(address: Ipv6, device: Device): string {
  return address.isLinkLocal || address.isLinkLocalMulticast ? `${address}%${device.name}` : address.text;
}

function read({ packet, quoted, iif, time }: PingMessage6): Heard | null {
  const { body, src } = packet;
  if (body.kind !== "icmp6") return null;
  const from = named(src, iif);
  if (quoted === undefined) {
    const seq = body.rest & 0xffff;
    return { seq, octets: body.data.length + 8, from, ttl: packet.hopLimit, time };
  }
  const seq = quoted.body.kind === "icmp6" ? quoted.body.rest & 0xffff : 0;
  const mtu = body.type === ICMP6.packetTooBig ? `: mtu=${body.rest}` : "";
  return { seq, line: `From ${from} icmp_seq=${seq} ${icmp6ErrorText(body.type, body.code)}${mtu}\n`, isError: true };
}
