// Scenes of what rules keep beside packets: connections counted, addresses seen, marks in sets; and of packets that programs
// are to decide about.

export const KEPT: Readonly<Record<string, string>> = {
  connlimit: `
ip netns exec r iptables -A FORWARD -p udp -m connlimit --connlimit-above 2
ip netns exec r iptables -A FORWARD -p udp -m connlimit --connlimit-upto 1 --connlimit-daddr
ip netns exec r iptables -A FORWARD -p udp -m connlimit --connlimit-above 1 --connlimit-mask 24
ip netns exec r iptables -A FORWARD -p udp -m connlimit ! --connlimit-above 2 --connlimit-saddr
ip netns exec r iptables -A FORWARD -p tcp --syn -m connlimit --connlimit-above 0 --connlimit-mask 0
ip netns exec r iptables -A FORWARD -p tcp --syn -m connlimit --connlimit-above 1
ip netns exec r iptables -A FORWARD -p icmp -m connlimit --connlimit-upto 0
ip netns exec r iptables -A FORWARD -p icmp -m connlimit --connlimit-above 0
echo x | ip netns exec a nc -u -q 0 -w 1 -p 4001 10.2.0.2 53
sleep 0.3
echo x | ip netns exec a nc -u -q 0 -w 1 -p 4002 10.2.0.2 53
echo x | ip netns exec a nc -u -q 0 -w 1 -p 4002 10.2.0.2 53
echo x | ip netns exec a nc -u -q 0 -w 1 -p 4003 10.2.0.3 53
sleep 0.3
ip netns exec r iptables -vS FORWARD
ip netns exec r conntrack -D -p udp --sport 4001
echo x | ip netns exec a nc -u -q 0 -w 1 -p 4004 10.2.0.2 53
echo x | ip netns exec a nc -u -q 0 -w 1 -p 4005 10.2.0.2 53
sleep 0.3
ip netns exec b nc -l -p 80 > /dev/null &
sleep 0.3
echo hello | ip netns exec a nc -N -p 4010 10.2.0.2 80
sleep 0.3
ip netns exec a nc -w 1 -p 4011 10.2.0.2 81
ip netns exec b nc -l -p 80 > /dev/null &
sleep 0.3
echo hello | ip netns exec a nc -N -p 4012 10.2.0.2 80
sleep 0.3
ip netns exec a ping -c 2 -i 0.2 -W 1 10.2.0.2
ip netns exec r iptables -vS FORWARD
`,
  queue: `
ip netns exec r iptables -A FORWARD -p udp -j NFQUEUE --queue-num 3
ip netns exec r iptables -A FORWARD -p icmp -j NFQUEUE --queue-balance 1:4 --queue-bypass
ip netns exec r iptables -A FORWARD -p icmp -j DROP
ip netns exec r iptables -P FORWARD DROP
ip netns exec a ping -c 1 -W 1 10.2.0.2
echo x | ip netns exec a nc -u -q 0 -w 1 -p 4001 10.2.0.2 53
sleep 0.3
ip netns exec r iptables -vS FORWARD
ip netns exec r conntrack -L
ip netns exec r iptables -A FORWARD -j QUEUE
`,
  recent: `
ip netns exec r iptables -A FORWARD -p icmp -m recent --name seen --set
ip netns exec r iptables -A FORWARD -p udp -m recent --name seen --rcheck --rdest
ip netns exec r iptables -A FORWARD -p udp -m recent --name nets --mask 255.255.255.0 --set
ip netns exec r cat /proc/net/xt_recent/seen
ip netns exec a ping -c 2 -i 0.2 -W 1 10.2.0.2
echo x | ip netns exec a nc -u -q 0 -w 1 -p 4001 10.2.0.2 53
sleep 0.3
ip netns exec r cat /proc/net/xt_recent/nets
ip netns exec r iptables -vS FORWARD
ip netns exec r iptables -D FORWARD 1
ip netns exec r iptables -D FORWARD 1
ip netns exec r iptables -A FORWARD -p icmp -m recent --name seen --rcheck
ip netns exec r cat /proc/net/xt_recent/seen
ip netns exec a ping -c 1 -W 1 10.2.0.2
ip netns exec r iptables -vS FORWARD
iptables -A INPUT -m recent --name mine --set
ip6tables -A INPUT -m recent --name mine --rcheck
echo +10.0.0.1 > /proc/net/xt_recent/mine
echo +2001:db8::1 > /proc/net/xt_recent/mine
echo 10.0.0.2 > /proc/net/xt_recent/mine 2>/dev/null
echo +10.0.0.300 > /proc/net/xt_recent/mine 2>/dev/null
echo -10.0.0.9 > /proc/net/xt_recent/mine
cat /proc/net/xt_recent/mine
echo -10.0.0.1 > /proc/net/xt_recent/mine
echo +2001:db8::1 > /proc/net/xt_recent/mine
cat /proc/net/xt_recent/mine
iptables -F INPUT
cat /proc/net/xt_recent/mine
echo / > /proc/net/xt_recent/mine
cat /proc/net/xt_recent/mine
`,
  "marks in sets": `
ip netns exec r ipset create k hash:ip skbinfo counters
ip netns exec r ipset add k 10.1.0.2 skbmark 0x5/0xf skbprio 1:2
ip netns exec r ipset add k 10.2.0.2 skbprio 1:2
ip netns exec r ipset create plain hash:ip
ip netns exec r ipset add plain 10.1.0.2
ip netns exec r ipset create l list:set skbinfo
ip netns exec r ipset add l plain skbmark 0x100/0xf00
ip netns exec r iptables -t mangle -A FORWARD -j MARK --set-mark 0xab
ip netns exec r iptables -t mangle -A FORWARD -j SET --map-set k src --map-mark --map-prio
ip netns exec r iptables -t mangle -A FORWARD -m mark --mark 0xa5
ip netns exec r iptables -t mangle -A FORWARD -j SET --map-set plain src --map-mark
ip netns exec r iptables -t mangle -A FORWARD -j SET --map-set l src --map-mark
ip netns exec r iptables -t mangle -A FORWARD -m mark --mark 0x1a5
ip netns exec r iptables -t mangle -A FORWARD -j SET --map-set k src --map-queue
ip netns exec r iptables -t mangle -A FORWARD -m mark --mark 0xab
ip netns exec a ping -c 1 -W 1 10.2.0.2
ip netns exec r iptables -t mangle -vS FORWARD
ip netns exec r ipset save k
`,
  "events told": `
ip netns exec r iptables -t raw -A PREROUTING -p icmp -j CT --ctevents destroy
ip netns exec r iptables -t raw -A PREROUTING -p tcp -j CT --ctevents new,reply --expevents new
ip netns exec r iptables -t raw -vS
ip netns exec r iptables -t raw -A PREROUTING -p tcp -j CT --helper nobody
ip netns exec r iptables -t raw -A PREROUTING -p tcp -j CT --timeout nobody
`,
};
