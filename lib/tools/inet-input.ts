// Hosts and MACs as net-tools read them.
// Before you edit: net-tools 2.10 lib/inet.c (INET_resolve, INET_herror), lib/ether.c (in_ether).
import { Ipv4 } from "../wire/address.ts";
import type { Mac } from "../wire/mac.ts";
import { type Call, notModelled } from "./command.ts";
import { resolverConf } from "./dns/conf.ts";
import { isName, shortIpv4 } from "./host.ts";
import { macOf } from "./iproute/values.ts";

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

/** Six octets of one or two digits, with a colon or without; what stands behind is not looked at (in_ether). */
export function etherInput(text: string): Mac | null {
  const octets: number[] = [];
  let rest = text;
  while (rest !== "" && octets.length < 6) {
    const [found, first, second = ""] = /^([0-9a-f])(?:([0-9a-f])|:|$):?/i.exec(rest) ?? [];
    if (found === undefined) return null;
    octets.push(Number.parseInt(first + second, 16));
    rest = rest.slice(found.length);
  }
  if (octets.length < 6)
    throw notModelled("a MAC", text, "MACs of six octets: the others come from where memory happens to be");
  return macOf(octets);
}
