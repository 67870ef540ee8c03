// -j TCPMSS: a smaller largest segment in a SYN, so that what comes back fits the way.
// Before you edit: net/netfilter/xt_TCPMSS.c (tcpmss_mangle_packet), extensions/libxt_TCPMSS.c.

import { tcpOptionsLength } from "../../wire/bytes-transport.ts";
import { PROTOCOL } from "../../wire/packet.ts";
import type { Outcome, TargetExtension } from "../extension.ts";
import { Refused } from "../refused.ts";
import type { Skb } from "../skb.ts";
import { readNumber } from "../text/values.ts";

/** Octets, or what fits the way there and the way back. */
type Value = number | "clamp";
type Draft = { mss: Value | null };

/** The headers that are no segment: IP's and TCP's. */
const HEADERS = { 4: 40, 6: 60 } as const;
/** What a peer has to take that names no MSS (RFC 9293 §3.7.1). */
const USUAL = { 4: 536, 6: 1220 } as const;

export const TCPMSS: TargetExtension<Value, Draft> = {
  name: "TCPMSS",
  families: [4, 6],
  protocols: [PROTOCOL.tcp],
  options: [
    {
      name: "set-mss",
      takes: "value",
      set(draft, word, _inverted, { family }) {
        draft.mss = readNumber(word, "TCPMSS", "set-mss", 0xffff - (family === 4 ? 20 : 40));
      },
    },
    {
      name: "clamp-mss-to-pmtu",
      takes: "nothing",
      set(draft) {
        draft.mss = "clamp";
      },
    },
  ],
  draft: () => ({ mss: null }),
  finish({ mss }) {
    if (mss === null) throw new Refused("TCPMSS target: At least one parameter is required");
    return mss;
  },
  check: (mss, { hook }) => (mss === "clamp" && (hook === "PREROUTING" || hook === "INPUT") ? "EINVAL" : null),
  save: (mss) => (mss === "clamp" ? "--clamp-mss-to-pmtu" : `--set-mss ${mss}`),
  list: (mss) => (mss === "clamp" ? "TCPMSS clamp to PMTU" : `TCPMSS set ${mss}`),
  compile: (wanted, family) => (skb) => mangle(skb, wanted, family),
  because(_value, before, after) {
    const [had, has] = [mssOf(before), mssOf(after)];
    return had === has ? `the MSS stays ${had ?? "unsaid"}` : `the MSS ${had ?? "unsaid"} becomes ${has}`;
  },
};

function mangle(skb: Skb, wanted: Value, family: 4 | 6): Outcome {
  const { packet } = skb;
  const { body } = packet;
  if (body.kind !== "tcp") return "CONTINUE";
  let mss = wanted === "clamp" ? skb.net.pathMtu(skb) - HEADERS[family] : wanted;
  if (wanted === "clamp" && mss <= 0) return "DROP";
  const { mss: had } = body.options;
  if (had !== undefined) {
    // Never more: the sender could not take it.
    if (had <= mss) return "CONTINUE";
  } else {
    // With data behind the header there may be no room for an option.
    if (body.data.length > 0 || tcpOptionsLength(body.options) >= 40) return "CONTINUE";
    mss = Math.min(mss, USUAL[family]);
  }
  skb.packet = { ...packet, body: { ...body, options: { ...body.options, mss } } } as Skb["packet"];
  return "CONTINUE";
}

function mssOf({ packet: { body } }: Readonly<Skb>): number | undefined {
  return body.kind === "tcp" ? body.options.mss : undefined;
}
