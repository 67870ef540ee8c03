// A line of `conntrack -L` taken apart into what a picture shows of it.
// Before you edit: netfilter/conntrack/entry.ts.

/** What a line says, by names a reader knows; both directions as source and destination. */
export type Entry = ReadonlyMap<Part, string>;
export type Part = (typeof PARTS)[number];

/** In the order of a picture's rows. */
export const PARTS = [
  "protocol",
  "state",
  "seconds left",
  "flags",
  "mark",
  "zone",
  "original src",
  "original dst",
  "reply src",
  "reply dst",
] as const;

/** Null for a text that is no such line. */
export function readEntry(text: string): Entry | null {
  const [, protocol, seconds, state, rest] = /^(\S+)\s+\d+ (\d+) (?:([A-Z][A-Z_0-9]*) )?(src=.*)$/.exec(text) ?? [];
  if (protocol === undefined || seconds === undefined || rest === undefined) return null;
  const [original = "", reply = ""] = rest.split(/(?= src=)/);
  const entry = new Map<Part, string>([
    ["protocol", protocol],
    ["seconds left", seconds],
    ["flags", [...rest.matchAll(/\[([A-Z]+)\]/g)].map(([, flag]) => flag).join(" ") || "none"],
    ["original src", end(original, "src")],
    ["original dst", end(original, "dst")],
    ["reply src", end(reply, "src")],
    ["reply dst", end(reply, "dst")],
  ]);
  if (state !== undefined) entry.set("state", state);
  const mark = word(rest, "mark");
  if (mark !== undefined && mark !== "0") entry.set("mark", mark);
  const zone = word(rest, "zone") ?? word(rest, "zone-orig") ?? word(rest, "zone-reply");
  if (zone !== undefined) entry.set("zone", zone);
  return entry;
}

/** Who is translated, as the two directions tell: a sentence for each end whose name differs. */
export function translationOf(entry: Entry): string[] {
  const said: string[] = [];
  const [source, destination] = [entry.get("original src"), entry.get("original dst")];
  const [answerer, answered] = [entry.get("reply src"), entry.get("reply dst")];
  // Of ICMP the address alone: an answer has another type, and one id is for both ends.
  const plain = (text = "") => text.split(" ")[0];
  if (plain(answered) !== plain(source))
    said.push(`source translated: answers go to ${plain(answered)}, not to ${plain(source)}`);
  if (plain(answerer) !== plain(destination))
    said.push(`destination translated: answers come from ${plain(answerer)}, not from ${plain(destination)}`);
  return said;
}

function end(tuple: string, side: "src" | "dst"): string {
  const address = word(tuple, side) ?? "";
  const port = word(tuple, side === "src" ? "sport" : "dport");
  if (port !== undefined) return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
  const [id, type] = [word(tuple, "id"), word(tuple, "type")];
  if (id === undefined) return address;
  return side === "src" ? `${address} id ${id}` : `${address} type ${type}`;
}

function word(text: string, key: string): string | undefined {
  return new RegExp(`(?:^| )${key}=(\\S+)`).exec(text)?.[1];
}
