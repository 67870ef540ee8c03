// -m tcpmss: the largest segment a SYN offers to take. Before you edit: net/netfilter/xt_tcpmss.c, libxt_tcpmss.c.
import { PROTOCOL } from "../../wire/packet.ts";
import type { MatchExtension } from "../extension.ts";
import { Refused } from "../refused.ts";
import { readRange } from "../text/values.ts";

interface Value {
  readonly least: number;
  readonly most: number;
  readonly inverted: boolean;
}

export const tcpmss: MatchExtension<Value, { value: Value }> = {
  name: "tcpmss",
  families: [4, 6],
  protocols: [PROTOCOL.tcp],
  options: [
    {
      name: "mss",
      takes: "value",
      invertible: true,
      mandatory: true,
      set(draft, word, inverted) {
        const [least, most] = readRange(word, "tcpmss", "mss", 0xffff);
        if (most < least) throw new Refused("tcpmss: invalid range given");
        draft.value = { least, most, inverted };
      },
    },
  ],
  draft: () => ({ value: { least: 0, most: 0, inverted: false } }),
  finish: ({ value }) => value,
  save: (value) => `${value.inverted ? "! " : ""}--mss ${text(value)}`,
  list: (value) => `tcpmss match ${value.inverted ? "!" : ""}${text(value)}`,
  // A segment without the option is one that has another value.
  compile:
    ({ least, most, inverted }) =>
    ({ packet: { body } }) => {
      const had = body.kind === "tcp" ? (body.options.mss ?? -1) : -1;
      return (had >= least && had <= most) !== inverted;
    },
  miss: (value, { packet: { body } }) => ({
    field: "mss",
    wanted: `${value.inverted ? "! " : ""}${text(value)}`,
    had: `${(body.kind === "tcp" ? body.options.mss : undefined) ?? "none"}`,
  }),
};

function text({ least, most }: Value): string {
  return least === most ? `${least}` : `${least}:${most}`;
}
