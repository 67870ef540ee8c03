// -m rpfilter: whether an answer would leave by the device that the packet came in by.
// Before you edit: net/ipv4/netfilter/ipt_rpfilter.c, net/ipv6/netfilter/ip6t_rpfilter.c, extensions/libxt_rpfilter.c.
import type { MatchExtension } from "../extension.ts";

const FLAGS = ["loose", "validmark", "accept-local", "invert"] as const;
type Flag = (typeof FLAGS)[number];
type Value = readonly Flag[];

export const rpfilter: MatchExtension<Value, { flags: Set<Flag> }> = {
  name: "rpfilter",
  families: [4, 6],
  tables: ["raw", "mangle"],
  hooks: ["PREROUTING"],
  options: FLAGS.map((flag) => ({
    name: flag,
    takes: "nothing",
    set(draft) {
      draft.flags.add(flag);
    },
  })),
  draft: () => ({ flags: new Set() }),
  finish: ({ flags }) => FLAGS.filter((flag) => flags.has(flag)),
  save: (flags) => flags.map((flag) => `--${flag}`).join(" "),
  list: (flags) => ["rpfilter", ...flags].join(" "),
  compile(flags) {
    const inverted = flags.includes("invert");
    const how = {
      isLoose: flags.includes("loose"),
      usesMark: flags.includes("validmark"),
      acceptsLocal: flags.includes("accept-local"),
    };
    return (skb) => skb.net.hasReversePath(skb, how) !== inverted;
  },
  miss: (flags, { packet: { src }, in: device }) => ({
    field: "reverse path",
    wanted: flags.includes("invert") ? `another device than ${device?.name}` : `to ${src} by ${device?.name}`,
    had: flags.includes("invert") ? "this one" : "another way, or none",
  }),
};
