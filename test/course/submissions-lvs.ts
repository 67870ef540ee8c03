// What students hand in for homework 3: right ones, unusual ones, and wrong ones with what they must lose and why.
import * as path from "node:path";
import { ROOT } from "../jupyter/python.ts";
import type { Tested } from "./graded.ts";
import { changed } from "./submissions.ts";

const HEADERS = `interface Net { client: string; vip: string; server: string; director: string; routers: number }
const host = (end: string) => end.split(":")[0]!;

function headers(mode: "NAT" | "DR" | "TUN", way: "request" | "answer", net: Net) {
  const { client, vip, server, director, routers } = net;
  const there = mode === "NAT" ? server : vip;
  const back = mode === "NAT" ? "director" : "router";
  if (way === "answer") return { to: back, outer: null, src: there, dst: client, ttl: 64 };
  const outer = mode === "TUN" ? \`\${director} > \${host(server)}\` : null;
  return { to: "server", outer, src: client, dst: there, ttl: 64 - routers - 1 };
}
handIn("headers", headers)`;

const SIZES = 'handIn("sizes", { ipip: mtu - 20, gue: mtu - 32, mss: mtu - 60 })';

const COUNTERS = `const own = history.arrivals.filter((_, i) => 3 - (i % 3) === history.server);
const number = (fate: string) => own.filter((each) => each === fate).length;
const counters = { active: number("stays") + number("no answer"), inactive: number("ends"), later: number("stays") };
handIn("counters", counters)`;

const NAT = `const net = lab(mine.start);
const service = \`-t \${vips.nat}:\${ports.virtual}\`;
sh("director", \`sysctl -w net.ipv4.ip_forward=1; ip addr add \${vips.nat}/32 dev eth0
  ipvsadm -A \${service} -s wrr
  ipvsadm -a \${service} -r \${site.s1}:\${ports.inside} -m -w \${share}
  ipvsadm -a \${service} -r \${site.s2}:\${ports.inside} -m -w 1\`);
for (const name of ["s1", "s2"]) sh(name, \`ip route add default via \${site.inside}\`);
handIn("nat", net)`;

const AROUND = `const wide = lab(mine.start);
const both = \`-p tcp -m multiport --dports \${ports.virtual},\${ports.virtual + 1}\`;
sh("director", \`ip addr add \${vips.direct}/32 dev eth0
  iptables -t mangle -A PREROUTING -d \${vips.direct} \${both} -j MARK --set-mark 1
  ipvsadm -A -f 1 -s rr -p 600
  ipvsadm -a -f 1 -r \${site.r1} -g; ipvsadm -a -f 1 -r \${site.r2} -g; ipvsadm -a -f 1 -r \${site.t1} -i\`);
for (const name of ["r1", "r2"])
  sh(name, \`sysctl -w net.ipv4.conf.all.arp_ignore=1; sysctl -w net.ipv4.conf.all.arp_announce=2
    ip addr add \${vips.direct}/32 dev lo\`);
sh("t1", \`modprobe ipip; ip link set tunl0 up; ip addr add \${vips.direct}/32 dev tunl0\`);
handIn("around", wide)`;

