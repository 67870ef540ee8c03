// IPv6 as values and octets: inverse, with real checksums, and as others read and print it.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { isIPv6 } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { ip, ipv4, mapped, unmapped } from "../../lib/wire/address.ts";
import {
  addressWithLength6,
  groupMac,
  Ipv6,
  ipv6,
  linkLocalOf,
  Prefix6,
  prefix6,
  solicitedNode,
} from "../../lib/wire/address6.ts";
import { frameBytes, frameLength } from "../../lib/wire/bytes.ts";
import { ipv6Bytes } from "../../lib/wire/bytes6.ts";
import { BadInput } from "../../lib/wire/input.ts";
import { mac } from "../../lib/wire/mac.ts";
import { mldRecords, mldReport } from "../../lib/wire/mld.ts";
import { ndIcmp, ndMessage } from "../../lib/wire/nd.ts";
import { withHopLimit } from "../../lib/wire/packet.ts";
import { parseFrame } from "../../lib/wire/parse.ts";
import { parseQuote6 } from "../../lib/wire/parse6.ts";
import { parsePcapng, pcapngBytes } from "../../lib/wire/pcapng.ts";
import { Frames6 } from "./frames6.ts";

describe("IPv6 as values and octets", () => {
  it("bytes and parse are inverse for any frame, checksums verified", () => {
    const any = new Frames6("inverse");
    for (let i = 0; i < 2000; i++) {
      const frame = any.frame();
      const bytes = frameBytes(frame);
      expect(bytes.length).to.equal(frameLength(frame));
      expect(parseFrame(bytes)).to.deep.equal(frame);
    }
  });

  it("one flipped bit behind the hop limit never goes unseen", () => {
    const any = new Frames6("flipped");
    let refused = 0;
    for (let i = 0; i < 1000; i++) {
      const frame = any.frame();
      const bytes = frameBytes(frame);
      const at = 22 + any.number(bytes.length - 22);
      bytes[at] = bytes[at]! ^ (1 << any.number(8));
      try {
        expect(parseFrame(bytes)).not.to.deep.equal(frame);
      } catch (error) {
        if (!(error instanceof BadInput)) throw error;
        refused++;
      }
    }
    expect(refused).to.be.above(600);
  });

  it("messages of neighbour discovery and reports of listeners come back as they were", () => {
    const any = new Frames6("nd");
    for (let i = 0; i < 1000; i++) {
      const message = any.nd();
      expect(ndMessage(ndIcmp(message))).to.deep.equal(message);
    }
    const records = [{ type: 4, group: solicitedNode(ipv6("fe80::1")), sources: [ipv6("::1"), ipv6("2001:db8::")] }];
    expect(mldRecords(mldReport(records))).to.deep.equal(records);
    const cut = mldReport(records);
    expect(mldRecords({ ...cut, data: cut.data.subarray(0, 40) })).to.equal(null);
    const solicitation = ndIcmp({
      kind: "neighbour solicitation",
      target: ipv6("fe80::1"),
      sourceMac: mac("2:0:0:0:0:1"),
    });
    solicitation.data[17] = 0;
    expect(ndMessage(solicitation), "an option without length").to.equal(null);
  });

  it("a quotation cut anywhere tells whose packet it was", () => {
    const any = new Frames6("quoted");
    for (let i = 0; i < 500; i++) {
      const packet = any.packet();
      const bytes = ipv6Bytes(packet);
      const least = 56 + (packet.routerAlert ? 8 : 0);
      if (bytes.length < least) continue;
      const quoted = parseQuote6(bytes.subarray(0, least + any.number(bytes.length - least + 1)));
      expect([quoted.src, quoted.dst]).to.deep.equal([packet.src, packet.dst]);
      if (packet.body.kind !== "udp" && packet.body.kind !== "tcp") continue;
      expect(quoted.body).to.include({ srcPort: packet.body.srcPort, dstPort: packet.body.dstPort });
    }
  });

  it("a router changes the hop limit and nothing else", () => {
    const any = new Frames6("routed");
    for (let i = 0; i < 200; i++) {
      const packet = any.packet();
      expect(withHopLimit(packet, 7)).to.deep.equal({ ...packet, hopLimit: 7 });
    }
  });

  for (const [name, at, value] of [
    ["a routing header", 20, 43],
    ["version 4", 14, 0x45],
    ["hop-by-hop options without router alert", 20, 0],
  ] as const)
    it(`refuses ${name} aloud`, () => {
      const frame = { dst: mac("2:0:0:0:0:1"), src: mac("2:0:0:0:0:2") };
      const header = { kind: "ipv6", hopLimit: 64, trafficClass: 0, flowLabel: 0 } as const;
      const body = { kind: "udp", srcPort: 1, dstPort: 2, data: new Uint8Array(40) } as const;
      const bytes = frameBytes({ ...frame, payload: { ...header, src: ipv6("::1"), dst: ipv6("::2"), body } });
      bytes[at] = value;
      expect(() => parseFrame(bytes)).to.throw(BadInput);
    });

  it("tshark reads a capture of any frames without a complaint", function () {
    if (spawnSync("tshark", ["--version"]).error !== undefined) {
      console.log("      (left out: tshark is not on this machine)");
      this.skip();
    }
    this.timeout(60000);
    const any = new Frames6("tshark");
    const frames = Array.from({ length: 400 }, () => any.frame());
    const room = mkdtempSync(join(tmpdir(), "packetwalk-"));
    try {
      const file = join(room, "any.pcapng");
      const captures = frames.map((frame, i) => ({ time: BigInt(i), bytes: frameBytes(frame), device: `eth${i % 3}` }));
      writeFileSync(file, pcapngBytes(captures));
      expect(parsePcapng(pcapngBytes(captures))).to.deep.equal(captures);
      const fields = ["udp.checksum.status", "tcp.checksum.status", "icmpv6.checksum.status", "_ws.malformed"];
      const checks = ["udp", "tcp"].flatMap((name) => ["-o", `${name}.check_checksum:TRUE`]);
      const options = [...checks, "-o", "ipv6.defragment:FALSE", ...fields.flatMap((field) => ["-e", field])];
      const out = execFileSync("tshark", ["-r", file, "-T", "fields", ...options], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      });
      const lines = out.split("\n").slice(0, -1);
      expect(lines.length).to.equal(frames.length);
      // 0 is "bad", 1 "good"; the last column says what is malformed.
      const bad = lines.flatMap((line, i) => (/(^|\t)0|[A-Z]/.test(line) ? [{ line, frame: frames[i] }] : []));
      expect(bad).to.deep.equal([]);
      expect(lines.filter((line) => line.includes("1")).length).to.be.above(200);
    } finally {
      rmSync(room, { recursive: true });
    }
  });
});

