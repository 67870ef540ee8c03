// Command lines whose words are compared with the real tools': rules, tables, routes with several ways, switches.
export const LINES = `
ip link add e0 type veth peer name e1
ip link set e0 up
ip link set e1 up
ip addr add 10.0.0.1/24 dev e0
ip addr add 10.0.1.1/24 dev e1
sleep 1
ip rule add table 100
ip rule add from 1.2.3.4 table 100
ip rule add fwmark 0x80/0x80 lookup 7
ip rule add fwmark 5 prohibit
ip rule add not from 10/8 to 20.0.0.0/8 iif e0 lookup main suppress_prefixlength 0 pref 1000
ip rule add oif e1 blackhole
ip rule add iif lo unreachable pref 40000
ip rule add iif nonex lookup 1000
ip rule
ip -j rule
ip rule add from 1.2.3.4 table 100
ip rule add
ip rule add from 1.2.3.4
ip rule add from 1.2.3.4 pref 5
ip rule add pref 5
ip rule del pref 5
ip rule del from 9.9.9.9
ip rule del
ip rule show from 1.2.3.4
ip rule add from 1.2.3.4/33 table 1
ip rule add table all
ip rule add lookup x
ip rule add pref x
ip rule add fwmark z
ip rule add frob
ip rule add from 1.1.1.1 frob
ip rule add suppress_prefixlength z
ip rule add iif 0123456789abcdef
ip rule show frob
ip rule show pref 1-60
ip rule flush
ip rule
ip rule add table 255 pref 100
ip rule del pref 0
ip rule
ip route get 1.1.1.1
ip route get 10.0.0.1
ip rule del lookup 255
ip rule add pref 50 lookup local
ip rule add lookup main
ip rule
ip rule add from 0/0 table 9
ip rule add to 10.0.0.1/24 table 9
ip rule add pref 9 from 10.1.2.3/8 fwmark 0x10/0
ip rule add fwmark 0 table 5
ip rule add fwmark 0/0 table 4
ip rule add to all table 0
ip rule add table 70000
ip rule add suppress_prefixlength 33 table 3
ip rule add sup_pl 3 table 3
ip rule add dev e1 pref 3
ip rule add suppress_prefixlength 3 blackhole
ip rule add type blackhole from 3/8
ip rule add blackhole table 12 pref 7
ip rule add protocol bird
ip rule
ip -j rule
ip rule show to 10.0.0.0/24
ip rule show fwmark 0x10
ip rule show iif e1
ip rule list lookup 9
ip rule del table 9
ip rule del table 9
ip rule del fwmark 0/0
ip rule del from all
ip rule del pref 9 from 10.0.0.0/8
ip rule del priority 3 iif e0
ip rule del prio 3
ip rule show from 3/8
ip rule flush pref 50
ip rule
ip rule flush
ip rule add pref 32766 lookup main
ip rule add pref 32767 lookup default
ip rule
ip route add 1.0.0.0/8 nexthop via 10.0.0.2 weight 3 nexthop via 10.0.1.2 dev e1
ip route add 2.0.0.0/8 proto static metric 7 src 10.0.1.1 nexthop dev e0 weight 256
ip route add 3.0.0.0/8 mtu 1300 nexthop dev e0 weight 1 nexthop via 10.0.0.7 dev e1 onlink
ip route add 5.0.0.0/8 via 10.0.0.3 mtu lock 1300 proto 80 metric 5 table 300
ip route add 4.0.0.0/8 via 10.9.9.9 dev e0 onlink mtu 1400 proto bird
ip route add 6.0.0.0/8 nexthop via 10.0.0.2 weight 257 nexthop via 10.0.1.2
ip route add 6.0.0.0/8 nexthop via 10.0.0.2 mtu 1300 nexthop via 10.0.1.2
ip route add 6.0.0.0/8 via 10.0.0.2 nexthop via 10.0.1.2
ip route add 6.0.0.0/8 nexthop via 10.0.0.2 nexthop
ip route add 6.0.0.0/8 nexthop
ip route add 6.0.0.0/8 nexthop weight 3
ip route add 6.0.0.0/8 nexthop via 10.0.9.9 nexthop via 10.0.1.2
ip route add blackhole 6.0.0.0/8 nexthop via 10.0.0.2
ip route add throw 6.0.0.0/8 dev e0
ip route add throw 6.0.0.0/8
ip route add 7.0.0.0/8 via 10.9.9.9 onlink
ip route add 7.0.0.0/8 via 10.0.0.1 dev e0 onlink
ip route add 7.0.0.0/8 dev e0 mtu x
ip route add 7.0.0.0/8 dev e0 mtu 70000
ip route add table 500 unreachable default metric 4278198272
ip route
ip -d route
ip route show table all
ip -j route
ip -o route
ip -j route show table 300
ip -j -d route show 3.0.0.0/8
ip route show dev e1
ip route show via 10.0.1.2
ip route show scope link
ip route show metric 7
ip route show proto 80
ip route show table 300 proto 80
ip route show type throw
ip route get 3.4.4.4
ip route get 4.4.4.4
ip -j route get 4.4.4.4
ip route get 5.5.5.5
ip rule add from 10.0.1.1 fwmark 3/7 lookup 300
ip route get 5.5.5.5 mark 11
ip route get 5.5.5.5 from 10.0.1.1 mark 11
ip -j route get 5.5.5.5 from 10.0.1.1 mark 0x13
ip route get 5.5.5.5 mark x
ip route get 6.6.6.6
ip route change 2.0.0.0/8 metric 7 dev e1
ip route change 2.0.0.0/8 metric 8 dev e1
ip route append 1.0.0.0/8 via 10.0.0.9
ip route prepend 1.0.0.0/8 via 10.0.0.8 metric 3
ip route replace 1.0.0.0/8 nexthop via 10.0.0.2 nexthop via 10.0.1.3 weight 9
ip route del 3.0.0.0/8 nexthop dev e1
ip route del 3.0.0.0/8 nexthop dev e0 nexthop via 10.0.0.7
ip route
ip link set e0 down
ip route
ip route get 1.2.3.4
ip link set e0 up
sleep 1
ip route
ip route del 1.0.0.0/8 via 10.0.0.2
ip route
ip route show table 301
ip route flush table 300
ip route show table 300
ip route flush table 301
ip route flush table all
ip route show table all
sysctl net.ipv4.conf.nope.rp_filter
sysctl -w net.ipv4.conf.nope.rp_filter=1
sysctl -w net.ipv4.conf.e0.arp_ignore=x
sysctl -w net.ipv4.conf.e0.rp_filter=1 net.ipv4.conf.all.rp_filter=2
sysctl -n net/ipv4/conf/e0/rp_filter net.ipv4.ip_forward
sysctl net.ipv4.conf.e0/5.rp_filter
sysctl net/ipv4/conf/e0.5/rp_filter
sysctl -w net.ipv4.conf.all.forwarding=1
sysctl net.ipv4.ip_forward net.ipv4.conf.e0.forwarding net.ipv4.conf.default.forwarding
sysctl net.ipv4.conf.all.accept_redirects
sysctl -w net.ipv4.conf.e1.forwarding=0
sysctl -w net.ipv4.ip_forward=1
sysctl net.ipv4.conf.e1.forwarding
sysctl -w net.ipv4.ip_forward=0
sysctl net.ipv4.conf.all.accept_redirects net.ipv4.conf.e0.forwarding
sysctl -w net.ipv4.conf.default.arp_filter=1
sysctl net.ipv4.conf.e0.arp_filter
ip link add f0 type veth peer name f1
sysctl net.ipv4.conf.f0.arp_filter
sysctl -w net.ipv4.conf.default.arp_filter=0
sysctl net.ipv4.conf.f0.arp_filter
sysctl -w net.ipv4.conf.f1.arp_ignore=2
sysctl -w net.ipv4.conf.default.arp_ignore=1
sysctl net.ipv4.conf.f0.arp_ignore net.ipv4.conf.f1.arp_ignore net.ipv4.conf.e0.arp_ignore
ip link set f1 name g1
sysctl net.ipv4.conf.g1.arp_ignore
sysctl net.ipv4.conf.f1.arp_ignore
`
  .trim()
  .split("\n");

