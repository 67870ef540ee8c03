// Flags of commands, right and wrong, that are given to the real tools and to the model as those of cases.ts are.
export const FLAG_CASES: Readonly<Record<string, string>> = {
  captureFlags: `
ip link add eth0 address 02:00:00:00:00:01 type veth peer name eth1 address 02:00:00:00:00:02
ip netns add red
ip link set eth1 netns red
ip addr add 10.0.0.1/24 dev eth0
ip link set eth0 up
ip -n red addr add 10.0.0.2/24 dev eth1
ip -n red link set eth1 up
ip -n red link set lo up
ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev eth0
ip -n red neigh add 10.0.0.1 lladdr 02:00:00:00:00:01 dev eth1
ip -n red route add 10.9.0.0/16 via 10.0.0.1
sleep 1.1
tcpdump -nt -i eth0 -x arp & arping -c 1 -I eth0 10.0.0.2 >/dev/null
tcpdump -nt -i eth0 -X arp & arping -c 1 -I eth0 10.0.0.2 >/dev/null
tcpdump -nt -i eth0 -xx arp & arping -c 1 -I eth0 10.0.0.2 >/dev/null
tcpdump -nt -i eth0 -XX arp & arping -c 1 -I eth0 10.0.0.2 >/dev/null
tcpdump -nt -i eth0 -A arp & arping -c 1 -I eth0 10.0.0.2 >/dev/null
tcpdump -nt -i eth0 -AA arp & arping -c 1 -I eth0 10.0.0.2 >/dev/null
tcpdump -nt -i eth0 -v -x -A arp & arping -c 1 -I eth0 10.0.0.2 >/dev/null
tcpdump -nt -i any -x arp & arping -c 1 -I eth0 10.0.0.2 >/dev/null
tcpdump -nt -i any -X arp & arping -c 1 -I eth0 10.0.0.2 >/dev/null
tcpdump -nt -i eth0 -e -X arp & arping -c 1 -I eth0 10.0.0.2 >/dev/null
tcpdump -nt -Q in -i eth0 & ping -c 1 10.0.0.2 >/dev/null
tcpdump -nt -Q out -i eth0 & ping -c 1 10.0.0.2 >/dev/null
tcpdump -nt -Q inout -i eth0 & ping -c 1 10.0.0.2 >/dev/null
tcpdump -nt -Qin -i any icmp & ping -c 1 10.0.0.2 >/dev/null
tcpdump -nt --direction=in -i eth0 & ping -c 1 10.0.0.2 >/dev/null
tcpdump -nt --direction out -i eth0 & ping -c 1 10.0.0.2 >/dev/null
tcpdump -nt -Q foo -i eth0 & ping -c 1 10.0.0.2 >/dev/null
tcpdump -nt -Q in -i lo & ping -c 1 127.0.0.1 >/dev/null
tcpdump -nt -Q out -i lo & ping -c 1 127.0.0.1 >/dev/null
tcpdump -nt -p -i eth0 & ping -c 1 10.0.0.2 >/dev/null
tcpdump -nt -s 0 -i eth0 & ping -c 1 10.0.0.2 >/dev/null
tcpdump -nt -s 262144 -i eth0 & ping -c 1 10.0.0.2 >/dev/null
tcpdump -nt -s 262145 -i eth0
tcpdump -nt -s x -i eth0
tcpdump -nt -s -1 -i eth0
tcpdump -nt --snapshot-length=0 -i eth0 & ping -c 1 10.0.0.2 >/dev/null
tcpdump -nt -lUOKNp -i eth0 & ping -c 1 10.0.0.2 >/dev/null
tcpdump -nt --number -i eth0 & ping -c 1 10.0.0.2 >/dev/null
tcpdump -nt# -i eth0 & ping -c 1 10.0.0.2 >/dev/null
tcpdump -n -t -# -c 3 --interface=eth0 & ping -c 2 -i 0.1 10.0.0.2 >/dev/null
tcpdump -nt --interface eth0 & ping -c 1 10.0.0.2 >/dev/null
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
  pingWords: `
ip link add eth0 address 02:00:00:00:00:01 type veth peer name eth1 address 02:00:00:00:00:02
ip netns add red
ip link set eth1 netns red
ip addr add 10.0.0.1/24 dev eth0
ip link set eth0 up
ip -n red addr add 10.0.0.2/24 dev eth1
ip -n red link set eth1 up
sleep 1.1
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
};
