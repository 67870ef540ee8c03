// Segments that a's kernel would not send, as tcp_wire.py makes them: as if they had been long on the way, or came from a
// liar. Drawn at random for a connection in each of its states.
import type { Mac } from "../../lib/wire/mac.ts";
import type { Frame, Tcp } from "../../lib/wire/packet.ts";
import { Dice } from "../conform/dice.ts";
import type { Scenario, Step } from "./tcp-player.ts";

/** How a segment differs from the last one of a connection. */
export interface Stray {
  /** Letters of FSRPA. */
  readonly flags: string;
  /** How far its numbers are from those that are next. */
  readonly seq: number;
  readonly ack: number;
  /** How many milliseconds later than the last one its timestamp is; none: it has no options. */
  readonly stamp: number;
  readonly window: number;
  readonly bytes: number;
}

/** Where a segment ends, FIN and SYN counted. */
const endOf = ({ seq, flags, data }: Tcp): number => seq + data.length + (flags & 1) + ((flags >> 1) & 1);

/** The last segment from a, changed: as Wire of tcp-real.py makes it. */
export function stray(
  frames: readonly Frame[],
  mac: Mac,
  { flags, seq = 0, ack = 0, stamp, window, bytes = 0 }: Partial<Stray>,
): Frame {
  const segments = frames.flatMap((frame) => {
    const packet = frame.payload;
    if (packet.kind !== "ipv4" && packet.kind !== "ipv6") return [];
    return packet.body.kind === "tcp" ? [{ frame, packet, tcp: packet.body }] : [];
  });
  const own = segments.findLast(({ frame }) => frame.src === mac)!;
  const heard = segments.findLast(({ frame }) => frame.src !== mac)!;
  const bits = [...flags!].reduce((sum, flag) => sum | (1 << "FSRPA".indexOf(flag)), 0);
  const [value, echo] = [own.tcp.options.timestamps?.[0], heard.tcp.options.timestamps?.[0]];
  const isStamped = value !== undefined && echo !== undefined && stamp !== undefined;
  const body: Tcp = {
    ...own.tcp,
    seq: (endOf(own.tcp) + seq) >>> 0,
    ack: (bits & 16) === 0 ? 0 : (endOf(heard.tcp) + ack) >>> 0,
    flags: bits,
    window: window ?? own.tcp.window,
    options: isStamped ? { timestamps: [(value + stamp) >>> 0, echo] } : {},
    data: new Uint8Array(bytes),
  };
  return { ...own.frame, payload: { ...own.packet, body } as Frame["payload"] };
}

const to = ["10.0.0.2", 8080] as const;

/** Calls that bring b's end of a connection into a state. */
const STATES: Readonly<Record<string, readonly Step[]>> = {
  ESTAB: [{ do: "send", socket: "c", bytes: 100 }],
  "ESTAB, read and answered": [
    { do: "send", socket: "c", bytes: 100 },
    { do: "receive", socket: "s", bytes: 100 },
    { do: "send", socket: "s", bytes: 500 },
    { do: "wait", seconds: 0.1 },
  ],
  "CLOSE-WAIT": [{ do: "shutdown", socket: "c" }],
  "FIN-WAIT-2": [{ do: "shutdown", socket: "s" }],
  "FIN-WAIT-2, and nobody holds it": [{ do: "close", socket: "s" }],
  "TIME-WAIT": [
    { do: "close", socket: "s" },
    { do: "wait", seconds: 0.06 },
    { do: "close", socket: "c" },
  ],
};

/** A scenario with some strays for b in one of its states. */
export function drawStrays(seed: string): Scenario {
  const dice = new Dice(`strays ${seed}`);
  const state = dice.of(Object.keys(STATES));
  const begin: Step[] = [
    { do: "listen", at: "b", socket: "L", port: 8080 },
    { do: "connect", at: "a", socket: "c", to },
    { do: "accept", from: "L", socket: "s" },
    { do: "wait", seconds: 0.1 },
  ];
  const strays: Step[] = [];
  for (let rest = dice.whole(1, 3); rest > 0; rest--) {
    const flags = dice.of(["A", "A", "A", "PA", "PA", "FA", "RA", "R", "S", "SA"]);
    strays.push({
      do: "stray",
      flags,
      seq: dice.of([0, 0, 0, -1, 1, -100, 100, 70_000, -70_000]),
      ack: dice.of([0, 0, 0, -100, -1, 1, 100_000]),
      ...(dice.chance(0.85) && { stamp: dice.of([0, 0, -1, -2, -100, -1000, -100_000, 5, 1000]) }),
      bytes: dice.of([0, 0, 1, 100, 1000]),
    });
    strays.push({ do: "wait", seconds: dice.of([0.05, 0.6]) });
    // Where a SYN begins a new connection, its numbers have nothing to do with those before.
    if (flags === "S") break;
  }
  const end: Step[] = [
    { do: "receive", socket: "s", bytes: 3000, timeout: 0.05 },
    { do: "send", socket: "s", bytes: 10 },
    { do: "wait", seconds: 0.1 },
    { do: "close", socket: "s" },
  ];
  const closed = state.includes("holds") || state === "TIME-WAIT";
  const steps = [...begin, ...STATES[state]!, { do: "wait", seconds: 0.1 }, ...strays, ...(closed ? [] : end)];
  // What such a segment takes of the buffer depends on who made it.
  return { name: `${seed}: ${state}`, windows: "differ", steps };
}
