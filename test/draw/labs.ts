// Labs and walks written by hand, as the simulator gives them, for the tests of the pictures.
import type { DeviceData, LabData, NetnsData, NodeData } from "../../lib/lab/data.ts";
import type { Step, What } from "../../lib/trace/step.ts";
import { ipv4 } from "../../lib/wire/address.ts";
import { BROADCAST_MAC, mac, ZERO_MAC } from "../../lib/wire/mac.ts";
import type { Frame, Icmp, Ipv4Packet, Tcp } from "../../lib/wire/packet.ts";

export function device(name: string, options: Partial<DeviceData> = {}): DeviceData {
  return {
    index: 2,
    name,
    kind: "veth",
    mac: "02:00:00:00:00:01",
    mtu: 1500,
    up: true,
    state: "UP",
    addresses: [],
    ...options,
  };
}

export function addressed(name: string, address: string, options: Partial<DeviceData> = {}): DeviceData {
  return device(name, { addresses: [{ address, scope: "global" }], ...options });
}

export const LOOPBACK: DeviceData = {
  index: 1,
  name: "lo",
  kind: "loopback",
  mac: "00:00:00:00:00:00",
  mtu: 65536,
  up: true,
  state: "UNKNOWN",
  addresses: [{ address: "127.0.0.1/8", scope: "host" }],
};

export function netns(name: string, devices: readonly DeviceData[], options: Partial<NetnsData> = {}): NetnsData {
  return {
    name,
    inode: 4026531840,
    containers: [],
    sysctls: {},
    devices: [LOOPBACK, ...devices],
    routes: [],
    neighbours: [],
    ...options,
  };
}

export function lab(...nodes: NodeData[]): LabData {
  return { packetwalk: 1, seed: "test", nodes };
}

export function macOf(octet: number): string {
  return `02:00:0a:f4:${((octet >> 8) & 255).toString(16).padStart(2, "0")}:${(octet & 255).toString(16).padStart(2, "0")}`;
}

/** A node with pods on a bridge; pod i has address 10.244.subnet.(i + 2). */
export function bridgeNode(
  name: string,
  pods: readonly string[],
  subnet = 1,
  nic?: DeviceData,
  containers: readonly string[] = ["app"],
): NodeData {
  const ports = pods.map((pod, i) =>
    device(`veth${subnet}${i}`, {
      index: 10 + i,
      mac: macOf(subnet * 1000 + 500 + i),
      master: "cni0",
      peer: { netns: pod, device: "eth0" },
    }),
  );
  const bridge = addressed("cni0", `10.244.${subnet}.1/24`, { kind: "bridge", mac: macOf(subnet * 1000) });
  const own = netns(name, [...(nic ? [nic] : []), bridge, ...ports], { sysctls: { "net.ipv4.ip_forward": "1" } });
  const spaces = pods.map((pod, i) =>
    netns(
      pod,
      [
        addressed("eth0", `10.244.${subnet + ((i + 2) >> 8)}.${(i + 2) & 255}/24`, {
          mac: macOf(subnet * 1000 + i + 2),
          peer: { netns: name, device: `veth${subnet}${i}` },
        }),
      ],
      { containers },
    ),
  );
  return { name, namespaces: [own, ...spaces] };
}

export function twoNodes(): LabData {
  const nic = (own: string, other: string, last: number): DeviceData =>
    addressed("eth0", `192.168.0.${last}/24`, {
      mac: macOf(last),
      peer: { netns: other, device: "eth0" },
      index: last,
      name: own,
    });
  return lab(
    bridgeNode("node-1", ["web", "db"], 1, nic("eth0", "node-2", 11)),
    bridgeNode("node-2", ["api", "cache"], 2, nic("eth0", "node-1", 12)),
  );
}

/** client - router - server, each a machine of its own. */
export function routed(): LabData {
  const end = (name: string, address: string, octet: number, to: string): NodeData => ({
    name,
    namespaces: [
      netns(name, [addressed("eth0", address, { mac: macOf(octet), peer: { netns: "router", device: to } })]),
    ],
  });
  return lab(
    end("client", "10.0.1.2/24", 2, "eth0"),
    {
      name: "router",
      namespaces: [
        netns(
          "router",
          [
            addressed("eth0", "10.0.1.1/24", { mac: macOf(3), peer: { netns: "client", device: "eth0" } }),
            addressed("eth1", "10.0.2.1/24", { mac: macOf(4), peer: { netns: "server", device: "eth0" } }),
          ],
          { sysctls: { "net.ipv4.ip_forward": "1" } },
        ),
      ],
    },
    end("server", "10.0.2.2/24", 5, "eth1"),
  );
}

/** The same three as namespaces of one machine, as `ip netns add` makes them. */
export function routedInOneNode(): LabData {
  const data = routed();
  return lab({ name: "host", namespaces: [netns("host", []), ...data.nodes.flatMap((node) => node.namespaces)] });
}

