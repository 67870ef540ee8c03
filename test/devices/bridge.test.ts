// Laws of bridges: what their steps say, what comes back from data, and where br_netfilter shows packets to IP.
import { expect } from "chai";
import { labFrom } from "../../lib/lab/data-read.ts";
import { labData } from "../../lib/lab/data-write.ts";
import { Lab } from "../../lib/lab/lab.ts";
import { walk } from "../../lib/notebook/walk.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { ipv4 } from "../../lib/wire/address.ts";
import { frameBytes } from "../../lib/wire/bytes.ts";
import { describe as describeFrame } from "../../lib/wire/describe.ts";
import { BROADCAST_MAC, mac } from "../../lib/wire/mac.ts";
import { parseFrame } from "../../lib/wire/parse.ts";

/** A switch with three hosts, then the lines on it. */
function bridged(...lines: readonly string[]): Lab {
  const lab = new Lab({ seed: "bridged" });
  const node = lab.node("sw");
  node.bridge("br0", { address: "10.0.0.254/24" });
  for (const i of [1, 2, 3]) {
    node.pod(`h${i}`, { bridge: "br0", address: `10.0.0.${i}/24` });
    const port = [...node.root.devices.keys()].at(-1)!;
    sh(lab, "sw", `ip link set ${port} down; ip link set ${port} name p${i}; ip link set p${i} up`);
  }
  for (const line of lines) expect(sh(lab, "sw", line)).to.equal("");
  return lab;
}

function sh(lab: Lab, where: string, line: string): string {
  return runShell(lab, place(lab, where), line).text;
}

function why(lab: Lab, level: "path" | "full" = "path"): string {
  const { steps } = walk("h1", "ping -c 1 -W 1 10.0.0.2", { lab, level });
  return steps
    .map(({ because, tried, evidence }) =>
      [because, ...(tried ?? []).map((each) => `${each.text} ${each.field} ${each.had}`), evidence?.text].join("\n"),
    )
    .join("\n");
}

describe("a bridge", () => {
  it("says which switch of which port kept a frame back", () => {
    expect(why(bridged("bridge link set dev p2 bcast_flood off"))).to.include("p2 bcast_flood off");
    const isolated = bridged("bridge link set dev p1 isolated on", "ip link set p2 type bridge_slave isolated on");
    expect(why(isolated)).to.include("p2 isolated on");
    expect(why(bridged("bridge link set dev p1 state 0"))).to.include("p1 is disabled: nothing comes in by it");
    expect(why(bridged("bridge link set dev p1 locked on"))).to.include("p1 is locked");
  });

  it("that filters says in which VLAN, and who is not in it", () => {
    const lines = ["ip link set br0 type bridge vlan_filtering 1", "bridge vlan add dev p2 vid 20 pvid untagged"];
    const apart = why(bridged(...lines, "bridge vlan del dev p2 vid 1"));
    expect(apart).to.include("lives behind p1 in VLAN 1");
    expect(apart).to.include("p2 vlan 20 PVID Egress Untagged");
    const none = bridged(...lines, "ip link set br0 type bridge vlan_default_pvid 0");
    expect(why(none)).to.include("p1 has no VLAN for what has no tag (no PVID)");
  });

  it("is the same bridge after it was data", () => {
    const lab = bridged(
      "ip link set br0 type bridge vlan_filtering 1 vlan_default_pvid 7 ageing_time 1000",
      "bridge vlan add dev p1 vid 10-12 untagged",
      "bridge link set dev p3 hairpin on learning off cost 9 priority 3",
      "bridge link set dev p2 state 0",
      "bridge fdb add 5e:00:00:00:00:01 dev p1 master static",
      "ip link add link br0 name br0.10 type vlan id 10",
    );
    sh(lab, "h1", "ping -c 1 10.0.0.3");
    const data = labData(lab);
    const again = labFrom(data);
    expect(labData(again)).to.deep.equal(data);
    for (const line of ["bridge -d link", "bridge vlan", "ip -d link", "bridge fdb"])
      expect(sh(again, "sw", line)).to.equal(sh(lab, "sw", line));
  });
});

