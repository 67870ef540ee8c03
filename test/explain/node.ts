// The addresses and routes of a node whose pods have a bridge, as `ip addr` and `ip route` print them.

export const WAYS = {
  addr: `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500
    link/ether b2:45:18:2a:13:49 brd ff:ff:ff:ff:ff:ff
    inet 192.168.0.2/24 brd 192.168.0.255 scope global eth0
3: cni0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500
    link/ether b2:45:18:2a:13:50 brd ff:ff:ff:ff:ff:ff
    inet 10.180.0.254/24 brd 10.180.0.255 scope global cni0
`,
  route: `default via 192.168.0.1 dev eth0
192.168.0.0/24 dev eth0 proto kernel scope link src 192.168.0.2
10.180.0.0/24 dev cni0 proto kernel scope link src 10.180.0.254
`,
};
