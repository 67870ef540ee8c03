// CoreDNS: a program in a pod that answers by its Corefile, plugin after plugin, and writes what was asked into its log.
// Before you edit: github.com/coredns/coredns core/dnsserver/server.go, plugin.cfg (the order), plugin/log, plugin/errors,
// plugin/loadbalance, plugin/pkg/replacer/replacer.go, request/{request,edns0}.go.
import { createHash } from "node:crypto";
import type { Lab } from "../../lab/lab.ts";
import type { Process, Program, Wait } from "../../lab/process.ts";
import { httpServer } from "../../lab/programs.ts";
import type { Netns } from "../../netns/netns.ts";
import { atPort } from "../../netns/socket/family.ts";
import { type Asked, dnsServer, fitting } from "../../tools/dns/server.ts";
import { MICROSECOND, SECOND } from "../../trace/world.ts";
import {
  DNS_CLASS,
  DNS_FLAG,
  DNS_TYPE,
  type DnsMessage,
  type DnsQuestion,
  type DnsRecord,
  datagramSize,
  RCODE,
  rcodeName,
  rcodeOf,
  reverseName,
  typeName,
} from "../../wire/dns.ts";
import { dnsBytes } from "../../wire/dns-bytes.ts";
import type { Client } from "../controller/client.ts";
import { CorefileError, type Hosts, parseCorefile, type ServerBlock } from "./corefile.ts";
import { addressRecord, isIn, KubernetesPlugin, type LookUp, replyTo } from "./kubernetes.ts";
import { Cache, forward } from "./upstream.ts";
import { ClusterZone } from "./zone.ts";

/** How long an answer takes that needs nobody else. */
const ANSWER_TIME = 123 * MICROSECOND;
const VERSION = "CoreDNS-1.14.2\nlinux/amd64, go1.26.1, dd1df4f\n";
/** Options of EDNS that come back as they went: NSID, EXPIRE, COOKIE, keepalive, padding. */
const ECHOED = new Set([3, 9, 10, 11, 12]);

export interface CoreDnsPlace {
  readonly lab: Lab;
  readonly ns: Netns;
  readonly client: Client;
  /** A file of its container, or null. */
  readonly file: (name: string) => string | null;
  readonly out: (text: string) => void;
}

/** The program: it ends with status 1, and says why, when it can't start by this Corefile. */
export function* coreDns(place: CoreDnsPlace, corefile: string): Program {
  let server: CoreDns;
  try {
    server = new CoreDns(place, corefile);
  } catch (failure) {
    if (!(failure instanceof CorefileError)) throw failure;
    place.out(`${failure.message}\n`);
    return 1;
  }
  try {
    return yield* server.run();
  } finally {
    server.stop();
  }
}

type Answering<T> = Generator<Wait, T, void>;

/** One block of the Corefile, ready to answer. */
interface Chain {
  readonly block: ServerBlock;
  readonly cache: Cache | null;
  readonly kubernetes: KubernetesPlugin | null;
  readonly zone: ClusterZone | null;
  readonly forward: readonly { readonly from: string; readonly servers: readonly string[] }[];
}

class CoreDns {
  private readonly place: CoreDnsPlace;
  private readonly chains: readonly Chain[];
  private readonly hash: string;
  /** What answers a question just now, and what tells how it is. */
  private readonly processes = new Set<Process>();

  constructor(place: CoreDnsPlace, corefile: string) {
    this.place = place;
    this.hash = createHash("sha512").update(corefile).digest("hex");
    this.chains = parseCorefile(corefile).map((block) => this.chainOf(block));
  }

  private chainOf(block: ServerBlock): Chain {
    const { ns, client, file } = this.place;
    const own = [...ns.inet.values()].flatMap(({ addresses }) => addresses.map(({ local }) => local));
    const zone = block.kubernetes === null ? null : new ClusterZone(client, block.kubernetes.pods);
    const servers = (to: readonly string[]) => {
      const found = to.flatMap((each) => (each.startsWith("/") ? nameservers(file(each) ?? "") : [each]));
      if (found.length === 0) throw new CorefileError(`plugin/forward: no nameservers found`);
      return found;
    };
    return {
      block,
      cache: block.cache === null ? null : new Cache(block.cache),
      kubernetes:
        zone === null
          ? null
          : new KubernetesPlugin(block.kubernetes!, zone, own.filter((each) => !each.isLoopback).map(String)),
      zone,
      forward: block.forward.map(({ from, to }) => ({ from, servers: servers(to) })),
    };
  }

