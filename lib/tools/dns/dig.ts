// dig of BIND 9.18. Its clock is the lab's, its numbers and cookies are drawn from the lab's dice.
// Before you edit: bind9 9.18 bin/dig/dig.c (printmessage, plus_option, parse_args, printgreeting), lib/dns/message.c.
import { EPOCH } from "../../lab/lab.ts";
import type { Program } from "../../lab/process.ts";
import { MILLISECOND } from "../../trace/world.ts";
import {
  DNS_CLASS,
  DNS_FLAG,
  DNS_TYPE,
  type DnsMessage,
  type DnsRecord,
  RCODE,
  rcodeName,
  rcodeOf,
} from "../../wire/dns.ts";
import type { Call, Command } from "../command.ts";
import { BIND_VERSION, exchange, searched, serverOf, settings, type Tell } from "./bind.ts";
import { type DigOptions, type DigQuery, readDigArguments } from "./dig-arguments.ts";
import type { Heard } from "./exchange.ts";
import { dataText, hex, questionLine, recordLine } from "./text.ts";

export const dig: Command = (call) => {
  const asked = readDigArguments(call);
  return typeof asked === "number" ? asked : run(call, asked.options, asked.queries);
};

function* run(call: Call, options: DigOptions, queries: readonly DigQuery[]): Program {
  const conf = settings(call);
  const { server } = options;
  const servers = server === null ? conf.nameservers : yield* serverOf(call, "dig", server);
  if (servers === null) {
    call.err(`dig: couldn't get address for '${server}': not found\n`);
    return 10;
  }
  let status = 0;
  for (const [i, each] of queries.entries()) {
    const printed = new Printer(call, options, each, i === 0, servers.length);
    const transport = { servers, port: options.port, overTcp: each.overTcp, timeout: each.timeout, tries: each.tries };
    const names = searched(each.name, { ...conf, ndots: each.search ? (each.ndots ?? conf.ndots) : 0 });
    const tell: Tell = (text, isNote = false) => {
      if (!isNote || (each.comments && !each.short)) call.out(`;; ${text}\n`);
    };
    for (const [j, name] of names.entries()) {
      const begun = call.lab.now;
      const message = messageOf(call, each, name);
      const heard = yield* exchange(call, "dig", each.name, message, transport, tell);
      if (typeof heard === "string") {
        status = 9;
        if (heard === "told") break;
        printed.greet();
        call.out(";; no servers could be reached\n");
        break;
      }
      if (rcodeOf(heard.message) === RCODE.NXDOMAIN && j < names.length - 1) continue;
      printed.answer(heard, message, call.lab.now - begun);
      break;
    }
  }
  return status;
}

const COOKIE = 10;

function messageOf({ lab }: Call, { type, class: of, recurse, edns, cookie, adflag, cdflag }: DigQuery, name: string) {
  const draw = (size: number) => Math.floor(lab.random() * size);
  const id = draw(65536);
  const octets = cookie ? [0, COOKIE, 0, 8, ...Array.from({ length: 8 }, () => draw(256))] : [];
  const opt: DnsRecord[] =
    edns === null
      ? []
      : [
          {
            name: ".",
            type: DNS_TYPE.OPT,
            class: edns,
            ttl: 0,
            data: { kind: "octets", octets: Uint8Array.from(octets) },
          },
        ];
  const flags = (recurse ? DNS_FLAG.rd : 0) | (adflag ? DNS_FLAG.ad : 0) | (cdflag ? DNS_FLAG.cd : 0);
  return { id, flags, questions: [{ name, type, class: of }], answers: [], authority: [], additional: opt };
}

const FLAGS = ["qr", "aa", "tc", "rd", "ra", "ad", "cd"] as const;
const OPERATIONS = ["QUERY", "IQUERY", "STATUS", "RESERVED3", "NOTIFY", "UPDATE"] as const;
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

class Printer {
  private readonly call: Call;
  private readonly options: DigOptions;
  private readonly query: DigQuery;
  private greets: boolean;
  private readonly servers: number;

  constructor(call: Call, options: DigOptions, query: DigQuery, isFirst: boolean, servers: number) {
    this.call = call;
    this.options = options;
    this.query = query;
    this.greets = isFirst && options.command;
    this.servers = servers;
  }

  /** What it was called with, once. */
  greet(): void {
    if (!this.greets) return;
    this.greets = false;
    const { args, out } = this.call;
    const found = !this.options.serverFirst ? "" : `; (${this.servers} server${this.servers === 1 ? "" : "s"} found)\n`;
    out(`\n; <<>> DiG ${BIND_VERSION} <<>> ${args.join(" ")}\n${found};; global options: +cmd\n`);
  }

