// Laws of a namespace, each with its source. The comparison with the real kernel is in test/conform; these run anywhere.
import { assert } from "chai";
import { Lab } from "../../lib/lab/lab.ts";
import { setDown, setUp } from "../../lib/netns/configure.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { LEVEL, type Step } from "../../lib/trace/step.ts";
import { SECOND } from "../../lib/trace/world.ts";
import { ipv4 } from "../../lib/wire/address.ts";
import type { Frame } from "../../lib/wire/packet.ts";

function bridge(pods: number): Lab {
  const lab = new Lab({ seed: "laws" });
  const node = lab.node("node-1");
  node.bridge("cni0", { address: "10.244.1.1/24" });
  for (let i = 0; i < pods; i++) {
    node.pod(`p${i}`, { bridge: "cni0", address: `10.244.1.${i + 2}/24`, gateway: "10.244.1.1" });
  }
  return lab;
}

const sh = (lab: Lab, where: string, text: string) => runShell(lab, place(lab, where), text);

function watch(lab: Lab, where: string, device: string): { frames: Frame[]; arp: () => string[] } {
  const frames: Frame[] = [];
  lab.netns(where).devices.get(device)!.taps = [(frame) => frames.push(frame)];
  const arp = () =>
    frames.flatMap(({ payload }) => (payload.kind === "arp" ? [`${payload.op} ${payload.targetIp}`] : []));
  return { frames, arp };
}

function steps(lab: Lab, where: string, text: string): readonly Step[] {
  lab.recorder.take();
  lab.recorder.level = LEVEL.full;
  sh(lab, where, text);
  lab.run();
  lab.recorder.level = LEVEL.off;
  return lab.recorder.take();
}

const neighbour = (lab: Lab, where: string, address: string) =>
  lab.netns(where).inet.get(lab.netns(where).devices.get("eth0")!)!.neighbours.get(ipv4(address));

describe("neighbours (RFC 4861 §7.3.2, net/core/neighbour.c)", () => {
  it("a pair is deleted with what IPv6 knows of its ends", () => {
    const lab = new Lab({ seed: "pair" });
    lab.node("n");
    const { text } = sh(
      lab,
      "n",
      "ip netns add p; ip link add v0 type veth peer name v1 netns p; ip link set v0 up; ip -n p link set v1 up; " +
        "sysctl -w net.ipv6.conf.all.disable_ipv6=0; ip link del v0; ip -br link; ip -n p -br link",
    );
    assert.deepEqual(
      text.split("\n").map((line) => line.split(" ")[0]),
      ["net.ipv6.conf.all.disable_ipv6", "lo", "lo", ""],
    );
  });

  it("a second ping asks no second question", () => {
    const lab = bridge(2);
    const seen = watch(lab, "p0", "eth0");
    sh(lab, "p0", "ping -c 3 10.244.1.3");
    assert.deepEqual(seen.arp(), ["request 10.244.1.3", "reply 10.244.1.2"]);
  });

  it("who was asked does not ask back, but proves the entry by unicast five seconds after it was first used", () => {
    const lab = bridge(2);
    const seen = watch(lab, "p1", "eth0");
    sh(lab, "p0", "ping -c 1 10.244.1.3");
    assert.equal(neighbour(lab, "p1", "10.244.1.2")?.state, "DELAY");
    lab.runFor(4.9 * SECOND);
    assert.lengthOf(seen.arp(), 2);
    lab.runFor(0.2 * SECOND);
    assert.deepEqual(seen.arp().slice(2), ["request 10.244.1.2", "reply 10.244.1.3"]);
    assert.isFalse(seen.frames.filter(({ payload }) => payload.kind === "arp")[2]!.dst.isGroup);
    assert.equal(neighbour(lab, "p1", "10.244.1.2")?.state, "REACHABLE");
  });

  it("an unused entry goes stale after 15 to 45 seconds, and stays", () => {
    const lab = bridge(2);
    sh(lab, "p0", "ping -c 1 10.244.1.3");
    lab.runFor(14 * SECOND);
    assert.equal(neighbour(lab, "p0", "10.244.1.3")?.state, "REACHABLE");
    lab.runFor(40 * SECOND);
    assert.equal(neighbour(lab, "p0", "10.244.1.3")?.state, "STALE");
  });

  it("three questions, a second apart, and then the sender is told that the host is unreachable", () => {
    const lab = bridge(1);
    const seen = watch(lab, "p0", "eth0");
    const { text, status } = sh(lab, "p0", "ping -c 1 10.244.1.9");
    assert.deepEqual(seen.arp(), Array(3).fill("request 10.244.1.9"));
    assert.match(text, /From 10\.244\.1\.2 icmp_seq=1 Destination Host Unreachable/);
    assert.equal(status, 1);
    assert.closeTo(lab.now, 3 * SECOND, SECOND / 1000);
    assert.equal(neighbour(lab, "p0", "10.244.1.9")?.state, "FAILED");
  });
});

