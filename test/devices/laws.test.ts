// Laws of tunnels and pseudo devices, and the wirings of Flannel and Calico made by hand, with what they print.
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { expect } from "chai";
import { labFrom } from "../../lib/lab/data-read.ts";
import { labData } from "../../lib/lab/data-write.ts";
import type { Lab } from "../../lib/lab/lab.ts";
import { walk } from "../../lib/notebook/walk.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { ipv4 } from "../../lib/wire/address.ts";
import { frameBytes } from "../../lib/wire/bytes.ts";
import { mac } from "../../lib/wire/mac.ts";
import type { Frame, Ipv4Packet } from "../../lib/wire/packet.ts";
import { parseFrame } from "../../lib/wire/parse.ts";
import { vxlanBytes, vxlanOf } from "../../lib/wire/vxlan.ts";
import { tunnelLab } from "./labs.ts";

const flannel = {
  machines: 2,
  kind: "routed",
  port: 8472,
  vni: 1,
  words: "",
  mtus: [],
  podMtu: 1450,
  faults: [],
} as const;
const calico = {
  machines: 2,
  kind: "ipip",
  port: 0,
  vni: 0,
  words: "nopmtudisc",
  mtus: [],
  podMtu: 1480,
  faults: [],
} as const;
const bridged = { ...flannel, kind: "bridged" } as const;

function sh(lab: Lab, where: string, line: string): string {
  return runShell(lab, place(lab, where), line).text;
}

/** Without times, identifiers and drawn MACs and ports. */
function plain(text: string): string {
  return text
    .replace(/\d\d:\d\d:\d\d\.\d{6} /g, "")
    .replace(/\bid \d+/g, "id N")
    .replace(/time[= ][\d.]+ ?ms|= [\d.]+(\/[\d.]+){3} ms/g, "T")
    .replace(/(10\.1[12])\.(3[2-9]\d{3}|[45]\d{4}|60\d{3})\b/g, "$1.PORT")
    .replace(/ numrxqueues \d+/g, "");
}

const packet = (body: Ipv4Packet["body"]): Ipv4Packet => ({
  kind: "ipv4",
  src: ipv4("10.244.1.2"),
  dst: ipv4("10.244.2.2"),
  ttl: 63,
  id: 7,
  tos: 0,
  dontFragment: true,
  moreFragments: false,
  fragmentOffset: 0,
  body,
});
const frame = (payload: Frame["payload"]): Frame => ({
  dst: mac("02:00:00:00:00:02"),
  src: mac("02:00:00:00:00:01"),
  payload,
});
const udp = { kind: "udp", srcPort: 40000, dstPort: 9000, data: new Uint8Array(5) } as const;

describe("what tunnels carry, as values", () => {
  it("octets and values are inverse: IP in IP, a frame in a datagram, a datagram without a checksum", () => {
    const ipip = frame(packet({ kind: "ipip", packet: packet(udp) }));
    expect(parseFrame(frameBytes(ipip))).to.deep.equal(ipip);
    const inner = frame(packet(udp));
    expect(vxlanOf(vxlanBytes(7, inner))).to.deep.equal({ flags: 8, vni: 7, frame: inner });
    const unchecked = frame(packet({ ...udp, unchecked: true }));
    expect(parseFrame(frameBytes(unchecked))).to.deep.equal(unchecked);
  });

  it("a packet in a packet that is cut short stays octets", () => {
    const body = { kind: "unknown", protocol: 4, data: new Uint8Array([0x45, 0, 0, 99]) } as const;
    expect(parseFrame(frameBytes(frame(packet(body))))).to.deep.equal(frame(packet(body)));
  });
});

