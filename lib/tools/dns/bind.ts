// How dig and nslookup of BIND ask: a server of the list after the other, each question from a socket of its own, by TCP
// when an answer was cut short.
// Before you edit: bind9 9.18 bin/dig/dighost.c (setup_lookup, next_origin, recv_done, send_udp, connect_timeout).
import type { Asking } from "../../lab/programs.ts";
import { SECOND } from "../../trace/world.ts";
import { type Ip, ip } from "../../wire/address.ts";
import { DNS_FLAG, type DnsMessage } from "../../wire/dns.ts";
import type { Call } from "../command.ts";
import { numeric, type ResolverConf, resolverConf } from "./conf.ts";
import { askByTcp, askByUdp, type Heard } from "./exchange.ts";
import { addressesOf } from "./resolver.ts";

export const BIND_VERSION = "9.18.49-1~deb12u3-Debian";

export interface Transport {
  readonly servers: readonly Ip[];
  readonly port: number;
  readonly overTcp: boolean;
  /** Seconds. */
  readonly timeout: number;
  readonly tries: number;
}

/** Without resolv.conf, or without a server in it, they ask this machine. */
export function settings(call: Call): ResolverConf {
  const none = { nameservers: [ip("127.0.0.1")], search: [], ndots: 1, timeout: 5, attempts: 3 };
  return resolverConf(call) ?? none;
}

/** The addresses of a server that is named on the command line; null when nobody knows it. */
export function* serverOf(call: Call, program: string, name: string): Asking<readonly Ip[] | null> {
  const address = numeric(name);
  if (address !== null) return [address];
  const found = yield* addressesOf({ ...call, program }, name, null);
  return typeof found === "string" ? null : found;
}

/** The answer to a message; null when no server gave one. What goes wrong on the way is told to `comment`. */
export function* exchange(
  call: Call,
  program: string,
  message: DnsMessage,
  { servers, port, overTcp, timeout, tries }: Transport,
  comment: (text: string) => void,
): Asking<Heard | null> {
  const asker = { ...call, program };
  for (let attempt = 0; attempt < tries; attempt++)
    for (const server of servers) {
      const heard = yield* overTcp ? tcp(server) : udp(server);
      if (heard !== null && typeof heard !== "string") return heard;
      const why =
        heard === "ECONNREFUSED" ? "connection refused" : heard === null ? "timed out" : "network unreachable";
      comment(`communications error to ${server}#${port}: ${why}`);
    }
  return null;

  function* udp(server: Ip): Asking<Heard | null | string> {
    const heard = yield* askByUdp(asker, server, [message], timeout * SECOND, port);
    if (typeof heard === "string") return heard;
    const [first] = heard;
    if (!first || (first.message.flags & DNS_FLAG.tc) === 0) return first ?? null;
    comment("Truncated, retrying in TCP mode.");
    return yield* tcp(server);
  }

  function tcp(server: Ip): Asking<Heard | null | string> {
    return askByTcp(asker, server, message, timeout * SECOND, port);
  }
}

/** The names BIND's tools ask for when they search: those of the list, and the name as it is. */
export function searched(name: string, { search, ndots }: ResolverConf): string[] {
  const asIs = name.endsWith(".") ? name : `${name}.`;
  if (name.endsWith(".") || name.split(".").length - 1 >= ndots) return [asIs];
  return [...search.map((domain) => `${name}.${domain}.`), asIs];
}
