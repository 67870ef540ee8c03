// Which Service a packet asks for, which endpoint gets it, and why it comes from the address it comes from: read from its
// walk through the rules that kube-proxy wrote on a node, in whichever mode.
// Before you edit: ../kube/proxy/iptables/service.ts, nftables/service.ts, ipvs/rules.ts (what is written).
import { hostPort } from "../kube/proxy/address.ts";
import type { ProxyObjects } from "../kube/proxy/objects.ts";
import { readPacket } from "../tools/dumps/packet.ts";
import type { Step } from "../trace/step.ts";
import { commentOf, namedIn, serviceOf } from "./explain-names.ts";
import { shownEndpoints, shownServer } from "./explain-shares.ts";

/** One of those that might have been given the packet. */
export interface Candidate {
  readonly endpoint: string;
  /** Of all new connections; null: not by chance. */
  readonly share: number | null;
}

export interface ServiceAnswer {
  /** `namespace/name:port`; null: nothing here names one. */
  readonly service: string | null;
  /** How it came to the Service: the rule, set or virtual server, in words. */
  readonly found: string;
  /** The endpoint that got the packet here; for the next one chance may choose another. */
  readonly endpoint: string | null;
  readonly candidates: readonly Candidate[];
  readonly source: { readonly before: string; readonly after: string; readonly because: string };
  /** Whose each chain is that the packet went through. */
  readonly chains: Readonly<Record<string, string>>;
}

/** What the files say beside the steps. */
export interface Known {
  /** iptables-save's of the packet's family, and nft's. */
  readonly iptables: string;
  readonly nft: string;
  readonly objects: ProxyObjects | null;
}

const HAIRPIN = "the endpoint asks its own Service, and must not answer itself directly";
const KUBE_PROXY = /^(KUBE-|service|external|firewall|local-|endpoint|mark-for-masq|masquerading|nodeport|nat-)/;
const MARKS = /^(KUBE-MARK-MASQ|mark-for-masquerade)$/;

/** Null: neither a rule of kube-proxy nor a virtual server was about the packet. */
export function serviceAnswer(packet: string, steps: readonly Step[], known: Known): ServiceAnswer | null {
  const { packet: asked } = readPacket(packet);
  const { body, src, dst } = asked;
  const ports = body.kind === "tcp" || body.kind === "udp" ? body : null;
  const before = ports === null ? src.text : hostPort(src.text, ports.srcPort);
  const to = ports === null ? dst.text : hostPort(dst.text, ports.dstPort);
  const chains = chainsOf(steps, known);
  const virtual = steps.find(({ what, evidence }) => what === "ipvs" && evidence?.kind === "ipvs");
  const entry = steps.find(({ chain }) => chain?.to !== undefined && chains.has(chain.to));
  const refusal = (entry ?? virtual) ? undefined : steps.find((step) => refusalOf(step, known) !== null);
  if (entry === undefined && virtual === undefined && refusal === undefined) return null;
  const objects =
    known.objects === null || ports === null ? null : named(known.objects, dst.text, ports.dstPort, body.kind);
  const translated = becomes(steps, "destination");
  const endpoint = translated?.after ?? (virtual === undefined ? null : shownServer(virtual));
  return {
    service:
      entry !== undefined ? chains.get(entry.chain!.to!)! : refusal !== undefined ? refusalOf(refusal, known) : objects,
    found: foundBy(entry ?? virtual ?? refusal!, to),
    endpoint,
    candidates: endpoint === null ? [] : shownEndpoints(steps, virtual, known),
    source: sourceOf(steps, before),
    chains: Object.fromEntries(chains),
  };
}

/** The answer in a few lines. */
export function answerText({ service, found, endpoint, candidates, source, chains }: ServiceAnswer): string {
  const who = service ?? "some Service, which one no file says (--objects has their names)";
  const others = candidates.map(({ endpoint: each, share }) => `${each}${share === null ? "" : ` ${percent(share)}`}`);
  const moved = source.before === source.after ? `stays ${source.after}` : `${source.before} becomes ${source.after}`;
  const lines = [
    `Service   ${who}: ${found}`,
    `Endpoint  ${endpoint ?? "none"}${others.length > 1 ? `, one of ${others.join(", ")}` : ""}`,
    ...(endpoint === null ? [] : [`Source    ${moved}: ${source.because}`]),
    ...Object.entries(chains).map(([chain, name]) => `          ${chain} is of ${name}`),
  ];
  return `${lines.join("\n")}\n`;
}

const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`;

function chainsOf(steps: readonly Step[], { iptables, nft }: Known): Map<string, string> {
  const found = new Map<string, string>();
  for (const { chain } of steps)
    for (const each of chain === undefined ? [] : [chain.chain, chain.to]) {
      if (each === undefined || found.has(each)) continue;
      const service = serviceOf(each, chain!.table.includes(" ") ? nft : iptables);
      if (service !== null)
        found.set(each, service.isHashed ? service.name : `${service.name} (by comment; its hash is another's)`);
    }
  return found;
}

