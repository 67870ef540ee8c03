// The plugins `forward` and `cache`: questions about other names go to the servers the node asks, and answers are kept.
// Before you edit: github.com/coredns/coredns plugin/forward/forward.go, plugin/cache/{cache,item}.go, plugin/pkg/response/typify.go.
import type { Wait } from "../../lab/process.ts";
import type { Netns } from "../../netns/netns.ts";
import { UdpSocket } from "../../netns/socket/udp.ts";
import { SECOND } from "../../trace/world.ts";
import { ip } from "../../wire/address.ts";
import { DNS_FLAG, DNS_PORT, DNS_TYPE, type DnsMessage, type DnsRecord, RCODE, rcodeOf } from "../../wire/dns.ts";
import { dnsBytes } from "../../wire/dns-bytes.ts";
import { parseDns } from "../../wire/dns-parse.ts";
import type { CacheOptions } from "./corefile.ts";
import { isIn, replyTo } from "./kubernetes.ts";

/** One server is waited for so long, all of them so long. */
const READ_TIMEOUT = 2 * SECOND;
const DEADLINE = 5 * SECOND;
/** A failure is kept so many seconds; nothing is kept for less than this. */
const FAILURE_TTL = 5;
const LEAST_TTL = 5;
const MOST_TTL = 3600;

/** What a server said, or why none did, as Go says it. */
export function* forward(
  ns: Netns,
  servers: readonly string[],
  request: DnsMessage,
): Generator<Wait, DnsMessage | string, void> {
  const { cables } = ns;
  const deadline = cables.now + DEADLINE;
  const id = Math.floor(cables.random() * 65536);
  const first = servers.length === 1 ? 0 : Math.floor(cables.random() * servers.length);
  let why = "no healthy upstreams";
  for (let i = 0; cables.now < deadline; i++) {
    const server = servers[(first + i) % servers.length]!;
    const [, host = server, port] = /^(.*?)(?::(\d+))?$/.exec(server)!;
    const socket = new UdpSocket(ns, "coredns", 4);
    const failed = socket.connect(ip(host), Number(port ?? DNS_PORT)) ?? socket.send(dnsBytes({ ...request, id }));
    const until = Math.min(cables.now + READ_TIMEOUT, deadline);
    const ends = `${socket.local.address}:${socket.local.port}->${host}:${port ?? DNS_PORT}`;
    why = `read udp ${ends}: i/o timeout`;
    if (failed !== null) why = `dial udp ${host}:${port ?? DNS_PORT}: connect: network is unreachable`;
    try {
      for (let heard = socket.receive(); failed === null && cables.now < until; heard = socket.receive()) {
        const message = heard === null ? null : parseDns(heard.data);
        if (message?.id === id) return { ...message, id: request.id };
        if (socket.takeError() !== null) {
          why = `read udp ${ends}: read: connection refused`;
          break;
        }
        if (heard === null) yield { on: [socket], until };
      }
    } finally {
      socket.close();
    }
    // Who is refused at once may ask again, but not for ever.
    if (i + 1 >= 2 * servers.length) break;
  }
  return why;
}

interface Item {
  readonly message: DnsMessage;
  readonly stored: number;
  readonly ttl: number;
}

/** Answers by name, type and the bits DO and CD. */
export class Cache {
  private readonly options: CacheOptions;
  private readonly items = new Map<string, Item>();

  constructor(options: CacheOptions) {
    this.options = options;
  }

  /** The answer to `request` that is kept and fresh, or null. It says that it is authoritative, as CoreDNS does. */
  get(request: DnsMessage, now: number): DnsMessage | null {
    const item = this.items.get(keyOf(request));
    if (item === undefined) return null;
    const left = item.ttl - Math.floor((now - item.stored) / SECOND);
    if (left <= 0) {
      this.items.delete(keyOf(request));
      return null;
    }
    const { flags, answers, authority, additional } = item.message;
    const kept = rcodeOf(item.message) | (flags & DNS_FLAG.ra) | DNS_FLAG.aa;
    const aged = (records: readonly DnsRecord[]) => records.map((each) => ({ ...each, ttl: left }));
    return {
      ...replyTo(request, kept),
      answers: aged(answers),
      authority: aged(authority),
      additional: aged(additional),
    };
  }

  /** Keeps an answer if it may be kept; what goes on to the client has its time cut. */
  put(request: DnsMessage, answer: DnsMessage, now: number): DnsMessage {
    const { positive, negative, noPositive, noNegative } = this.options;
    const name = request.questions[0]!.name.toLowerCase();
    const kind = kindOf(answer);
    const records = [...answer.answers, ...answer.authority, ...answer.additional];
    const shortest = Math.min(MOST_TTL, ...records.filter(isNoOption).map(({ ttl }) => ttl));
    const least = records.length === 0 || kind === "other" || kind === "failure" ? LEAST_TTL : shortest;
    const most = kind === "denial" ? negative : positive;
    const ttl = kind === "failure" ? FAILURE_TTL : Math.min(Math.max(least, LEAST_TTL), most);
    const cut = (list: readonly DnsRecord[]) => list.filter(isNoOption).map((each) => ({ ...each, ttl }));
    const { answers, authority, additional } = answer;
    const message = { ...answer, answers: cut(answers), authority: cut(authority), additional: cut(additional) };
    const never = kind === "success" ? noPositive : noNegative;
    if (kind !== "other" && (answer.flags & DNS_FLAG.tc) === 0 && !never.some((zone) => isIn(name, zone)))
      this.items.set(keyOf(request), { message, stored: now, ttl });
    return message;
  }
}

const isNoOption = ({ type }: DnsRecord): boolean => type !== DNS_TYPE.OPT;

function keyOf({ flags, questions: [question], additional }: DnsMessage): string {
  const wantsProof = additional.some(({ type, ttl }) => type === DNS_TYPE.OPT && (ttl & 0x8000) !== 0);
  return `${question!.name.toLowerCase()} ${question!.type} ${wantsProof} ${flags & DNS_FLAG.cd}`;
}

function kindOf(message: DnsMessage): "success" | "denial" | "failure" | "other" {
  const rcode = rcodeOf(message);
  const hasSoa = message.authority.some(({ type }) => type === DNS_TYPE.SOA);
  if (rcode === RCODE.NOERROR && (message.answers.length > 0 || !hasSoa)) return "success";
  if (hasSoa && (rcode === RCODE.NOERROR || rcode === RCODE.NXDOMAIN)) return "denial";
  return rcode === RCODE.SERVFAIL || rcode === RCODE.NOTIMP ? "failure" : "other";
}
