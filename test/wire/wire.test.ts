import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert } from "chai";
import seedrandom from "seedrandom";
import { addressWithLength, Ipv4, ipv4, Prefix4, prefix4 } from "../../lib/wire/address.ts";
import { ipv6 } from "../../lib/wire/address6.ts";
import { frameBytes, frameLength } from "../../lib/wire/bytes.ts";
import { BadInput } from "../../lib/wire/input.ts";
import { Mac, mac } from "../../lib/wire/mac.ts";
import type { Frame, Ipv4Packet, TcpOptions } from "../../lib/wire/packet.ts";
import { parseFrame } from "../../lib/wire/parse.ts";
import { parsePcap, pcapBytes } from "../../lib/wire/pcap.ts";

const dice = seedrandom.alea("wire");
const number = (below: number) => Math.floor(dice() * below);
const octets = (length: number) => Uint8Array.from({ length }, () => number(256));
const anyMac = () => Mac.of(number(2 ** 48));
const anyIp = () => Ipv4.of(number(2 ** 32));

function anyOptions(): TcpOptions {
  return {
    ...(dice() < 0.5 && { mss: number(65536) }),
    ...(dice() < 0.5 && { sackPermitted: true }),
    ...(dice() < 0.5 && { timestamps: [number(2 ** 32), number(2 ** 32)] as const }),
    ...(dice() < 0.5 && { windowScale: number(15) }),
    ...(dice() < 0.2 && { sack: [[number(2 ** 32), number(2 ** 32)] as const] }),
  };
}

function anyBody(): Ipv4Packet["body"] {
  const data = octets(number(60));
  const ports = { srcPort: number(65536), dstPort: number(65536) };
  switch (number(4)) {
    case 0:
      return { kind: "icmp", type: number(20), code: number(16), rest: number(2 ** 32), data };
    case 1:
      return { kind: "udp", ...ports, data };
    case 2: {
      const numbers = { seq: number(2 ** 32), ack: number(2 ** 32), flags: number(64), window: number(65536) };
      return { kind: "tcp", ...ports, ...numbers, options: anyOptions(), data };
    }
    default:
      return { kind: "unknown", protocol: 132, data };
  }
}

function anyFrame(): Frame {
  const ends = { dst: anyMac(), src: anyMac() };
  if (dice() < 0.2) {
    const op = dice() < 0.5 ? "request" : "reply";
    return {
      ...ends,
      payload: { kind: "arp", op, senderMac: anyMac(), senderIp: anyIp(), targetMac: anyMac(), targetIp: anyIp() },
    };
  }
  if (dice() < 0.1) return { ...ends, payload: { kind: "unknown", ethertype: 0x88cc, data: octets(number(60)) } };
  const flags = { dontFragment: dice() < 0.5, moreFragments: false, fragmentOffset: 0 };
  const header = { src: anyIp(), dst: anyIp(), ttl: number(256), id: number(65536), tos: number(256) };
  return { ...ends, payload: { kind: "ipv4", ...header, ...flags, body: anyBody() } };
}

describe("values and octets", () => {
  it("bytes and parse are inverse for any frame, checksums verified", () => {
    for (let i = 0; i < 2000; i++) {
      const frame = anyFrame();
      const bytes = frameBytes(frame);
      assert.equal(bytes.length, frameLength(frame));
      assert.deepEqual(parseFrame(bytes), frame);
    }
  });

  it("one flipped bit in an IPv4 packet never goes unseen", () => {
    let refused = 0;
    let changed = 0;
    for (let i = 0; i < 1000; i++) {
      const frame = anyFrame();
      if (frame.payload.kind !== "ipv4" || frame.payload.body.kind === "unknown") continue;
      const bytes = frameBytes(frame);
      const at = 14 + number(bytes.length - 14);
      bytes[at] = bytes[at]! ^ (1 << number(8));
      try {
        assert.notDeepEqual(parseFrame(bytes), frame);
        changed++;
      } catch (error) {
        if (!(error instanceof BadInput)) throw error;
        refused++;
      }
    }
    assert.isAbove(refused, 500);
    // A UDP checksum of zero means "none", and protocol bits may turn a checked body into an unknown one.
    assert.isBelow(changed, refused / 20);
  });

  it("tshark reads a capture of any frames without a complaint", function () {
    if (spawnSync("tshark", ["--version"]).error !== undefined) {
      console.log("      (left out: tshark is not on this machine)");
      this.skip();
    }
    this.timeout(60000);
    const frames = Array.from({ length: 300 }, anyFrame).filter(({ payload }) => payload.kind !== "unknown");
    const file = join(mkdtempSync(join(tmpdir(), "packetwalk-")), "any.pcap");
    const captures = frames.map((frame, i) => ({
      time: 1_735_689_600_000_000_000n + BigInt(i),
      bytes: frameBytes(frame),
    }));
    writeFileSync(file, pcapBytes(captures));
    assert.deepEqual(parsePcap(pcapBytes(captures)), captures);
    const fields = ["ip.checksum.status", "udp.checksum.status", "tcp.checksum.status", "icmp.checksum.status"];
    const checks = ["ip", "udp", "tcp"].flatMap((name) => ["-o", `${name}.check_checksum:TRUE`]);
    const options = ["-r", file, ...checks, "-T", "fields", ...fields.flatMap((field) => ["-e", field])];
    const out = execFileSync("tshark", options, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    const lines = out.split("\n").slice(0, -1);
    assert.equal(lines.length, frames.length);
    // 0 is "bad", 1 "good", 2 "unverified" (https://www.wireshark.org/docs/dfref/i/ip.html).
    assert.deepEqual(
      lines.filter((line) => /(^|\t)0/.test(line)),
      [],
    );
    assert.include(out, "1");
  });
});

describe("addresses", () => {
  it("are one object for each value, and print as people write them", () => {
    assert.strictEqual(ipv4("10.244.1.5"), Ipv4.of(0x0af40105));
    assert.equal(`${mac("2:0:0:0:0:A")}`, "02:00:00:00:00:0a");
    assert.equal(
      JSON.stringify({ at: ipv4("10.0.0.1"), on: mac("02:00:00:00:00:01") }),
      '{"at":"10.0.0.1","on":"02:00:00:00:00:01"}',
    );
    assert.equal(`${ipv6("2001:DB8:0:0:0:0:0:1")}`, "2001:db8::1");
    assert.equal(`${new Prefix4(ipv4("10.244.1.5"), 24)}`, "10.244.1.0/24");
    assert.equal(prefix4("default").length, 0);
  });

  it("refuse what is none, naming text and mend", () => {
    for (const text of ["10.0.0.256", "10.0.0", "010.0.0.1", "1.2.3.4.5", "", " 10.0.0.1", "10.0.0.1\n", "<b>"]) {
      assert.throws(() => ipv4(text), BadInput, JSON.stringify(text));
    }
    for (const text of ["10.0.0.1/33", "10.0.0.1/", "10.0.0.1/8/8", "10.0.0.1/-1"])
      assert.throws(() => addressWithLength(text), BadInput);
    for (const text of ["02:00:00:00:00", "02:00:00:00:00:0g", "020000000001"])
      assert.throws(() => mac(text), BadInput);
    assert.throws(() => prefix4("10.244.1.5/24"), /10\.244\.1\.0\/24/);
    assert.throws(() => ipv4("9".repeat(1_000_000)), /1000000 characters/);
  });
});