/** The lines that build the node of the AWS VPC CNI (secondary addresses of eth1) on one machine. */
export const AWS = `
ip link add eth0 type veth peer name x0
ip link add eth1 type veth peer name x1
ip link add eni13dbbff0baa type veth peer name xa
ip link add eni91a79f290fe type veth peer name xb
ip link set eth0 up
ip link set x0 up
ip link set eth1 up
ip link set x1 up
ip link set eni13dbbff0baa up
ip link set xa up
ip link set eni91a79f290fe up
ip link set xb up
ip addr add 10.0.104.183/19 brd 10.0.127.255 dev eth0
ip addr add 10.0.98.10/19 brd 10.0.127.255 dev eth1
ip route del 10.0.96.0/19 dev eth1
ip route add default via 10.0.96.1 dev eth0
ip route add 10.0.97.30 dev eni13dbbff0baa scope link
ip route add 10.0.97.159 dev eni91a79f290fe scope link
ip route add 10.0.96.1 dev eth1 table 2 scope link
ip route add default via 10.0.96.1 dev eth1 table 2
ip rule add from 10.0.98.10 lookup 2
ip rule add pref 512 to 10.0.97.30 lookup main
ip rule add pref 512 to 10.0.97.159 lookup main
ip rule add pref 1024 fwmark 0x80/0x80 lookup main
ip rule add pref 1536 from 10.0.97.30 lookup 2
sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.eth0.rp_filter=2
`
  .trim()
  .split("\n");

