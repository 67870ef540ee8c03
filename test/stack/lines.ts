// Command lines that the real tools and kernel answer the same: marks, several default routes, counters, neighbours.
// What only needs time on a real machine (`sleep`) is left out when the answers are compared.

/** Two namespaces on a cable; `b` has a second address that only marked packets reach. */
const PAIR = `
ip netns add a
ip netns add b
ip link add e0 netns a type veth peer name e1 netns b
ip link add f0 netns a type veth peer name f1 netns b
ip -n a link set lo up
ip -n b link set lo up
ip -n a link set e0 up
ip -n b link set e1 up
ip -n a link set f0 up
ip -n b link set f1 up
ip -n a addr add 10.0.0.1/24 dev e0
ip -n b addr add 10.0.0.2/24 dev e1
ip -n a addr add 10.0.1.1/24 dev f0
ip -n b addr add 10.0.1.2/24 dev f1
sleep 1.3
`;

export const LINES = `${PAIR}
ip -n b addr add 10.7.7.7/32 dev lo
ip -n a route add 10.7.7.7 via 10.0.1.2 table 77
ip -n a rule add fwmark 0x7 lookup 77
ip netns exec a ping -c 1 -W 1 10.7.7.7
ip netns exec a ping -c 1 -W 1 -m 7 10.7.7.7
ip netns exec a ping -c 1 -W 1 -m 8 10.7.7.7
ip -n a route get 10.7.7.7 mark 7
ip -n a route get 10.7.7.7
ip netns exec a sysctl net.ipv4.fwmark_reflect net.ipv4.tcp_fwmark_accept net.ipv4.conf.e0.src_valid_mark
ip netns exec a nstat -a
ip netns exec a nstat -a 'Icmp*'
ip netns exec a nstat -az 'IpOut*'
ip netns exec a cat /proc/net/route
ip netns exec a cat /proc/net/arp
ip netns exec a cat /proc/net/snmp
ip netns exec a cat /proc/sys/net/ipv4/ip_forward
ip netns exec a netstat -s
ip -n a route append default via 10.0.0.66
ip -n a route append default via 10.0.0.2
ip -n a route append default via 10.0.0.77
ip -n a route get 10.7.7.7
ip netns exec a ping -c 1 -W 4 10.7.7.7
ip -n a route get 10.7.7.7
ip netns exec a ping -c 1 -W 4 10.7.7.7
ip -n a route get 10.7.7.7
ip -n a route get 10.7.7.7
ip -n a route get 10.7.7.7 oif e0
ip -n a neigh flush dev e0
ip -n a route get 10.7.7.7
ip -n a neigh add 10.0.0.66 lladdr 02:00:00:00:00:66 dev e0 nud stale
ip -n a neigh add 10.0.0.77 lladdr 02:00:00:00:00:77 dev e0 nud permanent
ip -n a route get 10.7.7.7
ip -n a route get 10.7.7.7
ip -n a route get 10.7.7.7
ip -n a route del default via 10.0.0.66
ip -n a route get 10.7.7.7
ip netns exec a sysctl net.ipv4.neigh.e0.unres_qlen net.ipv4.neigh.e0.unres_qlen_bytes
ip netns exec a sysctl -w net.ipv4.neigh.e0.unres_qlen=3
ip netns exec a sysctl net.ipv4.neigh.e0.unres_qlen_bytes
ip netns exec a sysctl -w net.ipv4.neigh.e0.mcast_solicit=1 net.ipv4.neigh.e0.retrans_time_ms=200
ip netns exec a ping -c 1 -W 1 10.0.0.99
ip netns exec a sysctl net.ipv4.neigh.default.gc_thresh3
ip -n a neigh show nud permanent
ip -n a neigh show nud failed
ip -n a -s neigh flush dev f0
`
  .trim()
  .split("\n");
