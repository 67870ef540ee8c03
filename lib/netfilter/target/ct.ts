// -j CT and -j NOTRACK, in the table raw: how a packet shall be tracked, or that it shall not.
// Before you edit: net/netfilter/xt_CT.c, extensions/libxt_CT.c.
import { BadInput } from "../../wire/input.ts";
import { PROTOCOL } from "../../wire/packet.ts";
import { ALL_EVENTS, EVENT, UNTRACKED } from "../conntrack/conn.ts";
import type { Option, TargetExtension } from "../extension.ts";
import { Refused } from "../refused.ts";
import { wholeNumber } from "../text/values.ts";

/** What programs that listen can be told of; in the order they are printed in. */
const CT_EVENTS = [
  "new",
  "related",
  "destroy",
  "reply",
  "assured",
  "protoinfo",
  "helper",
  "mark",
  "natseqinfo",
  "secmark",
];
const EXPECTATION_EVENTS = ["new"];

/** Helpers of the kernel's own modules, and their protocols. */
const HELPERS: Readonly<Record<string, readonly number[]>> = {
  amanda: [PROTOCOL.udp],
  ftp: [PROTOCOL.tcp],
  RAS: [PROTOCOL.udp],
  "Q.931": [PROTOCOL.tcp],
  irc: [PROTOCOL.tcp],
  "netbios-ns": [PROTOCOL.udp],
  pptp: [PROTOCOL.tcp],
  sane: [PROTOCOL.tcp],
  sip: [PROTOCOL.tcp, PROTOCOL.udp],
  snmp: [PROTOCOL.udp],
  tftp: [PROTOCOL.udp],
};
const LONGEST_HELPER = 15;
const LONGEST_TIMEOUT = 31;

interface Value {
  readonly notrack: boolean;
  /** Null: the packet's mark is the zone. */
  readonly zone: number | null;
  /** 1 the original direction, 2 the reply, 0 both. */
  readonly directions: number;
  readonly helper: string;
  readonly timeout: string;
  /** None: all of them. */
  readonly ctevents: readonly string[];
  readonly expevents: readonly string[];
}
type Draft = { -readonly [Key in keyof Value]: Value[Key] };
const USUAL: Value = { notrack: false, zone: 0, directions: 0, helper: "", timeout: "", ctevents: [], expevents: [] };

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

function eventsOption(name: "ctevents" | "expevents", known: readonly string[]): Option<Draft> {
  return {
    name,
    takes: "value",
    set(draft, word) {
      const said = word.split(",");
      const unknown = said.find((each) => !known.includes(each));
      if (unknown !== undefined) throw new Refused(`Unknown event type "${unknown}"`);
      draft[name] = known.filter((each) => said.includes(each));
    },
  };
}

function nameOption(name: "helper" | "timeout", longest: number): Option<Draft> {
  return {
    name,
    takes: "value",
    set(draft, word) {
      draft[name] = word.slice(0, longest);
    },
  };
}

function text({ notrack, zone, directions, helper, timeout, ctevents, expevents }: Value, dashes: string): string {
  const words: string[] = [];
  if (notrack) words.push(`${dashes}notrack`);
  if (helper !== "") words.push(`${dashes}helper ${helper}`);
  if (timeout !== "") words.push(`${dashes}timeout ${timeout}`);
  if (ctevents.length > 0) words.push(`${dashes}ctevents ${ctevents.join(",")}`);
  if (expevents.length > 0) words.push(`${dashes}expevents ${expevents.join(",")}`);
  if (zone !== 0) {
    const which = directions === 1 ? "-orig" : directions === 2 ? "-reply" : "";
    words.push(`${dashes}zone${which} ${zone ?? "mark"}`);
  }
  return words.join(" ");
}

const base: Omit<TargetExtension<Value, Draft>, "name" | "options" | "draft" | "save" | "list"> = {
  families: [4, 6],
  tables: ["raw"],
  finish(draft, { protocol }) {
    const { notrack, helper } = draft;
    // What a helper does is to expect connections, and nobody does here; a name that no module has is the kernel's to refuse.
    if (!notrack && protocol !== null && !protocol.inverted && HELPERS[helper]?.includes(protocol.number))
      throw new BadInput(
        "not modelled",
        `-j CT --helper ${helper}`,
        "Helpers, and the connections they expect, are not.",
      );
    return { ...draft };
  },
  check({ notrack, helper, timeout }, { protocol }) {
    if (notrack) return null;
    if (helper !== "") return "ENOENT";
    // A policy of that name nobody could have made.
    if (timeout !== "") return protocol === null || protocol.inverted ? "EINVAL" : "ENOENT";
    return null;
  },
  compile({ notrack, zone, directions, ctevents }) {
    const known = { id: zone ?? 0, directions: directions === 0 ? 3 : directions };
    const told =
      ctevents.length === 0
        ? ALL_EVENTS
        : ctevents.reduce((bits, name) => bits | (EVENT[name as keyof typeof EVENT] ?? 0), 0);
    const template = { kind: "template", zone: known, told } as const;
    return (skb) => {
      // Who has a connection already keeps it.
      if (skb.ct !== null) return "CONTINUE";
      if (notrack) skb.ct = UNTRACKED;
      else if (zone === null) skb.ct = { ...template, zone: { ...known, id: skb.mark & 0xffff } };
      else skb.ct = template;
      return "CONTINUE";
    };
  },
  because({ notrack, zone, ctevents }) {
    if (notrack) return "it will not be tracked";
    const said = ctevents.length === 0 ? "" : `; of its connection programs are told ${ctevents.join(", ")}`;
    return `it will be tracked in the zone ${zone ?? "that its mark says"}${said}`;
  },
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
    nameOption("helper", LONGEST_HELPER),
    nameOption("timeout", LONGEST_TIMEOUT),
    eventsOption("ctevents", CT_EVENTS),
    eventsOption("expevents", EXPECTATION_EVENTS),
  ],
  draft: () => ({ ...USUAL }),
  save: (value) => text(value, "--"),
  list: (value) => `CT ${text(value, "")}`.trimEnd(),
};

export const NOTRACK: TargetExtension<Value, Draft> = {
  ...base,
  name: "NOTRACK",
  options: [],
  draft: () => ({ ...USUAL, notrack: true }),
  save: () => "",
  list: () => "NOTRACK",
};
