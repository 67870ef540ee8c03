// Whose chains they are: kube-proxy names them by hashes, and says beside them in words what it hashed.
// Before you edit: ../kube/proxy/iptables/names.ts, ../kube/proxy/nftables/names.ts.
import { hashOf } from "../kube/proxy/iptables/names.ts";

/** A Service's port, as kube-proxy calls it: `beta/word-v5-beta:http`. */
export interface ServiceName {
  readonly name: string;
  /** The chain's hash is that of this name; else only words beside it say so. */
  readonly isHashed: boolean;
}

const OF_PORT = /^KUBE-(?:SVC|SVL|EXT|FW|XLB)-(.*)$/;
const OF_ENDPOINT = /^KUBE-SEP-(.*)$/;
const OF_NFT = /^(?:service|local|external|firewall|endpoint)-([A-Z2-7]{8})-(.*)$/;
const IN_COMMENT = /[a-z0-9-]+\/[a-z0-9-]+(?::[a-z0-9-]+)?/g;
const PROTOCOLS = ["tcp", "udp", "sctp"];

/** The Service of a chain of a saved `text`, of iptables-save or nft; null: it is none of a Service. */
export function serviceOf(chain: string, text: string): ServiceName | null {
  const nft = OF_NFT.exec(chain);
  if (nft !== null) return ofPath(nft[1]!, nft[2]!);
  const port = OF_PORT.exec(chain)?.[1];
  const hash = port ?? OF_ENDPOINT.exec(chain)?.[1];
  if (hash === undefined) return null;
  const lines = [...linesWith(text, ` ${chain}`)];
  const comments = lines.map(commentOf);
  const names = new Set(comments.flatMap((each) => [...each.matchAll(IN_COMMENT)].map(([name]) => name)));
  const ends = port === undefined ? endpointsIn(lines) : [""];
  for (const name of names)
    for (const protocol of PROTOCOLS)
      for (const end of ends) if (hashOf(name + protocol + end) === hash) return { name, isHashed: true };
  const [only] = names;
  return only === undefined ? null : { name: only, isHashed: false };
}

/** `beta/word-v5-beta/tcp/http`, with an endpoint behind it or without. */
function ofPath(hash: string, path: string): ServiceName | null {
  const [, namespace, service, port] = /^([^/]+)\/([^/]+)\/[a-z]+\/([^/_.]*)/.exec(path) ?? [];
  if (namespace === undefined) return null;
  const name = `${namespace}/${service}${port === "" ? "" : `:${port}`}`;
  return { name, isHashed: hashOf(path, hash.length) === hash };
}

function endpointsIn(lines: readonly string[]): string[] {
  return lines.flatMap((line) => {
    const end = / --to-destination (\S+)| -> ([^"\s]+)"/.exec(line);
    return end === null ? [] : [end[1] ?? end[2]!];
  });
}

/** The rules of a text that have these words; it may have a hundred thousand others. */
export function* linesWith(text: string, words: string): Generator<string, void> {
  for (let at = text.indexOf(words); at !== -1; at = text.indexOf(words, at)) {
    const start = text.lastIndexOf("\n", at) + 1;
    const found = text.indexOf("\n", at);
    const end = found === -1 ? text.length : found;
    const line = text.slice(start, end);
    const behind = text[at + words.length];
    if (line.startsWith("-A ") || /^\[\d+:\d+\] -A /.test(line))
      if (behind === " " || behind === "\n" || behind === undefined) yield line.replace(/^\[\d+:\d+\] /, "");
    at = end;
  }
}

export function commentOf(rule: string): string {
  const [, quoted, word] = / --comment (?:"([^"]*)"|(\S+))/.exec(rule) ?? [];
  return quoted ?? word ?? / comment "([^"]*)"/.exec(rule)?.[1] ?? "";
}

/** The Service that a comment begins with: `ns2/svc2:p80 has no local endpoints`. */
export const namedIn = (comment: string): string | null => comment.match(IN_COMMENT)?.[0] ?? null;
