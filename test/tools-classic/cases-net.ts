// arping, path MTUs, and net-tools.
import { C, row } from "./row.ts";

export const NET: Readonly<Record<string, string>> = {
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
netstat
netstat -an
netstat -ln
netstat -tulna
netstat -st
netstat -su
netstat -s --tcp --udp
netstat -ltn
netstat -tan
netstat -anW4
netstat -an6
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
