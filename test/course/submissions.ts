// What students hand in for homework 1: right ones, unusual ones, and wrong ones with what they must lose and why.
import * as fs from "node:fs";
import * as path from "node:path";
import { type Notebook, parseNotebook, sourceOf } from "../../lib/jupyter/notebook.ts";
import { ROOT } from "../jupyter/python.ts";

export const HOMEWORK = path.join(ROOT, "notebooks", "homework", "1-pods-by-hand.ipynb");

/** The texts of cells by their id. */
export type Cells = Readonly<Record<string, string>>;

/** The homework with other cells, as a student saves it. */
export function submission(cells: Cells, homework = HOMEWORK): Notebook {
  const notebook = parseNotebook(fs.readFileSync(homework, "utf8"), homework);
  const left = new Set(Object.keys(cells));
  for (const cell of notebook.cells) {
    cell.outputs = [];
    const source = cells[cell.id ?? ""];
    if (source === undefined) continue;
    cell.source = source;
    left.delete(cell.id!);
  }
  if (left.size > 0) throw new Error(`the homework has no cell ${[...left].join(", ")}`);
  return notebook;
}

/** Replaces a text that must be there. */
export function changed(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`there is no ${from}`);
  return text.replaceAll(from, () => to);
}

export function sourceOfCell(id: string): string {
  const notebook = parseNotebook(fs.readFileSync(HOMEWORK, "utf8"), HOMEWORK);
  return sourceOf(notebook.cells.find((cell) => cell.id === id)!);
}

const NEXT_HOP = `interface Route { prefix: string; via: string; metric: number }
const numberOf = (address: string) => address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);

function nextHop(routes: Route[], address: string): string | null {
  let best: (Route & { length: number }) | null = null;
  for (const route of routes) {
    const [network = "", bits = "0"] = route.prefix === "default" ? ["0.0.0.0", "0"] : route.prefix.split("/");
    const length = Number(bits);
    const size = 2 ** (32 - length);
    if (Math.floor(numberOf(address) / size) !== Math.floor(numberOf(network) / size)) continue;
    if (best === null || length > best.length || (length === best.length && route.metric < best.metric))
      best = { ...route, length };
  }
  return best?.via ?? null;
}
handIn("nextHop", nextHop)`;

const WIRING = `const net = lab({ seed: "wiring" });
const own = (address: string) => address.split("/")[0]!;
const networkOf = (address: string) => address.replace(/\\d+\\/24$/, "0/24");
const pods = [["red", "green"], ["blue"]] as const;
for (const i of [0, 1] as const) {
  const node = net.node(\`node-\${i + 1}\`).forward();
  node.bridge("cni0", { address: plan.bridges[i] });
  for (const pod of pods[i]) node.pod(pod, { bridge: "cni0", address: plan[pod], gateway: own(plan.bridges[i]) });
}
net.cable("node-1", "eth0", "node-2", "eth0");
for (const [i, other] of [[0, 1], [1, 0]] as const)
  sh(\`node-\${i + 1}\`, \`ip addr add \${plan.nodes[i]} dev eth0
    ip route add \${networkOf(plan.bridges[other])} via \${own(plan.nodes[other])}\`);
handIn("wiring", net)`;

/** Tries every three of the mends there are: what a student does by looking. */
const REPAIR = `const gateway = (i: 0 | 1) => bare(brokenPlan.bridges[i]);
const netOf = (i: 0 | 1) => brokenPlan.bridges[i].replace(/\\d+\\/24$/, "0/24");
const mends: [string, string, RegExp][] = [
  ["node-1", "sysctl -w net.ipv4.ip_forward=1", /ip_forward = 0/],
  ["node-2", \`ip route replace \${netOf(0)} via \${bare(brokenPlan.nodes[0])}\`, /x/],
  ["node-1", \`ip route replace \${netOf(1)} via \${bare(brokenPlan.nodes[1])}\`, /\\.77 /],
  ["red", "ip neigh del " + gateway(0) + " dev eth0", /02:00:00:00:00:99/],
  ["green", \`ip route replace default via \${gateway(0)}\`, /\\.254 /],
  ["blue", \`ip route replace default via \${gateway(1)}\`, /x/],
  ["node-2", "ip link set cni0 up", /cni0.* state DOWN/],
];
const repair: Record<string, string> = {};
for (const [where, mend, sign] of mends) {
  const seen = sh(where, "sysctl net.ipv4.ip_forward; ip route; ip neigh; ip link", lab(mine.broken)).text;
  const lacks = where === "blue" ? !/^default/m.test(seen) : where === "node-2" && /route/.test(mend) && !seen.includes(netOf(0));
  if (lacks || sign.test(seen)) repair[where] = (repair[where] === undefined ? "" : repair[where] + "; ") + mend;
}
handIn("repair", repair)`;

export const LISTENERS = `const listeners = {
  web: \`python3 -m http.server \${ports.web} &\`,
  cache: \`python3 -m http.server --bind 127.0.0.1 \${ports.cache} &\`,
};
handIn("listeners", listeners)`;

/** All that is right; right for every student. */
export const RIGHT: Cells = {
  "journey-answer": 'handIn("journey", { ttl: 64 - routers, questions: routers + 1 })',
  "next-hop-answer": NEXT_HOP,
  "listeners-answer": LISTENERS,
  "wiring-answer": WIRING,
  "sizes-answer": 'handIn("sizes", { plain: mtu - 28, ipip: mtu - 48, vxlan: mtu - 78 })',
  "repair-answer": REPAIR,
};

