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
ip netns exec r iptables -t nat -A POSTROUTING -d 10.2.0.2 -j SNAT --to-source 10.2.0.1:600-700
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
ip netns exec a tcpdump -nvv -t -c 4 -i a0 udp or icmp & echo x | ip netns exec a nc -u -w 1 -p 4001 10.2.0.2 53; echo x | nc -u -w 1 -p 4002 10.2.0.2 99
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
ip netns exec r conntrack -L
ip netns exec r conntrack -L -m 0x83
ip netns exec r conntrack -L -m 1/0x80
ip netns exec r iptables -vS
ip netns exec r iptables -t mangle -vS
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
