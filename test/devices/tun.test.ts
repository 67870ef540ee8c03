// Laws of tun devices and of the programs that have them open.
import { expect } from "chai";
import { labFrom } from "../../lib/lab/data-read.ts";
import { labData } from "../../lib/lab/data-write.ts";
import { Lab } from "../../lib/lab/lab.ts";
import { labScript } from "../../lib/lab/script.ts";
import { flannelUdp } from "../../lib/lab/tun-programs.ts";
import { openTun, type TunFile } from "../../lib/netns/tunnel/tun.ts";
import { walk } from "../../lib/notebook/walk.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { ICMP, type Icmp, type Ipv4Packet } from "../../lib/wire/packet.ts";
import { tunnelLab } from "./labs.ts";

const sh = (lab: Lab, where: string, line: string) => runShell(lab, place(lab, where), line).text;

/** A machine whose program answers pings to 10.0.0.0/24 in the name of whoever is asked. */
function echoing(): Lab {
  const lab = new Lab({ seed: "tun" });
  lab.node("node-1");
  lab.tun(
    "node-1",
    "tun0",
    ({ packet, cause }, tun) => {
      if (packet.kind === "ipv4" && packet.body.kind === "icmp") tun.write(reply(packet, packet.body), cause);
    },
    "echod",
  );
  sh(lab, "node-1", "ip addr add 10.0.0.1/24 dev tun0; ip link set tun0 up");
  return lab;
}

function reply(packet: Ipv4Packet, body: Icmp): Ipv4Packet {
  return { ...packet, src: packet.dst, dst: packet.src, body: { ...body, type: ICMP.echoReply } };
}

describe("a tun device", () => {
  it("hands packets to a program and takes what it writes; each step says so", () => {
    const lab = echoing();
    const seen = walk("node-1", "ping -c 1 10.0.0.7", { lab });
    expect(seen.output.text).to.include("1 received, 0% packet loss");
    const because = seen.steps.map((step) => step.because);
    expect(because).to.include("84 octets are handed to the program echod, which reads tun0");
    expect(because).to.include("the program echod wrote a packet of 84 octets to tun0");
    // From the question to the answer each step has its cause.
    const asked = seen.steps.find(({ what }) => what === "deliver")!;
    const wrote = seen.steps.find((step) => step.because.startsWith("the program echod wrote"))!;
    expect(wrote.cause).to.equal(asked.id);
    expect(sh(lab, "node-1", "ip -s link show tun0")).to.match(/RX:.*\n +84 +1 .*\n.*TX:.*\n +84 +1 /);
  });

  it("is captured without frames", () => {
    const lab = echoing();
    const text = sh(lab, "node-1", "tcpdump -ni tun0 -c 2 -w t.pcap & ping -c 1 10.0.0.7");
    expect(text).to.include("link-type RAW (Raw IP)");
    const file = lab.machines.get("node-1")!.files.get("t.pcap")!;
    // LINKTYPE_RAW, and behind the headers of file and packet an IPv4 packet at once.
    expect([file[20], file[40]]).to.deep.equal([101, 0x45]);
  });

  it("is there as long as its program, unless it is told to stay", () => {
    const lab = new Lab({ seed: "tun" });
    const ns = lab.node("node-1").root;
    const file = openTun(ns, "t%d", "p") as TunFile;
    expect(openTun(ns, "t0", "q")).to.equal("EBUSY");
    expect(openTun(ns, "lo", "q")).to.equal("EINVAL");
    expect(sh(lab, "node-1", "ip tuntap")).to.equal("t0: tun\n");
    expect(file.write(Uint8Array.of(0x45, 1, 2))).to.equal("EIO");
    sh(lab, "node-1", "ip link set t0 up");
    expect(file.write(Uint8Array.of(0x00, 1, 2))).to.equal("EINVAL");
    expect(file.write(Uint8Array.of(0x45, 1, 2))).to.equal(null);
    expect(sh(lab, "node-1", "ip -br link show t0")).to.match(
      /^t0 +UNKNOWN +<POINTOPOINT,MULTICAST,NOARP,UP,LOWER_UP> $/m,
    );
    file.close();
    expect(sh(lab, "node-1", "ip tuntap")).to.equal("");
    expect(file.read()).to.equal("EBADFD");
    const other = openTun(ns, "t1", "p") as TunFile;
    sh(lab, "node-1", "ip link del t1");
    expect(other.write(Uint8Array.of(0x45))).to.equal("EBADFD");
  });

  it("drops what its program does not read: 500 packets wait, or as many as txqueuelen says", () => {
    const lab = new Lab({ seed: "tun" });
    const file = openTun(lab.node("node-1").root, "tun0", "sleeper") as TunFile;
    sh(lab, "node-1", "ip addr add 10.0.0.1/24 dev tun0; ip link set tun0 up txqueuelen 3");
    sh(lab, "node-1", "ping -c 5 -W 1 10.0.0.7");
    expect(sh(lab, "node-1", "ip -s link show tun0")).to.match(/TX:.*\n +0 +0 +0 +2 /);
    expect(file.read()).to.have.property("packet");
  });

  it("is carried by data and script, its program is not, and all three say so", () => {
    const lab = echoing();
    const again = labFrom(labData(lab));
    expect(sh(again, "node-1", "ip -br link show tun0")).to.include("NO-CARRIER");
    const { steps } = walk("node-1", "ping -c 1 -W 1 10.0.0.7", { lab: again });
    const drop = steps.find(({ what }) => what === "drop")!;
    expect(drop.because).to.equal(
      "no program has tun0 open; echod had it when the lab was written, and data has no programs",
    );
    expect(labData(labFrom(labData(again)))).to.deep.equal(labData(again));
    expect(labScript(lab)).to.include(
      "# node-1/tun0 is read by the program echod, which no script can make: start one like it\n",
    );
    expect(() => lab.tun("node-1", "tun0", () => {})).to.throw(/gives program no tun device of this name/);
  });
});

describe("Flannel's UDP backend", () => {
  it("wraps a pod's ping into datagrams of port 8285 and back, two hops more than the nodes", () => {
    const shape = {
      machines: 2,
      kind: "flannel",
      port: 0,
      vni: 0,
      words: "",
      mtus: [],
      podMtu: 1450,
      faults: [],
    } as const;
    const lab = tunnelLab(shape, "flannel");
    for (const [i, o] of [
      [1, 2],
      [2, 1],
    ] as const) {
      const ns = lab.netns(`n${i}`);
      const options = {
        address: `192.168.10.1${i}`,
        tunAddress: `10.244.${i}.0`,
        subnets: { [`10.244.${o}.0/24`]: `192.168.10.1${o}` },
      };
      lab.start("flanneld", { ns, out: () => {}, err: () => {} }, flannelUdp(ns, options));
    }
    const seen = walk("p1", "ping -c 1 10.244.2.2", { lab });
    // The node, the program, the other program, the other node: each lowers the TTL of the answer.
    expect(seen.output.text).to.include("64 bytes from 10.244.2.2: icmp_seq=1 ttl=60 ");
    const packets = seen.frames.flatMap(({ device, frame }) => (device === "eth0" ? [frame.payload] : []));
    const udp = packets.flatMap((packet) =>
      packet.kind === "ipv4" && packet.body.kind === "udp" ? [packet.body] : [],
    );
    expect(udp.map(({ srcPort, dstPort, data }) => [srcPort, dstPort, data.length])).to.deep.include([8285, 8285, 84]);
    const because = seen.steps.map((step) => step.because);
    expect(because.filter((text) => /handed to the program flanneld|program flanneld wrote/.test(text))).to.have.length(
      4,
    );
  });
});
