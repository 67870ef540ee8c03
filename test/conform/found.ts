// What random cases found, made small by hand: a case's name says what Linux does. They run with the fixed cases.
import { type Ipv4, ipv4 } from "../../lib/wire/address.ts";
import { frameBytes } from "../../lib/wire/bytes.ts";
import { ZERO_MAC } from "../../lib/wire/mac.ts";
import type { Arp, Ipv4Packet } from "../../lib/wire/packet.ts";
import type { Case } from "./case.ts";
import { foundTcp } from "./found-tcp.ts";
import { found6 } from "./found6.ts";
import { command, NUMBERS, ping, Star } from "./star.ts";

/** To 10.99.0.0/16 the router has two ways, which may have the same MAC behind them as well as not. */
const TWO_WAYS = "ip route add 10.99.0.0/16 nexthop via 10.2.0.2 nexthop via 10.3.0.2";

function lostBehindAnError(): Case {
  const star = new Star();
  star.type("h1", "ip addr add 10.9.0.1/32 dev eth0");
  star.type("r", "ip route add default via 10.2.0.77");
  const sent = [20, 390, 760].map((at) => ping(at, "h1", "203.0.113.9", "10.9.0.1"));
  return star.case("who waits behind one whose error needs the same neighbour is lost without a word", sent);
}

function wayOfAnError(): Case {
  const star = new Star();
  star.type("r", TWO_WAYS);
  for (const i of NUMBERS) star.type("h1", `ip addr add 10.99.0.${i}/32 dev eth0`);
  const sent = NUMBERS.map((i) => ping(20 + 370 * i, "h1", "203.0.113.9", `10.99.0.${i}`));
  return star.case("an ICMP error is hashed as the packet that it is about", sent);
}

function wayOfAQuote(): Case {
  const star = new Star();
  star.type("r", TWO_WAYS);
  const packet = (src: Ipv4, dst: Ipv4, body: Ipv4Packet["body"]): Ipv4Packet => ({
    ...{ kind: "ipv4", src, dst, ttl: 9, id: 1, tos: 0, dontFragment: false, moreFragments: false, fragmentOffset: 0 },
    body,
  });
  const [host, far] = [ipv4("10.1.0.2"), ipv4("10.99.0.1")];
  const sent = NUMBERS.flatMap((i) =>
    [3, 4, 5, 8, 11, 12].map((type, n) => {
      const quoted = packet(far, ipv4(`192.0.2.${i}`), { kind: "unknown", protocol: 99, data: new Uint8Array(8) });
      const data = frameBytes({ src: ZERO_MAC, dst: ZERO_MAC, payload: quoted }).slice(14);
      return star.frame(20 + 370 * i + 30 * n, packet(host, far, { kind: "icmp", type, code: 0, rest: 0, data }));
    }),
  );
  return star.case("an ICMP error on its way is hashed as the packet that it quotes", sent);
}

function wayOfAQuestion(): Case {
  const star = new Star();
  star.type("r", "ip route add 10.99.0.0/16 nexthop via 10.1.0.2 nexthop via 10.3.0.2");
  star.type("r", "sysctl -w net.ipv4.conf.e1.proxy_arp=1; sysctl -w net.ipv4.neigh.e1.proxy_delay=0");
  const host = star.lab.netns("h1").devices.get("eth0")!;
  const sent = NUMBERS.map((i) => {
    const target = { targetMac: ZERO_MAC, targetIp: ipv4("10.99.0.1") };
    const question: Arp = {
      kind: "arp",
      op: "request",
      senderMac: host.mac,
      senderIp: ipv4(`10.1.0.${i + 10}`),
      ...target,
    };
    return star.frame(20 + 370 * i, question);
  });
  return star.case("a proxy hashes the octets of the question as if they were a packet's", sent);
}

function downAndDeaf(): Case {
  const star = new Star();
  star.type("h1", "ip link set eth0 down");
  const sends = { count: 1, interval: 100, size: 20, connected: false, from: "10.1.0.2", broadcast: true } as const;
  return star.case("a device that is down listens to no group", [
    { kind: "listen", ns: "h1", address: null, port: 7777, echo: false },
    { kind: "udp", at: 20, ns: "h1", to: "224.0.0.1", port: 7777, ...sends },
  ]);
}

function sourceIsGone(): Case {
  const sends = { count: 2, interval: 200, size: 20, connected: true, broadcast: false } as const;
  return new Star().case("a connected socket whose source is gone finds the network unreachable", [
    { kind: "udp", at: 20, ns: "h1", to: "10.2.0.2", port: 7777, ...sends },
    { kind: "command", at: 120, ns: "h1", command: "ip addr del 10.1.0.2/24 dev eth0" },
  ]);
}

function errorAboutNobody(): Case {
  const star = new Star();
  star.type("h1", "ip addr del 127.0.0.1/8 dev lo; ip link set lo down; ip route add 127.255.255.255 dev eth0");
  return star.case("an error about 127.0.0.0/8 where it is not local comes from one's own address", [
    ping(20, "h1", "127.255.255.255", "10.1.0.2"),
    command(3500, "h1", "ip neigh show 127.255.255.255"),
  ]);
}

