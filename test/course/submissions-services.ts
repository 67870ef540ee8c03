// What students hand in for homework 2: right ones, unusual ones, and wrong ones with what they must lose and why.
import * as path from "node:path";
import { ROOT } from "../jupyter/python.ts";
import type { Tested } from "./graded.ts";
import { type Cells, changed, type Wrong } from "./submissions.ts";

const ODDS = `function odds(weights: number[]): (string | null)[] {
  return weights.map((weight, i) => {
    if (i === weights.length - 1) return null;
    const left = weights.slice(i).reduce((sum, each) => sum + each, 0);
    return (Math.round((weight / left) * 2 ** 31) / 2 ** 31).toFixed(11);
  });
}
handIn("odds", odds)`;

const COUNTED = `const { endpoints, endpoint, connections } = mine.numbers;
handIn("counted", {
  rules: 2 + 3 * endpoints,
  chance: 1 / (endpoints - endpoint + 1),
  tried: 1 + endpoint,
  packets: connections,
})`;

const TUPLES = `const { ports, endpoint } = mine.connections;
const half = (src: string, dst: string, dport: number) =>
  \`src=\${bare(src)} dst=\${bare(dst)} sport=\${service.targetPort} dport=\${dport}\`;
handIn("tuples", {
  pod: half(pods[endpoint], pods.client, ports.pod),
  hairpin: half(pods.red, plan.bridges[0], ports.hairpin),
  outside: half(pods[endpoint], plan.nodes[2], ports.outside),
})`;

/** Marks nobody: a hairpin is known by its source and its destination. */
const RULES = `const at = { red: bare(pods.red), green: bare(pods.green), blue: bare(pods.blue) };
const { clusterIP, port, targetPort, nodePort } = service;
const nat = (words: string) => \`iptables -t nat \${words}\`;
const pick = (chain: string, all: string[]) => [nat("-N " + chain), ...all.map((each, i) => {
  const left = all.length - i;
  const dice = left === 1 ? "" : \`-m statistic --mode random --probability \${1 / left}\`;
  return nat(\`-A \${chain} -p tcp \${dice} -j DNAT --to-destination \${each}:\${targetPort}\`);
})];
const toService = \`-d \${clusterIP} -p tcp --dport \${port} -j WEB\`;
const common = [
  ...pick("WEB", [at.red, at.green, at.blue]),
  nat("-A PREROUTING " + toService),
  nat("-A OUTPUT " + toService),
  ...Object.values(at).map((each) => nat(\`-A POSTROUTING -s \${each} -d \${each} -p tcp --dport \${targetPort} -j MASQUERADE\`)),
];
const local = (i: 0 | 1, all: string[]) => [...pick("HERE", all),
  nat(\`-A PREROUTING -d \${bare(plan.nodes[i])} -p tcp --dport \${nodePort} -j HERE\`)];
const rules = {
  "node-1": [...common, ...local(0, [at.red])].join("; "),
  "node-2": [...common, ...local(1, [at.green, at.blue])].join("; "),
  "node-3": [...common, \`iptables -A INPUT -p tcp --dport \${nodePort} -j DROP\`].join("; "),
};
handIn("rules", rules)`;

/** Looks for each slip there may be. */
const REPAIR = `const net = lab(mine.broken);
const { brokenPlan } = mine;
const saved = (node: string) => sh(node, "iptables-save -t nat", net).out;
const sep = (node: string, address: string) =>
  new RegExp(\`-A (KUBE-SEP-\\\\S+) .*--to-destination \${bare(address)}:\`).exec(saved(node))![1]!;
const repair: Record<string, string> = {};
const mend = (node: string, text: string) => {
  repair[node] = repair[node] === undefined ? text : repair[node] + "; " + text;
};
const { targetPort } = brokenPlan.service;
const green = bare(brokenPlan.pods.green);
const red = bare(brokenPlan.pods.red);
if (!saved("node-1").includes(\`--to-destination \${green}:\${targetPort}\\n\`))
  mend("node-1", \`iptables -t nat -R \${sep("node-1", green)} 2 -p tcp -j DNAT --to-destination \${green}:\${targetPort}\`);
const third = saved("node-3");
const [svc, first] = [/-A (KUBE-SVC-\\S+)/.exec(third)![1]!, /-A KUBE-SVC-\\S+ .*-j (KUBE-SEP-\\S+)/.exec(third)![1]!];
if (!third.includes("0.33333333349"))
  mend("node-3", \`iptables -t nat -R \${svc} 2 -m statistic --mode random --probability 0.33333333349 -j \${first}\`);
if (!saved("node-2").includes("-j MASQUERADE")) mend("node-2", "iptables -t nat -A KUBE-POSTROUTING -j MASQUERADE");
if (!/-A OUTPUT .*KUBE-SERVICES/.test(third)) mend("node-3", "iptables -t nat -A OUTPUT -j KUBE-SERVICES");
if (!/-A PREROUTING .*KUBE-SERVICES/.test(third)) mend("node-3", "iptables -t nat -A PREROUTING -j KUBE-SERVICES");
if (!saved("node-1").includes(\`-s \${red}/32\`))
  mend("node-1", \`iptables -t nat -I \${sep("node-1", red)} -s \${red} -j KUBE-MARK-MASQ\`);
if (!/-j KUBE-NODEPORTS/.test(third))
  mend("node-3", "iptables -t nat -A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS");
if (/-A FORWARD .*-j DROP/.test(sh("node-2", "iptables-save -t filter", net).out)) mend("node-2", "iptables -D FORWARD 1");
handIn("repair", repair)`;

