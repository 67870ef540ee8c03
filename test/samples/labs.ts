// The labs of the samples, built by the commands that built the real ones. Addresses of the link layer are those of the
// samples, so nothing about them has to be made equal afterwards.
import type { Lab } from "../../lib/lab/lab.ts";
import { httpConnection, listen, serve } from "../../lib/lab/programs.ts";
import type { TcpSocket } from "../../lib/netns/tcp/tcp.ts";

export interface SampleLab {
  /** Lines for the machine's own namespace. */
  readonly build: string;
  /** More to do when a section begins. */
  readonly sections?: Readonly<Record<string, string>>;
  /** What ran all the time. */
  readonly programs?: (lab: Lab) => void;
  /** What was done before a block and is not shown in the sample, by `[where] # command`. */
  readonly before?: Readonly<Record<string, string>>;
  /** What went on beside a capture (lines with `*`) and before it, by `section: [where] # command`; in a lab of its own. */
  readonly captures?: Readonly<Record<string, string>>;
}

const NODES_OF_FLANNEL = `
modprobe ipip
ip link add underlay type bridge
ip link set underlay address 02:00:00:00:00:fe up
ip addr add 192.168.10.1/24 dev underlay
ip netns add n1
ip netns add n2
ip netns add p11
ip netns add p12
ip netns add p21
ip link add u1 type veth peer name eth0 netns n1 address 02:00:00:00:00:01
ip link add u2 type veth peer name eth0 netns n2 address 02:00:00:00:00:02
ip link set u1 master underlay up
ip link set u2 master underlay up
ip -n n1 link set eth0 up
ip -n n2 link set eth0 up
ip -n n1 link add cni0 mtu 1450 type bridge
ip -n n2 link add cni0 mtu 1450 type bridge
ip -n n1 link add veth1a2b3c4d address ba:02:3b:9d:e0:99 mtu 1450 type veth peer name eth0 netns p11 address a2:3e:52:a0:55:ae mtu 1450
ip -n n1 link add veth5e6f7a8b address 7a:0b:78:65:81:eb mtu 1450 type veth peer name eth0 netns p12 address 5a:44:1f:a3:37:0f mtu 1450
ip -n n2 link add veth21 mtu 1450 type veth peer name eth0 netns p21 mtu 1450
ip -n n1 link set veth1a2b3c4d master cni0 up
ip -n n1 link set veth5e6f7a8b master cni0 up
ip -n n2 link set veth21 master cni0 up
`;

const up = (...names: string[]) =>
  names.map((ns) => `ip -n ${ns} link set lo up\nip -n ${ns} link set eth0 up`).join("\n");

