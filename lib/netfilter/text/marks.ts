// `0x4000/0x4000`: a number and which of its bits count. Before you edit: libxtables/xtoptions.c (xtopt_parse_markmask), xtables.c
// (xtables_parse_val_mask)..
import { Refused } from "../refused.ts";
import { leadingNumber } from "./values.ts";

/** Both unsigned 32 bit. */
export interface MarkMask {
  readonly mark: number;
  readonly mask: number;
}

/** Throws Refused in xtables' words unless it is NUMBER or NUMBER/NUMBER, decimal, 0x or octal as strtoul takes them. */
export function readMarkMask(word: string, extension: string, option: string): MarkMask {
  const of = `for option "--${option}"`;
  const range = () => new Refused(`${extension}: bad integer value ${of}, or out of range.\n`);
  const first = leadingNumber(word);
  if (first === null || first.value > 0xffffffff) throw range();
  if (first.rest === "") return { mark: first.value, mask: 0xffffffff };
  const garbage = () => new Refused(`${extension}: trailing garbage after value ${of}.\n`);
  if (!first.rest.startsWith("/")) throw garbage();
  const second = leadingNumber(first.rest.slice(1));
  if (second === null || second.value > 0xffffffff) throw range();
  if (second.rest !== "") throw garbage();
  return { mark: first.value, mask: second.value };
}

export function hex(mark: number): string {
  return `0x${mark.toString(16)}`;
}
