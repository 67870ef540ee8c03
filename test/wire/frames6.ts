// Random IPv6 frames of every kind that values can say.
import seedrandom from "seedrandom";
import { Ipv6 } from "../../lib/wire/address6.ts";
import { ipv6Bytes } from "../../lib/wire/bytes6.ts";
import { Mac } from "../../lib/wire/mac.ts";
import { MLD_RECORD, mldReport } from "../../lib/wire/mld.ts";
import { type NdMessage, ndIcmp } from "../../lib/wire/nd.ts";
import type { Frame, Ipv6Packet, TcpOptions } from "../../lib/wire/packet.ts";

/** Makes frames by the dice of a seed. */
export class Frames6 {
  private readonly dice: () => number;

  constructor(seed: string) {
    this.dice = seedrandom.alea(seed);
  }

  number(below: number): number {
    return Math.floor(this.dice() * below);
  }
  one<T>(list: readonly T[]): T {
    return list[this.number(list.length)]!;
  }
  private chance(share = 0.5): boolean {
    return this.dice() < share;
  }
  octets(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.number(256));
  }
  mac(): Mac {
    return Mac.of(this.number(2 ** 48));
  }

  /** With runs of zeros, as people give them. */
  address(): Ipv6 {
    const word = () => (this.chance() ? 0 : this.chance(0.3) ? this.number(65536) : this.number(2 ** 32));
    const first = this.one([0, 0x20010db8, 0xfe800000, 0xff020000, 0xfd000000, this.number(2 ** 32)]);
    return Ipv6.of(first, word(), this.chance(0.1) ? 0xffff : word(), word());
  }

  nd(): NdMessage {
    const target = this.address();
    const sourceMac = this.chance() && { sourceMac: this.mac() };
    const targetMac = this.chance() && { targetMac: this.mac() };
    switch (this.number(5)) {
      case 0:
        return {
          kind: "neighbour solicitation",
          target,
          ...sourceMac,
          ...(this.chance(0.2) && { nonce: this.octets(6) }),
        };
      case 1:
        return {
          kind: "neighbour advertisement",
          target,
          router: this.chance(),
          solicited: this.chance(),
          override: this.chance(),
          ...targetMac,
        };
      case 2:
        return { kind: "router solicitation", ...sourceMac };
      case 3:
        return {
          kind: "router advertisement",
          hopLimit: this.number(256),
          managed: this.chance(),
          other: this.chance(),
          lifetime: this.number(65536),
          reachableTime: this.number(2 ** 32),
          retransTimer: this.number(100000),
          ...sourceMac,
          ...(this.chance() && { mtu: this.number(65536) }),
          prefixes: Array.from({ length: this.number(3) }, () => ({
            prefix: this.address(),
            length: this.number(129),
            onLink: this.chance(),
            autonomous: this.chance(),
            valid: this.one([0xffffffff, 86400, 0]),
            preferred: this.one([0xffffffff, 14400]),
          })),
        };
      default:
        return {
          kind: "redirect",
          target,
          destination: this.address(),
          ...targetMac,
          ...(this.chance() && { quoted: this.octets(8 * this.number(12)) }),
        };
    }
  }

  options(): TcpOptions {
    return {
      ...(this.chance() && { mss: this.number(65536) }),
      ...(this.chance() && { sackPermitted: true }),
      ...(this.chance() && { timestamps: [this.number(2 ** 32), this.number(2 ** 32)] as const }),
      ...(this.chance() && { windowScale: this.number(15) }),
      ...(this.chance(0.2) && { sack: [[this.number(2 ** 32), this.number(2 ** 32)] as const] }),
    };
  }

  body(): Ipv6Packet["body"] {
    switch (this.number(7)) {
      case 6: {
        // An error about a packet that went wrong; one in three says something about a fragment.
        const quoted = ipv6Bytes(this.packet(this.plainBody()));
        const type = this.one([1, 2, 3, 4]);
        const code = type === 2 ? 0 : this.number(type === 1 ? 7 : 3);
        return { kind: "icmp6", type, code, rest: type === 2 ? 1280 + this.number(220) : 0, data: quoted };
      }
      case 0:
        return ndIcmp(this.nd());
      case 1: {
        const groups = Array.from({ length: 1 + this.number(3) }, () => ({
          type: this.one(Object.values(MLD_RECORD)),
          group: Ipv6.of(0xff020000, 0, 1, this.number(2 ** 32)),
          sources: Array.from({ length: this.number(2) }, () => this.address()),
        }));
        return mldReport(groups);
      }
      default:
        return this.plainBody();
    }
  }

  /** An echo, a datagram, a segment, or what nobody reads. */
  private plainBody(): Ipv6Packet["body"] {
    // Letters: random octets are a protocol to somebody.
    const data = new Uint8Array(this.number(60)).fill(120);
    const ports = { srcPort: 20000 + this.number(10000), dstPort: 40000 + this.number(1000) };
    switch (this.number(5)) {
      case 0:
        return { kind: "icmp6", type: this.one([128, 129, 210]), code: 0, rest: this.number(2 ** 32), data };
      case 1:
        return { kind: "udp", ...ports, ...(this.chance(0.1) && { unchecked: true as const }), data };
      case 2:
      case 3: {
        const flags = this.number(64);
        const numbers = { seq: this.number(2 ** 32), ack: this.number(2 ** 32), flags, window: this.number(65536) };
        return { kind: "tcp", ...ports, ...numbers, options: this.options(), data };
      }
      default:
        return { kind: "unknown", protocol: this.one([253, 59]), data };
    }
  }

  /** With the body, or one of any kind. */
  packet(given?: Ipv6Packet["body"]): Ipv6Packet {
    const header = {
      kind: "ipv6",
      src: this.address(),
      dst: this.address(),
      hopLimit: this.number(256),
      trafficClass: this.chance() ? 0 : this.number(256),
      flowLabel: this.chance() ? 0 : this.number(2 ** 20),
    } as const;
    if (this.chance(0.15)) {
      const offset = 8 * this.number(1000);
      const more = offset === 0 || this.chance();
      const data = this.octets(more ? 8 * (1 + this.number(8)) : 1 + this.number(60));
      const protocol = this.one([6, 17, 58]);
      return {
        ...header,
        fragment: { id: this.number(2 ** 32), offset, more },
        body: { kind: "unknown", protocol, data },
      };
    }
    const body = given ?? this.body();
    return { ...header, ...(body.kind === "icmp6" && body.type === 143 && { routerAlert: true as const }), body };
  }

  frame(): Frame {
    return { dst: this.mac(), src: this.mac(), payload: this.packet() };
  }
}
