// tcpdump is a program among others: it runs beside what it watches, and ends.
import { expect } from "chai";
import { Lab } from "../../lib/lab/lab.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { parsePcap } from "../../lib/wire/pcap.ts";

function twoPods(): Lab {
  const lab = new Lab();
  const node = lab.node("node-1");
  node.bridge("cni0", { address: "10.244.1.1/24" });
  node.pod("web", { bridge: "cni0", address: "10.244.1.2/24", gateway: "10.244.1.1" });
  node.pod("client", { bridge: "cni0", address: "10.244.1.3/24", gateway: "10.244.1.1" });
  return lab;
}

const sh = (lab: Lab, where: string, text: string) => runShell(lab, place(lab, where), text);

describe("tcpdump in a lab", () => {
  it("shows what passes while a command runs, and ends with the line", () => {
    const lab = twoPods();
    const { text } = sh(lab, "node-1", "tcpdump -n -t -i cni0 & ping -c 1 10.244.1.2 > /dev/null");
    expect(
      text.split("\n").map((line) => line.replace(/at [0-9a-f:]+/, "at MAC").replace(/id \d+/, "id N")),
    ).to.deep.equal([
      "tcpdump: verbose output suppressed, use -v[v]... for full protocol decode",
      "listening on cni0, link-type EN10MB (Ethernet), snapshot length 262144 bytes",
      "ARP, Request who-has 10.244.1.2 tell 10.244.1.1, length 28",
      "ARP, Reply 10.244.1.2 is-at MAC, length 28",
      "IP 10.244.1.1 > 10.244.1.2: ICMP echo request, id N, seq 1, length 64",
      "IP 10.244.1.2 > 10.244.1.1: ICMP echo reply, id N, seq 1, length 64",
      "",
      "4 packets captured",
      "4 packets received by filter",
      "0 packets dropped by kernel",
      "",
    ]);
    expect(lab.processes.size).to.equal(0);
    for (const ns of lab.namespaces.values())
      for (const device of ns.devices.values()) expect(device.taps).to.equal(null);
  });

  it("ends by itself after -c packets", () => {
    const { text } = sh(twoPods(), "client", "tcpdump -n -t -c 1 icmp & ping -c 1 10.244.1.2 > /dev/null");
    expect(text).to.match(/^IP 10\.244\.1\.3 > 10\.244\.1\.2: ICMP echo request.*\n1 packet captured\n/m);
    expect(text).not.to.contain("echo reply");
  });

  it("shows each packet on loopback once, and counts it twice", () => {
    const { text } = sh(twoPods(), "client", "tcpdump -n -t -i lo & ping -c 1 127.0.0.1 > /dev/null");
    expect(text.match(/ICMP echo request/g)).to.have.length(1);
    expect(text).to.contain("2 packets captured\n4 packets received by filter\n");
  });

  it("says on which device and which way with -i any", () => {
    const { out } = sh(twoPods(), "node-1", "tcpdump -n -t -i any arp & ping -c 1 10.244.1.2 > /dev/null");
    expect(out).to.match(/^cni0 {2}Out ARP, Request/m);
    expect(out).to.match(/^veth[0-9a-f]{8} Out ARP, Request/m);
    expect(out).to.match(/^cni0 {2}In {2}ARP, Reply/m);
  });

  it("writes what passed to a file of the machine, and reads it back", () => {
    const lab = twoPods();
    const line = "tcpdump -w ping.pcap -i cni0 icmp & ping -c 1 10.244.1.2 > /dev/null";
    expect(sh(lab, "node-1", line).text).to.equal(
      "tcpdump: listening on cni0, link-type EN10MB (Ethernet), snapshot length 262144 bytes\n" +
        "2 packets captured\n2 packets received by filter\n0 packets dropped by kernel\n",
    );
    const { text } = sh(lab, "node-1", "tcpdump -n -t -r ping.pcap icmp[icmptype] = icmp-echo");
    expect(text).to.match(
      /^reading from file ping\.pcap, link-type EN10MB \(Ethernet\), snapshot length 262144\nIP 10\.244\.1\.1 > 10\.244\.1\.2: ICMP echo request, id \d+, seq 1, length 64\n$/,
    );
    expect(parsePcap(lab.machines.get("node-1")!.files.get("ping.pcap")!)).to.have.length(2);
  });

  for (const [line, said] of [
    ["tcpdump -n -r nothere.pcap", "tcpdump: nothere.pcap: No such file or directory\n"],
    ["tcpdump -n -i nope", "tcpdump: nope: No such device exists\n(No such device exists)\n"],
    ["tcpdump -n host", "tcpdump: can't parse filter expression: syntax error\n"],
    ["tcpdump -n port foo", "tcpdump: unknown port 'foo'\n"],
    ["ip link set eth0 down; tcpdump -n -i eth0", "tcpdump: eth0: That device is not up\n"],
  ] as const)
    it(`refuses as the real one: ${line}`, () => {
      const { text, status } = sh(twoPods(), "client", line);
      expect({ text, status }).to.deep.equal({ text: said, status: 1 });
    });
});
