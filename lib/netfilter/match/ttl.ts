// -m ttl and -m hl: how many more routers a packet may pass.
// Before you edit: net/netfilter/xt_hl.c, extensions/libipt_ttl.c, libip6t_hl.c.
import type { Family, MatchExtension } from "../extension.ts";
import { Refused } from "../refused.ts";
import type { IpPacket } from "../skb.ts";
import { readNumber } from "../text/values.ts";

const SIGNS = { eq: "==", ne: "!=", lt: "<", gt: ">" } as const;

interface Value {
  readonly sign: keyof typeof SIGNS;
  readonly hops: number;
}
type Draft = { value: Value | null };

function hopsMatch(name: "ttl" | "hl", family: Family, complaint: string): MatchExtension<Value, Draft> {
  const options = ["lt", "gt", "eq"].map((sign) => `${name}-${sign}`);
  const option = (sign: "lt" | "gt" | "eq") => ({
    name: `${name}-${sign}`,
    aliases: sign === "eq" ? [name] : [],
    takes: "value" as const,
    ...(sign === "eq" && { invertible: true as const }),
    excludes: options.filter((other) => other !== `${name}-${sign}`),
    set(draft: Draft, word: string, inverted: boolean) {
      const hops = readNumber(word, name, `${name}-${sign}`, 255);
      draft.value = { sign: inverted ? "ne" : sign, hops };
    },
  });
  const title = name.toUpperCase();
  return {
    name,
    families: [family],
    options: [option("lt"), option("gt"), option("eq")],
    draft: () => ({ value: null }),
    finish({ value }) {
      if (value === null) throw new Refused(complaint);
      return value;
    },
    save: ({ sign, hops }) => `${sign === "ne" ? `! --${name}-eq` : `--${name}-${sign}`} ${hops}`,
    list: ({ sign, hops }) => `${title} match ${title} ${SIGNS[sign]} ${hops}`,
    compile({ sign, hops }) {
      if (sign === "eq") return ({ packet }) => hopsOf(packet) === hops;
      if (sign === "ne") return ({ packet }) => hopsOf(packet) !== hops;
      return sign === "lt" ? ({ packet }) => hopsOf(packet) < hops : ({ packet }) => hopsOf(packet) > hops;
    },
    miss: ({ sign, hops }, { packet }) => ({ field: name, wanted: `${SIGNS[sign]} ${hops}`, had: `${hopsOf(packet)}` }),
  };
}

export const ttl = hopsMatch("ttl", 4, "TTL match: You must specify one of `--ttl-eq', `--ttl-lt', `--ttl-gt");
export const hl = hopsMatch("hl", 6, "HL match: You must specify one of `--hl-eq', `--hl-lt', `--hl-gt'");

function hopsOf(packet: IpPacket): number {
  return packet.kind === "ipv4" ? packet.ttl : packet.hopLimit;
}
