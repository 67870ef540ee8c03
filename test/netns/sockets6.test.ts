// Sockets of both families: who can have a port beside whom as the kernel says, and what travels between them.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { Lab } from "../../lib/lab/lab.ts";
import { addAddress } from "../../lib/netns/configure.ts";
import { addAddress6 } from "../../lib/netns/ipv6/addrconf.ts";
import type { Netns } from "../../lib/netns/netns.ts";
import { UdpSocket } from "../../lib/netns/socket/udp.ts";
import { TcpSocket } from "../../lib/netns/tcp/tcp.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { SECOND } from "../../lib/trace/world.ts";
import { ip, ipv4 } from "../../lib/wire/address.ts";
import { ipv6 } from "../../lib/wire/address6.ts";
import type { Frame } from "../../lib/wire/packet.ts";

const here = new URL("../../../test/netns/", import.meta.url);

/** Two namespaces on one cable, with addresses of both families. */
function twoHosts() {
  const lab = new Lab({ seed: "sockets6", ipv6: true });
  lab.node("a");
  lab.node("b");
  const [eth0, peer] = lab.cable("a", "eth0", "b", "eth0");
  const [a, b] = [lab.netns("a"), lab.netns("b")];
  for (const [ns, device, last] of [
    [a, eth0, 1],
    [b, peer, 2],
  ] as const) {
    addAddress(ns, device, ipv4(`10.0.0.${last}`), 24);
    addAddress6(ns, device, ipv6(`fd00::${last}`), 64, { noDad: true });
  }
  lab.runFor(3e9);
  return { lab, a, b, eth0 };
}

/** Binds, and listens where that is a word; the answer, and how to let go. */
function take(ns: Netns, protocol: string, where: string) {
  const [address = "", only] = where.split(" ");
  const family = address.includes(":") ? 6 : 4;
  const wanted = address === "::" || address === "0.0.0.0" ? null : ip(address);
  const socket = protocol === "tcp" ? new TcpSocket(ns, "test", family) : new UdpSocket(ns, "test", family);
  socket.v6only = only === "only";
  const failed = socket.bind(wanted, 8080) ?? (socket instanceof TcpSocket ? socket.listen() : null);
  return { said: failed ?? "ok", close: () => socket.close() };
}

describe("sockets of both families", () => {
  it("share a port, or not, as the kernel has it", () => {
    let text = readFileSync(new URL("goldens/bind6.txt", here), "utf8");
    if (process.env.PACKETWALK_REAL !== "no" && process.getuid?.() === 0)
      text = execFileSync("python3", [new URL("bind6.py", here).pathname, `pw-bind-${process.pid}`], {
        encoding: "utf8",
      });
    else console.log("      (compared with the recorded answers)");
    const { a } = twoHosts();
    const lines = text.split("\n").slice(0, -1);
    expect(lines).to.have.length(72);
    for (const line of lines) {
      const [first = "", other = ""] = line.split(" | ");
      const [protocol = "", ...one] = first.split(" ");
      const sockets = [take(a, protocol, one.join(" ")), take(a, protocol, other)];
      expect(`${first} | ${other} | ${sockets[1]!.said}`).to.equal(line);
      for (const { close } of sockets) close();
    }
  });

  it("a listener on :: takes both families, and sees IPv4 as a mapped address", () => {
    const { lab, a, b, eth0 } = twoHosts();
    const mss: (number | undefined)[] = [];
    const seen = ({ payload }: Frame) => {
      if ((payload.kind === "ipv4" || payload.kind === "ipv6") && payload.body.kind === "tcp")
        if ((payload.body.flags & 2) !== 0) mss.push(payload.body.options.mss);
    };
    eth0.taps = [seen];
    const listener = new TcpSocket(b, "server", 6);
    listener.bind(null, 80);
    listener.listen();
    for (const [family, to, other] of [
      [6, "fd00::2", "ESTAB [fd00::2]:80 [fd00::1]"],
      [4, "10.0.0.2", "ESTAB [::ffff:10.0.0.2]:80 [::ffff:10.0.0.1]"],
      [6, "::ffff:10.0.0.2", "ESTAB [::ffff:10.0.0.2]:80 [::ffff:10.0.0.1]"],
    ] as const) {
      const client = new TcpSocket(a, "client", family);
      expect(client.connect(ip(to), 80)).to.equal(null);
      lab.runFor(1e9);
      expect(client.state).to.equal("ESTAB");
      const server = listener.accept()!;
      expect(server.text).to.match(new RegExp(`^${other.replaceAll("[", "\\[")}:\\d+$`));
      client.send(new Uint8Array(5000).fill(7));
      lab.runFor(1e9);
      expect(server.receive()?.data.length).to.equal(5000);
    }
    expect(mss).to.deep.equal([1440, 1440, 1460, 1460, 1460, 1460]);
  });

  it("a port nobody listens on answers with RST, a datagram's with an error", () => {
    const { lab, a } = twoHosts();
    const client = new TcpSocket(a, "client", 6);
    client.connect(ip("fd00::2"), 81);
    const datagrams = new UdpSocket(a, "client", 6);
    datagrams.connect(ip("fd00::2"), 81);
    datagrams.send(new Uint8Array(3));
    lab.runFor(1e9);
    expect(client.takeError()).to.equal("ECONNREFUSED");
    expect(datagrams.takeError()).to.equal("ECONNREFUSED");
  });

  it("a link-local address needs a device, and is answered by it", () => {
    const { lab, a, b, eth0 } = twoHosts();
    const address = b.ipv6.of(b.devices.get("eth0")!).addresses.find(({ local }) => local.isLinkLocal)!.local;
    const server = new UdpSocket(b, "server", 6);
    server.bind(null, 53);
    const client = new UdpSocket(a, "client", 6);
    expect(client.connect(address, 53)).to.equal("EINVAL");
    client.device = eth0;
    expect(client.connect(address, 53)).to.equal(null);
    client.send(new Uint8Array(3));
    lab.runFor(1e9);
    const question = server.receive()!;
    expect(server.send(question.data, question.from)).to.equal(null);
    lab.runFor(1e9);
    expect(client.receive()?.from.address).to.equal(address);
  });

  it("of TCP keep the way that connect found before it had a source, until a route changes, as the kernel does", () => {
    const { lab, a, b } = twoHosts();
    const type = (line: string) => expect(runShell(lab, place(lab, "a"), line).text).to.equal("");
    type("ip -6 rule add from fd00::1 unreachable priority 200");
    const listener = new TcpSocket(b, "server", 6);
    listener.bind(null, 80);
    listener.listen();
    const client = new TcpSocket(a, "client", 6);
    client.connect(ipv6("fd00::2"), 80);
    lab.runFor(SECOND);
    const server = listener.accept()!;
    const heardOf = (word: string) => {
      client.send(Buffer.from(word));
      lab.runFor(SECOND / 2);
      return Buffer.from(server.receive()?.data ?? []).toString();
    };
    expect(heardOf("one")).to.equal("one");
    type("ip -6 route add fd00::2 dev eth0");
    expect(heardOf("two")).to.equal("");
    type("ip -6 rule del priority 200");
    expect(heardOf("three")).to.equal("twothree");
  });
});
