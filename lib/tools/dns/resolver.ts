// getaddrinfo and getnameinfo, as glibc and musl look names up: files first, then the domains of the search list in the
// order that the number of dots says, for IPv4 and IPv6 at once.
// Before you edit: glibc resolv/res_query.c (__res_context_search), nss/nss_dns/dns-host.c, sysdeps/posix/getaddrinfo.c;
// musl src/network/lookup_name.c (name_from_dns_search), getnameinfo.c.
import type { Asking } from "../../lab/programs.ts";
import type { Family } from "../../netns/socket/family.ts";
import type { Ip } from "../../wire/address.ts";
import type { Ipv6 } from "../../wire/address6.ts";
import { DNS_TYPE, type DnsMessage, RCODE, rcodeOf, reverseName } from "../../wire/dns.ts";
import type { Call } from "../command.ts";
import { hostsAddresses, hostsName, type ResolverConf, resolverConf } from "./conf.ts";
import { type Asker, askAtOnce, askInTurn, query } from "./exchange.ts";

/** What getaddrinfo says of a name that has no address (gai_strerror). */
export const NOT_FOUND = {
  noName: "Name or service not known",
  noData: "No address associated with hostname",
  again: "Temporary failure in name resolution",
} as const;

/** In musl's words. */
export const NOT_FOUND_MUSL = {
  noName: "Name does not resolve",
  noData: "Name has no usable address",
  again: "Try again",
} as const;

export type NotFound = keyof typeof NOT_FOUND;

/** Who looks names up, and where. */
export type Looking = Pick<Call, "lab" | "ns" | "tools"> & { readonly program: string };

/** Addresses, and the name they were found under, if that is known. */
export interface Named {
  readonly addresses: readonly Ip[];
  readonly name: string | null;
}

/** What AI_CANONNAME gives. */
export const canonicalName = ({ name }: Pick<Named, "name">, asked: string): string =>
  name === null ? asked : name.replace(/\.$/, "");

/** The addresses of a name, the best first; else why there are none. A name that is an address is none of a resolver's. */
export function* addressesOf(looking: Looking, name: string, family: Family | null): Asking<readonly Ip[] | NotFound> {
  const found = yield* namedAddresses(looking, name, family);
  return typeof found === "string" ? found : found.addresses;
}

/** The same, with the name at the end of the aliases. */
export function* namedAddresses(looking: Looking, name: string, family: Family | null): Asking<Named | NotFound> {
  const local = hostsAddresses(looking, name).filter((each) => family === null || each.family === family);
  if (local.length > 0) return { addresses: local, name: null };
  const conf = resolverConf(looking);
  if (conf === null) return "again";
  const types = family === 4 ? [DNS_TYPE.A] : family === 6 ? [DNS_TYPE.AAAA] : [DNS_TYPE.A, DNS_TYPE.AAAA];
  let worst: NotFound = "noName";
  for (const candidate of candidates(name, conf, looking)) {
    const answers = yield* ask(looking, conf, candidate, types);
    if (answers.every((each) => each === null)) return "again";
    const records = answers.flatMap((each) => each?.answers ?? []);
    const found = records.flatMap(({ name: owner, data }) => (data.kind === "address" ? [{ owner, data }] : []));
    const addresses = found.map(({ data }) => data.address);
    if (found.length > 0) return { addresses: inOrder(looking, addresses), name: found[0]!.owner };
    const isThere = answers.some((each) => each !== null && rcodeOf(each) === RCODE.NOERROR);
    if (answers.some((each) => each !== null && rcodeOf(each) === RCODE.SERVFAIL)) worst = "again";
    if (isThere) worst = "noData";
    // A name that is there ends musl's search, even if it has nothing of the kind.
    if (isThere && isMusl(looking)) return "noData";
  }
  return worst;
}

/** The name of an address: what /etc/hosts or its PTR says, or null. */
export function* nameOfAddress(looking: Looking, address: Ip): Asking<string | null> {
  const local = hostsName(looking, address);
  if (local !== null) return local;
  const conf = resolverConf(looking);
  if (conf === null) return null;
  const [answer] = yield* ask(looking, conf, reverseName(address), [DNS_TYPE.PTR]);
  const record = answer?.answers.find(({ data }) => data.kind === "name");
  return record?.data.kind === "name" ? record.data.name.replace(/\.$/, "") : null;
}

const isMusl = ({ tools }: Pick<Looking, "tools">): boolean => tools === "busybox-musl" || tools === "busybox-1.28";

function ask(
  looking: Looking,
  conf: ResolverConf,
  name: string,
  types: readonly number[],
): Asking<(DnsMessage | null)[]> {
  const asker: Asker = looking;
  const messages = types.map((type) => query(looking.lab, name, type));
  const how = isMusl(looking) ? askAtOnce : askInTurn;
  return how(asker, conf.nameservers, messages, conf.timeout, conf.attempts);
}

/** The names to ask for, in their order. */
export function candidates(name: string, { search, ndots }: ResolverConf, looking: Pick<Looking, "tools">): string[] {
  if (name.endsWith(".")) return [name];
  const dots = name.split(".").length - 1;
  const asIs = `${name}.`;
  const searched = search.map((domain) => (domain === "" ? asIs : `${name}.${domain}.`));
  if (dots < ndots) return [...new Set([...searched, asIs])];
  // Of a name with dots enough musl asks only as it is; glibc goes on with the search list.
  return isMusl(looking) ? [asIs] : [...new Set([asIs, ...searched])];
}

/** IPv6 first where there is a way to it, else IPv4 (RFC 6724, by what this namespace has). */
function inOrder({ ns }: Looking, addresses: readonly Ip[]): Ip[] {
  const isGlobal = ({ isLinkLocal, isLoopback }: Ipv6) => !isLinkLocal && !isLoopback;
  const devices = [...ns.devices.values()];
  const hasIpv6 = devices.some((each) => ns.ipv6.of(each).addresses.some(({ local }) => isGlobal(local)));
  const first = hasIpv6 ? 6 : 4;
  const isFirst = ({ family }: Ip) => family === first;
  return [...addresses.filter(isFirst), ...addresses.filter((each) => !isFirst(each))];
}
