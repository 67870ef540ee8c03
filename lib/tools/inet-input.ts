// A host as net-tools read one. Before you edit: net-tools 2.10 lib/inet.c (INET_resolve, INET_herror).
import { Ipv4 } from "../wire/address.ts";
import { type Call, notModelled } from "./command.ts";
import { resolverConf } from "./dns/conf.ts";
import { isName, shortIpv4 } from "./host.ts";

/** The address of a word; null when it has none, and that is said. Names are looked up where somebody answers: refused. */
export function inetInput(call: Call, word: string): Ipv4 | null {
  if (word === "default") return Ipv4.of(0);
  if (word === "localhost") return Ipv4.of(0x7f000001);
  const address = shortIpv4(word);
  if (address !== null) return address;
  const isAsked = isName(word);
  if (isAsked && resolverConf(call) !== null)
    throw notModelled(`a name (${word})`, word, "hosts by their IPv4 address");
  call.err(`${word}: ${isAsked ? "Host name lookup failure" : "Unknown host"}\n`);
  return null;
}
