// Command lines whose words are compared with the real tools': IPv6's addresses, routes, rules and neighbours.
export const LINES = `
sysctl -qw net.ipv6.conf.all.disable_ipv6=0
ip link add e0 address 02:00:00:00:00:10 type veth peer name e1 address 02:00:00:00:00:11
ip link add e2 address 02:00:00:00:00:12 type veth peer name e3 address 02:00:00:00:00:13
ip addr
ip link set e0 up
sleep 0.3
ip addr
ip -6 route show table all
ip link set e1 up
ip link set e2 up
ip link set e3 up
sleep 2.6
ip addr
ip -6 addr
ip -6 route show table all
ip -d -6 route show table all
ip -j -6 route show table all
ip addr add fd00::1/64 dev e0
ip addr add fd00::1/64 dev e0
ip addr add fd00::1/65 dev e0
ip addr add fd01::1/64 dev e2 nodad
ip addr add fd00::2 dev e0 nodad
ip addr add fd00::3/64 dev e0 noprefixroute nodad
ip addr add fd00::4/64 dev e0 preferred_lft 0 nodad
ip addr add fd00::5/64 dev e0 label foo nodad
ip addr add fd00::6/64 dev e0 scope link nodad
ip addr add fd00::7/64 brd fd00::8 dev e0 nodad
ip addr add ff02::1/64 dev e0
ip addr add ::/64 dev e0
ip addr add ::1/128 dev e0
ip addr add fd00::5/129 dev e0
ip addr add fg00::5/64 dev e0
ip addr add fec0::5/64 dev e0 nodad
ip addr add fd00::9/64 dev e0 metric 77 nodad
ip addr add fd00::9/64
ip addr add fd00::9/64 dev nope
ip addr show tentative
ip -6 addr show deprecated
ip addr show e0
ip -4 addr
ip -6 addr
ip -br addr
ip -6 -br addr
ip -o addr
ip -6 -o addr
ip -j addr show e0
ip -6 -j addr show e0
ip -6 addr show scope link
ip -6 addr show scope global
ip -6 addr show to fd00::/64
ip addr show to fd00::/64
ip -6 addr show dynamic
ip -6 addr show permanent dev e2
ip -6 addr show up
ip addr del fd00::77/64 dev e0
ip addr del fd00::9 dev e0
ip -6 route
ip addr del fd00::9/64 dev e0
ip addr replace fd00::4/64 dev e0
ip addr change fd00::3/64 dev e0
sleep 2.3
ip addr show e0
ip -6 route
ip -6 route show table local
ip addr del fd00::6/64 dev e0
ip addr del fec0::5/64 dev e0
ip addr del fd00::2/128 dev e0
ip addr del fd00::3/64 dev e0
ip addr del fd00::4/64 dev e0
ip -6 route
ip -6 route add default via fd00::2
ip -6 route add default via fd00::2
ip -6 route add default via fd01::2
ip route add default via fd01::2 dev e2 metric 10
ip -6 route add 2001:db8::/32 via fe80::5
ip -6 route add 2001:db8::/32 via fe80::5 dev e0
ip -6 route add 2001:db8::1/32 via fe80::5 dev e0
ip -6 route add unreachable 2001:db9::/32
ip -6 route add blackhole 2001:dba::/32 metric 7
ip -6 route add prohibit 2001:dbb::/32 proto static
ip -6 route add throw 2001:dbc::/32
ip -6 route add 2001:db8:1::/48 nexthop via fd00::2 dev e0 weight 2 nexthop via fd01::2 dev e2
ip -6 route append 2001:db8:1::/48 via fd00::7
ip -6 route append 2001:db8:1::/48 via fd00::9
ip -6 route append 2001:db8:1::/48 via fd00::9
ip -6 route add 2001:db8:2::/48 via fd77::1
ip -6 route add 2001:db8:2::/48 via fd77::1 dev e0
ip -6 route add 2001:db8:2::/48 via fd77::1 dev e0 onlink
ip -6 route add 2001:db8:3::/48 dev e0 src fd00::1 mtu 1400
ip -6 route add 2001:db8:33::/48 via fd00::2 mtu lock 1300
ip -6 route add 2001:db8:4::/48 via fd00::2 src fd01::1
ip -6 route add 2001:db8:5::/48 via fd00::1
ip -6 route add 2001:db8:5::/48 via ff02::1
ip -6 route add 2001:db8:6::/48 dev e0 src fd09::1
ip -6 route add local 2001:db8:7::/64 dev lo
ip -6 route add 2001:db8:8::/48 dev nope
ip -6 route add 2001:db8:8::/129 dev e0
ip -6 route add 2001:db8:8::/48
ip -6 route add 2001:db8:8::/48 dev e0 scope link
ip -6 route add 2001:db8:9::/48 dev e0 table 100
ip -6 route replace 2001:db8:9::/48 via fd00::9 table 100
ip -6 route change 2001:db8:a::/48 via fd00::9
ip -6 route del 2001:db8:a::/48
ip -6 route del default via fd00::99
ip -6 route frob
ip -6 route add 2001:db8:8::/48 via frob
ip -4 route add 2001:db8:8::/48 dev e0
ip -6 route
ip -6 route show table all
ip -6 route show table 77
ip -d -6 route
ip -j -6 route
ip -o -6 route
ip -6 route show dev e0
ip -6 route show via fd00::2
ip -6 route show 2001:db8::/16
ip -6 route show root 2001:db8::/32
ip -6 route show match 2001:db8:3::1
ip -6 route show proto kernel
ip -6 route show metric 7
ip -6 route show type blackhole
ip -6 route show default
ip -6 route get 2001:db9::1
ip -6 route get 2001:dba::1
ip -6 route get 2001:dbb::1
ip -6 route get 2001:dbc::1
ip -6 route get 2001:db8:4::1
ip -6 route get 2001:db8:4::1 from fd00::1
ip -6 route get 2001:db8:4::1 from fd05::1
ip -6 route get 2001:db8:4::1 oif e2
ip -6 route get 2001:db8:3::1
ip -6 route get 2001:db8:33::1
ip -j -6 route get 2001:db8:33::1
ip -6 route get 2001:db8:7::9
ip -6 route get fe80::1
ip -6 route get fe80::1 oif e2
ip -6 route get fd00::1
ip -6 route get ::1
ip -6 route get ff02::1
ip -6 route get ff02::1 oif e2
ip -6 route get ::
ip -6 route get 2001:db8:4::1 iif e2
ip -6 route get fd00::1 iif e2
ip -6 route get 2001:db8:4::/64
ip -6 route get
ip route get fd01::77
ip -6 route del 2001:db8:1::/48 via fd00::9
ip -6 route show 2001:db8:1::/48
ip -6 route replace 2001:db8:1::/48 via fd00::5
ip -6 route replace 2001:db8:8::/48 via fd00::6
ip -6 route
ip -6 route del default
ip -6 route
ip -6 route flush 2001:db8::/16
ip -6 route flush root 2001:db8::/16
ip -6 route
ip -6 route add 2001:db8:1::/48 nexthop via fd00::2 dev e0 weight 2 nexthop via fd01::2 dev e2
ip link set e3 down
sleep 1.2
ip -6 route show table all
ip link set e2 down
ip -6 route show table all
ip -j -6 route
ip addr
ip link set e2 up
ip link set e3 up
sleep 2.6
ip addr
ip -6 route show table all
ip link set lo down
ip -6 route show table all
ip addr show lo
ip link set lo up
ip -6 route show table all
ip -6 rule
ip -6 rule add from fd00::/64 lookup 100
ip -6 rule add to fd00::/64 lookup 100 pref 5
ip -6 rule add from fd00::/64 lookup 100
ip -6 rule add iif e0 unreachable
ip -6 rule add from fd00::1 blackhole
ip -6 rule add not fwmark 0x1/0xff table 7 suppress_prefixlength 0
ip -6 rule add lookup 0
ip rule add from fd00::/64 lookup 5
ip -6 rule
ip -j -6 rule
ip -6 rule show from fd00::/64
ip -6 rule show lookup 100
ip -6 rule del from fd00::/64
ip -6 rule del from fd09::/64
ip -6 route get fd01::2
ip -6 route get fd01::2 from fd00::1
ip -6 rule flush
ip -6 rule
ping -c 1 fd00::8
ip -6 rule add pref 32766 lookup main
ip -6 rule
ip -6 neigh
ip -6 neigh add fd00::55 lladdr 02:00:00:00:00:01 dev e0
ip neigh add fd00::56 lladdr 02:00:00:00:00:01 dev e0 router nud stale
ip -6 neigh add fd00::55 lladdr 02:00:00:00:00:01 dev e0
ip -6 neigh add fd00::57 dev e0
ip neigh
ip -6 neigh show dev e0
ip -4 neigh
ip -6 neigh show to fd00::55
ip -6 neigh show nud permanent
ip -6 neigh get fd00::56 dev e0
ip -6 neigh get fd00::99 dev e0
ip -6 neigh add proxy fd00::58 dev e0
ip -6 neigh show proxy
ip -6 neigh del proxy fd00::58 dev e0
ip -6 neigh change fd00::99 lladdr 02:00:00:00:00:01 dev e0
ip -6 neigh replace fd00::55 lladdr 02:00:00:00:00:02 dev e0
ip -6 neigh del fd00::55 dev e0
ip -6 neigh del fd00::55 dev e0
ip -6 neigh flush dev e0
ip -6 neigh
ip -6 route del 2001:db8:1::/48
ip netns add far
ip link set e1 netns far
ip -n far addr
ip netns exec far sysctl -qw net.ipv6.conf.all.disable_ipv6=0
ip -n far link set lo up
ip -n far link set e1 up
ip -n far addr add fd00::8/64 dev e1 nodad
ip -n far addr add fd00::7/64 dev e1
sleep 2.6
ip -n far addr
ip -6 addr show e0
ping -c 1 fd00::8
ping -6 -c 2 -i 0.2 fd00::8
ping -c 1 fe80::ff:fe00:11%e0
ping -c 1 -I e0 fe80::ff:fe00:11
ping -c 1 ::1
ping -c 1 ::
ping -c 1 fd00::1
ping -c 1 2001:db8::1
ping -6 -c 1 127.0.0.1
ping -4 -c 1 ::1
ping -c 1 fe80::1%nope
ping -c 1 fd00::zz
ping -c 1 -I fd99::5 ::1
ping -c 1 -I fd00::1 ::1
ping -c 1 -s 3000 fd00::8
ping -c 1 -t 1 fd00::8
ping -c 1 -q fd00::8
ping -c 1 -W 1 -n fd00::77
sleep 5
ip -6 neigh
ip -n far neigh
ip netns exec far sysctl -qw net.ipv6.conf.all.forwarding=1
ip -n far -6 route show table all
ip -n far neigh
ping -c 1 fd00::8
ping -c 1 fd00::
ip neigh
sysctl -qw net.ipv6.conf.e0.disable_ipv6=1
ip addr show e0
ip -6 route
ip addr add fd00::5/64 dev e0
ip addr del fd00::5/64 dev e0
ip -6 route add fd07::/64 dev e0
sysctl -qw net.ipv6.conf.e0.disable_ipv6=0
sysctl -qw net.ipv6.conf.e0.accept_dad=0
ip -6 addr show e0
sleep 2.3
ip -6 addr show e0
ip link set e0 mtu 1279
ip -6 addr show e0
ip link set e0 mtu 1500
sleep 2.3
ip -6 addr show e0
ip addr add fd00::8/64 dev e0
sleep 2.3
ip -6 addr show e0
ip addr flush dev e0
ip addr show e0
ip -6 route
sysctl net.ipv6.conf.e0.accept_dad net.ipv6.conf.all.forwarding net.ipv6.conf.default.hop_limit
sysctl net.ipv6.conf.nope.accept_dad
ip link add k0 address 02:00:00:00:00:20 type veth peer name k1
ip link set k0 up
ip link set k1 up
sleep 2.6
ip addr add fd99::1/64 dev k0 nodad
ip -6 route add 2001:db8:99::/48 nexthop via fd99::2 dev k0 nexthop via fd99::2 dev k0 weight 3
ip -6 route add fd98::/64 dev k0 metric 7
ip addr add 10.99.0.1/24 dev k0
ip route show table all dev k0
ip -4 route show table all dev k0
ip -6 route show table all dev k0
ip -j route show table all dev k0
ip link set lo up
ip addr add fd97::1/128 dev lo nodad
ip -6 route show dev lo
`
  .split("\n")
  .filter((line) => line !== "");
