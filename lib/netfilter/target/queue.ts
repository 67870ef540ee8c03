// -j NFQUEUE and -j QUEUE: a program of the machine is to decide. None listens here, so the packet is dropped, or let
// through where the rule says bypass.
// Before you edit: net/netfilter/xt_NFQUEUE.c, nf_queue.c (nf_queue), extensions/libxt_NFQUEUE.c.
import type { TargetExtension } from "../extension.ts";
import { Refused } from "../refused.ts";
import { readNumber, readRange } from "../text/values.ts";

interface Value {
  /** The first queue, and how many flows are spread over. */
  readonly queue: number;
  readonly total: number;
  readonly bypass: boolean;
  readonly cpuFanout: boolean;
}
type Draft = { -readonly [K in keyof Value]: Value[K] };

export const NFQUEUE: TargetExtension<Value, Draft> = {
  name: "NFQUEUE",
  families: [4, 6],
  options: [
    {
      name: "queue-num",
      takes: "value",
      excludes: ["queue-balance"],
      set(draft, word) {
        draft.queue = readNumber(word, "NFQUEUE", "queue-num", 0xffff);
      },
    },
    {
      name: "queue-balance",
      takes: "value",
      excludes: ["queue-num"],
      set(draft, word) {
        const [first, last] = readRange(word, "NFQUEUE", "queue-balance", 0xffff);
        if (!word.includes(":")) throw new Refused(`Bad range "${word}"`);
        if (first >= last) throw new Refused(`${first} should be less than ${last}`);
        draft.queue = first;
        draft.total = (last - first + 1) & 0xffff;
      },
    },
    {
      name: "queue-bypass",
      takes: "nothing",
      set(draft) {
        draft.bypass = true;
      },
    },
    {
      name: "queue-cpu-fanout",
      takes: "nothing",
      needs: ["queue-balance"],
      set(draft) {
        draft.cpuFanout = true;
      },
    },
  ],
  draft: () => ({ queue: 0, total: 1, bypass: false, cpuFanout: false }),
  finish: (draft) => ({ ...draft }),
  check: ({ total }) => (total === 0 ? "EINVAL" : null),
  save({ queue, total, bypass, cpuFanout }) {
    const words = [total > 1 ? `--queue-balance ${queue}:${queue + total - 1}` : `--queue-num ${queue}`];
    if (bypass) words.push("--queue-bypass");
    if (cpuFanout) words.push("--queue-cpu-fanout");
    return words.join(" ");
  },
  list({ queue, total, bypass, cpuFanout }) {
    const words = [`NFQUEUE ${total > 1 ? `balance ${queue}:${queue + total - 1}` : `num ${queue}`}`];
    if (bypass) words.push("bypass");
    if (cpuFanout) words.push("cpu-fanout");
    return words.join(" ");
  },
  compile:
    ({ bypass }) =>
    () =>
      bypass ? "ACCEPT" : "DROP",
  because: ({ queue, total, bypass }) =>
    `nobody listens to queue ${total > 1 ? `${queue} to ${queue + total - 1}` : queue}: ${bypass ? "accepted, as --queue-bypass says" : "dropped"}`,
};

export const QUEUE: TargetExtension<null> = {
  name: "QUEUE",
  families: [4, 6],
  options: [],
  draft: () => null,
  finish: () => null,
  // A verdict of ip_tables; nf_tables looks for a target of this name, and has none.
  check: (_value, { backEnd }) => (backEnd === "nft" ? "ENOENT" : null),
  save: () => "",
  list: () => "",
  compile: () => () => "DROP",
  because: () => "nobody listens to queue 0: dropped",
};
