// Network cards: the hash of Microsoft's verification suite, the queue it leads to, and what a reader sees of it.
import { expect } from "chai";
import { labFrom } from "../../lib/lab/data-read.ts";
import { labData } from "../../lib/lab/data-write.ts";
import { Lab } from "../../lib/lab/lab.ts";
import { labScript } from "../../lib/lab/script.ts";
import { RSS_KEY, rssInput, toeplitz } from "../../lib/link/rss.ts";
import { walk } from "../../lib/notebook/walk.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { ipv4 } from "../../lib/wire/address.ts";
import { ipv6 } from "../../lib/wire/address6.ts";
import type { Ipv4Packet, Ipv6Packet, Udp } from "../../lib/wire/packet.ts";

/** Destination and port, source and port, hash of the addresses, hash with the ports. */
const IPV4 = [
  ["161.142.100.80", 1766, "66.9.149.187", 2794, 0x323e8fc2, 0x51ccc178],
  ["65.69.140.83", 4739, "199.92.111.2", 14230, 0xd718262a, 0xc626b0ea],
  ["12.22.207.184", 38024, "24.19.198.95", 12898, 0xd2d0a5de, 0x5c2b394a],
  ["209.142.163.6", 2217, "38.27.205.30", 48228, 0x82989176, 0xafc7327f],
  ["202.188.127.2", 1303, "153.39.163.191", 44251, 0x5d1809c5, 0x10e828a2],
] as const;
const IPV6 = [
  ["3ffe:2501:200:3::1", 1766, "3ffe:2501:200:1fff::7", 2794, 0x2cc18cd5, 0x40207d3d],
  ["ff02::1", 4739, "3ffe:501:8::260:97ff:fe40:efab", 14230, 0x0f0c461c, 0xdde51bbf],
  ["fe80::200:f8ff:fe21:67cf", 38024, "3ffe:1900:4545:3:200:f8ff:fe21:67cf", 44251, 0x4b61e985, 0x02d1feef],
] as const;

const none = { kind: "unknown", protocol: 99, data: new Uint8Array() } as const;
const ports = (srcPort: number, dstPort: number): Udp => ({ kind: "udp", srcPort, dstPort, data: new Uint8Array() });

function packet4(src: string, dst: string, body: Ipv4Packet["body"]): Ipv4Packet {
  const flags = { dontFragment: true, moreFragments: false, fragmentOffset: 0 };
  return { kind: "ipv4", src: ipv4(src), dst: ipv4(dst), ttl: 64, id: 1, tos: 0, ...flags, body };
}

function packet6(src: string, dst: string, body: Ipv6Packet["body"]): Ipv6Packet {
  return { kind: "ipv6", src: ipv6(src), dst: ipv6(dst), hopLimit: 64, trafficClass: 0, flowLabel: 0, body };
}

const hash = (packet: Ipv4Packet | Ipv6Packet) => toeplitz(RSS_KEY, rssInput(packet).octets);

describe("the hash of a network card", () => {
  it("is that of the published verification suite, for IPv4 and IPv6, with and without ports", () => {
    for (const [dst, dstPort, src, srcPort, addresses, flow] of IPV4) {
      expect(hash(packet4(src, dst, none))).to.equal(addresses);
      expect(hash(packet4(src, dst, ports(srcPort, dstPort)))).to.equal(flow);
    }
    for (const [dst, dstPort, src, srcPort, addresses, flow] of IPV6) {
      expect(hash(packet6(src, dst, none))).to.equal(addresses);
      expect(hash(packet6(src, dst, ports(srcPort, dstPort)))).to.equal(flow);
    }
  });
});

describe("network cards on a switch", () => {
  function make(): Lab {
    const lab = new Lab({ seed: "cards" });
    for (const i of [1, 2]) lab.node(`n${i}`);
    lab.switch("tor", ["n1", "n2"], 4);
    for (const i of [1, 2]) runShell(lab, place(lab, `n${i}`), `ip addr add 192.168.0.${i}/24 dev eth0`);
    return lab;
  }
  const sh = (lab: Lab, where: string, line: string) => runShell(lab, place(lab, where), line).text;

  it("a step names hash, entry, queue and CPU, and the queue counts", () => {
    const lab = make();
    const { steps } = walk("n1", "ping -c 1 192.168.0.2", { lab });
    const because = steps.map((step) => step.because).join("\n");
    const [, , queue] =
      /hash 0x([0-9a-f]{8}) of \(192\.168\.0\.1, 192\.168\.0\.2\) → entry \d+ → queue (\d), CPU \d/.exec(because) ?? [];
    expect(queue).to.be.a("string");
    expect(sh(lab, "n2", "ethtool -S eth0")).to.match(new RegExp(`rx_queue_${queue}_packets: [12]\n`));
    expect(sh(lab, "n2", "ethtool -l eth0")).to.include("Combined:\t4\n");
    const table = sh(lab, "n2", "ethtool -x eth0");
    expect(table).to.include("    0:      0     1     2     3     0     1     2     3\n");
    expect(table).to.include("  120:      0     1     2     3     0     1     2     3\n");
    expect(sh(lab, "n2", "ip link show eth0")).to.match(
      /^2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP /,
    );
  });

  it("are the same cards after they were data; a script says what stands for them", () => {
    const lab = make();
    expect(labData(labFrom(labData(lab)))).to.deep.equal(labData(lab));
    expect(labScript(lab)).to.include("# n1/eth0 and tor/port1 are network cards with a cable; a veth stands for it");
  });

  it("a card without its other end is down", () => {
    const lab = make();
    sh(lab, "tor", "ip link set port1 down");
    expect(sh(lab, "n1", "ip -br link show eth0")).to.match(/^eth0 +DOWN +\S+ <NO-CARRIER,BROADCAST,MULTICAST,UP> $/m);
    expect(() => lab.wire("n1", "eth1", "n2", "eth1", 0)).to.throw(/not a number of queues/);
  });
});
