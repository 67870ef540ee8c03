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
  tracerouteRow: `
${row("c", "r1", "r2", "s")}
${C} traceroute -n 10.0.2.2
${C} traceroute -n -I 10.0.2.2
${C} traceroute -n -I -q 1 10.0.2.2
sleep 7
${C} traceroute -n -N 1 10.0.2.2
sleep 7
${C} traceroute 10.0.2.2 1400
sleep 7
${C} traceroute -n -f 2 -m 2 10.0.2.2
sleep 7
${C} traceroute -n -q 1 -s 10.0.0.1 -i right 10.0.2.2
sleep 7
${C} traceroute -n -U -q 2 10.0.2.2
sleep 7
${C} traceroute -n -p 50000 -t 16 10.0.1.2
sleep 7
${C} traceroute -n -w 1 10.0.0.2
sleep 7
${C} traceroute -n -z 20 10.0.2.2
`,
  tracerouteErrors: `
${row("c", "r1", "r2", "s")}
ip -n c route add default via 10.0.0.2
ip -n r1 route add default via 10.0.1.2
ip -n r1 route add unreachable 10.5.0.0/16
ip -n r1 route add prohibit 10.6.0.0/16
ip -n r1 route add blackhole 10.7.0.0/16
${C} traceroute -n -w 1 -m 4 10.5.0.1
sleep 7
${C} traceroute -n -w 1 -m 4 10.6.0.1
sleep 7
${C} traceroute -n -w 1 -m 4 10.7.0.1
sleep 7
${C} traceroute -n -w 1 10.8.0.1
sleep 7
${C} traceroute -n -I -w 1 10.8.0.1
sleep 7
${C} traceroute -n 10.0.2.77
sleep 7
${C} traceroute -n -I 10.0.2.77
sleep 7
${C} traceroute -n 10.0.0.77
${C} traceroute -n -I -q 1 10.0.0.78
ip netns exec s sysctl -qw net.ipv4.icmp_echo_ignore_all=1
sleep 7
${C} traceroute -n -I -w 1 -m 4 10.0.2.2
ip netns exec r1 sysctl -qw net.ipv4.ip_forward=0
sleep 7
${C} traceroute -n -w 1 -m 2 10.0.2.2
`,
  tracerouteMtu: `
${row("c", "r1", "r2", "s")}
ip -n r1 link set right mtu 1400
ip -n r2 link set left mtu 1400
ip -n r2 link set right mtu 1300
ip -n s link set left mtu 1300
${C} traceroute -n -F 10.0.2.2 1500
sleep 7
${C} traceroute -n -F 10.0.2.2 1350
sleep 7
${C} traceroute -n -F 10.0.2.2 1600
${C} traceroute -n -I -F 10.0.2.2 1600
sleep 7
${C} traceroute -n --mtu 10.0.2.2
sleep 7
${C} traceroute -n --mtu -q 1 10.0.2.2
sleep 7
${C} traceroute -n -I --mtu -q 1 10.0.2.2
sleep 7
${C} traceroute -n 10.0.2.2 1500
sleep 7
${C} traceroute -n -I -q 1 10.0.2.2 3000
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
  tracepathErrors: `
${row("c", "r1", "r2", "s")}
ip -n c route add default via 10.0.0.2
ip -n r1 route add default via 10.0.1.2
ip -n r1 route add unreachable 10.5.0.0/16
ip -n r1 route add prohibit 10.6.0.0/16
${C} tracepath -n 10.5.0.1
${C} tracepath -n 10.6.0.1
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
};

export function linesOf(script: string): string[] {
  return script.split("\n").filter((line) => line !== "");
}
