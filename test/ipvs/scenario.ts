// A history of one virtual service, in the format that a real kernel's player reads: what was set up, and what then
// happened at which second.

/** A real server as it is set up: `x` and `y` are its upper and lower threshold. */
export interface Server {
  readonly ip: string;
  readonly port: number;
  readonly weight: number;
  readonly x?: number;
  readonly y?: number;
}

/** How a connection ends: who sends FIN first, or RST; "cfin" is the client's FIN alone. */
export type Ending = "fin" | "sfin" | "cfin" | "rst" | "srst";

/** `t` is in seconds from the start; without it an event comes 0.1 s after the one before. */
export type Event = { readonly t?: number } & (
  | { readonly op: "connect"; readonly client: string; readonly cport: number; readonly vip?: string }
  | { readonly op: "syn"; readonly client: string; readonly cport: number; readonly vip?: string }
  | { readonly op: "close"; readonly conn: number; readonly how: Ending }
  | ({ readonly op: "weight" | "add" } & Server)
  | { readonly op: "del"; readonly ip: string; readonly port: number }
  | { readonly op: "sched"; readonly scheduler: string; readonly flags?: string }
  | { readonly op: "send"; readonly conn: number }
  | { readonly op: "wait"; readonly sec: number }
  | { readonly op: "snap" }
);

export interface Scenario {
  readonly name: string;
  readonly scheduler: string;
  readonly flags?: string;
  readonly mode: "masq" | "route" | "tunnel";
  readonly proto?: "udp";
  /** Seconds. */
  readonly persistent?: number;
  readonly ops?: boolean;
  /** The service is a mark that every packet to 10.9.100.0/24 gets. */
  readonly fwmark?: boolean;
  readonly sysctl?: Readonly<Record<string, number>>;
  readonly dests: readonly Server[];
  readonly events: readonly Event[];
}

/** Address and port, method, weight, active, inactive; in the kernel's order. */
export type Row = readonly [server: string, forward: string, weight: number, active: number, inactive: number];

/** What came of each event: a server, "refused", a table, the words of a command, or nothing. */
export type Result = string | readonly Row[] | readonly string[] | null;

export interface Outcome {
  readonly name: string;
  readonly results: readonly Result[];
  readonly final: readonly Row[];
}
