// The words behind nc. Before you edit: netcat.c (main, build_ports).

import { servicePort } from "../wire/services.ts";
import { type Call, notModelled } from "./command.ts";

export interface NcOptions {
  readonly listen: boolean;
  /** -4, -6; null: what the address is. */
  readonly family: 4 | 6 | null;
  readonly keep: boolean;
  readonly udp: boolean;
  readonly verbose: boolean;
  readonly scan: boolean;
  readonly numeric: boolean;
  /** -N: say FIN when standard input ends. */
  readonly shutdown: boolean;
  /** -w and -q in seconds. */
  readonly timeout: number | null;
  readonly quit: number | null;
  readonly source: string | null;
  readonly sourcePort: number | null;
  readonly host: string | null;
  readonly ports: readonly number[];
}

const USAGE = `usage: nc [-46CDdFhklNnrStUuvZz] [-I length] [-i interval] [-M ttl]
\t  [-m minttl] [-O length] [-P proxy_username] [-p source_port]
\t  [-q seconds] [-s sourceaddr] [-T keyword] [-V rtable] [-W recvlimit]
\t  [-w timeout] [-X proxy_protocol] [-x proxy_address[:port]]
\t  [destination] [port]
`;
const SUPPORTED = "-l, -k, -u, -v, -z, -n, -N, -4, -6, -w, -q, -p, -s";
const VALUED = "wqpsIiMmOPTVWXx";

/** Null when it has complained, as nc does before it exits with 1. */
export function readNcArguments({ args, err }: Call): NcOptions | null {
  const flags = new Set<string>();
  const values = new Map<string, string>();
  const words: string[] = [];
  const usage = () => {
    err(USAGE);
    return null;
  };
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    if (!/^-./.test(word)) {
      words.push(word);
      continue;
    }
    for (let at = 1; at < word.length; at++) {
      const letter = word[at]!;
      if (VALUED.includes(letter)) {
        const value = word.slice(at + 1) || args[++i];
        if (value === undefined) {
          err(`nc: option requires an argument -- '${letter}'\n`);
          return usage();
        }
        if (!"wqps".includes(letter)) throw notModelled("nc", `-${letter}`, SUPPORTED);
        values.set(letter, value);
        break;
      }
      if (!"46CDdFhklNnrStUuvZzb".includes(letter)) {
        err(`nc: invalid option -- '${letter}'\n`);
        return usage();
      }
      if (!"lkuvznN46".includes(letter)) throw notModelled("nc", `-${letter}`, SUPPORTED);
      flags.add(letter);
    }
  }
  const fail = (text: string) => {
    err(`nc: ${text}\n`);
    return null;
  };
  const listen = flags.has("l");
  const udp = flags.has("u");
  if (words.length === 0 && !listen) return usage();
  if (listen && words.length > 2) throw notModelled("nc", words.slice(2).join(" "), "-l with one port");
  let [host = null, portText = null] = words as [string?, string?];
  if (listen && portText === null) {
    portText = values.get("p") ?? host;
    if (!values.has("p")) host = null;
  } else if (listen && values.has("p")) return usage();
  if (portText === null) return fail("missing port number");
  if (listen && flags.has("z")) return fail("cannot use -z and -l");
  if (!listen && flags.has("k")) return fail("must use -l with -k");
  const seconds = (letter: string, name: string): number | null | undefined => {
    const text = values.get(letter);
    if (text === undefined) return null;
    if (/^\d+$/.test(text)) return Number(text);
    fail(`${name} ${/^-\d+$/.test(text) ? "too small" : "invalid"}: ${text}`);
    return undefined;
  };
  const timeout = seconds("w", "timeout");
  const quit = seconds("q", "quit");
  if (timeout === undefined || quit === undefined) return null;
  const protocol = udp ? "udp" : "tcp";
  const lists = listen
    ? [ownPort(portText, protocol, fail)]
    : [portText, ...words.slice(2)].map((text) => portsOf(text, protocol, fail));
  if (lists.includes(null)) return null;
  const ports = (lists as number[][]).flat();
  const sourcePort = listen || !values.has("p") ? null : ownPort(values.get("p")!, protocol, fail);
  if (sourcePort === null && !listen && values.has("p")) return null;
  return {
    listen,
    family: flags.has("6") ? 6 : flags.has("4") ? 4 : null,
    keep: flags.has("k"),
    udp,
    verbose: flags.has("v"),
    scan: flags.has("z"),
    numeric: flags.has("n"),
    shutdown: flags.has("N"),
    timeout,
    quit,
    source: values.get("s") ?? null,
    sourcePort: sourcePort?.[0] ?? null,
    host,
    ports,
  };
}

/** A port of one's own, which getaddrinfo reads: of a number the lowest 16 bits. */
function ownPort(text: string, protocol: "tcp" | "udp", fail: (text: string) => null): number[] | null {
  const port = /^\d+$/.test(text) ? Number(text) & 0xffff : servicePort(protocol, text);
  return port === undefined ? fail("getaddrinfo: Servname not supported for ai_socktype") : [port];
}

/** A port, a range `8080-8082`, or a service's name (build_ports). */
function portsOf(text: string, protocol: "tcp" | "udp", fail: (text: string) => null): number[] | null {
  const named = servicePort(protocol, text);
  if (named !== undefined) return [named];
  const range = /^(\d[^-]*)-(.*)$/.exec(text);
  const ports: number[] = [];
  for (const end of range === null ? [text] : [range[2]!, range[1]!]) {
    if (!/^\d+$/.test(end)) return fail(`port number invalid: ${end}`);
    const port = Number(end);
    if (port < 1) return fail(`port number too small: ${end}`);
    if (port > 65535) return fail(`port number too large: ${end}`);
    ports.push(port);
  }
  const [low, high] = [Math.min(...ports), Math.max(...ports)];
  return Array.from({ length: high - low + 1 }, (_, i) => low + i);
}
