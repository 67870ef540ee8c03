// The listings of the notes this project grew from: a pod and a node of AWS's CNI in 2017, seen with busybox of Alpine and
// with iproute2 of Amazon Linux. Left out: their arrows, and a margin of fewer blanks than the tools print.
import { expect } from "chai";
import { Lab } from "../../lib/lab/lab.ts";
import { place, runShell } from "../../lib/tools/shell.ts";

const ADDRESSES = `
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN qlen 1
   link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
   inet 127.0.0.1/8 scope host lo
      valid_lft forever preferred_lft forever
   inet6 ::1/128 scope host${" "}
      valid_lft forever preferred_lft forever
3: eth0@if231: <BROADCAST,MULTICAST,UP,LOWER_UP,M-DOWN> mtu 1500 qdisc noqueue state UP${" "}
   link/ether 56:41:95:26:17:41 brd ff:ff:ff:ff:ff:ff
   inet 10.0.97.30/32 brd 10.0.97.226 scope global eth0
      valid_lft forever preferred_lft forever
   inet6 fe80::5441:95ff:fe26:1741/64 scope link${" "}
      valid_lft forever preferred_lft forever
`;

// The table's name stood in that machine's rt_tables; here tables are numbers.
const NODE: Readonly<Record<string, string>> = {
  "ip route show": `
default via 10.0.96.1 dev eth0${" "}
10.0.96.0/19 dev eth0  proto kernel  scope link  src 10.0.104.183${" "}
10.0.97.30 dev aws8db0408c9a8  scope link${" "}
10.0.97.159 dev awsbcd978401eb  scope link${" "}
10.0.97.226 dev awsc2f87dc4cdd  scope link${" "}
10.0.102.98 dev aws4914061689b  scope link${" "}
`,
  "ip route show table 2": `
default via 10.0.96.1 dev eth1${" "}
10.0.96.1 dev eth1  scope link${" "}
`,
  // Two more, which the notes leave out, every machine has.
  "ip rule list | head -n 4": `
0:	from all lookup local${" "}
512:	from all to 10.0.97.30 lookup main${" "}
1025:	not from all to 10.0.0.0/16 lookup main${" "}
1536:	from 10.0.97.30 lookup 2${" "}
`,
};

/** Made by hand as it was then: loopback with a queue of one packet, veths without any. */
const BUILD = `
ip -n pod link set lo txqueuelen 1
ip link add aws8db0408c9a8 index 231 address 2a:09:74:cd:c4:62 type veth peer name eth0 index 3 address 56:41:95:26:17:41 netns pod
ip link set aws8db0408c9a8 up
ip -n pod link set eth0 txqueuelen 0
ip -n pod link set eth0 up
ip -n pod addr add 10.0.97.30/32 brd 10.0.97.226 dev eth0
ip -n pod route add 169.254.1.1 dev eth0 scope link
ip -n pod route add default via 169.254.1.1 dev eth0
ip -n pod neigh add 169.254.1.1 lladdr 2a:09:74:cd:c4:62 dev eth0 nud permanent
ip link add awsbcd978401eb type dummy
ip link add awsc2f87dc4cdd type dummy
ip link add aws4914061689b type dummy
ip link set awsbcd978401eb up
ip link set awsc2f87dc4cdd up
ip link set aws4914061689b up
ip addr add 10.0.104.183/19 brd + dev eth0
ip route add default via 10.0.96.1 dev eth0
ip route add 10.0.97.30 dev aws8db0408c9a8 scope link
ip route add 10.0.97.159 dev awsbcd978401eb scope link
ip route add 10.0.97.226 dev awsc2f87dc4cdd scope link
ip route add 10.0.102.98 dev aws4914061689b scope link
ip route add 10.0.96.1 dev eth1 table 2 scope link
ip route add default via 10.0.96.1 dev eth1 table 2
ip rule add pref 512 to 10.0.97.30 lookup main
ip rule add pref 1025 not to 10.0.0.0/16 lookup main
ip rule add pref 1536 from 10.0.97.30 lookup 2
sleep 3
`;

describe("the listings of the notes", () => {
  const lab = new Lab({ seed: "notes", ipv6: true });
  const run = (where: string, text: string) => runShell(lab, place(lab, where), text).text;
  before(() => {
    const node = lab.node("node", { tools: "iproute2-4.4" });
    lab.node("vpc");
    lab.cable("node", "eth0", "vpc", "x0");
    lab.cable("node", "eth1", "vpc", "x1");
    node.pod("pod", { tools: "busybox-musl" });
    for (const line of BUILD.trim().split("\n")) expect(run("node", line), line).to.equal("");
  });

  it("the pod's ip addr show", () => {
    const margin = (text: string) => text.replace(/^ +/gm, "");
    expect(`\n${margin(run("pod", "ip addr show"))}`).to.equal(margin(ADDRESSES));
  });

  it("the pod's routes; busybox says the scope since 1.27, and theirs was older", () => {
    const said = run("pod", "ip route show");
    expect(said.replace("dev eth0 scope link ", "dev eth0 ")).to.equal(
      "default via 169.254.1.1 dev eth0 \n169.254.1.1 dev eth0 \n",
    );
  });

  it("the pod's arp -a", () => {
    expect(run("pod", "arp -an")).to.equal("? (169.254.1.1) at 2a:09:74:cd:c4:62 [ether] PERM on eth0\n");
    expect(run("pod", "arp -a")).to.equal("? (169.254.1.1) at 2a:09:74:cd:c4:62 [ether] PERM on eth0\n");
  });

  for (const [line, said] of Object.entries(NODE))
    it(`the node's ${line}`, () => expect(`\n${run("node", line)}`).to.equal(said));
});
