// The lab that iproute2 4.4 is asked about, and what it is asked.
export const BUILD = `
ip netns add n1
ip netns exec n1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip link add eth0 address 02:00:00:00:00:01 type veth peer name eth0 netns n1 address 02:00:00:00:00:02
ip link add d0 address 02:00:00:00:00:03 type veth peer name d1 address 02:00:00:00:00:04
ip link add br0 address 02:00:00:00:00:05 type bridge
ip link set d1 master br0
ip link set lo up
ip link set eth0 up
ip -n n1 link set lo up
ip -n n1 link set eth0 up
ip link set d0 up
ip link set lo txqueuelen 1
ip link set br0 txqueuelen 0
ip addr add 10.0.104.183/19 brd + dev eth0
ip addr add 10.0.104.184/19 brd + dev eth0
ip addr add 10.7.0.1/32 dev lo
ip -n n1 addr add 10.0.96.1/19 brd + dev eth0
ip route add default via 10.0.96.1
ip route add 10.0.97.30 dev eth0 scope link
ip route add 10.0.97.31 dev eth0 scope link metric 7 proto static src 10.0.104.184 mtu 1400
ip route add 10.3.0.0/16 via 10.0.96.1 dev eth0 onlink mtu lock 1300
ip route add blackhole 10.4.0.0/16
ip route add 10.5.0.0/16 nexthop via 10.0.96.1 weight 2 nexthop dev eth0
ip route add default via 10.0.96.1 dev eth0 table 2
ip route add 10.0.96.1 dev eth0 scope link table 2
ip rule add pref 512 to 10.0.97.30 lookup main
ip rule add pref 1025 not to 10.0.0.0/16 lookup main
ip rule add pref 1030 fwmark 0x80/0x80 lookup main suppress_prefixlength 0
ip rule add pref 1031 from 10.9.9.9 blackhole
ip rule add pref 1536 from 10.0.97.30 lookup 2
ip neigh add 10.0.97.40 lladdr 02:00:00:00:00:0b dev eth0 nud permanent
ping -c 1 -W 4 10.0.97.41 >/dev/null || true
`;

export const ASKED = [
  "ip addr",
  "ip -4 addr",
  "ip -o addr show dev eth0",
  "ip link",
  "ip link show d1",
  "ip route",
  "ip route show table 2",
  "ip route show table local",
  "ip route show table all",
  "ip route show dev eth0",
  "ip route show proto static",
  "ip route list scope link",
  "ip -o route",
  "ip rule",
  "ip rule list",
  "ip neigh",
  "ip neigh show dev eth0",
  "ip route get 10.0.97.30",
  "ip route get 10.0.97.31",
  "ip route get 8.8.8.8",
  "ip route get 10.0.104.183",
  "ip route get 8.8.8.8 from 10.0.104.184",
  "ip -V",
  "ip -j addr",
  "ip -n n1 route",
];
