// `conntrack`: the connections that the kernel tracks. Before you edit: conntrack-tools 1.4.7, src/conntrack.c.

import type { Program } from "../lab/process.ts";
import { Conn, DEFAULT_ZONE, EVENT, STATUS } from "../netfilter/conntrack/conn.ts";
import type { Conntrack, Happening } from "../netfilter/conntrack/conntrack.ts";
import { type EntryParts, entryText } from "../netfilter/conntrack/entry.ts";
import { TcpState } from "../netfilter/conntrack/tcp-window.ts";
import { inverted, Tuple } from "../netfilter/conntrack/tuple.ts";
import { SECOND } from "../trace/world.ts";
import { type Call, type Command, notModelled } from "./command.ts";
import { type Asked, Complaint, readArguments } from "./conntrack-arguments.ts";
import { isAskedFor } from "./conntrack-filter.ts";

const NAME = "conntrack v1.4.7 (conntrack-tools)";
const OUTPUTS = ["extended", "id", "timestamp", "ktimestamp"];

export const conntrack: Command = (call) => {
  try {
    return run(call, readArguments(call.args));
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    const hint = error.status === 2 ? "Try `conntrack -h' or 'conntrack --help' for more information.\n" : "";
    call.err(`${NAME}: ${error.message}\n${hint}`);
    return error.status;
  }
};

function run(call: Call, asked: Asked): number | Program {
  const { ns } = call;
  const { conntrack: tracked } = ns.tracking;
  for (const output of asked.output)
    if (!OUTPUTS.includes(output)) throw notModelled("conntrack", `-o ${output}`, `-o ${OUTPUTS.join(",")}`);
  switch (asked.command) {
    case "L":
      return list(call, asked, tracked);
    case "D":
      return remove(call, asked, tracked);
    case "G":
      return get(call, asked, tracked);
    case "I":
      return create(call, asked, tracked);
    case "U":
      return update(call, asked, tracked);
    case "E":
      return listen(call, asked, tracked);
    case "F":
      tracked.killWhere(() => true);
      call.err(`${NAME}: connection tracking table has been emptied.\n`);
      return 0;
    case "C":
      call.out(`${tracked.count}\n`);
      return 0;
    case "S":
      return stats(call, tracked);
    case "V":
      call.out(`${NAME}\n`);
      return 0;
    default:
      throw notModelled("conntrack", "without a command", "-L -G -D -I -U -E -F -C -S -V");
  }
}

function show({ out }: Call, conn: Conn, { output }: Asked, { now }: Conntrack, parts: EntryParts): void {
  const id = output.has("id") ? ` id=${conn.id}` : "";
  out(`${entryText(conn, now, { ...parts, family: output.has("extended") })}${id}\n`);
}

const WHOLE: EntryParts = { timeout: true, mark: true, use: true };

function list(call: Call, asked: Asked, tracked: Conntrack): number {
  const found = tracked.list().filter((conn) => isAskedFor(conn, asked));
  for (const conn of found) {
    show(call, conn, asked, tracked, WHOLE);
    if (asked.zero) conn.counters?.fill(0);
  }
  call.err(`${NAME}: ${found.length} flow entries have been shown.\n`);
  return 0;
}

function remove(call: Call, asked: Asked, tracked: Conntrack): number {
  const found = tracked.list().filter((conn) => isAskedFor(conn, asked));
  for (const conn of found) {
    tracked.kill(conn);
    show(call, conn, asked, tracked, WHOLE);
  }
  call.err(`${NAME}: ${found.length} flow entries have been deleted.\n`);
  return found.length > 0 ? 0 : 1;
}

/** The tuple that the words name: that of the original direction, or else the reply's turned round. */
function tupleOf({ source, destination, protocol, ports, icmp }: Asked): Tuple {
  if (protocol === null) throw new Complaint("You need to supply the `--proto' option for this command");
  if (source === null || destination === null)
    throw new Complaint(`You need to supply the \`--orig-${source === null ? "src" : "dst"}' option for this command`);
  const isIcmp = protocol === 1 || protocol === 58;
  const from = isIcmp ? (icmp.id ?? 0) : (ports.from ?? 0);
  const to = isIcmp ? (icmp.type ?? 8) * 256 + (icmp.code ?? 0) : (ports.to ?? 0);
  return new Tuple(source.address, destination.address, protocol, from, to);
}

function get(call: Call, asked: Asked, tracked: Conntrack): number {
  const found = tracked.find(tupleOf(asked));
  if (found === null) throw new Complaint("Operation failed: such conntrack doesn't exist", 1);
  // Who asks for one holds it while it is printed.
  const { now } = tracked;
  const text = entryText(found.conn, now, { ...WHOLE, family: asked.output.has("extended") });
  call.out(`${text.replace(/use=1$/, "use=2")}\n`);
  call.err(`${NAME}: 1 flow entries have been shown.\n`);
  return 0;
}

