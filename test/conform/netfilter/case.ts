// What is compared: rules on the router, packets through it and to it, and what came of both.
import type { Kind } from "./lab.ts";
import type { TableText } from "./rules.ts";

/** A frame of somebody's making leaves by the cable of the client (c0) or of the server (s0). */
export interface SendStep {
  readonly do: "send";
  readonly at: "c" | "s";
  /** Octets in hex. */
  readonly bytes: string;
}

/** An answer to the latest packet that came in by the cable; nothing when none came. */
export interface AnswerStep {
  readonly do: "answer";
  readonly at: "c" | "s";
  readonly how:
    | { readonly kind: "reply"; readonly data: number }
    /** A segment with these flags, so far from the numbers it should have. */
    | {
        readonly kind: "segment";
        readonly flags: number;
        readonly seq: number;
        readonly ack: number;
        readonly data: number;
      }
    /** An ICMP error that quotes so many octets of it; from its receiver, or from a router on the way. */
    | {
        readonly kind: "error";
        readonly type: number;
        readonly code: number;
        readonly mtu: number;
        readonly quoted: number;
        readonly from: string | null;
      };
}

/** A raw socket of the router sends. */
export interface LocalStep {
  readonly do: "local";
  readonly protocol: number;
  readonly src: string;
  readonly dst: string;
  readonly ttl: number;
  readonly tos: number;
  /** Octets behind the IP header, in hex. */
  readonly body: string;
}

/** A UDP socket bound to a port sends so many octets; sockets of router and server send them back. */
export interface UdpStep {
  readonly do: "udp";
  readonly ns: "c" | "r";
  readonly from: number;
  readonly to: string;
  readonly port: number;
  readonly size: number;
  readonly connected: boolean;
}

/** A TCP socket bound to a port connects; router and server accept. */
export interface ConnectStep {
  readonly do: "connect";
  readonly ns: "c" | "r";
  readonly from: number;
  readonly to: string;
  readonly port: number;
}

/** What is left of an answer when there was nothing to answer. */
export interface NothingStep {
  readonly do: "nothing";
}

export type Step = SendStep | AnswerStep | LocalStep | UdpStep | ConnectStep | NothingStep;

export interface Case {
  readonly name: string;
  readonly kind: Kind;
  readonly sets: readonly string[];
  readonly tables: readonly TableText[];
  readonly steps: readonly Step[];
}

/** A step as the real kernel gets it: what answers are made of is known from the model. */
export type PlainStep = Exclude<Step, AnswerStep>;

export interface Result {
  /** What the tools said when they would not take sets or rules; then there is nothing else. */
  readonly refused: string | null;
  /** By `c0 in`: frames in their order. */
  readonly frames: Readonly<Record<string, readonly string[]>>;
  /** By socket: what it got, and from whom. */
  readonly sockets: Readonly<Record<string, readonly string[]>>;
  /** Of iptables-save -c, conntrack -L and ipset save. */
  readonly rules: string;
  readonly connections: string;
  readonly sets: string;
  /** Seconds between the last packet and the look at connections. */
  readonly waited: number;
}

/** Ports that echo UDP, and those that accept TCP. */
export const UDP_PORTS = [53, 7000] as const;
export const TCP_PORTS = [80, 443] as const;
