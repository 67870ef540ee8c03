// Numbers that students find by thinking, set against what packets and IPVS do.
import { Clients, type Opened } from "../../lab/clients.ts";
import { Lab } from "../../lab/lab.ts";
import { httpServer } from "../../lab/programs.ts";
import { SECOND } from "../../trace/world.ts";
import { Ipv4, ip } from "../../wire/address.ts";
import type { Task } from "../assignment.ts";
import { tried } from "../loss.ts";
import type { LvsValues } from "../lvs.ts";
import { numbered } from "./answers.ts";

const VIP = "192.0.2.10";

/** A client, a director and a server in a row, on links of this MTU; the director sends connections through a tunnel. */
function tunnelled(mtu: number, encapsulation: "" | "--tun-type gue --tun-port 6080", mss: number | null): Lab {
  const lab = new Lab({ seed: "sizes" });
  for (const name of ["client", "director", "server"]) lab.node(name).forward();
  lab.cable("client", "eth0", "director", "eth0");
  lab.cable("director", "eth1", "server", "eth0");
  for (const [where, text] of [
    ["client", `ip link set eth0 mtu ${mtu}; ip addr add 10.0.0.1/24 dev eth0; ip route add default via 10.0.0.2`],
    ["director", `ip link set eth0 mtu ${mtu}; ip link set eth1 mtu ${mtu}; ip addr add 10.0.0.2/24 dev eth0`],
    ["director", `ip addr add 10.0.1.2/24 dev eth1; ip addr add ${VIP}/32 dev lo`],
    ["director", `ipvsadm -A -t ${VIP}:80 -s rr; ipvsadm -a -t ${VIP}:80 -r 10.0.1.1:80 -i ${encapsulation}`],
    ["server", `ip link set eth0 mtu ${mtu}; ip addr add 10.0.1.1/24 dev eth0; ip route add default via 10.0.1.2`],
    ["server", `modprobe ipip; modprobe fou; ip fou add port 6080 gue; ip link set tunl0 up`],
    ["server", `ip addr add ${VIP}/32 dev tunl0`],
    ["director", "sysctl -q -w net.ipv4.conf.all.accept_local=1"],
  ] as const)
    tried(lab, where, text);
  if (mss !== null)
    tried(lab, "server", `iptables -t mangle -A OUTPUT -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss ${mss}`);
  const ns = lab.netns("server");
  lab.start("web", { ns, out: () => {}, err: () => {} }, httpServer(ns, { port: 80 }));
  return lab;
}

/** A request of several full segments. */
const upload = (lab: Lab) => tried(lab, "client", `curl -s -m 5 -H 'Cookie: ${"x".repeat(9000)}' http://${VIP}/`);

/** What the client was told to be the largest packet. */
function largest(mtu: number, encapsulation: Parameters<typeof tunnelled>[1]): number {
  const lab = tunnelled(mtu, encapsulation, null);
  upload(lab);
  return Number(/mtu (\d+)/.exec(tried(lab, "client", `ip route get ${VIP}`).out)?.[1]);
}

/** The largest MSS of the server with which nothing is too large for the tunnel: found by trying. */
function largestMss(mtu: number): number {
  const passes = (mss: number) => {
    const { ok, trace } = upload(tunnelled(mtu, "", mss));
    return ok && trace.of("icmp error").steps.length === 0;
  };
  let [most, tooMuch] = [500, mtu];
  while (tooMuch - most > 1) {
    const mss = (most + tooMuch) >> 1;
    if (passes(mss)) most = mss;
    else tooMuch = mss;
  }
  return most;
}

export const SIZES: Task<LvsValues> = {
  name: "sizes",
  properties: [
    numbered("ipip", 1, ({ mtu }) => largest(mtu, ""), "One more header of IP stands in front."),
    numbered(
      "gue",
      1,
      ({ mtu }) => largest(mtu, "--tun-type gue --tun-port 6080"),
      "In front stand IP 20, UDP 8 and GUE 4.",
    ),
    numbered(
      "mss",
      1,
      ({ mtu }) => largestMss(mtu),
      "It counts what follows the headers of IP and TCP, 20 octets each, in a packet that fits.",
    ),
  ],
};

/** Counts of the server that is asked about, at once and so many seconds later. */
function counts({ history }: LvsValues, seconds: number): { readonly active: number; readonly inactive: number } {
  const lab = new Lab({ seed: "counts" });
  lab.node("director");
  const servers = [1, 2, 3].map((n) => `ipvsadm -a -t ${VIP}:80 -r 10.0.0.${n}:80 -m`);
  tried(lab, "director", [`ipvsadm -A -t ${VIP}:80 -s rr`, ...servers].join("\n"));
  const clients = new Clients(lab.netns("director"), false);
  const first = ip("198.51.100.1") as Ipv4;
  for (const [i, fate] of history.arrivals.entries()) {
    const { opened } = clients.open(Ipv4.of(first.bits + i), clients.virtual, () => fate !== "no answer");
    if (fate === "ends") clients.close(opened as Opened);
  }
  lab.runFor(seconds * SECOND);
  const dest = [...clients.service.destinations()].find((each) => clients.nameOf(each) === `${history.server}`)!;
  return { active: dest.active, inactive: dest.inactive };
}

export const COUNTERS: Task<LvsValues> = {
  name: "counters",
  properties: [
    numbered(
      "active",
      1,
      (values) => counts(values, 0).active,
      "rr begins with the server that was added last; a handshake that waits counts as active.",
    ),
    numbered(
      "inactive",
      1,
      (values) => counts(values, 0).inactive,
      "A connection that is over is remembered for 120 s.",
    ),
    numbered(
      "later",
      2,
      (values) => counts(values, 100).active,
      "A SYN that nobody answers is remembered for 60 s, an open connection for 900 s.",
    ),
  ],
};
