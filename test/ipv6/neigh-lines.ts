// Command lines about net.ipv6.neigh: what a device's neighbours are asked with, and how long duplicates are looked for.
export const NEIGH_LINES = `
ip netns add a
ip netns add b
ip link add e0 netns a type veth peer name e1 netns b
ip netns exec a sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.e0.disable_ipv6=0 net.ipv6.conf.e0.router_solicitations=0
ip netns exec b sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.e1.disable_ipv6=0 net.ipv6.conf.e1.router_solicitations=0
ip -n a link set e0 up
ip -n b link set e1 up
sleep 2.6
ip -n a addr add fd00::1/64 dev e0 nodad
ip -n b addr add fd00::2/64 dev e1 nodad
ip netns exec a sysctl net.ipv6.neigh.e0.app_solicit net.ipv6.neigh.e0.base_reachable_time_ms net.ipv6.neigh.e0.delay_first_probe_time
ip netns exec a sysctl net.ipv6.neigh.e0.gc_stale_time net.ipv6.neigh.e0.mcast_resolicit net.ipv6.neigh.e0.mcast_solicit
ip netns exec a sysctl net.ipv6.neigh.e0.retrans_time_ms net.ipv6.neigh.e0.ucast_solicit
ip netns exec a sysctl net.ipv6.neigh.e0.unres_qlen net.ipv6.neigh.e0.unres_qlen_bytes
ip netns exec a sysctl -w net.ipv6.neigh.e0.unres_qlen=3
ip netns exec a sysctl net.ipv6.neigh.e0.unres_qlen_bytes
ip netns exec a sysctl net.ipv6.neigh.e9.unres_qlen
ip netns exec a sysctl net.ipv6.neigh.default.retrans_time_ms
ip netns exec a sysctl -w net.ipv6.neigh.e0.mcast_solicit=1 net.ipv6.neigh.e0.retrans_time_ms=300
ip netns exec a ping -6 -c 1 -W 1 fd00::99
ip -6 -n a neigh show nud failed
ip netns exec a sysctl -w net.ipv6.neigh.e0.delay_first_probe_time=1 net.ipv6.neigh.e0.base_reachable_time_ms=400 net.ipv6.neigh.e0.ucast_solicit=1
ip netns exec a ping -6 -c 1 -W 1 fd00::2
sleep 3
ip -n b link set e1 address 02:00:00:00:00:77
ip -6 -n a neigh show to fd00::2 nud stale
ip netns exec a ping -6 -c 1 -W 1 fd00::2
sleep 2
ip -6 -n a neigh show to fd00::2
ip netns exec a sysctl -qw net.ipv6.neigh.e0.retrans_time_ms=3000
ip -n a addr add fd00::5/64 dev e0
sleep 2.2
ip -n a -6 addr show e0 tentative
sleep 2.5
ip -n a -6 addr show e0 tentative
`
  .split("\n")
  .filter((line) => line !== "");
