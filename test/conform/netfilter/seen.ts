// What was seen, as text that is the same for the same thing here and there. A port (or the identifier of an echo) that
// no case names was chosen by the kernel, by chance: which one does not matter.
import { canonical } from "../canonical.ts";
import type { Beginnings } from "../canonical-tcp.ts";
import { BY_CHANCE } from "./targets.ts";

/** Every port, and every identifier, that cases name; those of clients come one by one. */
const PORTS_NAMED: ReadonlySet<number> = new Set([
  ...[53, 80, 99, 443, 600, 1000, 3000, 30000, 40000, 40001],
  ...[7000, 7001, 7002, 7003, 7004, 7005],
]);
const IDS_NAMED: ReadonlySet<number> = new Set([1, 2, 3, 4, 5]);

export const isByChance = (port: number) => !PORTS_NAMED.has(port) && (port < 41000 || port > 42999);
export const isIdByChance = (id: number) => !IDS_NAMED.has(id);

/** A port that stands for all that were chosen by chance. */
const CHOSEN = BY_CHANCE.first;

/** Frames by where they were seen, as lines. Numbers of TCP count from the SYNs, wherever those were seen. */
export function framesText(seen: Readonly<Record<string, readonly Uint8Array[]>>): Record<string, string[]> {
  const beginnings: Beginnings = new Map();
  const all = () =>
    Object.keys(seen)
      .sort()
      .map((where) => [where, seen[where]!.map((bytes) => frameText(bytes, where.split(" ")[0]!, beginnings))]);
  all();
  return Object.fromEntries(all());
}

function frameText(octets: Uint8Array, device: string, beginnings: Beginnings): string {
  const bytes = Uint8Array.from(octets);
  const ethertype = (bytes[12]! << 8) | bytes[13]!;
  const isChosen = (ethertype === 0x0800 || ethertype === 0x86dd) && hideChosen(bytes, 14);
  // Numbers of a kernel's connection that count from a SYN which was not its own.
  const text = canonical(bytes, device, beginnings).replace(/(seq|ack) \d{7,}/g, "$1 far");
  return `${text}${isChosen ? " with what was chosen by chance" : ""}`;
}

/** Overwrites ports chosen by chance, also in the packet that an error quotes, and the checksums over them. */
function hideChosen(bytes: Uint8Array, ip: number): boolean {
  const view = new DataView(bytes.buffer);
  const is4 = bytes[ip]! >> 4 === 4;
  const after = ip + (is4 ? (bytes[ip]! & 15) * 4 : 40);
  // The first piece of a cut IPv6 packet has the ports behind a fragment header.
  const isFirst =
    !is4 && bytes[ip + 6] === 44 && after + 8 <= bytes.length && (view.getUint16(after + 2) & 0xfff8) === 0;
  const body = isFirst ? after + 8 : after;
  const protocol = isFirst ? bytes[after]! : bytes[is4 ? ip + 9 : ip + 6]!;
  if (body + 8 > bytes.length || (is4 && (view.getUint16(ip + 6) & 0x1fff) !== 0)) return false;
  const isError = is4
    ? protocol === 1 && [3, 4, 5, 11, 12].includes(bytes[body]!)
    : protocol === 58 && bytes[body]! < 128;
  const sum = { 6: body + 16, 17: body + 6, 132: body + 8 }[protocol] ?? body + 2;
  let found = false;
  if (isError) found = body + 8 + 20 <= bytes.length && hideChosen(bytes, body + 8);
  else
    for (const at of [6, 17, 132].includes(protocol)
      ? [body, body + 2]
      : protocol === 1 || protocol === 58
        ? [body + 4]
        : [])
      if ((at === body + 4 ? isIdByChance : isByChance)(view.getUint16(at))) {
        view.setUint16(at, CHOSEN);
        found = true;
      }
  if (found) bytes.fill(0, sum, sum + (protocol === 132 ? 4 : 2));
  return found;
}

/** What a program was told: who sent it, and how much. */
export function fromText(address: string, port: number): string {
  return `from ${address} port ${isByChance(port) ? "chosen" : port}`;
}

const hideIn = (text: string) =>
  text.replace(/\b(sport|dport|id)=(\d+)/g, (all, name: string, number: string) =>
    (name === "id" ? isIdByChance : isByChance)(Number(number)) ? `${name}=chosen` : all,
  );

/** A connection of `conntrack -L`, and what is left of its time. */
export interface SeenConnection {
  readonly text: string;
  /** Seconds; of those that have none it is 0. */
  readonly left: number;
}

export function connectionsOf(listing: string): SeenConnection[] {
  return listing
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const found = /^(\S+ +\d+ )(\d+) (.*)$/.exec(line);
      const text = found === null ? line : found[1]! + found[3]!;
      return {
        text: hideIn(text)
          .replace(/ use=\d+/, "")
          .trim(),
        left: Number(found?.[2] ?? 0),
      };
    })
    .sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : a.left - b.left));
}

/** Lines of iptables-save by table, without its remarks. */
export function tablesOf(saved: string): Record<string, string[]> {
  const tables: Record<string, string[]> = {};
  let lines: string[] = [];
  for (const line of saved.split("\n")) {
    if (line.startsWith("*")) {
      lines = [];
      tables[line] = lines;
    } else if (line !== "" && !line.startsWith("#") && line !== "COMMIT") lines.push(line);
  }
  return tables;
}

/** Lines of `ipset save`; elements in any order, their remaining time to the minute. */
export function setsOf(saved: string): string[] {
  return saved
    .split("\n")
    .filter((line) => line !== "")
    .map((line) =>
      line
        .replace(/ (initval 0x[0-9a-f]+|bucketsize \d+|hashsize \d+|maxelem \d+)/g, "")
        .replace(
          /^(add .* timeout )(\d+)/,
          (_, head: string, left: string) => `${head}${Math.ceil(Number(left) / 100)}00`,
        )
        .replace(/^(add .*,(?:tcp|udp|sctp):)(\d+)/, (all, head: string, port: string) =>
          isByChance(Number(port)) ? `${head}chosen` : all,
        ),
    )
    .sort();
}
