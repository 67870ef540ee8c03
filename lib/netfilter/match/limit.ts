// -m limit: at most so many packets in a time, and so many at once. iptables-nft makes nftables' own limit of it, whose
// bucket is filled by the nanosecond; ip_tables fills one by the jiffy.
// Before you edit: net/netfilter/nft_limit.c (nft_limit_init, nft_limit_eval), iptables/nft.c (add_nft_limit),
// nft-shared.c (nft_parse_limit), extensions/libxt_limit.c.
import type { MatchExtension } from "../extension.ts";
import { Refused } from "../refused.ts";
import { rateOf, readRate } from "../text/rate.ts";
import { readNumber } from "../text/values.ts";

/** Parts of a second (XT_LIMIT_SCALE). */
const SCALE = 10000;
const BURST = 5;

interface Value {
  /** So many packets in `seconds`. */
  readonly rate: number;
  readonly seconds: number;
  readonly unit: string;
  readonly burst: number;
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
  // The kernel takes no burst for the usual one.
  finish: ({ period, burst }) => ({ ...rateOf(period, SCALE), burst: burst === 0 ? BURST : burst }),
  save: (value) => `--limit ${rateText(value)}${value.burst === BURST ? "" : ` --limit-burst ${value.burst}`}`,
  list: (value) => `limit: avg ${rateText(value)} burst ${value.burst}`,
  compile({ rate, seconds, burst }) {
    const cost = Math.floor((seconds * 1e9) / rate);
    const most = cost * burst;
    let tokens = most;
    let last: number | null = null;
    return ({ net: { now } }) => {
      tokens = Math.min(tokens + (last === null ? 0 : now - last), most);
      last = now;
      if (tokens < cost) return false;
      tokens -= cost;
      return true;
    };
  },
  miss: (value) => ({ field: "limit", wanted: `${rateText(value)} burst ${value.burst}`, had: "more" }),
};

function rateText({ rate, unit }: Value): string {
  return `${rate}/${unit}`;
}
