// Statements that change something and go on: marks, counters, limits, lines in the log, elements of sets, and those that
// keep a packet from being tracked.
// Before you edit: net/netfilter/nft_meta.c, nft_ct.c, nft_counter.c, nft_limit.c, nft_log.c, nft_dynset.c; nftables
// src/statement.c.
import { ipLength } from "../../../wire/bytes.ts";
import { UNTRACKED } from "../../conntrack/conn.ts";
import type { Skb } from "../../skb.ts";
import { logLine } from "../../target/log-line.ts";
import type { Context } from "../context.ts";
import { MARK } from "../data.ts";
import { timeText } from "../lexer.ts";
import { fieldsText, isOperand, readFields, readOperand, readSetName, valuesOf } from "../operand.ts";
import { kernelSays, Problem, unexpected } from "../problem.ts";
import { readCounter, readDatum } from "../read-value.ts";
import type { Reader } from "../reader.ts";
import type { Said, Statement } from "../ruleset.ts";
import { type Counter, count, keyOf } from "../set.ts";

/** `meta mark set …`, `ct mark set …`. */
export function readMarkSet(reader: Reader, context: Context): Statement {
  const isPacket = !reader.accept("ct");
  if (isPacket) reader.accept("meta");
  reader.expect("mark");
  reader.expect("set");
  const operand = isOperand(reader) ? readOperand(reader, context, [MARK]) : null;
  const constant = operand === null ? (readDatum(reader, MARK) as number) : 0;
  const read = (skb: Skb) => (operand === null ? constant : (operand.read(skb)?.[0] as number | undefined));
  const name = isPacket ? "meta mark" : "ct mark";
  return {
    text: (style) => `${name} set ${operand === null ? MARK.print(constant) : operand.text(style)}`,
    run(skb): Said {
      const mark = read(skb);
      if (mark === undefined) return "break";
      if (isPacket) skb.mark = mark;
      else if (skb.ct?.kind === "tracked") skb.ct.conn.mark = mark;
      return undefined;
    },
    miss: () => ({ field: name, wanted: "a value to set", had: "none" }),
    because: (before, { mark }) =>
      isPacket ? `the mark ${MARK.print(before.mark)} becomes ${MARK.print(mark)}` : "the connection's mark is set",
    ...((!isPacket || operand?.tracks === true) && { tracks: true as const }),
    ...(operand !== null && { sets: operand.sets }),
  };
}

/** `counter packets 0 bytes 0` */
export function readCounterStatement(reader: Reader): Statement & { readonly counter: Counter } {
  reader.expect("counter");
  const counter: Counter = readCounter(reader);
  return {
    counter,
    text: ({ stateless }) => (stateless ? "counter" : `counter packets ${counter.packets} bytes ${counter.bytes}`),
    run(skb) {
      count(counter, skb);
      return undefined;
    },
    because: () => "it is counted",
  };
}

const SECONDS: Readonly<Record<string, number>> = { second: 1, minute: 60, hour: 3600, day: 86400, week: 604800 };
const UNITS: Readonly<Record<string, number>> = { bytes: 1, kbytes: 1024, mbytes: 1048576 };
const UNIT_NAMES = ["bytes", "kbytes", "mbytes"] as const;
/** Packets at once that need not be said. */
const BURST = 5;

/** `limit rate over 10/second burst 5 packets` */
export function readLimit(reader: Reader): Statement {
  reader.expect("limit");
  reader.expect("rate");
  const over = reader.accept("over");
  if (!over) reader.accept("until");
  const rate = reader.number();
  // `bytes/second` is one word to the reader.
  reader.accept("/");
  const said = reader.name();
  const [, unitName, per = ""] = /^(?:(\w+)\/)?(\w+)$/.exec(said.text) ?? [];
  const unit = UNIT_NAMES.find((each) => each === unitName) ?? null;
  if (SECONDS[per] === undefined || (unitName !== undefined && unit === null)) throw unexpected(said);
  const burst = reader.accept("burst") ? reader.number() : unit === null ? BURST : 0;
  if (reader.is("packets") || (unit !== null && UNITS[reader.peek.text] !== undefined)) reader.take();
  const size = unit === null ? 1 : UNITS[unit]!;
  const nanoseconds = SECONDS[per]! * 1e9;
  const each = Math.floor(nanoseconds / (rate * size));
  const most = unit === null ? each * burst : (nanoseconds * (rate + burst)) / rate;
  let tokens = most;
  let last: number | null = null;
  const shownBurst =
    unit === null ? (burst === BURST ? "" : ` burst ${burst} packets`) : burst === 0 ? "" : ` burst ${burst} ${unit}`;
  const text = `limit rate ${over ? "over " : ""}${rate}${unit === null ? "" : ` ${unit}`}/${per}${shownBurst}`;
  return {
    text: () => text,
    run({ net, packet }) {
      const cost = unit === null ? each : Math.floor((nanoseconds * ipLength(packet)) / (rate * size));
      tokens = Math.min(most, tokens + (last === null ? 0 : net.now - last));
      last = net.now;
      const isOver = tokens < cost;
      if (!isOver) tokens -= cost;
      return isOver === over ? undefined : "break";
    },
    miss: () => ({ field: "limit", wanted: text, had: over ? "less" : "more" }),
  };
}