describe("a bridge (IEEE 802.1D §7.7, net/bridge/br_input.c)", () => {
  it("floods what it does not know and forwards what it learned to one port", () => {
    const lab = bridge(3);
    const bystander = watch(lab, "p2", "eth0");
    sh(lab, "p0", "ping -c 2 10.244.1.3");
    assert.lengthOf(bystander.frames, 1);
    assert.equal(bystander.frames[0]!.payload.kind, "arp");
  });

  it("forgets an address that was silent for 300 seconds, and floods again", () => {
    const lab = bridge(3);
    sh(lab, "p0", "ping -c 1 10.244.1.3");
    lab.runFor(20 * SECOND);
    const bystander = watch(lab, "p2", "eth0");
    lab.runFor(301 * SECOND);
    // p0 still knows the MAC, the bridge does not know the port any more.
    const all = steps(lab, "p0", "ping -c 1 10.244.1.3");
    assert.isTrue(all.some(({ what, because }) => what === "fdb" && because.startsWith("no port is known")));
    assert.isTrue(bystander.frames.some(({ payload }) => payload.kind === "ipv4"));
  });

  it("has the lowest MAC of its ports", () => {
    const lab = bridge(5);
    const { devices } = lab.netns("node-1");
    const ports = [...devices.values()].filter(({ master }) => master !== null).map(({ mac }) => mac.text);
    assert.equal(devices.get("cni0")!.mac.text, ports.sort()[0]);
  });
});

describe("routing (RFC 1812 §5.2.4, net/ipv4/ip_input.c, ip_forward.c)", () => {
  function twoNodes(): Lab {
    const lab = new Lab({ seed: "two" });
    for (const n of [1, 2]) {
      const node = lab.node(`node-${n}`).forward();
      node.bridge("cni0", { address: `10.244.${n}.1/24` });
      node.pod(`pod-${n}`, { bridge: "cni0", address: `10.244.${n}.2/24`, gateway: `10.244.${n}.1` });
    }
    lab.cable("node-1", "eth0", "node-2", "eth0");
    return lab;
  }
  const wire = (lab: Lab) => {
    for (const n of [1, 2])
      sh(
        lab,
        `node-${n}`,
        `ip addr add 192.168.0.1${n}/24 dev eth0; ip route add 10.244.${3 - n}.0/24 via 192.168.0.1${3 - n}`,
      );
  };

  it("each router lowers the TTL by one and rewrites the MACs, never the addresses", () => {
    const lab = twoNodes();
    wire(lab);
    const seen = watch(lab, "pod-2", "eth0");
    assert.match(sh(lab, "pod-1", "ping -c 1 10.244.2.2").text, /ttl=62/);
    const request = seen.frames.map(({ payload }) => payload).find((payload) => payload.kind === "ipv4")!;
    assert.include(request, { src: ipv4("10.244.1.2"), dst: ipv4("10.244.2.2"), ttl: 62 });
  });

  it("a TTL of one dies at the first router, which says so from the address the way back begins with", () => {
    const lab = twoNodes();
    wire(lab);
    assert.match(
      sh(lab, "pod-1", "ping -c 1 -t 1 10.244.2.2").text,
      /From 10\.244\.1\.1 icmp_seq=1 Time to live exceeded/,
    );
    assert.match(
      sh(lab, "pod-1", "ping -c 1 -t 2 10.244.2.2").text,
      /From 192\.168\.0\.12 icmp_seq=1 Time to live exceeded/,
    );
  });

  it("who does not forward drops silently; who has no route says that the net is unreachable", () => {
    const lab = twoNodes();
    assert.match(
      sh(lab, "pod-1", "ping -c 1 -W 1 10.244.2.2").text,
      /From 10\.244\.1\.1 icmp_seq=1 Destination Net Unreachable/,
    );
    lab.machines.get("node-1")!.forward(false);
    assert.match(
      sh(lab, "pod-1", "ping -c 1 -W 1 10.244.2.2").text,
      /1 packets transmitted, 0 received, 100% packet loss/,
    );
    const lost = steps(lab, "pod-1", "ping -c 1 -W 1 10.244.2.2").filter(({ what }) => what === "drop");
    assert.match(lost.at(-1)!.because, /does not forward/);
    assert.equal(lost.at(-1)!.evidence?.text, "net.ipv4.ip_forward = 0");
  });

  it("a pod's own address is reached by loopback, whatever device has it", () => {
    const lab = bridge(1);
    const eth0 = watch(lab, "p0", "eth0");
    const lo = watch(lab, "p0", "lo");
    assert.equal(sh(lab, "p0", "ping -c 1 10.244.1.2").status, 0);
    assert.lengthOf(eth0.frames, 0);
    assert.lengthOf(lo.frames, 4);
  });

  it("a packet whose source is the receiver's own address is a martian and is dropped", () => {
    const lab = twoNodes();
    wire(lab);
    // pod-2 knows its gateway, then takes an address of node-2: what it sends from there, node-2 does not believe.
    sh(lab, "pod-2", "ping -c 1 10.244.2.1");
    sh(lab, "pod-2", "ip addr add 192.168.0.12/32 dev eth0");
    const lost = steps(lab, "pod-2", "ping -c 1 -W 1 -I 192.168.0.12 10.244.1.2").filter(({ what }) => what === "drop");
    assert.isTrue(lost.some(({ because }) => because.includes("own address")));
  });
});

