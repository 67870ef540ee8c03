// What a search of tables finds: rules that no packet can meet, and what two tables do differently. Each with a packet that
// shows it, which has been sent through the tables themselves.
//
// What is found holds for whole packets of IPv4 with any mark, each table by itself: that another table has dropped them
// before, or that nobody sends such packets, is not looked at. A match that boxes can't tell counts as met and as not met:
// so a rule that is said never to match never matches, but of those that hang on such a match some may not be found.
import type { Chain } from "../chain.ts";
import type { Net } from "../net.ts";
import type { Rule } from "../rule.ts";
import type { HookName } from "../skb.ts";
import { TABLE_HOOKS, type Table } from "../table.ts";
import { CT_VALUES, type Ground, possible } from "./matches.ts";
import type { DeviceNames } from "./names.ts";
import { type Box, EVERYTHING, meet, only, type Ranges, withoutAll } from "./space.ts";
import { type End, type Piece, pieceOf, SpaceWalk } from "./walk.ts";
import { aside, type Ended, send, type Witness, witness } from "./witness.ts";

export interface DeadRule {
  readonly table: string;
  readonly chain: Chain;
  /** From 1. */
  readonly number: number;
  readonly rule: Rule;
  readonly why: "chain never entered" | "asks for what can't be" | "taken before";
  /** A packet that the rule is about, and where its walk ends instead; null: there is no such packet. */
  readonly shown: { readonly witness: Witness; readonly ended: Ended } | null;
}

export interface Change {
  readonly table: string;
  readonly hook: HookName;
  /** How many boxes of packets there are of this kind. */
  readonly boxes: readonly Box[];
  readonly witness: Witness;
  readonly before: Ended;
  readonly after: Ended;
}

/** What comes to a table at a hook. */
export function arriving(table: Table, hook: HookName, devices: DeviceNames, within: Box = EVERYTHING): Piece[] {
  const into: Ranges = hook === "OUTPUT" ? [0, 0] : hook === "POSTROUTING" ? devices.all : devices.any;
  const out: Ranges = hook === "PREROUTING" || hook === "INPUT" ? [0, 0] : devices.any;
  const ct = CT_VALUES.filter((each) =>
    // Before connections are looked up a packet has none; nat is asked about first packets.
    table.name === "raw" ? each === 0 : table.name !== "nat" || (each >= 4 && each < 8),
  ).flatMap((each) => [each, each]);
  const box = meet(within, only({ in: into, out, ct }));
  return box === null ? [] : possible(box).map((each) => pieceOf(each));
}

/** Rules that no packet within the box can meet. */
export function deadRules(table: Table, ground: Ground, net: Net, within: Box = EVERYTHING): DeadRule[] {
  const walk = new SpaceWalk(table, ground);
  const quiet = aside(net);
  for (const [hook] of TABLE_HOOKS[table.name]) walk.run(hook, arriving(table, hook, ground.devices, within));
  const dead: DeadRule[] = [];
  for (const chain of table.listed())
    for (const [i, rule] of chain.rules.entries()) {
      if (walk.met.has(rule)) continue;
      const shown = showDead(walk, rule, chain, ground, quiet, within);
      const why = !walk.entered.has(chain)
        ? "chain never entered"
        : shown === null
          ? "asks for what can't be"
          : "taken before";
      dead.push({ table: table.name, chain, number: i + 1, rule, why, shown });
    }
  return dead;
}

/** A packet that the rule is about by its own words, and where it ends. */
function showDead(
  walk: SpaceWalk,
  rule: Rule,
  chain: Chain,
  { devices }: Ground,
  net: Net,
  within: Box,
): DeadRule["shown"] {
  const { table } = walk;
  const { boxes } = walk.meaning(rule);
  for (const [hook] of TABLE_HOOKS[table.name]) {
    if (chain.hook !== null && chain.hook !== hook) continue;
    for (const piece of arriving(table, hook, devices, within))
      for (const each of boxes) {
        const box = meet(piece.box, each);
        if (box === null) continue;
        const packet = witness(pieceOf(box), hook);
        const ended = send(packet, table, devices, net);
        if (ended.met.has(rule)) throw new Error(`${table.name} ${chain.name}: a packet meets what none can`);
        return { witness: packet, ended };
      }
  }
  return null;
}

