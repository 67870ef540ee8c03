// Weights compared as the kernel does it: whole numbers of 64 bits, no division.
import type { Service } from "./service.ts";

/** Whether a / weightA is more than b / weightB. */
export function isDearer(a: number, weightA: number, b: number, weightB: number): boolean {
  const [left, right] = [a * weightB, b * weightA];
  if (left <= Number.MAX_SAFE_INTEGER && right <= Number.MAX_SAFE_INTEGER) return left > right;
  return BigInt(a) * BigInt(weightB) > BigInt(b) * BigInt(weightA);
}

/** The greatest number that divides all weights above 0; 0 if there are none. */
export function commonDivisor(service: Service, which: "weight" | "lastWeight"): number {
  let divisor = 0;
  for (let each = service.first; each !== null; each = each.next)
    if (each[which] > 0) divisor = gcd(each[which], divisor);
  return divisor;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
