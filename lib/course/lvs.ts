// Homework 3, "lvs": what each student gets, and nothing of how it is judged.
import type { LabData } from "../lab/data.ts";
import { labData } from "../lab/data-write.ts";
import { Lab } from "../lab/lab.ts";
import { place, runShell } from "../tools/shell.ts";

/**
 * Addresses of a site: `client` behind `router`; on the router's `lan` the director, r1 and r2; behind the director, on
 * `private`, s1 and s2; behind the router, on `far`, t1 and t2.
 */
export interface Site {
  /** As `192.168.7.1`: the router's on lan. */
  readonly router: string;
  readonly director: string;
  readonly r1: string;
  readonly r2: string;
  /** The director's on private. */
  readonly inside: string;
  readonly s1: string;
  readonly s2: string;
  /** The router's on far. */
  readonly outside: string;
  readonly t1: string;
  readonly t2: string;
  /** Addresses of lan that nobody has yet: of the virtual servers by NAT, direct routing and tunnel. */
  readonly vips: { readonly nat: string; readonly direct: string; readonly tunnel: string };
  /** TCP port of every virtual server, and that on which s1 and s2 listen; the others listen on the first. */
  readonly ports: { readonly virtual: number; readonly inside: number };
}

/** What becomes of a connection: it stays open; it ends, client first; or its server never answers the SYN. */
export type Fate = "stays" | "ends" | "no answer";

export interface LvsValues {
  readonly student: string;
  /** MTU of the links. */
  readonly mtu: number;
  /** Connections in the order in which they come; `server` is asked about. */
  readonly history: { readonly arrivals: readonly Fate[]; readonly server: number };
  readonly site: Site;
  /** s1 shall get so many times as many connections as s2. */
  readonly share: number;
  /** The site, wired, without virtual servers. */
  readonly start: LabData;
  readonly brokenSite: Site;
  /** Another site with three virtual servers, by NAT, direct routing and tunnel; in each is a slip of the hand. */
  readonly broken: LabData;
}

/** The values of a student: same id, same values. */
export function lvsValues(student: string): LvsValues {
  const dice = new Lab({ seed: `homework lvs: ${student}` });
  const [site, brokenSite] = [drawSite(dice), drawSite(dice)];
  return {
    student,
    mtu: 1400 + 4 * dice.below(400),
    history: drawHistory(dice),
    site,
    share: 2 + dice.below(4),
    start: labData(wired(site)),
    brokenSite,
    broken: labData(breakIt(dice, brokenSite)),
  };
}

function drawSite(dice: Lab): Site {
  const lan = `192.168.${1 + dice.below(250)}`;
  const inside = `10.${1 + dice.below(250)}.${dice.below(250)}`;
  const far = `172.${16 + dice.below(16)}.${dice.below(250)}`;
  const [server, vip] = [10 + dice.below(80), 100 + dice.below(100)];
  const [virtual, mapped] = [8000 + dice.below(900), 5000 + dice.below(900)];
  return {
    router: `${lan}.1`,
    director: `${lan}.2`,
    r1: `${lan}.${server}`,
    r2: `${lan}.${server + 1}`,
    inside: `${inside}.1`,
    s1: `${inside}.${server}`,
    s2: `${inside}.${server + 1}`,
    outside: `${far}.1`,
    t1: `${far}.${server}`,
    t2: `${far}.${server + 1}`,
    vips: { nat: `${lan}.${vip}`, direct: `${lan}.${vip + 1}`, tunnel: `${lan}.${vip + 2}` },
    ports: { virtual, inside: mapped },
  };
}

const FATES: readonly Fate[] = ["stays", "ends", "no answer"];

/** Fifteen connections to three servers of rr: each server meets every fate. */
function drawHistory(dice: Lab): LvsValues["history"] {
  const fates = [1, 2, 3].map(() => {
    const left = [...FATES, FATES[dice.below(3)]!, FATES[dice.below(3)]!];
    return Array.from({ length: 5 }, () => left.splice(dice.below(left.length), 1)[0]!);
  });
  return { arrivals: Array.from({ length: 15 }, (_, i) => fates[i % 3]![(i / 3) | 0]!), server: 1 + dice.below(3) };
}