/** Does what the signs of each slip ask for: what a student does by looking. */
const REPAIR = `const { vips: broke, ports: { virtual } } = brokenSite;
const look = (where: string, text: string) => sh(where, text, lab(mine.broken)).text;
const mends: [string, string, boolean][] = [
  ["s1", \`ip route replace default via \${brokenSite.inside}\`, look("s1", "ip route").includes(".254 ")],
  ["s2", "iptables -F", look("s2", "iptables -S").includes("DROP")],
  ["director", "iptables -F", look("director", "iptables -S").includes("DROP")],
  ["director", "sysctl -w net.ipv4.ip_forward=1", look("director", "sysctl net.ipv4.ip_forward").includes("= 0")],
  ["r1", \`ip addr add \${broke.direct}/32 dev lo\`, !look("r1", "ip addr").includes(broke.direct)],
  ["r2", "sysctl -w net.ipv4.conf.all.arp_ignore=1", look("r2", "sysctl net.ipv4.conf.all.arp_ignore").includes("= 0")],
  ["r1", \`ip route replace default via \${brokenSite.router}\`, !look("r1", "ip route").includes(brokenSite.router + " ")],
  ["director", \`ipvsadm -e -t \${broke.direct}:\${virtual} -r \${brokenSite.r2} -g -w 1\`,
    look("director", "ipvsadm -Sn").includes("-w 0")],
  ["t1", "ip link set tunl0 up", look("t1", "ip link show tunl0").includes("DOWN")],
  ["t2", "sysctl -w net.ipv4.conf.tunl0.rp_filter=0", look("t2", "sysctl net.ipv4.conf.tunl0.rp_filter").includes("= 1")],
  ["router", "iptables -F", look("router", "iptables -S").includes("DROP")],
  ["director", \`ipvsadm -a -t \${broke.tunnel}:\${virtual} -r \${brokenSite.t1} -i\`,
    !look("director", "ipvsadm -Sn").includes(brokenSite.t1 + ":")],
];
const repair: Record<string, string> = {};
for (const [where, mend, isMissing] of mends)
  if (isMissing) repair[where] = repair[where] === undefined ? mend : repair[where] + "; " + mend;
handIn("repair", repair)`;

