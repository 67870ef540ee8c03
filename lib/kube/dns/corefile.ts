// The Corefile: blocks of zones, each with plugins, in the Caddyfile's words. What a plugin may be told is read here; what
// CoreDNS would take and this one does not have is refused by name.
// Before you edit: github.com/coredns/coredns core/dnsserver/register.go, coredns/caddy caddyfile/lexer.go, plugin.cfg and
// plugin/*/setup.go.
export interface KubernetesOptions {
  readonly zones: readonly string[];
  readonly pods: "disabled" | "insecure" | "verified";
  readonly ttl: number;
  /** Zones whose unknown names go on to the next plugin; empty: none. */
  readonly fallthrough: readonly string[];
}

export interface CacheOptions {
  /** Seconds. */
  readonly positive: number;
  readonly negative: number;
  /** Zones of which nothing is kept. */
  readonly noPositive: readonly string[];
  readonly noNegative: readonly string[];
}

export interface ForwardOptions {
  readonly from: string;
  /** Addresses, or files as resolv.conf. */
  readonly to: readonly string[];
}

export interface Hosts {
  readonly entries: readonly (readonly [address: string, names: readonly string[]])[];
  readonly ttl: number;
  readonly fallthrough: boolean;
}

export interface ServerBlock {
  readonly zones: readonly string[];
  readonly port: number;
  readonly log: boolean;
  readonly errors: boolean;
  readonly loadbalance: boolean;
  /** Ports of HTTP where it says that it is well, and that it is ready; null: nowhere. */
  readonly health: number | null;
  readonly ready: number | null;
  readonly cache: CacheOptions | null;
  readonly hosts: Hosts | null;
  readonly kubernetes: KubernetesOptions | null;
  readonly forward: readonly ForwardOptions[];
}

/** A Corefile that CoreDNS would not start with, or not this one: in its words, with the line. */
export class CorefileError extends Error {}

interface Token {
  readonly text: string;
  readonly line: number;
}

interface Directive {
  readonly name: string;
  readonly line: number;
  readonly args: readonly string[];
  readonly block: readonly (readonly string[])[];
}

/** Directives of CoreDNS that do nothing here that could be seen. */
const SILENT = new Set(["prometheus", "loop", "reload"]);
/** Those of plugin.cfg that this one does not have. */
const KNOWN = new Set(
  `root metadata geoip cancel tls quic grpc_server https https3 timeouts multisocket nsid bufsize bind debug trace dnstap
   local dns64 acl any chaos tsig rewrite header dnssec autopath minimal template transfer route53 azure clouddns
   k8s_external nomad file auto secondary etcd grpc erratic whoami on sign view`.split(/\s+/),
);

