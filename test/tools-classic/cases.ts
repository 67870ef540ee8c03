// Command lines of the classic tools that the real ones and the model are both given; each case begins on a new machine.
// Names: c is a client, r1, r2, r3 are routers in a row, s is the server at the end.
const C = "ip netns exec c";

/** A row of namespaces, each with the next on a veth pair of its own network 10.0.N.0/24, with routes to both ends. */
function row(...names: readonly string[]): string {
  const lines: string[] = [];
  for (const name of names) lines.push(`ip netns add ${name}`, `ip -n ${name} link set lo up`);
  for (const [i, name] of names.entries()) {
    const next = names[i + 1];
    if (next === undefined) break;
    lines.push(
      `ip link add right netns ${name} type veth peer name left netns ${next}`,
      `ip -n ${name} addr add 10.0.${i}.1/24 dev right`,
      `ip -n ${next} addr add 10.0.${i}.2/24 dev left`,
      `ip -n ${name} link set right up`,
      `ip -n ${next} link set left up`,
    );
  }
  for (const [i, name] of names.entries()) {
    if (i > 0 && i < names.length - 1) lines.push(`ip netns exec ${name} sysctl -qw net.ipv4.ip_forward=1`);
    for (let net = 0; net < names.length - 1; net++) {
      if (net > i) lines.push(`ip -n ${name} route add 10.0.${net}.0/24 via 10.0.${i}.2`);
      if (net < i - 1) lines.push(`ip -n ${name} route add 10.0.${net}.0/24 via 10.0.${i - 1}.1`);
    }
  }
  return lines.join("\n");
}

const FOUR = `
${row("c", "r1", "r2", "s")}
`;

const REFUSING = `
${row("c", "r1", "r2", "s")}
ip -n c route add default via 10.0.0.2
ip -n r1 route add default via 10.0.1.2
ip -n r1 route add unreachable 10.5.0.0/16
ip -n r1 route add prohibit 10.6.0.0/16
ip -n r1 route add blackhole 10.7.0.0/16
`;

const NARROW = `
${row("c", "r1", "r2", "s")}
ip -n r1 link set right mtu 1400
ip -n r2 link set left mtu 1400
ip -n r2 link set right mtu 1300
ip -n s link set left mtu 1300
`;

const REFUSING_BOTH = `
${row("c", "r1", "r2", "s")}
ip -n c route add default via 10.0.0.2
ip -n r1 route add default via 10.0.1.2
ip -n r1 route add unreachable 10.5.0.0/16
ip -n r1 route add prohibit 10.6.0.0/16
`;