const FLANNEL: SampleLab = {
  build: `${NODES_OF_FLANNEL}
${up("n1", "n2", "p11", "p12", "p21")}
ip -n n1 link set cni0 up
ip -n n2 link set cni0 up
ip -n n1 addr add 192.168.10.11/24 brd + dev eth0
ip -n n2 addr add 192.168.10.12/24 brd + dev eth0
ip -n n1 addr add 10.244.1.1/24 brd + dev cni0
ip -n n2 addr add 10.244.2.1/24 brd + dev cni0
ip -n p11 addr add 10.244.1.2/24 brd + dev eth0
ip -n p12 addr add 10.244.1.3/24 brd + dev eth0
ip -n p21 addr add 10.244.2.2/24 brd + dev eth0
ip -n n1 route add default via 192.168.10.1
ip -n n2 route add default via 192.168.10.1
ip -n p11 route add default via 10.244.1.1
ip -n p11 route add 10.244.0.0/16 via 10.244.1.1
ip -n p12 route add default via 10.244.1.1
ip -n p21 route add default via 10.244.2.1
ip netns exec n1 sysctl -qw net.ipv4.ip_forward=1
ip netns exec n2 sysctl -qw net.ipv4.ip_forward=1
`,
  sections: {
    "HOST-GW": `
ip -n n1 route add 10.244.2.0/24 via 192.168.10.12
ip -n n2 route add 10.244.1.0/24 via 192.168.10.11`,
    "VXLAN (flannel)": `
ip -n n1 route del 10.244.2.0/24
ip -n n2 route del 10.244.1.0/24
ip -n n1 link add flannel.1 address 5e:00:00:00:00:01 type vxlan id 1 local 192.168.10.11 dev eth0 dstport 8472 nolearning
ip -n n2 link add flannel.1 address 5e:00:00:00:00:02 type vxlan id 1 local 192.168.10.12 dev eth0 dstport 8472 nolearning
ip -n n1 addr add 10.244.1.0/32 dev flannel.1
ip -n n2 addr add 10.244.2.0/32 dev flannel.1
ip -n n1 link set flannel.1 up
ip -n n2 link set flannel.1 up
ip -n n1 neigh add 10.244.2.0 dev flannel.1 lladdr 5e:00:00:00:00:02 nud permanent
ip -n n2 neigh add 10.244.1.0 dev flannel.1 lladdr 5e:00:00:00:00:01 nud permanent
bridge -n n1 fdb append 5e:00:00:00:00:02 dev flannel.1 dst 192.168.10.12
bridge -n n2 fdb append 5e:00:00:00:00:01 dev flannel.1 dst 192.168.10.11
ip -n n1 route add 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink
ip -n n2 route add 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink`,
  },
  before: {
    // arp looked the addresses' names up, with a name server that nobody is.
    "[p11] # arp -a": "ip netns exec p11 ping -c 1 -W 1 10.255.255.53 >/dev/null",
    "[n1] # arp -a": "ip netns exec p11 ping -c 1 -W 1 10.255.255.53 >/dev/null",
    // Nobody was told of an error for a while: as many as there are can be sent again.
    "[p11] # traceroute -n 10.244.2.2": "sleep 10",
  },
  captures: {
    // It was stopped while the second traceroute waited for its third hop.
    "HOST-GW: [n2] # tcpdump -n -e -i eth0 icmp or arp": `
ip netns exec n2 ping -c 1 192.168.10.11
ip -n n1 neigh flush all
* ip netns exec p11 ping -c 2 -i 0.2 10.244.2.2
* ip netns exec p11 traceroute -n 10.244.2.2
* ip netns exec p11 busybox traceroute -n -m 2 10.244.2.2`,
    "VXLAN (flannel): [n2] # tcpdump -n -e -i eth0 udp port 8472": `
* ip netns exec p11 ping -c 2 -i 0.2 10.244.2.2`,
    "VXLAN (flannel): [n2] # tcpdump -n -i eth0 udp port 8472": `
* ip netns exec p11 ping -c 2 -i 0.2 10.244.2.2`,
    "VXLAN (flannel): [n2] # tcpdump -n -e -i flannel.1": `
* ip netns exec p11 ping -c 2 -i 0.2 10.244.2.2
* ip netns exec p11 traceroute -n 10.244.2.2`,
  },
};

const ask = (times: number) => "echo | ip netns exec podA nc -u -q 0 10.255.255.53 53 >/dev/null; ".repeat(times);
const NAMES = `${ask(2)}sleep 5; ${ask(3)}sleep 5; ${ask(2)}sleep 3`;

