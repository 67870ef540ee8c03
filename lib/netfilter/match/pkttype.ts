// -m pkttype: for whom the frame was. Before you edit: net/netfilter/xt_pkttype.c, extensions/libxt_pkttype.c.
import type { MatchExtension, Test } from "../extension.ts";
import { Refused } from "../refused.ts";
import type { Skb } from "../skb.ts";

type Kind = Skb["kind"] | "otherhost";
interface Value {
  readonly kind: Kind;
  readonly inverted: boolean;
}

const NAMES: Readonly<Record<string, Kind>> = {
  unicast: "unicast",
  broadcast: "broadcast",
  multicast: "multicast",
  otherhost: "otherhost",
  bcast: "broadcast",
  mcast: "multicast",
  host: "unicast",
};

export const pkttype: MatchExtension<Value, { value: Value }> = {
  name: "pkttype",
  families: [4, 6],
  options: [
    {
      name: "pkt-type",
      takes: "value",
      invertible: true,
      mandatory: true,
      set(draft, word, inverted) {
        const kind = NAMES[word.toLowerCase()];
        if (kind === undefined) throw new Refused(`Bad packet type '${word}'`);
        draft.value = { kind, inverted };
      },
    },
  ],
  draft: () => ({ value: { kind: "unicast", inverted: false } }),
  finish: ({ value }) => value,
  save: ({ kind, inverted }) => `${inverted ? "! " : ""}--pkt-type ${kind}`,
  list: ({ kind, inverted }) => `PKTTYPE ${inverted ? "!" : ""}= ${kind}`,
  compile:
    ({ kind, inverted }): Test =>
    (skb) =>
      (kindOf(skb) === kind) !== inverted,
  miss: ({ kind, inverted }, skb) => ({
    field: "pkt-type",
    wanted: `${inverted ? "! " : ""}${kind}`,
    had: kindOf(skb),
  }),
};

/** On loopback, and for what is made here, the address alone says it. */
function kindOf({ kind, frame, in: device, packet: { dst } }: Skb): Kind {
  if (frame !== null && device?.name !== "lo") return kind;
  if (dst.isMulticast) return "multicast";
  return dst.family === 4 && dst.bits === 0xffffffff ? "broadcast" : "unicast";
}
