import { FLAG_CASES } from "./cases-flags.ts";

// Command lines that the real tools and the model are both given; each case begins on a new machine. A line that waits
// (`sleep 1.1`) gives a real kernel the time it takes to notice a carrier.
export const CASES: Readonly<Record<string, string>> = {
  ...FLAG_CASES,
  addresses: `
ip a
ip link add veth0 type veth peer name veth1
ip addr add 10.8.9.1/24 dev veth0
ip route show table all
ip addr del 10.8.9.1/24 dev veth0
ip link set veth0 up
ip addr add 10.0.0.1/24 dev veth0
ip route show table all
ip link set veth1 up
sleep 1.1
ip route show table all
ip addr add 10.0.0.1/24 dev veth0
ip addr add 10.0.0.1/25 dev veth0
ip addr add 10.0.0.5/24 dev veth0
ip addr add 10.1.0.1/24 brd + dev veth0
ip addr add 10.2.0.1/24 brd 10.2.0.77 dev veth0
ip addr add 10.3.0.1/31 brd + dev veth0
ip addr add 10.4.0.1/24 scope link dev veth0
ip addr add 10.5.0.1/24 scope host dev veth0
ip addr add 10.6.0.1/24 label veth0:x dev veth0
ip addr add 10.7.0.1/24 label foo dev veth0
ip addr add 10.8.0.1 dev veth0
ip addr add 10.10.0.1/255.255.0.0 dev veth0
ip addr add local 10.11.0.1/16 broadcast 10.11.255.255 dev veth0
ip addr add 127.0.0.5/8 dev veth0
ip addr add 127.0.0.5/8 dev lo
ip addr add 0.0.0.0/24 dev veth0
ip addr add 10.9.0.0/24 dev veth0
ip addr add 10.0.0.9/24 scope link dev veth0
ip addr add 172.16.0.1/16 brd - dev veth0
ip a
ip -4 a
ip -br a
ip -4 -br a
ip -o a
ip -4 -o a
ip -j a
ip -j -br a
ip -s addr show lo
ip addr show dev veth0
ip a s veth0
ip addr show to 10.0.0.0/24
ip addr show up
ip addr show scope host
ip addr show scope link
ip addr show label lo
ip addr show label veth*
ip addr show type veth
ip addr show type bridge
ip addr show secondary
ip addr show primary dev lo
ip route show table all
ip addr del 10.0.0.1/24 dev veth0
ip a s veth0
ip route show table all
ip addr del 10.0.0.1/24 dev veth0
ip addr del 10.1.0.1 dev veth0
ip addr del 10.77.0.1 dev veth0
ip addr del 10.2.0.1/24 dev veth0
ip addr change 10.3.0.1/31 dev veth0
ip addr replace 10.3.0.7/31 dev veth0
ip route show table all
ip addr flush dev veth0 scope link
ip addr flush to 10.5.0.0/16
ip a s veth0
ip addr flush dev veth0
ip a s veth0
ip route show table all
ip ad
ip addre show lo
ip a l
ip a ls lo
ip --brief address
`,
  addressErrors: `
ip link add veth0 type veth peer name veth1
ip addr add 10.0.0.300/24 dev veth0
ip addr add 10.0.0.1/33 dev veth0
ip addr add 10.0.0.1/24/24 dev veth0
ip addr add foo dev veth0
ip addr add 10.0.0.1/24
ip addr add 10.0.0.1/24 dev nope
ip addr add dev veth0
ip addr add 10.0.0.1/24 10.0.0.2/24 dev veth0
ip addr add 10.0.0.1/24 dev
ip addr add 10.0.0.1/24 scope foo dev veth0
ip addr add 10.0.0.1/24 brd foo dev veth0
ip addr add 10.0.0.1/24 brd + brd + dev veth0
ip addr change 10.0.0.1/24 dev veth0
ip addr flush
ip addr flush dev nope
ip addr show nope
ip addr show dev lo dev veth0
ip addr show dev
ip addr show master nope
ip addr show to foo
ip addr show scope foo
ip addr bla
ip foo
ip -x a
ip -n nope a
ip -n
ip l foo
ip r foo
ip n foo
ip ru foo
ip -V
`,
  addressPeers: `
ip link add d0 type veth peer name d1
ip link set d0 up
ip link set d1 up
sleep 1.1
ip addr add 10.0.0.1 peer 10.0.0.2/24 dev d0
ip addr add 10.0.0.1 peer 10.9.0.2 dev d0
ip addr add 10.0.0.3 peer 10.0.0.9/24 dev d0
ip addr add 10.21.0.1/24 remote 10.9.9.1 dev d0
ip addr add 10.28.0.1/24 brd + peer 10.33.0.0/20 dev d0
ip addr add 10.100.0.1/30 peer 10.100.0.1 dev d0
ip addr add 10.101.0.1/30 peer 10.101.0.1/28 dev d0
ip addr add 10.102.0.1/30 peer 10.101.0.2/28 dev d0
ip addr add 10.102.0.1/30 peer 10.101.0.2/28 dev d0
ip addr add 10.102.0.1/30 peer 10.101.0.3/28 dev d0
ip addr add 10.103.0.1/30 peer 127.0.0.9/28 dev d0
ip addr add 127.0.0.9/8 peer 10.103.0.3 dev d0
ip addr add 10.104.0.1/24 peer 10.104.1.3 brd 10.4.4.4 dev d0
ip addr add 10.7.0.4/16 noprefixroute brd + dev d0
ip addr add 10.8.0.4/16 metric 50 dev d0
ip addr add 10.8.0.5/16 metric 60 dev d0
ip addr add 10.12.0.4/16 anycast 10.0.0.1 home secondary dev d0
ip addr show d0
ip -j addr show d0
ip -br addr show d0
ip -br -j addr show d0
ip -o addr show d0
ip route show table all
ip route get 10.0.0.9
ip route get 10.9.0.2
ip route get 10.7.0.9
ip -br addr show noprefixroute
ip -br addr show -noprefixroute
ip -br addr show to 10.9.0.0/16
ip -4 -br addr show -primary
ip -4 -br addr show dynamic
ip -4 -br addr show home
ip -4 -br addr show -home
ip addr show -foo
ip addr change 10.7.0.4/16 dev d0
ip addr change 10.8.0.4/16 metric 51 dev d0
ip addr change 10.8.0.5/16 metric 61 dev d0
ip addr change 10.0.0.1 peer 10.0.0.7/24 dev d0 metric 9 label xx
ip addr replace 10.101.0.1/28 brd + noprefixroute dev d0
ip addr show d0
ip route show table all
ip addr del 10.102.0.1/28 dev d0
ip addr del 10.102.0.1 peer 10.101.0.9/28 dev d0
ip addr del 10.104.0.1 peer 10.104.1.3 dev d0
ip addr del 10.7.0.4/16 dev d0
ip addr del 10.0.0.1 dev d0
ip addr del 10.0.0.1/24 dev d0
ip addr del 10.103.0.1 peer 127.0.0.9/28 dev d0
ip addr show d0
ip route show table all
ip link set d0 down
ip link set d0 up
ip route show table all
ip addr add 10.1.0.1/24 p 5 dev d0
ip addr add 10.2.0.1/24 prefer 6 dev d0
ip addr add 10.3.0.1/24 preferre 6 dev d0
ip addr add 10.4.0.1/24 metric x dev d0
ip addr add 10.4.0.1/24 peer foo dev d0
ip addr add 10.4.0.1/24 peer 10.9.0.1/33 dev d0
ip addr add 10.4.0.1/24 peer 10.0.0.1 peer foo dev d0
ip addr add 10.4.0.1/24 anycast foo dev d0
ip addr add 10.4.0.1/24 any 10.0.0.3 dev d0
ip addr add 10.4.0.1/24 dynamic dev d0
ip addr add 10.4.0.1/24 -deprecated dev d0
ip addr add 10.4.0.1/24 dadfailed tentative dev d0
ip addr add 10.5.0.1/24 nodad mngtmpaddr optimistic temporary dev d0
ip addr add 10.6.0.1/24 proto 5 dev d0
ip addr add brd + peer 10.0.0.1/24 dev d0
ip addr del peer 10.0.0.1/24 dev d0
ip addr add 0.0.0.0 peer 10.0.0.1 dev d0
ip addr show d0
`,
  addressLives: `
ip link add d0 type veth peer name d1
ip link set d0 up
ip link set d1 up
sleep 1.1
ip addr add 10.7.0.4/16 valid_lft 100 preferred_lft 50 dev d0
ip addr add 10.7.1.4/24 valid_lft 100 preferred_lft 0 dev d0
ip addr add 10.7.2.4/24 preferred_lft 0 dev d0
ip addr add 10.7.3.4/24 preferred_lft 100 dev d0
ip addr add 10.7.4.4/24 valid_lft 0x10 preferred_lft 010 dev d0
ip addr add 10.7.5.4/24 valid_lft forever preferred_lft 4294967295 dev d0
ip addr add 10.7.0.5/16 dev d0
ip addr show d0
ip -o -4 addr show
ip -j addr show d0
ip -br -4 addr show dynamic
ip -br -4 addr show permanent
ip -br -4 addr show -dynamic
ip -br -4 addr show deprecated
ip -br -4 addr show -deprecated
ip -br -4 addr show dynamic permanent
ip -br -4 addr show -permanent deprecated
ip addr replace 10.7.3.4/24 dev d0 valid_lft 5 preferred_lft 1
ip addr replace 10.7.6.4/24 dev d0 valid_lft 5 preferred_lft 4
sleep 2.4
ip addr show d0
ip addr change 10.7.6.4/24 dev d0
sleep 4.1
ip addr show d0
ip route
ip addr flush dev d0 dynamic
ip addr show d0
ip addr flush dev d0 deprecated
ip addr show d0
ip addr add 10.8.0.1/24 valid_lft 0 dev d0
ip addr add 10.8.0.1/24 valid_lft 5 dev d0
ip addr add 10.8.0.1/24 v 5 dev d0
ip addr add 10.8.0.1/24 valid_lft 5 preferred_lft 6 dev d0
ip addr add 10.8.0.1/24 valid_lft x dev d0
ip addr add 10.8.0.1/24 preferred_lft dev d0
ip addr add 10.8.0.1/24 valid_lft 5 valid_lft 6 dev d0
ip addr add 10.8.0.1/24 valid_lft 4294967296 dev d0
ip addr add valid_lft 0 dev nope
ip addr add valid_lft 0 dev d0
ip addr add dev d0
ip addr del 10.7.5.4/24 valid_lft 0 dev d0
ip addr del 10.7.5.4/24 preferred_lft 5 metric 7 dev d0
ip addr show d0
`,
  humanCounters: `
ip link add d0 address 02:00:00:00:00:01 type veth peer name d1 address 02:00:00:00:00:02
ip netns add tur
ip link set d1 netns tur
ip addr add 10.0.0.1/24 dev d0
ip link set d0 up
ip netns exec tur ip addr add 10.0.0.2/24 dev d1
ip netns exec tur ip link set d1 up
ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev d0
ip netns exec tur ip neigh add 10.0.0.1 lladdr 02:00:00:00:00:01 dev d1
sleep 1.1
ping -q -c 11 -i 0.01 -s 1400 10.0.0.2
ip -h -s link show d0
ip -iec -s link show d0
ip -h -iec -s link show d0
ip -iec -h -s -o link show d0
ip -s link show d0
ip -h -s -j link show d0
ip -h -s addr show d0
ip -h addr show d0
ip -t addr show d0
ip -tshort link show d0
ping -q -c 90 -i 0.01 -s 1372 10.0.0.2
ip -h -s link show d0
ip -iec -s link show d0
ip -h route
ip -s -s rule
ip -s -s route
ip netns list-id
ip -j netns list-id
ip netns
ip netns pids tur
ip netns pids nope
ip netns pids
ip netns identify
ip -batch /nowhere
`,
  fibmatch: `
ip link add d0 type veth peer name d1
ip link set d0 up
ip link set d1 up
sleep 1.1
ip addr add 10.0.0.1/24 dev d0
ip route add 10.9.0.0/16 via 10.0.0.7 metric 5
ip route add 10.9.1.0/24 dev d0 src 10.0.0.1 mtu 1400
ip route add 10.9.2.0/24 table 100 via 10.0.0.8
ip route add 10.9.3.0/24 nexthop via 10.0.0.8 nexthop via 10.0.0.9 weight 3
ip route add unreachable 10.9.4.0/24
ip rule add to 10.9.2.0/24 lookup 100
ip rule add to 10.9.5.0/24 prohibit
ip route get fibmatch 10.9.1.1
ip -d route get fibmatch 10.9.1.1
ip -j route get fibmatch 10.9.1.1
ip -j -p route get fibmatch 10.9.0.1
ip route get fibmatch 10.0.0.1
ip route get fibmatch 10.0.0.255
ip route get fibmatch 10.9.2.1
ip -j route get fibmatch 10.9.2.1
ip route get fibmatch 10.9.3.1
ip -o route get fibmatch 10.9.3.1
ip route get fibmatch 10.9.4.1
ip route get fibmatch 10.9.5.1
ip route get fibmatch 10.99.0.1
ip route get fibmatch 127.0.0.1
ip route get fibmatch 10.9.1.1 mark 1
ip route get fibmatch 10.9.1.1 from 10.0.0.1 oif d0
ip route get fibmatch 10.9.1.1 from 10.0.0.9 iif d1
ip route get fibmatch 10.9.1.1 from 10.0.0.99
ip route get 10.0.0.1 fibmatch oif d1
ip route get 10.0.0.1 oif d1
ip route get 10.0.0.1 oif d0
ip route get 10.0.0.1 oif lo
ip route get 10.99.0.1 oif d1
ip route get 10.0.0.255 oif d1
ip route get 127.0.0.5 oif d1
ip route get fibmatch 10.9.1.1 fibmatch
ip route get fib 10.9.1.1
ip link add d2 type veth peer name d3
ip addr add 10.88.0.1/24 noprefixroute dev d3
ip route get 10.88.0.1
ip route get 10.88.0.1 oif d3
ip route get 10.88.0.1 from 10.0.0.1 oif d3
ip route get 10.9.1.1 oif d3
ip link del d2
ip -s route get fibmatch 10.9.1.1
sysctl -q net.ipv4.ip_forward=1
ip addr add 10.77.0.1/24 dev d1
ip route get fibmatch 10.9.1.1 from 10.77.0.9 iif d1
ip route get fibmatch 10.0.0.1 from 10.77.0.9 iif d1
ip neigh add 127.0.0.5 lladdr 02:00:00:00:00:0b dev d0
ip neigh replace 10.0.0.255 lladdr 02:00:00:00:00:0b dev d0
ip neigh
`,
  bridgeCarrier: `
ip link add br0 type bridge
ip link set br0 up
ip addr add 10.0.0.1/24 dev br0
sleep 1.1
ip -br link show br0 type bridge
ip link add br1 address 02:00:00:00:00:99 type bridge
ip link set br1 up
ip link set br0 address 02:00:00:00:00:98
sleep 1.1
ip link show br0
ip link show br1
ip route
ip link set br0 address 02:00:00:00:00:98
ip link add d0 address 02:00:00:00:00:01 type veth peer name d1 address 02:00:00:00:00:02
ip link set d0 up
ip link set d1 up
ip link set d0 master br0
sleep 1.1
ip -br link
ip route
ip link set br1 address 02:00:00:00:00:97
ip link set d0 nomaster
sleep 1.1
ip -br link
ip link add br2 type bridge
ip link set br2 address 02:00:00:00:00:96
ip link set br2 up
sleep 1.1
ip -br link show br2
`,
  abbreviations: `
ip link add d0 type veth peer name d1
ip link set d0 up
ip addr add 10.0.0.1/24 dev d0
ip route add unic default via 10.0.0.2
ip route add unr 10.1.0.0/16
ip route add un 10.2.0.0/16
ip route add p 10.3.0.0/16
ip route add bl 10.4.0.0/16
ip route add t 10.5.0.0/16
ip route add loc 10.6.0.0/16 dev d0
ip route show type uni
ip route show type un
ip route show type th
ip route show table all type loc
ip route ls table 200 type uni
ip -j link ls type br
ip -j link ls type nope
ip link ls type nope
ip -br link ls type veth
ip addr add 10.0.0.2/24 label d0:1 dev d0
ip -br addr ls label d0*
ip -br addr ls label d0
ip -br addr ls up label d0
ip -br -j addr ls label d0:1
ip -j -br addr show secondary
ip -j -br addr show to 10.0.0.2
ip -j -4 addr show dev d0 label d0
ip -4 -o addr show label d0
ip rule list f 7/0xff lookup 254
ip rule list from 10.0.0.
ip rule list fw 1
ip addr add default dev d0
ip addr del all dev d0
ip add r default dev d0
ip route add 10.8.2.3 nexthop via 10.0.0.7 via 10.0.0.8
ip route add 10.8.2.4 nexthop via 10.0.0.7 via foo
ip route show 10.8.2.3
ip link set l nomaster
ip link set d0 link nope
`,
  pingFlags: `
ip link add d0 type veth peer name d1
ip addr add 10.0.0.1/24 dev d0
ip link set d0 up
ip link set d1 up
ping -c 2 -i 0.1 -a 127.0.0.1
ping -c 2 -i 0.1 -D 127.0.0.1
ping -c 2 -i 0.1 -O -W 0.3 10.0.0.2
ping -c 3 -i 0.1 -O -W 0.3 10.0.0.2 -q
ping -c 2 -i 0.1 -D -O -W 0.3 10.0.0.2
ping -c 1 -p ff0 127.0.0.1
ping -q -c 1 -p ff0 127.0.0.1
ping -c 1 -p fg 127.0.0.1
ping -c 1 -p 0102030405060708090a0b0c0d0e0f101112 127.0.0.1
ping -c 3 -l 3 127.0.0.1
ping -c 4 -l 2 -i 0.1 127.0.0.1
ping -l 70000 127.0.0.1
ping -l 0 127.0.0.1
ping -V
tracepath -V
arping -V
ping -c 1 -Q 0x10 127.0.0.1
ping -c 1 -Q 256 127.0.0.1
ping -c 1 -Q foo 127.0.0.1
ping -c 1 -L -d -U 127.0.0.1
ping -c 1 -S 1000 127.0.0.1
ping -c x 127.0.0.1
ping -c 0 127.0.0.1
ping -s -1 127.0.0.1
ping 127.0.0.1 -c1 -qi0.1
ping -c 0x2 -q -i 0.1 127.0.0.1
ping -c 1 -M foo 127.0.0.1
ping -c 1 -4 -6 127.0.0.1
`,
  pingGroups: `
ip link add e0 type veth peer name e1
ip netns add far
ip link set e1 netns far
ip link set lo up
ip link set e0 up
ip addr add 10.0.0.1/24 dev e0
ip -n far link set e1 up
ip -n far addr add 10.0.0.2/24 dev e1
ip netns exec far sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0
ip route add default dev e0
ping -c 1 -W 1 224.0.0.1
ping -c 1 -W 1 -s 3000 224.0.0.1 > /dev/null
ping -c 1 -W 1 -s 3000 -M do 224.0.0.1 > /dev/null
ping -c 1 -W 1 -s 3000 -M want 224.0.0.1
ping -c 1 -W 1 -s 3000 -M dont 224.0.0.1
ping -c 1 -W 1 -b -s 3000 10.0.0.255 > /dev/null
ping -c 1 -W 1 -b -s 3000 -M want 10.0.0.255
ping -c 1 -W 1 -b -s 3000 10.0.0.2 > /dev/null
ping -c 1 -W 1 -b -s 3000 -M dont 10.0.0.2
ping -c 1 -W 1 -s 3000 10.0.0.2
tcpdump -nv -c 2 -i e0 icmp & ping -c 1 -W 1 224.0.0.1 > /dev/null
`,
  sysctlFlags: `
sysctl -n net.ipv4.ip_forward net.ipv4.ip_default_ttl
sysctl -N net.ipv4.ip_forward
sysctl -b net.ipv4.ip_forward
sysctl -e net.ipv4.nope
sysctl -q net.ipv4.ip_forward
sysctl -q net.ipv4.ip_forward=1
sysctl -e net.ipv4.conf.nope.rp_filter=1
sysctl net.ipv4.conf.nope.rp_filter=1
sysctl -w net.ipv4.ip_forward=0
sysctl -n net.ipv4.ip_forward=0
sysctl -N net.ipv4.ip_forward=0
sysctl -b net.ipv4.ip_forward=0
sysctl --dry-run net.ipv4.ip_forward=1
sysctl net.ipv4.ip_forward
sysctl -r 'conf.lo.rp_filter|ip_forward$' -a
sysctl -a -r 'ip_forward$' -N
sysctl -a --pattern 'ip_forward$' -n
sysctl -a '--pattern=ip_forward$'
sysctl net.ipv4.ip_forward -r lo
sysctl -V
sysctl -p /nope
sysctl -w net.ipv4.ip_forward
sysctl -w net.ipv4.ip_forward=
sysctl -w net.ipv4.ip_forward=foo
sysctl -A -r 'ip_forward$'
sysctl -X -r 'ip_forward$'
sysctl -o net.ipv4.ip_forward
sysctl net.ipv4.ip_forward=1 net.ipv4.ip_default_ttl
echo "net.ipv4.ip_forward = 0" >pw.conf
echo "# comment" >>pw.conf
echo "" >>pw.conf
echo "  net.ipv4.ip_default_ttl=63" >>pw.conf
echo "-net.ipv4.conf.nope.rp_filter = 4" >>pw.conf
sysctl -p pw.conf
echo "net.ipv4.conf.nope.rp_filter = 4" >>pw.conf
echo garbage >>pw.conf
echo " net/ipv4/ip_forward=1" >>pw.conf
sysctl -p pw.conf 2>/dev/null
sysctl -p pw.conf >/dev/null
sysctl -q -p pw.conf
sysctl -n --load=pw.conf 2>/dev/null
sysctl -e -p pw.conf
sysctl net.ipv4.ip_forward
echo "link add d0 type veth peer name d1" >pw.conf
echo "addr add 10.0.0.1/24 dev d0" >>pw.conf
echo "addr add 10.0.0.1/24 dev d0" >>pw.conf
echo "link set d0 up" >>pw.conf
ip -batch pw.conf
ip -force -b pw.conf
ip -br -4 addr
`,
  links: `
ip link add veth0 type veth peer name veth1
ip link show
ip link set veth0 up
ip link show veth0
ip link show veth1
ip link set veth1 up
ip link
ip -br link
ip -o link
ip -j link
ip -j -br link
ip -s link show veth1
ip -s -o link show lo
ip -s -j link show lo
ip link show up
ip link show type veth
ip link show nope
ip link show dev veth0 type bridge
ip link set veth0 down
ip link
ip link set veth0 name veth1
ip link set veth0 name eth7
ip link set veth1 up name eth8
ip l
ip link set eth7 mtu 20
ip link set eth7 mtu 70000
ip link set eth7 mtu 1400
ip link set eth7 mtu abc
ip link set eth7 address 02:00:00:00:00:01
ip link set eth7 address 01:00:00:00:00:01
ip link set eth7 address 0:0:0:0:0:0
ip link set eth7 address 2:0:0:0:0:7
ip link set eth7 address 02:00:00:00:00
ip link set eth7 address foo
ip link set eth7 address xyz
ip link show eth7
ip link set lo down
ip link show lo
ip route show table all
ip link set lo up
ip a s lo
ip route show table all
ip link add veth0 type veth
ip link add type veth
ip link add veth0 type veth
ip link add name x type veth peer name x
ip link add name x type veth peer y
ip link add x type veth peer
ip link add x1 type veth peer name x2 type veth
ip link add x3 index 77 type veth peer name x4 index 78
ip link add x5 index 77 type veth peer name x6
ip link add v up type veth peer name w up
ip link add v mtu 1400 address 02:00:00:00:00:aa up type veth peer name w mtu 1300 address 02:00:00:00:00:ab
ip link add after type veth peer name wards
sleep 1.1
ip -br link
ip link show v
ip link set v down mtu 1350 up
ip link show dev v
ip link set a type veth
ip link set d netns red
ip link del x
ip link delete dev after
ip link del nope
ip link del lo
ip link
ip link add waytoolongnamehere type bridge
ip link add a/b type bridge
ip link add foo type nonsense
ip link add foo
ip link add foo type veth bar
ip link set
ip link set foo bar baz
ip link set nope up
ip link set eth8 up down
ip link set eth8 name waytoolongnamehere
ip link set name eth9 dev eth8
ip link show eth9
ip link set eth9 mtu 1400 mtu 1500
ip link set eth9 name a name b
ip link set eth9 index 50
ip link set eth9 netns nope
ip link set eth9 netns
ip link bla
ip link ls dev lo
ip l sh lo
`,
  bridges: `
ip link add br0 type bridge
ip link show br0
ip link set br0 up
ip link show br0
ip link add p0 address 02:00:00:00:00:11 type veth peer name q0 address 02:00:00:00:00:12
ip link add p1 address 02:00:00:00:00:09 type veth peer name q1 address 02:00:00:00:00:0a
bridge fdb show br br0 dynamic
bridge link
ip link set p0 master br0
sleep 1.1
ip link show br0
bridge link
bridge fdb
ip link set p1 master br0
ip link show br0
bridge link
ip link set p0 up
ip link set p1 up
ip link show br0
bridge link
ip link set q0 up
sleep 1.1
ip link
bridge link
bridge fdb
ip link set q1 up
sleep 1.1
ip link
bridge link
bridge -j link
bridge link show dev p0
bridge link show dev q0
bridge fdb show
bridge fdb show br br0
bridge fdb show dev p0
bridge fdb show dev br0
bridge fdb show br br0 brport p1
bridge fdb show dynamic
ip link show master br0
ip -br link show master br0
ip link show nomaster
ip link show type bridge
ip link show type bridge_slave
ip addr add 10.0.0.1/24 dev br0
ip route show table all
ip link set p0 down
sleep 1.1
ip link show br0
bridge link
ip link set p1 down
sleep 1.1
ip link show br0
ip route show table all
bridge link
ip link set br0 down
bridge fdb
ip link set br0 up
sleep 1.1
ip link show br0
ip link set p0 nomaster
ip link show br0
ip link set p1 nomaster
ip link show br0
sleep 1.1
ip link show br0
ip link set br0 address 02:00:00:00:00:77
ip link set p0 master br0
bridge fdb show br br0
ip link show br0
ip link set p0 mtu 1400
ip link show br0
ip link add br1 address 02:00:00:00:00:78 mtu 1450 type bridge
ip link set p0 master br1
ip link show br0
ip link show br1
bridge fdb show br br1
ip link set br1 mtu 1300
ip link set p0 nomaster
ip link show br1
ip link set br1 master br0
ip link set br0 master br0
ip link set p0 master p1
ip link set lo master br0
ip link set p0 master nope
ip link add br0 type bridge
ip link add br1 address 01:00:00:00:00:00 type bridge
ip link del br0
ip link del br1 type bridge
ip link
bridge fdb show br nope
bridge fdb show dev nope
bridge link show dev nope
bridge foo
bridge fdb foo
bridge link foo
bridge -V
bridge -x link
`,
  routes: `
ip link add veth0 type veth peer name veth1
ip link set veth0 up
ip link set veth1 up
ip addr add 10.0.0.1/24 dev veth0
ip addr add 10.1.0.1/24 dev veth1
ip route add default via 10.0.0.254
ip route add default via 10.0.0.253
ip route add default via 10.0.0.253 metric 100
ip route append default via 10.0.0.252
ip route append default via 10.0.0.252
ip route prepend default via 10.0.0.251
ip route
ip route replace default via 10.0.0.250
ip r
ip route del default via 10.0.0.252
ip route del default
ip route del default
ip route del default
ip route del default
ip route
ip route add 192.168.0.0/16 via 10.9.9.9
ip route add 192.168.0.0/16 via 10.0.0.1
ip route add 192.168.0.0/16 via 10.0.0.5 dev veth1
ip route add 192.168.1.0/24 via 192.168.5.5
ip route add 192.168.0.1/16 dev veth0
ip route add 172.16.0.1/12 dev veth0
ip route add 172.16.0.0/12
ip route add 172.16.0.0/12 dev nope
ip route add 172.16.0.0/12 dev veth0 src 1.2.3.4
ip route add 172.16.0.0/12 dev veth0 src 10.1.0.1
ip route add 172.17.0.0/16 dev veth0 proto static metric 50 scope global
ip route add 172.18.0.0/16 dev veth0 proto static table 100
ip route add 172.18.1.0/24 via 10.0.0.7 table 100 metric 7
ip route add 172.18.0.0/16 dev veth1 table 1000
ip route add 172.19.0.0/16 dev veth0 scope host
ip route add 172.20.0.0/16 via 10.0.0.9 scope link
ip route add 172.20.0.0/16 via 10.0.0.9 scope host
ip route add blackhole 172.21.0.0/16
ip route add unreachable 172.22.0.0/16 metric 10
ip route add prohibit 172.23.0.0/16
ip route add local 172.25.0.0/16 dev lo
ip route add broadcast 172.26.0.255 dev veth0
ip route add unicast 172.27.0.0/16 dev veth0
ip route add to 172.28.0.0/16 dev veth0
ip route add blackhole 172.21.0.0/16 dev veth0
ip route add blackhole 172.29.0.0/16 via 10.0.0.9
ip route add 10.0.0.0/24 dev veth1
ip route add 10.0.0.0/24 dev veth1 metric 5
ip route add 10.77.0.0/16 via inet 10.0.0.77
ip route
ip route show table all
ip route show table 100
ip route show table 101
ip route show table foo
ip route show table local
ip route show table default
ip route show dev veth0
ip route show dev nope
ip route show via 10.0.0.1
ip route show via 10.0.0.0/24
ip route show proto static
ip route show proto kernel scope link
ip route show type blackhole
ip route show type unicast
ip route show scope link
ip route show scope all
ip route show default
ip route show 172.16.0.0/12
ip route show 172.17
ip route show 172.17.3.4
ip route show match 172.17.3.4
ip route show root 172.16.0.0/12
ip route show exact 172.16.0.0/12
ip route show to match 172.17.3.4
ip route show src 10.0.0.1
ip route show metric 50
ip -d route
ip -o route
ip -j route
ip -j route show table all dev veth0
ip -4 route ls
ip ro li
ip route del 1.1.1.1
ip route del 172.17.0.0/16 metric 51
ip route del 172.17.0.0/16 dev veth1
ip route del 172.17.0.0/16 proto boot
ip route del 172.17.0.0/16
ip route del 172.18.0.0/16 table 99
ip route del 172.18.0.0/16 table 100
ip route del blackhole 172.21.0.0/16
ip route del 172.22.0.0/16
ip route del 10.0.0.1
ip route del local 10.0.0.1
ip route show table local
ip route flush table 100
ip route flush table 101
ip route flush
ip route flush proto boot
ip route flush root 10.1.0.0/16
ip route flush cache
ip route show cache
ip route
ip route show table all
`,
  routeErrors: `
ip link add veth0 type veth peer name veth1
ip link set veth0 up
ip link set veth1 up
ip addr add 10.0.0.1/24 dev veth0
ip route foo
ip route add foo via 10.0.0.1
ip route add 10.0.0.0/33 via 10.0.0.1
ip route add 1.2.3.0/24 via foo
ip route add 1.2.3.0/24 via 10.0.0.300
ip route add 1.2.3.0/24 foo via 10.0.0.1
ip route add 1.2.3.0/24 via
ip route add 1.2.3.0/24 via 10.0.0.2 via 10.0.0.3
ip route add 1.2.3.0/24 dev veth0 metric x
ip route add 1.2.3.0/24 dev veth0 table x
ip route add 1.2.3.0/24 dev veth0 proto x
ip route add 1.2.3.0/24 dev veth0 scope x
ip route change 1.2.3.0/24 dev veth0
ip route add 1.2.3 dev veth0
ip route add 1.2 dev veth0
ip route replace 1.2 dev veth1
ip route change 1.2 dev veth0 src 10.0.0.1
ip route
ip route show table all
ip link set veth0 down
sleep 1.1
ip route show table all
ip route add 1.4.0.0/16 dev veth0
ip route add 1.4.0.0/16 via 10.0.0.5
ip route get 10.0.0.1
ip a
ip link set veth0 up
sleep 1.1
ip route show table all
ip link del veth0
ip route show table all
`,
  routeGet: `
ip link add veth0 type veth peer name veth1
ip link set veth0 up
ip link set veth1 up
ip addr add 10.0.0.1/24 brd + dev veth0
ip addr add 10.1.0.1/24 dev veth1
ip route add 192.168.0.0/16 via 10.0.0.254
ip route add blackhole 172.21.0.0/16
ip route add unreachable 172.22.0.0/16
ip route add prohibit 172.23.0.0/16
ip route get 10.0.0.77
ip route get to 10.0.0.77
ip route get 10.0.0.1
ip route get 127.0.0.1
ip route get 127.1.2.3
ip route get 10.0.0.255
ip route get 8.8.8.8
ip route get 172.21.1.1
ip route get 172.22.1.1
ip route get 172.23.1.1
ip route get 192.168.3.4
ip route get 10.0.0.77 from 10.0.0.1
ip route get 192.168.3.4 from 10.1.0.1
ip route get 10.0.0.77 from 10.0.0.78 iif veth1
ip route get 10.1.0.77 from 10.0.0.77 iif veth0
sysctl -w net.ipv4.ip_forward=1
ip route get 10.1.0.77 from 10.0.0.77 iif veth0
ip route get 192.168.3.3 from 10.1.0.77 iif veth1
ip route get 10.0.0.1 from 10.0.0.77 iif veth0
ip route get 8.8.8.8 from 10.0.0.77 iif veth0
ip route get 172.21.3.3 from 10.0.0.77 iif veth0
ip route get 172.22.3.3 from 10.0.0.77 iif veth0
ip route get 172.23.3.3 from 10.0.0.77 iif veth0
ip route get 10.0.0.77 oif veth1
ip route get 8.8.8.8 oif veth1
ip route get 10.0.0.77 dev veth0
ip route get 10.0.0.77/24
ip route get 10.0.0.77 from 9.9.9.9
ip route get 10.0.0.77 from 9.9.9.9 iif veth1
ip route get foo
ip route get
ip route get 0.0.0.0
ip route get 10.0.0.77 dev nope
ip route get 10.0.0.77 iif nope
ip -o route get 10.0.0.77
ip -j route get 10.0.0.77
ip -j route get 192.168.3.3 from 10.1.0.77 iif veth1
ip route add default via 10.0.0.254
ip route get 8.8.8.8
ip r g 8.8.8.8
ip ro get 8.8.8.8 oif veth1
`,
  monitor: `
ip link add veth0 type veth peer name veth1
ip link add veth2 type veth peer name veth3
ip link set veth0 up
ip link set veth1 up
ip link set veth2 up
sleep 1.1
ip monitor label address route & ip addr add 10.0.0.1/24 dev veth0; ip addr add 10.0.0.3/24 brd + dev veth0; ip addr add 10.0.0.4/24 brd + dev veth0
ip -o monitor address route & ip addr add 10.1.0.1 peer 10.1.0.2 dev veth0; ip addr add 10.2.0.1/31 dev veth0; ip addr add 10.3.0.1/24 dev veth0 noprefixroute; ip addr add 10.4.0.1/24 dev veth2
ip monitor address route & ip addr change 10.0.0.1/24 dev veth0 metric 7; ip addr change 10.0.0.3/24 dev veth0; ip addr add 10.0.0.1/24 dev veth0
ip monitor route & ip route add 10.9.0.0/16 via 10.0.0.2; ip route add 10.9.0.0/16 via 10.0.0.2 2>/dev/null; ip route replace 10.9.0.0/16 via 10.0.0.2; ip route replace 10.9.0.0/16 via 10.0.0.5; ip route change 10.9.0.0/16 via 10.0.0.6; ip route append 10.9.0.0/16 via 10.0.0.2; ip route prepend 10.9.0.0/16 via 10.0.0.7; ip route del 10.9.0.0/16
ip monitor rou label & ip route add default via 10.0.0.2 table 7 metric 5; ip route add 10.8.0.0/16 nexthop via 10.0.0.2 nexthop via 10.0.0.5 weight 3; ip route add blackhole 10.7.0.0/16; ip route add 10.6.0.0/16 dev veth0 src 10.0.0.1 mtu 1400 proto bird; ip route flush 10.8.0.0/16; ip route flush table 7; ip route flush root 10.9.0.0/16
ip -o monitor route & ip route add 10.8.0.0/16 nexthop via 10.0.0.2 nexthop via 10.0.0.5; ip route del 10.8.0.0/16
ip monitor rule & ip rule add from 10.1.0.0/16 lookup 7; ip rule add fwmark 1 priority 50 blackhole; ip rule add iif nowhere lookup 8 priority 50; ip rule del priority 50; ip rule add fwmark 1 priority 50 blackhole
ip monitor rule label address & ip rule flush; ip rule add lookup main; ip addr add 10.5.0.1/24 dev veth2
ip monitor neigh & ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev veth0; ip neigh replace 10.0.0.9 lladdr 02:00:00:00:00:0a dev veth0; ip neigh replace 10.0.0.9 lladdr 02:00:00:00:00:0a dev veth0 nud stale; ip neigh replace 10.0.0.9 lladdr 02:00:00:00:00:0b dev veth0 nud stale; ip neigh replace 10.0.0.9 lladdr 02:00:00:00:00:0b dev veth0 nud reachable; ip neigh del 10.0.0.9 dev veth0; ip neigh del 10.0.0.9 dev veth0
ip monitor nei label & ip neigh add 10.4.0.9 lladdr 02:00:00:00:00:09 dev veth2; ip neigh add 10.0.0.10 lladdr 02:00:00:00:00:0a dev veth0 nud reachable; ip neigh flush dev veth0; ip neigh flush dev veth2
ip monitor neigh address route & ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev veth0; ip link set veth0 down
ip monitor address route & ip addr del 10.3.0.1/24 dev veth0; ip link set veth0 up; sleep 0.3
ip monitor address route & ip addr del 10.0.0.1/24 dev veth0; ip addr del 10.2.0.1/31 dev veth0; ip addr flush dev veth0
ip monitor address route & ip addr add 10.0.0.1/24 dev veth0; ip route add 10.9.0.0/16 via 10.0.0.2; ip addr flush dev veth0
ip monitor address route & ip link set lo down; ip link set lo up; ip addr flush dev lo; ip link set lo down; ip link set lo up
ip monitor address route & ip link del veth2
ip netns add red
ip link set veth1 netns red
ip -n red link set veth1 up
ip -n red addr add 10.0.0.2/24 dev veth1
ip addr add 10.0.0.1/24 dev veth0
sleep 1.1
ip monitor neigh & ping -c 1 -W 1 10.0.0.2 >/dev/null
ip -n red monitor neigh & ping -c 1 -W 1 10.0.0.2 >/dev/null; ip -n red neigh flush all; ping -c 1 -W 1 10.0.0.2 >/dev/null
ip monitor neigh & ping -c 1 -W 4 10.0.0.77 >/dev/null; sleep 0.5; ip neigh del 10.0.0.77 dev veth0
ip -n red monitor address & ip addr add 10.0.0.20/24 dev veth0
sysctl -qw net.ipv4.neigh.veth0.base_reachable_time_ms=500 net.ipv4.neigh.veth0.delay_first_probe_time=0
ip neigh flush dev veth0
ip monitor neigh & ping -c 1 -W 1 10.0.0.2 >/dev/null; sleep 1.2; ping -c 1 -W 1 10.0.0.2 >/dev/null; sleep 1.2; ip -n red link set veth1 down; sleep 0.2
ip -n red link set veth1 up
ip monitor neigh & ip neigh add 10.0.0.4 lladdr 02:00:00:00:00:0a nud reachable dev veth0; ip link set veth0 address 02:00:00:00:00:77; ip neigh add 10.0.0.3 lladdr 02:00:00:00:00:09 nud stale dev veth0; ip link set veth0 arp off; sleep 0.1
ip monitor address route & ip addr add 10.5.0.1/24 dev veth0 valid_lft 3 preferred_lft 1; ip addr add 10.6.0.1/24 dev veth0 valid_lft 2 preferred_lft 2; sleep 5.2
ip monitor foo
timeout 0.3 ip monitor rule
timeout 0.3 sleep 5
timeout 5 ip route show 10.1.0.0/16
timeout 5 false
timeout 5x true
timeout 5
timeout
`,
  neighbours: `
ip netns add red
ip link add veth0 address 02:00:00:00:00:01 type veth peer name eth0 address 02:00:00:00:00:02 netns red
ip link set veth0 up
ip -n red link set eth0 up
ip addr add 10.0.0.1/24 dev veth0
ip -n red addr add 10.0.0.2/24 dev eth0
ip neigh
arp -n
arp -a
ping -c 1 10.0.0.2 > /dev/null
ip neigh
ip -s link show veth0
ip -s -j link show veth0
ip -n red -s link
arp -a
arp -n
arp
arp -an
arp -e
arp -v
arp -a 10.0.0.2
arp 10.0.0.2
arp -n 10.0.0.99
arp -a 10.0.0.99
arp -i veth0 -n
arp -i nope -n
ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev veth0
ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev veth0
ip neigh add 10.0.0.8 lladdr 2:0:0:0:0:8 dev veth0 nud reachable
ip neigh add 10.0.0.7 lladdr 02:00:00:00:00:07 dev veth0 nud stale
ip neigh add 10.0.0.6 dev veth0
ip neigh
ip neigh show dev veth0
ip neigh show 10.0.0.9
ip neigh show to 10.0.0.9 dev veth0
ip neigh show 10.0.0.8/31
ip neigh show nud permanent
ip neigh show nud stale
ip neigh show nud foo
ip neigh get 10.0.0.9 dev veth0
ip neigh get 10.0.0.99 dev veth0
ip neigh get 10.0.0.9
ip -j neigh show 10.0.0.9
ip -j neigh show 10.0.0.9 dev veth0
ip -o neigh
ip -br neigh
ip neigh replace 10.0.0.9 lladdr 02:00:00:00:00:19 dev veth0
ip neigh change 10.0.0.99 lladdr 02:00:00:00:00:19 dev veth0
ip neigh change 10.0.0.9 lladdr 02:00:00:00:00:20 dev veth0 nud stale
ip neigh show 10.0.0.9
ip neigh del 10.0.0.9 dev veth0
ip neigh show 10.0.0.9
ip neigh del 10.0.0.9 dev veth0
ip neigh del 10.0.0.2
ip neigh del dev veth0
ip neigh add 10.0.0.77 lladdr foo dev veth0
ip neigh add 10.0.0.77 lladdr xyz dev veth0
ip neigh add 10.0.0.77 lladdr 02:00:00:00:00:19 dev nope
ip neigh add foo lladdr 02:00:00:00:00:19 dev veth0
ip neigh add 10.0.0.77 lladdr 02:00:00:00:00:19 dev veth0 nud foo
ip neigh add 10.0.0.77 10.0.0.78 dev veth0
ip neigh add 10.0.0.77 lladdr
ip neigh show dev nope
ip neigh show dev lo dev lo
arp -d 10.0.0.2
arp -d 10.0.0.99
arp -s 10.0.0.33 02:00:00:00:00:33
arp -s 10.0.0.34 02:00:00:00:00:34 temp
arp -s 99.0.0.34 02:00:00:00:00:34
arp -s 10.0.0.34
arp -s 10.0.0.34 foo
arp -d
arp -n
arp -a
ip n
ip neigh flush
ip neigh flush dev veth0
ip n
arp -n
ip neigh flush all
ip neigh flush dev veth0 nud permanent
ip neigh
ping -c 1 -W 1 10.0.0.99 > /dev/null
ip neigh
arp -n
sleep 3
ip neigh
arp -a
ip link set veth0 down
ip neigh
ip link set veth0 up
ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev veth0
ip link set veth0 address 02:00:00:00:00:0b
ip neigh
ip neighbor
ip neighb show
`,
  namespaces: `
ip netns
ip netns add red
ip netns add red
ip netns add blue
ip netns
ip netns list
ip netns add
ip netns add a/b
ip netns del nope
ip netns del
ip netns exec
ip netns exec red
ip netns exec nope true
ip netns identify
ip netns exec red ip netns identify
ip netns foo
ip -n red a
ip link add veth0 type veth peer name eth0 netns red
ip link add veth1 type veth peer name eth0 netns blue
ip link add veth2 netns red type veth peer name eth2 netns blue
ip a
ip netns
ip -j netns
ip netns exec red ip netns
ip netns exec red ip netns exec blue ip -br link
ip -n red a
ip -n blue link
ip -n blue -4 addr
ip link set veth0 up
sleep 1.1
ip link show veth0
ip -n red link show eth0
ip -n red link set eth0 up
ip -n red addr add 10.0.0.2/24 dev eth0
ip addr add 10.0.0.1/24 dev veth0
ip -n red -4 addr
ip -n red -br addr
ip -n red -br link
ip -n red -o addr
ip -n red -j addr
ip link show veth0
ip netns exec red ping -c 1 10.0.0.1 > /dev/null
ip netns exec red ip neigh
ip link set veth1 netns red
ip -n red link
ip link
ip -n red link set veth1 name eth1
ip link add c index 77 type veth peer name d index 78
ip link set c netns red
ip -n red -br link
ip -n red link add x type veth peer name y
ip -n red -br link
ip -br link
ip link add eth0 type veth peer name e1
ip link set eth0 netns red
ip link set eth0 netns red name eth5
ip link set e1 netns red index 55
ip -n red link
ip link add br0 type bridge
ip link set br0 netns red
ip link set lo netns red
readlink /proc/self/ns/net
ip netns exec red readlink /proc/self/ns/net
ip netns exec blue readlink /proc/self/ns/net
ip netns exec red readlink /proc/self/ns/net
ip netns del red
sleep 0.3
ip netns
ip link
ip -n blue link
`,
  forwardMtu: `
ip netns add a
ip netns add r
ip netns add s
ip netns add b
ip -n a link add e0 address 02:00:00:00:0a:00 type veth peer name e0 address 02:00:00:00:0c:00 netns r
ip -n r link add e1 address 02:00:00:00:0c:01 type veth peer name e0 address 02:00:00:00:05:00 netns s
ip -n s link add e1 address 02:00:00:00:05:01 type veth peer name e0 address 02:00:00:00:0b:00 netns b
ip -n a addr add 10.1.0.1/24 dev e0
ip -n r addr add 10.1.0.2/24 dev e0
ip -n r addr add 10.2.0.2/24 dev e1
ip -n s addr add 10.2.0.3/24 dev e0
ip -n s addr add 10.3.0.3/24 dev e1
ip -n b addr add 10.3.0.4/24 dev e0
ip -n a link set e0 up
ip -n r link set e0 up
ip -n r link set e1 up
ip -n s link set e0 up
ip -n s link set e1 up mtu 1200
ip -n b link set e0 up mtu 1200
ip -n a route add default via 10.1.0.2
ip -n r route add 10.3.0.0/24 via 10.2.0.3
ip -n s route add 10.1.0.0/24 via 10.2.0.2
ip -n b route add default via 10.3.0.3
ip netns exec r sysctl -w net.ipv4.ip_forward=1
ip netns exec s sysctl -w net.ipv4.ip_forward=1
sysctl net.ipv4.ip_forward_use_pmtu
ip netns exec r ping -c 1 -W 1 -M do -s 1300 10.3.0.4
ip netns exec a ping -c 1 -W 1 -M do -s 1300 10.3.0.4
ip netns exec r sysctl -w net.ipv4.ip_forward_use_pmtu=1
ip -n a route flush cache
ip netns exec a ping -c 1 -W 1 -M do -s 1300 10.3.0.4
ip -n a route flush cache
ip netns exec s tcpdump -n -t -v -i e0 src 10.1.0.1 & ip netns exec a ping -c 1 -W 1 -M dont -s 1300 10.3.0.4 > /dev/null
ip -n r route change 10.3.0.0/24 via 10.2.0.3 mtu lock 1400
ip netns exec r ping -c 1 -W 1 -M do -s 1300 10.3.0.4
ip -n a route flush cache
ip netns exec a ping -c 1 -W 1 -M do -s 1400 10.3.0.4
ip -n a route flush cache
ip netns exec a ping -c 1 -W 1 -M do -s 1300 10.3.0.4
ip netns exec r sysctl -w net.ipv4.ip_forward_use_pmtu=0
ip -n r route change 10.3.0.0/24 via 10.2.0.3
ip -n s link set e1 mtu 500
ip -n b link set e0 mtu 500
ip netns exec r ping -c 1 -W 1 -M do -s 600 10.3.0.4
ip -n a route flush cache
ip netns exec a ping -c 1 -W 1 -M do -s 600 10.3.0.4
ip -n a route flush cache
ip netns exec a ping -c 1 -W 1 -M do -s 510 10.3.0.4
ip netns exec s tcpdump -n -t -v -i e0 src 10.1.0.1 & ip netns exec a ping -c 1 -W 1 -M dont -s 600 10.3.0.4 > /dev/null
ip netns exec r sysctl -w net.ipv4.ip_forward_use_pmtu=256
`,
  captures: `
ip netns add red
ip link add veth0 address 02:00:00:00:00:01 type veth peer name eth0 address 02:00:00:00:00:02 netns red
ip link set veth0 up
ip -n red link set eth0 up
ip -n red link set lo up
ip addr add 10.0.0.1/24 dev veth0
ip -n red addr add 10.0.0.2/24 brd + dev eth0
sleep 1.1
tcpdump -n -t -i veth0 & ping -c 1 10.0.0.2 > /dev/null
tcpdump -nte icmp & ping -c 1 10.0.0.2 > /dev/null
tcpdump -n -t -i any icmp & ping -c 1 10.0.0.2 > /dev/null
tcpdump -n -t -e -i any icmp & ping -c 1 10.0.0.2 > /dev/null
tcpdump -n -t -i lo & ping -c 1 10.0.0.1 > /dev/null
tcpdump -n -t -e -i lo -c 1 & ping -c 1 127.0.0.1 > /dev/null
tcpdump -n -t -i any icmp & ping -c 1 10.0.0.1 > /dev/null
tcpdump -n -t -i veth0 icmp -c 3 & ping -c 1 -s 3000 10.0.0.2 > /dev/null
tcpdump -n -t -i veth0 icmp & ping -c 1 -s 3000 10.0.0.2 > /dev/null
tcpdump -n -t -i veth0 icmp and src 10.0.0.2 & ping -c 1 10.0.0.2 > /dev/null
ip netns exec red tcpdump -n -t -i eth0 icmp & ping -c 1 10.0.0.2 > /dev/null
ip netns exec red tcpdump -n -t -i any not arp & ping -c 1 10.0.0.2 > /dev/null
ip neigh flush dev veth0
tcpdump -n -t -i any arp & ping -c 1 -W 0.5 10.0.0.77 > /dev/null
ip neigh flush dev veth0
ip netns exec red tcpdump -n -t -i any arp & ping -c 1 -W 0.5 10.0.0.78 > /dev/null
ip neigh flush dev veth0
ip -n red addr add 10.9.0.1/24 dev lo
ip route add 10.9.0.0/16 via 10.0.0.2
tcpdump -n -t -i veth0 icmp & ping -c 1 -W 1 10.9.1.1 > /dev/null
ip netns exec red sysctl -w net.ipv4.ip_forward=1
tcpdump -n -t -i veth0 icmp & ping -c 1 -W 1 10.9.1.1 > /dev/null
tcpdump -n -t -i veth0 icmp & ping -c 1 -W 1 -t 1 10.9.1.1 > /dev/null
tcpdump -n -i nope
tcpdump -n -i veth0 foo bar
tcpdump -n -i veth0 host
tcpdump -n -i veth0 host 10.0.0.300
tcpdump -n -i veth0 port foo
ip link set veth0 down
tcpdump -n -i veth0 -c 1
`,
  pods: `
ip link add cni0 type bridge
ip link set cni0 up
ip addr add 10.244.1.1/24 brd + dev cni0
ip netns add web
ip netns add client
ip link add veth0 address 02:00:00:00:00:21 type veth peer name eth0 address 02:00:00:00:00:02 netns web
ip link add veth1 address 02:00:00:00:00:22 type veth peer name eth0 address 02:00:00:00:00:03 netns client
ip link set veth0 master cni0 up
ip link set veth1 up master cni0
ip -n web link set lo up
ip -n web link set eth0 up
ip -n web addr add 10.244.1.2/24 dev eth0
ip -n web route add default via 10.244.1.1
ip -n client link set lo up
ip -n client link set dev eth0 up
ip -n client addr add 10.244.1.3/24 brd + dev eth0
ip -n client route add default via 10.244.1.1 dev eth0
sysctl -w net.ipv4.ip_forward=1
sleep 1.1
ip a
ip -n web a
ip netns exec client ip route
ip -n client route get 10.244.1.2
ip -n client route get 8.8.8.8
bridge fdb show br cni0
bridge link
ip netns exec client ping -c 2 10.244.1.2
ip -n client neigh
ip netns exec web arp -n
bridge fdb show br cni0
bridge fdb show dynamic
ip -n web link set eth0 address 02:00:00:00:00:2f
ip netns exec client ping -c 1 10.244.1.1
ip netns exec client ping -c 1 10.244.1.1 > /dev/null && ip -n client -4 -br addr
ip netns exec client ping -c 1 8.8.8.8
ip route add 203.0.113.0/24 via 10.244.1.2
ip -n client route get 203.0.113.9
ip route get 203.0.113.9 from 10.244.1.3 iif cni0
ip route get 10.244.1.255
ip -n web link del eth0
ip link
bridge fdb show br cni0
ip netns
ip -n client neigh flush all
ip netns del client
sleep 1.2
ip -br link
bridge link
ip route
`,
  sysctls: `
sysctl net.ipv4.ip_forward
sysctl -n net.ipv4.ip_forward
sysctl -w net.ipv4.ip_forward=1
sysctl net.ipv4.ip_forward=0
sysctl -w net.ipv4.ip_forward
sysctl -q -w net.ipv4.ip_forward=1
sysctl -n -w net.ipv4.ip_forward=1
sysctl net/ipv4/ip_forward
sysctl -w net.ipv4.ip_forward=foo
sysctl -w net.ipv4.ip_default_ttl=0
sysctl -w net.ipv4.ip_default_ttl=300
sysctl -w net.ipv4.ip_default_ttl=63
sysctl net.ipv4.ip_forward net.ipv4.ip_default_ttl
sysctl -w "net.ipv4.ip_forward = 1"
sysctl -w net.ipv4.icmp_echo_ignore_all=2
sysctl -w net.ipv4.icmp_echo_ignore_all=1 net.ipv4.icmp_echo_ignore_broadcasts=0
ip netns add red
ip netns exec red sysctl net.ipv4.ip_forward
ip rule
ip rule show
ip rule list
ip ru
ip rule show table main
ip rule show priority 0
ip -j rule
`,
};

export function linesOf(script: string): string[] {
  return script.split("\n").filter((line) => line !== "");
}
