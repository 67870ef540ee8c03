// busybox: what it prints of the same things.
export const BUSYBOX: Readonly<Record<string, string>> = {
  busybox: `
ip netns add n1
ip -n n1 link set lo up
ip link add d0 address 02:00:00:00:00:01 type veth peer name d1 address 02:00:00:00:00:02
ip link add e0 address 02:00:00:00:00:03 type veth peer name e1 netns n1 address 02:00:00:00:00:04
ip link add br0 type bridge
ip link set d1 master br0
ip link set e0 up
ip -n n1 link set e1 up
ip link set d0 up
ip link set d1 up
ip addr add 10.0.0.1/24 brd + dev d0
ip addr add 10.0.0.9/24 dev d0
ip addr add 10.1.0.1/16 dev e0
ip -n n1 addr add 10.1.0.2/16 dev e1
ip addr add 9.9.9.9/32 dev lo
ip link set d0 promisc on txqueuelen 500
ip link set d1 arp off multicast off
ip route add default via 10.1.0.2
ip route add 1.0.0.0/8 via 10.1.0.2 metric 5 proto static
ip route add blackhole 2.0.0.0/8
ip route add 3.0.0.0/8 nexthop via 10.1.0.2 nexthop dev e0 weight 3
ip route add 4.0.0.0/8 via 10.1.0.2 dev e0 onlink mtu 1400 src 10.0.0.9 proto bird metric 9
ip route add 5.0.0.0/8 dev d0 table 100
ip rule add from 10.0.98.10 lookup 100
ip rule add pref 512 to 10.0.97.30 lookup main
ip rule add pref 1024 fwmark 0x80/0x80 lookup main
ip neigh add 10.1.0.7 lladdr 02:00:00:00:00:0b dev e0
sleep 1.1
busybox ip addr show dev e0
busybox ip a show dev d0
busybox ip addr show dev d1
busybox ip link show dev lo
busybox ip link
busybox ip -4 addr
busybox ip -o addr
busybox ip -o -4 a
busybox ip addr show dev nope
busybox ip route
busybox ip ro show table 100
busybox ip route show table local
busybox ip route list dev e0
busybox ip route show table all
busybox ip rule
busybox ip rule list
busybox route -n
ip route add unreachable 6.0.0.0/8 metric 9
ip route add 5.5.5.5 dev e0
busybox route -n
busybox route -ne
busybox netstat -rn
busybox netstat -r -n
busybox ping -c 2 -i 0.2 10.1.0.2
busybox ping -c 1 -q 10.1.0.2
busybox ping -c1 -s 100 10.1.0.2
busybox ping -c 1 -W 1 10.200.0.1
busybox ping -c 1 1.2.3.400
busybox arp -an
busybox arp -n -a 10.1.0.2
busybox arp -an 9.9.9.9
busybox traceroute -n 10.1.0.2
busybox traceroute -n -q 1 10.1.0.2
busybox traceroute -n -m 2 -w 1 10.200.0.1
`,
};
