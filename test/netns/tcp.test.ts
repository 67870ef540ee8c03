// Laws of TCP in the model: what must hold whatever happens on the way.
import { expect } from "chai";
import { Lab } from "../../lib/lab/lab.ts";
import type { Program } from "../../lib/lab/process.ts";
import { connected, httpServer, more, tcpEcho, udpEcho } from "../../lib/lab/programs.ts";
import { addAddress } from "../../lib/netns/configure.ts";
import type { Netns } from "../../lib/netns/netns.ts";
import { UdpSocket } from "../../lib/netns/socket/udp.ts";
import { TcpSocket } from "../../lib/netns/tcp/tcp.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { LEVEL } from "../../lib/trace/step.ts";
import { MILLISECOND, SECOND } from "../../lib/trace/world.ts";
import { ipv4 } from "../../lib/wire/address.ts";
import { frameBytes } from "../../lib/wire/bytes.ts";
import type { Frame } from "../../lib/wire/packet.ts";

interface Pair {
  readonly lab: Lab;
  readonly a: Netns;
  readonly b: Netns;
  readonly frames: Frame[];
}

function pair(seed = "laws"): Pair {
  const lab = new Lab({ seed });
  const a = lab.node("a").root;
  const b = lab.node("b").root;
  const [eth0, peer] = lab.cable("a", "eth0", "b", "eth0");
  addAddress(a, eth0, ipv4("10.0.0.1"), 24);
  addAddress(b, peer, ipv4("10.0.0.2"), 24);
  const frames: Frame[] = [];
  eth0.taps = [(frame) => frames.push(frame)];
  return { lab, a, b, frames };
}

const voice = (ns: Netns, said: string[] = []) => ({
  ns,
  out: (t: string) => said.push(t),
  err: (t: string) => said.push(t),
});

/** Sends `data` to an echo server and returns what comes back. */
function echoed({ lab, a, b }: Pair, data: Uint8Array, address = "10.0.0.2"): { got: number[]; status: number | null } {
  lab.start("echo", voice(b), tcpEcho(b, { port: 7 }));
  const got: number[] = [];
  const client = lab.start("client", voice(a), talk(a, data, got, address));
  lab.runUntilDone(client);
  return { got, status: client.status };
}

function* talk(ns: Netns, data: Uint8Array, got: number[], address: string): Program {
  const socket = new TcpSocket(ns, "client");
  const failed = yield* connected(socket, ipv4(address), 7);
  if (failed !== null) return 1;
  socket.send(data);
  while (got.length < data.length) {
    const piece = yield* more(socket);
    if (piece === null || typeof piece === "string" || piece.end) return 2;
    got.push(...piece.data);
  }
  socket.close();
  return 0;
}

/** Loses the n-th full segments from a, counted from 0, the first time; what comes again of a, and how long after the first. */
function copies({ lab, a }: Pair, lost: readonly number[]): { number: number; after: number }[] {
  const sent = new Map<number, { readonly number: number; readonly at: number }>();
  const again: { number: number; after: number }[] = [];
  const carry = lab.carry.bind(lab);
  lab.carry = (device, frame, cause) => {
    const { payload } = frame;
    const tcp = payload.kind === "ipv4" && payload.body.kind === "tcp" ? payload.body : null;
    if (tcp === null || tcp.data.length < 1448 || device.owner === a) return carry(device, frame, cause);
    const first = sent.get(tcp.seq);
    if (first !== undefined) again.push({ number: first.number, after: lab.now - first.at });
    else sent.set(tcp.seq, { number: sent.size, at: lab.now });
    if (first !== undefined || !lost.includes(sent.size - 1)) carry(device, frame, cause);
  };
  return again;
}

const pattern = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 255);