describe("the wiring of Flannel with VXLAN", () => {
  const lab = tunnelLab(flannel, "flannel");

  it("the device, its table and its neighbour print as on a node", () => {
    expect(sh(lab, "n1", "ip addr show vx")).to.equal(
      "5: vx: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UNKNOWN group default qlen 1000\n" +
        "    link/ether 5e:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff\n" +
        "    inet 10.244.1.0/32 scope global vx\n       valid_lft forever preferred_lft forever\n".replace(
          "4: ",
          "4: ",
        ),
    );
    expect(plain(sh(lab, "n1", "ip -d link show vx"))).to.contain(
      "promiscuity 0  allmulti 0 minmtu 68 maxmtu 65535 \n    vxlan id N local 192.168.10.11 dev eth0 srcport 0 0 dstport 8472 nolearning ttl auto ageing 300 udpcsum noudp6zerocsumtx noudp6zerocsumrx addrgenmode eui64 numtxqueues 1 gso_max_size 65536 gso_max_segs 65535 tso_max_size 524280 tso_max_segs 65535 gro_max_size 65536 \n",
    );
    expect(sh(lab, "n1", "bridge fdb show dev vx")).to.equal("5e:00:00:00:00:02 dst 192.168.10.12 self permanent\n");
    expect(sh(lab, "n1", "ip neigh show dev vx")).to.equal("10.244.2.0 lladdr 5e:00:00:00:00:02 PERMANENT \n");
    expect(sh(lab, "n1", "arp -a")).to.contain("? (10.244.2.0) at 5e:00:00:00:00:02 [ether] PERM on vx\n");
    expect(sh(lab, "n1", "ip route get 10.244.2.2")).to.equal(
      "10.244.2.2 via 10.244.2.0 dev vx src 10.244.1.0 uid 0 \n    cache \n",
    );
  });

  it("from pod to pod two hops lower the TTL; 1422 octets pass, 1423 do not", () => {
    expect(sh(lab, "p1", "ping -c 1 10.244.2.2")).to.contain("icmp_seq=1 ttl=62");
    expect(sh(lab, "n1", "ping -c 1 10.244.2.2")).to.contain("icmp_seq=1 ttl=63");
    expect(sh(lab, "p1", "ping -c 1 -M do -s 1422 10.244.2.2")).to.contain("1430 bytes from 10.244.2.2");
    expect(sh(lab, "p1", "ping -c 1 -M do -s 1423 10.244.2.2")).to.contain("local error: message too long, mtu=1450");
  });

  it("tcpdump below sees the datagrams, and says OTV of Linux's old port", () => {
    expect(plain(sh(lab, "n2", "tcpdump -n -i eth0 udp port 8472 & ip netns exec p2 ping -c 1 10.244.1.2"))).to.contain(
      "IP 192.168.10.12.PORT > 192.168.10.11.8472: OTV, flags [I] (0x08), overlay 0, instance 1\n" +
        "IP 10.244.2.2 > 10.244.1.2: ICMP echo request, id N, seq 1, length 64\n" +
        "IP 192.168.10.11.PORT > 192.168.10.12.8472: OTV, flags [I] (0x08), overlay 0, instance 1\n" +
        "IP 10.244.1.2 > 10.244.2.2: ICMP echo reply, id N, seq 1, length 64\n",
    );
  });

  it("both directions of one flow have one source port", () => {
    const text = sh(lab, "n2", "tcpdump -n -i eth0 udp port 8472 & ip netns exec p2 ping -c 1 10.244.1.2");
    const ports = [...text.matchAll(/192\.168\.10\.1[12]\.(\d+) > /g)].map(([, port]) => port);
    expect(new Set(ports).size).to.equal(1);
  });
});

