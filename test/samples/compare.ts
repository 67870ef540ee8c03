// Two listings of the same lab made equal in what chance decided, and in what the machines of the samples had that the
// labs here have not; in nothing else.
import type { Block } from "./goldens.ts";

export function normal({ command }: Pick<Block, "command">, text: string): string {
  let plain = text
    // Chance: times, identifiers, ephemeral ports.
    .replace(/^\d\d:\d\d:\d\d\.\d{6} /gm, "<time> ")
    .replace(/\bid \d+, /g, "id <any>, ")
    .replace(/ seq \d+, win/g, " seq <any>, win")
    .replace(/TS val \d+/g, "TS val <any>")
    .replace(/, pipe \d+$/gm, "")
    .replace(/used \d+\/\d+\/\d+probes \d+/g, "used <times>")
    .replace(/(?<=\.)(3[2-9]\d{3}|[45]\d{4}|60\d{3})(?= >)/g, "<port>")
    // The labs are without IPv6, its groups among the addresses a device listens to.
    .replace(/^ {4}inet6 .*\n(?: {7}valid_lft.*\n)?/gm, "")
    .replace(/^33:33:.*\n/gm, "")
    .replace(/^.* ethertype IPv6 .*\n/gm, "")
    // Also how many probes of traceroute were under way when it had its last answer, in the counts of what was sent.
    .replace(/^.* dev \S+ (table local )?proto kernel metric \d+ pref medium\n/gm, "")
    .replace(/,\{"family":"inet6"[^}]*\}/g, "")
    .replace(/ (::1|fe80::[0-9a-f:]+)\/\d+(?= )/g, "")
    .replace(/(?<=^ {4}TX: {2}bytes packets errors dropped carrier collsns *\n).*/m, "<sent>")
    // Those machines' kernel was built without steering of received packets (CONFIG_RPS).
    .replace(" numrxqueues 1", "");
  // How much traffic there was before is not told.
  if (/-statistics/.test(command)) plain = plain.replace(/^ +\d+ +\d+( +\d+){4} *$/gm, "<counts>");
  if (/\bping\b/.test(command))
    plain = plain.replace(/time=[\d.]+ ms|time \d+ms|= [\d.]+(\/[\d.]+){2,3} ms/g, "<time>");
  if (/\btraceroute\b/.test(command)) plain = plain.replace(/ \d+\.\d{3} ms/g, " <time> ms");
  // Neighbours stand in a hash with a random key.
  if (/neigh|\barp\b/.test(command) && !command.includes("tcpdump")) plain = plain.split("\n").sort().join("\n");
  if (/link show/.test(command)) plain = plain.replace(/gc_timer +[\d.]+/, "gc_timer <time>");
  // An empty line stands between two blocks of a sample; how many ended the listing itself is not told.
  return `${plain.trim()}\n`;
}

/** A capture of a sample may have been cut off before its end; then so much of ours is compared. */
export function cut(sample: string, ours: string): [string, string] {
  const lines = sample
    .replace(/\n?\.\.\.$/m, "")
    .trimEnd()
    .split("\n");
  const counts = /^\d+ packets (captured|received by filter)$|^0 packets dropped by kernel$/gm;
  if (!sample.includes(" dropped by kernel"))
    return [lines.join("\n"), ours.split("\n").slice(0, lines.length).join("\n")];
  // Frames of IPv6 were counted too, and are not here.
  return sample.includes("IPv6") || /^33:33/m.test(sample)
    ? [sample.replace(counts, ""), ours.replace(counts, "")]
    : [sample, ours];
}
