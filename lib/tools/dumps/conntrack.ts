// `conntrack -L` (also `-o extended`, and /proc/net/nf_conntrack) of a real machine: each entry as a `conntrack -I`.
// Before you edit: libnetfilter_conntrack src/conntrack/snprintf_default.c.
import { broken, type Dump, type Line, linesOf, must, type Place, wordsOf } from "./dump.ts";

const NAMES: Readonly<Record<string, readonly [original: string, reply: string | null]>> = {
  src: ["-s", "-r"],
  dst: ["-d", "-q"],
  sport: ["--sport", "--reply-port-src"],
  dport: ["--dport", "--reply-port-dst"],
  type: ["--icmp-type", null],
  code: ["--icmp-code", null],
  id: ["--icmp-id", null],
};
/** How often it was looked at and counted says nothing about a packet's way. */
const COUNTS = new Set(["use", "packets", "bytes", "secctx", "delta-time", "rule"]);

export function readConntrack(place: Place, dump: Dump): void {
  place.ns.tracking.track(place.family);
  for (const line of linesOf(dump)) if (!/^conntrack v[\d.]+ /.test(line.text)) must(place, line, entry(line));
}

function entry(line: Line): string[] {
  const words = wordsOf(line.text);
  if (/^ipv[46]$/.test(words[0] ?? "")) words.splice(0, 2);
  const [protocol = "", number = "", ...rest] = words;
  if (!/^\d+$/.test(number)) throw broken(line, "this is not what conntrack -L prints");
  const asked = ["conntrack", "-I", "-p", protocol === "unknown" ? number : protocol];
  const status = new Set(["SEEN_REPLY"]);
  const seen = new Set<string>();
  let hasTimeout = false;
  for (const word of rest) {
    const [name = "", value] = word.split("=");
    const known = NAMES[name];
    if (/^\d+$/.test(word) && !hasTimeout) {
      asked.push("--timeout", word);
      hasTimeout = true;
    } else if (/^[A-Z_\d]+$/.test(word) && seen.size === 0) asked.push("--state", word);
    else if (word === "[UNREPLIED]") status.delete("SEEN_REPLY");
    else if (word === "[ASSURED]") status.add("ASSURED");
    else if (value !== undefined && known !== undefined) {
      const [original, reply] = known;
      const isReply = seen.has(name);
      seen.add(name);
      if (!isReply) asked.push(original, value);
      else if (reply !== null) asked.push(reply, value);
    } else if (value !== undefined && (name === "mark" || name === "zone")) asked.push(`--${name}`, value);
    else if (value === undefined || !COUNTS.has(name))
      throw broken(line, `"${word}" is not understood of a connection`);
  }
  // /proc/net/nf_conntrack and the tool print no time of an offloaded entry.
  if (!hasTimeout) throw broken(line, "an entry without its timeout");
  if (status.size === 0) status.add("UNSET");
  return [...asked, "-u", [...status].join(",")];
}