describe("the wiring of Calico with IPIP", () => {
  const lab = tunnelLab(calico, "calico");

  it("tunl0 is in every namespace, and prints as on a node", () => {
    expect(sh(lab, "p1", "ip addr show tunl0")).to.equal(
      "2: tunl0@NONE: <NOARP> mtu 1480 qdisc noop state DOWN group default qlen 1000\n    link/ipip 0.0.0.0 brd 0.0.0.0\n",
    );
    expect(sh(lab, "n1", "ip addr show tunl0")).to.equal(
      "2: tunl0@NONE: <NOARP,UP,LOWER_UP> mtu 1480 qdisc noqueue state UNKNOWN group default qlen 1000\n" +
        "    link/ipip 0.0.0.0 brd 0.0.0.0\n    inet 10.244.1.0/32 scope global tunl0\n       valid_lft forever preferred_lft forever\n",
    );
    expect(plain(sh(lab, "n1", "ip -d link show tunl0"))).to.equal(
      "2: tunl0@NONE: <NOARP,UP,LOWER_UP> mtu 1480 qdisc noqueue state UNKNOWN mode DEFAULT group default qlen 1000\n" +
        "    link/ipip 0.0.0.0 brd 0.0.0.0 promiscuity 0  allmulti 0 minmtu 0 maxmtu 0 \n" +
        "    ipip any remote any local any ttl inherit nopmtudisc addrgenmode eui64 numtxqueues 1 gso_max_size 65536 gso_max_segs 65535 tso_max_size 65536 tso_max_segs 65535 gro_max_size 65536 \n",
    );
  });

  it("from pod to pod two hops lower the TTL, and 20 octets more travel below", () => {
    expect(sh(lab, "p1", "ping -c 1 10.244.2.2")).to.contain("icmp_seq=1 ttl=62");
    expect(sh(lab, "p1", "ping -c 1 -M do -s 1453 10.244.2.2")).to.contain("local error: message too long, mtu=1480");
    const text = plain(sh(lab, "n2", "tcpdump -n -e -i eth0 ip proto 4 & ip netns exec p2 ping -c 1 10.244.1.2"));
    expect(text).to.contain(
      "ethertype IPv4 (0x0800), length 118: 192.168.10.12 > 192.168.10.11: 10.244.2.2 > 10.244.1.2: ICMP echo request, id N, seq 1, length 64\n",
    );
    expect(plain(sh(lab, "n2", "tcpdump -n -e -i t1 & ip netns exec p2 ping -c 1 10.244.1.2"))).to.contain(
      "listening on t1, link-type RAW (Raw IP), snapshot length 262144 bytes\n",
    );
  });
});