  answer(heard: Heard, asked: DnsMessage, took: number): void {
    const { out } = this.call;
    const { query } = this;
    const { message } = heard;
    if (query.short) {
      for (const { data } of message.answers) out(`${dataText(data)}\n`);
      return;
    }
    this.greet();
    const opt = message.additional.find(({ type }) => type === DNS_TYPE.OPT);
    if (query.comments) this.head(message, opt, asked);
    const [question] = message.questions;
    const section = (title: string, lines: readonly string[]) => {
      if (lines.length === 0) return;
      const head = query.comments ? `;; ${title} SECTION:\n` : "";
      out(`${head}${lines.map((line) => `${line}\n`).join("")}${query.comments ? "\n" : ""}`);
    };
    if (query.question && question !== undefined)
      section("QUESTION", [questionLine(question.name, question.class, question.type)]);
    const rest = message.additional.filter((each) => each !== opt);
    if (query.answer) section("ANSWER", message.answers.map(recordLine));
    if (query.authority) section("AUTHORITY", message.authority.map(recordLine));
    if (query.additional) section("ADDITIONAL", rest.map(recordLine));
    if (query.stats) this.statistics(heard, took);
  }

  private head(message: DnsMessage, opt: DnsRecord | undefined, asked: DnsMessage): void {
    const { out } = this.call;
    const { flags, questions, answers, authority, additional } = message;
    const named = FLAGS.filter((name) => (flags & DNS_FLAG[name]) !== 0).join(" ");
    out(";; Got answer:\n");
    if (/\.local\.$/i.test(questions[0]?.name ?? ""))
      out(
        ";; WARNING: .local is reserved for Multicast DNS\n;; You are currently testing what happens when an mDNS query is leaked to DNS\n",
      );
    const operation = OPERATIONS[(flags >> 11) & 15] ?? "RESERVED";
    out(`;; ->>HEADER<<- opcode: ${operation}, status: ${rcodeName(rcodeOf(message))}, id: ${message.id}\n`);
    const counts = `QUERY: ${questions.length}, ANSWER: ${answers.length}, AUTHORITY: ${authority.length}, ADDITIONAL: ${additional.length}`;
    out(`;; flags: ${named}; ${counts}\n`);
    if ((asked.flags & DNS_FLAG.rd) !== 0 && (flags & DNS_FLAG.ra) === 0 && (flags & DNS_FLAG.rd) !== 0)
      out(";; WARNING: recursion requested but not available\n");
    out("\n");
    if (opt === undefined || opt.data.kind !== "octets") return;
    out(
      `;; OPT PSEUDOSECTION:\n; EDNS: version: 0, flags:${(opt.ttl & 0x8000) === 0 ? "" : " do"}; udp: ${opt.class}\n`,
    );
    const cookie = cookieOf(opt);
    if (cookie === null) return;
    const sent = cookieOf(asked.additional[0]);
    const verdict = cookie === sent ? " (echoed)" : sent !== null && cookie.startsWith(sent) ? " (good)" : " (bad)";
    out(`; COOKIE: ${cookie}${verdict}\n`);
  }

  private statistics({ server, octets, overTcp }: Heard, took: number): void {
    const { lab, out } = this.call;
    const when = new Date(Number(EPOCH / 1_000_000n) + Math.floor(lab.now / MILLISECOND));
    const two = (value: number) => `${value}`.padStart(2, "0");
    const time = [when.getUTCHours(), when.getUTCMinutes(), when.getUTCSeconds()].map(two).join(":");
    const date = `${DAYS[when.getUTCDay()]} ${MONTHS[when.getUTCMonth()]} ${two(when.getUTCDate())}`;
    out(`;; Query time: ${Math.floor(took / MILLISECOND)} msec\n`);
    out(`;; SERVER: ${server}#${this.options.port}(${this.options.server ?? server}) (${overTcp ? "TCP" : "UDP"})\n`);
    out(`;; WHEN: ${date} ${time} UTC ${when.getUTCFullYear()}\n;; MSG SIZE  rcvd: ${octets}\n\n`);
  }
}

/** The cookie among the options of EDNS. */
function cookieOf(opt: DnsRecord | undefined): string | null {
  if (opt?.data.kind !== "octets" || opt.class === DNS_CLASS.ANY) return null;
  const { octets } = opt.data;
  for (let at = 0; at + 4 <= octets.length; ) {
    const end = at + 4 + ((octets[at + 2]! << 8) | octets[at + 3]!);
    if (((octets[at]! << 8) | octets[at + 1]!) === COOKIE) return hex(octets.subarray(at + 4, end)).toLowerCase();
    at = end;
  }
  return null;
}
