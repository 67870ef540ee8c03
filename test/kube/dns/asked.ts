// What a CoreDNS is asked, and the objects it answers from: of the real one and of ours.
import { DNS_CLASS, DNS_FLAG, DNS_TYPE, type DnsMessage, type DnsRecord } from "../../../lib/wire/dns.ts";

const service = (name: string, spec: object) => ({ metadata: { name }, spec });
const ports = [{ name: "http", port: 80, targetPort: 3021 }];

const slice = (of: string, port: object[], endpoints: object[]) => ({
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: { name: `${of}-made`, labels: { "kubernetes.io/service-name": of } },
  addressType: "IPv4",
  ports: port,
  endpoints,
});
const at = (address: string, more: object = {}) => ({ addresses: [address], conditions: { ready: true }, ...more });
const many = Array.from({ length: 40 }, (_, i) => at(`172.20.1.${i + 1}`));

export const NAMESPACE = "beta";
export const OUTSIDE = { "www.example.com": "93.184.216.34" };

export const SERVICES: readonly object[] = [
  service("word-v5-beta", { clusterIP: "10.100.68.182", ports }),
  service("guild", { clusterIP: "10.100.68.183", ports: [{ name: "http", port: 8080 }] }),
  service("guild-local", { clusterIP: "None", ports: [{ name: "http", port: 9420 }] }),
  service("two", {
    clusterIP: "10.100.68.184",
    ports: [
      { name: "http", port: 80 },
      { name: "dns", port: 53, protocol: "UDP" },
    ],
  }),
  service("plain", { clusterIP: "10.100.68.185", ports: [{ port: 443 }] }),
  service("ext", { type: "ExternalName", externalName: "www.example.com" }),
  service("ext-in", { type: "ExternalName", externalName: "word-v5-beta.beta.svc.cluster.local" }),
  service("ext-nowhere", { type: "ExternalName", externalName: "nosuch.example.com" }),
  service("empty", { clusterIP: "None", ports: [{ name: "http", port: 80 }] }),
  service("waiting", { clusterIP: "None", ports: [{ name: "http", port: 80 }] }),
  service("portless", { clusterIP: "None" }),
  service("named", { clusterIP: "None", ports: [{ name: "http", port: 80 }] }),
  service("many", { clusterIP: "None", ports: [{ name: "http", port: 80 }] }),
];

const http = (port: number) => [{ name: "http", port, protocol: "TCP" }];

export const SLICES: readonly object[] = [
  slice("word-v5-beta", http(3021), [at("172.20.254.146")]),
  slice("guild", http(8080), [at("172.20.250.219"), at("172.20.251.121")]),
  slice("guild-local", http(9420), [at("172.20.250.219"), at("172.20.251.121")]),
  slice("waiting", http(80), [at("172.20.250.9", { conditions: { ready: false } })]),
  slice("portless", [], [at("172.20.250.10")]),
  slice("named", http(80), [
    at("172.20.250.11", { hostname: "web-0" }),
    at("172.20.250.12", { hostname: "web-1" }),
    at("172.20.250.13"),
  ]),
  slice("many", http(80), many),
];

export interface Question {
  readonly name: string;
  readonly type?: keyof typeof DNS_TYPE | number;
  readonly class?: number;
  readonly flags?: number;
  /** Says that it takes this much, with a cookie. */
  readonly size?: number;
  readonly overTcp?: boolean;
}

const ZONE = "cluster.local.";
const names = [
  "word-v5-beta.beta.svc",
  "guild-local.beta.svc",
  "two.beta.svc",
  "plain.beta.svc",
  "ext.beta.svc",
  "ext-in.beta.svc",
  "ext-nowhere.beta.svc",
  "empty.beta.svc",
  "waiting.beta.svc",
  "portless.beta.svc",
  "named.beta.svc",
  "web-0.named.beta.svc",
  "172-20-250-13.named.beta.svc",
  "172-20-254-146.word-v5-beta.beta.svc",
  "_http._tcp.word-v5-beta.beta.svc",
  "_http._tcp.guild-local.beta.svc",
  "_http._tcp.named.beta.svc",
  "_http._udp.word-v5-beta.beta.svc",
  "_dns._udp.two.beta.svc",
  "_http._tcp.ext.beta.svc",
  "a.b.c.word-v5-beta.beta.svc",
  "nosuch.beta.svc",
  "beta.svc",
  "nosuch.svc",
  "svc",
  "pod",
  "beta.pod",
  "172-20-254-146.beta.pod",
  "nosuch.beta.pod",
  "172-20-254-146.nosuch.pod",
  "nosuch",
  "dns-version",
];

