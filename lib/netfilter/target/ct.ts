// -j CT and -j NOTRACK, in the table raw: how a packet shall be tracked, or that it shall not.
// Before you edit: net/netfilter/xt_CT.c, extensions/libxt_CT.c.
import { BadInput } from "../../wire/input.ts";
import { UNTRACKED } from "../conntrack/conn.ts";
import type { Option, TargetExtension } from "../extension.ts";
import { Refused } from "../refused.ts";
import { wholeNumber } from "../text/values.ts";

interface Value {
  readonly notrack: boolean;
  /** Null: the packet's mark is the zone. */
  readonly zone: number | null;
  /** 1 the original direction, 2 the reply, 0 both. */
  readonly directions: number;
}
type Draft = { -readonly [Key in keyof Value]: Value[Key] };

function zoneOption(name: string, direction: number): Option<Draft> {
  return {
    name,
    takes: "value",
    set(draft, word) {
      draft.directions |= direction;
      if (word.toLowerCase() === "mark") {
        draft.zone = null;
        return;
      }
      const zone = wholeNumber(word, 0xffff);
      if (zone === null) throw new Refused(`Cannot parse ${word} as a zone ID`);
      draft.zone = zone;
    },
  };
}

function refused(name: string): Option<Draft> {
  return {
    name,
    takes: "value",
    set(_draft, word) {
      throw new BadInput(
        "not modelled",
        `-j CT --${name} ${word}`,
        "Of CT: --notrack, --zone, --zone-orig, --zone-reply.",
      );
    },
  };
}

function text({ notrack, zone, directions }: Value, dashes: string): string {
  const words: string[] = [];
  if (notrack) words.push(`${dashes}notrack`);
  if (zone !== 0) {
    const which = directions === 1 ? "-orig" : directions === 2 ? "-reply" : "";
    words.push(`${dashes}zone${which} ${zone ?? "mark"}`);
  }
  return words.join(" ");
}

const base: Omit<TargetExtension<Value, Draft>, "name" | "options" | "draft" | "save" | "list"> = {
  families: [4, 6],
  tables: ["raw"],
  finish: (draft) => draft,
  compile({ notrack, zone, directions }) {
    const known = { id: zone ?? 0, directions: directions === 0 ? 3 : directions };
    const template = { kind: "template", zone: known } as const;
    return (skb) => {
      // Who has a connection already keeps it.
      if (skb.ct !== null) return "CONTINUE";
      if (notrack) skb.ct = UNTRACKED;
      else if (zone === null) skb.ct = { kind: "template", zone: { ...known, id: skb.mark & 0xffff } };
      else skb.ct = template;
      return "CONTINUE";
    };
  },
  because: ({ notrack, zone }) =>
    notrack ? "it will not be tracked" : `it will be tracked in the zone ${zone ?? "that its mark says"}`,
};

export const CT: TargetExtension<Value, Draft> = {
  ...base,
  name: "CT",
  options: [
    {
      name: "notrack",
      takes: "nothing",
      set(draft) {
        draft.notrack = true;
      },
    },
    zoneOption("zone-orig", 1),
    zoneOption("zone-reply", 2),
    zoneOption("zone", 0),
    refused("helper"),
    refused("timeout"),
    refused("ctevents"),
    refused("expevents"),
  ],
  draft: () => ({ notrack: false, zone: 0, directions: 0 }),
  save: (value) => text(value, "--"),
  list: (value) => `CT ${text(value, "")}`.trimEnd(),
};

export const NOTRACK: TargetExtension<Value, Draft> = {
  ...base,
  name: "NOTRACK",
  options: [],
  draft: () => ({ notrack: true, zone: 0, directions: 0 }),
  save: () => "",
  list: () => "NOTRACK",
};