  *run(): Program {
    const { ns, out } = this.place;
    for (const { zone } of this.chains) zone?.start();
    for (const { block } of this.chains) {
      for (const each of block.zones) out(`${each}:${block.port}\n`);
      const health = () => "OK";
      if (block.health !== null) this.start(httpServer(ns, { port: block.health, program: "coredns", reply: health }));
      if (block.ready !== null) this.start(httpServer(ns, { port: block.ready, program: "coredns", reply: health }));
    }
    out(`[INFO] plugin/reload: Running configuration SHA512 = ${this.hash}\n${VERSION}`);
    const [port = 53] = new Set(this.chains.map(({ block }) => block.port));
    const take = (asked: Asked) => this.start(this.handle(asked));
    return yield* dnsServer(ns, { port, program: "coredns", err: out }, take);
  }

  stop(): void {
    for (const { zone } of this.chains) zone?.stop();
    for (const each of [...this.processes]) each.kill(0);
  }

  private start(program: Program): void {
    const { lab, ns, out } = this.place;
    const self = this;
    const process: Process = lab.start("coredns", { ns, out, err: out }, watched());
    this.processes.add(process);
    function* watched(): Program {
      try {
        return yield* program;
      } finally {
        self.processes.delete(process);
      }
    }
  }

  private *handle(asked: Asked): Program {
    const begun = this.place.lab.now;
    yield { until: begun + ANSWER_TIME };
    const { message } = asked;
    const answer = yield* this.serve(asked, message, asked.length, begun);
    asked.reply(fitting(withOptions(message, answer), sizeFor(asked)).octets);
    return 0;
  }

  /** The answer to a question of a client, or to one that the server asks itself for him. */
  private *serve(asked: Asked, request: DnsMessage, length: number, begun: number): Answering<DnsMessage> {
    const [question] = request.questions;
    if (question === undefined) return replyTo(request, RCODE.SERVFAIL);
    const chain = this.chainFor(question.name.toLowerCase());
    // Other classes pass only where something may be forwarded.
    if (chain === undefined || (question.class !== DNS_CLASS.IN && chain.forward.length === 0))
      return replyTo(request, RCODE.REFUSED);
    const lookUp = (name: string, type: number) => {
      const other = { ...request, questions: [{ ...question, name, type }], additional: [] };
      return this.serve(asked, other, dnsBytes(other).length, this.place.lab.now);
    };
    const answer = yield* this.answer(chain, request, lookUp);
    if (chain.block.log) this.log(asked, question, length, answer, begun);
    return answer;
  }

  private log(asked: Asked, question: DnsQuestion, length: number, answer: DnsMessage, begun: number): void {
    const { lab, out } = this.place;
    const { client, message, overTcp } = asked;
    const size = sizeFor(asked);
    const words = [typeName(question.type), className(question.class), question.name.toLowerCase()];
    const wantsProof = message.additional.some(({ type, ttl }) => type === DNS_TYPE.OPT && (ttl & 0x8000) !== 0);
    const asks = `"${words.join(" ")} ${overTcp ? "tcp" : "udp"} ${length} ${wantsProof} ${size}"`;
    const seconds = `${((lab.now - begun) / SECOND).toFixed(9).replace(/\.?0+$/, "")}s`;
    // It tells how long the answer is before it is made to fit.
    const { flags } = fitting(answer, size).message;
    const told = `${rcodeName(rcodeOf(answer))} ${flagNames(flags)} ${dnsBytes(answer).length} ${seconds}`;
    out(`[INFO] ${atPort(client.address, client.port)} - ${message.id} ${asks} ${told}\n`);
  }

  /** The block with the longest zone the name is in. */
  private chainFor(name: string): Chain | undefined {
    let best: Chain | undefined;
    let length = -1;
    for (const chain of this.chains)
      for (const zone of chain.block.zones)
        if (isIn(name, zone) && zone.length > length) {
          best = chain;
          length = zone.length;
        }
    return best;
  }

  private *answer(chain: Chain, request: DnsMessage, lookUp: LookUp): Answering<DnsMessage> {
    const { lab } = this.place;
    const known = chain.cache?.get(request, lab.now) ?? null;
    let answer = known ?? (yield* this.beyondCache(chain, request, lookUp));
    if (known === null && chain.cache !== null) answer = chain.cache.put(request, answer, lab.now);
    return chain.block.loadbalance && rcodeOf(answer) === RCODE.NOERROR ? this.shuffled(answer) : answer;
  }

