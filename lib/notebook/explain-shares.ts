// Who might have been given a packet, and how likely: what the rules of the Service's chain or the virtual server say.
// Before you edit: ../kube/proxy/iptables/read-service.ts, net/netfilter/nft_numgen.c, net/netfilter/ipvs/.
import { hostPort } from "../kube/proxy/address.ts";
import { picksOf } from "../kube/proxy/iptables/read-service.ts";
import type { Step } from "../trace/step.ts";
import { linesWith } from "./explain-names.ts";
import type { Candidate, Known } from "./explain-service.ts";

/** Chains that pick one of a Service's endpoints. */
const OF_SERVICE = /^(KUBE-SV[CL]-|(service|local)-[A-Z2-7]{8}-)/;

/** Schedulers that give servers turns by their weights. */
const BY_WEIGHT = / (rr|wrr)\b/;

/** The endpoints among which the packet's was chosen. */
export function shownEndpoints(steps: readonly Step[], virtual: Step | undefined, known: Known): Candidate[] {
  if (virtual !== undefined) return servers(virtual);
  const last = steps.findLast(({ chain }) => chain !== undefined && OF_SERVICE.test(chain.chain));
  if (last === undefined) return [];
  const { chain, table } = last.chain!;
  return table.includes(" ") ? ofMap(chain, known.nft) : ofRules(chain, known.iptables);
}

function ofRules(chain: string, text: string): Candidate[] {
  const rulesIn = (name: string) => {
    const start = `-A ${name} `;
    const lines = [...linesWith(text, `-A ${name}`)];
    return lines.map((line) => line.slice(start.length));
  };
  return picksOf(rulesIn(chain), rulesIn).map(({ to, share }) => ({ endpoint: to, share }));
}

/** A map of endpoints, or as before 1.36 of their chains. */
function ofMap(chain: string, text: string): Candidate[] {
  const block = (name: string) => {
    const at = text.indexOf(`\tchain ${name} {`);
    return at === -1 ? "" : text.slice(at, text.indexOf("\n\t}", at));
  };
  const [, count, elements = ""] = /numgen random mod (\d+) v?map \{([^}]*)\}/.exec(block(chain)) ?? [];
  return elements.split(",").flatMap((element) => {
    const [, name, address, port] = /\d+ : (?:goto (\S+)|(\S+) \. (\d+))/.exec(element) ?? [];
    const endpoint =
      name === undefined ? hostPort(address ?? "", Number(port)) : / dnat to (\S+)/.exec(block(name))?.[1];
    return endpoint === undefined || (name ?? port) === undefined ? [] : [{ endpoint, share: 1 / Number(count) }];
  });
}

function servers({ because, evidence, tried = [] }: Step): Candidate[] {
  const picked = serverIn(because);
  const others = tried.flatMap(({ text }) => /^(\S+) weight (\d+)/.exec(text)?.slice(1) ?? []);
  const all = [...(picked === null ? [] : [picked]), ...others.filter((_, i) => i % 2 === 0)];
  const isEven = BY_WEIGHT.test(evidence!.text) && new Set(others.filter((_, i) => i % 2 === 1)).size <= 1;
  return all
    .sort((one, other) => one.localeCompare(other, "en", { numeric: true }))
    .map((endpoint) => ({ endpoint, share: isEven ? 1 / all.length : null }));
}

const serverIn = (because: string): string | null => / picks (\S+?):? /.exec(`${because} `)?.[1] ?? null;

/** The server that a virtual one picked. */
export const shownServer = ({ because }: Step): string | null => serverIn(because);