const RIGHT: Cells = {
  "counted-answer": COUNTED,
  "odds-answer": ODDS,
  "tuples-answer": TUPLES,
  "rules-answer": RULES,
  "repair-answer": REPAIR,
};

const NFT = `const { clusterIP, port, targetPort, nodePort } = service;
const all = [pods.red, pods.green, pods.blue].map(bare);
const add = (words: string) => \`nft 'add \${words}'\`;
const chainOf = (address: string) => "to-" + address.split(".").join("-");
const turns = (list: string[]) =>
  \`numgen inc mod \${list.length} vmap { \${list.map((each, i) => \`\${i} : goto \${chainOf(each)}\`).join(", ")} }\`;
const common = [
  add("table ip web"),
  ...all.flatMap((each) => [add("chain ip web " + chainOf(each)),
    add(\`rule ip web \${chainOf(each)} meta l4proto tcp dnat to \${each}:\${targetPort}\`)]),
  add("chain ip web pre { type nat hook prerouting priority dstnat; }"),
  add("chain ip web out { type nat hook output priority -100; }"),
  add("chain ip web post { type nat hook postrouting priority srcnat; }"),
  ...["pre", "out"].map((chain) => add(\`rule ip web \${chain} ip daddr \${clusterIP} tcp dport \${port} \${turns(all)}\`)),
  ...all.map((each) => add(\`rule ip web post ip saddr \${each} ip daddr \${each} masquerade\`)),
];
const local = (i: 0 | 1, list: string[]) =>
  add(\`rule ip web pre ip daddr \${bare(plan.nodes[i])} tcp dport \${nodePort} \${turns(list)}\`);
const rules = {
  "node-1": [...common, local(0, [all[0]!])].join("; "),
  "node-2": [...common, local(1, all.slice(1))].join("; "),
  "node-3": [...common, add("chain ip web in { type filter hook input priority filter; }"),
    add(\`rule ip web in tcp dport \${nodePort} drop\`)].join("; "),
};
handIn("rules", rules)`;

/** As kube-proxy does it: a mark where the endpoint is chosen, and turns instead of dice. */
const MARKS = changed(
  changed(RULES, `--mode random --probability \${1 / left}`, `--mode nth --every \${left} --packet 0`),
  `...Object.values(at).map((each) => nat(\`-A POSTROUTING -s \${each} -d \${each} -p tcp --dport \${targetPort} -j MASQUERADE\`)),`,
  `nat("-A POSTROUTING -m mark --mark 0x4000/0x4000 -j MASQUERADE"),
  ...Object.values(at).map((each) =>
    \`iptables -t mangle -A POSTROUTING -s \${each} -d \${each} -m conntrack --ctstate DNAT -j MARK --set-mark 0x4000\`),`,
);

const UNUSUAL: Readonly<Record<string, Cells>> = {
  "rules of nft that take turns, and a function that asks a lab": {
    "rules-answer": NFT,
    "odds-answer": `function odds(weights: number[]): (string | null)[] {
  const tiny = lab({ seed: "tiny" });
  tiny.node("one");
  let left = weights.reduce((sum, each) => sum + each, 0);
  const chains = weights.map((weight, i) => {
    const dice = i === weights.length - 1 ? "" : \`-m statistic --mode random --probability \${weight / left}\`;
    left -= weight;
    return \`iptables -A FORWARD \${dice} -j ACCEPT\`;
  });
  const printed = sh("one", chains.join("; ") + "; iptables -S FORWARD", tiny).lines.slice(1);
  return printed.map((line) => /--probability (\\S+)/.exec(line)?.[1] ?? null);
}
handIn("odds", odds)`,
  },
  "marks set in another table, turns instead of dice, and conntrack's whole lines": {
    "rules-answer": MARKS,
    "tuples-answer": changed(
      TUPLES,
      "`src=",
      "`tcp 6 86397 ESTABLISHED src=1.2.3.4 dst=5.6.7.8 sport=9 dport=10 [ASSURED] src=",
    ),
  },
};