export const QUESTIONS: readonly Question[] = [
  ...names.flatMap((name) =>
    (["A", "AAAA", "SRV", "TXT", "CNAME", "PTR"] as const).map((type) => ({ name: `${name}.${ZONE}`, type })),
  ),
  ...(["A", "SOA", "TXT", "SRV", "PTR"] as const).map((type) => ({ name: ZONE, type })),
  { name: "word-v5-beta.beta.svc.cluster.local.", type: "SOA" },
  { name: "word-v5-beta.beta.svc.cluster.local.", type: "NS" },
  { name: "word-v5-beta.beta.svc.cluster.local.", type: "MX" },
  { name: "word-v5-beta.beta.svc.cluster.local.", type: "ANY" },
  { name: "nosuch.beta.svc.cluster.local.", type: 65280 },
  { name: "Word-v5-BETA.beta.SVC.cluster.Local.", type: "A" },
  { name: "WORD-v5-beta.beta.svc.cluster.local.", type: "SRV" },
  ...["219.250.20.172", "146.254.20.172", "182.68.100.10", "11.250.20.172", "9.250.20.172", "9.9.9.9", "20.172"].map(
    (name) => ({ name: `${name}.in-addr.arpa.`, type: "PTR" as const }),
  ),
  { name: "182.68.100.10.in-addr.arpa.", type: "A" },
  { name: "in-addr.arpa.", type: "SOA" },
  { name: "www.example.com.", type: "A" },
  { name: "www.example.com.", type: "A" },
  { name: "WWW.example.com.", type: "A", size: 1232 },
  { name: "www.example.com.", type: "AAAA" },
  { name: "nosuch.", type: "A" },
  { name: "word-v5-beta.beta.svc.cluster.local.", type: "A", size: 1232 },
  { name: "nosuch.beta.svc.cluster.local.", type: "A", size: 1232 },
  { name: "word-v5-beta.beta.svc.cluster.local.", type: "A", flags: 0 },
  { name: "word-v5-beta.beta.svc.cluster.local.", type: "A", flags: DNS_FLAG.rd | DNS_FLAG.ad | DNS_FLAG.cd },
  { name: "word-v5-beta.beta.svc.cluster.local.", type: "A", overTcp: true },
  { name: "version.bind.", type: "TXT", class: DNS_CLASS.CH },
  { name: "many.beta.svc.cluster.local.", type: "A" },
  { name: "many.beta.svc.cluster.local.", type: "A", size: 1232 },
  { name: "many.beta.svc.cluster.local.", type: "A", overTcp: true },
  { name: "_http._tcp.many.beta.svc.cluster.local.", type: "SRV" },
  { name: "_http._tcp.many.beta.svc.cluster.local.", type: "SRV", overTcp: true },
];

const COOKIE = Uint8Array.of(0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8);

export function messageOf(question: Question, id: number): DnsMessage {
  const { name, type = "A", class: of = DNS_CLASS.IN, flags = DNS_FLAG.rd, size } = question;
  const opt: DnsRecord[] =
    size === undefined
      ? []
      : [{ name: ".", type: DNS_TYPE.OPT, class: size, ttl: 0, data: { kind: "octets", octets: COOKIE } }];
  const questions = [{ name, type: typeof type === "number" ? type : DNS_TYPE[type], class: of }];
  return { id, flags, questions, answers: [], authority: [], additional: opt };
}

/** An answer in words, with what is drawn or timed left out; of records in any order, in one. */
export function alike(message: DnsMessage): unknown {
  const words = (records: readonly DnsRecord[]) =>
    records
      .map(({ name, type, class: of, ttl, data }) => {
        const shown =
          data.kind === "soa"
            ? { ...data, serial: "<serial>" }
            : data.kind === "octets"
              ? { ...data, octets: [...data.octets].join(" ") }
              : data;
        // What is kept grows older by seconds.
        const seconds = name.endsWith("example.com.") && ttl > 15 ? 30 : ttl;
        return `${name} ${seconds} ${of} ${type} ${JSON.stringify(shown)}`;
      })
      .sort();
  const { flags, questions, answers, authority, additional } = message;
  const isCut = (flags & DNS_FLAG.tc) !== 0;
  return {
    flags: flags.toString(16),
    questions,
    // Which of many did not fit is chance.
    answers: isCut ? answers.length : words(answers),
    authority: words(authority),
    additional: isCut ? additional.length : words(additional),
  };
}

/** A line of the log without the port, the number and the time. */
export function alikeLog(line: string): string {
  return line.replace(/^(\[INFO\]) \S+ - \d+/, "$1").replace(/ [\d.e-]+s$/, "");
}