/** Throws CorefileError. */
export function parseCorefile(text: string): ServerBlock[] {
  const tokens = tokensOf(text);
  const blocks: ServerBlock[] = [];
  let at = 0;
  while (at < tokens.length) {
    const keys: Token[] = [];
    while (at < tokens.length && tokens[at]!.text !== "{") keys.push(tokens[at++]!);
    if (keys.length === 0 || at === tokens.length)
      throw new CorefileError(`Corefile:${tokens.at(-1)!.line} - Error during parsing: Unexpected EOF`);
    at++;
    const directives: Directive[] = [];
    while (tokens[at]?.text !== "}") {
      if (at >= tokens.length)
        throw new CorefileError(`Corefile:${tokens.at(-1)!.line} - Error during parsing: Unexpected EOF`);
      const [directive, next] = directiveAt(tokens, at);
      directives.push(directive);
      at = next;
    }
    at++;
    blocks.push(blockOf(keys, directives));
  }
  return blocks;
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (const [i, line] of text.split("\n").entries())
    for (const [word] of line.replace(/(^|\s)#.*/, "").matchAll(/\S+/g)) tokens.push({ text: word, line: i + 1 });
  return tokens;
}

function directiveAt(tokens: readonly Token[], start: number): [Directive, number] {
  const { text: name, line } = tokens[start]!;
  const args: string[] = [];
  let at = start + 1;
  for (; tokens[at]?.line === line && tokens[at]!.text !== "{" && tokens[at]!.text !== "}"; at++)
    args.push(tokens[at]!.text);
  const block: string[][] = [];
  if (tokens[at]?.line !== line || tokens[at]!.text !== "{") return [{ name, line, args, block }, at];
  let last = 0;
  for (at++; tokens[at] !== undefined && tokens[at]!.text !== "}"; at++) {
    const { text, line: own } = tokens[at]!;
    if (own === last) block.at(-1)!.push(text);
    else block.push([text]);
    last = own;
  }
  return [{ name, line, args, block }, at + 1];
}

/** A zone as CoreDNS keeps it: in small letters, with its dot; a network (`10.0.0.0/8`) is not read. */
const zoneOf = (text: string): string => `${text.toLowerCase().replace(/\.$/, "")}.`;

const dotted = (zones: readonly string[]): readonly string[] => zones.map(zoneOf);

function blockOf(keys: readonly Token[], directives: readonly Directive[]): ServerBlock {
  const places = keys.map(({ text }) => /^(?:dns:\/\/)?(.*?)(?::(\d+))?,?$/.exec(text)!);
  const zones = places.map(([, zone = ""]) => zoneOf(zone));
  const made = {
    zones,
    port: Number(places[0]![2] ?? 53),
    log: false,
    errors: false,
    loadbalance: false,
    health: null as number | null,
    ready: null as number | null,
    cache: null as CacheOptions | null,
    hosts: null as Hosts | null,
    kubernetes: null as KubernetesOptions | null,
    forward: [] as ForwardOptions[],
  };
  for (const directive of directives) {
    const { name, args } = directive;
    if (SILENT.has(name)) continue;
    switch (name) {
      case "log":
        noMore(directive, args.length === 0 && directive.block.length === 0);
        made.log = true;
        break;
      case "errors":
        noMore(directive, directive.block.length === 0);
        made.errors = true;
        break;
      case "loadbalance":
        noMore(directive, args.length === 0 || args[0] === "round_robin");
        made.loadbalance = true;
        break;
      case "health":
        made.health = portOf(args, 8080);
        break;
      case "ready":
        made.ready = portOf(args, 8181);
        break;
      case "cache":
        made.cache = cacheOf(directive);
        break;
      case "hosts":
        made.hosts = hostsOf(directive);
        break;
      case "kubernetes":
        made.kubernetes = kubernetesOf(directive, zones);
        break;
      case "forward":
        made.forward.push(forwardOf(directive));
        break;
      default:
        throw KNOWN.has(name)
          ? new CorefileError(`Corefile:${directive.line} - ${name}: CoreDNS knows this, Packetwalk does not model it`)
          : new CorefileError(`Corefile:${directive.line} - Error during parsing: Unknown directive '${name}'`);
    }
  }
  return made;
}

function noMore({ name, line, args, block }: Directive, isAll: boolean): void {
  const said = [...args, ...block.flat()].join(" ");
  if (!isAll)
    throw new CorefileError(`Corefile:${line} - ${name} ${said}: CoreDNS knows this, Packetwalk does not model it`);
}

const portOf = ([address]: readonly string[], otherwise: number): number =>
  address === undefined ? otherwise : Number(address.replace(/^.*:/, ""));

/** At most an hour, and half of it for what is not there (plugin/cache). */
function cacheOf(directive: Directive): CacheOptions {
  const [first, ...more] = directive.args;
  const ttl = first !== undefined && /^\d+$/.test(first) ? Number(first) : null;
  noMore(directive, more.length === 0 && (first === undefined || ttl !== null));
  let [positive, negative] = [ttl ?? 3600, ttl ?? 1800];
  let noPositive: readonly string[] = [];
  let noNegative: readonly string[] = [];
  for (const line of directive.block) {
    const [word, what = "", ...zones] = line;
    if (word === "disable" && what === "success") noPositive = zones.length === 0 ? ["."] : dotted(zones);
    else if (word === "disable" && what === "denial") noNegative = zones.length === 0 ? ["."] : dotted(zones);
    else if (word === "success") positive = Number(zones[0] ?? positive);
    else if (word === "denial") negative = Number(zones[0] ?? negative);
    else noMore(directive, false);
  }
  return { positive, negative, noPositive, noNegative };
}

function hostsOf(directive: Directive): Hosts {
  noMore(directive, directive.args.length === 0);
  const entries: [string, readonly string[]][] = [];
  let ttl = 3600;
  let falls = false;
  for (const [word = "", ...rest] of directive.block)
    if (word === "fallthrough") falls = true;
    else if (word === "ttl") ttl = Number(rest[0]);
    else if (/^[\d.]+$|:/.test(word)) entries.push([word, dotted(rest)]);
    else noMore(directive, word === "reload" || word === "no_reverse");
  return { entries, ttl, fallthrough: falls };
}

function kubernetesOf(directive: Directive, own: readonly string[]): KubernetesOptions {
  const zones = directive.args.length === 0 ? own : dotted(directive.args);
  let pods: KubernetesOptions["pods"] = "disabled";
  let ttl = 5;
  let falls: readonly string[] = [];
  for (const [word, ...rest] of directive.block) {
    if (word === "pods" && (rest[0] === "disabled" || rest[0] === "insecure" || rest[0] === "verified")) pods = rest[0];
    else if (word === "ttl") ttl = Number(rest[0]);
    else if (word === "fallthrough") falls = rest.length === 0 ? ["."] : dotted(rest);
    else noMore(directive, false);
  }
  return { zones, pods, ttl, fallthrough: falls };
}

function forwardOf(directive: Directive): ForwardOptions {
  const [from = ".", ...to] = directive.args;
  for (const [word] of directive.block) noMore(directive, word === "max_concurrent" || word === "prefer_udp");
  if (to.length === 0)
    throw new CorefileError(`Corefile:${directive.line} - Error during parsing: Wrong argument count`);
  return { from: zoneOf(from), to };
}
