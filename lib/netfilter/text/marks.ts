// `0x4000/0x4000`: a number and which of its bits count. Before you edit: libxtables/xtoptions.c (xtopt_parse_markmask).
import { Refused } from "../refused.ts";

/** Both unsigned 32 bit. */
export interface MarkMask {
  readonly mark: number;
  readonly mask: number;
}

/** Throws Refused in xtables' words unless it is NUMBER or NUMBER/NUMBER, decimal, 0x or octal as strtoul takes them. */
export function readMarkMask(word: string, extension: string, option: string): MarkMask {
  const [first = "", second, ...rest] = word.split("/");
  const mark = number32(first);
  const mask = second === undefined ? 0xffffffff : number32(second);
  if (mark === null || mask === null || rest.length > 0)
    throw new Refused(`${extension}: bad mark value for option "--${option}", or out of range.`);
  return { mark, mask };
}

/** An unsigned number as strtoul reads it with base 0; null when it is none or needs more than 32 bits. */
export function number32(word: string): number | null {
  if (!/^(0[xX][\da-fA-F]+|0[0-7]*|[1-9]\d*)$/.test(word)) return null;
  const value = /^0[0-7]+$/.test(word) ? Number.parseInt(word, 8) : Number(word);
  return value <= 0xffffffff ? value : null;
}

export function hex(mark: number): string {
  return `0x${mark.toString(16)}`;
}