const LEVELS = ["emerg", "alert", "crit", "err", "warn", "notice", "info", "debug"] as const;

/** `log prefix "…" level info`; to a group it is told to programs, of which there are none. */
export function readLog(reader: Reader): Statement {
  reader.expect("log");
  let [prefix, level, group, all] = ["", "warn", -1, false];
  for (;;)
    if (reader.accept("prefix")) prefix = reader.quoted();
    else if (reader.accept("level")) level = reader.oneOf(...LEVELS);
    else if (reader.accept("group")) group = reader.number();
    else if (reader.accept("flags")) {
      const what = reader.take();
      if (what.text !== "all") throw reader.refuse(what, `"log flags ${what.text}"`, "log flags all");
      all = true;
    } else break;
  const words = ["log"];
  if (prefix !== "") words.push(`prefix "${prefix}"`);
  if (group >= 0) words.push(`group ${group}`);
  else if (level !== "warn") words.push(`level ${level}`);
  if (all) words.push("flags all");
  const flags = { sequence: all, tcpOptions: all, macDecode: all };
  return {
    text: () => words.join(" "),
    run(skb) {
      if (group < 0) skb.net.log(logLine(skb, prefix, flags));
      return undefined;
    },
    because: () => "it is written to the kernel's log",
  };
}

/** `update @set { ip saddr timeout 5m }`: `update` lets an element that is there live on, `add` does not. */
export function readSetChange(reader: Reader, context: Context): Statement {
  const first = reader.peek;
  const how = reader.oneOf("add", "update", "delete");
  const set = readSetName(reader, context);
  reader.expect("{");
  const fields = readFields(reader, context);
  let timeout: number | null = null;
  let isCounted = false;
  for (;;)
    if (reader.accept("timeout")) timeout = reader.time();
    else if (reader.accept("counter")) isCounted = true;
    else break;
  if (reader.is(":")) throw reader.refuse(reader.peek, "changes of maps by rules", "changes of sets");
  reader.expect("}");
  const { spec } = set;
  if (set.isMap || spec.key.length !== fields.length) throw new Problem("datatype mismatch", reader.since(first));
  if (timeout !== null && !spec.hasTimeout) throw kernelSays("EOPNOTSUPP", first);
  const read = valuesOf(fields);
  const life = timeout ?? spec.timeout;
  const text = `${how} @${set.name} { ${fieldsText(fields)}${timeout === null ? "" : ` timeout ${timeText(timeout)}`}${isCounted ? " counter" : ""} }`;
  return {
    text: () => text,
    run(skb): Said {
      const values = read(skb);
      if (values === undefined) return "break";
      const { now } = skb.net;
      const key = values.map((each) => ({ from: each, to: each }));
      const known = set.find(values, now);
      if (how === "delete") return known !== undefined && set.elements.delete(keyOf(key)) ? undefined : "break";
      if (known !== undefined) {
        if (how === "update" && life !== null) known.ends = now + life;
        if (known.counter !== null) count(known.counter, skb);
        return undefined;
      }
      if (spec.size !== null && set.elements.size >= spec.size) return "break";
      const counter = isCounted || spec.isCounted ? { packets: 0, bytes: 0 } : null;
      if (counter !== null) count(counter, skb);
      const ends = life === null ? null : now + life;
      set.elements.set(keyOf(key), { key, value: null, comment: null, timeout, ends, counter });
      return undefined;
    },
    miss: () => ({ field: `@${set.name}`, wanted: "room for an element", had: "none" }),
    because: (_before, after) =>
      `@${set.name} has ${read(after)
        ?.map((v, i) => fields[i]!.selector.type.print(v))
        .join(" . ")}`,
    sets: [set],
    ...(fields.some(({ selector }) => selector.tracks) && { tracks: true as const }),
  };
}

export function readNotrack(reader: Reader): Statement {
  reader.expect("notrack");
  return {
    text: () => "notrack",
    run(skb) {
      if (skb.ct === null) skb.ct = UNTRACKED;
      return undefined;
    },
    because: () => "its connection is not tracked",
    tracks: true,
  };
}