/** What that node then says. */
export const AWS_SAYS: Readonly<Record<string, string>> = {
  "ip route": `default via 10.0.96.1 dev eth0 
10.0.96.0/19 dev eth0 proto kernel scope link src 10.0.104.183 
10.0.97.30 dev eni13dbbff0baa scope link 
10.0.97.159 dev eni91a79f290fe scope link 
`,
  "ip route show table 2": `default via 10.0.96.1 dev eth1 
10.0.96.1 dev eth1 scope link 
`,
  "ip rule": `0:	from all lookup local
512:	from all to 10.0.97.30 lookup main
512:	from all to 10.0.97.159 lookup main
1024:	from all fwmark 0x80/0x80 lookup main
1536:	from 10.0.97.30 lookup 2
32765:	from 10.0.98.10 lookup 2
32766:	from all lookup main
32767:	from all lookup default
`,
  "sysctl net.ipv4.conf.eth0.rp_filter net.ipv4.conf.all.rp_filter": `net.ipv4.conf.eth0.rp_filter = 2
net.ipv4.conf.all.rp_filter = 0
`,
  "ip route get 10.0.97.30": `10.0.97.30 dev eni13dbbff0baa src 10.0.104.183 uid 0 
    cache 
`,
  "ip route get 10.0.102.98 from 10.0.97.30 iif eni13dbbff0baa": `10.0.102.98 from 10.0.97.30 via 10.0.96.1 dev eth1 table 2 
    cache iif eni13dbbff0baa 
`,
  "ip route get 8.8.8.8 from 10.0.97.159 iif eni91a79f290fe": `8.8.8.8 from 10.0.97.159 via 10.0.96.1 dev eth0 
    cache iif eni91a79f290fe 
`,
};

/** A node of Calico without encapsulation. */
export const CALICO = `
ip link add eth0 type veth peer name x0
ip link add cali0d7763386da type veth peer name xa
ip link add cali0761ccbeace type veth peer name xb
ip link set eth0 up
ip link set x0 up
ip link set cali0d7763386da up
ip link set xa up
ip link set cali0761ccbeace up
ip link set xb up
ip addr add 192.168.10.11/24 brd 192.168.10.255 dev eth0
ip route add default via 192.168.10.1
ip route add 192.168.99.128/26 via 192.168.10.12 proto bird
ip route add blackhole 192.168.221.64/26 proto bird
ip route add 192.168.221.65 dev cali0d7763386da scope link
ip route add 192.168.221.66 dev cali0761ccbeace scope link
sysctl -qw net.ipv4.conf.cali0d7763386da.proxy_arp=1
`
  .trim()
  .split("\n");

export const CALICO_SAYS: Readonly<Record<string, string>> = {
  "ip route": `default via 192.168.10.1 dev eth0 
192.168.10.0/24 dev eth0 proto kernel scope link src 192.168.10.11 
192.168.99.128/26 via 192.168.10.12 dev eth0 proto bird 
blackhole 192.168.221.64/26 proto bird 
192.168.221.65 dev cali0d7763386da scope link 
192.168.221.66 dev cali0761ccbeace scope link 
`,
  "ip rule": `0:	from all lookup local
32766:	from all lookup main
32767:	from all lookup default
`,
  "ip route get 192.168.221.99": "RTNETLINK answers: Invalid argument\n",
  "sysctl net.ipv4.conf.cali0d7763386da.proxy_arp": "net.ipv4.conf.cali0d7763386da.proxy_arp = 1\n",
};