describe("TCP", () => {
  it("brings every octet once and in order, however many there are", () => {
    for (const length of [1, 1447, 1448, 1449, 20_000, 300_000]) {
      const data = pattern(length);
      const { got, status } = echoed(pair(), data);
      expect(status).to.equal(0);
      expect(Buffer.from(got).equals(Buffer.from(data)), `${length} octets`).to.equal(true);
    }
  });

  it("brings every octet once and in order when one frame in ten is lost", () => {
    for (const seed of ["x", "y", "z"]) {
      const two = pair(seed);
      const { lab } = two;
      const carry = lab.carry.bind(lab);
      lab.carry = (device, frame, cause) => {
        if (frame.payload.kind !== "ipv4" || lab.random() >= 0.1) carry(device, frame, cause);
      };
      const data = pattern(40_000);
      const { got, status } = echoed(two, data);
      expect(status, seed).to.equal(0);
      expect(Buffer.from(got).equals(Buffer.from(data)), seed).to.equal(true);
    }
  });

  it("sends exactly what was lost again: at once when three later segments arrived, after a moment when fewer did", () => {
    // Of ten segments that leave in one burst the n-th ones are lost, once.
    const cases = [
      { lost: [1], within: 1 },
      { lost: [1, 3], within: 1 },
      { lost: [0, 1, 2, 3, 4], within: 1 },
      { lost: [7], within: 10 },
      { lost: [8], within: 10 },
    ];
    for (const { lost, within } of cases) {
      const two = pair();
      const again = copies(two, lost);
      const { got } = echoed(two, pattern(14_480));
      expect(got.length).to.equal(14_480);
      const title = `lost ${lost.join(", ")}`;
      expect(
        again.map(({ number }) => number),
        title,
      ).to.deep.equal(lost);
      for (const { after } of again) expect(after, title).to.be.below(within * MILLISECOND);
    }
  });

  it("finds out by a probe that the last segments were lost, long before the timer ends", () => {
    const two = pair();
    const again = copies(two, [8, 9]);
    expect(echoed(two, pattern(14_480)).got.length).to.equal(14_480);
    // The probe is the last segment; that it arrives proves that the one before it was lost.
    expect(again.map(({ number }) => number)).to.deep.equal([9, 8]);
    for (const { after } of again) expect(after).to.be.below(20 * MILLISECOND);
    expect(two.a.mib.TcpExtTCPLossProbes).to.equal(1);
    expect(two.a.mib.TcpExtTCPTimeouts).to.equal(0);
  });

  it("gives the same octets on the cable for the same seed, and others for another", () => {
    const bytes = (seed: string) => {
      const two = pair(seed);
      echoed(two, pattern(5000));
      return two.frames.map((frame) => Buffer.from(frameBytes(frame)).toString("hex")).join("\n");
    };
    expect(bytes("one")).to.equal(bytes("one"));
    expect(bytes("one")).not.to.equal(bytes("two"));
  });

  it("does the same whether somebody watches or not, and says nothing when nobody does", () => {
    const times = [LEVEL.off, LEVEL.path, LEVEL.full].map((level) => {
      const two = pair();
      two.lab.recorder.level = level;
      echoed(two, pattern(5000));
      if (level === LEVEL.off) expect(two.lab.recorder.steps).to.have.length(0);
      return [two.lab.now, two.frames.length];
    });
    expect(times[1]).to.deep.equal(times[0]);
    expect(times[2]).to.deep.equal(times[0]);
  });

  it("names the cause of each step, back to what a program did or a timer", () => {
    const two = pair();
    two.lab.recorder.level = LEVEL.path;
    echoed(two, pattern(3000));
    const { steps } = two.lab.recorder;
    const roots = steps.filter(({ cause }) => cause === null);
    for (const step of steps) expect(step.cause === null || step.cause < step.id, step.because).to.equal(true);
    for (const { what, because } of roots) {
      expect(what, because).to.equal("socket");
      expect(because).to.match(/connects from|writes|sends|no answer|probe/);
    }
    const answer = steps.find(({ because }) => because.includes("echo writes"));
    const path: string[] = [];
    for (let at = answer; at !== undefined; at = at.cause === null ? undefined : steps[at.cause]) path.push(at.because);
    expect(path.at(-1)).to.match(/client (connects|writes)/);
  });

  it("lets the lab be quiet when a connection has ended: TIME-WAIT waits in the background, a minute", () => {
    const two = pair();
    echoed(two, pattern(10));
    two.lab.run();
    expect(two.lab.now).to.be.below(SECOND);
    const states = () => [...two.a.sockets.tcp.values()].flat().map(({ state }) => state);
    expect(states()).to.deep.equal(["TIME-WAIT"]);
    two.lab.runFor(59 * SECOND);
    expect(states()).to.deep.equal(["TIME-WAIT"]);
    two.lab.runFor(2 * SECOND);
    expect(states()).to.deep.equal([]);
  });

  it("gives up a SYN after ten retransmissions and 131 s (tcp_syn_retries 6, tcp_syn_linear_timeouts 4)", () => {
    const two = pair();
    two.lab.carry = () => {};
    const silent = new TcpSocket(two.a, "client");
    two.a.inet.get(two.a.devices.get("eth0")!)!.forgetNeighbours();
    runShell(two.lab, place(two.lab, "a"), "ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:99 dev eth0");
    expect(silent.connect(ipv4("10.0.0.2"), 80)).to.equal(null);
    two.lab.run();
    expect(silent.takeError()).to.equal("ETIMEDOUT");
    expect(two.lab.now / SECOND).to.be.closeTo(131, 0.1);
    expect(two.frames.filter(({ payload }) => payload.kind === "ipv4")).to.have.length(11);
  });

  it("is told of a router's error while it connects, and only then", () => {
    const two = pair();
    const socket = new TcpSocket(two.a, "client");
    expect(socket.connect(ipv4("10.0.0.9"), 80)).to.equal(null);
    two.lab.runFor(2.99 * SECOND);
    expect(socket.takeError()).to.equal(null);
    two.lab.runFor(0.02 * SECOND);
    expect(socket.takeError()).to.equal("EHOSTUNREACH");
  });

  it("learns from a router that the way is narrower, and sends again in smaller segments", () => {
    const lab = new Lab({ seed: "mtu" });
    for (const name of ["a", "r1", "r2", "b"]) lab.node(name);
    lab.cable("a", "eth0", "r1", "eth0");
    lab.cable("r1", "eth1", "r2", "eth1");
    lab.cable("r2", "eth0", "b", "eth0");
    const sh = (where: string, text: string) => expect(runShell(lab, place(lab, where), text).text).to.equal("");
    sh("a", "ip addr add 10.0.0.1/24 dev eth0; ip route add default via 10.0.0.254");
    sh("r1", "ip addr add 10.0.0.254/24 dev eth0; ip addr add 10.0.9.1/24 dev eth1; ip link set eth1 mtu 1400");
    sh("r2", "ip addr add 10.0.1.254/24 dev eth0; ip addr add 10.0.9.2/24 dev eth1; ip link set eth1 mtu 1400");
    sh("r1", "ip route add 10.0.1.0/24 via 10.0.9.2");
    sh("r2", "ip route add 10.0.0.0/24 via 10.0.9.1");
    for (const router of ["r1", "r2"]) lab.netns(router).sysctls.set("net.ipv4.ip_forward", "1");
    sh("b", "ip addr add 10.0.1.2/24 dev eth0; ip route add default via 10.0.1.254");
    const two: Pair = { lab, a: lab.netns("a"), b: lab.netns("b"), frames: [] };
    let longest = 0;
    two.b.devices.get("eth0")!.taps = [
      ({ payload }, direction) => {
        if (direction === "in" && payload.kind === "ipv4" && payload.body.kind === "tcp") {
          longest = Math.max(longest, payload.body.data.length);
          expect(payload.dontFragment).to.equal(true);
        }
      },
    ];
    const data = pattern(30_000);
    const { got, status } = echoed(two, data, "10.0.1.2");
    expect(status).to.equal(0);
    expect(Buffer.from(got).equals(Buffer.from(data))).to.equal(true);
    expect(longest).to.equal(1348);
    const next = new TcpSocket(two.a, "client");
    next.connect(ipv4("10.0.1.2"), 7);
    lab.run();
    expect(next.mss, "a later connection knows it from the beginning").to.equal(1348);
    expect(lab.now).to.be.below(SECOND);
  });

  it("prefers a listener bound to the address to one bound to any", () => {
    const { lab, a, b } = pair();
    const here: string[] = [];
    for (const [program, address] of [
      ["any", undefined],
      ["loopback", "127.0.0.1"],
    ] as const) {
      const started = httpServer(b, {
        port: program === "any" ? 80 : 81,
        program,
        ...(address && { address }),
        reply: () => program,
      });
      lab.start(program, voice(b, here), started);
    }
    const curl = (where: string, line: string) => runShell(lab, place(lab, where), line).text;
    expect(curl("a", "curl -s 10.0.0.2")).to.equal("any");
    expect(curl("b", "curl -s 127.0.0.1:81")).to.equal("loopback");
    expect(curl("a", "curl 10.0.0.2:81")).to.match(/^curl: \(7\)/);
    expect(a.sockets.tcp.size).to.be.greaterThan(0);
  });
});

