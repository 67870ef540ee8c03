// The dataplane against the real kernel's own tools: pods on a bridge built, and every pod pinging every other.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ipv4, Lab, PingSocket } from "packetwalk/lab";
import { type BenchFigure, median, milliseconds } from "./figure.ts";

const address = (i: number) => `10.244.${(i + 2) >> 8}.${(i + 2) & 255}`;

function podsOnBridge(count: number): Lab {
  const lab = new Lab();
  const node = lab.node("node-1");
  node.bridge("cni0", { address: "10.244.0.1/16" });
  for (let i = 0; i < count; i++)
    node.pod(`pod-${i}`, { bridge: "cni0", address: `${address(i)}/16`, gateway: "10.244.0.1" });
  return lab;
}

/** Every pod pings every other once, ARP included. Microseconds of CPU for a ping. */
function mesh(count: number): number {
  const lab = podsOnBridge(count);
  // One machine's table holds 1024 neighbours; a full mesh needs more, and its administrator says so.
  const { sysctls } = lab.netns("node-1");
  for (const i of [1, 2, 3]) sysctls.set(`net.ipv4.neigh.default.gc_thresh${i}`, `${2 * count * count}`);
  const sockets = Array.from({ length: count }, (_, i) => new PingSocket(lab.netns(`pod-${i}`)));
  const targets = sockets.map((_, i) => ipv4(address(i)));
  const data = new Uint8Array(56);
  let answered = 0;
  const start = process.cpuUsage();
  for (const [i, socket] of sockets.entries()) {
    for (const [j, target] of targets.entries()) {
      if (i === j) continue;
      socket.send(target, 1, data, { src: null }, -1);
      lab.run();
      while (socket.receive() !== null) answered++;
    }
  }
  const { user, system } = process.cpuUsage(start);
  if (answered !== count * (count - 1)) throw new Error(`${answered} answers`);
  return (user + system) / answered;
}

/** The same pods with the real kernel: namespaces one by one, the rest by `ip -batch`. Milliseconds, or why not. */
function realPods(count: number): { time: number; ping: number } | string {
  if (process.getuid?.() !== 0 || spawnSync("ip", ["netns"]).status !== 0) return "needs root and ip netns";
  const name = (i: number) => `bench-${process.pid}-${i}`;
  const namespaces = Array.from({ length: count + 1 }, (_, i) => name(i));
  const batch = ["link add cni0 type bridge", "link set cni0 up", "addr add 10.244.0.1/16 dev cni0"];
  for (let i = 0; i < count; i++) {
    batch.push(`link add veth${i} master cni0 type veth peer name eth0 netns ${name(i + 1)}`, `link set veth${i} up`);
  }
  const file = join(mkdtempSync(join(tmpdir(), "packetwalk-")), "batch");
  writeFileSync(file, `${batch.join("\n")}\n`);
  try {
    const time = milliseconds(() => {
      for (const each of namespaces) execFileSync("ip", ["netns", "add", each]);
      execFileSync("ip", ["-n", name(0), "-batch", file]);
      for (let i = 0; i < count; i++) {
        const pod = `${file}-${i}`;
        writeFileSync(pod, `addr add ${address(i)}/16 dev eth0\nlink set lo up\nlink set eth0 up\n`);
        execFileSync("ip", ["-n", name(i + 1), "-batch", pod]);
      }
    });
    const pings = 20;
    const ping = milliseconds(() => {
      for (let i = 1; i <= pings; i++)
        spawnSync("ip", ["netns", "exec", name(1), "ping", "-c", "1", "-W", "2", address(i)]);
    });
    return { time, ping: (ping * 1000) / pings };
  } finally {
    for (const each of namespaces) spawnSync("ip", ["netns", "del", each]);
  }
}

/** Figures T11 to T13: building, memory, full mesh. */
export function benchDataplane(): BenchFigure[] {
  const real = realPods(100);
  const peer = typeof real === "string" ? `the kernel: left out, ${real}` : "the kernel, ip -batch";
  const own = fileURLToPath(import.meta.url);
  const whole = () => milliseconds(() => execFileSync(process.execPath, [own, "--build", "500"]));
  const memory = Number(execFileSync(process.execPath, ["--expose-gc", own, "--memory", "2000"], { encoding: "utf8" }));
  return [
    {
      name: "100 pods on a bridge",
      ours: median(() => milliseconds(() => podsOnBridge(100))),
      theirs: typeof real === "string" ? null : real.time,
      unit: "ms",
      peer,
    },
    {
      name: "500 pods on a bridge, in process",
      ours: median(() => milliseconds(() => podsOnBridge(500))),
      theirs: null,
      unit: "ms",
      peer: "see the line above",
      target: 10,
    },
    {
      name: "500 pods on a bridge, whole process",
      ours: median(whole, 5, 1),
      theirs: median(() => milliseconds(() => execFileSync(process.execPath, ["-e", "0"])), 5, 1),
      unit: "ms",
      peer: "node -e 0",
      target: 200,
    },
    {
      name: "memory of a pod",
      ours: memory,
      theirs: 280,
      unit: "KB",
      peer: "Linux 6.18: a namespace and its veth pair, from slab and per-cpu counters",
      target: 3,
    },
    {
      name: "a ping in a full mesh of 100 pods",
      ours: median(() => mesh(100), 5, 2),
      theirs: typeof real === "string" ? null : real.ping,
      unit: "µs",
      peer: typeof real === "string" ? peer : "the kernel, ip netns exec ping",
      target: 10,
    },
  ];
}

function main([what, count = ""]: string[]): void {
  if (what === "--build") podsOnBridge(Number(count));
  else if (what === "--memory") {
    const collect = globalThis.gc!;
    podsOnBridge(10);
    collect();
    const before = process.memoryUsage().heapUsed;
    const lab = podsOnBridge(Number(count));
    collect();
    console.log((process.memoryUsage().heapUsed - before) / 1024 / Number(count));
    if (lab.now !== 0) throw new Error("kept alive until here");
  }
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url))
  main(process.argv.slice(2));
