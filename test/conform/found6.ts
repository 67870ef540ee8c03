// What random cases of IPv6 found, made small by hand: a case's name says what Linux does.
import { linkLocalFrom } from "../../lib/netns/ipv6/state.ts";
import type { Case } from "./case.ts";
import { command, NUMBERS, ping, Star6 } from "./star.ts";

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

function tellsWhoCameRound(): Case {
  const star = new Star6();
  star.type("h2", "sysctl -qw net.ipv6.conf.all.forwarding=1");
  const h2 = star.lab.netns("h2");
  const address = linkLocalFrom(h2.ipv6.of(h2.devices.get("eth0")!))!;
  star.type("r", `ip -6 route add fd00:9::/64 via ${address} dev e2`);
  const sent = { ...ping(20, "h1", "fd00:9::1"), ttl: 6 };
  return star.case("IPv6: who sent what goes in circles is told of a nearer way, though on another link", [sent]);
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

function answerByItsDevice(): Case {
  const star = new Star6();
  star.type("r", "ip -6 rule add oif e1 unreachable priority 300");
  const sent = { ...ping(20, "r", "ff02::1%e1"), from: "fd00:2::1" };
  return star.case("IPv6: an answer whose source is not chosen yet is sent by its device or not at all", [sent]);
}

function keptWay(): Case {
  const star = new Star6();
  star.type("h1", "ip -6 rule add from fd00:1::2 unreachable priority 300");
  const sends = { count: 3, interval: 200, size: 20, connected: true, broadcast: false } as const;
  return star.case("IPv6: a connected socket keeps the way it found before it had a source until a route changes", [
    { kind: "udp", at: 20, ns: "h1", to: "fd00:2::2", port: 7777, ...sends },
    command(320, "h1", "ip -6 route add fd00:2::/64 via fd00:1::1"),
  ]);
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

export function found6(): Case[] {
  return [
    wayTooNarrow(),
    redirectAfterAnError(),
    nobodyHears(),
    proxyGoes(),
    nobodyIsAsked(),
    toldInVain(),
    tellsWhoCameRound(),
    gatewayOfItsTable(),
    hiddenGateway(),
    answerByItsDevice(),
    keptWay(),
    wayOfSix(),
  ];
}
