// The plugin `kubernetes`: what it answers about the names of a cluster.
// Before you edit: github.com/coredns/coredns plugin/kubernetes/handler.go, plugin/backend_lookup.go.
import type { Wait } from "../../lab/process.ts";
import { ip } from "../../wire/address.ts";
import {
  DNS_CLASS,
  DNS_FLAG,
  DNS_TYPE,
  type DnsData,
  type DnsMessage,
  type DnsQuestion,
  type DnsRecord,
  RCODE,
} from "../../wire/dns.ts";
import { isIp } from "../api/address.ts";
import type { KubernetesOptions } from "./corefile.ts";
import type { ClusterZone, Lead } from "./zone.ts";

/** dns-version.cluster.local: the version of the specification, and how long that is kept. */
const VERSION = { text: "1.1.0", ttl: 28800 };
const SOA_TIMES = { refresh: 7200, retry: 1800, expire: 86400 };

/** Whether `name` is `zone` or below it; both in small letters. */
export const isIn = (name: string, zone: string): boolean => zone === "." || name === zone || name.endsWith(`.${zone}`);

/** An answer without its records: what was asked comes back in it (dns.SetReply). */
export function replyTo({ id, flags, questions }: DnsMessage, rcode: number, more = 0): DnsMessage {
  const kept = flags & (0x7800 | DNS_FLAG.rd | DNS_FLAG.cd);
  return {
    id,
    flags: DNS_FLAG.qr | kept | more | rcode,
    questions: questions.slice(0, 1),
    answers: [],
    authority: [],
    additional: [],
  };
}

/** Asks the whole server for a name: what a CNAME leads to outside the zone. */
export type LookUp = (name: string, type: number) => Generator<Wait, DnsMessage, void>;

/** An alias leads to another, at most so often. */
const LONGEST_CHAIN = 10;

interface Alias {
  readonly alias: DnsRecord;
  readonly target: string;
}

interface Found {
  readonly answers: DnsRecord[];
  readonly additional: DnsRecord[];
}

export class KubernetesPlugin {
  private readonly options: KubernetesOptions;
  private readonly zone: ClusterZone;
  private readonly ownAddresses: readonly string[];

  constructor(options: KubernetesOptions, zone: ClusterZone, ownAddresses: readonly string[]) {
    this.options = options;
    this.zone = zone;
    this.ownAddresses = ownAddresses;
  }

  /** The answer; null when the next plugin is to be asked. */
  *answer(request: DnsMessage, lookUp: LookUp): Generator<Wait, DnsMessage | null, void> {
    const [question] = request.questions as [DnsQuestion];
    const name = question.name.toLowerCase();
    const zone = this.zoneOf(name);
    if (zone === undefined) return null;
    let found = this.records(question, name, zone);
    if (found !== null && "alias" in found)
      found = { answers: yield* this.follow(found, question.type, lookUp, 0), additional: [] };
    if (found === null && this.options.fallthrough.some((each) => isIn(name, each))) return null;
    if (found !== null && found.answers.length > 0)
      return { ...replyTo(request, RCODE.NOERROR, DNS_FLAG.aa), ...found };
    const rcode = found === null ? RCODE.NXDOMAIN : RCODE.NOERROR;
    return { ...replyTo(request, rcode, DNS_FLAG.aa), authority: [this.soa(zone)] };
  }

  /** The alias and what it leads to; nothing when that is in the zone and has nothing. */
  private *follow(
    { alias, target }: Alias,
    type: number,
    lookUp: LookUp,
    depth: number,
  ): Generator<Wait, DnsRecord[], void> {
    const name = target.toLowerCase();
    const zone = this.zoneOf(name);
    if (zone === undefined) return [alias, ...(yield* lookUp(target, type)).answers];
    const found = this.records({ name: target, type, class: DNS_CLASS.IN }, name, zone);
    if (found === null || depth === LONGEST_CHAIN) return [];
    const led = "alias" in found ? yield* this.follow(found, type, lookUp, depth + 1) : found.answers;
    return led.length === 0 ? [] : [alias, ...led];
  }

  /** The longest of its zones that a name is in. */
  private zoneOf(name: string): string | undefined {
    return this.options.zones.filter((each) => isIn(name, each)).sort((a, b) => b.length - a.length)[0];
  }

