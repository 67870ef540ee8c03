// -m length: octets of the packet, its IP header counted. Before you edit: net/netfilter/xt_length.c, libxt_length.c.
import { ipLength } from "../../wire/bytes.ts";
import type { MatchExtension } from "../extension.ts";
import { readRange } from "../text/values.ts";

interface Value {
  readonly least: number;
  readonly most: number;
  readonly inverted: boolean;
}

export const length: MatchExtension<Value, { value: Value }> = {
  name: "length",
  families: [4, 6],
  options: [
    {
      name: "length",
      takes: "value",
      invertible: true,
      mandatory: true,
      set(draft, word, inverted) {
        const [least, most] = readRange(word, "length", "length", 0xffff);
        draft.value = { least, most, inverted };
      },
    },
  ],
  draft: () => ({ value: { least: 0, most: 0, inverted: false } }),
  finish: ({ value }) => value,
  save: (value) => `${value.inverted ? "! " : ""}--length ${text(value)}`,
  list: (value) => `length ${value.inverted ? "!" : ""}${text(value)}`,
  compile({ least, most, inverted }) {
    return ({ packet }) => {
      const had = ipLength(packet);
      return (had >= least && had <= most) !== inverted;
    };
  },
  miss: (value, { packet }) => ({
    field: "length",
    wanted: `${value.inverted ? "! " : ""}${text(value)}`,
    had: `${ipLength(packet)}`,
  }),
};

function text({ least, most }: Value): string {
  return least === most ? `${least}` : `${least}:${most}`;
}
