// Names that Calico makes from longer ones: veths, chains, sets of addresses, and the marks by which Felix knows a rule again.
// Before you edit: github.com/projectcalico/calico libcalico-go/lib/hash/unique_id.go, felix/generictables/rules.go,
// felix/ipsets/ipset_defs.go, libcalico-go/lib/backend/k8s/conversion/workload_endpoint_default.go (VethNameForWorkload).
import { createHash } from "node:crypto";

/** XT_EXTENSION_MAXNAMELEN without its zero. */
const CHAIN_NAME = 28;
const SET_NAME = 31;
const RULE_HASH = 16;

const base64 = (algorithm: string, text: string): string => createHash(algorithm).update(text).digest("base64url");

/** The node's end of a pod's cable. */
export function vethOf(namespace: string, pod: string): string {
  return `cali${createHash("sha1").update(`${namespace}.${pod}`).digest("hex").slice(0, 11)}`;
}

/** The prefix and the rest; of a rest that is too long for a chain's name, a hash. */
export function chainName(prefix: string, rest: string): string {
  const { length } = prefix + rest;
  if (length < CHAIN_NAME || (length === CHAIN_NAME && !rest.startsWith("_"))) return prefix + rest;
  return `${prefix}_${base64("sha256", rest).slice(0, CHAIN_NAME - 1 - prefix.length)}`;
}

/** A chain of policies that select the same pods: what they are in both directions (PolicyGroup). */
export function groupName(prefix: string, selector: string, direction: string, policies: readonly string[]): string {
  const text = [selector, direction, String(policies.length), ...policies].map((line) => `${line}\n`).join("");
  return prefix + base64("sha3-224", text).slice(0, CHAIN_NAME - prefix.length);
}

const uniqueId = (prefix: string, content: string): string => `${prefix}:${base64("sha224", `${prefix}:${content}`)}`;

/** The set of a selector's addresses, by the selector's text as Felix writes it. */
export const selectorId = (selector: string): string => uniqueId("s", selector);

/** The set of addresses with a port that has a name. */
export const namedPortId = (selector: string, protocol: string, port: string): string =>
  uniqueId("n", `${selectorId(selector)},${protocol},${port}`);

/** The set of IPv4 of that identity, as the kernel knows it. */
export const setName = (id: string): string => `cali40${id}`.slice(0, SET_NAME);

/** The comment of each rule of a chain: a hash of all rules up to it. `rules` are without `-A CHAIN` and the comment. */
export function ruleHashes(chain: string, rules: readonly string[]): string[] {
  let hash = createHash("sha224").update(chain).digest();
  return rules.map((rule) => {
    hash = createHash("sha224")
      .update(hash)
      .update(`-A ${chain} HASH${rule === "" ? "" : ` ${rule}`}`)
      .digest();
    return hash.toString("base64url").slice(0, RULE_HASH);
  });
}
