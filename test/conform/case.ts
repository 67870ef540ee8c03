// What is compared: a lab, the traffic in it and the questions asked at the end; and what came of it.
import type { LabData } from "../../lib/lab/data.ts";

/** Path MTU discovery of a socket: IP_PMTUDISC_WANT, _DO, _DONT. */
export type Discovery = "want" | "do" | "dont";

/** Echo requests from a raw socket, as ping sends them; an address with a colon is of IPv6. Times are milliseconds. */
export interface PingTraffic {
  readonly kind: "ping";
  readonly at: number;
  readonly ns: string;
  /** Of a link-local address with its device: `fe80::1%eth0`. */
  readonly to: string;
  readonly count: number;
  readonly interval: number;
  /** Octets after the ICMP header. */
  readonly size: number;
  readonly ttl?: number;
  readonly discovery: Discovery;
  /** The socket is bound to this address. */
  readonly from?: string;
  readonly broadcast: boolean;
}

/** A UDP socket bound from the beginning; with `echo` it sends back what it gets. `::` takes both families. */
export interface ListenTraffic {
  readonly kind: "listen";
  readonly ns: string;
  readonly address: string | null;
  readonly port: number;
  readonly echo: boolean;
}

/** Flannel's UDP backend runs from the beginning (lib/lab/tun-programs.ts). */
export interface FlannelTraffic {
  readonly kind: "flannel";
  readonly ns: string;
  readonly address: string;
  readonly tunAddress: string;
  readonly subnets: Readonly<Record<string, string>>;
}

export interface UdpTraffic {
  readonly kind: "udp";
  readonly at: number;
  readonly ns: string;
  readonly to: string;
  readonly port: number;
  readonly count: number;
  readonly interval: number;
  readonly size: number;
  readonly connected: boolean;
  readonly from?: string;
  readonly broadcast: boolean;
}

/** A frame of somebody's making leaves by a device. */
export interface FrameTraffic {
  readonly kind: "frame";
  readonly at: number;
  readonly ns: string;
  readonly dev: string;
  /** Octets in hex. */
  readonly bytes: string;
}

/** One call of a TCP socket, which does not wait. What it answered is its log. */
export interface TcpTraffic {
  readonly kind: "tcp";
  readonly at: number;
  readonly ns: string;
  readonly do: "listen" | "connect" | "accept" | "send" | "receive" | "shutdown" | "close" | "abort";
  /** Name of the socket the call is made with, or that it makes. */
  readonly socket: string;
  /** Of `accept`: the socket that listens. */
  readonly listener?: string;
  /** Of `listen`: where. */
  readonly address?: string | null;
  readonly backlog?: number;
  readonly reuse?: boolean;
  /** Of `listen` and `connect`. */
  readonly port?: number;
  readonly to?: string;
  readonly from?: string;
  /** Of `send` and `receive`. */
  readonly bytes?: number;
}

/** Somebody types a command; its status and what it said is its log. */
export interface CommandTraffic {
  readonly kind: "command";
  readonly at: number;
  readonly ns: string;
  readonly command: string;
}

export type Traffic =
  | PingTraffic
  | ListenTraffic
  | FlannelTraffic
  | UdpTraffic
  | FrameTraffic
  | TcpTraffic
  | CommandTraffic;

/** `ip route get`, or any other command. */
export interface Question {
  readonly ns: string;
  readonly to: string;
  readonly from?: string;
  /** Asked instead. */
  readonly command?: string;
}

export interface Case {
  readonly name: string;
  readonly lab: LabData;
  readonly traffic: readonly Traffic[];
  readonly questions: readonly Question[];
}

/** What the model's kernel drew, and the real one is told: the ICMP identifier or the port of each flow. */
export type Drawn = readonly number[];

export interface SeenFrame {
  /** Milliseconds since the traffic began. */
  readonly at: number;
  readonly text: string;
}

export interface Result {
  /** By `NETNS DEVICE in|out`. */
  readonly frames: Readonly<Record<string, readonly SeenFrame[]>>;
  /** What the socket of each flow got, in order: replies, errors, datagrams, errno of calls. */
  readonly sockets: readonly (readonly string[])[];
  /** By namespace: `ADDRESS dev DEVICE [lladdr MAC]`, and the states it had while we looked. */
  readonly neighbours: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  /** By namespace: `MAC dev PORT master BRIDGE [permanent]`. */
  readonly fdb: Readonly<Record<string, readonly string[]>>;
  /** Answers to the questions, and printed text of commands, by the command. */
  readonly texts: Readonly<Record<string, string>>;
  /** By `NETNS DEVICE`: octets, packets, errors and drops, received and sent. Older goldens have none. */
  readonly counters?: Readonly<Record<string, readonly number[]>>;
  /** By `NETNS Ip.InReceives` as /proc/net/snmp has it, and `NETNS Ip6InReceives`; the model's are those it keeps. */
  readonly snmp?: Readonly<Record<string, number>>;
}

export interface CapturedFrame {
  /** Virtual nanoseconds. */
  readonly time: number;
  readonly bytes: Uint8Array;
}

/** The model's result, with what the real run needs to know of it. */
export interface ModelRun {
  readonly result: Result;
  /** For a capture file. */
  readonly captured: readonly CapturedFrame[];
  readonly drawn: Drawn;
  /** When the lab was looked at, in milliseconds: nothing happens for a while before and after it. */
  readonly end: number;
  /** Neighbour entries at the end: the real machine has room for some only. */
  readonly neighbours: number;
}