const HAIRPIN = `  ...Object.values(at).map((each) => nat(\`-A POSTROUTING -s \${each} -d \${each} -p tcp --dport \${targetPort} -j MASQUERADE\`)),\n`;

const WRONG: Readonly<Record<string, Wrong>> = {
  "masquerades whatever leaves": {
    cells: { "rules-answer": changed(RULES, HAIRPIN, '  nat("-A POSTROUTING -j MASQUERADE"),\n') },
    loses: {
      "rules: a pod is seen with its own address": /(red|green|blue) sees 1\S+, not client's own 10\./,
      "rules: a node's port leads to pods of that node, which see the client": /red sees \S+, not the client 192\.168/,
      "rules: a node without such a pod is silent": /sees \S+, not the client/,
    },
  },
  "forgets the pod that meets itself, and refuses instead of keeping silent": {
    cells: { "rules-answer": changed(changed(RULES, HAIRPIN, ""), "-j DROP", "-j REJECT") },
    loses: {
      "rules: a pod that meets itself is answered": /From red: .* whose answer does it wait for/s,
      "rules: a node without such a pod is silent": /refuses at once/,
    },
  },
  "throws a third for each of three, and looks at ports and not at addresses": {
    cells: {
      "rules-answer": changed(
        changed(RULES, `--probability \${1 / left}`, `--probability \${1 / all.length}`),
        `-d \${bare(plan.nodes[i])} -p tcp`,
        "-p tcp",
      ),
    },
    loses: {
      "rules: each endpoint gets its share": /Of \d+ connections of \S+ red \d+, green \d+, blue \d+/,
      "rules: nothing else is touched": /client asked \S+, which is outside itself: it got red/,
    },
  },
  "forgets what the node itself sends, and sends a node's port to pods of others": {
    cells: {
      "rules-answer": changed(
        changed(RULES, '  nat("-A OUTPUT " + toService),\n', ""),
        "local(0, [at.red])",
        "local(0, [at.green, at.red])",
      ),
    },
    loses: {
      "rules: pods and nodes are answered at the cluster IP": /From node-1/,
      "rules: each endpoint gets its share": /connections of node-2 red 0, green 0, blue 0/,
      "rules: a node's port leads to pods of that node, which see the client":
        /In outside, at eth0: no program has a connection with|node-1 sends it on to green/,
    },
  },
  "gives each endpoint one part of all": {
    cells: { "odds-answer": changed(ODDS, "weights.slice(i)", "weights") },
    loses: {
      "odds: equal weights": /it gives \[.*it should be/,
      "odds: other weights": /it should be/,
      "odds: a weight of 0 among others": /it should be/,
    },
  },
  "copies a neighbour's numbers": {
    cells: { "counted-answer": 'handIn("counted", { rules: 3, chance: 0.9, tried: 1, packets: 2 })' },
    loses: {
      "counted: rules": /Not 3\. One leads/,
      "counted: chance": /Not 0\.9\. Those who come/,
      "counted: tried": /Not 1\. The chain begins/,
      "counted: packets": /Not 2\. Who remembers/,
    },
  },
  "only turns the first tuple round": {
    cells: {
      "tuples-answer": changed(
        changed(TUPLES, `src=\${bare(src)}`, `src=\${service.clusterIP}`),
        `sport=\${service.targetPort}`,
        `sport=\${service.port}`,
      ),
    },
    loses: {
      "tuples: pod": /Not so: src=\S+ sport=\d+\. The answer comes from the pod/,
      "tuples: hairpin": /Not so: src=/,
      "tuples: outside": /Not so: src=/,
    },
  },
  "changes more than it needs": {
    cells: {
      "repair-answer": changed(
        REPAIR,
        'handIn("repair"',
        `for (const node of ["node-1", "node-2", "node-3"])
  mend(node, "iptables -t nat -A POSTROUTING -j ACCEPT; iptables -A FORWARD -j ACCEPT");
handIn("repair"`,
      ),
    },
    loses: { "repair: no more than three changes did it": /^[789] entries are different: node-\d, iptables: / },
  },
};

export const SERVICES: Tested = {
  name: "services",
  file: path.join(ROOT, "notebooks", "homework", "2-services-by-hand.ipynb"),
  right: RIGHT,
  unusual: UNUSUAL,
  wrong: WRONG,
};