export const LVS: Tested = {
  name: "lvs",
  file: path.join(ROOT, "notebooks", "homework", "3-one-address-many-servers.ipynb"),
  right: {
    "headers-answer": HEADERS,
    "sizes-answer": SIZES,
    "counters-answer": COUNTERS,
    "nat-answer": NAT,
    "around-answer": AROUND,
    "repair-answer": REPAIR,
  },
  unusual: {
    "tunnels for all, devices of one's own, and every port in one service": {
      "around-answer": `const wide = lab(mine.start);
sh("director", \`ip addr add \${vips.direct}/32 dev eth0
  ipvsadm -A -t \${vips.direct}:0 -s wlc -p 300
  \${[site.r1, site.r2, site.t1].map((each) => \`ipvsadm -a -t \${vips.direct}:0 -r \${each} -i\`).join("\\n")}\`);
for (const name of ["r1", "r2", "t1"])
  sh(name, \`modprobe ipip; ip link set tunl0 up
    ip link add vip0 type dummy; ip link set vip0 up; ip addr add \${vips.direct}/32 dev vip0
    sysctl -w net.ipv4.conf.eth0.arp_ignore=1; sysctl -w net.ipv4.conf.eth0.arp_announce=2\`);
handIn("around", wide)`,
    },
    "a service by mark, least connections, and a way back by policy": {
      "nat-answer": `const net = lab(mine.start);
sh("director", \`sysctl -w net.ipv4.ip_forward=1; ip addr add \${vips.nat}/24 dev eth0
  iptables -t mangle -A PREROUTING -d \${vips.nat} -p tcp --dport \${ports.virtual} -j MARK --set-mark 9
  ipvsadm -A -f 9 -s wlc
  ipvsadm -a -f 9 -r \${site.s1}:\${ports.inside} -m -w \${10 * share}
  ipvsadm -a -f 9 -r \${site.s2}:\${ports.inside} -m -w 10\`);
for (const name of ["s1", "s2"] as const)
  sh(name, \`ip route add default via \${site.inside} table 7; ip rule add from \${site[name]} table 7\`);
handIn("nat", net)`,
    },
    "servers that have the address nowhere, and a hash instead of a memory": {
      "around-answer": `const wide = lab(mine.start);
for (const port of [ports.virtual, ports.virtual + 1])
  sh("director", \`ipvsadm -A -t \${vips.direct}:\${port} -s sh
    ipvsadm -a -t \${vips.direct}:\${port} -r \${site.r1} -g; ipvsadm -a -t \${vips.direct}:\${port} -r \${site.r2} -g
    ipvsadm -a -t \${vips.direct}:\${port} -r \${site.t1} -i\`);
sh("director", \`ip addr add \${vips.direct}/32 dev lo\`);
for (const name of ["r1", "r2", "t1"])
  sh(name, \`iptables -t nat -A PREROUTING -d \${vips.direct} -p tcp -j REDIRECT\`);
sh("t1", "modprobe ipip; ip link set tunl0 up; ip addr add 10.255.255.1/32 dev tunl0");
handIn("around", wide)`,
      "headers-answer": changed(
        changed(HEADERS, "function headers(", "async function headers("),
        "const there =",
        "await null;\n  const there =",
      ),
      "headers-try":
        'await headers("DR", "answer", { client: "a:1", vip: "b:2", server: "c:2", director: "d", routers: 1 })',
    },
  },
  wrong: {
    "lets the answers of direct routing go by the director": {
      cells: { "headers-answer": changed(HEADERS, 'mode === "NAT" ? "director"', 'mode !== "TUN" ? "director"') },
      loses: {
        "headers: an answer by direct routing":
          /^Called with \('DR', 'answer'.*it should be \{ to: 'router', outer: null/,
      },
    },
    "forgets UDP, GUE, and the header of TCP": {
      cells: { "sizes-answer": 'handIn("sizes", { ipip: mtu - 20, gue: mtu - 20, mss: mtu - 40 })' },
      loses: { "sizes: gue": /In front stand IP 20, UDP 8 and GUE 4/, "sizes: mss": /headers of IP and TCP/ },
    },
    "counts what is over as active": {
      cells: {
        "counters-answer": changed(
          COUNTERS,
          "const counters = {",
          'const all = { active: own.length, inactive: 0, later: number("stays") + number("no answer") };\nhandIn("counters", all);\nconst counters = {',
        ).replace(/\nhandIn\("counters", counters\)$/, '\nhandIn("counters", all)'),
      },
      loses: {
        "counters: active": /a handshake that waits counts as active/,
        "counters: inactive": /remembered for 120 s/,
        "counters: later": /remembered for 60 s/,
      },
    },
    "gives both servers the same": {
      cells: { "nat-answer": changed(NAT, "-s wrr", "-s rr") },
      loses: { "nat: s1 gets its share": /^s1 got \d+ of \d+ clients; \d+ are its share/ },
    },
    "hides the clients from the servers": {
      cells: {
        "nat-answer": changed(
          NAT,
          'handIn("nat"',
          'sh("director", "sysctl -w net.ipv4.vs.conntrack=1; iptables -t nat -A POSTROUTING -o eth1 -j MASQUERADE");\nhandIn("nat"',
        ),
      },
      loses: { "nat: a server sees the client's own address": /^s[12] sees 10\.\d+\.\d+\.1, not the client's own 198/ },
    },
    "lets servers speak in the director's name": {
      cells: { "around-answer": changed(AROUND, "; sysctl -w net.ipv4.conf.all.arp_announce=2", "") },
      // Which is seen in several ways, for the router sends to that server then.
      loses: {
        "around: clients get pages from r1, r2 and t1": /^Nobody of 40 clients of \S+ came to/,
        "around: the director alone answers for the address": /^r[12] asks by ARP in the name of 192\.168/,
        "around: answers do not go through the director": /^A request for r[12] did not come to the director/,
      },
    },
    "lets each port choose for itself": {
      cells: {
        "around-answer": `${AROUND.split("\n")[0]}
for (const port of [ports.virtual, ports.virtual + 1])
  sh("director", \`ipvsadm -A -t \${vips.direct}:\${port} -s rr -p 600
    ipvsadm -a -t \${vips.direct}:\${port} -r \${site.r1} -g
    \${port > ports.virtual ? "" : \`ipvsadm -a -t \${vips.direct}:\${port} -r \${site.r2} -g\`}
    ipvsadm -a -t \${vips.direct}:\${port} -r \${site.t1} -i\`);
sh("director", \`ip addr add \${vips.direct}/32 dev eth0\`);
${AROUND.split("\n").slice(6).join("\n")}`,
      },
      loses: {
        "around: a client keeps its server on both ports":
          /^198\.51\.100\.\d+ was at \S+, and on port \d+ it comes to \S+\.$/,
      },
    },
    "mends with more than it needs": {
      cells: {
        "repair-answer": changed(
          REPAIR,
          'handIn("repair"',
          'repair.r2 = (repair.r2 ?? "true") + "; ip link set eth0 mtu 1400";\nhandIn("repair"',
        ),
      },
      loses: { "repair: no more than three changes did it": /^4 commands change something/ },
    },
  },
};
