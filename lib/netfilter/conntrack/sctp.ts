// The SCTP tracker: chunks change the state of an association, and its verification tags tell whose packet it is.
// Before you edit: net/netfilter/nf_conntrack_proto_sctp.c, RFC 9260 §8.4, §8.5.
import { type Conn, directionOf, EVENT, type Info, STATUS } from "./conn.ts";
import type { Settings } from "./settings.ts";
import type { Tracking } from "./tcp.ts";
import { type Direction, ORIGINAL, REPLY } from "./tuple.ts";

export const SCTP_STATES = [
  "NONE",
  "CLOSED",
  "COOKIE_WAIT",
  "COOKIE_ECHOED",
  "ESTABLISHED",
  "SHUTDOWN_SENT",
  "SHUTDOWN_RECD",
  "SHUTDOWN_ACK_SENT",
  "HEARTBEAT_SENT",
] as const;
const [NONE, CLOSED, , , ESTABLISHED] = [0, 1, 2, 3, 4] as const;
const INVALID = -1;

const CHUNK = {
  data: 0,
  init: 1,
  initAck: 2,
  heartbeat: 4,
  heartbeatAck: 5,
  abort: 6,
  shutdown: 7,
  shutdownAck: 8,
  error: 9,
  cookieEcho: 10,
  cookieAck: 11,
  shutdownComplete: 14,
} as const;

/**
 * What a chunk makes of each state, by direction: N(one), C(losed), W(ait for the cookie), (E)choed, (O)pen, S(hutdown
 * sent), R(eceived), A(cknowledged), H(eartbeat sent), `-` invalid. Other chunks change nothing.
 */
const TRANSITIONS: ReadonlyMap<number, readonly [original: string, reply: string]> = new Map([
  [CHUNK.init, ["CCWEOCCAW", "-CWEOSRA-"]],
  [CHUNK.initAck, ["CCWEOSRAC", "-WWEOSRA-"]],
  [CHUNK.abort, ["CCCCCCCCC", "-CCCCCCC-"]],
  [CHUNK.shutdown, ["CCWESSRAC", "-CWERSRA-"]],
  [CHUNK.shutdownAck, ["ACWEOAAAA", "-CWEOAAA-"]],
  [CHUNK.error, ["CCWEOSRAC", "-CWCOSRA-"]],
  [CHUNK.cookieEcho, ["CCEEOSRAC", "-CEEOSRA-"]],
  [CHUNK.cookieAck, ["CCWOOSRAC", "-CWOOSRA-"]],
  [CHUNK.shutdownComplete, ["CCWEOSRCC", "-CWEOSRC-"]],
  [CHUNK.heartbeat, ["HCWEOSRAH", "-CWEOSRAH"]],
  [CHUNK.heartbeatAck, ["CCWEOSRAH", "-CWEOSRAO"]],
]);
const LETTERS = "NCWEOSRAH";

/** Chunks that must be alone, those that must be first, and those whose packets have rules of their own for the tag. */
const ALONE: readonly number[] = [CHUNK.init, CHUNK.initAck, CHUNK.shutdownComplete];
const FIRST: readonly number[] = [CHUNK.cookieEcho, CHUNK.cookieAck];
const BEGINS_NOTHING: readonly number[] = [CHUNK.abort, CHUNK.shutdownComplete, CHUNK.cookieAck];
const OWN_TAG_RULES: readonly number[] = [
  CHUNK.init,
  CHUNK.shutdownComplete,
  CHUNK.cookieEcho,
  CHUNK.abort,
  CHUNK.shutdownAck,
  CHUNK.heartbeat,
  CHUNK.heartbeatAck,
];

export class SctpState {
  state: number = NONE;
  /** What packets of each direction have for a tag; 0: not known. */
  readonly tags: [number, number] = [0, 0];
  /** Who began: both did where two INITs crossed. */
  readonly began: [boolean, boolean] = [false, false];
  /** A heartbeat with another tag came this way, and its answer will tell. */
  strange: Direction | null = null;
}

interface Chunk {
  readonly type: number;
  /** The tag comes from the other end (flag T). */
  readonly isReflected: boolean;
  /** Of INIT and INIT ACK: the tag the peer shall use; null where it is cut short. */
  readonly tag: number | null;
}

