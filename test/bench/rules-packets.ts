// What packets cost among many Services, alone in its process: node rules-packets.js FILE SERVICES says it as JSON, in
// nanoseconds of CPU (the least of several rounds).
import { readFileSync } from "node:fs";
import { Lab } from "../../lib/lab/lab.ts";
import { Scan } from "../../lib/netfilter/program.ts";
import type { Skb } from "../../lib/netfilter/skb.ts";
import { readSaved } from "../../lib/netfilter/text/saved.ts";
import { traverse } from "../../lib/netfilter/traverse.ts";
import { addAddress, addRoute } from "../../lib/netns/configure.ts";
import type { Netns } from "../../lib/netns/netns.ts";
import { UdpSocket } from "../../lib/netns/socket/udp.ts";
import { LEVEL } from "../../lib/trace/step.ts";
import { Ipv4, ipv4, Prefix4 } from "../../lib/wire/address.ts";

/** Of the first, the middle and the last Service. */
type Three = readonly [first: number, middle: number, last: number];

export interface PacketCosts {
  /** Rules tried for a new flow, in all chains. */
  readonly tried: Three;
  /** A rule of the walk from the first to the last, one after the other. */
  readonly scanRule: number;
  /** A new flow through table nat by the index; for all 20000 rules by the columns alone. */
  readonly index: Three;
  readonly scan: Three;
  /** A whole packet of a program: of a new flow that filter drops, of a new flow that leaves, of a flow that is known. */
  readonly drop: Three;
  readonly newFlow: Three;
  readonly established: Three;
  /** The first packet of all, which finds nothing made ready. */
  readonly cold: number;
  /** One packet to the last Service with everything recorded, the first and the later ones; and to read it. */
  readonly traceFirst: number;
  readonly trace: number;
  readonly read: number;
}

const DATA = new Uint8Array(18);

function cpu(work: () => void): number {
  const began = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(began);
  return 1000 * (user + system);
}

/** Of one of `count` calls, the least of a few rounds. */
function least(count: number, work: (i: number) => void, rounds = 7): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++)
    best = Math.min(
      best,
      cpu(() => {
        for (let i = 0; i < count; i++) work(i);
      }) / count,
    );
  return best;
}

/** A node with the rules, and a cable to one who takes everything. */
function nodeWith(text: string): { lab: Lab; ns: Netns } {
  const lab = new Lab();
  lab.node("node-1");
  lab.node("outside");
  const [east, west] = lab.cable("node-1", "east", "outside", "west");
  const ns = lab.netns("node-1");
  addAddress(ns, east, ipv4("192.0.2.1"), 30);
  addAddress(lab.netns("outside"), west, ipv4("192.0.2.2"), 30);
  for (const [network, length] of [["10.96.0.0", 12] as const, ["10.244.0.0", 14] as const])
    addRoute(ns, 254, {
      ...{ type: "unicast", src: null, metric: 0, protocol: "boot", scope: "global" },
      ...{ prefix: new Prefix4(ipv4(network), length), via: ipv4("192.0.2.2"), dev: ns.devices.get("east")! },
    });
  readSaved(text, { table: (name) => ns.xtables.get(name) });
  return { lab, ns };
}

export function measure(text: string, services: number): PacketCosts {
  const { lab, ns } = nodeWith(text);
  const nat = ns.xtables.get("nat");
  const places = [0, services >> 1, services - 1] as const;
  const three = (work: (i: number) => number) => places.map(work) as unknown as Three;
  const to = (i: number) => ({ address: Ipv4.of(0x0a600001 + i), port: 80 + (i % 7) });
  const send = (socket: UdpSocket, i: number) => {
    socket.send(DATA, to(i));
    lab.run();
  };
  let port = 1024;
  const newFlow = (i: number) => {
    const socket = new UdpSocket(ns, "client");
    socket.bind(null, ++port);
    send(socket, i);
    socket.close();
  };
  const cold = cpu(() => newFlow(services - 1));
  const skb = (i: number): Skb => ({
    packet: {
      kind: "ipv4",
      src: ipv4("192.0.2.1"),
      dst: to(i).address,
      ...{ ttl: 64, id: 0, tos: 0, dontFragment: true, moreFragments: false, fragmentOffset: 0 },
      body: { kind: "udp", srcPort: 1025, dstPort: to(i).port, data: DATA },
    },
    mark: 0,
    hook: "OUTPUT",
    in: null,
    out: ns.devices.get("east")!,
    physIn: null,
    physOut: null,
    frame: null,
    kind: "unicast",
    ct: null,
    net: ns.xtables,
  });
  const walk = (count: number) =>
    three((i) => {
      const view = skb(i);
      return least(count, () => traverse(nat, view, null));
    });
  const index = walk(20_000);
  const tried = three((i) => traverse(nat, skb(i), null).tried);
  const list = nat.chains.get("KUBE-SERVICES")!;
  const { program } = list;
  const columns = new Scan(list.rules);
  const alone = (i: number) => {
    const view = skb(i);
    return least(500, () => columns.next(view, 0, null));
  };
  const scanRule = (alone(services - 1) - alone(0)) / (services - 1);
  Object.defineProperty(list, "program", { value: columns, configurable: true });
  const scan = walk(500);
  Object.defineProperty(list, "program", { value: program });
  const flows = three((i) => least(1500, () => newFlow(i)));
  const established = three((i) => {
    const socket = new UdpSocket(ns, "client");
    return least(20_000, () => send(socket, i));
  });
  readSaved("*filter\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -o east -j DROP\nCOMMIT\n", {
    table: () => ns.xtables.get("filter"),
  });
  const drop = three((i) => {
    const socket = new UdpSocket(ns, "client");
    return least(5000, () => send(socket, i));
  });
  lab.recorder.level = LEVEL.full;
  const traceFirst = cpu(() => newFlow(services - 1));
  lab.recorder.forget();
  const trace = least(1, () => newFlow(services - 1), 20);
  lab.recorder.forget();
  newFlow(services - 1);
  const read = cpu(() => JSON.stringify(lab.recorder.steps));
  return { tried, scanRule, index, scan, drop, newFlow: flows, established, cold, traceFirst, trace, read };
}

const [file, services] = process.argv.slice(2);
if (file !== undefined) process.stdout.write(JSON.stringify(measure(readFileSync(file, "latin1"), Number(services))));
