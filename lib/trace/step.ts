// The one schema that words, pictures, grading, search and the comparison with a real kernel read.
import type { Arp, Frame, Ipv4Packet, Ipv6Packet } from "../wire/packet.ts";

/** How much is recorded: nothing; one step a hop; every rule, route and entry that was tried. */
export const LEVEL = { off: 0, path: 1, full: 2 } as const;
export type Level = (typeof LEVEL)[keyof typeof LEVEL];

/** What a step does. A new kind of step is added here, in `story.ts` and in `draw/`'s colours. */
export type What =
  | "socket" // a program asks the kernel for something, or gets an answer
  | "send" // a frame leaves a device
  | "receive" // a frame enters a device
  | "learn" // a bridge notes which port a MAC lives behind
  | "fdb" // a bridge decides where a frame goes
  | "arp" // an ARP message is made or answered
  | "nd" // the same of IPv6: a message of neighbour discovery
  | "neighbour" // a neighbour entry is looked up or changes its state
  | "ip rule" // a policy rule is tried or chosen
  | "route" // a route is chosen, or none is
  | "hook" // a netfilter hook is passed
  | "chain" // the end of a chain: back to who jumped here, or the policy decides
  | "rule" // a rule of a table is about the packet, and its target says what to do
  | "conntrack" // connection tracking knows the packet's connection, or makes one
  | "ipvs" // a virtual server picks a real one, or knows the packet's connection
  | "balance" // a load balancer of the world outside picks a target
  | "nat" // addresses or ports are translated
  | "encapsulate" // a tunnel puts a packet into another
  | "decapsulate" // a tunnel takes it out again
  | "forward" // a packet goes from one device to another in one namespace, TTL lowered
  | "icmp error" // the kernel tells the sender what went wrong
  | "deliver" // a packet reaches a socket or the kernel's own answering machine
  | "drop"; // a packet ends here, and `because` says why

/** Where a step happens: node > namespace > device or hook. */
export interface Where {
  readonly node: string;
  readonly netns: string;
  readonly device?: string;
  readonly hook?: string;
}

/** What decided, as the tool that would show it on a real machine prints it. */
export interface Evidence {
  readonly kind:
    | "address"
    | "route"
    | "ip rule"
    | "neighbour"
    | "fdb"
    | "link"
    | "socket"
    | "sysctl"
    | "hook"
    | "rule"
    | "conntrack"
    | "ipvs"
    | "limit";
  /** The entry's text as the real tool prints it, without trailing space. */
  readonly text: string;
  /** The command that shows it on a real machine, as `ip route show table main`. */
  readonly command: string;
  /** Of a connection: its text before the packet came, if there was one. */
  readonly before?: string;
}

/** Where in a table of netfilter a step happens, and how the walk goes on from there. */
export interface InChain {
  readonly table: string;
  readonly chain: string;
  /** How many rules the chain has. */
  readonly rules: number;
  /** The rule that was about the packet, from 1; null at the end of the chain. */
  readonly rule: number | null;
  readonly says: "ACCEPT" | "DROP" | "STOLEN" | "CONTINUE" | "RETURN" | "JUMP" | "GOTO";
  /** The chain that a jump or a goto leads to, or that the walk comes back to. */
  readonly to?: string;
}

/** Something that was looked at and did not decide: the field that failed, and both values. */
export interface Tried {
  readonly text: string;
  readonly field: string;
  readonly wanted: string;
  readonly had: string;
}

/** One thing that happened to a packet, where and when, and because of what. */
export interface Step {
  readonly id: number;
  /** The step that led to this one; null for the first. */
  readonly cause: number | null;
  /** Virtual time in nanoseconds since the lab began. */
  readonly time: number;
  readonly where: Where;
  readonly what: What;
  /** The packet as it is at this step: a frame on a device, an IP packet inside the stack. */
  readonly packet?: Frame | Ipv4Packet | Ipv6Packet | Arp;
  /** One sentence naming what decided. */
  readonly because: string;
  readonly evidence?: Evidence;
  readonly tried?: readonly Tried[];
  readonly chain?: InChain;
}

/** What a cause is that nobody recorded. */
export const NOT_RECORDED = -1;
