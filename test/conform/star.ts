// Small labs for cases that are made by hand: a router with three hosts, and the simplest traffic.
import { labData } from "../../lib/lab/data-write.ts";
import { Lab } from "../../lib/lab/lab.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { SECOND } from "../../lib/trace/world.ts";
import { frameBytes } from "../../lib/wire/bytes.ts";
import { BROADCAST_MAC } from "../../lib/wire/mac.ts";
import type { Frame } from "../../lib/wire/packet.ts";
import type { Case, PingTraffic, Traffic } from "./case.ts";

/** A router with three hosts, each on a cable of its own: h1 is 10.1.0.2, its end of the router e1, and so on. */
export class Star {
  readonly lab: Lab;

  constructor(how: ConstructorParameters<typeof Lab>[0] = { seed: "star" }) {
    this.lab = new Lab(how);
    this.lab.node("r").forward();
    for (const i of [1, 2, 3]) {
      const host = this.lab.node(`h${i}`);
      this.lab.addVeth({ ns: this.lab.netns("r"), name: `e${i}` }, { ns: host.root, name: "eth0" });
      this.type("r", `ip addr add 10.${i}.0.1/24 dev e${i}; ip link set e${i} up`);
      this.type(host.name, `ip addr add 10.${i}.0.2/24 dev eth0; ip link set eth0 up`);
      this.type(host.name, `ip route add default via 10.${i}.0.1`);
    }
  }

  type(ns: string, commands: string): void {
    const { status, text } = runShell(this.lab, place(this.lab, ns), commands);
    if (status !== 0) throw new Error(`${commands}: ${text}`);
  }

  case(name: string, traffic: readonly Traffic[]): Case {
    return { name, lab: labData(this.lab), traffic, questions: [] };
  }

  /** A frame of h1's making to the router, or to all. */
  frame(at: number, payload: Frame["payload"]): Traffic {
    const src = this.lab.netns("h1").devices.get("eth0")!.mac;
    const dst = payload.kind === "arp" ? BROADCAST_MAC : this.lab.netns("r").devices.get("e1")!.mac;
    const bytes = Buffer.from(frameBytes({ src, dst, payload })).toString("hex");
    return { kind: "frame", at, ns: "h1", dev: "eth0", bytes };
  }
}

/** The same in IPv6, where nobody asks for routers: h1 is fd00:1::2, its end of the router e1. */
export class Star6 extends Star {
  constructor() {
    super({ seed: "star of six", ipv6: true });
    this.type("r", "sysctl -qw net.ipv6.conf.all.forwarding=1");
    for (const i of [1, 2, 3]) {
      this.type("r", `sysctl -qw net.ipv6.conf.e${i}.router_solicitations=0`);
      this.type(`h${i}`, "sysctl -qw net.ipv6.conf.eth0.router_solicitations=0");
      this.type("r", `ip addr add fd00:${i}::1/64 dev e${i} nodad`);
      this.type(`h${i}`, `ip addr add fd00:${i}::2/64 dev eth0 nodad; ip -6 route add default via fd00:${i}::1`);
    }
    this.lab.runFor(4 * SECOND);
  }
}

/** Of hosts, addresses or moments, where one alone might be chance. */
export const NUMBERS = [1, 2, 3, 4, 5, 6];

export function ping(at: number, ns: string, to: string, from?: string): PingTraffic {
  const how = { count: 1, interval: 100, size: 56, discovery: "dont", broadcast: false } as const;
  return { kind: "ping", at, ns, to, ...how, ...(from !== undefined && { from }) };
}

export function command(at: number, ns: string, text: string): Traffic {
  return { kind: "command", at, ns, command: text };
}
