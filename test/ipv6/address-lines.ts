// Command lines about addresses of IPv6 that end, that have peers, and that stay when their device goes down.
export const ADDRESS_LINES = `
sysctl -qw net.ipv6.conf.all.disable_ipv6=0
ip link add e0 address 02:00:00:00:00:10 type veth peer name e1 address 02:00:00:00:00:11
ip link set e0 up
ip link set e1 up
sleep 2.6
ip addr add fd00::1/64 dev e0 valid_lft 4 preferred_lft 2 nodad
ip addr add fd01::1/64 dev e0 valid_lft 100 preferred_lft 50 nodad
ip addr add fd02::1/64 dev e0 preferred_lft 3 nodad
ip addr add fd03::1/64 dev e0 valid_lft 100 preferred_lft 0 nodad
ip addr add fd03::2/64 dev e0 valid_lft 0x60 preferred_lft forever nodad
ip addr add fd04::1/64 dev e0 valid_lft 0
ip addr add fd04::1/64 dev e0 valid_lft 5
ip addr add fd04::1/64 dev e0 valid_lft 5 preferred_lft 6
ip addr add fd04::1/64 dev e0 valid_lft 5 preferred_lft x
ip addr add fd04::1/64 dev e0 valid_lft 5 valid_lft 6
ip addr add fd05::1 peer fd05::2 dev e0 nodad
ip addr add fd06::1 peer fd06::2/64 dev e0 nodad
ip addr add fd06::1/64 peer fd06::3/64 dev e0 nodad
ip addr add fd07::1/64 peer fd08::2/48 dev e0 nodad metric 5
ip addr add fd09::1/64 peer fd09::1/64 dev e0 nodad
ip addr add fd0a::1/64 peer fd0a::2/64 peer fd0a::3/64 dev e0
ip addr add fd0b::1 peer fd0b::2/64 dev e0
ip addr add fd10::1/64 dev e0 valid_lft 100 preferred_lft 50 nodad
ip addr add fd10::2/64 dev e0 nodad
ip addr add fd11::2/64 dev e0 nodad
ip addr add fd11::1/64 dev e0 valid_lft 60 preferred_lft 50 nodad
sleep 0.3
ip -6 addr show e0
ip -j -6 addr show e0
ip -6 -br addr
ip -6 addr show dynamic
ip -6 addr show permanent
ip -6 addr show deprecated
ip -6 addr show to fd08::/16
ip -6 route show table all
ip -j -6 route
ip -6 route get 2001:db8::1
ip -6 route get fd00::5
ip -6 route get fd08::2
ip -6 route add default via fd01::2
ip -6 route get 2001:db8::1
ip -6 route get fd02::9
sleep 2
ip -6 addr show e0
ip -6 route show table all
sleep 2
ip -6 addr show e0
ip -6 addr show deprecated
ip -6 route get fd00::5
ip -6 route get fd02::9
ip -6 route show table local
ip addr del fd05::1 dev e0
ip addr del fd06::1/64 dev e0
ip addr del fd07::1/64 dev e0
ip addr del fd07::1 peer fd08::2/48 dev e0
ip addr del fd10::2/64 dev e0
ip addr del fd11::2/64 dev e0
ip addr del fd01::1/64 dev e0
ip addr del fd02::1/64 dev e0
ip -6 route show proto kernel dev e0 root fd01::/16
ip -6 route show root fd10::/15
ip -6 route show root fd05::/16
ip -6 route show root fd06::/15
ip -6 route show root fd08::/16
ip addr change fd03::1/64 dev e0
ip addr change fd09::1/64 peer fd0c::1/64 dev e0 metric 9
ip addr add fd0d::1 peer fd0e::2/48 dev e0 nodad
ip addr change fd0d::1/48 peer fd0f::2/48 dev e0
ip addr replace fd0b::1/64 dev e0
sleep 1
ip -6 addr show e0
ip -6 route show root fd03::/16
ip -6 route show root fd08::/13
sysctl -qw net.ipv6.conf.e0.keep_addr_on_down=1
sysctl net.ipv6.conf.e0.keep_addr_on_down
ip link set e0 down
ip addr show e0
ip -6 route show table all
ip addr add fd12::1/64 dev e0 nodad
ip addr add fd13::1/64 dev e0 valid_lft 60 preferred_lft 50
ip link set e0 up
sleep 0.2
ip -6 addr show e0
ip -6 route
sleep 2.4
ip -6 addr show e0
ip -6 route show table all
ip link set e0 mtu 1279
ip -6 addr show e0
ip link set e0 mtu 1500
sleep 2.3
sysctl net.ipv6.conf.e0.keep_addr_on_down
sysctl -qw net.ipv6.conf.all.keep_addr_on_down=1
ip addr add fd14::1/64 dev e0
ip link set e1 down
sleep 0.2
ip link set e0 down
ip -6 addr show e0
ip link set e0 up
ip -6 addr show e0
ip link set e1 up
sleep 2.3
ip -6 addr show e0
sysctl -qw net.ipv6.conf.e0.disable_ipv6=1
ip -6 addr show e0
`
  .split("\n")
  .filter((line) => line !== "");
