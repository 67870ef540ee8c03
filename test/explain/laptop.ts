// What `ip addr` and `ip route show table all` print of a machine with devices of many kinds.
export const ADDR = `\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
       valid_lft forever preferred_lft forever
    inet6 ::1/128 scope host noprefixroute 
       valid_lft forever preferred_lft forever
2: enp3s0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 9001 qdisc mq state UP group default qlen 1000
    link/ether 52:54:00:12:34:56 brd ff:ff:ff:ff:ff:ff
    altname eno1
    inet 192.0.2.10/24 metric 100 brd 192.0.2.255 scope global dynamic enp3s0
       valid_lft 3456sec preferred_lft 3456sec
    inet 192.0.2.11/24 brd 192.0.2.255 scope global secondary enp3s0:1
       valid_lft forever preferred_lft forever
3: wg0: <POINTOPOINT,NOARP,UP,LOWER_UP> mtu 1420 qdisc noqueue state UNKNOWN group default qlen 1000
    link/none 
    inet 10.8.0.1/24 scope global wg0
       valid_lft forever preferred_lft forever
4: tunl0@NONE: <NOARP> mtu 1480 qdisc noop state DOWN group default qlen 1000
    link/ipip 0.0.0.0 brd 0.0.0.0
5: docker0: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc noqueue state DOWN group default 
    link/ether 02:42:ac:11:00:01 brd ff:ff:ff:ff:ff:ff
    inet 172.17.0.1/16 brd 172.17.255.255 scope global docker0
       valid_lft forever preferred_lft forever
6: vethabc@if5: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue master docker0 state UP group default 
    link/ether 02:42:ac:11:00:02 brd ff:ff:ff:ff:ff:ff link-netnsid 0
7: tun0: <POINTOPOINT,MULTICAST,NOARP,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UNKNOWN group default qlen 500
    link/none 
    inet 10.9.0.6 peer 10.9.0.5/32 scope global tun0
       valid_lft forever preferred_lft forever
    inet6 fe80::1234/64 scope link stable-privacy proto kernel_ll 
       valid_lft forever preferred_lft forever
`;

export const ROUTE = `\
default via 192.0.2.1 dev enp3s0 proto dhcp src 192.0.2.10 metric 100 
10.8.0.0/24 dev wg0 proto kernel scope link src 10.8.0.1 
10.9.0.5 dev tun0 proto kernel scope link src 10.9.0.6 
10.42.0.0/16 via 192.0.2.77 dev enp3s0 proto bird onlink 
172.17.0.0/16 dev docker0 proto kernel scope link src 172.17.0.1 linkdown 
192.0.2.0/24 dev enp3s0 proto kernel scope link src 192.0.2.10 metric 100 
blackhole 10.244.1.0/26 proto 80 
local 10.8.0.1 dev wg0 table local proto kernel scope host src 10.8.0.1 
local 10.9.0.6 dev tun0 table local proto kernel scope host src 10.9.0.6 
local 127.0.0.0/8 dev lo table local proto kernel scope host src 127.0.0.1 
local 127.0.0.1 dev lo table local proto kernel scope host src 127.0.0.1 
broadcast 127.255.255.255 dev lo table local proto kernel scope link src 127.0.0.1 
local 172.17.0.1 dev docker0 table local proto kernel scope host src 172.17.0.1 
broadcast 172.17.255.255 dev docker0 table local proto kernel scope link src 172.17.0.1 linkdown 
local 192.0.2.10 dev enp3s0 table local proto kernel scope host src 192.0.2.10 
local 192.0.2.11 dev enp3s0 table local proto kernel scope host src 192.0.2.10 
broadcast 192.0.2.255 dev enp3s0 table local proto kernel scope link src 192.0.2.10 
::1 dev lo proto kernel metric 256 pref medium
fe80::/64 dev tun0 proto kernel metric 256 pref medium
multicast ff00::/8 dev tun0 table local proto kernel metric 256 pref medium
`;
