// nslookup of busybox: since 1.29 with a resolver of its own, which sends all its questions at once and tells of each; before,
// by the C library, and with the name of every address.
// Before you edit: busybox 1.35 networking/nslookup.c (send_queries, parse_reply, add_query_with_search), 1.28 nslookup.c.
import type { Program } from "../../lab/process.ts";
import { errorText } from "../../netns/errno.ts";
import { UdpSocket } from "../../netns/socket/udp.ts";
import { SECOND } from "../../trace/world.ts";
import {
  DNS_FLAG,
  DNS_PORT,
  DNS_TYPE,
  type DnsData,
  type DnsMessage,
  RCODE,
  rcodeName,
  rcodeOf,
  reverseName,
} from "../../wire/dns.ts";
import { dnsBytes } from "../../wire/dns-bytes.ts";
import { parseDns } from "../../wire/dns-parse.ts";
import { type Call, notModelled } from "../command.ts";
import { numeric, resolverConf } from "../dns/conf.ts";
import { query } from "../dns/exchange.ts";
import { addressesOf, NOT_FOUND_MUSL, nameOfAddress } from "../dns/resolver.ts";
import { dataText, plain } from "../dns/text.ts";

const SUPPORTED = "nslookup [-type=TYPE] NAME [SERVER]";
const TIMEOUT = 5 * SECOND;
const TRIES = 2;
const TYPES = ["SOA", "NS", "A", "AAAA", "CNAME", "MX", "TXT", "PTR", "SRV", "ANY"] as const;

export function nslookup(call: Call, args: readonly string[]): Program {
  if (call.tools === "busybox-1.28") return old(call, args);
  const types: number[] = [];
  const words = [...args];
  for (; words[0]?.startsWith("-"); words.shift()) {
    const [, value = ""] = /^-(?:type|querytype)=(.*)$/.exec(words[0]) ?? [];
    const type = TYPES.find((each) => each === value.toUpperCase());
    if (type === undefined) throw notModelled("busybox nslookup", words[0], SUPPORTED);
    types.push(DNS_TYPE[type]);
  }
  const [name, server, more] = words;
  if (name === undefined || more !== undefined) throw notModelled("busybox nslookup", args.join(" "), SUPPORTED);
  const search = server === undefined ? (resolverConf(call)?.search ?? []) : [];
  const isSearched = search.length > 0 && !name.includes(".");
  const names = isSearched ? search.map((domain) => `${name}.${domain}`) : [name];
  const address = numeric(name);
  const asked =
    types.length > 0
      ? types.flatMap((type) => names.map((each) => query(call.lab, `${each}.`, type)))
      : address !== null
        ? [query(call.lab, reverseName(address), DNS_TYPE.PTR)]
        : [DNS_TYPE.A, DNS_TYPE.AAAA].flatMap((type) =>
            names.map((each) => query(call.lab, `${each.replace(/\.$/, "")}.`, type)),
          );
  return ask(call, asked, server);
}

