// ping as iputils 20221126 does it: the same words, the same pace, the same exit status. IPv6's is in ping6.ts.
// Before you edit: iputils ping/ping.c.

import type { Program } from "../lab/process.ts";
import type { Device } from "../link/device.ts";
import { errorText } from "../netns/errno.ts";
import { icmpErrorText } from "../netns/ipv4/icmp.ts";
import { peekRoute } from "../netns/ipv4/output-route.ts";
import { type PingMessage, PingSocket } from "../netns/socket/ping.ts";
import { Ipv4, ipv4 } from "../wire/address.ts";
import { ICMP, ICMP_CODE } from "../wire/packet.ts";
import { type Call, type Command, notModelled } from "./command.ts";
import { NOT_FOUND, nameOfAddress } from "./dns/resolver.ts";
import { hostOf, isName, lookUp } from "./host.ts";
import { type Options, OTHER_FAMILY, readArguments } from "./ping-arguments.ts";
import { type Heard, Run, type Voice } from "./ping-run.ts";
import { ping6 } from "./ping6.ts";

export const ping: Command = (call) => {
  const options = readArguments(call);
  if (typeof options === "number") return options;
  const { target, family } = options;
  if (!isName(target) && (family === 6 || (family === null && target.includes(":")))) return ping6(call, options);
  const found = target === "localhost" ? null : hostOf(call.ns, target, family);
  return found !== null && found !== "family" && found.address.family === 4
    ? pingAddress(call, options, found.address, null)
    : named(call, options);
};

/** A name is looked up, and what answers is named as its address is. */
function* named(call: Call, options: Options): Program {
  const looking = { ...call, program: "ping" };
  const found = yield* lookUp(looking, options.target, options.family);
  if (typeof found === "string") {
    call.err(`ping: ${options.target}: ${found === "family" ? OTHER_FAMILY : NOT_FOUND[found]}\n`);
    return 2;
  }
  const { address } = found;
  if (address.family === 6) throw notModelled("ping", options.target, "names of IPv4 addresses");
  // The one name that is there without a file.
  const own = options.target === "localhost" ? options.target : address.text;
  const name = options.numeric ? null : ((yield* nameOfAddress(looking, address)) ?? own);
  const begun = pingAddress(call, options, address, name);
  return typeof begun === "number" ? begun : yield* begun;
}

/** `name` is what the address is called in the lines of its replies; null: it has none but itself. */
function pingAddress(call: Call, options: Options, to: Ipv4, name: string | null): number | Program {
  const from = sourceOf(call, options);
  if (from === null) return 2;
  const way = peekRoute(call.ns, to, from.address, from.device, options.mark);
  const failed =
    way.errno ?? (way.errno === null && way.decision.type === "broadcast" && !options.broadcast ? "EACCES" : null);
  // Before it sends, ping connects a socket of UDP to learn its source.
  if (failed === "ENETUNREACH") call.ns.mib.IpOutNoRoutes++;
  if (failed !== null) {
    call.err(
      failed === "EACCES"
        ? "ping: Do you want to ping broadcast? Then -b. If not, check your local firewall rules\n"
        : `ping: connect: ${errorText(failed)}\n`,
    );
    return 2;
  }
  if (options.ttl === 0) {
    call.err(`ping: cannot set unicast time-to-live: ${errorText("EINVAL")}\n`);
    return 2;
  }
  // 0.0.0.0 is whoever asks.
  const own = from.device === null ? [] : call.ns.inet.get(from.device)!.addresses;
  const dst = to.bits === 0 && way.errno === null ? (own[0]?.local ?? way.src) : to;
  if (from.device !== null && way.errno === null && dst === to && !own.some(({ local }) => local === way.src))
    call.err(`ping: Warning: source address might be selected on device other than: ${from.device.name}\n`);
  const voice = voice4(call, options, dst, from);
  if (name === null) return new Run(call, options, voice).program();
  const read = (message: PingMessage): Heard | null => {
    const heard = voice.read(message);
    return heard !== null && "octets" in heard && heard.from === dst.text
      ? { ...heard, from: `${name} (${dst})` }
      : heard;
  };
  return new Run(call, options, { ...voice, read }).program();
}

interface From {
  readonly address: Ipv4 | null;
  readonly device: Device | null;
}

function sourceOf({ ns, err }: Call, { source }: Options): From | null {
  if (source === null) return { address: null, device: null };
  const device = ns.devices.get(source);
  if (device !== undefined) return { address: null, device };
  try {
    const address = ipv4(source);
    if (ns.deviceOfAddress(address) !== undefined) return { address, device: null };
    err(`ping: bind: ${errorText("EADDRNOTAVAIL")}\n`);
  } catch {
    err(`ping: SO_BINDTODEVICE ${source}: ${errorText("ENODEV")}\n`);
  }
  return null;
}

export function voice4(call: Call, options: Options, dst: Ipv4, from: From): Voice<PingMessage> {
  const socket = new PingSocket(call.ns);
  return {
    socket,
    mtuSign: "=",
    head() {
      const way = peekRoute(call.ns, dst, from.address, from.device, options.mark);
      const named =
        way.errno === null && (from.address ?? from.device) !== null
          ? ` from ${way.src} ${from.device?.name ?? ""}:`
          : "";
      if (options.broadcast && way.errno === null && way.decision.type === "broadcast")
        call.err("WARNING: pinging broadcast address\n");
      return `PING ${options.target} (${dst})${named} ${options.size}(${options.size + 28}) bytes of data.\n`;
    },
    send(seq, data, confirm) {
      // What no packet could hold the kernel refuses without an error to read, and ping waits (raw_sendmsg).
      if (data.length + 8 > 0xffff) return { errno: null };
      const how = {
        src: from.address,
        oif: from.device,
        discovery: options.discovery ?? (dst.isMulticast ? "do" : "want"),
        mayBroadcast: options.broadcast,
        confirm,
        mark: options.mark,
        tos: options.tos,
        ...(options.ttl !== undefined && { ttl: options.ttl }),
      };
      return socket.send(dst, seq, data, how, -1);
    },
    read,
  };
}

function read({ packet, quoted, time }: PingMessage): Heard | null {
  const { body } = packet;
  if (body.kind !== "icmp") return null;
  if (quoted === undefined) {
    const seq = body.rest & 0xffff;
    return { seq, octets: body.data.length + 8, from: packet.src.text, ttl: packet.ttl, time };
  }
  const seq = quoted.body.kind === "icmp" ? quoted.body.rest & 0xffff : 0;
  const text = icmpErrorText(body.type, body.code, body.rest);
  // A shorter way is no error: the reply comes yet. It is read from the raw socket, and printed with a colon.
  if (body.type === ICMP.redirect) {
    const line = `From ${packet.src}: icmp_seq=${seq} ${text}(New nexthop: ${Ipv4.of(body.rest >>> 0)})\n`;
    return { seq, line, isError: false };
  }
  const isTooLong = body.type === ICMP.unreachable && body.code === ICMP_CODE.fragmentationNeeded;
  const mtu = isTooLong ? ` (mtu = ${body.rest & 0xffff})` : "";
  return { seq, line: `From ${packet.src} icmp_seq=${seq} ${text}${mtu}\n`, isError: true };
}
