// What the senders inside an IPIP tunnel hear of errors outside, as ping says it, recorded as the lines of lines.ts: two
// machines and a router between them, which lets the tunnel's packets through or does not.
import * as path from "node:path";
import { fileURLToPath } from "node:url";

export const UNDERLAY_GOLDEN = path.join(
  path.dirname(fileURLToPath(import.meta.url)),
  "../../../test/devices/goldens/underlay-lines.json",
);

/** A pod behind a router's tunnel, the router between, and the other end, with a pod that answers. */
const BUILD = `
ip netns add p
ip netns add n
ip netns add r
ip netns add m
ip -n p link add eth0 type veth peer name veth0 netns n
ip -n n link add eth0 type veth peer name eth0 netns r
ip -n r link add eth1 type veth peer name eth0 netns m
ip -n p addr add 10.1.0.2/24 dev eth0
ip -n n addr add 10.1.0.1/24 dev veth0
ip -n n addr add 192.168.1.1/24 dev eth0
ip -n r addr add 192.168.1.2/24 dev eth0
ip -n r addr add 192.168.2.2/24 dev eth1
ip -n m addr add 192.168.2.1/24 dev eth0
ip -n p link set eth0 up
ip -n n link set veth0 up
ip -n n link set eth0 up
ip -n r link set eth0 up
ip -n r link set eth1 up
ip -n m link set eth0 up
ip -n n link set lo up
ip -n m link set lo up
ip netns exec n sysctl -qw net.ipv4.ip_forward=1
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
ip netns exec r sysctl -qw net.ipv4.icmp_ratelimit=0
ip netns exec n sysctl -qw net.ipv4.icmp_ratelimit=0
ip -n p route add default via 10.1.0.1
ip -n n route add 192.168.2.0/24 via 192.168.1.2
ip -n m route add 192.168.1.0/24 via 192.168.2.2
ip -n n link add pipe type ipip local 192.168.1.1 remote 192.168.2.1
ip -n m link add pipe type ipip local 192.168.2.1 remote 192.168.1.1
ip -n n addr add 10.9.0.1/32 dev pipe
ip -n m addr add 10.9.0.2/32 dev pipe
ip -n n link set dev pipe up
ip -n m link set dev pipe up
ip -n n route add 10.9.0.2 dev pipe
ip -n n route add 10.8.0.0/24 dev pipe
ip -n m route add 10.1.0.0/24 dev pipe
ip -n m route add 10.9.0.1 dev pipe
`;

export const UNDERLAY_LINES: readonly string[] = `${BUILD}
ip netns exec p ping -c 1 10.9.0.2
ip -n r route add unreachable 192.168.2.1
ip netns exec p ping -c 4 -i 1.1 -W 1 10.9.0.2
ip netns exec n ping -c 3 -i 1.1 -W 1 10.9.0.2
sleep 6
ip -n r route replace prohibit 192.168.2.1
ip netns exec p ping -c 3 -i 1.1 -W 1 10.9.0.2
ip -n r route del 192.168.2.1
ip netns exec p ping -c 3 -i 1.1 -W 1 10.9.0.2
ip netns exec n ping -c 2 -i 1.1 -W 1 10.9.0.2
ip -n r route add unreachable 192.168.2.1
ip netns exec n ping -c 1 -W 1 10.9.0.2
ip -n r route del unreachable 192.168.2.1
sleep 31
ip netns exec p ping -c 2 -i 1.1 -W 1 10.9.0.2
ip -n m link set dev pipe down
ip netns exec p ping -c 3 -i 1.1 -W 1 10.9.0.2
ip -n m link set dev pipe up
ip -n m route replace 10.1.0.0/24 dev pipe
ip -n m route replace 10.9.0.1 dev pipe
ip netns exec p ping -c 2 -i 1.1 -W 1 10.9.0.2
ip -n r link set eth1 mtu 1300
ip netns exec p ping -c 3 -i 1.1 -W 1 -s 1400 -M do 10.9.0.2 2>&1
ip netns exec p ping -c 2 -i 1.1 -W 1 -s 1300 -M dont 10.9.0.2
ip -n n route get 192.168.2.1
ip netns exec n ping -c 2 -i 1.1 -W 1 -s 1400 -M do 10.9.0.2 2>&1
ip -n r link set eth1 mtu 1500
ip -n n tunnel del pipe
ip -n n link add pipe type ipip local 192.168.1.1 remote 192.168.2.1 ttl 1
ip -n n addr add 10.9.0.1/32 dev pipe
ip -n n link set dev pipe up
ip -n n route add 10.9.0.2 dev pipe
ip netns exec p ping -c 3 -i 1.1 -W 1 10.9.0.2
ip -n n tunnel del pipe
ip -n n link add pipe type ipip local 192.168.1.1 remote 192.168.2.1
ip -n n addr add 10.9.0.1/32 dev pipe
ip -n n link set dev pipe up
ip -n n route add 10.9.0.2 dev pipe
ip netns exec p ping -c 3 -i 1.1 -W 1 -t 2 10.9.0.2
ip netns exec p ping -c 1 -W 1 10.9.0.2
ip netns exec n iptables-legacy -t nat -A POSTROUTING -o pipe -j MASQUERADE
ip -n p route flush cache
ip -n r link set eth1 mtu 1300
ip netns exec p ping -c 3 -i 1.1 -W 1 -s 1400 -M do 10.9.0.2 2>&1
ip -n r route add unreachable 192.168.2.1
ip netns exec p ping -c 3 -i 1.1 -W 1 10.9.0.2
`
  .trim()
  .split("\n");
