// The name server of the world outside: it knows a few names, and says that it asked others for them.
// Before you edit: RFC 1034 §5.3.3, RFC 6761 (example.com is nobody's).
import type { Lab } from "../../lab/lab.ts";
import { dnsServer, fitting } from "../../tools/dns/server.ts";
import { DNS_CLASS, DNS_FLAG, datagramSize, RCODE } from "../../wire/dns.ts";
import { addressRecord, replyTo } from "./kubernetes.ts";

/** How long its answers may be kept, in seconds. */
const TTL = 300;

/** Starts it in a namespace; `names` lead to addresses: `{ "www.example.com": "203.0.113.10" }`. */
export function startNameServer(lab: Lab, where: string, names: Readonly<Record<string, string>>): void {
  const ns = lab.netns(where);
  const known = new Map(Object.entries(names).map(([name, address]) => [`${name.toLowerCase()}.`, address]));
  const silent = { ns, out: () => {}, err: () => {} };
  const server = dnsServer(ns, { program: "named" }, ({ message, overTcp, reply }) => {
    const [question] = message.questions;
    const address = question?.class === DNS_CLASS.IN ? known.get(question.name.toLowerCase()) : undefined;
    const record = address === undefined ? null : addressRecord(question!.name, address, TTL);
    const answer = replyTo(message, record === null ? RCODE.NXDOMAIN : RCODE.NOERROR, DNS_FLAG.ra);
    const answers = record !== null && record.type === question!.type ? [record] : [];
    reply(fitting({ ...answer, answers }, overTcp ? 65535 : datagramSize(message)).octets);
  });
  lab.start("named", silent, server);
}
