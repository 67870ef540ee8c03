// -m mac: who sent the frame. Before you edit: net/netfilter/xt_mac.c, extensions/libxt_mac.c.
import { type Mac, ZERO_MAC } from "../../wire/mac.ts";
import type { MatchExtension } from "../extension.ts";
import { readMac } from "../text/values.ts";

interface Value {
  readonly mac: Mac;
  readonly inverted: boolean;
}

export const mac: MatchExtension<Value, { value: Value }> = {
  name: "mac",
  families: [4, 6],
  hooks: ["PREROUTING", "INPUT", "FORWARD"],
  options: [
    {
      name: "mac-source",
      takes: "value",
      invertible: true,
      mandatory: true,
      set(draft, word, inverted) {
        draft.value = { mac: readMac(word), inverted };
      },
    },
  ],
  draft: () => ({ value: { mac: ZERO_MAC, inverted: false } }),
  finish: ({ value }) => value,
  save: ({ mac: { text }, inverted }) => `${inverted ? "! " : ""}--mac-source ${text}`,
  list: ({ mac: { text }, inverted }) => `MAC ${inverted ? "! " : ""}${text}`,
  // Loopback is no Ethernet, and a tunnel's packets have no frame.
  compile:
    ({ mac: wanted, inverted }) =>
    ({ frame, in: device }) =>
      frame !== null && device?.name !== "lo" && (frame.src === wanted) !== inverted,
  miss: ({ mac: { text }, inverted }, { frame }) => ({
    field: "mac",
    wanted: `${inverted ? "! " : ""}${text}`,
    had: frame === null ? "none" : frame.src.text,
  }),
};
