// A packet as tcpdump prints it: its number, the time, the line, and its octets below.
// Before you edit: tcpdump 4.99 print.c (pretty_print_packet), util-print.c (ts_print), print-ascii.c (ascii_print),
// print-sll.c (sll2_if_print), print-raw.c.
import { EPOCH } from "../lab/lab.ts";
import type { Device } from "../link/device.ts";
import { MICROSECOND, SECOND } from "../trace/world.ts";
import { frameBytes, frameLength } from "../wire/bytes.ts";
import { type DescribeOptions, describe } from "../wire/describe.ts";
import { hexAndText, hexRows } from "../wire/describe-hex.ts";
import { TcpSequences } from "../wire/describe-tcp.ts";
import { BROADCAST_MAC } from "../wire/mac.ts";
import type { Frame } from "../wire/packet.ts";
import type { TcpdumpOptions } from "./tcpdump-arguments.ts";

/** The octets of an Ethernet header. */
const LINK = 14;

/** A frame as the device carries it: a tunnel's packets have no header around them. */
export function octetsOn(frame: Frame, { isBare }: Device): Uint8Array {
  const octets = frameBytes(frame);
  return isBare ? octets.subarray(LINK) : octets;
}

/** What one run of tcpdump prints: lines know those before them. */
export class Lines {
  private readonly options: TcpdumpOptions;
  private readonly describeOptions: DescribeOptions;
  private number = 0;
  private first: number | null = null;
  private last: number | null = null;

  constructor(options: TcpdumpOptions) {
    this.options = options;
    const { link, quiet, verbose, absolute } = options;
    this.describeOptions = {
      link,
      quiet,
      verbose: verbose as 0 | 1 | 2,
      ...(!absolute && { sequences: new TcpSequences() }),
    };
  }

  /** A frame on a device that is listened to, of all of them (`-i any`) or alone. */
  captured(now: number, frame: Frame, device: Device, isAny: boolean, direction: "in" | "out"): string {
    const line = isAny
      ? cooked(device, frame, direction, this.describeOptions)
      : device.isBare
        ? raw(frame, this.describeOptions)
        : describe(frame, this.describeOptions);
    return this.line(now, line, frame, !isAny && !device.isBare);
  }

  /** A frame of a file. */
  readBack(now: number, frame: Frame): string {
    return this.line(now, describe(frame, this.describeOptions), frame, true);
  }

  private line(now: number, text: string, frame: Frame, hasLink: boolean): string {
    const number = this.options.numbered ? `${++this.number}  `.padStart(7) : "";
    return `${number}${this.stamp(now)}${text}${this.octets(frame, hasLink)}\n`;
  }

  /** The time of day, nothing, seconds since the lab began, since the line before, with the date, since the first line. */
  private stamp(now: number): string {
    this.first ??= now;
    const before = this.last ?? now;
    this.last = now;
    switch (this.options.time) {
      case 1:
        return "";
      case 2:
        return `${Math.floor(now / SECOND)}.${micros(now)} `;
      case 3:
        return ` ${timeOfDay(now - before)} `;
      case 4:
        return `${new Date(Number(EPOCH / 1_000_000n) + now / 1e6).toISOString().slice(0, 10)} ${timeOfDay(now)} `;
      case 5:
        return ` ${timeOfDay(now - this.first)} `;
      default:
        return `${timeOfDay(now)} `;
    }
  }

  private octets(frame: Frame, hasLink: boolean): string {
    const { dump, dumpsLink } = this.options;
    if (dump === null) return "";
    const octets = frameBytes(frame).subarray(dumpsLink && hasLink ? 0 : LINK);
    return dump === "X" ? hexAndText(octets) : dump === "x" ? hexRows(octets, "\t") : `\n${readable(octets)}`;
  }
}

/** What can be read of octets; a carriage return is left out before a line feed. */
function readable(octets: Uint8Array): string {
  let text = "";
  for (const [i, octet] of octets.entries())
    if (octet === 0x0d && octets[i + 1] === 0x0a) continue;
    else text += octet === 9 || octet === 10 || (octet >= 32 && octet < 127) ? String.fromCharCode(octet) : ".";
  return text;
}

/** A device that carries packets without a frame around them (raw_if_print). */
function raw(frame: Frame, options: DescribeOptions): string {
  if (!options.link) return describe(frame, options);
  const text = describe(frame, options);
  return `ip: ${text.slice(text.indexOf(": ", text.indexOf(", length ")) + 2)}`;
}

/** A line of `-i any`: which device, which way, and the link layer as LINUX_SLL2 has it. */
function cooked(device: Device, frame: Frame, direction: "in" | "out", options: DescribeOptions): string {
  const way =
    direction === "out"
      ? "Out"
      : frame.dst === BROADCAST_MAC
        ? "B"
        : frame.dst.isGroup
          ? "M"
          : frame.dst === device.mac
            ? "In"
            : "P";
  const head = `${device.name.padEnd(5)} ${way.padEnd(3)} `;
  const text = describe(frame, options);
  if (!options.link) return head + text;
  // The addresses make way for the index and the sender's; a header of 20 octets stands for the 14 of Ethernet.
  const from = text.indexOf(", ") + 2;
  const length = `length ${frameLength(frame)}:`;
  const at = text.indexOf(length);
  return `${head}ifindex ${device.index} ${frame.src} ${text.slice(from, at)}length ${frameLength(frame) + 6}:${text.slice(at + length.length)}`;
}

function micros(time: number): string {
  return `${Math.floor((time % SECOND) / MICROSECOND)}`.padStart(6, "0");
}

function timeOfDay(time: number): string {
  const seconds = Math.floor(time / SECOND);
  const parts = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60];
  return `${parts.map((part) => `${part}`.padStart(2, "0")).join(":")}.${micros(time)}`;
}
