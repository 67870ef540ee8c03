// What nft says of a line it does not take: the place, the line and a mark under the words.
// Before you edit: nftables src/erec.c (erec_print), src/mnl.c (mnl_err_list), src/libnftables.c (nft_netlink).
import type { Token } from "./lexer.ts";

/** Where in a text, by offsets. */
export interface Place {
  readonly from: number;
  readonly to: number;
}

export class Problem extends Error {
  readonly place: Place;
  /** What it is at odds with, marked too. */
  readonly beside: Place | null;

  constructor(message: string, place: Place, beside: Place | null = null) {
    super(message);
    this.place = place;
    this.beside = beside;
  }
}

/** What the kernel answers, in the tool's words. */
const ERRNO = {
  EEXIST: "File exists",
  ENOENT: "No such file or directory",
  EBUSY: "Device or resource busy",
  EOPNOTSUPP: "Operation not supported",
  EMLINK: "Too many links",
  EINVAL: "Invalid argument",
  EMFILE: "Too many open files",
} as const;

export function kernelSays(errno: keyof typeof ERRNO, place: Place): Problem {
  return new Problem(`Could not process rule: ${ERRNO[errno]}`, place);
}

export function unexpected(token: Token): Problem {
  return new Problem(
    `syntax error, unexpected ${token.kind === "sign" ? signName(token.text) : kindName(token)}`,
    token,
  );
}

const SIGNS: Readonly<Record<string, string>> = {
  ";": "semicolon",
  "\n": "newline",
  "{": "'{'",
  "}": "'}'",
  ",": "comma",
  ".": ".",
  "-": "-",
  "/": "/",
  "=": "=",
  "@": "@",
};
const signName = (text: string): string => SIGNS[text] ?? `'${text}'`;
const kindName = ({ kind, text }: Token): string =>
  kind === "end"
    ? "end of file"
    : kind === "quoted"
      ? "quoted string"
      : kind === "number"
        ? "number"
        : KEYWORDS.has(text)
          ? text
          : "string";
const KEYWORDS = new Set([
  "table",
  "chain",
  "set",
  "map",
  "accept",
  "drop",
  "counter",
  "ip",
  "ip6",
  "tcp",
  "udp",
  "meta",
  "ct",
]);

/** As nft prints it; `file` is null for a command line. */
export function complaint({ message, place, beside }: Problem, text: string, file: string | null): string {
  const start = text.lastIndexOf("\n", place.from - 1) + 1;
  const end = text.indexOf("\n", place.from);
  const line = text.slice(start, end === -1 ? text.length : end);
  const from = place.from - start;
  const to = Math.max(from + 1, Math.min(place.to - start, line.length + 1));
  const isBeside = (at: number) => beside !== null && at >= beside.from - start && at < beside.to - start;
  const before = [...line.slice(0, from)].map((sign, i) => (isBeside(i) ? "~" : sign === "\t" ? sign : " ")).join("");
  const marks = `${before}${"^".repeat(to - from)}`;
  const row = text.slice(0, start).split("\n").length;
  const where = file === null ? "" : `${file}:${row}:${from + 1}-${to}: `;
  return `${where}Error: ${message}\n${line}\n${marks}\n`;
}
