// What random cases found, made small by hand: a case's name says what Linux does. They run with the fixed cases.
import { linkLocalFrom } from "../../lib/netns/ipv6/state.ts";
import { type Ipv4, ipv4 } from "../../lib/wire/address.ts";
import { frameBytes } from "../../lib/wire/bytes.ts";
import { ZERO_MAC } from "../../lib/wire/mac.ts";
import type { Arp, Ipv4Packet } from "../../lib/wire/packet.ts";
import type { Case } from "./case.ts";
import { foundTcp } from "./found-tcp.ts";
import { command, ping, Star, Star6 } from "./star.ts";

const NUMBERS = [1, 2, 3, 4, 5, 6];

/** To 10.99.0.0/16 the router has two ways, which may have the same MAC behind them as well as not. */
const TWO_WAYS = "ip route add 10.99.0.0/16 nexthop via 10.2.0.2 nexthop via 10.3.0.2";

function wayTooNarrow(): Case {
  const star = new Star6();
  star.type("r", "ip -6 route add fd00:9::/64 via fd00:2::2 mtu 1280");
  const sent = { ...ping(20, "h1", "fd00:9::1"), size: 1300 };
  return star.case("IPv6: what is passed on is too big for its route, though not for the device", [sent]);
}

function redirectAfterAnError(): Case {
  const star = new Star6();
  const sent = [{ ...ping(20, "h1", "fd00:2::2"), ttl: 1 }, ping(760, "h1", "fd00:1::77")];
  star.type("h1", "ip -6 route add fd00:1::77 via fd00:1::1");
  return star.case("IPv6: an error to a host of a wide network leaves it enough for a redirect", sent);
}

function nobodyHears(): Case {
  const star = new Star6();
  const down = { kind: "command", at: 5, ns: "h2", command: "ip link set eth0 down" } as const;
  return star.case("IPv6: a solicitation that no queue takes is not counted", [down, ping(390, "r", "fd00:2::2")]);
}

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

function proxyGoes(): Case {
  const star = new Star6();
  star.type("r", "ip -6 neigh add proxy fd00:2::77 dev e2");
  return star.case("IPv6: a proxy ends when its device goes down, and its group is left", [
    command(5, "r", "ip link set e2 down"),
    command(800, "r", "ip link set e2 up"),
    command(3400, "r", "ip -6 neigh show proxy"),
  ]);
}

function nobodyIsAsked(): Case {
  return new Star6().case("IPv6: a device whose accept_dad is 0 asks for no duplicates, whatever others do", [
    command(5, "h1", "sysctl -qw net.ipv6.conf.eth0.accept_dad=0"),
    command(6, "h1", "ip link set eth0 down"),
    command(390, "h1", "ip link set eth0 up"),
    command(2600, "h1", "ip addr show dev eth0"),
  ]);
}

function toldInVain(): Case {
  return new Star6().case("IPv6: who may have no address for IPv6 is switched off tells of its groups all the same", [
    command(5, "r", "sysctl -qw net.ipv6.conf.e2.disable_ipv6=1"),
    command(390, "r", "ip addr add fd07:2::2/64 dev e2"),
    command(1900, "r", "ip -6 addr show dev e2"),
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

function tellsWhoCameRound(): Case {
  const star = new Star6();
  star.type("h2", "sysctl -qw net.ipv6.conf.all.forwarding=1");
  const h2 = star.lab.netns("h2");
  const address = linkLocalFrom(h2.ipv6.of(h2.devices.get("eth0")!))!;
  star.type("r", `ip -6 route add fd00:9::/64 via ${address} dev e2`);
  const sent = { ...ping(20, "h1", "fd00:9::1"), ttl: 6 };
  return star.case("IPv6: who sent what goes in circles is told of a nearer way, though on another link", [sent]);
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

function gatewayOfItsTable(): Case {
  const star = new Star6();
  star.type("h1", "ip -6 rule add to fd00:1::/64 prohibit priority 700");
  return star.case("IPv6: a gateway is looked for in its route's table before the rules are asked", [
    command(20, "h1", "ip -6 route add fd00:9::/64 via fd00:1::77"),
    command(390, "h1", "ip -6 route show"),
  ]);
}

function hiddenGateway(): Case {
  const star = new Star6();
  star.type("h1", "ip -6 route add fd00:9::1 via fd00:1::1; ip -6 route add fd00:1::/96 via fd00:1::1:0:5");
  return star.case("IPv6: a route by a gateway stays when another one hides that", [ping(20, "h1", "fd00:9::1")]);
}

function wayOfSix(): Case {
  const star = new Star6();
  star.type("r", "ip -6 route add fd00:9::/64 nexthop via fd00:1::2 nexthop via fd00:2::2 weight 3");
  const asked = [1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((i) =>
    ["", " from fd00:3::1"].map((from) => `fd00:9::${i}${from}`),
  );
  const sent = NUMBERS.map((i) => ping(20 + 370 * i, "h3", `fd00:9::${i}`));
  const questions = asked.map((words) => ({ ns: "r", to: "", command: `ip -6 route get ${words}` }));
  return { ...star.case("IPv6: a way of several is chosen by the kernel's hash", sent), questions };
}

export function foundCases(): Case[] {
  return [
    lostBehindAnError(),
    wayOfAnError(),
    wayOfAQuote(),
    wayOfAQuestion(),
    downAndDeaf(),
    sourceIsGone(),
    wayTooNarrow(),
    redirectAfterAnError(),
    nobodyHears(),
    proxyGoes(),
    nobodyIsAsked(),
    toldInVain(),
    errorAboutNobody(),
    tellsWhoCameRound(),
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
    gatewayOfItsTable(),
    hiddenGateway(),
    wayOfSix(),
    ...foundTcp(),
  ];
}