  /** Null: the name is not there. */
  private records({ name: asked, type }: DnsQuestion, name: string, zone: string): Found | Alias | null {
    const base = name === zone ? "" : name.slice(0, -zone.length - 1);
    const { ttl } = this.options;
    const only = (answers: DnsRecord[]) => ({ answers, additional: [] });
    const record = (owner: string, of: number, data: DnsData, seconds = ttl): DnsRecord => {
      return { name: owner, type: of, class: DNS_CLASS.IN, ttl: seconds, data };
    };
    if (type === DNS_TYPE.SOA && name === zone) return only([this.soa(asked)]);
    if (type === DNS_TYPE.NS && name === zone) {
      const leads = this.zone.servers(this.ownAddresses);
      const owners = [...new Set(leads.map(({ owner }) => `${owner}.${zone}`))];
      return {
        answers: owners.map((owner) => record(asked, DNS_TYPE.NS, { kind: "name", name: owner })),
        additional: leads.map(({ owner, host }) => addressRecord(`${owner}.${zone}`, host, ttl)),
      };
    }
    if (type === DNS_TYPE.TXT && base === "dns-version")
      return only([record(asked, type, { kind: "text", texts: [VERSION.text] }, VERSION.ttl)]);
    if (type === DNS_TYPE.PTR) {
      const address = addressOf(name);
      if (address !== null) {
        const names = this.zone.reverse(address);
        const target = (each: string): DnsData => ({ kind: "name", name: `${each}.${this.primary}` });
        return names.length === 0 ? null : only(names.map((each) => record(asked, type, target(each))));
      }
    }
    const leads = base === "ns.dns" ? this.zone.servers(this.ownAddresses) : this.zone.find(base);
    // Of texts there is but that one, and a name that has nothing else is not there for them.
    if (leads === null || (type === DNS_TYPE.TXT && leads.length === 0)) return null;
    const [first] = leads;
    if (first !== undefined && !isIp(first.host)) {
      const target = `${first.host.replace(/\.$/, "")}.`;
      const alias = record(asked, DNS_TYPE.CNAME, { kind: "name", name: target });
      if (type === DNS_TYPE.CNAME) return only([alias]);
      return type === DNS_TYPE.A || type === DNS_TYPE.AAAA ? { alias, target } : only([]);
    }
    if (type === DNS_TYPE.A || type === DNS_TYPE.AAAA) {
      const hosts = new Set(leads.map(({ host }) => host));
      return only([...hosts].map((host) => addressRecord(asked, host, ttl)).filter((each) => each.type === type));
    }
    if (type === DNS_TYPE.SRV) return services(asked, leads, zone, ttl);
    return only([]);
  }

  private get primary(): string {
    return this.options.zones.find((zone) => !zone.endsWith(".arpa."))!;
  }

  private soa(zone: string): DnsRecord {
    const ttl = Math.min(this.options.ttl, 300);
    const { serial } = this.zone;
    const names = { server: `ns.dns.${zone}`, contact: `hostmaster.${zone}` };
    const data: DnsData = { kind: "soa", ...names, serial, ...SOA_TIMES, minimum: this.options.ttl };
    return { name: zone, type: DNS_TYPE.SOA, class: DNS_CLASS.IN, ttl, data };
  }
}

export function addressRecord(name: string, host: string, ttl: number): DnsRecord {
  const address = ip(host);
  const type = address.family === 4 ? DNS_TYPE.A : DNS_TYPE.AAAA;
  return { name, type, class: DNS_CLASS.IN, ttl, data: { kind: "address", address } };
}

/** One record for each name and port, weights that share 100, and the addresses beside them. */
function services(asked: string, leads: readonly Lead[], zone: string, ttl: number): Found {
  const weight = Math.max(1, Math.floor(100 / leads.length));
  const answers = new Map<string, DnsRecord>();
  const additional = new Map<string, DnsRecord>();
  for (const { owner, host, port } of leads) {
    if (port === -1) continue;
    const target = `${owner}.${zone}`;
    const data: DnsData = { kind: "srv", priority: 0, weight, port, target };
    if (!answers.has(`${target} ${port}`))
      answers.set(`${target} ${port}`, { name: asked, type: DNS_TYPE.SRV, class: DNS_CLASS.IN, ttl, data });
    if (!additional.has(`${target} ${host}`)) additional.set(`${target} ${host}`, addressRecord(target, host, ttl));
  }
  return { answers: [...answers.values()], additional: [...additional.values()] };
}

/** `10.0.0.1` of `1.0.0.10.in-addr.arpa.`, null of what is none. */
function addressOf(name: string): string | null {
  const v4 = /^((?:\d{1,3}\.){4})in-addr\.arpa\.$/.exec(name);
  if (v4 !== null) {
    const text = v4[1]!.slice(0, -1).split(".").reverse().join(".");
    return isIp(text) ? text : null;
  }
  const v6 = /^((?:[0-9a-f]\.){32})ip6\.arpa\.$/.exec(name);
  if (v6 === null) return null;
  const digits = v6[1]!.replace(/\./g, "");
  return ip([...digits].reverse().join("").match(/..../g)!.join(":")).text;
}
