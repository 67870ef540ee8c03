// nslookup of BIND 9.18, with words on its command line; what it asks a reader on a terminal is not modelled.
// Before you edit: bind9 9.18 bin/dig/nslookup.c (printmessage, printsection, addlookup, setoption), dighost.c.
import type { Program } from "../../lab/process.ts";
import {
  DNS_CLASS,
  DNS_FLAG,
  DNS_PORT,
  DNS_TYPE,
  type DnsMessage,
  type DnsRecord,
  RCODE,
  rcodeName,
  rcodeOf,
  reverseName,
} from "../../wire/dns.ts";
import { type Call, type Command, notModelled } from "../command.ts";
import { BIND_VERSION, exchange, searched, serverOf, settings, type Transport } from "./bind.ts";
import { numeric } from "./conf.ts";
import { type Heard, query } from "./exchange.ts";
import { dataText, plain } from "./text.ts";

const SUPPORTED =
  "-type=TYPE, -port=, -timeout=, -retry=, -[no]search, -[no]recurse, -vc, -ndots=, a NAME and a SERVER";

interface Options {
  /** Null: addresses of both families. */
  readonly type: number | null;
  readonly search: boolean;
  readonly recurse: boolean;
  readonly overTcp: boolean;
  readonly port: number;
  readonly timeout: number | null;
  readonly tries: number;
  readonly ndots: number | null;
}

export const nslookup: Command = (call) => {
  const words = call.args.filter((each) => !each.startsWith("-"));
  const flags = call.args.filter((each) => each.startsWith("-"));
  if (flags.includes("-version")) {
    call.err(`nslookup ${BIND_VERSION}\n`);
    return 0;
  }
  const options = readOptions(call, flags);
  const [name, server, more] = words;
  if (name === undefined || more !== undefined) throw notModelled("nslookup", call.args.join(" "), SUPPORTED);
  return run(call, options, name, server);
};

function readOptions({ out }: Call, flags: readonly string[]): Options {
  const options = {
    type: null as number | null,
    search: true,
    recurse: true,
    overTcp: false,
    port: DNS_PORT,
    timeout: null as number | null,
    tries: 3,
    ndots: null as number | null,
  };
  for (const flag of flags) {
    const [, name = "", value] = /^-([a-z0-9]+)(?:=(.*))?$/i.exec(flag) ?? [];
    if (["type", "ty", "querytype", "query", "qu", "q"].includes(name) && value !== undefined) {
      const type = DNS_TYPE[value.toUpperCase() as keyof typeof DNS_TYPE];
      if (type === undefined) out(`unknown query type: ${value}\n`);
      else options.type = type;
    } else if (/^(search|sea|defname|def)$/.test(name)) options.search = true;
    else if (/^no(search|sea|defname|def)$/.test(name)) options.search = false;
    else if (/^rec(urse)?$/.test(name)) options.recurse = true;
    else if (/^norec(urse)?$/.test(name)) options.recurse = false;
    else if (name === "vc") options.overTcp = true;
    else if (/^po(rt)?$/.test(name) && value !== undefined) options.port = Number(value);
    else if (/^t(imeout)?$/.test(name) && value !== undefined) options.timeout = Number(value);
    else if (/^ret(ry)?$/.test(name) && value !== undefined) options.tries = Number(value);
    else if (name === "ndots" && value !== undefined) options.ndots = Number(value);
    else throw notModelled("nslookup", flag, SUPPORTED);
  }
  return options;
}

function* run(call: Call, options: Options, name: string, server: string | undefined): Program {
  const conf = settings(call);
  const servers = server === undefined ? conf.nameservers : yield* serverOf(call, "nslookup", server);
  if (servers === null) {
    call.err(`nslookup: couldn't get address for '${server}': not found\n`);
    return 1;
  }
  const transport: Transport = { ...options, servers, timeout: options.timeout ?? conf.timeout };
  const lookup = new Lookup(call, options, transport);
  const address = numeric(name);
  const ndots = options.ndots ?? conf.ndots;
  const isReverse = address !== null;
  const wanted = isReverse ? plain(reverseName(address)) : name;
  const names =
    options.search && !isReverse ? searched(wanted, { ...conf, ndots }) : searched(wanted, { ...conf, ndots: 0 });
  const status = yield* lookup.of(wanted, names, isReverse ? DNS_TYPE.PTR : (options.type ?? DNS_TYPE.A), server);
  call.out("\n");
  return status;
}

class Lookup {
  private readonly call: Call;
  private readonly options: Options;
  private readonly transport: Transport;
  private hadNone = false;

  constructor(call: Call, options: Options, transport: Transport) {
    this.call = call;
    this.options = options;
    this.transport = transport;
  }

