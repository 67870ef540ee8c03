// Real walks through tunnels, small MTUs and silent neighbours, for the pictures that are about them.
import { lab, sh, type Walk, walk } from "../../lib/index.ts";

let made: Readonly<Record<string, Walk>> | undefined;

export function walks(): Readonly<Record<string, Walk>> {
  made ??= {
    "a VXLAN overlay": vxlan("ping -c 1 10.244.2.2"),
    "an overlay that is too small": vxlan("ping -c 1 -s 1472 10.244.2.2; ping -c 1 -s 1422 -M do 10.244.2.2"),
    "a packet cut twice": vxlan("ping -c 1 -s 3000 -M dont 10.244.2.2"),
    "a VLAN": vlan(),
    "a connection through a router's rules": rules(),
    "chains in chains": chained(),
    "a masked home": masked(),
    "cards with queues": cards(),
    "an IPIP tunnel": ipip("ping -c 1 10.244.2.2"),
    "an MTU black hole": hole("ping -c 1 -W 1 -s 1472 10.0.2.2; ping -c 1 10.0.2.2"),
    "a lost fragment": lostFragment(),
    "neighbours that age and fail": neighbourhood(),
    "many neighbours": manyNeighbours(),
    "IPv6 by a small MTU": six("ping -6 -c 1 -s 1400 -M do fd00:2::2; ping -6 -c 1 -s 3000 fd00:1::1"),
  };
  return made;
}

function nodes(seed: string): void {
  const two = lab({ seed });
  for (const [n, pod] of [
    [1, "shop"],
    [2, "db"],
  ] as const) {
    const node = two.node(`node-${n}`).forward();
    const gateway = `10.244.${n}.1`;
    node.bridge("cni0", { address: `${gateway}/24` });
    node.pod(pod, { bridge: "cni0", address: `10.244.${n}.2/24`, gateway });
  }
  two.cable("node-1", "eth0", "node-2", "eth0");
  for (const n of [1, 2]) sh(`node-${n}`, `ip addr add 192.168.0.1${n}/24 dev eth0`);
}

function vxlan(command: string): Walk {
  nodes("picture of VXLAN");
  for (const [n, other] of [
    [1, 2],
    [2, 1],
  ] as const)
    sh(
      `node-${n}`,
      `ip link add flannel.1 type vxlan id 1 dev eth0 local 192.168.0.1${n} dstport 8472 nolearning
       ip link set flannel.1 address 5e:00:00:00:00:0${n} up
       ip addr add 10.244.${n}.0/32 dev flannel.1
       ip route add 10.244.${other}.0/24 via 10.244.${other}.0 dev flannel.1 onlink
       ip neigh add 10.244.${other}.0 lladdr 5e:00:00:00:00:0${other} dev flannel.1 nud permanent
       bridge fdb append 5e:00:00:00:00:0${other} dev flannel.1 dst 192.168.0.1${other}`,
    );
  return walk("shop", command);
}

function rules(): Walk {
  const two = lab({ seed: "picture of hooks" });
  for (const name of ["client", "router", "server"]) two.node(name).forward(name === "router");
  two.cable("client", "eth0", "router", "eth0");
  two.cable("router", "eth1", "server", "eth0");
  sh("client", "ip addr add 10.0.1.2/24 dev eth0; ip route add default via 10.0.1.1");
  sh("server", "ip addr add 10.0.2.2/24 dev eth0; ip route add default via 10.0.2.1");
  sh(
    "router",
    `ip addr add 10.0.1.1/24 dev eth0; ip addr add 10.0.2.1/24 dev eth1
     iptables -t nat -A PREROUTING -p udp --dport 53 -j DNAT --to-destination 10.0.2.2:5353
     iptables -P FORWARD DROP
     iptables -A FORWARD -m conntrack --ctstate DNAT -j ACCEPT`,
  );
  return walk("client", "echo hello | nc -u -w 1 10.0.1.1 53");
}

/** Jumps, a goto, RETURN by a rule and at the end, a long chain, marks, a drop, an error of somebody behind NAT. */
function chained(): Walk {
  routed("picture of chains");
  const blocked = Array.from({ length: 60 }, (_, i) => `-A BLOCKED -s 203.0.113.${i}/32 -j DROP`);
  sh(
    "r",
    `iptables-restore <<EOF
*mangle
:PREROUTING ACCEPT
:marks -
-A PREROUTING -m comment --comment "who is it" -j marks
-A marks -i eth9 -j RETURN
-A marks -p udp -j MARK --set-mark 0x7
-A marks -m mark --mark 0x7 -j RETURN
-A marks -j DROP
COMMIT
*filter
:FORWARD DROP
:BLOCKED -
:SERVICES -
:WEB -
-A FORWARD -j BLOCKED
-A FORWARD -j SERVICES
${blocked.join("\n")}
-A BLOCKED -d 10.0.2.2/32 -p tcp -m tcp --dport 25 -j DROP
-A SERVICES -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A SERVICES -p udp -g WEB
-A WEB -p udp -m udp --dport 9 -j LOG --log-prefix "a door: "
-A WEB -p udp -m udp --dport 9 -j ACCEPT
-A WEB -p udp -m udp --dport 10 -j ACCEPT
COMMIT
EOF
     iptables -t nat -A POSTROUTING -o eth1 -j MASQUERADE`,
  );
  return walk("a", "echo x | nc -u -w 1 10.0.2.2 9; echo x | nc -u -w 1 10.0.2.2 7; ping -c 1 -W 1 10.0.2.2");
}