/** h1 connects to h2, which sends so much; each hears all but one of the segments that are no SYN. */
function conversation(name: string, lost: { h1: number; h2: number }, writes: readonly number[], mtu = 1500): Case {
  const star = new Star();
  star.type("h2", `ip link set eth0 mtu ${mtu}`);
  const hears = (ns: "h1" | "h2") =>
    command(5, ns, `iptables -A INPUT -p tcp ! --syn -m statistic --mode nth --every 99 --packet ${lost[ns]} -j DROP`);
  const call = { kind: "tcp", ns: "h2" } as const;
  return star.case(name, [
    hears("h1"),
    hears("h2"),
    { ...call, at: 20, do: "listen", socket: "L", port: 80, address: null, backlog: 5, reuse: true },
    { ...call, at: 40, ns: "h1", do: "connect", socket: "c", port: 80, to: "10.2.0.2" },
    { ...call, at: 1300, do: "accept", socket: "s", listener: "L" },
    ...writes.map((bytes, i) => ({ ...call, at: 1400 + 100 * i, do: "send", socket: "s", bytes }) as const),
  ]);
}

function toOneselfInVain(): Case {
  const star = new Star();
  star.type("h1", "ip addr del 127.0.0.1/8 dev lo; ip link set lo down");
  const sends = { count: 2, interval: 200, size: 20, connected: true, broadcast: true } as const;
  return star.case("a socket connects to 0.0.0.0, which is 127.0.0.1, only while that is its own", [
    { kind: "udp", at: 20, ns: "h1", to: "0.0.0.0", port: 7777, ...sends },
  ]);
}

function fromNobody(): Case {
  const star = new Star();
  star.type("h1", "ip addr del 10.1.0.2/24 dev eth0; ip route add 10.1.0.0/24 dev eth0");
  return star.case("TCP: who has no address connects as 0.0.0.0", [
    { kind: "tcp", at: 20, ns: "h1", do: "connect", socket: "c", port: 80, to: "10.1.0.1" },
  ]);
}

function resetBehindAHole(): Case {
  const name = "TCP: a RST is believed behind what came too early";
  const talk = conversation(name, { h1: 98, h2: 98 }, [1449]);
  return {
    ...talk,
    traffic: [
      ...talk.traffic,
      command(6, "r", "iptables -A FORWARD -m length --length 1400:1500 -j DROP"),
      { kind: "tcp", at: 1550, ns: "h2", do: "abort", socket: "s" },
      { kind: "tcp", at: 1650, ns: "h1", do: "receive", socket: "c", bytes: 100 },
    ],
  };
}

function afterASilence(): Case {
  const name = "TCP: after a silence the window begins anew, and bursts are short again";
  const talk = conversation(name, { h1: 98, h2: 98 }, [5000], 576);
  const again = { kind: "tcp", at: 1750, ns: "h2", do: "send", socket: "s", bytes: 5000 } as const;
  return { ...talk, traffic: [...talk.traffic, again] };
}

function shutBridge(): Case {
  const star = new Star();
  star.type("r", "ip link add br0 type bridge mcast_snooping 0; ip link set e1 master br0; ip link set br0 up");
  star.type("r", "ip addr add 10.9.0.1/24 dev br0");
  star.type("h1", "ip addr add 10.9.0.2/24 dev eth0");
  return star.case("a bridge whose last port is shut by hand loses its carrier, and forgets whom it knew", [
    ping(20, "r", "10.9.0.2"),
    command(390, "r", "bridge link set dev e1 state 0"),
    command(760, "r", "ip neigh show dev br0"),
  ]);
}

function knownWhileDown(): Case {
  return new Star().case("a device that is down keeps the neighbours it was given when its other end goes down, too", [
    command(20, "h1", "ip link set eth0 down"),
    command(200, "h1", "ip neigh replace 10.1.0.77 lladdr 02:c0:ff:ee:00:88 dev eth0 nud reachable"),
    command(390, "r", "ip link set e1 down"),
    command(760, "h1", "ip neigh show"),
  ]);
}

function detourOfOneself(): Case {
  const star = new Star();
  star.type("r", "sysctl -qw net.ipv4.conf.e1.accept_local=1 net.ipv4.conf.e1.send_redirects=1");
  return star.case("who may send from a router's own address is told of nearer ways, too", [
    command(20, "r", "ip route get 10.1.0.77 from 10.1.0.1 iif e1"),
  ]);
}

export function foundCases(): Case[] {
  return [
    lostBehindAnError(),
    wayOfAnError(),
    wayOfAQuote(),
    wayOfAQuestion(),
    downAndDeaf(),
    sourceIsGone(),
    errorAboutNobody(),
    toOneselfInVain(),
    fromNobody(),
    conversation("TCP: a burst ends with PSH, and what is sent of it again does not", { h1: 3, h2: 98 }, [1, 3000]),
    conversation("TCP: who took long to connect sends two segments at a time", { h1: 98, h2: 0 }, [5000]),
    conversation("TCP: the window opens by what one would take, not by what comes", { h1: 98, h2: 98 }, [3000], 1400),
    resetBehindAHole(),
    afterASilence(),
    shutBridge(),
    knownWhileDown(),
    detourOfOneself(),
    ...found6(),
    ...foundTcp(),
  ];
}