  private *beyondCache(chain: Chain, request: DnsMessage, lookUp: LookUp): Answering<DnsMessage> {
    const { block, kubernetes } = chain;
    const [question] = request.questions;
    const name = question!.name.toLowerCase();
    const local = block.hosts === null ? null : hostsAnswer(block.hosts, request);
    if (local !== null) return local;
    const found = kubernetes === null ? null : yield* kubernetes.answer(request, lookUp);
    if (found !== null) return found;
    const way = chain.forward.filter(({ from }) => isIn(name, from)).sort((a, b) => b.from.length - a.from.length)[0];
    if (way === undefined) return replyTo(request, RCODE.SERVFAIL);
    const heard = yield* forward(this.place.ns, way.servers, request);
    if (typeof heard !== "string") return heard;
    if (block.errors) this.place.out(`[ERROR] plugin/errors: 2 ${name} ${typeName(question!.type)}: ${heard}\n`);
    return replyTo(request, RCODE.SERVFAIL);
  }

  /** The plugin `loadbalance`: CNAMEs first, addresses behind all others in any order. */
  private shuffled(answer: DnsMessage): DnsMessage {
    const mixed = (records: readonly DnsRecord[]) => {
      const isAddress = ({ type }: DnsRecord) => type === DNS_TYPE.A || type === DNS_TYPE.AAAA;
      const isAlias = ({ type }: DnsRecord) => type === DNS_TYPE.CNAME;
      const rest = records.filter((each) => !isAddress(each) && !isAlias(each));
      return [...records.filter(isAlias), ...rest, ...this.drawn(records.filter(isAddress))];
    };
    const { answers, authority, additional } = answer;
    return { ...answer, answers: mixed(answers), authority: mixed(authority), additional: mixed(additional) };
  }

  private drawn(records: DnsRecord[]): DnsRecord[] {
    const { lab } = this.place;
    for (let i = 0; i + 1 < records.length; i++) {
      const other = i + Math.floor(lab.random() * (records.length - i));
      [records[i], records[other]] = [records[other]!, records[i]!];
    }
    return records;
  }
}

const nameservers = (file: string): string[] => [...file.matchAll(/^nameserver\s+(\S+)/gm)].map(([, each]) => each!);

const FLAG_NAMES = ["qr", "aa", "tc", "rd", "ra", "ad", "cd"] as const;

const className = (of: number): string => CLASS_NAMES.get(of) ?? `CLASS${of}`;

const CLASS_NAMES = new Map<number, string>(Object.entries(DNS_CLASS).map(([name, of]) => [of, name]));

/** How long its answer may be. */
const sizeFor = ({ message, overTcp }: Asked): number => (overTcp ? 65535 : datagramSize(message));

const flagNames = (flags: number): string => FLAG_NAMES.filter((name) => (flags & DNS_FLAG[name]) !== 0).join(",");

/** Who says how much it takes (EDNS) gets the same back, with the options that come back. */
function withOptions(request: DnsMessage, answer: DnsMessage): DnsMessage {
  const opt = request.additional.find(({ type }) => type === DNS_TYPE.OPT);
  if (opt === undefined || opt.data.kind !== "octets") return answer;
  const { octets } = opt.data;
  const kept: number[] = [];
  for (let at = 0; at + 4 <= octets.length; ) {
    const end = at + 4 + ((octets[at + 2]! << 8) | octets[at + 3]!);
    if (ECHOED.has((octets[at]! << 8) | octets[at + 1]!)) kept.push(...octets.subarray(at, end));
    at = end;
  }
  const data = { kind: "octets", octets: Uint8Array.from(kept) } as const;
  const rest = answer.additional.filter(({ type }) => type !== DNS_TYPE.OPT);
  return { ...answer, additional: [...rest, { ...opt, name: ".", ttl: opt.ttl & 0x8000, data }] };
}

/** The plugin `hosts`. */
function hostsAnswer({ entries, ttl, fallthrough }: Hosts, request: DnsMessage): DnsMessage | null {
  const [question] = request.questions;
  const name = question!.name.toLowerCase();
  const records: DnsRecord[] = [];
  let isThere = false;
  for (const [address, names] of entries) {
    const record = addressRecord(question!.name, address, ttl);
    if (names.includes(name)) {
      isThere = true;
      if (record.type === question!.type) records.push(record);
    }
    if (question!.type === DNS_TYPE.PTR && record.data.kind === "address" && reverseName(record.data.address) === name)
      for (const each of names) records.push({ ...question!, ttl, data: { kind: "name", name: each } });
  }
  if (records.length > 0) return { ...replyTo(request, RCODE.NOERROR, DNS_FLAG.aa), answers: records };
  if (isThere) return replyTo(request, RCODE.NOERROR, DNS_FLAG.aa);
  return fallthrough ? null : replyTo(request, RCODE.NXDOMAIN, DNS_FLAG.aa);
}
