// -m limit: at most so many packets in a time, and so many at once. iptables-nft makes nftables' own limit of it, whose
// bucket is filled by the nanosecond; ip_tables fills one by the jiffy.
// Before you edit: net/netfilter/nft_limit.c (nft_limit_init, nft_limit_eval), xt_limit.c, iptables/nft.c (add_nft_limit),
// nft-shared.c (nft_parse_limit), extensions/libxt_limit.c.
import type { MatchExtension } from "../extension.ts";
import { HZ, jiffiesAt } from "../jiffies.ts";
import { Refused } from "../refused.ts";
import { rateOf, readRate } from "../text/rate.ts";
import { readNumber } from "../text/values.ts";

/** Parts of a second (XT_LIMIT_SCALE). */
const SCALE = 10000;
const BURST = 5;
/** Credits of ip_tables for a jiffy, so many that the slowest rate, one packet a day, just fits into 32 bits. */
const PER_JIFFY = 1 << Math.floor(Math.log2(0xffffffff / (HZ * 86400)));

interface Value {
  /** So many packets in `seconds`. */
  readonly rate: number;
  readonly seconds: number;
  readonly unit: string;
  readonly burst: number;
  /** ip_tables': the parts of a second between two packets. */
  readonly period: number | null;
}
type Draft = { period: number; burst: number };

export const limit: MatchExtension<Value, Draft> = {
  name: "limit",
  families: [4, 6],
  options: [
    {
      name: "limit",
      takes: "value",
      set(draft, word) {
        const read = readRate(word, SCALE);
        if (read === null) throw new Refused(`bad rate "${word}"'`);
        draft.period = read.period;
      },
    },
    {
      name: "limit-burst",
      takes: "value",
      set(draft, word) {
        draft.burst = readNumber(word, "limit", "limit-burst", 10000);
      },
    },
  ],
  draft: () => ({ period: SCALE * 1200, burst: BURST }),
  finish: ({ period, burst }, { backEnd }) =>
    backEnd === "legacy"
      ? { ...rateOf(period, SCALE), burst, period }
      : // nf_tables takes no burst for the usual one.
        { ...rateOf(period, SCALE), burst: burst === 0 ? BURST : burst, period: null },
  check: ({ period, burst }) =>
    period !== null && (burst === 0 || creditsOf(period * burst) < creditsOf(period)) ? "ERANGE" : null,
  save: (value) => `--limit ${rateText(value)}${value.burst === BURST ? "" : ` --limit-burst ${value.burst}`}`,
  list: (value) => `limit: avg ${rateText(value)} burst ${value.burst}`,
  compile({ rate, seconds, burst, period }) {
    const cost = period === null ? Math.floor((seconds * 1e9) / rate) : creditsOf(period);
    const most = period === null ? cost * burst : creditsOf(period * burst);
    const timeOf = period === null ? (now: number) => now : (now: number) => jiffiesAt(now) * PER_JIFFY;
    let tokens = most;
    let last: number | null = null;
    return ({ net }) => {
      const now = timeOf(net.now);
      tokens = Math.min(tokens + (last === null ? 0 : now - last), most);
      last = now;
      if (tokens < cost) return false;
      tokens -= cost;
      return true;
    };
  },
  miss: (value) => ({ field: "limit", wanted: `${rateText(value)} burst ${value.burst}`, had: "more" }),
};

/** What parts of a second are worth in credits, in 32 bits (user2credits). */
function creditsOf(parts: number): number {
  const user = parts >>> 0;
  const each = HZ * PER_JIFFY;
  return user > 0xffffffff / each ? Math.imul(Math.floor(user / SCALE), each) >>> 0 : Math.floor((user * each) / SCALE);
}

function rateText({ rate, unit }: Value): string {
  return `${rate}/${unit}`;
}