function* ask(call: Call, asked: readonly DnsMessage[], named: string | undefined): Program {
  const { lab, ns, out, err } = call;
  const conf = resolverConf(call);
  const servers = named === undefined ? (conf?.nameservers ?? [numeric("127.0.0.1")!]) : [numeric(named)];
  if (servers[0] === null) throw notModelled("busybox nslookup", named!, "a server by its address");
  for (const server of servers) {
    const socket = new UdpSocket(ns, "nslookup", server!.family);
    const waiting = new Set(asked);
    let isFirst = true;
    let status = 0;
    try {
      const failed = socket.connect(server!, DNS_PORT);
      const end = lab.now + TIMEOUT;
      for (let again = lab.now; failed === null && lab.now < end && waiting.size > 0; ) {
        if (lab.now >= again) {
          for (const each of waiting) socket.send(dnsBytes(each));
          again = lab.now + TIMEOUT / TRIES;
        }
        for (let next = socket.receive(); next !== null; next = socket.receive()) {
          if (isFirst) out(`Server:\t\t${server}\nAddress:\t${server}:${DNS_PORT}\n\n`);
          isFirst = false;
          const message = parseDns(next.data);
          const own = [...waiting].find(({ id }) => id === message?.id);
          if (message === null || own === undefined) continue;
          waiting.delete(own);
          if (rcodeOf(message) !== RCODE.NOERROR) status = 1;
          out(said(message, plain(own.questions[0]!.name)));
        }
        const refused = socket.takeError();
        if (refused !== null) err(`nslookup: read: ${errorText(refused)}\n`);
        if (waiting.size > 0) yield { on: [socket], until: Math.min(again, end) };
      }
      if (failed !== null) err(`nslookup: connect: ${errorText(failed)}\n`);
    } finally {
      socket.close();
    }
    if (isFirst) continue;
    for (const { questions } of waiting) out(`*** Can't find ${plain(questions[0]!.name)}: No answer\n`);
    if (waiting.size > 0) out("\n");
    return waiting.size > 0 ? 1 : status;
  }
  out(";; connection timed out; no servers could be reached\n\n");
  return 1;
}

/** What is printed of one answer, an empty line behind it. */
function said(message: DnsMessage, name: string): string {
  const rcode = rcodeOf(message);
  if (rcode !== RCODE.NOERROR) return `** server can't find ${name}: ${rcodeName(rcode)}\n\n`;
  const head = (message.flags & DNS_FLAG.aa) === 0 ? "Non-authoritative answer:\n" : "";
  return `${head}${message.answers.map((each) => line(plain(each.name), each.type, each.data)).join("")}\n`;
}

function line(name: string, type: number, data: DnsData): string {
  switch (data.kind) {
    case "address":
      return `Name:\t${name}\nAddress: ${data.address}\n`;
    case "name": {
      const word = type === DNS_TYPE.NS ? "nameserver" : type === DNS_TYPE.CNAME ? "canonical name" : "name";
      return `${name}\t${word} = ${plain(data.name)}\n`;
    }
    case "srv":
      return `${name}\tservice = ${plain(dataText(data))}\n`;
    case "text":
      return `${name}\ttext = "${data.texts[0]}"\n`;
    case "soa": {
      const { server, contact, serial, refresh, retry, expire, minimum } = data;
      const numbers = Object.entries({ serial, refresh, retry, expire, minimum });
      const lines = numbers.map(([word, value]) => `\t${word} = ${value}\n`).join("");
      return `${name}\n\torigin = ${plain(server)}\n\tmail addr = ${plain(contact)}\n${lines}`;
    }
    case "octets":
      return "";
  }
}

/** That of 1.28 and before. Built with musl it does not know its server, and asks for a name that is none: `(null)`. */
function* old(call: Call, args: readonly string[]): Program {
  const [name, server, more] = args;
  if (name === undefined || name.startsWith("-") || more !== undefined)
    throw notModelled("busybox nslookup", args.join(" "), "nslookup NAME [SERVER]");
  if (server === undefined) call.err(`nslookup: can't resolve '(null)': ${NOT_FOUND_MUSL.noName}\n`);
  else yield* printHost(call, server, "Server:");
  call.out("\n");
  return yield* printHost(call, name, "Name:");
}

function* printHost(call: Call, host: string, header: string): Program {
  const looking = { ...call, program: "nslookup" };
  const address = numeric(host);
  const found = address === null ? yield* addressesOf(looking, host, null) : [address];
  if (typeof found === "string") {
    call.err(`nslookup: can't resolve '${host}': ${NOT_FOUND_MUSL[found]}\n`);
    return 1;
  }
  call.out(`${header.padEnd(10)} ${host}\n`);
  for (const [i, each] of found.entries()) {
    const named = yield* nameOfAddress(looking, each);
    call.out(`Address ${i + 1}: ${each}${named === null ? "" : ` ${named}`}\n`);
  }
  return 0;
}