export const CASES: Readonly<Record<string, string>> = {
  tracerouteWords: `
traceroute 10.0.0.1 -m
traceroute -m x 10.0.0.1
traceroute -mx 10.0.0.1
traceroute -m 0 1.1.1.1
traceroute -m 256 1.1.1.1
traceroute 1.1.1.1 2 3
traceroute 1.1.1.1 x
traceroute 1.1.1.1 65001
traceroute host.invalid
traceroute -s host.invalid 1.1.1.1
traceroute -q 11 1.1.1.1
traceroute -q 0 1.1.1.1
traceroute -n
traceroute -nm
traceroute -w x 1.1.1.1
traceroute -w 1,2,x 1.1.1.1
traceroute -w 1,2,3,4 1.1.1.1
traceroute --max-hops=x 1.1.1.1
traceroute --max-hops x 1.1.1.1
traceroute --queries
traceroute -Q 1.1.1.1
traceroute --foo 1.1.1.1
traceroute -f 3 -m 2 1.1.1.1
traceroute -z -1 1.1.1.1
traceroute -n 1.1.1.1
traceroute -n -I 1.1.1.1
traceroute -n -i eth9 127.0.0.1
traceroute -n -I -i eth9 127.0.0.1
traceroute -n -s 10.9.9.9 127.0.0.1
traceroute -n -I -s 10.9.9.9 127.0.0.1
ip route add unreachable 10.1.0.0/16
ip route add prohibit 10.2.0.0/16
ip route add blackhole 10.3.0.0/16
traceroute -n 10.1.0.1
traceroute -n 10.2.0.1
traceroute -n 10.3.0.1
traceroute -n -I 10.1.0.1
traceroute 127.0.0.1
traceroute localhost
traceroute -n 127.0.0.1
traceroute -In 127.0.0.1
traceroute -n -q 1 127.0.0.1
traceroute -n -q 10 127.0.0.1
traceroute -n -N 1 127.0.0.1
traceroute -n -f 2 127.0.0.1
traceroute -n -f 2 -m 3 -q 2 127.0.0.1 1000
traceroute -n 127.0.0.1 10
traceroute -In 127.0.0.1 10
traceroute -n 0.0.0.0
`,
  tracerouteRow1: `
${FOUR}
${C} traceroute -n 10.0.2.2
`,
  tracerouteRow2: `
${FOUR}
${C} traceroute -n -I 10.0.2.2
`,
  tracerouteRow3: `
${FOUR}
${C} traceroute -n -I -q 1 10.0.2.2
`,
  tracerouteRow4: `
${FOUR}
${C} traceroute -n -N 1 10.0.2.2
`,
  tracerouteRow5: `
${FOUR}
${C} traceroute 10.0.2.2 1400
`,
  tracerouteRow6: `
${FOUR}
${C} traceroute -n -f 2 -m 2 10.0.2.2
`,
  tracerouteRow7: `
${FOUR}
${C} traceroute -n -q 1 -s 10.0.0.1 -i right 10.0.2.2
`,
  tracerouteRow8: `
${FOUR}
${C} traceroute -n -U -q 2 10.0.2.2
`,
  tracerouteRow9: `
${FOUR}
${C} traceroute -n -p 50000 -t 16 10.0.1.2
`,
  tracerouteRow10: `
${FOUR}
${C} traceroute -n -w 1 10.0.0.2
`,
  tracerouteRow11: `
${FOUR}
${C} traceroute -n -z 20 10.0.2.2
`,
  tracerouteErrors1: `
${REFUSING}
${C} traceroute -n -w 1 -m 4 10.5.0.1
`,
  tracerouteErrors2: `
${REFUSING}
${C} traceroute -n -w 1 -m 4 10.6.0.1
`,
  tracerouteErrors3: `
${REFUSING}
${C} traceroute -n -w 1 -m 4 10.7.0.1
`,
  tracerouteErrors4: `
${REFUSING}
${C} traceroute -n -w 1 10.8.0.1
`,
  tracerouteErrors5: `
${REFUSING}
${C} traceroute -n -I -w 1 10.8.0.1
`,
  tracerouteErrors6: `
${REFUSING}
${C} traceroute -n 10.0.2.77
`,
  tracerouteErrors7: `
${REFUSING}
${C} traceroute -n -I 10.0.2.77
`,
  tracerouteErrors8: `
${REFUSING}
${C} traceroute -n 10.0.0.77
`,
  tracerouteErrors9: `
${REFUSING}
${C} traceroute -n -I -q 1 10.0.0.78
`,
  tracerouteErrors10: `
${REFUSING}
ip netns exec s sysctl -qw net.ipv4.icmp_echo_ignore_all=1
${C} traceroute -n -I -w 1 -m 4 10.0.2.2
`,
  tracerouteErrors11: `
${REFUSING}
ip netns exec s sysctl -qw net.ipv4.icmp_echo_ignore_all=1
ip netns exec r1 sysctl -qw net.ipv4.ip_forward=0
${C} traceroute -n -w 1 -m 2 10.0.2.2
`,
  tracerouteMtu1: `
${NARROW}
${C} traceroute -n -F 10.0.2.2 1500
`,
  tracerouteMtu2: `
${NARROW}
${C} traceroute -n -F 10.0.2.2 1350
`,
  tracerouteMtu3: `
${NARROW}
${C} traceroute -n -F 10.0.2.2 1600
`,
  tracerouteMtu4: `
${NARROW}
${C} traceroute -n -I -F 10.0.2.2 1600
`,
  tracerouteMtu5: `
${NARROW}
${C} traceroute -n --mtu 10.0.2.2
`,
  tracerouteMtu6: `
${NARROW}
${C} traceroute -n --mtu -q 1 10.0.2.2
`,
  tracerouteMtu7: `
${NARROW}
${C} traceroute -n -I --mtu -q 1 10.0.2.2
`,
  tracerouteMtu8: `
${NARROW}
${C} traceroute -n 10.0.2.2 1500
`,
  tracerouteMtu9: `
${NARROW}
${C} traceroute -n -I -q 1 -N 4 10.0.2.2 3000
`,
  tracepathWords: `
tracepath
tracepath -x
tracepath -m
tracepath -m 256 1.1.1.1
tracepath -m x 1.1.1.1
tracepath -l 20 1.1.1.1
tracepath -l 28 1.1.1.1
tracepath -l -1 1.1.1.1
tracepath -p 70000 1.1.1.1
tracepath host
tracepath 1 2
tracepath -h
tracepath -n 1.1.1.1
tracepath -n 127.0.0.1
tracepath 127.0.0.1
tracepath localhost
tracepath -b 127.0.0.1
tracepath -nb 127.0.0.1
tracepath -n 127.0.0.1/53
tracepath -n 127.0.0.1/x
tracepath -n -p 53 127.0.0.1/7
tracepath -n -m 0 127.0.0.1
tracepath -n -l 29 127.0.0.1
tracepath -n -l 100000 127.0.0.1
tracepath -n 10.255.255.255
`,
  tracepathRow: `
${row("c", "r1", "r2", "s")}
${C} tracepath -n 10.0.2.2
${C} tracepath 10.0.2.2
${C} tracepath -n -l 1000 10.0.2.2
${C} tracepath -n -m 2 10.0.2.2
`,
  tracepathMtu: `
${row("c", "r1", "r2", "s")}
ip -n r1 link set right mtu 1400
ip -n r2 link set left mtu 1400
ip -n r2 link set right mtu 1300
ip -n s link set left mtu 1300
${C} tracepath -n 10.0.2.2
${C} tracepath -n 10.0.2.2
${C} ip route get 10.0.2.2
${C} tracepath -n 10.0.1.2
${C} tracepath -b 10.0.0.2
`,
  tracepathErrors1: `
${REFUSING_BOTH}
${C} tracepath -n 10.5.0.1
`,
  tracepathErrors2: `
${REFUSING_BOTH}
${C} tracepath -n 10.6.0.1
`,
  tracepathErrors3: `
${REFUSING_BOTH}
${C} tracepath -n 10.8.0.1
`,
  arpingWords: `
ip link add v0 type veth peer name v1
ip link set v0 address 02:00:00:00:00:01
ip link set v0 up
ip addr add 10.0.0.1/24 dev v0
arping
arping -x
arping -c
arping -c x 1.1.1.1
arping -c 0 1.1.1.1
arping -w -1 1.1.1.1
arping 1 2
arping 1.1.1.1
arping -I eth9 1.1.1.1
arping -I lo -c 1 127.0.0.1
arping -q -I lo 127.0.0.1
arping -D -I lo 127.0.0.1
arping -I v1 1.1.1.1
arping -I v0 -s 9.9.9.9 1.1.1.1
arping -s x -I v0 1.1.1.1
arping -I v0 host
arping -c 1 10.0.0.1
arping -U -c 1 -I v0 10.0.0.9
arping -c 1 -I v0 10.0.0.9
arping -c 1 10 -I v0
`,
  arpingRow: `
${row("c", "r1", "s")}
ip -n c link set right address 02:00:00:00:00:01
ip -n r1 link set left address 02:00:00:00:00:02
${C} arping -c 1 10.0.0.2
${C} arping -c 2 -I right 10.0.0.2
${C} arping -c 2 -b -I right 10.0.0.2
${C} arping -f -I right 10.0.0.2
${C} arping -q -c 1 -I right 10.0.0.2
${C} arping -c 1 -w 3 -I right 10.0.0.2
${C} arping -w 1 -I right 10.0.0.77
${C} arping -c 1 -I right 10.0.0.77
${C} arping -c 1 -I right 10.0.1.2
${C} arping -D -c 1 -I right 10.0.0.2
${C} arping -D -c 1 -I right 10.0.0.77
${C} arping -D -q -c 2 -I right 10.0.0.2
${C} arping -D -s 10.0.0.1 -c 1 -I right 10.0.0.2
${C} arping -s 10.0.0.1 -c 1 -I right 10.0.0.2
${C} arping -U -c 1 -I right 10.0.0.1
${C} arping -A -c 1 -I right 10.0.0.1
ip -n r1 neigh show 10.0.0.1
ip -n c addr add 10.0.0.9/24 dev right
${C} arping -c 1 -s 10.0.0.9 10.0.0.2
ip -n c addr flush dev right
${C} arping -c 1 -I right 10.0.0.2
${C} arping -D -c 1 -I right 10.0.0.2
`,
  pathMtu: `
${row("c", "r1", "r2", "s")}
ip -n r1 link set right mtu 1400
ip -n r2 link set left mtu 1400
ip -n r2 link set right mtu 1300
ip -n s link set left mtu 1300
${C} ping -n -c 1 -M do -s 1472 10.0.2.2
${C} ip route get 10.0.2.2
${C} ip -j route get 10.0.2.2
${C} ip route get 10.0.2.2 from 10.0.0.1
${C} ip route get 10.0.2.77
${C} ping -n -c 1 -M do -s 1472 10.0.2.2
${C} ping -n -c 1 -M do -s 1372 10.0.2.2
${C} ip route get 10.0.2.2
${C} ping -n -c 1 -M want -s 1472 10.0.2.2
${C} ping -n -c 1 -M dont -s 1472 10.0.2.2
${C} ip route show
${C} ip route del 10.0.2.0/24
${C} ip route add 10.0.2.0/24 via 10.0.0.2
${C} ip route get 10.0.2.2
${C} ping -n -c 1 -M do -s 1472 10.0.2.2
${C} ip route get 10.0.2.2
${C} ip route add 10.77.0.0/16 via 10.0.0.2
${C} ip route get 10.0.2.2
${C} ip route flush cache
${C} ip route get 10.0.2.2
${C} sysctl net.ipv4.route.mtu_expires
${C} sysctl net.ipv4.route.min_pmtu
${C} sysctl -qw net.ipv4.route.mtu_expires=2
${C} ping -n -c 1 -M do -s 1472 10.0.2.2
${C} ip route get 10.0.2.2
sleep 2.2
${C} ip route get 10.0.2.2
${C} ping -n -c 1 -M do -s 1472 10.0.2.2
ip netns exec r1 ping -n -c 1 -M do -s 1372 10.0.2.2
ip netns exec r1 ip route get 10.0.2.2
ip netns exec r1 ip route get 10.0.2.2 from 10.0.0.1 iif left
${C} traceroute -n -F -q 1 -m 3 10.0.2.2 1500
${C} ip link set right mtu 1200
${C} ip route get 10.0.2.2
${C} ip link set right mtu 1500
${C} ip route get 10.0.2.2
${C} ip route replace 10.0.2.0/24 via 10.0.0.2
${C} ip route get 10.0.2.2
`,
  pathMtuSmall: `
${row("c", "r1", "s")}
ip -n r1 link set right mtu 500
ip -n s link set left mtu 500
${C} ping -n -c 1 -M do -s 972 10.0.1.2
${C} ip route get 10.0.1.2
${C} ip -j route get 10.0.1.2
${C} ping -n -c 1 -M do -s 972 10.0.1.2
${C} ping -n -c 1 -M do -s 500 10.0.1.2
${C} ping -n -c 1 -s 972 10.0.1.2
${C} sysctl -qw net.ipv4.route.min_pmtu=400
${C} ip route flush cache
${C} ping -n -c 1 -M do -s 972 10.0.1.2
${C} ip route get 10.0.1.2
${C} ping -n -c 1 -M do -s 972 10.0.1.2
`,
  netTools: `
ip link add eth0 type veth peer name v10
ip link add v2 type bridge
ip link set eth0 address 02:00:00:00:00:01
ip link set v10 address 02:00:00:00:00:02
ip link set v2 address 02:00:00:00:00:03
ip addr add 10.0.0.1/24 brd + dev eth0
ip link set eth0 up
route -n
ip link set v10 up
ip addr add 10.0.0.5/24 dev eth0
ip addr add 192.168.7.7/24 dev eth0 label eth0:x
ip addr add 172.16.0.1/12 dev v2
ip route add default via 10.0.0.254
ip route add 10.9.0.0/16 via 10.0.0.3 metric 5
ip route add 10.10.1.1 via 10.0.0.3
ip route add unreachable 10.11.0.0/16
ip route add blackhole 10.12.0.0/16
ip route add prohibit 10.13.0.7
ip route add 169.254.0.0/16 dev v10
route -n
route -ne
route -nee
netstat -rn
ifconfig lo
ifconfig v2
ifconfig eth9 down
ifconfig eth0:x
ifconfig eth9
ifconfig eth9 up
ifconfig v10 down
ifconfig v10 10.20.0.1
ip -4 addr show dev v10
ifconfig v10 10.20.0.1 netmask 255.255.255.0
ip -4 addr show dev v10
ifconfig v10 10.20.0.9/16 mtu 1400
ip addr show dev v10
ifconfig v10 mtu 10
route add -net 10.30.0.0/16 gw 10.20.0.2
route add -net 10.30.0.0/16 gw 10.20.0.2
route add -net 10.30.0.0/16 gw 10.20.0.7
route add -net 10.31.0.0 netmask 255.255.0.0 dev v10
route add default gw 10.20.0.3
route add -host 10.32.0.1 gw 10.20.0.4 metric 3
route add 10.33.0.1 v10
route add default gw 10.99.0.1
route add -net 10.34.0.0/16 dev eth9
route add -net 10.35.0.0/16
route del -net 10.30.0.0/16
route del default
route del -net 10.77.0.0/16
route del 10.33.0.1
ip route
ifconfig eth0 down
route -n
ethtool
ethtool -S eth0
ethtool -S v2
ethtool -S lo
ethtool -S eth9
netstat -ltn
netstat -tan
netstat -uln
netstat -tn
`,
  names: `
route
route -e
netstat -r
ip link add v0 type veth peer name v1
ip link set v0 up
ip route add default dev v0
ip route add 169.254.0.0/16 dev v0
route
route -e
netstat -r
`,
  counters: `
${row("c", "s")}
ip -n c link set right address 02:00:00:00:00:01
ip -n s link set left address 02:00:00:00:00:02
${C} ping -n -q -c 2 10.0.0.2
${C} ping -n -q -c 3 -i 0.2 -s 1400 10.0.0.2
${C} netstat -i
${C} netstat -ia
${C} ifconfig -s
${C} ifconfig
${C} ifconfig -a
`,
};

/** Cases in which a real tool waits long: for a name server, for a host that is not there, for answers that do not come. */
export const SLOW: readonly string[] = [
  "names",
  "tracepathRow",
  "tracerouteErrors2",
  "tracepathErrors2",
  "tracepathErrors3",
  "arpingRow",
  ...Object.keys(CASES).filter((name) => /tracerouteErrors([3-9]|\d\d)$/.test(name)),
];

export function linesOf(script: string): string[] {
  return script.split("\n").filter((line) => line !== "");
}
