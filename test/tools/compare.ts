// What is the same on two machines: chance (MACs, inodes, times) is numbered in the order it shows itself.
import { Lab } from "../../lib/lab/lab.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import type { Said } from "./real.ts";

/** What each line says in the model, one after the other on one machine. */
export function runModel(lines: readonly string[]): Said[] {
  const lab = new Lab();
  lab.node("node");
  return lines.map((line) => {
    const { text, out, status } = runShell(lab, place(lab, "node"), line);
    return { line, out, err: errorsIn(text, out), status };
  });
}

/** Standard error: what is left of all lines, in their order, without those of standard output. */
function errorsIn(text: string, out: string): string {
  const ofOut = out.split(/(?<=\n)/);
  let taken = 0;
  const left = text.split(/(?<=\n)/).filter((line) => {
    if (line !== ofOut[taken]) return true;
    taken++;
    return false;
  });
  return taken === ofOut.length ? left.join("") : text.replace(out, "");
}

/** MACs somebody chose, groups, and those that mean something. */
const FIXED_MAC = /^(02:00:00|00:00:00:00:00:00|ff:ff:ff|33:33|01:00:5e)/;

/** Text without chance. One of these for each run: what it saw before keeps its number. */
export class Normal {
  private readonly seen = new Map<string, string>();

  private number(kind: string, text: string): string {
    const known = this.seen.get(kind + text);
    if (known !== undefined) return known;
    const name = `<${kind} ${[...this.seen.keys()].filter((key) => key.startsWith(kind)).length + 1}>`;
    this.seen.set(kind + text, name);
    return name;
  }

  said({ line, out, err, status }: Said): Said {
    return { line, out: this.text(line, out), err: this.text(line, err), status };
  }

  private text(line: string, text: string): string {
    let normal = text
      .replace(/\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b/g, (mac) => (FIXED_MAC.test(mac) ? mac : this.number("mac ", mac)))
      .replace(/net:\[\d+\]/g, (inode) => this.number("net ", inode))
      .replace(/\b\d\d:\d\d:\d\d\.\d{6}\b/g, "<time>")
      .replace(/^\[\d+\.\d{6}\] /gm, "[<time>] ")
      .replace(/\bid \d+/g, "id <any>")
      .replace(/\b(10\.\d+\.\d+\.\d+)\.(3[2-9]\d{3}|[45]\d{4}|60\d{3})\b/g, "$1.<port>")
      .replace(/time=[\d.]+ ms|time \d+ms|= [\d.]+(\/[\d.]+){3} ms/g, "<time>")
      // A device has as many queues as the machine has processors.
      .replace(/ numtxqueues \d+ numrxqueues \d+| numtxqueues 1(?= gso)/g, " <queues>")
      .replace(/"num_tx_queues":\d+,"num_rx_queues":\d+/g, '"queues"')
      // The kernel that recorded the goldens has no VLAN filtering; every distribution's has, and so has the model.
      .replace(/^.* vlan 1 .*\n/gm, "");
    // How much more came while it stopped is chance.
    if (/tcpdump.* -c /.test(line)) normal = normal.replace(/^\d+ packets? received by filter$/m, "<any> received");
    // Neighbours stand in a hash with a random key.
    if (/^ip -j (n|neigh\w*)\b/.test(line) && normal.startsWith("["))
      normal = `[${(JSON.parse(normal) as object[])
        .map((each) => JSON.stringify(each))
        .sort()
        .join(",")}]\n`;
    if (/\b(ip( -\w+)* (n|neigh\w*)|arp)\b/.test(line) && !/-j|monitor/.test(line)) {
      const lines = normal.split(/(?<=\n)/);
      const head = lines[0]?.startsWith("Address ") ? [lines.shift()!] : [];
      normal = [...head, ...lines.sort()].join("");
    }
    return normal;
  }
}

export function normal(all: readonly Said[]): Said[] {
  const normalizer = new Normal();
  return all.map((said) => normalizer.said(said));
}