export function arp(
  op: "request" | "reply",
  sender: readonly [string, string],
  target: readonly [string, string],
): Frame {
  const senderMac = mac(sender[1]);
  return {
    dst: op === "request" ? BROADCAST_MAC : mac(target[1]),
    src: senderMac,
    payload: {
      kind: "arp",
      op,
      senderMac,
      senderIp: ipv4(sender[0]),
      targetMac: op === "request" ? ZERO_MAC : mac(target[1]),
      targetIp: ipv4(target[0]),
    },
  };
}

export function ip(src: string, dst: string, body: Ipv4Packet["body"], ttl = 64, id = 1): Ipv4Packet {
  return {
    kind: "ipv4",
    src: ipv4(src),
    dst: ipv4(dst),
    ttl,
    id,
    tos: 0,
    dontFragment: true,
    moreFragments: false,
    fragmentOffset: 0,
    body,
  };
}

export function echo(reply: boolean, seq = 1): Icmp {
  return { kind: "icmp", type: reply ? 0 : 8, code: 0, rest: 7 * 65536 + seq, data: new Uint8Array(56) };
}

export function tcp(srcPort: number, dstPort: number, flags: number, seq: number, ack: number, length = 0): Tcp {
  return { kind: "tcp", srcPort, dstPort, seq, ack, flags, window: 64240, options: {}, data: new Uint8Array(length) };
}

export function framed(src: string, dst: string, payload: Ipv4Packet): Frame {
  return { src: mac(src), dst: mac(dst), payload };
}

/** Writes steps as the recorder does; `at` says which step the next one follows from. */
export class Script {
  readonly steps: Step[] = [];
  time = 0;

  add(
    what: What,
    node: string,
    space: string,
    dev: string | undefined,
    packet: Step["packet"],
    because: string,
    more: Partial<Step> = {},
  ): number {
    const id = this.steps.length;
    this.time += 5000;
    this.steps.push({
      id,
      cause: id === 0 ? null : id - 1,
      time: this.time,
      where: { node, netns: space, ...(dev === undefined ? {} : { device: dev }) },
      what,
      ...(packet === undefined ? {} : { packet }),
      because,
      ...more,
    });
    return id;
  }

  /** Through a cable. */
  cross(
    from: readonly [string, string, string],
    to: readonly [string, string, string],
    frame: Frame,
    cause = this.steps.length - 1,
  ): number {
    const sent = this.add("send", ...from, frame, `the cable leads to ${to[1]} ${to[2]}`, {
      cause: cause < 0 ? null : cause,
    });
    return this.add("receive", ...to, frame, `${frame.dst} is for ${to[2]}`, { cause: sent });
  }
}

/** The first ping between two pods on one bridge, with ARP before it; every other pod hears the question. */
export function pingOverBridge(pods: readonly string[], subnet = 1, node = "node-1"): Step[] {
  const script = new Script();
  const [a = "web", b = "db", ...others] = pods;
  const addressOf = (i: number): string => `10.244.${subnet + ((i + 2) >> 8)}.${(i + 2) & 255}`;
  const macs = (i: number): string => macOf(subnet * 1000 + i + 2);
  const at = (pod: string): [string, string, string] => [node, pod, "eth0"];
  const port = (i: number): [string, string, string] => [node, node, `veth${subnet}${i}`];
  const over = (from: number, to: number, frame: Frame): void => {
    script.cross(at(pods[from] as string), port(from), frame);
    script.add("fdb", node, node, "cni0", frame, `${frame.dst} was learned on veth${subnet}${to}`);
    script.cross(port(to), at(pods[to] as string), frame);
  };
  const question = arp("request", [addressOf(0), macs(0)], [addressOf(1), ""]);
  script.add(
    "route",
    node,
    a,
    "eth0",
    undefined,
    `10.244.${subnet}.0/24 is the longest prefix that matches: on the link of eth0`,
  );
  script.add("arp", node, a, "eth0", question, `the MAC of ${addressOf(1)} is not known: ask everybody on the link`);
  script.cross(at(a), port(0), question);
  script.add("learn", node, node, "cni0", question, `${macs(0)} lives behind veth${subnet}0`);
  const flood = script.add("fdb", node, node, "cni0", question, "a broadcast leaves by every other port");
  others.forEach((other, i) => {
    script.cross(port(i + 2), at(other), question, flood);
    script.add("drop", node, other, "eth0", question, `who has ${addressOf(1)}? Not this namespace: no answer`);
  });
  script.cross(port(1), at(b), question, flood);
  const answer = arp("reply", [addressOf(1), macs(1)], [addressOf(0), macs(0)]);
  script.add("arp", node, b, "eth0", question, `${addressOf(1)} is an address of this namespace: answer`);
  over(1, 0, answer);
  script.add(
    "neighbour",
    node,
    a,
    "eth0",
    undefined,
    `${addressOf(1)}: INCOMPLETE becomes REACHABLE, because an ARP reply came`,
  );
  const request = ip(addressOf(0), addressOf(1), echo(false));
  over(0, 1, framed(macs(0), macs(1), request));
  script.add("deliver", node, b, undefined, request, "the kernel answers an echo request");
  const reply = ip(addressOf(1), addressOf(0), echo(true));
  over(1, 0, framed(macs(1), macs(0), reply));
  script.add("deliver", node, a, undefined, reply, "the socket of ping takes it");
  return script.steps;
}

