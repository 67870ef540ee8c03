// NetworkPolicies as rules of iptables: each policy's two chains, and the sets of addresses that they ask about.
// Before you edit: github.com/projectcalico/calico libcalico-go/lib/backend/k8s/conversion/conversion.go (k8sRuleToCalico,
// SimplifyPorts), felix/calc/rule_scanner.go (ruleToParsedRule), felix/rules/policy.go (ProtoRuleToIptablesRules).
import { prefix4 } from "../../../wire/address.ts";
import type { KubeObject } from "../../api/object.ts";
import type { LabelSelector } from "../../shapes.ts";
import { chainName, namedPortId, selectorId, setName } from "./names.ts";
import { clearMark, isMarked, jump, MARK, type Rule, rule, setMark } from "./rules.ts";
import { ANYBODY, type Expression, peerSelector, policySelector } from "./selector.ts";

export interface PolicyPeer {
  readonly podSelector?: LabelSelector;
  readonly namespaceSelector?: LabelSelector;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}

export interface PolicyPort {
  readonly protocol?: string;
  readonly port?: number | string;
  readonly endPort?: number;
}

interface PolicyRule {
  readonly ports?: readonly PolicyPort[];
  readonly from?: readonly PolicyPeer[];
  readonly to?: readonly PolicyPeer[];
}

export interface NetworkPolicy extends KubeObject {
  readonly spec: {
    readonly podSelector: LabelSelector;
    readonly policyTypes: readonly string[];
    readonly ingress?: readonly PolicyRule[];
    readonly egress?: readonly PolicyRule[];
  };
}

export type Direction = "ingress" | "egress";

/** A set of addresses: of pods a selector selects, or of those of them that have a port of this name. */
export interface AddressSet {
  readonly name: string;
  readonly selector: Expression;
  readonly port: { readonly protocol: string; readonly name: string } | null;
}

/** A policy as Felix knows it. */
export class CalicoPolicy {
  readonly selector: Expression;
  readonly types: ReadonlySet<Direction>;
  /** By what policies of one order are sorted (PolKVLess). */
  readonly order: string;
  private readonly policy: NetworkPolicy;

  constructor(policy: NetworkPolicy) {
    const { namespace, name } = policy.metadata;
    this.policy = policy;
    this.selector = policySelector(policy.spec.podSelector, namespace!);
    this.types = new Set(policy.spec.policyTypes.map((each) => each.toLowerCase() as Direction));
    this.order = `${name}/${namespace}/KubernetesNetworkPolicy`;
  }

  /** As Go prints it, which names of groups are made of (types.PolicyID). */
  get text(): string {
    const { namespace, name } = this.policy.metadata;
    return `{Name: ${name}, Namespace: ${namespace}, Kind: KubernetesNetworkPolicy}`;
  }

  chain(direction: Direction): string {
    const { namespace, name } = this.policy.metadata;
    return chainName(direction === "ingress" ? "cali-pi-" : "cali-po-", `knp/${namespace}/${name}`);
  }

  /** The rules of one direction; `need` is told of every set they ask about. */
  rules(direction: Direction, need: (set: AddressSet) => void): readonly Rule[] {
    const { metadata, spec } = this.policy;
    const { namespace, name } = metadata;
    const rules = (spec[direction] ?? []).flatMap((each) =>
      allowed(each, direction, namespace!).flatMap((allow) => allowRules(allow, direction, need)),
    );
    return chainRules(rules, `KubernetesNetworkPolicy ${namespace}/${name} ${direction}`);
  }
}

/** A chain says in its first rule what it is of; a RETURN at its end is none. */
export function chainRules(rules: readonly Rule[], comment: string): readonly Rule[] {
  const last = rules.findLastIndex((each) => !each.endsWith("--jump RETURN"));
  const [first = "", ...others] = rules.slice(0, last + 1);
  return [rule("", first, comment), ...others];
}

/** Who may talk, and to which ports: one peer and one protocol. */
interface Allowed {
  readonly protocol: string | null;
  readonly numbers: readonly string[];
  readonly names: readonly string[];
  readonly selector: Expression | null;
  readonly net: string | null;
  readonly except: readonly string[];
}

function allowed({ ports = [], from, to }: PolicyRule, direction: Direction, namespace: string): Allowed[] {
  const peers = (direction === "ingress" ? from : to) ?? [];
  return portsByProtocol(ports).flatMap((these) =>
    (peers.length === 0 ? [null] : peers).map((peer) => ({ ...these, ...whom(peer, namespace) })),
  );
}

