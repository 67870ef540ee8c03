// Random rules of NAT and of connections on the router, and traffic both ways: what the real tools say after it must be
// what they say here.
import seedrandom from "seedrandom";

const NAT = [
  "-t nat -A PREROUTING -p tcp -d 10.1.0.1 --dport 8080 -j DNAT --to-destination 10.2.0.2:80",
  "-t nat -A PREROUTING -p tcp --dport 8080 -j DNAT --to-destination 10.2.0.3:80",
  "-t nat -A PREROUTING -p udp --dport 53 -j DNAT --to-destination 10.2.0.3",
  "-t nat -A PREROUTING -p udp --dport 53 -j DNAT --to-destination 10.2.0.2-10.2.0.3:5000-5003/53",
  "-t nat -A PREROUTING -p icmp -d 10.1.0.1 -j DNAT --to-destination 10.2.0.2",
  "-t nat -A PREROUTING -p icmp -j REDIRECT",
  "-t nat -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 81",
  "-t nat -A PREROUTING -d 10.7.0.0/24 -j NETMAP --to 10.2.0.0/24",
  "-t nat -A POSTROUTING -o r1 -j MASQUERADE",
  "-t nat -A POSTROUTING -o r0 -j MASQUERADE",
  "-t nat -A POSTROUTING -p tcp -j MASQUERADE --to-ports 2000",
  "-t nat -A POSTROUTING -p icmp -j SNAT --to-source 10.2.0.1",
  "-t nat -A POSTROUTING -s 10.1.0.0/24 -j SNAT --to-source 10.9.0.1-10.9.0.200",
  "-t nat -A POSTROUTING -s 10.1.0.0/24 -j SNAT --to-source 10.9.0.1-10.9.0.200 --persistent",
  "-t nat -A POSTROUTING -s 10.1.0.0/24 -j NETMAP --to 10.9.5.0/24",
  "-t nat -A INPUT -p icmp -j SNAT --to-source 10.1.0.77",
  "-t nat -A OUTPUT -p icmp -d 10.8.8.8 -j DNAT --to-destination 10.2.0.2",
  "-t raw -A PREROUTING -p icmp -i r0 -j CT --notrack",
  "-t raw -A PREROUTING -p udp -j CT --zone 3",
];
const FILTER = [
  "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
  "-A FORWARD -m conntrack --ctstate INVALID -j DROP",
  "-A FORWARD -m conntrack --ctstate DNAT",
  "-A FORWARD -m conntrack --ctstate SNAT",
  "-A FORWARD -m conntrack ! --ctstate NEW,RELATED",
  "-A FORWARD -m conntrack --ctdir REPLY --ctstatus SEEN_REPLY",
  "-A FORWARD -p udp -m conntrack --ctorigdst 10.2.0.2 -j REJECT",
  "-A FORWARD -p tcp -m conntrack --ctstate NEW --ctorigdstport 99 -j REJECT --reject-with tcp-reset",
  "-A INPUT -p icmp -m state --state NEW -j ACCEPT",
  "-A OUTPUT -m conntrack --ctstate RELATED",
  "-t mangle -A PREROUTING -i r0 -j CONNMARK --set-mark 7",
  "-t mangle -A FORWARD -i r1 -j CONNMARK --restore-mark",
  "-t mangle -A POSTROUTING -m connmark --mark 7",
];
const TRAFFIC = [
  "ip netns exec a ping -c 1 -W 1 10.2.0.2",
  "ip netns exec a ping -c 1 -W 1 10.1.0.1",
  "ip netns exec a ping -c 1 -W 1 10.7.0.3",
  "ip netns exec a ping -c 1 -W 1 -s 3000 10.2.0.3",
  "ip netns exec b ping -c 1 -W 1 10.1.0.2",
  "ip netns exec r ping -c 1 -W 1 10.8.8.8",
  "ip netns exec r ping -c 1 -W 1 10.1.0.2",
  "echo x | ip netns exec a nc -N -w 1 -p 4000 10.1.0.1 8080",
  "echo x | ip netns exec a nc -N -w 1 -p 4001 10.2.0.2 80",
  "echo x | ip netns exec a nc -N -w 1 -p 4002 10.2.0.2 99",
  "echo x | ip netns exec a nc -u -q 0 -w 1 -p 4003 10.2.0.2 53",
  "echo x | ip netns exec a nc -u -q 0 -w 1 -p 4003 10.2.0.3 54",
  "echo x | ip netns exec b nc -u -q 0 -w 1 -p 4004 10.1.0.2 53",
];

/** The lines of one case, behind those that build the network. */
export function randomNat(seed: string): string {
  const random = seedrandom(seed);
  const some = (all: readonly string[], share: number) => {
    const order = all.map((text) => ({ text, at: random() })).sort((a, b) => a.at - b.at);
    return order.slice(0, 1 + Math.floor(random() * share * all.length)).map(({ text }) => text);
  };
  const rules = [...some(NAT, 0.4), ...some(FILTER, 0.6)].map((rule) => `ip netns exec r iptables ${rule}`);
  return [
    "ip -n b route add 10.9.0.0/16 via 10.2.0.1",
    "ip -n r route add 10.8.0.0/16 via 10.2.0.2",
    ...rules,
    "ip netns exec b nc -k -l -p 80 > /dev/null &",
    "sleep 0.3",
    ...some(TRAFFIC, 0.7).flatMap((line) => [line, "sleep 0.2"]),
    "ip netns exec r conntrack -L",
    ...["filter", "nat", "mangle", "raw"].map((table) => `ip netns exec r iptables -t ${table} -vS`),
  ].join("\n");
}