describe("IPv6 addresses", () => {
  it("print as inet_ntop prints, and are one object for each value", function () {
    const any = new Frames6("text");
    const addresses = Array.from({ length: 2000 }, () => any.address());
    for (const address of addresses) {
      expect(ipv6(address.text)).to.equal(address);
      expect(Ipv6.of(address.w0, address.w1, address.w2, address.w3)).to.equal(address);
    }
    const hex = addresses.map(({ bits }) => bits.toString(16).padStart(32, "0"));
    const script = "import socket,sys\nfor l in sys.stdin: print(socket.inet_ntop(socket.AF_INET6, bytes.fromhex(l)))";
    const run = spawnSync("python3", ["-c", script], { input: `${hex.join("\n")}\n`, encoding: "utf8" });
    if (run.error !== undefined) this.skip();
    expect(addresses.map(({ text }) => text)).to.deep.equal(run.stdout.split("\n").slice(0, -1));
  });

  it("know what they are for", () => {
    const words = (text: string) => {
      const { isUnspecified, isLoopback, isMulticast, isLinkLocal, isLinkLocalMulticast, isSolicitedNode } = ipv6(text);
      return Object.entries({
        isUnspecified,
        isLoopback,
        isMulticast,
        isLinkLocal,
        isLinkLocalMulticast,
        isSolicitedNode,
      }).flatMap(([name, is]) => (is ? [name] : []));
    };
    expect(words("::")).to.deep.equal(["isUnspecified"]);
    expect(words("::1")).to.deep.equal(["isLoopback"]);
    expect(words("fe80::1")).to.deep.equal(["isLinkLocal"]);
    expect(words("febf::1")).to.deep.equal(["isLinkLocal"]);
    expect(words("fec0::1")).to.deep.equal([]);
    expect(words("ff02::1")).to.deep.equal(["isMulticast", "isLinkLocalMulticast"]);
    expect(words("ff05::2")).to.deep.equal(["isMulticast"]);
    expect(words("ff02::1:ff12:3456")).to.deep.equal(["isMulticast", "isLinkLocalMulticast", "isSolicitedNode"]);
  });

  it("become groups, link-local addresses and mapped ones as the RFCs say", () => {
    // RFC 4291 §2.7.1 and appendix A, RFC 2464 §7.
    expect(`${solicitedNode(ipv6("4037::01:800:200E:8C6C"))}`).to.equal("ff02::1:ff0e:8c6c");
    expect(`${linkLocalOf(mac("34:56:78:9a:bc:de"))}`).to.equal("fe80::3656:78ff:fe9a:bcde");
    expect(`${groupMac(ipv6("ff02::1:ff0e:8c6c"))}`).to.equal("33:33:ff:0e:8c:6c");
    expect(`${mapped(ipv4("10.0.0.1"))}`).to.equal("::ffff:10.0.0.1");
    expect(unmapped(ip("::ffff:10.0.0.1"))).to.equal(ipv4("10.0.0.1"));
    expect(unmapped(ip("::1"))).to.equal(ip("::1"));
  });

  it("belong to networks as the numbers say", () => {
    const any = new Frames6("networks");
    for (let i = 0; i < 2000; i++) {
      const [one, other] = [any.address(), any.address()];
      const length = any.number(129);
      const shift = BigInt(128 - length);
      const network = new Prefix6(one, length);
      expect(network.contains(other)).to.equal(one.bits >> shift === other.bits >> shift);
      expect(network.contains(one)).to.equal(true);
      expect(network.address.bits).to.equal((one.bits >> shift) << shift);
    }
    expect(`${prefix6("2001:db8::/32")} ${prefix6("default")}`).to.equal("2001:db8::/32 ::/0");
    expect(addressWithLength6("2001:db8::1").length).to.equal(128);
  });

  it("are read where Node reads one, and as the same number", () => {
    const any = new Frames6("texts");
    const pieces = ["::", ":", "0", "1", "a:", "ffff:", "12345", "0db8:", "F:", "00:", "10.0.0.1", "1.2.3.256", "g"];
    let read = 0;
    for (let i = 0; i < 8000; i++) {
      const text = Array.from({ length: 1 + any.number(10) }, () => pieces[any.number(pieces.length)]!).join("");
      if (!isIPv6(text)) expect(() => ipv6(text), text).to.throw(BadInput);
      else {
        const { w0, w1, w2, w3 } = ipv6(text);
        const groups = [w0, w1, w2, w3].flatMap((word) => [(word >>> 16).toString(16), (word & 0xffff).toString(16)]);
        expect(new URL(`http://[${groups.join(":")}]`).host, text).to.equal(new URL(`http://[${text}]`).host);
        read++;
      }
    }
    expect(read).to.be.greaterThan(100);
  });

  it("refuse what is none, naming text and mend", () => {
    for (const text of [
      "::1::",
      "::10.0.0.256",
      "::1.2.3",
      "::010.0.0.1",
      "2001:db8",
      "fe80::1%eth0",
      "12345::",
      "10.0.0.1",
      "",
      "1:2:3:4:5:6:7:8:9",
      ":::",
    ])
      expect(() => ipv6(text), text).to.throw(BadInput);
    for (const text of ["::/129", "::/", "::1/64/64", "::/-1", "::/1x"])
      expect(() => addressWithLength6(text), text).to.throw(BadInput);
    expect(() => prefix6("2001:db8::1/64")).to.throw(/2001:db8::\/64/);
  });
});