const STATUS_WORDS: Readonly<Record<string, number>> = {
  ASSURED: STATUS.assured,
  SEEN_REPLY: STATUS.seenReply,
  FIXED_TIMEOUT: STATUS.fixedTimeout,
  UNSET: 0,
};

function statusOf({ status }: Asked): number {
  let bits = 0;
  for (const word of status ?? []) {
    const bit = STATUS_WORDS[word];
    if (bit === undefined) throw new Complaint(`Invalid status word: \`${word}'`);
    bits |= bit;
  }
  return bits;
}

function create(call: Call, asked: Asked, tracked: Conntrack): number {
  const { timeout, state, mark, zone, protocol, replySource, replyDestination, ports } = asked;
  const original = tupleOf(asked);
  if (protocol === 6 && state === null) throw new Complaint("You need to supply the `--state' option for this command");
  if (timeout === null) throw new Complaint("You need to supply the `--timeout' option for this command");
  const turned = inverted(original);
  if (turned === null) throw new Complaint("Operation failed: Invalid argument", 1);
  const reply = new Tuple(
    replySource?.address ?? turned.src,
    replyDestination?.address ?? turned.dst,
    turned.protocol,
    ports.replyFrom ?? turned.from,
    ports.replyTo ?? turned.to,
  );
  const where = zone === null ? DEFAULT_ZONE : { id: zone, directions: 3 };
  if (tracked.find(original, where) !== null || tracked.find(reply, where) !== null)
    throw new Complaint("Operation failed: Such conntrack exists, try -U to update", 1);
  const conn = new Conn(original, reply, where, tracked.takeId(), tracked.settings.accounts !== 0);
  conn.status = statusOf(asked);
  conn.timeout = tracked.now + timeout * SECOND;
  conn.mark = mark?.value ?? 0;
  if (state !== null) {
    conn.tcp = new TcpState();
    conn.tcp.state = state;
  }
  if (!original.equals(inverted(reply) ?? original)) conn.status |= STATUS.srcNatDone | STATUS.dstNatDone;
  if (reply.dst !== original.src || reply.to !== turned.to) conn.status |= STATUS.srcNat;
  if (reply.src !== original.dst || reply.from !== turned.from) conn.status |= STATUS.dstNat;
  tracked.put(conn);
  tracked.changed(conn, EVENT.new);
  call.err(`${NAME}: 1 flow entries have been created.\n`);
  return 0;
}

function update(call: Call, asked: Asked, tracked: Conntrack): number {
  const { mark, timeout } = asked;
  const found = tracked.list().filter((conn) => isAskedFor(conn, { ...asked, mark: null, state: null }));
  for (const conn of found) {
    if (mark !== null) conn.mark = ((conn.mark & ~mark.mask) | mark.value) >>> 0;
    if (timeout !== null) conn.timeout = tracked.now + timeout * SECOND;
    conn.status |= statusOf(asked);
    if (asked.state !== null && conn.tcp !== null) conn.tcp.state = asked.state;
    show(call, conn, asked, tracked, WHOLE);
    tracked.changed(conn, EVENT.mark);
  }
  call.err(`${NAME}: ${found.length} flow entries have been updated.\n`);
  return found.length > 0 ? 0 : 1;
}

/** -E: until it is interrupted. `[NEW]`, right in nine columns and a space, before what an event says. */
function* listen(call: Call, asked: Asked, tracked: Conntrack): Program {
  const wanted = new Set(asked.events?.map((word) => (word === "UPDATES" ? "UPDATE" : word)) ?? ["ALL"]);
  let count = 0;
  const heard = (happening: Happening, conn: Conn) => {
    if (!wanted.has("ALL") && !wanted.has(happening)) return;
    if (!isAskedFor(conn, asked)) return;
    count++;
    call.out(`${`[${happening}]`.padStart(9)} `);
    // What ended by itself has no time left, and nothing is said of it.
    show(call, conn, asked, tracked, { timeout: happening !== "DESTROY" || conn.timeout > tracked.now });
  };
  tracked.listeners.add(heard);
  try {
    for (;;) yield {};
  } finally {
    tracked.listeners.delete(heard);
    call.err(`${NAME}: ${count} flow events have been shown.\n`);
  }
}

function stats({ out }: Call, { stats: of }: Conntrack): number {
  out(
    `cpu=0   \tfound=${of.found} invalid=${of.invalid} insert=${of.insert} insert_failed=${of.insertFailed} drop=${of.drop} early_drop=${of.earlyDrop} error=${of.error} search_restart=${of.searchRestart} clash_resolve=${of.clashResolve} chaintoolong=${of.chainTooLong} \n`,
  );
  return 0;
}