/** A packet of an association, its octets from the SCTP header on. */
export function trackSctp(conn: Conn, info: Info, data: Uint8Array, { sctp: timeouts }: Settings): Tracking {
  if (data.length < 12) return "invalid";
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const chunks = chunksOf(view);
  if (chunks === null || chunks.length === 0) return "invalid";
  const has = (types: readonly number[]) => chunks.some(({ type }) => types.includes(type));
  const direction = directionOf(info);
  const tag = view.getUint32(4);
  if (!conn.isConfirmed) {
    conn.sctp = has(BEGINS_NOTHING) ? null : begun(chunks, tag);
    if (conn.sctp === null) return "invalid";
  }
  const association = conn.sctp!;
  if (!has(OWN_TAG_RULES) && tag !== association.tags[direction]) return "invalid";
  let keeps = false;
  for (const chunk of chunks) {
    const judged = judge(association, chunk, tag, direction, keeps || has([CHUNK.data]));
    if (judged === "invalid") return "invalid";
    if (judged === "strange") {
      keeps = true;
      continue;
    }
    const old = association.state;
    const next = nextState(direction, old, chunk.type);
    if (next === INVALID || !learn(association, chunk, direction, old)) return "invalid";
    // Who only asks again does not keep the entry alive.
    if (chunk.type === CHUNK.init && old === CLOSED && next === CLOSED && conn.isConfirmed) keeps = true;
    association.state = next;
    if (old === next) continue;
    conn.events |= EVENT.protoinfo;
    if (next !== ESTABLISHED || conn.has(STATUS.assured)) continue;
    conn.status |= STATUS.assured;
    conn.events |= EVENT.assured;
  }
  return keeps ? "unchanged" : timeouts[association.state]!;
}

/** The chunks, if they may stand together. */
function chunksOf(view: DataView): Chunk[] | null {
  const chunks: Chunk[] = [];
  for (let at = 12; at + 4 <= view.byteLength; ) {
    const [type, length] = [view.getUint8(at), view.getUint16(at + 2)];
    const hasTag = (type === CHUNK.init || type === CHUNK.initAck) && at + 20 <= view.byteLength;
    chunks.push({
      type,
      isReflected: (view.getUint8(at + 1) & 1) !== 0,
      tag: hasTag ? view.getUint32(at + 4) : null,
    });
    if (length === 0) return null;
    const isLater = chunks.length > 1;
    if (isLater && (FIRST.includes(type) || chunks.some((each) => ALONE.includes(each.type)))) return null;
    at += (length + 3) & ~3;
  }
  return chunks;
}

/** sctp_new: what begins an association, or a part of one that nobody saw. */
function begun(chunks: readonly Chunk[], tag: number): SctpState | null {
  const association = new SctpState();
  for (const { type, tag: own } of chunks) {
    const state = nextState(ORIGINAL, NONE, type);
    if (state === NONE || state === INVALID) return null;
    if (type === CHUNK.init) {
      if (tag !== 0 || own === null) return null;
      association.tags[REPLY] = own;
    } else if (type === CHUNK.heartbeat) association.tags[ORIGINAL] = tag;
    else if (type === CHUNK.shutdownAck) association.tags[REPLY] = tag;
  }
  return association;
}

/** Whether the chunk has the tag it must have; a heartbeat with a strange one waits for its answer. */
function judge(
  association: SctpState,
  { type, isReflected }: Chunk,
  tag: number,
  direction: Direction,
  isBusy: boolean,
): "ok" | "strange" | "invalid" {
  const { tags } = association;
  const other = direction === ORIGINAL ? REPLY : ORIGINAL;
  const said = (isRight: boolean) => (isRight ? "ok" : "invalid");
  switch (type) {
    case CHUNK.init:
      return said(tag === 0);
    case CHUNK.abort:
    case CHUNK.shutdownComplete:
      return said(tag === tags[isReflected ? other : direction]);
    case CHUNK.cookieEcho:
      return said(tag === tags[direction]);
    case CHUNK.heartbeat:
    case CHUNK.heartbeatAck:
      if (tags[direction] === 0) {
        tags[direction] = tag;
        return "ok";
      }
      if (tag === tags[direction]) {
        association.strange = null;
        return "ok";
      }
      if (isBusy) return "invalid";
      if (type === CHUNK.heartbeat) {
        association.strange = direction;
        return "strange";
      }
      if (association.strange !== other) return "invalid";
      association.strange = null;
      tags[direction] = tag;
      tags[other] = 0;
      return "ok";
    default:
      return "ok";
  }
}

/** What chunks that open an association say of its tags; false for one that says something else than was agreed. */
function learn({ tags, began }: SctpState, { type, tag }: Chunk, direction: Direction, old: number): boolean {
  const other = direction === ORIGINAL ? REPLY : ORIGINAL;
  if (type === CHUNK.cookieAck) {
    began[0] = false;
    began[1] = false;
  }
  if (type !== CHUNK.init && type !== CHUNK.initAck) return true;
  if (tag === null) return false;
  if (type === CHUNK.init) {
    if (old === NONE || tags[other] !== tag) {
      if (began[direction] && began[other]) began[other] = false;
      began[direction] = true;
    }
  } else if (tags[other] !== tag && ((!began[other] && tags[other] !== 0) || (began[direction] && began[other])))
    return false;
  tags[other] = tag;
  return true;
}

function nextState(direction: Direction, old: number, type: number): number {
  const row = TRANSITIONS.get(type);
  return row === undefined ? old : LETTERS.indexOf(row[direction][old]!);
}
