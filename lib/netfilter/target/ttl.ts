// -j TTL and -j HL: another number of routers that a packet may pass.
// Before you edit: net/netfilter/xt_HL.c, extensions/libipt_TTL.c, libip6t_HL.c.
import { withHopLimit, withTtl } from "../../wire/packet.ts";
import type { Family, TargetExtension } from "../extension.ts";
import { Refused } from "../refused.ts";
import type { IpPacket, Skb } from "../skb.ts";
import { readNumber } from "../text/values.ts";

const SAID = { set: "set to", dec: "decrement by", inc: "increment by" } as const;

interface Value {
  readonly how: keyof typeof SAID;
  readonly hops: number;
}
type Draft = { value: Value | null };

function hopsTarget(name: "TTL" | "HL", family: Family): TargetExtension<Value, Draft> {
  const low = name.toLowerCase();
  const options = ["set", "dec", "inc"].map((how) => `${low}-${how}`);
  const option = (how: Value["how"]) => ({
    name: `${low}-${how}`,
    takes: "value" as const,
    excludes: options.filter((other) => other !== `${low}-${how}`),
    set(draft: Draft, word: string) {
      draft.value = { how, hops: readNumber(word, name, `${low}-${how}`, 255, how === "set" ? 0 : 1) };
    },
  });
  return {
    name,
    families: [family],
    tables: ["mangle"],
    options: [option("set"), option("dec"), option("inc")],
    draft: () => ({ value: null }),
    finish({ value }) {
      if (value === null) throw new Refused(`${name}: You must specify an action`);
      return value;
    },
    check: ({ how, hops }) => (how !== "set" && hops === 0 ? "EINVAL" : null),
    save: ({ how, hops }) => `--${low}-${how} ${hops}`,
    list: ({ how, hops }) => `${name} ${SAID[how]} ${hops}`,
    compile:
      ({ how, hops }) =>
      (skb: Skb) => {
        const { packet } = skb;
        const had = hopsOf(packet);
        const now = how === "set" ? hops : how === "inc" ? Math.min(had + hops, 255) : Math.max(had - hops, 0);
        if (now !== had) skb.packet = packet.kind === "ipv4" ? withTtl(packet, now) : withHopLimit(packet, now);
        return "CONTINUE";
      },
    because: (_value, before, after) => `the ${name} ${hopsOf(before.packet)} becomes ${hopsOf(after.packet)}`,
  };
}

export const TTL = hopsTarget("TTL", 4);
export const HL = hopsTarget("HL", 6);

function hopsOf(packet: IpPacket): number {
  return packet.kind === "ipv4" ? packet.ttl : packet.hopLimit;
}