describe("br_netfilter", () => {
  it("brings its switches with the module, and only then do bridged packets pass the hooks of IP", () => {
    const lab = bridged();
    const hooks = (text: string) => text.match(/bridged by br0, the packet passes (\w+)/g) ?? [];
    expect(sh(lab, "sw", "sysctl net.bridge.bridge-nf-call-iptables")).to.equal(
      "sysctl: cannot stat /proc/sys/net/bridge/bridge-nf-call-iptables: No such file or directory\n",
    );
    expect(hooks(why(lab, "full"))).to.deep.equal([]);
    expect(sh(lab, "sw", "modprobe br_netfilter; sysctl net.bridge.bridge-nf-call-iptables")).to.equal(
      "net.bridge.bridge-nf-call-iptables = 1\n",
    );
    const passed = (hook: string) => `bridged by br0, the packet passes ${hook}`;
    const way = ["PREROUTING", "FORWARD", "POSTROUTING"].map(passed);
    expect(hooks(why(lab, "full"))).to.deep.equal([...way, ...way]);
    sh(lab, "sw", "sysctl -w net.bridge.bridge-nf-call-iptables=0");
    expect(hooks(why(lab, "full"))).to.deep.equal([]);
    expect(labData(labFrom(labData(lab)))).to.deep.equal(labData(lab));
  });

  it("lets a function of a hook drop what is bridged, and what goes up passes PREROUTING once", () => {
    const lab = bridged("modprobe br_netfilter");
    const ns = lab.netns("sw");
    const seen: string[] = [];
    for (const hook of ["PREROUTING", "FORWARD", "INPUT"] as const)
      ns.hooks.register(hook, {
        name: "witness",
        priority: 0,
        run: (_, { packet }, state) => {
          seen.push(`${hook} ${packet.src} > ${packet.dst} in ${state.in?.name}`);
          return hook === "FORWARD" ? "drop" : "accept";
        },
      });
    expect(sh(lab, "h1", "ping -c 1 -W 1 10.0.0.2")).to.include("100% packet loss");
    expect(sh(lab, "h1", "ping -c 1 10.0.0.254")).to.include(" 0% packet loss");
    expect(seen).to.deep.equal([
      "PREROUTING 10.0.0.1 > 10.0.0.2 in br0",
      "FORWARD 10.0.0.1 > 10.0.0.2 in br0",
      "PREROUTING 10.0.0.1 > 10.0.0.254 in br0",
      "INPUT 10.0.0.1 > 10.0.0.254 in br0",
    ]);
  });
});

describe("DNAT on a bridge", () => {
  it("to a host of the same bridge is bridged on in the sender's name, TTL and all; without ip_forward it is dropped", () => {
    const lab = bridged(
      "modprobe br_netfilter",
      "iptables -t nat -A PREROUTING -d 10.0.0.2 -p icmp -j DNAT --to-destination 10.0.0.3",
    );
    const line = "ping -c 2 -W 1 10.0.0.2";
    expect(walk("h1", line, { lab }).output.text).to.include("100% packet loss");
    sh(lab, "sw", "sysctl -w net.ipv4.ip_forward=1");
    const { frames, output } = walk("h1", line, { lab });
    expect(output.text).to.include("64 bytes from 10.0.0.2: icmp_seq=2 ttl=64 ");
    const [arrived] = frames.filter(({ netns, frame: { payload } }) => netns === "h3" && payload.kind === "ipv4");
    expect(arrived!.frame.src).to.equal(lab.netns("h1").devices.get("eth0")!.mac);
    expect(describeFrame(arrived!.frame)).to.include("10.0.0.1 > 10.0.0.3: ICMP echo request");
  });
});

describe("a VLAN tag", () => {
  it("is the same as octets", () => {
    const frame = {
      dst: mac("02:00:00:00:00:02"),
      src: mac("02:00:00:00:00:01"),
      vlan: { id: 10, priority: 5, dropEligible: true },
      payload: { kind: "unknown", ethertype: 0x88b5, data: new Uint8Array(46) },
    } as const;
    const bytes = frameBytes(frame);
    expect([...bytes.slice(12, 18)]).to.deep.equal([0x81, 0, 0xb0, 0x0a, 0x88, 0xb5]);
    expect(parseFrame(bytes)).to.deep.equal(frame);
  });

  it("prints as tcpdump 4.99 prints it", () => {
    const arp = {
      dst: BROADCAST_MAC,
      src: mac("02:00:00:00:00:01"),
      vlan: { id: 10, priority: 5, dropEligible: true },
      payload: {
        kind: "arp",
        op: "request",
        senderMac: mac("02:00:00:00:00:01"),
        senderIp: ipv4("10.0.0.1"),
        targetMac: mac("00:00:00:00:00:00"),
        targetIp: ipv4("10.0.0.2"),
      },
    } as const;
    const asks = "Request who-has 10.0.0.2 tell 10.0.0.1, length 28";
    const ends = "02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff";
    expect(describeFrame(arp)).to.equal(`ARP, ${asks}`);
    expect(describeFrame(arp, { link: true })).to.equal(
      `${ends}, ethertype 802.1Q (0x8100), length 46: vlan 10, p 5, DEI, ethertype ARP (0x0806), ${asks}`,
    );
    expect(describeFrame(arp, { link: true, quiet: true })).to.equal(
      `${ends}, 802.1Q, length 46: vlan 10, p 5, DEI, ARP, ${asks}`,
    );
  });
});