/** One address for a network, and a connection that ends. */
function masked(): Walk {
  routed("picture of SNAT");
  sh("r", "iptables -t nat -A POSTROUTING -o eth1 -p tcp -j SNAT --to-source 10.0.2.1:50000-50009");
  sh("b", "python3 -m http.server 80 >/dev/null 2>&1 &");
  return walk("a", "nc -z -p 40000 10.0.2.2 80; nc -z -p 40000 -s 10.0.1.2 10.0.2.2 81");
}

function ipip(command: string): Walk {
  nodes("picture of IPIP");
  for (const [n, other] of [
    [1, 2],
    [2, 1],
  ] as const)
    sh(
      `node-${n}`,
      `ip link add ipip0 type ipip local 192.168.0.1${n} remote 192.168.0.1${other}
       ip link set ipip0 up; ip route add 10.244.${other}.0/24 dev ipip0`,
    );
  return walk("shop", command);
}

function cards(): Walk {
  const net = lab({ seed: "picture of queues" });
  for (const name of ["a", "b"]) net.node(name);
  net.wire("a", "eth0", "b", "eth0", 4);
  sh("a", "ip link set eth0 up; ip addr add 10.0.0.1/24 dev eth0");
  sh("b", "ip link set eth0 up; ip addr add 10.0.0.2/24 dev eth0; python3 -m http.server 80 2>/dev/null &");
  const counted = walk("a", `${"curl -s http://10.0.0.2/ >/dev/null; ".repeat(8)}ping -c 3 10.0.0.2`);
  counters = sh("b", "ethtool -S eth0").out;
  return counted;
}

/** What ethtool counted on b of the walk to cards with queues. */
export let counters = "";

function vlan(): Walk {
  const net = lab({ seed: "picture of a VLAN" });
  for (const name of ["a", "b"]) net.node(name);
  net.cable("a", "eth0", "b", "eth0");
  for (const [name, n] of [
    ["a", 1],
    ["b", 2],
  ] as const)
    sh(
      name,
      `ip link add link eth0 name eth0.5 type vlan id 5; ip link set eth0.5 up; ip addr add 10.0.0.${n}/24 dev eth0.5`,
    );
  return walk("a", "ping -c 1 10.0.0.2");
}

function routed(seed: string): void {
  const net = lab({ seed });
  for (const name of ["a", "r", "b"]) net.node(name);
  net.cable("a", "eth0", "r", "eth0");
  net.cable("r", "eth1", "b", "eth0");
  sh("a", "ip addr add 10.0.1.2/24 dev eth0; ip route add default via 10.0.1.1");
  sh("r", "ip addr add 10.0.1.1/24 dev eth0; ip addr add 10.0.2.1/24 dev eth1; sysctl -w net.ipv4.ip_forward=1");
  sh("b", "ip addr add 10.0.2.2/24 dev eth0; ip route add default via 10.0.2.1");
}

function hole(command: string): Walk {
  routed("picture of a black hole");
  sh("b", "ip link set eth0 mtu 1400");
  return walk("a", command);
}

/** The first pieces are too large for b's end of the cable, the last is not. */
function lostFragment(): Walk {
  routed("picture of a lost fragment");
  sh("b", "ip link set eth0 mtu 1400");
  return walk("a", "ping -c 1 -W 40 -s 2000 -M dont 10.0.2.2");
}

function six(command: string): Walk {
  routed("picture of IPv6");
  for (const name of ["a", "r", "b"]) sh(name, "sysctl -w net.ipv6.conf.all.disable_ipv6=0");
  sh("a", "ip -6 addr add fd00:1::2/64 dev eth0 nodad; ip -6 route add default via fd00:1::1");
  sh("r", "ip -6 addr add fd00:1::1/64 dev eth0 nodad; ip -6 addr add fd00:2::1/64 dev eth1 nodad");
  sh("r", "sysctl -w net.ipv6.conf.all.forwarding=1; ip link set eth1 mtu 1400");
  sh(
    "b",
    "ip -6 addr add fd00:2::2/64 dev eth0 nodad; ip -6 route add default via fd00:2::1; ip link set eth0 mtu 1400",
  );
  return walk("a", `sleep 3; ${command}`);
}

function neighbourhood(): Walk {
  routed("picture of neighbours");
  return walk("a", "ping -c 1 10.0.1.1; sleep 60; ping -c 1 10.0.1.1; sleep 10; ping -c 1 -W 5 10.0.1.77; sleep 60");
}

function manyNeighbours(): Walk {
  const net = lab({ seed: "picture of many neighbours" });
  const node = net.node("node-1");
  node.bridge("cni0", { address: "10.244.1.1/24" });
  for (let i = 2; i < 10; i++) node.pod(`a-pod-with-a-long-name-${i}`, { bridge: "cni0", address: `10.244.1.${i}/24` });
  return walk("node-1", Array.from({ length: 8 }, (_, i) => `ping -c 1 10.244.1.${i + 2}`).join("; "));
}
