// Boxes and packets in words that rules are written in.
import { Ipv4 } from "../../wire/address.ts";
import { PROTOCOL, TCP_FLAG } from "../../wire/packet.ts";
import { protocolName } from "../text/protocol.ts";
import { CT_STATES } from "./matches.ts";
import type { DeviceNames } from "./names.ts";
import { AT, type Box, complement, EVERYTHING, meetRanges, type Ranges, size } from "./space.ts";
import type { Witness } from "./witness.ts";

const MOST = 4;

/** `tcp from 10.0.0.0/8 to 10.96.0.10:80`; what may be anything is left out. */
export function boxText(box: Box, devices: DeviceNames): string {
  const of = (field: keyof typeof AT) => box[AT[field]]!;
  const isAny = (field: keyof typeof AT) => size(of(field)) >= size(EVERYTHING[AT[field]]!);
  const name = (each: number) => protocolName(each) ?? `${each}`;
  const others = complement(of("proto"), "proto");
  const protocols = size(others) <= MOST ? `all but ${list(others, name)}` : list(of("proto"), name);
  const hasPorts = !contains(of("proto"), PROTOCOL.icmp);
  const end = (address: "src" | "dst", port: "sport" | "dport") => {
    const where = isAny(address) ? "anywhere" : list(of(address), (each) => Ipv4.of(each).text, networkText);
    return !hasPorts || isAny(port) ? where : `${where}:${list(of(port), String)}`;
  };
  const words = [isAny("proto") ? "all" : protocols, "from", end("src", "sport"), "to", end("dst", "dport")];
  if (protocols === "icmp" && size(of("sport")) < 256) words.push(`type ${list(of("sport"), String)}`);
  const [first, last] = of("in");
  if (first === last && first !== 0) words.push("in", devices.names[first!]!);
  return words.join(" ");
}

const contains = (ranges: Ranges, value: number): boolean => meetRanges(ranges, [value, value]).length > 0;

function list(
  ranges: Ranges,
  text: (value: number) => string,
  both?: (first: number, last: number) => string | null,
): string {
  const parts: string[] = [];
  for (let i = 0; i < ranges.length; i += 2) {
    const [first, last] = [ranges[i]!, ranges[i + 1]!];
    parts.push(first === last ? text(first) : (both?.(first, last) ?? `${text(first)}-${text(last)}`));
  }
  if (parts.length <= MOST) return parts.join(",");
  return `${parts.slice(0, MOST - 1).join(",")},... (${parts.length} ranges)`;
}

function networkText(first: number, last: number): string | null {
  const length = 32 - Math.log2(last - first + 1);
  return Number.isInteger(length) && first % (last - first + 1) === 0 ? `${Ipv4.of(first).text}/${length}` : null;
}

/** `in eth0 tcp 198.51.100.7:40000 > 10.96.0.10:80 syn`, with what a table is told besides. */
export function witnessText({ hook, point, packet, mark }: Witness, devices: DeviceNames): string {
  const name = (field: "in" | "out") => devices.names[point[AT[field]]!]!;
  const { src, dst, body } = packet;
  const words: string[] = [hook];
  if (name("in") !== "") words.push(`in ${name("in")}`);
  if (name("out") !== "") words.push(`out ${name("out")}`);
  if (body.kind === "tcp" || body.kind === "udp") {
    words.push(`${body.kind} ${src}:${body.srcPort} > ${dst}:${body.dstPort}`);
    if (body.kind === "tcp") words.push(flagsText(body.flags));
  } else if (body.kind === "icmp") words.push(`icmp type ${body.type} code ${body.code} ${src} > ${dst}`);
  else words.push(`protocol ${point[AT.proto]} ${src} > ${dst}`);
  const ct = point[AT.ct]!;
  words.push(`${CT_STATES[ct >> 2]}${ct & 1 ? ",SNAT" : ""}${ct & 2 ? ",DNAT" : ""}`);
  if (mark !== 0) words.push(`mark 0x${mark.toString(16)}`);
  return words.join(" ");
}

export function flagsText(flags: number): string {
  const named = Object.entries(TCP_FLAG).filter(([, bit]) => (flags & bit) !== 0);
  return named.length === 0 ? "none" : named.map(([name]) => name).join(",");
}
