// Command lines about connections that the real tools and kernel answer the same. What only needs time on a real machine
// (`sleep`), and what makes traffic in the background, is left out when the answers are compared.

/** A client, a router and a server. */
export const ROUTED = `
ip netns add a
ip netns add r
ip netns add b
ip link add a0 netns a type veth peer name r0 netns r
ip link add b0 netns b type veth peer name r1 netns r
ip -n a link set lo up
ip -n r link set lo up
ip -n b link set lo up
ip -n a link set a0 up
ip -n r link set r0 up
ip -n r link set r1 up
ip -n b link set b0 up
ip -n a addr add 10.1.0.2/24 dev a0
ip -n r addr add 10.1.0.1/24 dev r0
ip -n r addr add 10.2.0.1/24 dev r1
ip -n b addr add 10.2.0.2/24 dev b0
ip -n b addr add 10.2.0.3/24 dev b0
ip -n a route add default via 10.1.0.1
ip -n b route add default via 10.2.0.1
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
sleep 1.3
`;

/** Each begins with a machine of its own. */
export const SCENES: Readonly<Record<string, string>> = {
  masquerade: `
ip netns exec r conntrack -L
ip netns exec r iptables -t nat -A POSTROUTING -o r1 -j MASQUERADE
ip netns exec r iptables -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
ip netns exec r iptables -A FORWARD -m conntrack --ctstate INVALID -j DROP
ip netns exec r iptables -A FORWARD -i r0 -m state --state NEW -j ACCEPT
ip netns exec r iptables -P FORWARD DROP
ip netns exec b nc -l -p 80 > /dev/null &
sleep 0.3
echo hello | ip netns exec a nc -N -p 4000 10.2.0.2 80
ip netns exec a ping -c 2 -i 0.2 -W 1 10.2.0.2
echo x | ip netns exec a nc -u -q 0 -w 1 -p 4001 10.2.0.2 53
sleep 0.3
ip netns exec r conntrack -L -p tcp
ip netns exec r conntrack -L -p udp
ip netns exec r conntrack -L -p icmp
ip netns exec r conntrack -C
ip netns exec r iptables -t nat -vS
ip netns exec r iptables -vS
ip netns exec b ping -c 1 -W 1 10.1.0.2
ip netns exec r conntrack -D -p tcp
ip netns exec r conntrack -D -p tcp
ip netns exec r conntrack -F
`,
  dnat: `
ip netns exec r iptables -t nat -A PREROUTING -p tcp -d 10.1.0.1 --dport 8080 -j DNAT --to-destination 10.2.0.3:80
ip netns exec r iptables -t nat -A OUTPUT -p tcp -d 10.9.9.9 --dport 81 -j DNAT --to-destination 10.2.0.2:80
ip netns exec r iptables -t nat -A POSTROUTING -d 10.2.0.2 -p tcp -j SNAT --to-source 10.2.0.1:600-600
ip netns exec b nc -l -p 80 > /dev/null &
sleep 0.3
echo hello | ip netns exec a nc -N -p 4000 10.1.0.1 8080
sleep 0.3
ip netns exec r conntrack -L
ip netns exec r conntrack -L -g
ip netns exec r conntrack -L -n
ip netns exec r conntrack -L -g 10.2.0.3 -o extended
ip netns exec r conntrack -G -p tcp -s 10.1.0.2 -d 10.1.0.1 --sport 4000 --dport 8080
ip netns exec r conntrack -G -p tcp -s 10.1.0.2 -d 10.1.0.1 --sport 4001 --dport 8080
ip netns exec r iptables -t nat -vS
`,
  errors: `
ip netns exec r iptables -t nat -A POSTROUTING -o r1 -j MASQUERADE
ip netns exec r iptables -A FORWARD -m conntrack --ctstate RELATED -j ACCEPT
ip netns exec r iptables -A FORWARD -p udp --dport 99 -j REJECT
ip netns exec r iptables -A FORWARD -p tcp --dport 99 -j REJECT --reject-with tcp-reset
ip netns exec r iptables -A FORWARD -p tcp --dport 98 -j REJECT --reject-with icmp-admin-prohibited
ip netns exec a tcpdump -nv -t -c 2 -i a0 udp or icmp & echo x | ip netns exec a nc -u -w 1 -p 4001 10.2.0.2 4711
ip netns exec a tcpdump -nv -t -c 2 -i a0 udp or icmp & echo x | ip netns exec a nc -u -w 1 -p 4002 10.2.0.2 99
ip netns exec a nc -w 1 -p 4003 10.2.0.2 99
ip netns exec a nc -w 1 -p 4004 10.2.0.2 98
ip netns exec r conntrack -L
ip netns exec r iptables -vS
ip netns exec r iptables -t nat -vS
`,
  fragments: `
ip netns exec r iptables -t nat -A POSTROUTING -o r1 -j MASQUERADE
ip netns exec b tcpdump -nv -t -c 3 -i b0 icmp & ip netns exec a ping -c 1 -W 1 -s 4000 10.2.0.2 > /dev/null
ip netns exec r conntrack -L -p icmp
ip netns exec r iptables -t nat -vS
`,
  local: `
ip netns exec r iptables -t nat -A OUTPUT -p tcp --dport 81 -j REDIRECT --to-ports 80
ip netns exec r iptables -t nat -A PREROUTING -p tcp --dport 81 -j REDIRECT --to-ports 80
ip netns exec r nc -k -l -p 80 > /dev/null &
sleep 0.3
echo hello | ip netns exec r nc -N -p 4000 10.2.0.2 81
echo hello | ip netns exec a nc -N -p 4001 10.2.0.2 81
sleep 0.3
ip netns exec r conntrack -L -p tcp --sport 4000
ip netns exec r conntrack -L -p tcp --sport 4001
ip netns exec r iptables -t nat -vS
`,
  marks: `
ip netns exec r iptables -t mangle -A PREROUTING -i r0 -j CONNMARK --set-mark 0x80/0xf0
ip netns exec r iptables -t mangle -A PREROUTING -i r1 -j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xf0
ip netns exec r iptables -t mangle -A FORWARD -m connmark --mark 0x80/0xf0
ip netns exec r iptables -t mangle -A FORWARD -m connmark ! --mark 0x80
ip netns exec r iptables -t mangle -A FORWARD -m mark --mark 0x80
ip netns exec r iptables -t mangle -A POSTROUTING -j MARK --set-mark 3
ip netns exec r iptables -t mangle -A POSTROUTING -j CONNMARK --save-mark --mask 0xf
ip netns exec r iptables -t raw -A PREROUTING -p udp -j CT --notrack
ip netns exec r iptables -A FORWARD -m conntrack --ctstate UNTRACKED
ip netns exec r iptables -A FORWARD -m conntrack --ctdir REPLY --ctproto icmp
ip netns exec r iptables -A FORWARD -m conntrack --ctstatus ASSURED,SEEN_REPLY --ctorigsrc 10.1.0.0/24 --ctrepldst 10.1.0.2
ip netns exec r iptables -A FORWARD -m conntrack ! --ctexpire 10:60
ip netns exec r iptables -A FORWARD -m conntrack --ctorigdstport 53:80
ip netns exec a ping -c 2 -i 0.2 -W 1 10.2.0.2
echo x | ip netns exec a nc -u -q 0 -w 1 -p 4001 10.2.0.2 53
sleep 0.3
ip netns exec r conntrack -L
ip netns exec r conntrack -L -m 0x83
ip netns exec r conntrack -L -m 1/0x80
ip netns exec r iptables -vS
ip netns exec r iptables -t mangle -vS
ip netns exec r iptables -t raw -vS
`,
  ranges: `
ip -n b route add 10.9.0.0/16 via 10.2.0.1
ip netns exec r iptables -t nat -A PREROUTING -d 10.7.0.0/24 -j NETMAP --to 10.2.0.0/24
ip netns exec r iptables -t nat -A PREROUTING -d 10.8.0.1 -j DNAT --to-destination 10.2.0.2-10.2.0.3
ip netns exec r iptables -t nat -A POSTROUTING -p icmp -d 10.2.0.2 -j SNAT --to-source 10.9.0.1-10.9.9.9
ip netns exec r iptables -t nat -A POSTROUTING -p icmp -d 10.2.0.3 -j SNAT --to-source 10.9.0.1-10.9.9.9 --persistent
ip netns exec a ping -c 1 -W 1 10.7.0.2
ip netns exec a ping -c 1 -W 1 10.7.0.3
ip netns exec a ping -c 1 -W 1 10.8.0.1
ip netns exec a ping -c 1 -W 1 10.2.0.3
ip netns exec r conntrack -L
ip netns exec r iptables -t nat -vS
ip netns exec r iptables -t nat -F
ip netns exec r iptables -t nat -A POSTROUTING -p udp -j SNAT --to-source 10.9.0.1-10.9.0.250:2000
ip netns exec r iptables -t nat -A POSTROUTING -p tcp -j MASQUERADE --to-ports 3000
echo x | ip netns exec a nc -u -q 0 -w 1 -p 4001 10.2.0.2 53
echo x | ip netns exec a nc -u -q 0 -w 1 -p 4001 10.2.0.3 53
echo x | ip netns exec a nc -u -q 0 -w 1 -p 4002 10.2.0.3 53
ip netns exec a nc -w 1 -p 4003 10.2.0.2 99
sleep 0.3
ip netns exec r conntrack -L -p udp
ip netns exec r iptables -t nat -vS
`,
  hairpin: `
ip netns exec r sysctl -qw net.ipv4.conf.r0.route_localnet=1
ip netns exec r iptables -t nat -A PREROUTING -p tcp -d 10.1.0.1 --dport 8080 -j DNAT --to-destination 10.1.0.2:80
ip netns exec r iptables -t nat -A PREROUTING -p tcp -d 10.1.0.1 --dport 8081 -j DNAT --to-destination 127.0.0.1:81
ip netns exec r iptables -t nat -A POSTROUTING -s 10.1.0.2 -d 10.1.0.2 -j MASQUERADE
ip netns exec r iptables -t nat -A INPUT -p icmp -j SNAT --to-source 10.2.0.77
ip netns exec a nc -l -p 80 > /dev/null &
ip netns exec r nc -l -p 81 > /dev/null &
sleep 0.3
echo hello | ip netns exec a nc -N -p 4000 10.1.0.1 8080
echo hello | ip netns exec a nc -N -p 4001 10.1.0.1 8081
ip netns exec a ping -c 1 -W 1 10.1.0.1
sleep 0.3
ip netns exec r conntrack -L
ip netns exec r conntrack -L -j
ip netns exec r iptables -t nat -vS
`,
  rejects: `
ip netns exec r iptables -t nat -A POSTROUTING -o r1 -j MASQUERADE
ip netns exec r iptables -t nat -A PREROUTING -d 10.1.0.1 -p udp --dport 300 -j DNAT --to-destination 10.2.0.2:100
ip netns exec r iptables -A FORWARD -p udp --dport 100 -j REJECT --reject-with icmp-net-unreachable
ip netns exec a tcpdump -nv -t -c 2 -i a0 udp or icmp & echo x | ip netns exec a nc -u -w 1 -p 4100 10.2.0.2 100
ip netns exec r iptables -A FORWARD -p udp --dport 101 -j REJECT --reject-with host-unreach
ip netns exec a tcpdump -nv -t -c 2 -i a0 udp or icmp & echo x | ip netns exec a nc -u -w 1 -p 4101 10.2.0.2 101
ip netns exec r iptables -A FORWARD -p udp --dport 102 -j REJECT --reject-with icmp-proto-unreachable
ip netns exec a tcpdump -nv -t -c 2 -i a0 udp or icmp & echo x | ip netns exec a nc -u -w 1 -p 4102 10.2.0.2 102
ip netns exec r iptables -A FORWARD -p udp --dport 103 -j REJECT --reject-with net-prohib
ip netns exec a tcpdump -nv -t -c 2 -i a0 udp or icmp & echo x | ip netns exec a nc -u -w 1 -p 4103 10.2.0.2 103
ip netns exec r iptables -A FORWARD -p udp --dport 104 -j REJECT --reject-with icmp-host-prohibited
ip netns exec a tcpdump -nv -t -c 2 -i a0 udp or icmp & echo x | ip netns exec a nc -u -w 1 -p 4104 10.2.0.2 104
ip netns exec a tcpdump -nv -t -c 2 -i a0 udp or icmp & echo x | ip netns exec a nc -u -w 1 -p 4300 10.1.0.1 300
ip netns exec a tcpdump -n -t -c 1 -i a0 icmp & ip netns exec a ping -c 1 -W 1 -t 1 10.2.0.2 > /dev/null
ip netns exec r conntrack -L
ip netns exec r iptables -vS
`,
  purge: `
ip -n r addr add 10.2.0.9/24 dev r1
ip netns exec r iptables -t nat -A POSTROUTING -o r1 -p udp -j MASQUERADE
ip netns exec r iptables -t nat -A POSTROUTING -o r1 -p icmp -j SNAT --to-source 10.2.0.1
ip netns exec r iptables -t raw -A PREROUTING -i r1 -p icmp -j CT --zone 0
ip netns exec r iptables -t raw -A PREROUTING -p tcp -j CT --zone-orig 9
echo x | ip netns exec a nc -u -q 0 -w 1 -p 4001 10.2.0.2 53
ip netns exec a ping -c 1 -W 1 10.2.0.2
ip netns exec a nc -w 1 -p 4003 10.2.0.2 99
echo x | ip netns exec a nc -u -q 0 -w 1 -p 4002 10.2.0.2 53
sleep 0.3
ip netns exec r conntrack -L
ip -n r addr del 10.2.0.9/24 dev r1
sleep 0.3
ip netns exec r conntrack -L
ip -n r link set r1 down
sleep 0.3
ip netns exec r conntrack -L
ip netns exec r iptables -t raw -vS
`,
  entries: `
ip netns exec r conntrack -I -p tcp -s 1.1.1.1 -d 2.2.2.2 --sport 1 --dport 2 --state ESTABLISHED -t 100 -u SEEN_REPLY,ASSURED
ip netns exec r conntrack -I -p tcp -s 1.1.1.1 -d 2.2.2.2 --sport 1 --dport 2 --state ESTABLISHED -t 100
ip netns exec r conntrack -I -p tcp -s 1.1.1.1 -d 2.2.2.2 --sport 1 --dport 3 -t 100
ip netns exec r conntrack -L
ip netns exec r conntrack -L -o extended
ip netns exec r conntrack -L -p tcp --state ESTABLISHED
ip netns exec r conntrack -L -p tcp --state FOO
ip netns exec r conntrack -L -p foo
ip netns exec r conntrack -L -s foo
ip netns exec r conntrack -L -s
ip netns exec r conntrack -L --foo
ip netns exec r conntrack -X
ip netns exec r conntrack -L -D
ip netns exec r conntrack -L -s 1.1.1.0/24
ip netns exec r conntrack -L -s 1.1.0.0/24
ip netns exec r conntrack -C
ip netns exec r conntrack -V
ip netns exec r conntrack -D -s 1.1.1.1
ip netns exec r conntrack -D -s 1.1.1.1
ip netns exec r conntrack -I -p udp -s 1.1.1.1 -d 2.2.2.2 --sport 1 --dport 2 -t 100 -w 7
ip netns exec r conntrack -L
ip netns exec r conntrack -L -w 7
ip netns exec r conntrack -F
ip netns exec r sysctl net.netfilter.nf_conntrack_tcp_timeout_established net.netfilter.nf_conntrack_udp_timeout_stream
ip netns exec r cat /proc/sys/net/netfilter/nf_conntrack_count
`,
};