describe("two containers of one pod", () => {
  const pod = () => {
    const lab = new Lab({ seed: "pod" });
    const node = lab.node("node-1");
    node.bridge("cni0", { address: "10.244.1.1/24" });
    node.pod("p", { bridge: "cni0", address: "10.244.1.5/24", gateway: "10.244.1.1", containers: ["app", "sidecar"] });
    return { lab, ns: lab.netns("p"), sh: (where: string, line: string) => runShell(lab, place(lab, where), line) };
  };

  it("share their ports: the second to bind one gets Address already in use", () => {
    const { sh } = pod();
    expect(sh("p/app", "python3 -m http.server 8080 &").status).to.equal(0);
    const second = sh("p/sidecar", "python3 -m http.server 8080");
    expect(second.text.trimEnd().split("\n").at(-1)).to.equal("OSError: [Errno 98] Address already in use");
    expect(second.status).to.equal(1);
    expect(sh("p/sidecar", "python3 -m http.server 8081 &").status).to.equal(0);
  });

  it("reach each other by loopback and by the pod's own address, and both ways never leave the pod", () => {
    const { lab, ns, sh } = pod();
    lab.start(
      "app",
      voice(ns),
      httpServer(ns, { port: 8080, reply: ({ client }) => `app saw client ${client.address}\n` }),
    );
    const { stats } = ns.devices.get("eth0")!;
    const before = stats.txPackets;
    expect(sh("p/sidecar", "curl -s http://localhost:8080").out).to.equal("app saw client 127.0.0.1\n");
    expect(sh("p/sidecar", "curl -s http://10.244.1.5:8080").out).to.equal("app saw client 10.244.1.5\n");
    expect(stats.txPackets).to.equal(before);
    expect(ns.devices.get("lo")!.stats.txPackets).to.be.greaterThan(10);
  });
});

describe("a UDP echo", () => {
  it("sends back what it gets, and the answer is caused by the question", () => {
    const { lab, a, b } = pair();
    lab.recorder.level = LEVEL.path;
    lab.start("echo", voice(b), udpEcho(b, { port: 7 }));
    const socket = new UdpSocket(a, "client");
    lab.run();
    socket.send(pattern(10), { address: ipv4("10.0.0.2"), port: 7 });
    lab.run();
    const back = socket.receive()!;
    expect([...back.data]).to.deep.equal([...pattern(10)]);
    const { steps } = lab.recorder;
    let first = steps[back.cause]!;
    while (first.cause !== null) first = steps[first.cause]!;
    expect(first.because).to.match(/^client sends 10 octets/);
  });
});
