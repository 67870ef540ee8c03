// UDP echoes through a chain of routers, and between the hosts of a bridge: what a hop costs, traced and not.
// A hop is one frame that arrives at the next machine: 2 (n - 1) for an echo through a chain of n, 4 across a bridge.
import { addAddress, addRoute, type Ipv4, ipv4, Lab, LEVEL, type Level, Prefix4, UdpSocket } from "packetwalk/lab";

const PORT = 7;
/** As many octets as the peers send. */
const PAYLOAD = new Uint8Array(64);
/** Traced steps are given away after so many hops, as a reader would. */
const READ_EVERY = 2000;

/** Two sockets that send each other a datagram and back. */
interface Pair {
  readonly client: UdpSocket;
  readonly server: UdpSocket;
  readonly address: Ipv4;
}

export interface Traffic {
  readonly lab: Lab;
  readonly pairs: readonly Pair[];
  readonly hopsPerEcho: number;
}

const link = (i: number) => ({ left: ipv4(`10.9.${i}.1`), right: ipv4(`10.9.${i}.2`) });

/** Two hosts and `nodes` - 2 routers between them in a row, joined by cables; static routes, ARP as it comes. */
export function chain(nodes: number): Traffic {
  const lab = new Lab();
  const last = nodes - 2;
  const machines = Array.from({ length: nodes }, (_, i) => lab.node(`r${i}`).forward().root);
  for (let i = 0; i <= last; i++) {
    const [left, right] = lab.cable(`r${i}`, "east", `r${i + 1}`, "west");
    addAddress(machines[i]!, left, link(i).left, 30);
    addAddress(machines[i + 1]!, right, link(i).right, 30);
  }
  const to = (i: number, network: Ipv4, device: string, via: Ipv4) =>
    addRoute(machines[i]!, 254, {
      ...{ type: "unicast", src: null, metric: 0, protocol: "boot", scope: "global" },
      ...{ prefix: new Prefix4(network, 30), via, dev: machines[i]!.devices.get(device)! },
    });
  for (let i = 0; i < last; i++) to(i, link(last).left, "east", link(i).right);
  for (let i = 2; i < nodes; i++) to(i, link(0).left, "west", link(i - 1).left);
  const pair = udpPair(lab, "r0", `r${nodes - 1}`, link(last).right);
  return { lab, pairs: [pair], hopsPerEcho: 2 * (nodes - 1) };
}

/** Hosts on one learning bridge; each sends to the one half the circle away. */
export function star(hosts: number): Traffic {
  const lab = new Lab();
  const node = lab.node("node-1");
  node.bridge("br0");
  const address = (i: number) => `10.1.${i >> 8}.${(i & 255) + 1}`;
  for (let i = 0; i < hosts; i++) node.pod(`h${i}`, { bridge: "br0", address: `${address(i)}/16` });
  const partner = (i: number) => (i + (hosts >> 1)) % hosts;
  const pairs = Array.from({ length: hosts }, (_, i) =>
    udpPair(lab, `h${i}`, `h${partner(i)}`, ipv4(address(partner(i)))),
  );
  return { lab, pairs, hopsPerEcho: 4 };
}

function udpPair(lab: Lab, from: string, to: string, address: Ipv4): Pair {
  const server = new UdpSocket(lab.netns(to), "echo");
  server.bind(null, PORT);
  return { client: new UdpSocket(lab.netns(from), "client"), server, address };
}

/** Sends `count` echoes, one after the other, every host in its turn. Throws when one does not come back. */
export function echo({ lab, pairs, hopsPerEcho }: Traffic, count: number): void {
  const traced = lab.recorder.level !== LEVEL.off;
  const readEvery = Math.ceil(READ_EVERY / hopsPerEcho);
  for (let i = 0; i < count; i++) {
    const { client, server, address } = pairs[i % pairs.length]!;
    client.send(PAYLOAD, { address, port: PORT });
    lab.run();
    const { data, from } = server.receive()!;
    server.send(data, from);
    lab.run();
    if (client.receive() === null) throw new Error(`echo ${i} was lost`);
    if (traced && i % readEvery === readEvery - 1) lab.recorder.forget();
  }
}

/** Microseconds of CPU for a hop, all threads of the process counted. */
export function hopCost(traffic: Traffic, echoes: number, level: Level = LEVEL.off): number {
  traffic.lab.recorder.level = level;
  const start = process.cpuUsage();
  echo(traffic, echoes);
  const { user, system } = process.cpuUsage(start);
  traffic.lab.recorder.level = LEVEL.off;
  traffic.lab.recorder.forget();
  return (user + system) / (echoes * traffic.hopsPerEcho);
}
