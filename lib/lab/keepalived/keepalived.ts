// keepalived on one machine: it checks real servers and tells IPVS, and shares virtual addresses with others by VRRP. All
// of it is user space's work: sockets, addresses, what ipvsadm does.
// Before you edit: keepalived 2.2.7's check_daemon.c, vrrp_daemon.c, vrrp_if.c (netlink_if_link_filter).
import type { Netns } from "../../netns/netns.ts";
import { EPOCH, type Lab } from "../lab.ts";
import type { Process, Program } from "../process.ts";
import { Checker, type Host } from "./checker.ts";
import { readConfig } from "./config.ts";
import { Pool } from "./pool.ts";
import { VrrpInstance, type VrrpState } from "./vrrp.ts";

/** A line of its log, and when it was written: nanoseconds since the lab began. */
export interface Logged {
  readonly time: number;
  readonly text: string;
}

/** A running keepalived, with its log and the state of its virtual routers. */
export class Keepalived {
  readonly lines: Logged[] = [];
  private readonly ns: Netns;
  private readonly pools: readonly Pool[];
  private readonly instances: readonly VrrpInstance[];
  private readonly processes: readonly Process[];

  /** Starts it with a keepalived.conf; `run` is for scripts that check. Throws BadInput, with the line, for what is wrong there or not modelled. */
  constructor(lab: Lab, ns: Netns, conf: string, run: Host["run"]) {
    this.ns = ns;
    const config = readConfig(conf);
    const log = (text: string) => void this.lines.push({ time: lab.now, text });
    this.instances = config.vrrp.map((each) => new VrrpInstance(ns, each, log));
    this.pools = config.virtual.map((each) => new Pool(ns, each, log));
    const checkers = this.pools.flatMap((pool) =>
      pool.servers.flatMap((server) =>
        server.config.checks.map((check) => new Checker({ ns, log, run }, pool, server, check)),
      ),
    );
    const says = { ns, out: log, err: log };
    for (const pool of this.pools) pool.begin();
    const programs = [
      ...(this.instances.length > 0 ? [watchLinks(ns, this.instances, log)] : []),
      ...[...this.instances, ...checkers].map((each) => each.program()),
    ];
    this.processes = programs.map((program) => lab.start("keepalived", says, program));
  }

  /** Its log, as `keepalived -l -D` prints it. */
  get log(): string {
    return this.lines.map(({ time, text }) => `${dateOf(time)}: ${text}\n`).join("");
  }

  /** What each VRRP instance is, by its name. */
  get state(): Readonly<Record<string, VrrpState>> {
    return Object.fromEntries(this.instances.map(({ config, state }) => [config.name, state]));
  }

  /** SIGTERM: it gives up its virtual addresses, says so, and takes its virtual servers away. */
  stop(): void {
    this.lines.push({ time: this.ns.cables.now, text: "Stopping" });
    for (const instance of this.instances) instance.leave();
    for (const pool of this.pools) pool.end();
    this.kill();
  }

  /** SIGKILL: all stays as it is, and nobody is told. */
  kill(): void {
    for (const process of this.processes) process.kill(137);
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.log;
  }
}

/** Carriers that come and go, as the kernel tells by netlink. */
function* watchLinks(ns: Netns, instances: readonly VrrpInstance[], log: (text: string) => void): Program {
  const devices = [...new Set(instances.map(({ device }) => device))];
  const running = new Map(devices.map((device) => [device, device.running]));
  for (;;) {
    for (const device of devices) {
      if (running.get(device) === device.running) continue;
      running.set(device, device.running);
      log(`Netlink reports ${device.name} ${device.running ? "up" : "down"}`);
      for (const instance of instances) if (instance.device === device) instance.linkChanged(device.running);
    }
    yield { on: [ns.kernel.links], background: true };
  }
}

/** `Wed Jan  1 00:00:03 2025`. */
function dateOf(time: number): string {
  const date = new Date(Number(EPOCH / 1_000_000n) + time / 1e6);
  const [, day, number, month, year, clock] = /^(\w+), (\d+) (\w+) (\d+) ([\d:]+)/.exec(date.toUTCString())!;
  return `${day} ${month} ${String(Number(number)).padStart(2)} ${clock} ${year}`;
}
