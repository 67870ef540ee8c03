// Records as BIND's tools write them: names with their dots, and data in the words of a zone file.
// Before you edit: bind9 lib/dns/rdata/*/*.c (totext), lib/dns/masterdump.c (indent, rdataset_totext), lib/dns/name.c.
import { type DnsData, type DnsRecord, typeName } from "../../wire/dns.ts";

/** `www.example.com`, and `.` of the root: as dns_name_format writes a name. */
export const plain = (name: string): string => (name === "." ? "." : name.replace(/\.$/, ""));

/** The data of a record, as a zone file has it. */
export function dataText(data: DnsData): string {
  switch (data.kind) {
    case "address":
      return data.address.text;
    case "name":
      return data.name;
    case "soa": {
      const { server, contact, serial, refresh, retry, expire, minimum } = data;
      return [server, contact, serial, refresh, retry, expire, minimum].join(" ");
    }
    case "srv":
      return `${data.priority} ${data.weight} ${data.port} ${data.target}`;
    case "text":
      return data.texts.map((each) => `"${each.replace(/["\\]/g, "\\$&")}"`).join(" ");
    case "octets":
      return `\\# ${data.octets.length}${data.octets.length === 0 ? "" : ` ${hex(data.octets)}`}`;
  }
}

export const hex = (octets: Uint8Array): string =>
  [...octets].map((each) => each.toString(16).padStart(2, "0").toUpperCase()).join("");

/** Columns of time to live, class, type and data. */
const COLUMNS = [24, 32, 40, 48] as const;

/** A line of words in dig's columns: tabs to the next one, or a space where a word is too long. */
function columns(name: string, words: readonly string[], from: number): string {
  let text = name;
  let at = name.length;
  for (const [i, word] of words.entries()) {
    const to = Math.max(COLUMNS[from + i]!, at + 1);
    const tabs = Math.floor(to / 8) - Math.floor(at / 8);
    text += "\t".repeat(tabs) + " ".repeat(tabs > 0 ? to % 8 : to - at) + word;
    at = to + word.length;
  }
  return text;
}

const CLASSES: Readonly<Record<number, string>> = { 1: "IN", 3: "CH", 4: "HS", 255: "ANY" };

export const className = (of: number): string => CLASSES[of] ?? `CLASS${of}`;

/** `www.example.com.	30	IN	A	93.184.216.34` */
export function recordLine({ name, ttl, class: of, type, data }: DnsRecord): string {
  return columns(name, [`${ttl}`, className(of), typeName(type), dataText(data)], 0);
}

/** `;www.example.com.		IN	A` */
export function questionLine(name: string, of: number, type: number): string {
  return `;${columns(name, [className(of), typeName(type)], 1)}`;
}