/** That kernel followed connections before it had rules: a rule asked for it, and went. */
const AWS: SampleLab = {
  build: `
ip link add vpc type bridge
ip netns add node1
ip netns add node2
ip netns add igw
ip netns add podA
ip netns add podB
ip netns add podC
ip link add x3 type veth peer name eth0 netns igw address 0a:00:00:00:00:01
ip link add x4 type veth peer name eth0 netns node2 address 0a:02:00:00:00:00
ip link add x5 type veth peer name eth0 netns node1 address 0a:01:00:00:00:00
ip link add x6 type veth peer name eth1 netns node1 address 0a:01:00:00:00:01
ip link set vpc up mtu 9001
ip link set x3 master vpc mtu 9001 up
ip link set x4 master vpc mtu 9001 up
ip link set x5 master vpc mtu 9001 up
ip link set x6 master vpc mtu 9001 up
ip -n igw link set eth0 mtu 9001
ip -n node2 link set eth0 mtu 9001 up
ip -n node1 link set eth0 mtu 9001 up
ip -n node1 link set eth1 mtu 9001 up
ip -n node1 link add eni13dbbff0baa address 2a:09:74:cd:c4:62 mtu 9001 type veth peer name eth0 netns podA address 56:ac:bd:5e:68:40 mtu 9001
ip -n node1 link add eni91a79f290fe address 2a:09:74:cd:c4:63 mtu 9001 type veth peer name eth0 netns podB mtu 9001
ip -n node2 link add eni061d39a01d4 address 2a:09:74:cd:c4:64 mtu 9001 type veth peer name eth0 netns podC mtu 9001
${up("node1", "node2", "igw", "podA", "podB", "podC")}
ip -n node1 link set eth1 up
ip -n node1 link set eni13dbbff0baa up
ip -n node1 link set eni91a79f290fe up
ip -n node2 link set eni061d39a01d4 up
ip -n igw addr add 10.0.96.1/19 brd + dev eth0
ip -n igw addr add 203.0.113.7/32 dev lo
ip -n node1 addr add 10.0.104.183/19 brd + dev eth0
ip -n node1 addr add 10.0.98.10/19 brd + dev eth1
ip -n node2 addr add 10.0.110.5/19 brd + dev eth0
ip -n node1 route del 10.0.96.0/19 dev eth1
ip -n node1 route add default via 10.0.96.1 dev eth0
ip -n node2 route add default via 10.0.96.1 dev eth0
ip -n node1 route add 10.0.97.30 dev eni13dbbff0baa scope link
ip -n node1 route add 10.0.97.159 dev eni91a79f290fe scope link
ip -n node2 route add 10.0.102.98 dev eni061d39a01d4 scope link
ip -n node1 route add 10.0.96.1 dev eth1 table 2 scope link
ip -n node1 route add default via 10.0.96.1 dev eth1 table 2
ip -n node1 rule add from 10.0.98.10 lookup 2
ip -n node1 rule add pref 512 to 10.0.97.30 lookup main
ip -n node1 rule add pref 512 to 10.0.97.159 lookup main
ip -n node1 rule add pref 1024 fwmark 0x80/0x80 lookup main
ip -n node1 rule add pref 1536 from 10.0.97.30 lookup 2
ip netns exec node1 sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.eth0.rp_filter=2
ip netns exec node2 sysctl -qw net.ipv4.ip_forward=1
ip netns exec igw sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=1 net.ipv4.conf.eth0.send_redirects=1
ip -n igw neigh add 10.0.97.30 dev eth0 lladdr 0a:01:00:00:00:01 nud permanent
ip -n igw neigh add 10.0.97.159 dev eth0 lladdr 0a:01:00:00:00:00 nud permanent
ip -n igw neigh add 10.0.102.98 dev eth0 lladdr 0a:02:00:00:00:00 nud permanent
ip -n node2 neigh add 10.0.97.30 dev eth0 lladdr 0a:01:00:00:00:01 nud permanent
ip -n podA addr add 10.0.97.30/32 dev eth0
ip -n podB addr add 10.0.97.159/32 dev eth0
ip -n podC addr add 10.0.102.98/32 dev eth0
ip -n podA route add 169.254.1.1 dev eth0 scope link
ip -n podB route add 169.254.1.1 dev eth0 scope link
ip -n podC route add 169.254.1.1 dev eth0 scope link
ip -n podA route add default via 169.254.1.1 dev eth0
ip -n podB route add default via 169.254.1.1 dev eth0
ip -n podC route add default via 169.254.1.1 dev eth0
ip -n podA neigh add 169.254.1.1 dev eth0 lladdr 2a:09:74:cd:c4:62 nud permanent
ip -n podB neigh add 169.254.1.1 dev eth0 lladdr 2a:09:74:cd:c4:63 nud permanent
ip -n podC neigh add 169.254.1.1 dev eth0 lladdr 2a:09:74:cd:c4:64 nud permanent
ip netns exec node1 iptables-legacy -t nat -A PREROUTING -m state --state NEW
ip netns exec node1 iptables-legacy -t nat -F
`,
  sections: {
    "SNAT / CONNMARK (as amazon-vpc-cni programs them)": `
ip netns exec node1 iptables-legacy -t nat -N AWS-CONNMARK-CHAIN-0
ip netns exec node1 iptables-legacy -t nat -N AWS-SNAT-CHAIN-0
ip netns exec node1 iptables-legacy -t nat -A PREROUTING -i eni+ -m comment --comment "AWS, outbound connections" -j AWS-CONNMARK-CHAIN-0
ip netns exec node1 iptables-legacy -t nat -A PREROUTING -m comment --comment "AWS, CONNMARK" -j CONNMARK --restore-mark --mask 0x80
ip netns exec node1 iptables-legacy -t nat -A POSTROUTING -m comment --comment "AWS SNAT CHAIN" -j AWS-SNAT-CHAIN-0
ip netns exec node1 iptables-legacy -t nat -A AWS-CONNMARK-CHAIN-0 -d 10.0.0.0/16 -m comment --comment "AWS CONNMARK CHAIN" -j RETURN
ip netns exec node1 iptables-legacy -t nat -A AWS-CONNMARK-CHAIN-0 -m comment --comment "AWS, CONNMARK" -j CONNMARK --set-mark 0x80/0x80
ip netns exec node1 iptables-legacy -t nat -A AWS-SNAT-CHAIN-0 -d 10.0.0.0/16 -m comment --comment "AWS SNAT CHAIN" -j RETURN
ip netns exec node1 iptables-legacy -t nat -A AWS-SNAT-CHAIN-0 ! -o vlan+ -m comment --comment "AWS, SNAT" -m addrtype ! --dst-type LOCAL -j SNAT --to-source 10.0.104.183 --random-fully
ip netns exec node1 iptables-legacy -t mangle -A PREROUTING -i eth0 -m comment --comment "AWS, primary ENI" -m addrtype --dst-type LOCAL --limit-iface-in -j CONNMARK --set-mark 0x80/0x80
ip netns exec node1 iptables-legacy -t mangle -A PREROUTING -i eni+ -m comment --comment "AWS, primary ENI" -j CONNMARK --restore-mark --mask 0x80
ip netns exec node1 iptables-legacy -t mangle -A PREROUTING -i vlan+ -m comment --comment "AWS, primary ENI" -j CONNMARK --restore-mark --mask 0x80`,
  },
  before: {
    "[podA] # arp -a": "ip netns exec node1 ping -c 1 10.0.97.30 >/dev/null; sleep 31",
    // The shorter way it was told of is forgotten; the router may not yet send more than one error.
    "[podA] # traceroute -n 10.0.102.98": "ip -n podA route flush cache",
    // The pod's arp had looked names up, two, three and two questions each five seconds after those before.
    "PATHS: [podA] # ping -c 1 10.0.97.159": NAMES,
    "SNAT / CONNMARK (as amazon-vpc-cni programs them): [podA] # ping -c 1 203.0.113.7": "sleep 4",
  },
  captures: {
    "SNAT / CONNMARK (as amazon-vpc-cni programs them): [igw] # tcpdump -n -e -i eth0 icmp":
      "* ip netns exec podA ping -c 1 203.0.113.7",
    "SNAT / CONNMARK (as amazon-vpc-cni programs them): [node1] # tcpdump -n -i any icmp":
      "* ip netns exec podA ping -c 1 203.0.113.7",
  },
};

