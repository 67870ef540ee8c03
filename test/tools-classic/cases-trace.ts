// traceroute and tracepath: each command on a new machine, so that no router has answered anything yet.
import { C, row } from "./row.ts";

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

export const TRACE: Readonly<Record<string, string>> = {
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
traceroute -w -1 1.1.1.1
traceroute -w -1 -q 11 1.1.1.1
traceroute -w -1 1.1.1.1 99999
traceroute --wait=1,-0.5 1.1.1.1
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
  tracerouteTcpWords: `
ip netns add b
ip link add d0 type veth peer name d1 netns b
ip addr add 10.0.0.1/24 dev d0
ip -n b addr add 10.0.0.2/24 dev d1
ip link set d0 up
ip -n b link set d1 up
sleep 1.1
ip route add unreachable 10.1.0.0/16
ip route add prohibit 10.2.0.0/16
ip route add blackhole 10.3.0.0/16
traceroute -T -n 127.0.0.1
traceroute -Tn -q 1 10.0.0.1 100
traceroute -T -I -n 127.0.0.1
traceroute --tcp -p 70000 -q 1 -n 10.0.0.2
traceroute -T -p 0 -q 1 --mtu 10.0.0.2
traceroute -T -n -i eth9 127.0.0.1
traceroute -T -n -s 10.9.9.9 127.0.0.1
traceroute -T -n 10.77.0.1
traceroute -T -n 10.1.0.1
traceroute -T -n 10.2.0.1
traceroute -T -n 10.3.0.1
traceroute -T -n 10.0.0.255
traceroute -T -n -w 0.5 -m 2 10.0.0.77
sysctl -w net.ipv4.tcp_timestamps=0
traceroute -T -n -q 1 10.0.0.2
`,
  tracerouteTcpRow: `
${FOUR}
${C} traceroute -T -n 10.0.2.2
${C} traceroute -T -n -N 1 -q 2 -p 443 -s 10.0.0.1 -i right 10.0.2.2
${C} traceroute -T -n -f 2 -m 2 10.0.2.2
`,
  tracerouteTcpListens: `
${FOUR}
ip netns exec s timeout 4 nc -lk 80 > /dev/null & sleep 0.5
${C} traceroute -T -n -q 2 10.0.2.2
sleep 0.2
ip netns exec s ss -tan
`,
  tracerouteTcpErrors: `
${REFUSING}
${C} traceroute -T -n -w 0.5 -m 4 -q 1 10.5.0.1
${C} traceroute -T -n -w 0.5 -m 4 -q 1 10.6.0.1
${C} traceroute -T -n -w 0.5 -m 3 -q 1 10.7.0.1
${C} traceroute -T -n -w 0.5 -q 1 10.8.0.1
`,
  tracerouteTcpFiltered: `
${FOUR}
ip netns exec r2 iptables -A FORWARD -p tcp --dport 80 -j DROP
ip netns exec s iptables -A INPUT -p tcp --dport 443 -j REJECT
${C} traceroute -T -n -w 0.5 -q 1 -m 4 10.0.2.2
${C} traceroute -T -n -w 0.5 -q 1 -p 443 10.0.2.2
${C} traceroute -T -n -w 0.5 -q 1 -p 81 10.0.2.2
ip netns exec s iptables -I INPUT -p tcp --syn --dport 90 --tcp-option 4 -m tcpmss --mss 1460 -m length --length 60 -m ttl --ttl-eq 1
ip netns exec s iptables -I INPUT -p tcp --dport 90 --tcp-flags ALL SYN --tcp-option 8 -m u32 --u32 "0>>22&0x3C@12&0xFFFF=5840"
ip netns exec s iptables -I INPUT -p tcp --dport 90 -m u32 --u32 "0>>22&0x3C@20=0x020405b4 && 0>>22&0x3C@36=0x01030302 && 6&0xFF=6"
${C} traceroute -T -n -N 1 -q 2 -p 90 10.0.2.2
ip netns exec s iptables -vS INPUT
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
};