/** Through the router and back; with `lost` the router has no route back and says so. */
export function pingThroughRouter(lost = false, node?: string): Step[] {
  const script = new Script();
  const n = (name: string): string => node ?? name;
  const client = [n("client"), "client", "eth0"] as const;
  const near = [n("router"), "router", "eth0"] as const;
  const far = [n("router"), "router", "eth1"] as const;
  const server = [n("server"), "server", "eth0"] as const;
  const request = ip("10.0.1.2", "10.0.2.2", echo(false));
  script.add(
    "route",
    n("client"),
    "client",
    undefined,
    request,
    "only the default route matches: by the gateway 10.0.1.1 on eth0",
    {
      evidence: { kind: "route", text: "default via 10.0.1.1 dev eth0", command: "ip route show table main" },
      tried: [
        {
          text: "10.0.1.0/24 dev eth0 proto kernel scope link src 10.0.1.2",
          field: "destination",
          wanted: "10.0.1.0/24",
          had: "10.0.2.2",
        },
      ],
    },
  );
  script.cross(client, near, framed(macOf(2), macOf(3), request));
  if (lost) {
    script.add("drop", n("router"), "router", "eth0", request, "no route to 10.0.2.2 in any table");
    const error = ip("10.0.1.1", "10.0.1.2", { kind: "icmp", type: 3, code: 0, rest: 0, data: new Uint8Array(28) });
    script.add("icmp error", n("router"), "router", undefined, error, "tells 10.0.1.2: net unreachable");
    script.cross(near, client, framed(macOf(3), macOf(2), error));
    script.add("deliver", n("client"), "client", undefined, error, "the socket of ping takes it");
    return script.steps;
  }
  const on = { ...request, ttl: 63 };
  script.add(
    "route",
    n("router"),
    "router",
    "eth0",
    request,
    "10.0.2.0/24 is the longest prefix that matches: on the link of eth1",
    {
      evidence: {
        kind: "route",
        text: "10.0.2.0/24 dev eth1 proto kernel scope link src 10.0.2.1",
        command: "ip route show table main",
      },
      tried: [
        { text: "default via 10.0.1.254 dev eth0", field: "prefix length", wanted: "/24", had: "/0" },
        {
          text: "10.0.1.0/24 dev eth0 proto kernel scope link src 10.0.1.1",
          field: "destination",
          wanted: "10.0.1.0/24",
          had: "10.0.2.2",
        },
        { text: "10.0.0.0/16 via 10.0.1.9 dev eth0", field: "prefix length", wanted: "/24", had: "/16" },
      ],
    },
  );
  script.add("forward", n("router"), "router", "eth0", on, "from eth0 to eth1: TTL 64 becomes 63");
  script.cross(far, server, framed(macOf(4), macOf(5), on));
  script.add("deliver", n("server"), "server", undefined, on, "the kernel answers an echo request");
  const reply = ip("10.0.2.2", "10.0.1.2", echo(true));
  script.cross(server, far, framed(macOf(5), macOf(4), reply));
  const back = { ...reply, ttl: 63 };
  script.add("forward", n("router"), "router", "eth1", back, "from eth1 to eth0: TTL 64 becomes 63");
  script.cross(near, client, framed(macOf(3), macOf(2), back));
  script.add("deliver", n("client"), "client", undefined, back, "the socket of ping takes it");
  return script.steps;
}

/** A TCP connection over loopback between two containers of one pod. */
export function overLoopback(pod = "web", node = "node-1"): Step[] {
  const script = new Script();
  const lo = [node, pod, "lo"] as const;
  const zero = "00:00:00:00:00:00";
  const go = (from: number, to: number, flags: number, seq: number, ack: number, length = 0): void => {
    const packet = ip("127.0.0.1", "127.0.0.1", tcp(from, to, flags, seq, ack, length));
    script.cross(lo, lo, framed(zero, zero, packet));
    script.add("deliver", node, pod, undefined, packet, "a socket takes it");
  };
  go(40000, 8080, 2, 1, 0);
  go(8080, 40000, 18, 9, 2);
  go(40000, 8080, 16, 2, 10);
  go(40000, 8080, 24, 2, 10, 120);
  return script.steps;
}