describe("tunnels and pseudo devices", () => {
  it("a lab with tunnels is the same lab after it was data", () => {
    for (const shape of [flannel, bridged, calico]) {
      const data = labData(tunnelLab(shape, "data"));
      expect(labData(labFrom(data))).to.deep.equal(data);
      expect(sh(labFrom(data), "p1", `ping -c 1 ${shape.kind === "bridged" ? "10.244.0.2" : "10.244.2.2"}`)).to.contain(
        "1 received",
      );
    }
  });

  it("what comes out wrong is a drop with its reason: unknown network, own MAC, no tunnel, marked for congestion", () => {
    const why = (faults: string[], shape: typeof flannel | typeof calico = flannel) => {
      const lab = tunnelLab({ ...shape, faults }, "wrong");
      return walk("p1", "ping -c 1 -W 1 10.244.2.2", { lab }).drops.map(({ because }) => because);
    };
    expect(why(["n1: bridge fdb replace 5e:00:00:00:00:02 dev vx dst 192.168.10.12 vni 99"])).to.include(
      "no VXLAN device here has network 99 on port 8472",
    );
    expect(why(["n1: bridge fdb del 5e:00:00:00:00:02 dev vx"])).to.include(
      "vx is not told where 5e:00:00:00:00:02 lives, and has no default destination",
    );
    expect(
      why([
        "n1: ip link set vx address 5e:00:00:00:00:02",
        "n1: ip neigh add 10.244.2.0 lladdr 5e:00:00:00:00:02 dev vx nud permanent",
      ]),
    ).to.include("5e:00:00:00:00:02 is the MAC of vx itself: the frame came back");
    expect(why(["n2: ip link set t1 down", "n2: ip link set tunl0 down"], calico)).to.include(
      "no tunnel that is up has remote 192.168.10.11 and local 192.168.10.12",
    );
  });

  it("every decision of the way is a step with its evidence, and the story tells where the headers are", () => {
    const lab = tunnelLab(flannel, "story");
    const trace = walk("p1", "ping -c 1 10.244.2.2", { lab });
    const [put] = trace.of("encapsulate").steps;
    expect(put!.because).to.contain("UDP 20 to 27").and.to.contain("the frame from octet 36");
    expect(put!.evidence!.command).to.equal("ip -d link show vx");
    expect(trace.of("decapsulate").steps).to.have.length(2);
    expect(trace.at("n1", "vx").of("fdb").steps[0]!.evidence!.text).to.equal(
      "5e:00:00:00:00:02 dst 192.168.10.12 self permanent",
    );
    const { table } = trace.headers().scene;
    expect(
      table!.rows.some(([, header, field, value]) => header === "VXLAN" && field === "VNI" && value === "1"),
    ).to.equal(true);
  });

  it("a device below that goes takes its VXLAN device along; tunl0 stays", () => {
    const lab = tunnelLab(flannel, "gone");
    sh(lab, "n1", "ip link del eth0");
    expect(sh(lab, "n1", "ip link show vx")).to.equal('Device "vx" does not exist.\n');
    const other = tunnelLab(calico, "stays");
    sh(other, "n1", "ip link del tunl0");
    expect(sh(other, "n1", "ip -br link show tunl0")).to.contain("tunl0@NONE");
  });

  it("a VXLAN device that moved sends through the namespace it was made in", () => {
    const lab = tunnelLab(bridged, "moved");
    sh(lab, "n1", "ip link set vx netns p1");
    expect(sh(lab, "n1", "ip -n p1 link show vx")).to.contain(
      "vx@if5: <BROADCAST,MULTICAST> mtu 1450 qdisc noop state DOWN",
    );
    sh(lab, "n1", "ip -n p1 addr add 10.9.0.1/24 dev vx");
    sh(lab, "n1", "ip -n p1 link set vx up");
    sh(lab, "n2", "ip addr add 10.9.0.2/24 dev cni0");
    expect(sh(lab, "p1", "ping -c 1 10.9.0.2")).to.contain("1 received");
  });

  it("a port that a program has is not a tunnel's, and the other way round", () => {
    const lab = tunnelLab(flannel, "port");
    sh(lab, "n1", "ip link set vx down");
    expect(sh(lab, "n1", "nc -u -l -p 8472 & ip link set vx up")).to.contain(
      "RTNETLINK answers: Address already in use",
    );
    expect(sh(lab, "n2", "ss -lun")).to.contain("0.0.0.0:8472");
  });

  it("refused aloud: multicast groups, external, settings nobody models", () => {
    const lab = tunnelLab(flannel, "aloud");
    for (const words of [
      "id 9 group 239.1.1.1 dev eth0 dstport 4789",
      "external dstport 4789",
      "id 9 dstport 4789 proxy",
    ])
      expect(() => sh(lab, "n1", `ip link add v9 type vxlan ${words}`)).to.throw(/does not model/);
    expect(() => sh(lab, "n1", "bridge fdb add 5e:00:00:00:00:09 dev vx dst 239.1.1.1")).to.throw(/does not model/);
  });
});

describe("captures of tunnels", () => {
  const tshark = spawnSync("tshark", ["--version"]).status === 0;
  for (const [name, shape, device, decode] of [
    ["VXLAN", { ...flannel, mtus: [1400, 1500] }, "eth0", ["-d", "udp.port==8472,vxlan"]],
    ["IPIP", calico, "eth0", []],
    ["raw IP", calico, "t2", []],
  ] as const)
    it(`tshark reads ${name} without a malformed packet`, function () {
      if (!tshark) this.skip();
      const lab = tunnelLab(shape, "pcap");
      const bytes = walk("p1", "ping -c 2 -s 1300 10.244.2.2", { lab, level: "path" }).pcap("n1", device);
      const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "packetwalk-")), "walk.pcap");
      fs.writeFileSync(file, bytes);
      const check = ["-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE"];
      const fields = [
        "-T",
        "fields",
        "-e",
        "icmp.seq",
        "-e",
        "_ws.malformed",
        "-e",
        "ip.checksum.status",
        "-e",
        "udp.checksum.status",
      ];
      const { stdout, status } = spawnSync("tshark", ["-r", file, ...decode, ...check, ...fields], {
        encoding: "utf8",
      });
      expect(status).to.equal(0);
      const rows = stdout
        .trimEnd()
        .split("\n")
        .map((line) => line.split("\t"));
      expect(rows.some(([seq]) => seq !== "")).to.equal(true);
      for (const [, malformed, ip, sum] of rows) {
        expect(malformed).to.equal("");
        expect(`${ip}${sum}`).not.to.match(/0|Bad/);
      }
    });
});
