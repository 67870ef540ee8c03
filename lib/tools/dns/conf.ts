// What the files say by which names are looked up: /etc/resolv.conf and /etc/hosts.
// Before you edit: glibc resolv/res_init.c, nss/nss_files/files-hosts.c; musl src/network/resolvconf.c.
import type { Netns } from "../../netns/netns.ts";
import { type Ip, ip } from "../../wire/address.ts";
import { BadInput } from "../../wire/input.ts";
import type { Call } from "../command.ts";
import { fileText } from "../files.ts";

export type Where = Pick<Call, "lab"> & { readonly ns: Netns };

export interface ResolverConf {
  readonly nameservers: readonly Ip[];
  readonly search: readonly string[];
  /** A name with fewer dots is searched before it is asked for as it is. */
  readonly ndots: number;
  /** Seconds for one server, and how often all are asked. */
  readonly timeout: number;
  readonly attempts: number;
}

const MOST_SERVERS = 3;

/** What /etc/resolv.conf says; null when there is none, or no server in it. */
export function resolverConf(where: Where): ResolverConf | null {
  const text = fileText(where, "/etc/resolv.conf");
  if (text === null) return null;
  const nameservers: Ip[] = [];
  let search: string[] = [];
  let [ndots, timeout, attempts] = [1, 5, 2];
  for (const line of text.split("\n")) {
    const [keyword, ...words] = line
      .replace(/[#;].*/, "")
      .trim()
      .split(/\s+/);
    if (keyword === "nameserver" && words[0] !== undefined && nameservers.length < MOST_SERVERS)
      nameservers.push(ip(words[0]));
    else if (keyword === "search" || keyword === "domain") search = words.map((each) => each.replace(/\.$/, ""));
    else if (keyword === "options")
      for (const [, name, value] of words.map((each) => /^(\w+)(?::(\d+))?$/.exec(each) ?? [])) {
        if (name === "ndots") ndots = Math.min(Number(value), 15);
        else if (name === "timeout") timeout = Math.min(Number(value), 30);
        else if (name === "attempts") attempts = Math.min(Number(value), 5);
      }
  }
  return nameservers.length === 0 ? null : { nameservers, search, ndots, timeout, attempts };
}

/** Addresses and their names, the first of a line the real one. */
function hostsLines(where: Where): { address: Ip; names: string[] }[] {
  const lines: { address: Ip; names: string[] }[] = [];
  for (const line of (fileText(where, "/etc/hosts") ?? "").split("\n")) {
    const [address = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    const read = numeric(address);
    if (read !== null) lines.push({ address: read, names });
  }
  return lines;
}

/** The addresses /etc/hosts has for a name. */
export function hostsAddresses(where: Where, name: string): Ip[] {
  const wanted = name.toLowerCase().replace(/\.$/, "");
  return hostsLines(where)
    .filter(({ names }) => names.some((each) => each.toLowerCase() === wanted))
    .map(({ address }) => address);
}

/** The name /etc/hosts has for an address. */
export function hostsName(where: Where, address: Ip): string | null {
  return hostsLines(where).find((line) => line.address === address)?.names[0] ?? null;
}

/** An address, or null of what is none. */
export function numeric(text: string): Ip | null {
  try {
    return ip(text);
  } catch (failure) {
    if (!(failure instanceof BadInput)) throw failure;
    return null;
  }
}
