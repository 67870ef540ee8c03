// Laws of foo over UDP and of its GUE header: octets, source ports, MTU, both ways through a pair of tunnels.
import { expect } from "chai";
import { labFrom } from "../../lib/lab/data-read.ts";
import { labData } from "../../lib/lab/data-write.ts";
import type { Lab } from "../../lib/lab/lab.ts";
import { labScript } from "../../lib/lab/script.ts";
import { decapsulateEcn } from "../../lib/netns/tunnel/tunnel.ts";
import { walk } from "../../lib/notebook/walk.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { gueOf } from "../../lib/wire/gue.ts";
import type { Udp } from "../../lib/wire/packet.ts";
import { tunnelLab } from "./labs.ts";

const sh = (lab: Lab, where: string, line: string) => runShell(lab, place(lab, where), line).text;

/** Two machines whose tunnels send in datagrams of port 5555. */
function tunnelled(type: "fou" | "gue", words = ""): Lab {
  const encap = `encap ${type} encap-sport auto encap-dport 5555 ${words}`;
  const prepared = ["n1: modprobe fou", "n2: modprobe fou"];
  const shape = { machines: 2, kind: "ipip", port: 0, vni: 0, words: "", mtus: [], podMtu: 1450 } as const;
  const lab = tunnelLab({ ...shape, faults: prepared }, "fou");
  for (const [i, o] of [
    [1, 2],
    [2, 1],
  ] as const) {
    const said = [
      `ip fou add port 5555 ${type === "gue" ? "gue" : "ipproto 4"}`,
      `ip link del t${o}`,
      `ip link add t${o} type ipip local 192.168.10.1${i} remote 192.168.10.1${o} ${encap}`,
      `ip link set t${o} up`,
      `ip route add 10.244.${o}.0/24 dev t${o}`,
    ].map((line) => sh(lab, `n${i}`, line));
    expect(said.join("")).to.equal("");
  }
  return lab;
}

function datagrams(lab: Lab, line: string): Udp[] {
  const { frames } = walk("p1", line, { lab });
  return frames.flatMap(({ netns, device, direction, frame: { payload } }) =>
    netns === "n1" && device === "eth0" && direction === "out" && payload.kind === "ipv4" && payload.body.kind === "udp"
      ? [payload.body]
      : [],
  );
}

describe("foo over UDP", () => {
  it("carries a ping there and back, with a GUE header and without; 12 and 8 octets more than IPIP", () => {
    for (const [type, extra] of [
      ["gue", 4],
      ["fou", 0],
    ] as const) {
      const lab = tunnelled(type);
      const [sent] = datagrams(lab, "ping -c 1 10.244.2.2");
      expect(sent!.data.length).to.equal(84 + extra);
      expect(sent!.unchecked).to.equal(true);
      if (type === "gue") expect([...sent!.data.subarray(0, 5)]).to.deep.equal([0, 4, 0, 0, 0x45]);
      expect(sh(lab, "p1", "ping -c 1 10.244.2.2")).to.include(" 0% packet loss");
      expect(sh(lab, "n1", "ip link show t2")).to.include(`mtu ${1500 - 20 - 8 - extra} `);
    }
  });

  it("takes the source port from the flow, or the one it is told", () => {
    const lab = tunnelled("gue", "encap-csum");
    const ports = (port: number) => datagrams(lab, `nc -u -w 1 -p ${port} 10.244.2.2 9`).map((udp) => udp.srcPort);
    sh(lab, "p2", "nc -u -l 9 &");
    const [first, again] = [datagrams(lab, "ping -c 1 10.244.2.2"), datagrams(lab, "ping -c 1 10.244.2.2")];
    expect(first[0]!.srcPort).to.equal(again[0]!.srcPort).and.to.be.within(32768, 60998);
    expect(first[0]!.unchecked).to.equal(undefined);
    expect(ports(1000)).to.deep.equal(ports(1000));
    const fixed = tunnelled("fou", "encap-sport 7777");
    expect(datagrams(fixed, "ping -c 1 10.244.2.2")[0]).to.include({ srcPort: 7777, dstPort: 5555 });
  });

  it("is the same after it was data, and a script says it", () => {
    const lab = tunnelled("gue");
    const data = labData(lab);
    const again = labFrom(data);
    expect(labData(again)).to.deep.equal(data);
    expect(sh(again, "p1", "ping -c 1 10.244.2.2")).to.include(" 0% packet loss");
    const script = labScript(lab);
    expect(script).to.include("modprobe fou");
    expect(script).to.match(/fou add port 5555 gue\n/);
    expect(script).to.match(/type ipip .* encap gue encap-sport auto encap-dport 5555\n/);
    // As iproute2's tnl_print_encap has it.
    expect(sh(lab, "n1", "ip -d link show t2")).to.include(
      " pmtudisc encap gue encap-sport auto encap-dport 5555 noencap-csum noencap-csum6 noencap-remcsum addrgenmode ",
    );
  });

  it("tells what it does, and why it does not take a datagram", () => {
    const lab = tunnelled("gue");
    const because = walk("p1", "ping -c 1 10.244.2.2", { lab }).steps.map((step) => step.because);
    expect(because).to.include("port 5555 is GUE: its header says that IP protocol 4 follows");
    expect(
      because.some((text) => text.includes("UDP 20 to 27 to port 5555, GUE 28 to 31, the packet from octet 32")),
    ).to.equal(true);
    expect(gueOf(Uint8Array.of(0x80, 4, 0, 0))).to.equal("of GUE variant 2, which nobody has defined");
    const { steps } = walk("n1", "echo Packet | nc -u -w 1 192.168.10.12 5555", { lab });
    expect(
      steps.some((step) => /^what came to port 5555 is no GUE that is taken: of GUE variant 1/.test(step.because)),
    ).to.equal(true);
  });
});

describe("marks of congestion", () => {
  it("are carried inside only where the packet knows such marks, and one that is there stays", () => {
    // Outer, inner, what comes out: RFC 6040 §4.2, as net/ipv4/ip_tunnel_core.c and inet_ecn.h have it.
    const table = [
      [0, 0, 0],
      [1, 0, 0],
      [3, 0, null],
      [1, 2, 1],
      [3, 2, 3],
      [1, 3, 3],
      [2, 3, 3],
      [0, 1, 1],
    ] as const;
    for (const [outer, inner, out] of table) expect(decapsulateEcn(outer, inner)).to.equal(out);
  });
});