describe("sizes (RFC 791 §3.2, net/ipv4/ip_output.c)", () => {
  it("what exceeds the MTU is cut and put together again, unless DF forbids it", () => {
    const lab = bridge(2);
    const seen = watch(lab, "p1", "eth0");
    assert.match(sh(lab, "p0", "ping -c 1 -s 4000 10.244.1.3").text, /4008 bytes from 10\.244\.1\.3/);
    // 4008 octets of ICMP in pieces of 1480: 1480 + 1480 + 1048, there and back.
    assert.lengthOf(
      seen.frames.filter(({ payload }) => payload.kind === "ipv4"),
      6,
    );
    const { text } = sh(lab, "p0", "ping -c 1 -M do -s 1473 10.244.1.3");
    assert.match(text, /ping: local error: message too long, mtu=1500/);
  });
});

describe("links", () => {
  it("a device that is down sends nothing, and its routes are gone until it is up again", () => {
    const lab = bridge(2);
    const ns = lab.netns("p0");
    setDown(ns, ns.devices.get("eth0")!);
    assert.match(sh(lab, "p0", "ping -c 1 10.244.1.3").text, /Network is unreachable/);
    setUp(ns, ns.devices.get("eth0")!);
    assert.equal(sh(lab, "p0", "ping -c 1 10.244.1.3").status, 0);
    // The default route had been set by hand: the kernel does not bring it back.
    assert.match(sh(lab, "p0", "ping -c 1 192.0.2.1").text, /Network is unreachable/);
  });
});

describe("the lab", () => {
  it("same seed, same bytes: two runs give the same steps", () => {
    const run = () => steps(bridge(4), "p0", "ping -c 2 10.244.1.5; ping -c 1 10.244.1.77");
    assert.deepEqual(run(), run());
    assert.isAbove(run().length, 100);
  });

  it("what nobody watches is the same as what somebody watches", () => {
    const quiet = sh(bridge(3), "p0", "ping -c 3 10.244.1.4").text;
    const lab = bridge(3);
    lab.recorder.level = LEVEL.full;
    assert.equal(sh(lab, "p0", "ping -c 3 10.244.1.4").text, quiet);
  });

  it("every step has a cause that came before it, or none", () => {
    for (const step of steps(bridge(3), "p0", "ping -c 2 10.244.1.4")) {
      if (step.cause !== null) assert.isBelow(step.cause, step.id);
      assert.isNotEmpty(step.because);
    }
  });
});
