// What students hand in for homework 4: right ones, unusual ones, and wrong ones with what they must lose and why.
import * as path from "node:path";
import { ROOT } from "../jupyter/python.ts";
import type { Tested } from "./graded.ts";
import { changed } from "./submissions.ts";

const ORDER = `const first = (scheduler: string, n: number) => {
  farm(scheduler, weights);
  return picks("director", n).order;
};
const order = { wrr: first("wrr", 9), wlc: first("wlc", 9), sed: first("sed", 7), nq: first("nq", 7) };
handIn("order", order)`;

const LEAST = `interface Server { server: string; weight: number; active: number; inactive: number }

function least(servers: readonly Server[]): string | null {
  const cost = ({ active, inactive }: Server) => 256 * active + active + inactive;
  let best: Server | null = null;
  for (const each of servers) {
    if (each.weight === 0) continue;
    if (best === null || cost(best) * each.weight > cost(each) * best.weight) best = each;
  }
  return best?.server ?? null;
}
handIn("least", least)`;

const TURNS = `function turns(weights: readonly number[], n: number): (number | null)[] {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  const step = weights.reduce(divisor, 0);
  const most = Math.max(...weights);
  const picked: (number | null)[] = [];
  for (let least = most; picked.length < n; least = least > step ? least - step : most)
    for (let i = weights.length; i > 0; i--)
      if (most === 0) picked.push(null);
      else if (weights[i - 1]! >= least) picked.push(i);
  return picked.slice(0, n);
}
handIn("turns", turns)`;

const MOVED = `const count = (scheduler: string, command: string, isCounted: (was: string | null, is: string | null) => boolean) => {
  farm(scheduler, [1, 1, 1, 1]);
  const before = picks("director", hashed.clients, { close: true });
  sh("director", command);
  const after = picks("director", hashed.clients, { close: true });
  return before.of.filter(({ server }, i) => isCounted(server, after.of[i]!.server)).length;
};
const gone = \`\${service} -r 10.0.0.\${hashed.gone}:80\`;
const isMoved = (was: string | null, is: string | null) => was !== String(hashed.gone) && was !== is;
const moved = {
  sh: count("sh", "ipvsadm -d " + gone, isMoved),
  mh: count("mh", "ipvsadm -d " + gone, isMoved),
  refused: count("sh", \`ipvsadm -e \${gone} -m -w 0\`, (_, is) => is === null),
};
handIn("moved", moved)`;

const MAINTENANCE = `const maintenance = \`sysctl -w net.ipv4.vs.expire_quiescent_template=1
  ipvsadm -e \${service} -r 10.0.0.\${tired}:80 -m -w 0\`;
handIn("maintenance", maintenance)`;

const SHOP = `const speeds = Object.entries(shop.speeds).map(([n, w]) => \`ipvsadm -a \${service} -r 10.0.0.\${n}:80 -m -w \${w}\`);
const shopSetUp = [\`ipvsadm -A \${service} -s wlc\`, ...speeds].join("\\n");
handIn("shop", shopSetUp)`;

/** Does what the signs of each slip ask for: what a student does by looking. */
const MEND = `const saved = (where: string) => sh(where, "ipvsadm -Sn", lab(mine.broken)).out;
const server = (letter: string, n: number, weight: number) => \`ipvsadm -\${letter} \${service} -r 10.0.0.\${n}:80 -m -w \${weight}\`;
const none = (where: string) => Number(/0\\.0\\.(\\d):80 -m -w 0/.exec(saved(where))?.[1] ?? 0);
const own = meant.a.weights;
const best = own.indexOf(Math.max(...own)) + 1;
const [missing = 0] = [1, 2, 3, 4].filter((n) => !saved("b").includes(\`-r 10.0.0.\${n}:\`));
const heavy = Number(/0\\.0\\.(\\d):80 -m -w 9/.exec(saved("b"))?.[1] ?? 0);
const mend = {
  a: saved("a").includes("-s rr") ? \`ipvsadm -E \${service} -s wrr\`
    : none("a") > 0 ? server("e", none("a"), own[none("a") - 1]!) : server("e", best, own[best - 1]!),
  b: missing > 0 ? server("a", missing, 1) : heavy > 0 ? server("e", heavy, 1) : \`ipvsadm -E \${service} -s sh\`,
  c: none("c") > 0 ? server("e", none("c"), 1) : \`ipvsadm -E \${service} -s rr -p 900\`,
};
handIn("mend", mend)`;

