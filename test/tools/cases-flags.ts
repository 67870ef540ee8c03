// Flags of commands, right and wrong, that are given to the real tools and to the model as those of cases.ts are.

/** Two machines on a cable. */
const TWO = `
ip link add eth0 address 02:00:00:00:00:01 type veth peer name eth1 address 02:00:00:00:00:02
ip netns add red
ip link set eth1 netns red
ip addr add 10.0.0.1/24 dev eth0
ip link set eth0 up
ip -n red addr add 10.0.0.2/24 dev eth1
ip -n red link set eth1 up
`;

export const FLAG_CASES: Readonly<Record<string, string>> = {
  captureFlags: `${TWO}ip -n red link set lo up
ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev eth0
ip -n red neigh add 10.0.0.1 lladdr 02:00:00:00:00:01 dev eth1
ip -n red route add 10.9.0.0/16 via 10.0.0.1
sleep 1.1
tcpdump -nt -i eth0 -x arp & arping -c 1 -I eth0 10.0.0.2 >/dev/null
tcpdump -nt -i eth0 -X arp & arping -c 1 -I eth0 10.0.0.2 >/dev/null
tcpdump -nt -i eth0 -XX arp & arping -c 1 -I eth0 10.0.0.2 >/dev/null
tcpdump -nt -i any -x arp & arping -c 1 -I eth0 10.0.0.2 >/dev/null
tcpdump -nt -Q in -i eth0 & ping -c 1 10.0.0.2 >/dev/null
tcpdump -nt -Q out -i eth0 & ping -c 1 10.0.0.2 >/dev/null
tcpdump -nt --direction=in -i eth0 & ping -c 1 10.0.0.2 >/dev/null
tcpdump -nt -Q foo -i eth0 & ping -c 1 10.0.0.2 >/dev/null
tcpdump -nt -Q out -i lo & ping -c 1 127.0.0.1 >/dev/null
tcpdump -nt -s 262145 -i eth0
tcpdump -nt -s x -i eth0
tcpdump -nt -s -1 -i eth0
tcpdump -nt -lUOKNp -i eth0 & ping -c 1 10.0.0.2 >/dev/null
tcpdump -n -t -# -c 3 --interface=eth0 & ping -c 2 -i 0.1 10.0.0.2 >/dev/null
tcpdump -nt --no-promiscuous-mode --packet-buffered --dont-verify-checksums --no-optimize -i eth0 & ping -c 1 10.0.0.2 >/dev/null
tcpdump -n --count -i eth0 & ping -c 1 10.0.0.2 >/dev/null
tcpdump -tttttt -n -i eth0
tcpdump -w x.pcap -i eth0 2>/dev/null & ping -c 1 10.0.0.2 >/dev/null
tcpdump -n -r x.pcap --count
tcpdump -n -r x.pcap --count icmp
tcpdump -n -r x.pcap -c 1 --count
tcpdump -n -t -r x.pcap foo
tcpdump -n -t -r x.pcap 'port ('
tcpdump -n -t -# -r x.pcap
`,
  pingWords: `${TWO}sleep 1.1
ping -c 1
ping
ping -4
ping -c 1 -W 0 10.0.0.2
ping -c 1 -w 0 10.0.0.2
ping -c 1 -t 0 10.0.0.2
ping -c 1 -t 0 10.9.9.9
ping -c 1 -W 2147483 10.0.0.2
ping -c 1 -i 3000000 10.0.0.2
ping -c 1 -I lo -W 1 10.0.0.2
ping -c 1 -I eth0 10.0.0.2
ping -c 1 -I eth0 -W 1 127.0.0.1
ping -c 1 0.0.0.0
ping -c 1 -I 10.0.0.1 0.0.0.0
ping -c 1 -I eth0 0.0.0.0
ping -c 1 0
ping -c 1 127.1
ping -c 1 127.0.1
ping -c 1 0x7f000001
ping -c 1 017700000001
ping -c 1 10.2
ping -q -c 1 0xa.0.2
ping -c 1 10.0.0.300
ping -c 1 10.0.0.08
ping -c 1 10.0.0.2.1
ping -c 1 1.
ping -c 1 10.0.0.2%eth0
ping -c 1 foo
ping -6 -c 1 foo
ping -4 -c 1 foo
ping -4 -c 1 ::1
ping -6 -c 1 10.0.0.2
ping -c 1 -s 65507 -q 10.0.0.2
ping -c 1 -s 65508 10.0.0.2
ping -c 1 -s 65508 127.0.0.1
ping -c 1 -s 65527 10.0.0.2
ping -c 1 -W 1 -s 65528 10.0.0.2
ping -c 1 -W 1 -s 70000 10.0.0.2
nc -zv 0x7f.1 80
nc -zv 127.1 80
nc -zv 10.0.0.300 80
nc -nzv 10.0.0.300 80
curl -s http://127.1/
nc -l x
nc -lu x
nc 10.0.0.2 x
nc 10.0.0.2 70000
nc 10.0.0.2 0
nc 10.0.0.2 x-80
nc 10.0.0.2 80-x
nc 10.0.0.2 80-70000
nc -zv 10.0.0.2 80 90
nc -zv 10.0.0.2 82-80 http
nc -zv 10.0.0.2 http-82
nc -p x -zv 10.0.0.2 80
nc -p http -zv 10.0.0.2 81
nc -zv localhost 80
nc -nzv 127.0.0.1 80
nc -zvu 127.1 80
ping -c 1 localhost
ping -n -c 1 localhost
`,
  arpWords: `
ip link add d0 address 02:00:00:00:00:01 type veth peer name d1 address 02:00:00:00:00:02
ip link set d0 up
ip link set d1 up
ip addr add 10.0.0.1/24 dev d0
sleep 1.1
arp -s foo 02:00:00:00:00:05
arp -s 10.0.0.300 02:00:00:00:00:05
arp -d foo
arp -n foo
arp -a foo
arp -s 10.4 02:00:00:00:00:04
arp -s 10.0.0.5 2:3:4:5:6:7:8
arp -s 10.0.0.6 02000000000a
arp -s 10.0.0.7 02-00-00-00-00-05
arp -s 10.0.0.7 02:00:00:00:00:gg
arp -n
arp -ni d0
arp -i lo -s 10.0.0.8 02:00:00:00:00:05
arp -i nope -s 10.0.0.8 02:00:00:00:00:05
arp -Ds 10.0.0.9 d0
arp -Ds 10.0.0.10 nope
arp -Ds 10.0.0.10 lo
arp -vs 10.0.0.11 02:00:00:00:00:05 temp dev d0
arp -vd 10.0.0.11 priv
arp -vd 10.0.0.11 pub
arp -vd 10.0.0.11
arp -vd 10.0.0.9
arp -H foo
arp -A foo
arp -A inet6 -n
arp -H loop -n
arp -H ether -n -i lo
arp -H ether -n -i lo 10.0.0.4
arp -t ether -a
arp -p inet -n
arp -n 10.0.0.5
arp -n 10.5
arp -D
arp --numeric --verbose
arp --all
arp --device d0 --numeric
arp --set 10.0.0.20 02:00:00:00:00:20
arp --delete 10.0.0.20
arp --use-device --set 10.0.0.21 d1
arp -s 10.0.0.5 02:00:00:00:00:05 netmask 255.255.255.255
arp -s 10.0.0.5 02:00:00:00:00:06 trail
arp -n 10.0.0.5
arp -an
arp -d 10.0.0.5 dev nope
arp -i nope -d 10.0.0.5
arp -i lo -d 10.0.0.5
arp -i d0 -d 10.0.0.5
arp -d 10.0.0.5
arp -s 10.0.0.255 02:00:00:00:00:05
arp -s 127.0.0.5 02:00:00:00:00:05
arp -s 10.0.0.1 02:00:00:00:00:05
arp -s 10.9.0.1 02:00:00:00:00:05
arp -d 10.9.0.1
arp -s 224.0.0.5 02:00:00:00:00:05
arp -s 0.0.0.0 02:00:00:00:00:05
arp -s default 02:00:00:00:00:05
arp -d -a 10.0.0.21
arp -vne
`,
  routeWords: `
ip link add d0 address 02:00:00:00:00:01 type veth peer name d1 address 02:00:00:00:00:02
ip link set d0 up
ip link set d1 up
ip addr add 10.0.0.1/24 dev d0
ip addr add 10.0.0.9/24 dev d0 label d0:1
sleep 1.1
route add -net 10.5.0.0/16
route add -net 10.6.0.0 gw 10.0.0.2
route add -net 10.0.0.0
route add -net 10.7.0.0/ gw 10.0.0.2
route add -host 10.7.0.5/32 dev d0
route add 10.7.0.6/32 dev d0
route add -net default gw 10.0.0.2
route add -net default gw 10.0.0.2
route add -net 0.0.0.0/0 gw 10.0.0.2 metric 3
route add -net 0.0.0.0 gw 10.0.0.2 metric 5
route add 0.0.0.0 gw 10.0.0.2 metric 6
route add 10 gw 10.0.0.2
route add 10.8 gw 10.0.0.2
route add 10.0.0.5 gw 10.0.0.2
route add default gw 10.0.0.300
route add default gw 10.9.9.9
route add foo gw 10.0.0.2
route add -net foo gw 10.0.0.2
route add -net 10.9.0.0/16 reject
route add -net 10.9.0.0/16 reject
route add -host 10.9.0.1 reject
route add 10.9.0.2 reject d0
route add -net 10.9.0.0/16 metric 4 reject
route add -net 10.14.0.0/16 gw 10.0.0.2 mod dyn reinstate
route add -net 10.15.0.0/16 d0:1
route add -net 10.16.0.0/16 d0:7
route add -net 10.17.0.0 netmask foo gw 10.0.0.2
route add -net 10.17.0.0 netmask 255.255.0.0 gw 10.0.0.2
route add -net 10.18.0.0/16 gw 10.0.0.2 metric 5x
route add -net 10.18.0.0/16 gw 10.0.0.2 foo
route -n add -net 10.19.0.0/16 d0
route add -A inet -net 10.20.0.0/16 d0
route -v add -net 10.21.0.0/16 d0
route add -net 10.22.0.0/16 dev nope
route add -net 10.23.0.0/16 metric 0 d0
route -n
route -n -v
route -n -4
route -A inet -n
route -nF
route --numeric --extend
route --inet -een
route -ee
ip route
route del -net 10.9.0.0/16 reject
route del -net 10.9.0.0/16
route del 10.9.0.1
route delete -host 10.9.0.2
route del -net 10.11.0.0
route del default metric 3
route del default gw 10.0.0.99
route del default
route del 0.0.0.0
route del -net 10.22.0.0/16 dev d0
route del -net 10.21.0.0/16 dev nope
route del -net 10.21.0.0 netmask 255.255.0.0 dev d0
route del -net 10.15.0.0/16 d0:1
route -A foo
route -n
`,
  ifconfigWords: `
ip link add d0 address 02:00:00:00:00:01 type veth peer name d1 address 02:00:00:00:00:02
ip link set d0 up
ip link set d1 up
sleep 1.1
ifconfig d0:1 10.0.0.77
ifconfig d0:1
ifconfig d0:2 10.7.0.1 netmask 255.255.255.0 up
ifconfig d0:3 10.7.0.3/24
ifconfig -a -s
ip -4 addr show d0
ip route show table all
ifconfig d0:1 down
ifconfig d0:2 10.7.0.9
ip -4 addr show d0
ifconfig d0:9 down
ifconfig d0:9 up
ifconfig d0:9
ifconfig nope:9
ifconfig d0 10.0.0.300
ifconfig d0 foo
ifconfig d0 netmask foo
ifconfig d0 netmask 255.0.0.0
ifconfig d0 broadcast 10.0.0.254
ifconfig d0 10.0.0.1/24 broadcast 10.0.0.200
ip -4 addr show d0
ifconfig d0 broadcast 10.0.0.254
ifconfig d0 10.0.0.1
ip -4 addr show d0
ifconfig d0 netmask 255.255.0.0
ifconfig d0 10.0.0.1/24 mtu 1400
ip -4 addr show d0
ifconfig d0 promisc
ifconfig d0 allmulti
ifconfig d0 -arp
ifconfig d0 -multicast
ifconfig d0 | head -n 5
ifconfig -s | grep -c ABPORU
netstat -i | grep -c ABPORU
ip link show d0
ifconfig d0 -promisc -allmulti arp multicast
ifconfig d0 txqueuelen 5
ifconfig d0 hw ether 02:00:00:00:00:0a
ip link show d0
ifconfig d0 metric 5
ifconfig nope 10.0.0.1
ifconfig nope mtu 5
ifconfig nope up
ifconfig nope
ifconfig d0 up down
ifconfig -v d0 | head -n 3
ifconfig d0 mtu 1300x
ifconfig d0 mtu x
ifconfig d0 mtu 67
ifconfig d0 netmask 255.0.255.0 up
ifconfig d0 10.0.0.3 foo
ifconfig d0 10.3
ifconfig d0 0
ip addr show d0
ifconfig lo 127.0.0.2
ifconfig lo | head -n 3
ifconfig lo down
ifconfig lo | head -n 3
`,
  ssWords: `
ip link add d0 address 02:00:00:00:00:01 type veth peer name d1 address 02:00:00:00:00:02
ip netns add red
ip link set d1 netns red
ip link set d0 up
ip addr add 10.0.0.1/24 dev d0
ip -n red link set d1 up
ip -n red addr add 10.0.0.2/24 dev d1
ip netns exec red nc -lk 80 & true
ip netns exec red nc -lk 81 & true
sleep 1.5
nc -p 4000 10.0.0.2 80 & true
nc -p 4001 10.0.0.2 81 & true
sleep 0.5
ss -V
ss -v
ss -tn | grep -c 0.0
ss -tan | grep -c 0.0
ss -tn state established | grep -c 0.0
ss -tn state listening
ss -tan state established state listening | grep -c 0.0
ss -tn exclude established
ss -tn state connected | grep -c 0.0
ss -tn state all | grep -c 0.0
ss -tn state foo
ss -tnO | grep -c 0.0
ss -t -n -f inet | grep -c 0.0
ss -t -n -f inet6
ss -tn dport = :80
ss -tn dport = 80
ss -tn dport :80
ss -tn dport eq :http
ss -tn sport = :4001
ss -tn sport '>' :4000
ss -tn sport gt :4000
ss -tn sport le :4000
ss -tn sport != :4000
ss -tn sport = :4000 or dport = :81 | grep -c 0.0
ss -tn '( sport = :4000 or sport = :4001 ) and dport = :81'
ss -tn not dport = :81
ss -tn '!' dport = :81
ss -tn dst 10.0.0.2 | grep -c 0.0
ss -tn dst 10.0.0.2:81
ss -tn dst 10.0.0.0/24 | grep -c 0.0
ss -tn dst = 10.0.0.0/24 | grep -c 0.0
ss -tn src 10.0.0.9
ss -Htn dst 10.0.0.2 and sport = :4000
ss -tn state established dport = :80
ip netns exec red ss -tuln | grep -c 0.0
ip netns exec red ss -tun state unconnected
ip netns exec red ss -tuan state listening | grep -c 0.0
ip netns exec red ss -tln sport = :80
ip netns exec red ss -tln src 0.0.0.0/0 | grep -c 0.0
ip netns exec red ss -tln src 10.0.0.2
`,
  ipOptions: `
ip link add d0 address 02:00:00:00:00:01 type veth peer name d1 address 02:00:00:00:00:02
ip -c=never a
ip -c=auto -br l
ip -color=never r
ip -co=auto -o a
ip -c=foo a
ip -colour a
ip -f foo a
ip -family 7 a
ip -br -c=never a
ip -4 -c=auto a
ip -o -c=never r
ip neigh add 10.0.0.15 dev d0 nud 128 lladdr 02:00:00:00:00:09
ip neigh add 10.0.0.16 dev d0 nud 4 lladdr 02:00:00:00:00:09
ip neigh add 10.0.0.17 dev d0 nud 0x80 lladdr 02:00:00:00:00:09
ip neigh
ip neigh show nud 128
`,
};
