// Scenes of options that the others leave out: each is met by some packets and not by others.

export const OPTIONS: Readonly<Record<string, string>> = {
  "options of matches": `
ip netns exec r iptables -A FORWARD
ip netns exec r iptables -A FORWARD -p icmp -m conntrack --ctorigdst 10.2.0.2
ip netns exec r iptables -A FORWARD -p icmp -m conntrack --ctreplsrc 10.2.0.2
ip netns exec r iptables -A FORWARD -p udp -m conntrack --ctorigsrcport 4001
ip netns exec r iptables -A FORWARD -p udp -m conntrack --ctorigdstport 53
ip netns exec r iptables -A FORWARD -p udp -m conntrack --ctreplsrcport 53
ip netns exec r iptables -A FORWARD -p udp -m conntrack --ctrepldstport 4001
ip netns exec r iptables -A FORWARD -m addrtype --dst-type UNICAST --limit-iface-out -o r1
ip netns exec r iptables -t mangle -A PREROUTING -m rpfilter
ip netns exec r iptables -t mangle -A PREROUTING -m rpfilter --loose
ip netns exec r iptables -t mangle -A PREROUTING -m rpfilter --invert
ip netns exec r iptables -t mangle -A PREROUTING -m rpfilter --invert --loose
ip netns exec r iptables -t mangle -A PREROUTING -m rpfilter --accept-local
ip netns exec r iptables -t mangle -A PREROUTING -m rpfilter --validmark
ip netns exec r iptables -t mangle -A PREROUTING
ip -n a addr add 172.16.0.9/32 dev a0
ip -n a addr add 10.2.0.77/32 dev a0
ip -n a addr add 10.2.0.1/32 dev a0
ip netns exec a ping -c 1 -W 1 10.2.0.2
ip netns exec a ping -c 1 -W 1 10.2.0.3
ip netns exec a ping -c 1 -W 1 -I 172.16.0.9 10.2.0.2
ip netns exec a ping -c 1 -W 1 -I 10.2.0.77 10.2.0.2
echo x | ip netns exec a nc -u -q 0 -w 1 -p 4001 10.2.0.2 53
sleep 0.3
echo x | ip netns exec a nc -u -q 0 -w 1 -p 4002 10.2.0.2 54
sleep 0.3
ip netns exec r iptables -t mangle -vS PREROUTING
ip netns exec r iptables -vS FORWARD
`,
  "options of marks": `
ip netns exec r iptables -t mangle -A PREROUTING -p icmp -j MARK --set-xmark 0xf0/0xff
ip netns exec r iptables -t mangle -A PREROUTING -p icmp -j MARK --and-mark 0x3f
ip netns exec r iptables -t mangle -A PREROUTING -p icmp -j MARK --or-mark 0x100
ip netns exec r iptables -t mangle -A PREROUTING -p icmp -j MARK --xor-mark 0x11
ip netns exec r iptables -t mangle -A PREROUTING -m mark --mark 0x121
ip netns exec r iptables -t mangle -A PREROUTING -p icmp -j CONNMARK --set-xmark 0xf0/0xff
ip netns exec r iptables -t mangle -A PREROUTING -p icmp -j CONNMARK --and-mark 0x3f
ip netns exec r iptables -t mangle -A PREROUTING -p icmp -j CONNMARK --or-mark 0x100
ip netns exec r iptables -t mangle -A PREROUTING -p icmp -j CONNMARK --xor-mark 0x11
ip netns exec r iptables -t mangle -A PREROUTING -m connmark --mark 0x121
ip netns exec r iptables -t mangle -A PREROUTING -p udp -j MARK --set-mark 0x7
ip netns exec r iptables -t mangle -A PREROUTING -p udp -j CONNMARK --save-mark --left-shift-mark 4
ip netns exec r iptables -t mangle -A PREROUTING -m connmark --mark 0x70
ip netns exec r iptables -t mangle -A PREROUTING -p udp -j CONNMARK --restore-mark --right-shift-mark 2
ip netns exec r iptables -t mangle -A PREROUTING -m mark --mark 0x1c
ip netns exec r iptables -t mangle -A PREROUTING -p udp -j CONNMARK --save-mark --nfmask 0xc --ctmask 0xff
ip netns exec r iptables -t mangle -A PREROUTING -p udp -j CONNMARK --restore-mark --mask 0xff
ip netns exec r iptables -t mangle -A PREROUTING -p udp -j CONNMARK --set-mark 9
ip netns exec r iptables -t mangle -A PREROUTING
ip netns exec a ping -c 2 -i 0.2 -W 1 10.2.0.2
echo x | ip netns exec a nc -u -q 0 -w 1 -p 4001 10.2.0.2 53
sleep 0.3
ip netns exec r iptables -t mangle -vS PREROUTING
ip netns exec r conntrack -L
`,
  "options of targets": `
ip netns exec r iptables -t mangle -A FORWARD
ip netns exec r ipset create seen hash:ip timeout 100
ip netns exec r ipset create gone hash:ip
ip netns exec r ipset add gone 10.1.0.2
ip netns exec r ipset create maps hash:ip skbinfo
ip netns exec r ipset add maps 10.1.0.2 skbmark 0x5
ip netns exec r iptables -t mangle -A FORWARD -p icmp -j SET --add-set seen src --exist --timeout 60
ip netns exec r iptables -t mangle -A FORWARD -p icmp -j SET --del-set gone src
ip netns exec r iptables -t mangle -A FORWARD -p icmp -j SET --map-set maps src --map-mark --map-prio --map-queue
ip netns exec r iptables -t mangle -A FORWARD -p icmp -s 10.1.0.2 -j TTL --ttl-set 40
ip netns exec r iptables -t mangle -A FORWARD -p icmp -s 10.1.0.2 -j TTL --ttl-inc 5
ip netns exec r iptables -t mangle -A FORWARD -p icmp -s 10.1.0.2 -j TTL --ttl-dec 3
ip netns exec r iptables -t mangle -A FORWARD -m ttl --ttl-eq 42
ip netns exec r iptables -t mangle -A FORWARD -p tcp --syn -s 10.1.0.2 -j TCPMSS --set-mss 900
ip netns exec r iptables -t mangle -A FORWARD -p tcp -m tcpmss --mss 900
ip netns exec r iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN SYN -s 10.2.0.2 -j TCPMSS --clamp-mss-to-pmtu
ip netns exec r iptables -t mangle -A FORWARD -p icmp -j CLASSIFY --set-class 1:2
ip netns exec r iptables -t mangle -A FORWARD -p icmp -j NFLOG --nflog-group 3 --nflog-prefix x --nflog-size 64 --nflog-threshold 2
ip netns exec r iptables -t mangle -A FORWARD -p icmp -j NFLOG --nflog-range 9
ip netns exec r iptables -t mangle -A FORWARD -p icmp -j LOG --log-level 5 --log-prefix x --log-tcp-sequence --log-tcp-options --log-ip-options --log-uid
ip netns exec r iptables -t mangle -A FORWARD -p icmp -j LOG --log-macdecode
ip netns exec r iptables -t mangle -A FORWARD -p icmp -j NFQUEUE --queue-balance 1:4 --queue-cpu-fanout --queue-bypass
ip netns exec r iptables -t raw -A PREROUTING -p udp -j NOTRACK
ip netns exec r iptables -t raw -A PREROUTING -p udp -j TRACE
ip netns exec r iptables -t raw -A PREROUTING -p udp -m conntrack --ctstate UNTRACKED
ip netns exec r iptables -t raw -A PREROUTING -p tcp -j CT --zone 3 --ctevents new --expevents new
ip netns exec r iptables -t raw -A PREROUTING -p icmp -j CT --zone-reply 4
ip netns exec r iptables -t raw -A PREROUTING
ip netns exec a ping -c 1 -W 1 10.2.0.2
echo x | ip netns exec a nc -u -q 0 -w 1 -p 4001 10.2.0.2 53
sleep 0.3
ip netns exec b nc -l -p 80 > /dev/null &
sleep 0.3
echo hello | ip netns exec a nc -N -p 4011 10.2.0.2 80
sleep 0.3
ip netns exec r iptables -t mangle -vS FORWARD
ip netns exec r iptables -t raw -vS PREROUTING
ip netns exec r ipset list -n
ip netns exec r ipset test seen 10.1.0.2
ip netns exec r ipset test gone 10.1.0.2
ip netns exec r conntrack -L
`,
  "options of translation": `
ip netns exec r iptables -t nat -A POSTROUTING
ip netns exec r iptables -t nat -A POSTROUTING -p icmp -d 10.2.0.2 -j MASQUERADE --random
ip netns exec r iptables -t nat -A POSTROUTING -p icmp -d 10.2.0.3 -j MASQUERADE --random-fully
ip netns exec r iptables -t nat -A POSTROUTING -p udp --dport 53 -j SNAT --to-source 10.2.0.1 --random --persistent
ip netns exec r iptables -t nat -A POSTROUTING -p udp --dport 54 -j SNAT --to-source 10.2.0.1 --random-fully
ip netns exec r iptables -t nat -A PREROUTING -p udp --dport 55 -j DNAT --to-destination 10.2.0.2:56 --random --persistent
ip netns exec r iptables -t nat -A PREROUTING -p udp --dport 57 -j REDIRECT --to-ports 58 --random
ip netns exec r iptables -t nat -A PREROUTING -d 10.9.0.0/24 -j NETMAP --to 10.2.0.0/24
ip netns exec r iptables -t nat -A PREROUTING
ip netns exec a ping -c 1 -W 1 10.2.0.2
ip netns exec a ping -c 1 -W 1 10.2.0.3
ip netns exec a ping -c 1 -W 1 10.9.0.2
echo x | ip netns exec a nc -u -q 0 -w 1 -p 4001 10.2.0.2 53
sleep 0.3
echo x | ip netns exec a nc -u -q 0 -w 1 -p 4002 10.2.0.2 54
sleep 0.3
echo x | ip netns exec a nc -u -q 0 -w 1 -p 4003 10.2.0.2 55
sleep 0.3
echo x | ip netns exec a nc -u -q 0 -w 1 -p 4004 10.2.0.2 57
sleep 0.3
ip netns exec r iptables -t nat -vS
`,
  "options of IPv6": `
ip netns exec r sysctl -qw net.ipv6.conf.all.disable_ipv6=0
ip netns exec r sysctl -qw net.ipv6.conf.lo.disable_ipv6=0
ip netns exec r ip6tables -t mangle -A OUTPUT -o lo -p icmpv6 --icmpv6-type echo-request -j HL --hl-set 40
ip netns exec r ip6tables -t mangle -A OUTPUT -o lo -p icmpv6 --icmpv6-type echo-request -j HL --hl-inc 5
ip netns exec r ip6tables -t mangle -A OUTPUT -o lo -p icmpv6 --icmpv6-type echo-request -j HL --hl-dec 3
ip netns exec r ip6tables -t mangle -A OUTPUT -o lo
ip netns exec r ip6tables -t mangle -A INPUT -i lo -m hl --hl-eq 42
ip netns exec r ping -6 -c 1 -W 1 ::1
ip netns exec r ip6tables -t mangle -vS OUTPUT
ip netns exec r ip6tables -t mangle -vS INPUT
`,
  "a program's queue, of ip_tables": `
ip netns exec r iptables-legacy -A FORWARD
ip netns exec r iptables-legacy -A FORWARD -p icmp -j QUEUE
ip netns exec a ping -c 1 -W 1 10.2.0.2
echo x | ip netns exec a nc -u -q 0 -w 1 -p 4001 10.2.0.2 53
sleep 0.3
ip netns exec r iptables-legacy -vS FORWARD
`,
};