  /** Asks for one name after the other until one is there. */
  *of(wanted: string, names: readonly string[], type: number, server: string | undefined): Program {
    for (const [i, name] of names.entries()) {
      const heard = yield* this.ask(wanted, name, type, server === undefined);
      if (heard === null) return 1;
      if (rcodeOf(heard.message) === RCODE.NXDOMAIN && i < names.length - 1) continue;
      this.print(heard, name, wanted, type, server);
      if (rcodeOf(heard.message) !== RCODE.NOERROR) return 1;
      if (type !== DNS_TYPE.A || this.options.type !== null) return 0;
      const target = aliasEnd(heard.message, name);
      const other = yield* this.ask(target, target, DNS_TYPE.AAAA, server === undefined);
      if (other === null) return 1;
      this.print(other, target, wanted, DNS_TYPE.AAAA, server);
      return rcodeOf(other.message) === RCODE.NOERROR ? 0 : 1;
    }
    return 1;
  }

  /** A server that was named need not ask others. */
  private *ask(wanted: string, name: string, type: number, wantsRecursion: boolean) {
    const { call, options, transport } = this;
    const asked = query(call.lab, name, type);
    const message = options.recurse ? asked : { ...asked, flags: 0 };
    const comment = (text: string) => call.out(`;; ${text}\n`);
    const heard = yield* exchange(call, "nslookup", wanted, message, transport, comment);
    if (heard === "unreached") comment("no servers could be reached");
    if (typeof heard === "string") return null;
    if (rcodeOf(heard.message) === RCODE.SERVFAIL) comment(`Got SERVFAIL reply from ${heard.server}`);
    else if (wantsRecursion && options.recurse && (heard.message.flags & DNS_FLAG.ra) === 0)
      comment(`Got recursion not available from ${heard.server}`);
    return heard;
  }

  private print(
    { message, server }: Heard,
    name: string,
    wanted: string,
    type: number,
    named: string | undefined,
  ): void {
    const { out } = this.call;
    const isDefault = this.options.type === null;
    if (!isDefault || type === DNS_TYPE.A)
      out(`Server:\t\t${named ?? server}\nAddress:\t${server}#${this.transport.port}\n\n`);
    if (rcodeOf(message) !== RCODE.NOERROR)
      return out(`** server can't find ${plain(name)}: ${rcodeName(rcodeOf(message))}\n`);
    const isOwn = (message.flags & DNS_FLAG.aa) !== 0;
    if (!isOwn && (!isDefault || type === DNS_TYPE.A)) out("Non-authoritative answer:\n");
    if (message.answers.length > 0) out(section(message.answers, true));
    else if (isDefault && type === DNS_TYPE.A) this.hadNone = true;
    else if (!isDefault || (type === DNS_TYPE.AAAA && this.hadNone)) out(`*** Can't find ${wanted}: No answer\n`);
    if (!isOwn && type !== DNS_TYPE.A && type !== DNS_TYPE.AAAA) {
      out("\nAuthoritative answers can be found from:\n");
      out(section(message.authority, false) + section(message.additional, false));
    }
  }
}

/** Where the aliases of an answer lead (chase_cnamechain). */
function aliasEnd({ answers }: DnsMessage, name: string): string {
  let at = name;
  for (const _ of answers) {
    const alias = answers.find((each) => each.type === DNS_TYPE.CNAME && each.name.toLowerCase() === at.toLowerCase());
    if (alias?.data.kind !== "name") break;
    at = alias.data.name;
  }
  return at;
}

/** Before the data of each type. */
const WORDS = new Map<number, string>([
  [DNS_TYPE.A, "internet address = "],
  [DNS_TYPE.NS, "nameserver = "],
  [DNS_TYPE.CNAME, "canonical name = "],
  [DNS_TYPE.PTR, "name = "],
  [DNS_TYPE.MX, "mail exchanger = "],
  [DNS_TYPE.TXT, "text = "],
  [DNS_TYPE.AAAA, "has AAAA address "],
  [DNS_TYPE.SRV, "service = "],
]);

function section(records: readonly DnsRecord[], isAnswer: boolean): string {
  return records
    .filter(({ class: of, type }) => of === DNS_CLASS.IN && type !== DNS_TYPE.OPT)
    .map(({ name, type, data }) => {
      if (data.kind === "address" && isAnswer) return `Name:\t${plain(name)}\nAddress: ${data.address}\n`;
      if (data.kind !== "soa") return `${plain(name)}\t${WORDS.get(type) ?? `rdata_${type} = `}${dataText(data)}\n`;
      const { server, contact, serial, refresh, retry, expire, minimum } = data;
      const numbers = Object.entries({ serial, refresh, retry, expire, minimum });
      const lines = numbers.map(([word, value]) => `\t${word} = ${value}\n`).join("");
      return `${plain(name)}\n\torigin = ${plain(server)}\n\tmail addr = ${plain(contact)}\n${lines}`;
    })
    .join("");
}
