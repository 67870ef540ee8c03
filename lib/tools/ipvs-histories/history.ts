// A history of one virtual service: how it is set up, what then happens at which second, and what came of it. Real kernels
// have players of the same format, so that a model and a kernel can be laid side by side.
import type { Ipv4 } from "../../wire/address.ts";

export const MODES = ["masq", "route", "tunnel"] as const;
export type Mode = (typeof MODES)[number];

/** A real server as it is set up: `x` and `y` are its upper and lower threshold. What is left out is ipvsadm's default. */
export interface Server {
  /** 10.2.0.1 to 10.2.0.8. */
  readonly ip: string;
  readonly port: number;
  readonly weight?: number;
  readonly x?: number;
  readonly y?: number;
  /** Instead of the history's. */
  readonly mode?: Mode;
}

export const ENDINGS = ["fin", "sfin", "cfin", "rst", "srst"] as const;
/** How a connection ends: who sends FIN first, or RST; "cfin" is the client's FIN alone. */
export type Ending = (typeof ENDINGS)[number];

/** From where to where a connection goes; what is left out is the service's. */
export interface Ends {
  readonly client: string;
  readonly cport: number;
  readonly vip?: string;
  readonly vport?: number;
}

/** `t` is in seconds from the start; without it an event comes 0.1 s after the one before. */
export type Event = { readonly t?: number } & (
  | ({ readonly op: "connect" | "syn" } & Ends)
  | { readonly op: "close"; readonly conn: number; readonly how?: Ending }
  | { readonly op: "send"; readonly conn: number }
  | ({ readonly op: "weight" | "add" } & Server)
  | { readonly op: "del"; readonly ip: string; readonly port: number }
  | { readonly op: "sched"; readonly scheduler: string; readonly flags?: string }
  | { readonly op: "wait"; readonly sec: number }
  | { readonly op: "snap" | "conns" }
  | { readonly op: "cmd"; readonly cmd: string }
  | { readonly op: "sh"; readonly cmd: string; readonly ns?: string }
);

export interface History {
  readonly name: string;
  readonly scheduler: string;
  readonly flags?: string;
  readonly mode?: Mode;
  readonly proto?: "tcp" | "udp";
  readonly vip?: string;
  readonly vport?: number;
  /** Seconds. */
  readonly persistent?: number;
  readonly ops?: boolean;
  /** The service is a mark that every packet to 10.9.100.0/24 gets. */
  readonly fwmark?: boolean;
  /** Names below net.ipv4.vs. */
  readonly sysctl?: Readonly<Record<string, number>>;
  readonly dests: readonly Server[];
  readonly events: readonly Event[];
}

/** Address and port, method, weight, active, inactive; in the kernel's order. */
export type Row = readonly [server: string, forward: string, weight: number, active: number, inactive: number];

/** What came of an event: a server, "refused", a table, the lines of a command, or nothing. */
export type Result = string | readonly Row[] | readonly string[] | null;

export interface Outcome {
  readonly name: string;
  readonly results: readonly Result[];
  readonly final: readonly Row[];
}

/** The whole answer of a player. */
export interface Played {
  readonly kernel: string;
  readonly scenarios: readonly Outcome[];
}

/** The last part of a real server's address, which names its machine. */
export const serverNumber = ({ bits }: Ipv4): number => bits & 255;
