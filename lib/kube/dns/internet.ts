// The name server of the world outside: it knows a few names, and says that it asked others for them.
// Before you edit: RFC 1034 §5.3.3, RFC 6761 (example.com is nobody's).
import type { Lab } from "../../lab/lab.ts";
import { dnsServer, fitting } from "../../tools/dns/server.ts";
import { DNS_CLASS, DNS_FLAG, DNS_TYPE, datagramSize, RCODE } from "../../wire/dns.ts";
import { addressRecord, replyTo } from "./kubernetes.ts";

/** How long its answers may be kept, in seconds. */
const TTL = 300;

/** Names and what they lead to; a name with several addresses gives them in turn, another one first each time. */
export class PublicNames {
  private readonly known = new Map<string, string[]>();

  set(name: string, addresses: readonly string[]): void {
    if (addresses.length === 0) this.known.delete(`${name.toLowerCase()}.`);
    else this.known.set(`${name.toLowerCase()}.`, [...addresses]);
  }

  /** The addresses of a name that ends with a dot; `isNext`: the next time another one is first. */
  ask(name: string, isNext: boolean): readonly string[] {
    const addresses = this.known.get(name.toLowerCase()) ?? [];
    const answer = [...addresses];
    if (isNext && addresses.length > 1) addresses.push(addresses.shift()!);
    return answer;
  }
}

/** Starts it in a namespace; `names` lead to addresses: `{ "www.example.com": "203.0.113.10" }`. More may come later. */
export function startNameServer(lab: Lab, where: string, names: Readonly<Record<string, string>>): PublicNames {
  const ns = lab.netns(where);
  const known = new PublicNames();
  for (const [name, address] of Object.entries(names)) known.set(name, [address]);
  const silent = { ns, out: () => {}, err: () => {} };
  const server = dnsServer(ns, { program: "named" }, ({ message, overTcp, reply }) => {
    const [question] = message.questions;
    const addresses = question?.class === DNS_CLASS.IN ? known.ask(question.name, question.type === DNS_TYPE.A) : [];
    const records = addresses.map((each) => addressRecord(question!.name, each, TTL));
    const answer = replyTo(message, records.length === 0 ? RCODE.NXDOMAIN : RCODE.NOERROR, DNS_FLAG.ra);
    const answers = records.filter(({ type }) => type === question!.type);
    reply(fitting({ ...answer, answers }, overTcp ? 65535 : datagramSize(message)).octets);
  });
  lab.start("named", silent, server);
  return known;
}
