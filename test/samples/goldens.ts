// The samples: what the real tools printed on the real machines the chapters speak of, block by block.
// Recorded on Linux 6.1.176 (10, 20, 30, 90) and 6.18 (80) with iproute2 6.1.0, net-tools 2.10, iputils 20221126,
// traceroute 2.1.2, tcpdump 4.99.3 and busybox 1.35.
// A block is `[where] # command` and what it said; `===== title` opens a section.
import { readFileSync } from "node:fs";

export interface Block {
  readonly section: string;
  /** The namespace it was asked in; empty in samples of a single machine. */
  readonly where: string;
  readonly command: string;
  readonly said: string;
}

export function blocksOf(name: string): Block[] {
  const blocks: Block[] = [];
  let section = "";
  let open: { where: string; command: string; lines: string[] } | null = null;
  const close = () => {
    if (open === null) return;
    const { where, command, lines } = open;
    const said = lines.join("\n").replace(/\n+$/, "");
    blocks.push({ section, where, command, said: said === "" ? "" : `${said}\n` });
    open = null;
  };
  for (const line of readFileSync(`test/samples/goldens/${name}.txt`, "utf8").split("\n")) {
    const title = /^===== (.*)$/.exec(line)?.[1];
    const [, where = "", command] = /^(?:\[(\w+)\] )?# (.*)$/.exec(line) ?? [];
    if (title !== undefined || command !== undefined) close();
    if (title !== undefined) section = title;
    else if (command !== undefined) open = { where, command, lines: [] };
    else (open as { lines: string[] } | null)?.lines.push(line);
  }
  close();
  return blocks;
}