const CALICO: SampleLab = {
  build: `
modprobe ipip
ip link add underlay type bridge
ip link set underlay address 02:00:00:00:00:fe up
ip addr add 192.168.10.1/24 dev underlay
ip netns add n1
ip netns add n2
ip netns add pA
ip netns add pB
ip netns add pC
ip link add u1 type veth peer name eth0 netns n1 address 02:00:00:00:00:01
ip link add u2 type veth peer name eth0 netns n2 address 02:00:00:00:00:02
ip link set u1 master underlay up
ip link set u2 master underlay up
ip -n n1 link set eth0 up
ip -n n2 link set eth0 up
ip -n n1 link add cali0d7763386da address ee:ee:ee:ee:ee:ee mtu 1480 type veth peer name eth0 netns pA address 9a:78:87:8e:35:9d mtu 1480
ip -n n1 link add cali0761ccbeace address ee:ee:ee:ee:ee:ee mtu 1480 type veth peer name eth0 netns pB mtu 1480
ip -n n2 link add cali2 address ee:ee:ee:ee:ee:ee mtu 1480 type veth peer name eth0 netns pC mtu 1480
${up("n1", "n2", "pA", "pB", "pC")}
ip -n n1 link set cali0d7763386da up
ip -n n1 link set cali0761ccbeace up
ip -n n2 link set cali2 up
ip -n n1 addr add 192.168.10.11/24 brd + dev eth0
ip -n n2 addr add 192.168.10.12/24 brd + dev eth0
ip -n n1 route add default via 192.168.10.1
ip -n n2 route add default via 192.168.10.1
ip -n pA addr add 192.168.221.65/32 dev eth0
ip -n pB addr add 192.168.221.66/32 dev eth0
ip -n pC addr add 192.168.99.129/32 dev eth0
ip -n pA route add 169.254.1.1 dev eth0 scope link
ip -n pB route add 169.254.1.1 dev eth0 scope link
ip -n pC route add 169.254.1.1 dev eth0 scope link
ip -n pA route add default via 169.254.1.1 dev eth0
ip -n pB route add default via 169.254.1.1 dev eth0
ip -n pC route add default via 169.254.1.1 dev eth0
ip -n n1 route add 192.168.221.65 dev cali0d7763386da scope link
ip -n n1 route add 192.168.221.66 dev cali0761ccbeace scope link
ip -n n2 route add 192.168.99.129 dev cali2 scope link
ip -n n1 route add blackhole 192.168.221.64/26 proto bird
ip -n n2 route add blackhole 192.168.99.128/26 proto bird
ip -n n1 route add 192.168.99.128/26 via 192.168.10.12 proto bird
ip -n n2 route add 192.168.221.64/26 via 192.168.10.11 proto bird
ip netns exec n1 sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.cali0d7763386da.proxy_arp=1 net.ipv4.conf.cali0761ccbeace.proxy_arp=1
ip netns exec n2 sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.cali2.proxy_arp=1
`,
  sections: {
    "IPIP Always": `
ip -n n1 addr add 192.168.221.64/32 dev tunl0
ip -n n2 addr add 192.168.99.128/32 dev tunl0
ip -n n1 link set tunl0 up
ip -n n2 link set tunl0 up
ip -n n1 route replace 192.168.99.128/26 via 192.168.10.12 dev tunl0 proto bird onlink
ip -n n2 route replace 192.168.221.64/26 via 192.168.10.11 dev tunl0 proto bird onlink`,
    "felix-programmed (>=3.33 default)": `
ip -n n1 route del 192.168.99.128/26
ip -n n1 route del blackhole 192.168.221.64/26
ip -n n1 route add 192.168.99.128/26 via 192.168.10.12 dev tunl0 proto 80 onlink mtu 1480
ip -n n1 route add blackhole 192.168.221.64/26 proto 80`,
  },
  before: {
    // The node used what it had learned of the pod, and asked it itself five seconds later.
    "[pA] # arp -a": "sleep 7",
    "[n1] # ip neigh": "ip netns exec pA ping -c 1 -W 1 10.255.255.53 >/dev/null",
    // Two seconds after all errors were used up, two more may be sent.
    "IPIP Always: [pA] # traceroute -n 192.168.99.129": "sleep 2",
  },
  captures: {
    "NO-ENCAP (BGP): [pA] # tcpdump -n -e -i eth0": `
* ip netns exec pA ping -c 1 192.168.99.129`,
    ...Object.fromEntries(
      ["-n -e -i eth0 ip proto 4", "-n -v -i eth0 ip proto 4", "-n -i tunl0", "-n -e -i tunl0"].map((flags) => [
        `IPIP Always: [n2] # tcpdump ${flags}`,
        `
ip netns exec pA ping -c 1 192.168.99.129
* ip netns exec pA ping -c 1 192.168.99.129
* ip netns exec pA traceroute -n 192.168.99.129`,
      ]),
    ),
  },
};

