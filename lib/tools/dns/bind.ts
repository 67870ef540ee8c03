// How dig and nslookup of BIND ask: a server of the list after the other, each question from a socket of its own, by TCP
// when an answer was cut short.
// Before you edit: bind9 9.18 bin/dig/dighost.c (setup_lookup, next_origin, recv_done, send_udp, connect_timeout).
import type { Asking } from "../../lab/programs.ts";
import type { Errno } from "../../netns/errno.ts";
import { SECOND } from "../../trace/world.ts";
import { type Ip, ip } from "../../wire/address.ts";
import { DNS_FLAG, type DnsMessage } from "../../wire/dns.ts";
import type { Call } from "../command.ts";
import { numeric, type ResolverConf, resolverConf } from "./conf.ts";
import { askByTcp, askByUdp, type Heard } from "./exchange.ts";
import { addressesOf } from "./resolver.ts";

export const BIND_VERSION = "9.18.49-1~deb12u3-Debian";

/** isc_result_totext. */
const WORDS: Readonly<Partial<Record<Errno, string>>> = {
  ECONNREFUSED: "connection refused",
  ENETUNREACH: "network unreachable",
  EHOSTUNREACH: "host unreachable",
};

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

/** What happens on the way: an error is told always, a note where comments are. */
export type Tell = (text: string, isNote?: boolean) => void;

/**
 * The answer to a message; "unreached" when no server gave one, "told" when that was said already, try after try. `name`
 * is what was asked for, as it was written.
 */
export function* exchange(
  call: Call,
  program: string,
  name: string,
  message: DnsMessage,
  { servers, port, overTcp, timeout, tries }: Transport,
  tell: Tell,
): Asking<Heard | "unreached" | "told"> {
  const asker = { ...call, program };
  let wasTold = false;
  for (let attempt = 0; attempt < tries; attempt++)
    for (const server of servers) {
      const heard = yield* overTcp ? tcp(server) : udp(server);
      if (heard !== null && typeof heard !== "string") return heard;
      const ends = `${server}#${port}`;
      wasTold = heard === "ENETUNREACH" || (overTcp && heard !== null);
      if (!wasTold) tell(`communications error to ${ends}: ${heard === null ? "timed out" : WORDS[heard]}`);
      else {
        const setUp = overTcp ? "Connection to" : "UDP setup with";
        tell(`${setUp} ${ends}(${server}) for ${name} failed: ${WORDS[heard!] ?? "timed out"}.`);
        tell("no servers could be reached");
      }
    }
  return wasTold ? "told" : "unreached";

  function* udp(server: Ip): Asking<Heard | null | Errno> {
    const heard = yield* askByUdp(asker, server, [message], timeout * SECOND, port);
    if (typeof heard === "string") return heard;
    const [first] = heard;
    if (!first || (first.message.flags & DNS_FLAG.tc) === 0) return first ?? null;
    tell("Truncated, retrying in TCP mode.", true);
    return yield* tcp(server);
  }

  function tcp(server: Ip): Asking<Heard | null | Errno> {
    return askByTcp(asker, server, message, timeout * SECOND, port);
  }
}

/** The names BIND's tools ask for when they search: those of the list, and the name as it is. */
export function searched(name: string, { search, ndots }: ResolverConf): string[] {
  const asIs = name.endsWith(".") ? name : `${name}.`;
  if (name.endsWith(".") || name.split(".").length - 1 >= ndots) return [asIs];
  return [...search.map((domain) => `${name}.${domain}.`), asIs];
}
