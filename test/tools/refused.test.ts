// What a real tool takes and the model does not is refused aloud, before anything is changed.
import { expect } from "chai";
import { labData } from "../../lib/lab/data-write.ts";
import { Lab } from "../../lib/lab/lab.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { BadInput } from "../../lib/wire/input.ts";

const REFUSED = [
  "ip addr add 10.0.0.1/24 peer default dev veth0",
  "ip addr add 224.0.0.5/24 autojoin dev veth0",
  "ip -s -s link",
  "ip netns list-id target-nsid 0",
  "ip -6 addr add 2001:db8::1/64 dev veth0 mngtmpaddr",
  "ip link add x type macvlan",
  "ip link add x type vxlan id 1 group 239.1.1.1",
  "ip link add x type bridge stp_state 1",
  "ip link set veth0 up dynamic on",
  "ip link set veth0 carrier off",
  "ip link set lo name lo2",
  "ip link set veth0 netns 1",
  "ip -d neigh",
  "ip route help",
  "ip rule add from 10.0.0.0/8 tos 0x10 table 100",
  "ip rule add goto 100 pref 5",
  "ip rule add ipproto tcp table 100",
  "ip rule save",
  "ip route add 10.9.0.0/16 dev veth0 advmss 1200",
  "sysctl net.ipv4.conf.all.bootp_relay",
  "ip neigh add 10.0.0.9 dev veth0 nud noarp",
  "ip neigh add proxy 10.0.0.9 dev veth0",
  "ip tunnel add x mode gre remote 192.0.2.1",
  "ip monitor",
  "ip monitor link",
  "ip monitor all route & true",
  "ip -6 monitor route",
  "ip -ts monitor rule",
  "timeout -k 1 5 true",
  "ip",
  "bridge link set dev veth0 guard on",
  "ip link add br7 type bridge stp_state 1",
  "ip link set veth0 type bridge_slave neigh_suppress on",
  "arp -f",
  "ss -tlnp",
  "ss -tn '(sport = :80 )'",
  "ss -tn dst != 10.0.0.1",
  "ss -tn dst fe80::1",
  "netstat -6rn",
  "ip monitor all",
  "route add -net 10.0.0.1/24 gw 10.0.0.2",
  "route -6",
  "readlink /etc/localtime",
  "tcpdump -w - icmp",
  "tcpdump -n -E x",
  "tcpdump -n -s 64",
  "tcpdump -n -i 1",
  "tcpdump -n -XX -i any",
  "tcpdump -n vlan 5",
  "tcpdump -n ip6 protochain 58",
];

describe("what is not modelled is refused aloud and changes nothing", () => {
  for (const line of REFUSED)
    it(line, () => {
      const lab = new Lab();
      lab.node("node");
      const where = place(lab, "node");
      runShell(lab, where, "ip link add veth0 type veth peer name veth1; ip link set veth0 up");
      const before = JSON.stringify(labData(lab));
      expect(() => runShell(lab, where, line)).to.throw(BadInput, /Supported|Those that act|Rename/);
      expect(JSON.stringify(labData(lab))).to.equal(before);
    });
});
