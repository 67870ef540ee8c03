// How long an address is there, as listings of both families say it.
// Before you edit: iproute2 ip/ipaddress.c (print_lifetime, print_addrinfo).
import type { LifeLeft } from "../../ip/address.ts";

/** `valid_lft forever preferred_lft 20sec`. */
export function lifetimeText({ valid, preferred }: LifeLeft): string {
  return `valid_lft ${secondsText(valid)} preferred_lft ${secondsText(preferred)}`;
}

function secondsText(seconds: number | null): string {
  return seconds === null ? "forever" : `${seconds}sec`;
}

/** A lifetime that never ends. */
const FOREVER = 0xffffffff;

export function lifetimeJson({ valid, preferred }: LifeLeft): object {
  return { valid_life_time: valid ?? FOREVER, preferred_life_time: preferred ?? FOREVER };
}
