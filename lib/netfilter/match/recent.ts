// -m recent: addresses that were seen before, in lists by name.
// Before you edit: net/netfilter/xt_recent.c (recent_mt, recent_seq_show), extensions/libxt_recent.c.
import type { Ip } from "../../wire/address.ts";
import type { MatchExtension, Option } from "../extension.ts";
import { jiffiesAt } from "../jiffies.ts";
import { Refused } from "../refused.ts";
import type { Skb } from "../skb.ts";
import { readNumericAddress } from "../text/address.ts";
import { readHost, readNumber } from "../text/values.ts";

const ACTIONS = ["set", "rcheck", "update", "remove"] as const;
const LISTED = { set: "SET", rcheck: "CHECK", update: "UPDATE", remove: "REMOVE" } as const;
/** XT_RECENT_NAME_LEN, with the zero at its end. */
const LONGEST_NAME = 200;
/** XT_RECENT_MAX_NSTAMPS. */
const MOST_HITS = 65536;

export interface RecentValue {
  readonly action: (typeof ACTIONS)[number];
  readonly inverted: boolean;
  /** 0: of any age. */
  readonly seconds: number;
  readonly reap: boolean;
  /** 0: one. */
  readonly hits: number;
  readonly ttl: boolean;
  readonly name: string;
  readonly side: "source" | "dest";
  readonly mask: Ip;
}
type Draft = { -readonly [K in keyof RecentValue]: RecentValue[K] | null };

export const recent: MatchExtension<RecentValue, Draft> = {
  name: "recent",
  families: [4, 6],
  options: [
    ...ACTIONS.map(
      (action): Option<Draft> => ({
        name: action,
        takes: "nothing",
        invertible: true,
        excludes: ACTIONS.filter((other) => other !== action),
        set(draft, _word, inverted) {
          draft.action = action;
          draft.inverted ||= inverted;
        },
      }),
    ),
    {
      name: "seconds",
      takes: "value",
      set(draft, word) {
        draft.seconds = readNumber(word, "recent", "seconds", 0xffffffff, 1);
      },
    },
    {
      name: "reap",
      takes: "nothing",
      needs: ["seconds"],
      set(draft) {
        draft.reap = true;
      },
    },
    {
      name: "hitcount",
      takes: "value",
      set(draft, word) {
        draft.hits = readNumber(word, "recent", "hitcount", 0xffffffff);
      },
    },
    {
      name: "rttl",
      takes: "nothing",
      excludes: ["set", "remove"],
      set(draft) {
        draft.ttl = true;
      },
    },
    {
      name: "name",
      takes: "value",
      set(draft, word) {
        draft.name = word.slice(0, LONGEST_NAME - 1);
      },
    },
    {
      name: "rsource",
      takes: "nothing",
      set(draft) {
        draft.side = "source";
      },
    },
    {
      name: "rdest",
      takes: "nothing",
      set(draft) {
        draft.side = "dest";
      },
    },
    {
      name: "mask",
      takes: "value",
      set(draft, word, _inverted, { family }) {
        draft.mask = readHost(word, family);
        if (draft.mask === null) throw new Refused("getaddrinfo: Name or service not known\n");
      },
    },
  ],
  draft: () => ({
    action: null,
    inverted: false,
    seconds: 0,
    reap: false,
    hits: 0,
    ttl: false,
    name: "DEFAULT",
    side: "source",
    mask: null,
  }),
  finish(draft, { family }) {
    if (draft.action === null)
      throw new Refused("recent: you must specify one of `--set', `--rcheck' `--update' or `--remove'");
    const mask =
      draft.mask ?? readNumericAddress(family === 4 ? "255.255.255.255" : "ffff:".repeat(7) + "ffff", family);
    return { ...draft, mask } as RecentValue;
  },
  check({ action, seconds, hits, ttl, reap, name }) {
    if ((action === "set" || action === "remove") && (seconds > 0 || hits > 0 || ttl || reap)) return "EINVAL";
    if (hits >= MOST_HITS) return "EINVAL";
    return name === "" || name === "." || name === ".." || name.includes("/") ? "EINVAL" : null;
  },
  save({ action, inverted, seconds, reap, hits, ttl, name, side, mask }) {
    const words = [`${inverted ? "! " : ""}--${action}`];
    if (seconds !== 0) words.push(`--seconds ${seconds | 0}`);
    if (reap) words.push("--reap");
    if (hits !== 0) words.push(`--hitcount ${hits | 0}`);
    if (ttl) words.push("--rttl");
    words.push(`--name ${name}`, `--mask ${mask}`, side === "source" ? "--rsource" : "--rdest");
    return words.join(" ");
  },
  list({ action, inverted, seconds, reap, hits, ttl, name, side, mask }) {
    const words = [`${inverted ? "! " : ""}recent: ${LISTED[action]}`];
    if (seconds !== 0) words.push(`seconds: ${seconds | 0}`);
    if (reap) words.push("reap");
    if (hits !== 0) words.push(`hit_count: ${hits | 0}`);
    if (ttl) words.push("TTL-Match");
    words.push(`name: ${name}`, `side: ${side}`, `mask: ${mask}`);
    return words.join(" ");
  },
  compile: (value) => (skb) => skb.net.recent.matches(value, skb, jiffiesAt(skb.net.now)),
  miss: (value, skb) => ({
    field: "recent",
    wanted: recent.save(value, 4),
    had: `${addressOf(value, skb)} was ${value.inverted ? "" : "not "}seen so`,
  }),
};

function addressOf({ side }: RecentValue, { packet }: Skb): Ip {
  return side === "source" ? packet.src : packet.dst;
}
