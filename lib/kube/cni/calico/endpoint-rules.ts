// Felix's chains of the pods of a node: which pod a packet is from or for, and what that pod's policies and profiles say.
// Before you edit: github.com/projectcalico/calico felix/rules/{dispatch,endpoints}.go.
import { chainName, groupName } from "./names.ts";
import { type CalicoPolicy, chainRules, type Direction } from "./policy.ts";
import { clearMark, goto, isMarked, isUnmarked, jump, MARK, type Rule, rule, setMark, VXLAN_PORT } from "./rules.ts";

/** A pod of the node, with the policies that select it, in order. */
export interface Endpoint {
  readonly veth: string;
  readonly profiles: readonly string[];
  readonly policies: readonly CalicoPolicy[];
}

/** Policies that follow one another and select the same; several have a chain of their own. */
interface Group {
  readonly chain: string;
  readonly rules: readonly Rule[] | null;
}

const GROUPED_BEFORE_RETURN = 5;

function groups(policies: readonly CalicoPolicy[], direction: Direction): Group[] {
  const runs: CalicoPolicy[][] = [];
  for (const each of policies) {
    const run = runs.at(-1);
    if (run !== undefined && run[0]!.selector.text === each.selector.text) run.push(each);
    else runs.push([each]);
  }
  return runs.map((run) => {
    const chains = run.map((each) => each.chain(direction));
    if (run.length === 1) return { chain: chains[0]!, rules: null };
    const [prefix, word] = direction === "ingress" ? ["cali-gi-", "inbound"] : ["cali-go-", "outbound"];
    const texts = run.map(({ text }) => text);
    return { chain: groupName(prefix, run[0]!.selector.text, word, texts), rules: groupRules(chains) };
  });
}

function groupRules(chains: readonly string[]): Rule[] {
  const verdict = MARK.pass | MARK.accept;
  return chains.flatMap((chain, i) => {
    if (i % GROUPED_BEFORE_RETURN > 0) return [rule(isUnmarked(verdict), jump(chain))];
    const hasVerdict = `-m mark ! --mark 0/0x${verdict.toString(16)}`;
    return [...(i === 0 ? [] : [rule(hasVerdict, jump("RETURN"), "Return on verdict")]), rule("", jump(chain))];
  });
}

function endpointRules({ profiles }: Endpoint, direction: Direction, of: readonly Group[]): Rule[] {
  // A pod may not send what looks like packets between nodes.
  const encapsulated =
    direction === "ingress"
      ? []
      : [
          rule(
            `-p 17 -m multiport --destination-ports ${VXLAN_PORT}`,
            jump("DROP"),
            "Drop VXLAN encapped packets originating in workloads",
          ),
          rule("-p 4", jump("DROP"), "Drop IPinIP encapped packets originating in workloads"),
        ];
  const tier =
    of.length === 0
      ? []
      : [
          rule("", clearMark(MARK.pass), "Start of tier default"),
          ...of.flatMap(({ chain }) => [
            rule(isUnmarked(MARK.pass), jump(chain)),
            rule(isMarked(MARK.accept), jump("RETURN"), "Return if policy accepted"),
          ]),
          rule(isUnmarked(MARK.pass), jump("DROP"), "End of tier default. Drop if no policies passed packet"),
        ];
  return [
    rule("-m conntrack --ctstate RELATED,ESTABLISHED", jump("ACCEPT")),
    rule("-m conntrack --ctstate INVALID", jump("DROP")),
    rule("", clearMark(MARK.accept | MARK.pass)),
    ...encapsulated,
    ...tier,
    ...profiles.flatMap((profile) => [
      rule("", jump(profileChain(profile, direction))),
      rule(isMarked(MARK.accept), jump("RETURN"), "Return if profile accepted"),
    ]),
    rule("", jump("DROP"), "Drop if no profiles matched"),
  ];
}

const profileChain = (profile: string, direction: Direction): string =>
  chainName(direction === "ingress" ? "cali-pri-" : "cali-pro-", profile);

/** The profile of a namespace lets all pass that no policy is about; that of a service account has no rules. */
const profileRules = (profile: string, direction: Direction): readonly Rule[] =>
  chainRules(profile.startsWith("kns.") ? [rule("", setMark(MARK.accept))] : [], `Profile ${profile} ${direction}`);

/** From the root by the next letter of the names to the chain of each, so that no packet asks for all pods of a node. */
function dispatch(chains: Map<string, readonly Rule[]>, veths: readonly string[], direction: Direction): void {
  const isFrom = direction === "egress";
  const root = isFrom ? "cali-from-wl-dispatch" : "cali-to-wl-dispatch";
  const option = isFrom ? "--in-interface" : "--out-interface";
  const own = isFrom ? "cali-fw-" : "cali-tw-";
  const unknown = rule("", jump("DROP"), "Unknown interface");
  const names = [...veths].sort();
  const common = commonPrefix(names);
  const byLetter = new Map<string, string[]>();
  for (const name of names) {
    const prefix = name.slice(0, common.length + 1);
    byLetter.set(prefix, [...(byLetter.get(prefix) ?? []), name]);
  }
  const to = (name: string) => rule(`${option} ${name}`, goto(chainName(own, name)));
  const rules = [...byLetter].map(([prefix, of]) => {
    if (of.length === 1) return to(of[0]!);
    const child = `${root}-${prefix.slice(common.length)}`;
    chains.set(child, [...of.map(to), unknown]);
    return rule(`${option} ${prefix}+`, goto(child));
  });
  chains.set(root, [...rules, unknown]);
}

function commonPrefix(sorted: readonly string[]): string {
  const [first = ""] = sorted;
  const last = sorted.at(-1) ?? "";
  let length = 0;
  while (length < first.length && first[length] === last[length]) length++;
  return first.slice(0, length);
}

/** All chains of table filter that change with the node's pods and their policies, policies' own left out. */
export function endpointChains(endpoints: readonly Endpoint[]): Map<string, readonly Rule[]> {
  const chains = new Map<string, readonly Rule[]>();
  for (const direction of ["ingress", "egress"] as const) {
    dispatch(
      chains,
      endpoints.map(({ veth }) => veth),
      direction,
    );
    for (const endpoint of endpoints) {
      const of = groups(
        endpoint.policies.filter(({ types }) => types.has(direction)),
        direction,
      );
      for (const { chain, rules } of of) if (rules !== null) chains.set(chain, rules);
      const prefix = direction === "ingress" ? "cali-tw-" : "cali-fw-";
      chains.set(chainName(prefix, endpoint.veth), endpointRules(endpoint, direction, of));
      for (const each of endpoint.profiles) chains.set(profileChain(each, direction), profileRules(each, direction));
    }
  }
  return chains;
}
