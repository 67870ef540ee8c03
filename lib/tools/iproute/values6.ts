// IPv6 addresses and prefixes as iproute2 reads them.
// Before you edit: iproute2 lib/utils.c (get_addr_1, get_prefix_1).
import { type Ipv6, ipv6, UNSPECIFIED6 } from "../../wire/address6.ts";
import { BadInput } from "../../wire/input.ts";
import { unsigned } from "./values.ts";
import { Quit } from "./words.ts";

/** What a prefix was written as. `given` says whether it had a length. */
export interface PrefixWord6 {
  readonly address: Ipv6;
  readonly length: number;
  readonly given: boolean;
  /** `any` and `all` match every address; `default` is ::/0. */
  readonly any: boolean;
}

/** The address, or null when the word is none. */
export function readAddress6(word: string): Ipv6 | null {
  if (!/^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$/.test(word)) return null;
  try {
    return ipv6(word);
  } catch (failure) {
    if (failure instanceof BadInput) return null;
    throw failure;
  }
}

/** Whether a word is an IPv6 address or prefix: then it is about IPv6, whatever the options say. */
export function isAddress6(word: string): boolean {
  return readAddress6(word.split("/")[0]!) !== null;
}

/** `family` is what the complaint says: "inet6" when it is known, else "any valid". */
export function address6Of(word: string, family = "inet6"): Ipv6 {
  const address = ["default", "all", "any"].includes(word) ? UNSPECIFIED6 : readAddress6(word);
  if (address !== null) return address;
  throw new Quit(`Error: ${family} address is expected rather than "${word}".\n`, 1);
}

export function prefix6Of(word: string, family = "inet6"): PrefixWord6 {
  const wrong = () => new Quit(`Error: ${family} prefix is expected rather than "${word}".\n`, 1);
  if (word === "default") return { address: UNSPECIFIED6, length: 0, given: true, any: false };
  if (word === "all" || word === "any") return { address: UNSPECIFIED6, length: 0, given: false, any: true };
  const slash = word.indexOf("/");
  const address = readAddress6(slash === -1 ? word : word.slice(0, slash));
  if (address === null) throw wrong();
  if (slash === -1) return { address, length: 128, given: false, any: false };
  const length = unsigned(word.slice(slash + 1));
  if (length === null || length > 128) throw wrong();
  return { address, length, given: true, any: false };
}