const PAIR: SampleLab = {
  build: `
ip netns add kb
ip link add eth0 address f6:50:a2:39:59:94 type veth peer name eth0 netns kb address f6:f8:cc:32:8d:59
ip link set eth0 up
ip -n kb link set lo up
ip -n kb link set eth0 up
ip addr add 10.9.0.1/24 brd + dev eth0
ip -n kb addr add 10.9.0.2/24 brd + dev eth0
ip route add default via 10.9.0.2
`,
  // Whom nobody answered for is collected after a while.
  before: { "[] # ip neigh": "ip neigh del 10.9.0.77 dev eth0; ping -c 1 10.9.0.2 >/dev/null" },
};

/** The pod's server, which lets 64 connections wait. */
function startServer(lab: Lab): void {
  const ns = lab.netns("pod");
  const listener = listen(ns, { port: 8080 }, 64) as TcpSocket;
  const answer = () => ({ pieces: [new TextEncoder().encode("HTTP/1.0 200 OK\r\n\r\n")], close: true });
  const says = { ns, out: () => {}, err: () => {} };
  lab.start(
    "server",
    says,
    serve(listener, (connection) => httpConnection(connection, answer)),
  );
}

const EXPERIMENTS: SampleLab = {
  programs: startServer,
  build: `
ip netns add pod
ip netns add client
ip netns add director
ip netns add real
ip link add lan type bridge
ip link set lan up
ip link add p1 type veth peer name eth0 netns pod
ip link add p2 type veth peer name eth0 netns client address 02:00:00:00:00:09
ip link add p3 type veth peer name eth0 netns real address 02:00:00:00:00:11
ip link add p4 type veth peer name eth0 netns director address 02:00:00:00:00:01
ip link set p1 up
ip link set p2 master lan up
ip link set p4 master lan up
ip link set p3 master lan up
${up("pod", "client", "real", "director")}
ip -n pod addr add 10.244.1.5/24 brd + dev eth0
ip -n client addr add 10.0.0.9/24 brd + dev eth0
ip -n real addr add 10.0.0.11/24 brd + dev eth0
ip -n real addr add 10.0.0.100/32 dev lo
ip -n director addr add 10.0.0.1/24 brd + dev eth0
ip -n director addr add 10.0.0.100/32 dev eth0
`,
  sections: {
    "with arp_ignore=1 arp_announce=2": `
ip netns exec real sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2`,
  },
  before: { "[client] # ip neigh": "ip netns exec client ping -c 1 10.0.0.100 >/dev/null" },
  captures: {
    "A. containers of one pod share one network namespace: [pod] # tcpdump -n -i lo dst port 8080 and greater 74 and less 74 2>/dev/null": `
* ip netns exec pod curl -s http://localhost:8080
* ip netns exec pod curl -s http://10.244.1.5:8080`,
    ...Object.fromEntries(
      ["C. LVS-DR without ARP suppression on the real server", "with arp_ignore=1 arp_announce=2"].map((section) => [
        `${section}: [client] # tcpdump -n -e -i eth0 arp 2>/dev/null`,
        "* ip netns exec client ping -c 1 10.0.0.100",
      ]),
    ),
  },
};

export const LABS: Readonly<Record<string, SampleLab>> = {
  "10-bridge-flannel": FLANNEL,
  "20-aws-vpc-cni": AWS,
  "30-calico": CALICO,
  "80-ping-traceroute-ip": PAIR,
  "90-misc-experiments": EXPERIMENTS,
};
