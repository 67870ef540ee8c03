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
import type { PacketCosts } from "./rules-packets.ts";

const LOAD = fileURLToPath(new URL("rules-load.js", import.meta.url));
const PACKETS = fileURLToPath(new URL("rules-packets.js", import.meta.url));
const FLOWS = fileURLToPath(new URL("../../../test/bench/service_flows.py", import.meta.url));

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

/** CPU time in ms of a process that reads the file, the least of a few. */
export function loadCost(file: string): number {
  return Math.min(...[1, 2, 3, 4, 5].map(() => timed(`${process.execPath} ${LOAD} ${file}`).cpu));
}

/** What `node rules-packets.js` says of a file. */
export function packetCosts(file: string, count: number): PacketCosts {
  return JSON.parse(timed(`${process.execPath} ${PACKETS} ${file} ${count}`).out) as PacketCosts;
}

/** A namespace of the kernel with the rules of a file loaded, and a way to where its packets are lost. */
export class KernelServices {
  private readonly ns: string;

  constructor(ns: string) {
    this.ns = ns;
    spawnSync("ip", ["netns", "add", ns]);
    const lines = [
      "link add v0 type veth peer name v1",
      "link set lo up",
      "link set v0 up",
      "link set v1 up",
      "addr add 192.0.2.1/30 dev v0",
      "neigh replace 192.0.2.2 lladdr 02:00:00:00:00:02 dev v0",
      "route add 10.96.0.0/12 via 192.0.2.2",
      "route add 10.244.0.0/14 via 192.0.2.2",
    ];
    for (const line of lines) this.run(`ip ${line}`);
  }

  /** CPU time in ms. */
  run(line: string): number {
    return timed(`ip netns exec ${this.ns} ${line}`).cpu;
  }

  /** Microseconds for a datagram to a Service, Python's call included. */
  flow(mode: "drop" | "new" | "known", i: number, count: number): number {
    const { ip, port } = service(i);
    if (mode === "drop") this.run("iptables-legacy -A OUTPUT -o v0 -j DROP");
    const { out } = timed(`ip netns exec ${this.ns} python3 ${FLOWS} ${mode} ${ip} ${port} ${count}`);
    if (mode === "drop") this.run("iptables-legacy -D OUTPUT -o v0 -j DROP");
    return Number(out);
  }

  close(): void {
    spawnSync("ip", ["netns", "del", this.ns]);
  }
}

/** Why the real tool cannot be asked, or null. */
export function whyNoTool(): string | null {
  const found = spawnSync("sh", ["-c", "command -v iptables-legacy"]).status === 0;
  return whyNoKernel() ?? (found ? null : "no iptables-legacy");
}

/** Figures T5, T6 and those of packets that are known or traced, with the kernel's for the same rules. */
function packetFigures(file: string, count: number, kernel: KernelServices | null, why: string): BenchFigure[] {
  const costs = packetCosts(file, count);
  const places = ["first", "middle", "last"] as const;
  const at = [0, count >> 1, count - 1] as const;
  const rows = (
    name: string,
    ours: readonly number[],
    mode: "drop" | "new" | "known",
    times: number,
    target?: number,
  ) =>
    places.map(
      (place, i): BenchFigure => ({
        name: `${name}, ${place} service`,
        ours: ours[i]! / 1000,
        theirs: kernel === null ? null : kernel.flow(mode, at[i]!, times),
        unit: "µs",
        peer: kernel === null ? why : "the kernel, Python's sendto",
        ...(target !== undefined && { target }),
      }),
    );
  const dropped = rows("dropped new flow, whole packet", costs.drop, "drop", 2000);
  const [first, , last] = dropped.map(({ theirs }) => theirs);
  const perRule = first == null || last == null ? null : ((last - first) * 1000) / (count - 1);
  const one = (name: string, ours: number, unit: string, target?: number, theirs: number | null = null) => ({
    ...{ name, ours, theirs, unit, peer: theirs === null ? "" : "the kernel" },
    ...(target !== undefined && { target }),
  });
  return [
    one("linear walk, a rule", costs.scanRule, "ns", 2, perRule),
    ...rows("new flow through nat, index", costs.index, "drop", 2000, 2),
    one("the same, last service over the first", costs.index[2] / costs.index[0], "", 1.2),
    ...dropped,
    ...rows("new flow, whole packet", costs.newFlow, "new", 3000),
    ...rows("established flow, whole packet", costs.established, "known", 20_000),
    one("the very first packet", costs.cold / 1e6, "ms"),
    one(`first packet traced over ${costs.tried[2]} rules`, costs.traceFirst / 1e6, "ms", 10),
    one("later ones", costs.trace / 1e6, "ms", 10),
    one("to read such a trace for the first time", costs.read / 1e6, "ms"),
  ];
}

export function benchRules(): BenchFigure[] {
  const folder = mkdtempSync(join(tmpdir(), "packetwalk-rules-"));
  const why = whyNoTool();
  const figures: BenchFigure[] = [];
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  let kernel: KernelServices | null = null;
  try {
    const peer = (line: string) => kernel?.run(line) ?? null;
    const partial = write("partial", partialSync(17));
    for (const count of [5000, 20000]) {
      const file = write(`rules-${count}`, kubeProxyRules(count));
      kernel?.close();
      if (why === null) kernel = new KernelServices(`bench-${process.pid}`);
      const ours = loadCost(file);
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
      add("load, CPU of the process", ours, load, "ms", count === 20000 ? 450 : 300);
      if (count < 20000) continue;
      add("memory of the process", said.memory!, null, "MB", 130);
      add("save", said.save!, peer("iptables-legacy-save -t nat > /dev/null"), "ms", 150);
      add("one rule inserted", said.insert!, peer(`iptables-legacy -t nat -I KUBE-SERVICES 4000 ${INSERT}`), "ms", 0.1);
      add("one service synced (--noflush)", said.partial!, peer(`iptables-legacy-restore -n ${partial}`), "ms", 0.5);
      figures.push(...packetFigures(file, count, kernel, why ?? ""));
    }
  } finally {
    kernel?.close();
    rmSync(folder, { recursive: true });
  }
  return figures;
}