/** A lab with the machines of a site, their addresses and gateways; s1 and s2 have none, and the director does not forward. */
export function wired(site: Site): Lab {
  const lab = new Lab({ seed: `site ${site.s1} ${site.t1}` });
  for (const name of ["client", "router", "director", "r1", "r2", "s1", "s2", "t1", "t2"]) lab.node(name);
  lab.switch("lan", ["router", "director", "r1", "r2"]);
  lab.switch("private", ["s1", "s2"]);
  lab.switch("far", ["t1", "t2"]);
  lab.wire("router", "eth1", "client", "eth0");
  lab.wire("director", "eth1", "private", "uplink");
  lab.wire("router", "eth2", "far", "uplink");
  const run = (where: string, text: string) => void runShell(lab, place(lab, where), text);
  for (const name of ["private", "far"]) run(name, "ip link set uplink master sw0");
  const give = (where: string, device: string, address: string, gateway?: string) =>
    run(
      where,
      `ip addr add ${address}/24 dev ${device}${gateway === undefined ? "" : `; ip route add default via ${gateway}`}`,
    );
  give("client", "eth0", "198.51.100.10", "198.51.100.1");
  give("router", "eth0", site.router);
  give("router", "eth1", "198.51.100.1");
  give("router", "eth2", site.outside);
  give("director", "eth0", site.director, site.router);
  give("director", "eth1", site.inside);
  for (const name of ["r1", "r2"] as const) give(name, "eth0", site[name], site.router);
  for (const name of ["s1", "s2"] as const) give(name, "eth0", site[name]);
  for (const name of ["t1", "t2"] as const) give(name, "eth0", site[name], site.outside);
  run("router", "sysctl -q -w net.ipv4.ip_forward=1");
  return lab;
}

/** Virtual servers by NAT, direct routing and tunnel, as they should be. */
function balance(lab: Lab, { inside, s1, s2, r1, r2, t1, t2, vips, ports }: Site): void {
  const run = (where: string, text: string) => void runShell(lab, place(lab, where), text);
  const service = (vip: string, letter: string, port: number, servers: readonly string[]) =>
    run(
      "director",
      `ip addr add ${vip}/32 dev eth0; ipvsadm -A -t ${vip}:${ports.virtual} -s rr
      ${servers.map((each) => `ipvsadm -a -t ${vip}:${ports.virtual} -r ${each}:${port} ${letter}`).join("\n")}`,
    );
  run("director", "sysctl -q -w net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0");
  service(vips.nat, "-m", ports.inside, [s1, s2]);
  service(vips.direct, "-g", ports.virtual, [r1, r2]);
  service(vips.tunnel, "-i", ports.virtual, [t1, t2]);
  for (const name of ["s1", "s2"]) run(name, `ip route add default via ${inside}`);
  for (const name of ["r1", "r2"])
    run(
      name,
      `sysctl -q -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2
      ip addr add ${vips.direct}/32 dev lo`,
    );
  for (const name of ["t1", "t2"])
    run(name, `modprobe ipip; ip link set tunl0 up; ip addr add ${vips.tunnel}/32 dev tunl0`);
}

type Slip = (site: Site) => readonly [where: string, command: string];

/** Slips of each virtual server, each of which one command mends. */
const SLIPS: readonly (readonly Slip[])[] = [
  [
    ({ inside }) => ["s1", `ip route replace default via ${inside.replace(/1$/, "254")}`],
    () => ["s2", "iptables -A INPUT -s 198.51.100.0/24 -j DROP"],
    ({ vips }) => ["director", `iptables -A INPUT -d ${vips.nat} -j DROP`],
    () => ["director", "sysctl -q -w net.ipv4.ip_forward=0"],
  ],
  [
    ({ vips }) => ["r1", `ip addr del ${vips.direct}/32 dev lo`],
    () => ["r2", "sysctl -q -w net.ipv4.conf.all.arp_ignore=0"],
    ({ director }) => ["r1", `ip route replace default via ${director}`],
    ({ vips, ports, r2 }) => ["director", `ipvsadm -e -t ${vips.direct}:${ports.virtual} -r ${r2} -g -w 0`],
  ],
  [
    () => ["t1", "ip link set tunl0 down"],
    () => ["t2", "sysctl -q -w net.ipv4.conf.tunl0.rp_filter=1"],
    () => ["router", "iptables -A FORWARD -p 4 -j DROP"],
    ({ vips, ports, t1 }) => ["director", `ipvsadm -d -t ${vips.tunnel}:${ports.virtual} -r ${t1}`],
  ],
];

function breakIt(dice: Lab, site: Site): Lab {
  const lab = wired(site);
  balance(lab, site);
  for (const slips of SLIPS) {
    const [where, command] = slips[dice.below(slips.length)]!(site);
    runShell(lab, place(lab, where), command);
  }
  return lab;
}