export const SCHEDULERS: Tested = {
  name: "schedulers",
  file: path.join(ROOT, "notebooks", "homework", "4-who-is-next.ipynb"),
  right: {
    "order-answer": ORDER,
    "least-answer": LEAST,
    "turns-answer": TURNS,
    "moved-answer": MOVED,
    "maintenance-answer": MAINTENANCE,
    "shop-answer": SHOP,
    "mend-answer": MEND,
  },
  unusual: {
    "fractions that are sorted, commands that are restored, and weights a hundred times as large": {
      "least-answer": `function least(servers: readonly { server: string; weight: number; active: number; inactive: number }[]) {
  return servers.filter(({ weight }) => weight > 0)
    .map(({ server, weight, active, inactive }, i) => ({ server, i, of: (257 * active + inactive) / weight }))
    .sort((a, b) => a.of - b.of || a.i - b.i)[0]?.server ?? null;
}
handIn("least", least)`,
      "maintenance-answer": `const maintenance = \`echo "-e \${service} -r 10.0.0.\${tired}:80 -m -w 0" | ipvsadm -R
  sysctl net.ipv4.vs.expire_quiescent_template=1\`;
handIn("maintenance", maintenance)`,
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a cell's text
      "shop-answer": changed(changed(SHOP, "-s wlc", "-s sed"), "-w ${w}", "-w ${100 * w}"),
    },
    "a function that asks the kernel's scheduler, and promises": {
      "turns-answer": `async function turns(weights: readonly number[], n: number): Promise<(number | null)[]> {
  farm("rr", weights);
  sh("director", \`ipvsadm -E \${service} -s wrr\`);
  return picks("director", n, { close: true }).of.map(({ server }) => (server === null ? null : Number(server)));
}
handIn("turns", turns)`,
      "turns-try": "await turns([4, 2], 6)",
    },
  },
  wrong: {
    "takes the first pass for one with the largest weight": {
      cells: {
        "order-answer": changed(
          ORDER,
          'handIn("order", order)',
          // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a cell's text
          'farm("rr", weights);\nsh("director", `ipvsadm -E ${service} -s wrr`);\nhandIn("order", { ...order, wrr: picks("director", 9).order })',
        ),
      },
      loses: { "order: wrr": /^Connection \d does not go to \d\. Before it: server/ },
    },
    "does not look at connections that are over": {
      cells: { "least-answer": changed(LEAST, "256 * active + active + inactive", "active") },
      loses: {
        "least: connections that are over weigh little":
          /^Called with \(\[ \{ server.* it gives '\d'; it should be '\d'/,
      },
    },
    "picks servers of weight 0": {
      cells: { "least-answer": changed(LEAST, "    if (each.weight === 0) continue;\n", "") },
      loses: { "least: none of weight 0; null where nobody is left": /it should be/ },
    },
    "lets the threshold fall by one": {
      cells: { "turns-answer": changed(TURNS, "const step = weights.reduce(divisor, 0);", "const step = 1;") },
      loses: { "turns: weights with a common divisor, and weight 0": /^Called with \(\[.*it should be/ },
    },
    "counts those who had to move, too": {
      cells: { "moved-answer": changed(MOVED, "was !== String(hashed.gone) && was !== is", "was !== is") },
      loses: { "moved: sh": /^Not \d+\. Its table is filled anew/, "moved: mh": /^Not \d+\. Its table changes/ },
    },
    "forgets that the director remembers": {
      cells: {
        "maintenance-answer": changed(MAINTENANCE, "sysctl -w net.ipv4.vs.expire_quiescent_template=1", "true"),
      },
      loses: {
        "maintenance: nobody new comes to it, not even who was there before":
          /, who was there before, still comes to server/,
      },
    },
    "deletes the server": {
      cells: { "maintenance-answer": changed(changed(MAINTENANCE, "ipvsadm -e", "ipvsadm -d"), " -m -w 0", "") },
      loses: { "maintenance: the server's open connections go on": /^Server \d is deleted: packets/ },
    },
    "does not see who is stuck": {
      cells: { "shop-answer": changed(SHOP, "-s wlc", "-s wrr") },
      loses: {
        "shop: 99 of 100 wait a tenth less than with wrr and fitting weights": /^99 % wait up to \S+ s; with wrr it is/,
      },
    },
    "mends with more than it needs": {
      cells: {
        "mend-answer": changed(
          MEND,
          'handIn("mend", mend)',
          'mend.c += "; sysctl -w net.ipv4.vs.conntrack=0";\nhandIn("mend", mend)',
        ),
      },
      loses: { "mend: no more than three changes did it": /^4 commands change something/ },
    },
  },
};