function whom(peer: PolicyPeer | null, namespace: string): Pick<Allowed, "selector" | "net" | "except"> {
  if (peer === null) return { selector: null, net: null, except: [] };
  const { ipBlock, podSelector, namespaceSelector } = peer;
  if (ipBlock === undefined)
    return { selector: peerSelector(podSelector, namespaceSelector, namespace), net: null, except: [] };
  const { cidr, except = [] } = ipBlock;
  return { selector: null, net: networkText(cidr), except: except.map(networkText) };
}

const networkText = (cidr: string): string => `${prefix4(cidr)}`;

/** One for each protocol, in the order of their names; ports without any allow all there are. */
function portsByProtocol(ports: readonly PolicyPort[]): Pick<Allowed, "protocol" | "numbers" | "names">[] {
  if (ports.length === 0) return [{ protocol: null, numbers: [], names: [] }];
  const protocols = [...new Set(ports.map(({ protocol = "TCP" }) => protocol))].sort();
  return protocols.map((each) => {
    const these = ports.filter(({ protocol = "TCP" }) => protocol === each);
    const isAll = these.some(({ port }) => port === undefined);
    return {
      protocol: each.toLowerCase(),
      numbers: isAll ? [] : simplified(these),
      names: isAll ? [] : these.flatMap(({ port }) => (typeof port === "string" ? [port] : [])),
    };
  });
}

/** The fewest ranges that have these ports, as iptables writes them: `80`, `8000:8080`. */
function simplified(ports: readonly PolicyPort[]): string[] {
  const ranges = ports
    .flatMap(({ port, endPort }) => (typeof port === "number" ? [{ first: port, last: endPort ?? port }] : []))
    .sort((a, b) => a.first - b.first);
  const joined: { first: number; last: number }[] = [];
  for (const { first, last } of ranges) {
    const before = joined.at(-1);
    if (before !== undefined && first <= before.last + 1) before.last = Math.max(before.last, last);
    else joined.push({ first, last });
  }
  return joined.map(({ first, last }) => (first === last ? `${first}` : `${first}:${last}`));
}

/** -m multiport takes fifteen ports; a range counts for two (SplitPortList). */
function splits(ports: readonly string[]): string[] {
  const found: string[][] = [];
  let room = 0;
  for (const port of ports) {
    const size = port.includes(":") ? 2 : 1;
    if (room < size) {
      found.push([]);
      room = 15;
    }
    found.at(-1)!.push(port);
    room -= size;
  }
  return found.map((each) => each.join(","));
}

const masked = (mark: number, mask: number): string =>
  `--jump MARK --set-mark 0x${mark.toString(16)}/0x${mask.toString(16)}`;

/**
 * What one rule of iptables cannot say is said by several before it, that leave their answer in marks: scratch0 stands
 * as long as all of them hold.
 */
function allowRules(allow: Allowed, direction: Direction, need: (set: AddressSet) => void): Rule[] {
  const { protocol, numbers, names, selector, net, except } = allow;
  const isIngress = direction === "ingress";
  const side = isIngress ? "source" : "destination";
  const proto = protocol === null ? "" : `-p ${protocol}`;
  const multiports = splits(numbers).map((each) => `-m multiport --destination-ports ${each}`);
  // The set of a named port has only those that are selected, so it need not be asked who they are.
  const members = (!isIngress && selector) || ANYBODY;
  const named = names.map((name) => {
    const set = setName(namedPortId(members.text, protocol!, name));
    need({ name: set, selector: members, port: { protocol: protocol!, name } });
    return `-m set --match-set ${set} dst,dst`;
  });
  const before: Rule[] = [];
  const both = MARK.scratch0 | MARK.scratch1;
  const usesPortBlock = multiports.length + named.length > 1;
  if (usesPortBlock) {
    before.push(rule("", masked(0, both)));
    for (const each of multiports) before.push(rule(`${proto} ${each}`, setMark(MARK.scratch0)));
    for (const each of named) before.push(rule(each, setMark(MARK.scratch0)));
  }
  if (except.length > 0) {
    if (before.length === 0) before.push(rule("", masked(MARK.scratch0, both)));
    for (const each of except) before.push(rule(`--${side} ${each}`, clearMark(MARK.scratch0)));
  }
  const asks = [proto];
  if (net !== null) asks.push(`--${side} ${net}`);
  if (selector !== null && (isIngress || numbers.length > 0 || names.length === 0)) {
    const set = setName(selectorId(selector.text));
    need({ name: set, selector, port: null });
    asks.push(`-m set --match-set ${set} ${isIngress ? "src" : "dst"}`);
  }
  if (!usesPortBlock) asks.push(...multiports, ...named);
  if (before.length > 0) asks.push(isMarked(MARK.scratch0));
  const match = asks.filter((each) => each !== "").join(" ");
  return [...before, rule(match, setMark(MARK.accept)), rule(isMarked(MARK.accept), jump("RETURN"))];
}
