// Captures of cases, one file each, read by tshark in one run: no frame of the model may be malformed, and every checksum
// must be right. Frames that a case makes wrong on purpose are malformed for it too, so their cases are left out.
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { EPOCH } from "../../lib/lab/lab.ts";
import { pcapBytes } from "../../lib/wire/pcap.ts";
import type { CapturedFrame, Case } from "./case.ts";

/** Whether tshark is here. */
export function hasTshark(): boolean {
  return spawnSync("tshark", ["--version"]).status === 0;
}

/** Ports whose data the cases fill with a pattern, whatever protocol usually lives there. */
const DATA = ["udp.port==53", "udp.port==9", "udp.port==7777", "udp.port==9999", "tcp.port==80", "tcp.port==8080"];
const CHECKED = ["ip", "tcp", "udp"].map((protocol) => `${protocol}.check_checksum:TRUE`);
/** Several cases have the same addresses and ports: what belongs together is not for tshark to say. */
const PIECES = ["ip.defragment:FALSE", "tcp.desegment_tcp_streams:FALSE", "tcp.analyze_sequence_numbers:FALSE"];
/** What an ICMP error quotes of a segment is cut off, and tshark sums it as if it were whole. */
const QUOTED = "icmp or icmpv6";
const WRONG = `_ws.malformed or ip.checksum.status=="Bad" or ((tcp.checksum.status=="Bad" or udp.checksum.status=="Bad") and not (${QUOTED}))`;

/** Writes the files into a directory of its own and returns tshark's lines about frames that are wrong. */
export function wrongFrames(captures: ReadonlyMap<Case, readonly CapturedFrame[]>): {
  readonly frames: number;
  readonly wrong: string[];
} {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "packetwalk-"));
  const all: { time: bigint; bytes: Uint8Array }[] = [];
  for (const [test, captured] of captures) {
    if (test.traffic.some(({ kind }) => kind === "frame")) continue;
    const stamped = captured.map(({ time, bytes }) => ({ time: EPOCH + BigInt(Math.floor(time)), bytes }));
    fs.writeFileSync(path.join(directory, `${test.name.replaceAll("/", "-")}.pcap`), pcapBytes(stamped));
    for (const each of stamped) all.push(each);
  }
  const merged = path.join(directory, "all.pcap");
  fs.writeFileSync(merged, pcapBytes(all));
  const words = ["-r", merged, ...[...CHECKED, ...PIECES].flatMap((word) => ["-o", word])];
  for (const port of DATA) words.push("-d", `${port},data`);
  const { stdout, stderr, status } = spawnSync("tshark", [...words, "-Y", WRONG], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  fs.rmSync(directory, { recursive: true });
  if (status !== 0) return { frames: all.length, wrong: [`tshark: ${stderr}`] };
  return { frames: all.length, wrong: stdout.split("\n").filter((line) => line !== "") };
}