/** The Service whose packets a rule of the filter refuses; null: it does not, or of none. */
function refusalOf({ chain, evidence, because }: Step, { nft }: Known): string | null {
  if (chain === undefined || evidence?.kind !== "rule" || !KUBE_PROXY.test(chain.chain)) return null;
  if (/ -j (REJECT|DROP|ACCEPT)\b/.test(evidence.text)) return namedIn(commentOf(evidence.text));
  const key = / is (.*), for which @no-endpoint-/.exec(because)?.[1];
  if (key === undefined) return null;
  const at = nft.indexOf(`${key} comment "`);
  return at === -1 ? null : namedIn(commentOf(` ${nft.slice(at + key.length, at + key.length + 300)}`));
}

/** How the packet came to it. */
function foundBy({ what, chain, evidence, because }: Step, to: string): string {
  if (what === "ipvs") return `${evidence!.text.trim()} is a virtual server`;
  const rule = `rule ${chain!.rule} of ${chain!.chain}`;
  const map = / for which (@\S+) has (.*)$/.exec(because);
  if (map !== null) return `${rule} finds ${to} in ${map[1]}: ${map[2]}`;
  const said = commentOf(evidence!.text).replace(/^\S+\/\S+ ?/, "");
  const kind = chain!.chain === "KUBE-NODEPORTS" ? "node port" : said;
  return `${rule} is about ${to}${kind === "" ? "" : `, its ${kind}`}`.replace(/, its (has|traffic)/, ", which $1");
}

/** Who has the address and port, by the objects. */
function named({ services }: ProxyObjects, address: string, at: number, protocol: string): string | null {
  for (const { metadata, spec, status } of services) {
    const own = [...(spec.clusterIPs ?? [spec.clusterIP ?? ""]), ...(spec.externalIPs ?? [])];
    for (const each of status?.loadBalancer?.ingress ?? []) if (each.ip !== undefined) own.push(each.ip);
    for (const { name = "", port, nodePort, protocol: of = "TCP" } of spec.ports ?? []) {
      const isThere = own.includes(address) ? port === at : nodePort === at;
      if (isThere && of.toLowerCase() === protocol)
        return `${metadata.namespace}/${metadata.name}${name && `:${name}`}`;
    }
  }
  return null;
}

function becomes(
  steps: readonly Step[],
  side: "source" | "destination",
): { readonly after: string; readonly step: number } | null {
  const words = new RegExp(`${side} \\S+ becomes ([^\\s,;]+)`);
  const step = steps.findIndex(({ what, because }) => what === "nat" && words.test(because));
  return step === -1 ? null : { after: words.exec(steps[step]!.because)![1]!, step };
}

function sourceOf(steps: readonly Step[], before: string): ServiceAnswer["source"] {
  const translated = becomes(steps, "source");
  const mark = steps.find(isMark);
  if (translated !== null) {
    const by = steps.slice(0, translated.step).findLast(({ chain }) => chain !== undefined)!;
    const isKube = /^(KUBE-POSTROUTING|masquerading)$/.test(by.chain!.chain);
    const isHairpin = /hairpin/.test(by.evidence?.text ?? "");
    const cause = isKube && !isHairpin ? mark : undefined;
    const because =
      cause !== undefined
        ? `${whyMarked(cause)}; ${ruleOf(cause)}`
        : isHairpin
          ? `${HAIRPIN}; ${ruleOf(by)}`
          : ruleOf(by);
    return { before, after: translated.after, because };
  }
  const missed = steps.flatMap(({ chain, tried = [] }) =>
    tried
      .filter(({ text }) => /(KUBE-MARK-MASQ|mark-for-masquerade| comment "masquerade)/.test(text))
      .map((each) => ({ chain, ...each })),
  );
  const last = missed.find(({ field }) => /source|saddr|src/.test(field)) ?? missed[0];
  const because =
    last === undefined
      ? "no rule that it came to asks for another"
      : `${last.chain?.chain ?? "a chain"} masquerades only ${last.wanted} (${last.field}), and it has ${last.had}`;
  return { before, after: before, because };
}

const isMark = ({ chain, evidence }: Step): boolean =>
  chain !== undefined && (MARKS.test(chain.to ?? "") || / comment "masquerade/.test(evidence?.text ?? ""));

/** What kube-proxy wants to reach by the mark. */
function whyMarked({ chain, evidence }: Step): string {
  const { text } = evidence!;
  const comment = commentOf(text);
  const strangers = /! -s (\S+)|saddr != (\S+)/.exec(text);
  if (/^(KUBE-SEP-|endpoint-)/.test(chain!.chain)) return HAIRPIN;
  if (strangers !== null) return `it comes from outside the pods' addresses ${strangers[1] ?? strangers[2]}`;
  if (/src-type LOCAL|saddr type local/.test(text))
    return "it comes from this node itself, for which another address may be used";
  if (/^(KUBE-EXT-|external-)/.test(chain!.chain) || /nodeport|lb portal|external ip/i.test(comment))
    return "it comes by an external address with externalTrafficPolicy Cluster, and the answer must come back by this node";
  return comment === "" ? "kube-proxy masquerades all (masqueradeAll)" : comment;
}

const ruleOf = ({ chain, evidence }: Step): string =>
  `rule ${chain!.rule} of ${chain!.chain}: ${evidence!.text.replace(/^-A \S+ /, "")}`;
