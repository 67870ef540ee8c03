// Messages of DNS: what is written is read again, and random messages print as the real tcpdump prints them.
import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import alea from "seedrandom/lib/alea.js";
import { Ipv4, ipv4 } from "../../lib/wire/address.ts";
import { Ipv6 } from "../../lib/wire/address6.ts";
import { frameBytes } from "../../lib/wire/bytes.ts";
import { describe as describeFrame } from "../../lib/wire/describe.ts";
import { DNS_TYPE, type DnsData, type DnsMessage, type DnsRecord, labelText } from "../../lib/wire/dns.ts";
import { dnsBytes } from "../../lib/wire/dns-bytes.ts";
import { parseDns } from "../../lib/wire/dns-parse.ts";
import { Mac } from "../../lib/wire/mac.ts";
import type { Frame } from "../../lib/wire/packet.ts";
import { pcapBytes } from "../../lib/wire/pcap.ts";

const dice = alea("dns");
const below = (count: number): number => Math.floor(dice() * count);
const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;
const list = <T>(most: number, make: () => T): T[] => Array.from({ length: below(most + 1) }, make);

const WORDS = ["word-v5-beta", "beta", "svc", "cluster", "local", "_http", "_tcp", "www", "Example", "a b", "x.y", "é"];
const name = (): string => {
  const labels = list(5, () => labelText(pick(WORDS)));
  return labels.length === 0 ? "." : `${labels.join(".")}.`;
};
const long = (): number => below(2 ** 32);

function data(type: number): DnsData {
  switch (type) {
    case DNS_TYPE.A:
      return { kind: "address", address: Ipv4.of(long()) };
    case DNS_TYPE.AAAA:
      return { kind: "address", address: Ipv6.of(long(), 0, below(2) * long(), long()) };
    case DNS_TYPE.NS:
    case DNS_TYPE.CNAME:
    case DNS_TYPE.PTR:
      return { kind: "name", name: name() };
    case DNS_TYPE.SOA: {
      const numbers = { serial: long(), refresh: long(), retry: long(), expire: long(), minimum: long() };
      return { kind: "soa", server: name(), contact: name(), ...numbers };
    }
    case DNS_TYPE.SRV:
      return { kind: "srv", priority: below(65536), weight: below(65536), port: below(65536), target: name() };
    case DNS_TYPE.TXT:
      return { kind: "text", texts: ["1.1.0", ...list(2, () => pick(WORDS))] };
    case DNS_TYPE.OPT:
      return { kind: "octets", octets: Uint8Array.from(pick([[], [0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8]])) };
    default:
      return { kind: "octets", octets: Uint8Array.from(list(6, () => below(256))) };
  }
}

const TYPES = [1, 1, 28, 2, 5, 12, 6, 16, 33, 41, 65280];

function record(): DnsRecord {
  const type = pick(TYPES);
  const of = type === DNS_TYPE.OPT ? pick([512, 1232, 4096]) : pick([1, 1, 1, 3, 7]);
  return { name: type === DNS_TYPE.OPT ? "." : name(), type, class: of, ttl: pick([5, 30, 90061]), data: data(type) };
}

function message(): DnsMessage {
  const question = () => ({ name: name(), type: pick([1, 28, 33, 12, 255, 300]), class: pick([1, 1, 3]) });
  const flags = (below(2) * 0x8000) | (pick([0, 0, 0, 4, 5]) << 11) | (below(8) << 8) | (below(16) << 4);
  const isAnswer = (flags & 0x8000) !== 0;
  return {
    id: below(65536),
    flags: flags | (isAnswer ? below(11) : 0),
    questions: below(8) === 0 ? list(3, question) : [question()],
    answers: isAnswer ? list(3, record) : [],
    authority: list(1, record),
    additional: list(1, record),
  };
}

function framed(octets: Uint8Array, overTcp: boolean): Frame {
  const ports = below(2) === 0 ? { srcPort: 40000, dstPort: 53 } : { srcPort: 53, dstPort: 40000 };
  const body = overTcp
    ? ({
        kind: "tcp",
        ...ports,
        seq: 1,
        ack: 1,
        flags: 0x18,
        window: 512,
        options: {},
        data: Uint8Array.of(octets.length >> 8, octets.length & 255, ...octets),
      } as const)
    : ({ kind: "udp", ...ports, data: octets } as const);
  const head = { ttl: 64, id: 1, tos: 0, dontFragment: true, moreFragments: false, fragmentOffset: 0 };
  const payload = { kind: "ipv4", src: ipv4("10.0.0.2"), dst: ipv4("10.96.0.10"), ...head, body } as const;
  return { dst: Mac.of(2), src: Mac.of(4), payload };
}

describe("messages of DNS", () => {
  it("are read as they were written, with names compressed and without", () => {
    for (let i = 0; i < 500; i++) {
      const each = message();
      const plain = dnsBytes(each);
      const short = dnsBytes(each, true);
      expect(parseDns(plain)).to.deep.equal(each);
      expect(parseDns(short)).to.deep.equal(each);
      expect(short.length).to.be.at.most(plain.length);
    }
  });

  it("that are cut short or changed are none, or another one, and never an error", () => {
    for (let i = 0; i < 500; i++) {
      const octets = dnsBytes(message(), true);
      expect(parseDns(octets.subarray(0, below(octets.length)))).to.equal(null);
      octets[below(octets.length)] = below(256);
      parseDns(octets);
    }
  });

  for (const verbose of [0, 1, 2] as const)
    it(`print as tcpdump ${"-v".repeat(verbose)} prints them`, function () {
      const frames = Array.from({ length: 300 }, () => {
        const octets = dnsBytes(message(), below(2) === 0);
        // With -v the names of what is cut short are printed label by label, which is not imitated.
        const cut = verbose === 0 && below(8) === 0 ? octets.subarray(0, 12 + below(octets.length - 12)) : octets;
        return framed(cut, below(4) === 0);
      });
      const file = join(mkdtempSync(join(tmpdir(), "packetwalk-")), "dns.pcap");
      writeFileSync(file, pcapBytes(frames.map((frame) => ({ time: 0n, bytes: frameBytes(frame) }))));
      const flags = ["-n", "-t", "-S", ...Array(verbose).fill("-v"), "-r", file];
      const said = spawnSync("tcpdump", flags, { encoding: "latin1" });
      if (said.error !== undefined) {
        console.log(`      left out: ${said.error.message}`);
        return this.skip();
      }
      const ours = frames.map((frame) => describeFrame(frame, { verbose })).join("\n");
      const theirs = said.stdout.trimEnd().split("\n");
      for (const [i, line] of ours.split("\n").entries()) expect(line).to.equal(theirs[i]);
    });
});
