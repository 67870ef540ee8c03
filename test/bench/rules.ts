// Rules by the hundred thousand, as kube-proxy writes them: read, printed, changed; the real iptables does the same in a
// namespace of its own.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BenchFigure } from "./figure.ts";
import { whyNoKernel } from "./peers.ts";

const LOAD = fileURLToPath(new URL("rules-load.js", import.meta.url));

interface Endpoint {
  readonly ip: string;
  readonly chain: string;
}
interface Service {
  readonly name: string;
  readonly ip: string;
  readonly port: number;
  readonly chain: string;
  readonly endpoints: readonly Endpoint[];
}

const ip = (bits: number) => [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join(".");
const hash = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 16).toUpperCase();

function service(i: number): Service {
  const name = `ns-${Math.floor(i / 100)}/svc-${i}:http`;
  const endpoints = [0, 1].map((k) => {
    const address = ip(0x0af40100 + 2 * i + k);
    return { ip: address, chain: `KUBE-SEP-${hash(`${name}${address}`)}` };
  });
  return { name, ip: ip(0x0a600001 + i), port: 80 + (i % 7), chain: `KUBE-SVC-${hash(name)}`, endpoints };
}

function declared({ chain, endpoints }: Service): string[] {
  return [chain, ...endpoints.map((each) => each.chain)].map((name) => `:${name} - [0:0]`);
}

function rulesOf({ name, ip, port, chain, endpoints }: Service): string[] {
  const [first, second] = endpoints;
  return [
    `-A ${chain} ! -s 10.244.0.0/14 -d ${ip}/32 -p udp -m comment --comment "${name} cluster IP" -m udp --dport ${port} -j KUBE-MARK-MASQ`,
    `-A ${chain} -m comment --comment "${name} -> ${first!.ip}:8080" -m statistic --mode random --probability 0.50000000000 -j ${first!.chain}`,
    `-A ${chain} -m comment --comment "${name} -> ${second!.ip}:8080" -j ${second!.chain}`,
    ...endpoints.flatMap((each) => [
      `-A ${each.chain} -s ${each.ip}/32 -m comment --comment "${name}" -j KUBE-MARK-MASQ`,
      `-A ${each.chain} -p udp -m comment --comment "${name}" -m udp -j DNAT --to-destination ${each.ip}:8080`,
    ]),
  ];
}

/** The table nat of kube-proxy for so many services with two endpoints each: eight rules a service. */
export function kubeProxyRules(count: number): string {
  const services = Array.from({ length: count }, (_, i) => service(i));
  return [
    "*nat",
    ...["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"].map((name) => `:${name} ACCEPT [0:0]`),
    ...["KUBE-MARK-MASQ", "KUBE-POSTROUTING", "KUBE-SERVICES"].map((name) => `:${name} - [0:0]`),
    ...services.flatMap(declared),
    '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    "-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000",
    "-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN",
    ...services.map(
      ({ name, ip, port, chain }) =>
        `-A KUBE-SERVICES -d ${ip}/32 -p udp -m comment --comment "${name} cluster IP" -m udp --dport ${port} -j ${chain}`,
    ),
    ...services.flatMap(rulesOf),
    "COMMIT",
    "",
  ].join("\n");
}

/** What kube-proxy writes when one service changes. */
export function partialSync(i: number): string {
  const changed = service(i);
  return ["*nat", ...declared(changed), ...rulesOf(changed), "COMMIT", ""].join("\n");
}

const INSERT = '-d 10.1.1.1/32 -p udp -m comment --comment "one more" -m udp --dport 80 -j KUBE-MARK-MASQ';

/** CPU time of a whole process in ms, and what it printed. */
function timed(line: string): { cpu: number; out: string } {
  const { stdout, stderr, status } = spawnSync("bash", ["-c", `TIMEFORMAT='%U %S'; time ${line}`], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`${line}: ${stderr}`);
  const [user = 0, system = 0] = stderr.trim().split("\n").at(-1)!.split(" ").map(Number);
  return { cpu: 1000 * (user + system), out: stdout };
}

export function benchRules(): BenchFigure[] {
  const folder = mkdtempSync(join(tmpdir(), "packetwalk-rules-"));
  const ns = `bench-${process.pid}`;
  const why =
    whyNoKernel() ?? (spawnSync("sh", ["-c", "command -v iptables-legacy"]).status === 0 ? null : "no iptables");
  const figures: BenchFigure[] = [];
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  try {
    if (why === null) spawnSync("ip", ["netns", "add", ns]);
    const peer = (line: string) => (why === null ? timed(`ip netns exec ${ns} ${line}`).cpu : null);
    const partial = write("partial", partialSync(17));
    for (const count of [5000, 20000]) {
      const file = write(`rules-${count}`, kubeProxyRules(count));
      const runs = [1, 2, 3].map(() => timed(`${process.execPath} ${LOAD} ${file}`)).sort((a, b) => a.cpu - b.cpu);
      const ours = runs[0]!;
      const said = JSON.parse(timed(`${process.execPath} ${LOAD} ${file} ${partial}`).out) as Record<string, number>;
      const load = peer(`iptables-legacy-restore ${file}`);
      const add = (
        name: string,
        ours: number,
        theirs: number | null,
        unit: string,
        target: number,
        peer = "iptables-legacy",
      ) =>
        figures.push({
          name: `${count} services: ${name}`,
          ours,
          theirs,
          unit,
          target,
          peer: theirs === null ? (why ?? "") : peer,
        });
      add("load, CPU of the process", ours.cpu, load, "ms", count === 20000 ? 450 : 300);
      if (count < 20000) continue;
      add("memory of the process", said.memory!, null, "MB", 130);
      add("save", said.save!, peer("iptables-legacy-save -t nat > /dev/null"), "ms", 150);
      add("one rule inserted", said.insert!, peer(`iptables-legacy -t nat -I KUBE-SERVICES 4000 ${INSERT}`), "ms", 0.1);
      add("one service synced (--noflush)", said.partial!, peer(`iptables-legacy-restore -n ${partial}`), "ms", 0.5);
    }
  } finally {
    if (why === null) spawnSync("ip", ["netns", "del", ns]);
    rmSync(folder, { recursive: true });
  }
  return figures;
}