/** What is done to a packet in the end, in words that are the same for the same. */
export function deed({ rule, verdict, chain }: Pick<Ended, "rule" | "chain"> & { readonly verdict?: string }): string {
  const target = rule?.spec.target;
  if (target?.kind === "extension") {
    const { extension, value } = target.use;
    return `${extension.name} ${extension.save(value as never, 4)}`.trim();
  }
  return target?.kind === "verdict" ? target.verdict : (verdict ?? chain.policy);
}

const TRIES = 60;
/** A change is believed when a packet shows it: so many packets of a box are tried, and each so often where dice decide. */
const PACKETS = 8;

/** What becomes of packets in one table that does not become of them in the other. */
export function changes(before: Table, after: Table, ground: Ground, net: Net, within: Box = EVERYTHING): Change[] {
  const found: Change[] = [];
  const quiet = aside(net);
  for (const [hook] of TABLE_HOOKS[before.name]) {
    const [had, has] = [before, after].map((table) => {
      const ends = new SpaceWalk(table, ground).run(hook, arriving(table, hook, ground.devices, within));
      const byDeed = new Map<string, End[]>();
      for (const end of ends) byDeed.set(endKey(end), [...(byDeed.get(endKey(end)) ?? []), end]);
      return byDeed;
    }) as [Map<string, End[]>, Map<string, End[]>];
    const seen = new Map<string, Change>();
    const look = (key: string, from: Map<string, End[]>, to: Map<string, End[]>, isLoss: boolean) => {
      const kept = (to.get(key) ?? []).map(({ piece }) => piece.box);
      for (const { piece } of from.get(key) ?? [])
        for (const box of withoutAll([piece.box], kept)) {
          const shown = showChange({ ...piece, box }, hook, before, after, ground, quiet);
          if (shown === null) continue;
          const kind = `${ruleKey(shown.before)}>${ruleKey(shown.after)}`;
          const known = seen.get(kind);
          if (known === undefined) seen.set(kind, { ...shown, table: before.name, hook, boxes: [box] });
          else if (isLoss) seen.set(kind, { ...known, boxes: [...known.boxes, box] });
        }
    };
    for (const key of had.keys()) look(key, had, has, true);
    for (const key of has.keys()) look(key, has, had, false);
    found.push(...seen.values());
  }
  return found;
}

const ruleKey = ({ chain, rule }: Ended): string => `${chain.name} ${rule?.lineIn(chain) ?? chain.policy}`;

const endKey = (end: End): string => {
  const { value, written } = end.piece.mark;
  return `${deed(end)} ${written === 0 ? "" : `${(value & written) >>> 0}/${written}`}`;
};

function showChange(piece: Piece, hook: HookName, before: Table, after: Table, { devices }: Ground, net: Net) {
  for (let nth = 0; nth < PACKETS; nth++) {
    const packet = witness(piece, hook, nth);
    const tries = piece.doubts.size === 0 ? 1 : TRIES;
    const results = [before, after].map((table) => {
      const all = new Map<string, Ended>();
      for (let i = 0; i < tries; i++) {
        const ended = send(packet, table, devices, net);
        all.set(`${deed(ended)} ${ended.mark}`, ended);
      }
      return all;
    }) as [Map<string, Ended>, Map<string, Ended>];
    const [had, has] = results;
    const lost = [...had].find(([key]) => !has.has(key));
    const won = [...has].find(([key]) => !had.has(key));
    if (lost !== undefined || won !== undefined)
      return {
        witness: packet,
        before: (lost ?? [...had][0]!)[1],
        after: (won ?? [...has][0]!)[1],
      };
  }
  return null;
}