export interface Wrong {
  readonly cells: Cells;
  /** What it loses, and nothing else: by task and property, each with the reason that must be named. */
  readonly loses: Readonly<Record<string, RegExp>>;
}

export const WRONG: Readonly<Record<string, Wrong>> = {
  "routes to single pods": {
    cells: {
      "wiring-answer": changed(
        WIRING,
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a cell's text
        "ip route add ${networkOf(plan.bridges[other])} via ${own(plan.nodes[other])}",
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a cell's text
        '${pods[other].map((pod) => `ip route add ${own(plan[pod])} via ${own(plan.nodes[other])}`).join("; ")}',
      ),
    },
    loses: { "wiring: a pod that comes later is reached as well": /In node-1.*: no route to/ },
  },
  "masquerades between the nodes": {
    cells: {
      "wiring-answer": changed(
        WIRING,
        'handIn("wiring"',
        'for (const node of ["node-1", "node-2"]) sh(node, "iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE");\nhandIn("wiring"',
      ),
    },
    loses: { "wiring: a pod is seen with its own address": /blue sees 192\.168\.\d+\.11, not red's own 10\./ },
  },
  "takes the first route that fits": {
    cells: {
      "next-hop-answer": changed(
        NEXT_HOP,
        "if (best === null || length > best.length || (length === best.length && route.metric < best.metric))",
        "if (best === null)",
      ),
    },
    loses: {
      "nextHop: the longest prefix, of any length, in any order":
        /Called with \(\[ \{ prefix.* it gives '192.*; it should be/,
      "nextHop: of two with the same prefix the one with the lower metric": /it should be '192/,
    },
  },
  "lets cache listen on every address": {
    cells: { "listeners-answer": changed(LISTENERS, "--bind 127.0.0.1 ", "") },
    loses: { "listeners: nobody else reaches cache, though it is there": /on which address does cache listen/ },
  },
  "copies a neighbour's numbers": {
    cells: { "journey-answer": 'handIn("journey", { ttl: 55, questions: 10 })' },
    loses: { "journey: ttl": /Not 55\. It leaves with 64/, "journey: questions": /Not 10\. Each link/ },
  },
  "forgets the inner Ethernet header": {
    cells: { "sizes-answer": changed(RIGHT["sizes-answer"]!, "mtu - 78", "mtu - 64") },
    loses: { "sizes: vxlan": /inner frame's own Ethernet header/ },
  },
  "mends with more than it needs": {
    cells: {
      "repair-answer": changed(
        REPAIR,
        'handIn("repair"',
        'repair.red = (repair.red ?? "true") + "; ip link set eth0 mtu 1400";\nhandIn("repair"',
      ),
    },
    loses: { "repair: no more than three changes did it": /^4 commands change something/ },
  },
};

export const UNUSUAL: Readonly<Record<string, Cells>> = {
  "a switch, default routes, pods plugged in by ip, and a function that asks a lab": {
    "wiring-answer": `const net = lab({ seed: "unusual" });
const own = (address: string) => address.split("/")[0]!;
for (const node of ["node-1", "node-2"]) net.node(node).forward();
net.switch("rack", ["node-1", "node-2"]);
for (const i of [0, 1] as const) {
  sh(\`node-\${i + 1}\`, \`ip addr add \${plan.nodes[i]} dev eth0; ip route add default via \${own(plan.nodes[1 - i]!)}
    ip link add br-pods type bridge; ip link set br-pods up; ip addr add \${plan.bridges[i]} dev br-pods\`);
  for (const pod of i === 0 ? (["red", "green"] as const) : (["blue"] as const))
    sh(\`node-\${i + 1}\`, \`ip netns add \${pod}; ip link add \${pod}9 type veth peer name eth7 netns \${pod}
      ip link set \${pod}9 master br-pods up; ip -n \${pod} link set eth7 up; ip -n \${pod} link set lo up
      ip -n \${pod} addr add \${plan[pod]} dev eth7; ip -n \${pod} route add default via \${own(plan.bridges[i])}\`);
}
handIn("wiring", net)`,
    "next-hop-answer": `interface Route { prefix: string; via: string; metric: number }
function nextHop(routes: Route[], address: string): string | null {
  const tiny = lab({ seed: "tiny" });
  tiny.node("router");
  tiny.node("rest");
  tiny.cable("router", "eth0", "rest", "eth0");
  sh("router", "ip addr add 192.0.2.254/24 dev eth0", tiny);
  for (const { prefix, via, metric } of routes) sh("router", \`ip route add \${prefix} via \${via} metric \${metric}\`, tiny);
  return /via (\\S+)/.exec(sh("router", \`ip route get \${address}\`, tiny).text)?.[1] ?? null;
}
handIn("nextHop", nextHop)`,
  },
  "nc instead of a web server, and a function that promises": {
    "listeners-answer": `const listeners = {
  web: \`nc -lk \${ports.web} &\`,
  cache: \`nc -lk 127.0.0.1 \${ports.cache} &\`,
};
handIn("listeners", listeners)`,
    "next-hop-answer": changed(
      changed(
        NEXT_HOP,
        "function nextHop(routes: Route[], address: string): string | null {",
        "async function nextHop(routes: Route[], address: string): Promise<string | null> {",
      ),
      "let best",
      "await null;\n  let best",
    ),
    "next-hop-try": "await nextHop([], '10.0.0.1')",
  },
};
