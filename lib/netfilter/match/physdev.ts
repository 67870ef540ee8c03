// -m physdev: by which ports of a bridge a packet came and goes, while br_netfilter has it.
// Before you edit: net/netfilter/xt_physdev.c, extensions/libxt_physdev.c.
import type { MatchExtension, Option } from "../extension.ts";
import { Refused } from "../refused.ts";
import type { DeviceMatch } from "../rule.ts";
import type { Port, Skb } from "../skb.ts";
import { deviceText, readDevice } from "../text/address.ts";

type Is = "isIn" | "isOut" | "isBridged";
/** Null where nothing is asked; else what is wanted. */
type Value = { readonly [K in Is]: boolean | null } & {
  readonly in: DeviceMatch | null;
  readonly out: DeviceMatch | null;
};
type Draft = { -readonly [K in keyof Value]: Value[K] };

const NOTHING: Value = { isIn: null, isOut: null, isBridged: null, in: null, out: null };

export const physdev: MatchExtension<Value, Draft> = {
  name: "physdev",
  families: [4, 6],
  options: [
    device("in"),
    device("out"),
    is("physdev-is-in", "isIn"),
    is("physdev-is-out", "isOut"),
    is("physdev-is-bridged", "isBridged"),
  ],
  draft: () => ({ ...NOTHING }),
  finish(draft) {
    if (Object.values(draft).every((said) => said === null)) throw new Refused("PHYSDEV: no physdev option specified");
    return { ...draft };
  },
  check: ({ out, isOut, isBridged }, { hook }) =>
    (out !== null || isOut !== null) && isBridged !== true && hook === "OUTPUT" ? "EINVAL" : null,
  save: text,
  list: (value) => `PHYSDEV match ${text(value)}`,
  compile: (value) => (skb) => agrees(value, skb),
  miss: (value, { physIn, physOut }) => ({
    field: "physdev",
    wanted: text(value),
    had: physIn === null ? "not bridged" : `in ${physIn.name}, out ${physOut?.name ?? "not known yet"}`,
  }),
};

function device(side: "in" | "out"): Option<Draft> {
  return {
    name: `physdev-${side}`,
    takes: "value",
    invertible: true,
    set(draft, word, inverted) {
      draft[side] = readDevice(word, inverted);
    },
  };
}

function is(name: string, field: Is): Option<Draft> {
  return {
    name,
    takes: "nothing",
    invertible: true,
    set(draft, _word, inverted) {
      draft[field] = !inverted;
    },
  };
}

function text(value: Value): string {
  const words: string[] = [];
  const not = (isInverted: boolean) => (isInverted ? "! " : "");
  if (value.isIn !== null) words.push(`${not(!value.isIn)}--physdev-is-in`);
  if (value.in !== null) words.push(`${not(value.in.inverted)}--physdev-in ${deviceText(value.in)}`);
  if (value.isOut !== null) words.push(`${not(!value.isOut)}--physdev-is-out`);
  if (value.out !== null) words.push(`${not(value.out.inverted)}--physdev-out ${deviceText(value.out)}`);
  if (value.isBridged !== null) words.push(`${not(!value.isBridged)}--physdev-is-bridged`);
  return words.join(" ");
}

function agrees(value: Value, { physIn, physOut }: Skb): boolean {
  const { isIn, isOut, isBridged } = value;
  // Of a packet that is not bridged everything is said to be otherwise.
  if (physIn === null && physOut === null)
    return (
      isBridged !== true &&
      isIn !== true &&
      isOut !== true &&
      value.in?.inverted !== false &&
      value.out?.inverted !== false
    );
  if (isBridged !== null && (physOut !== null) !== isBridged) return false;
  if (isIn !== null && (physIn !== null) !== isIn) return false;
  if (isOut !== null && (physOut !== null) !== isOut) return false;
  if (value.in !== null && physIn !== null && names(value.in, physIn) === value.in.inverted) return false;
  return value.out === null || (physOut !== null && names(value.out, physOut) !== value.out.inverted);
}

function names({ name, isPrefix }: DeviceMatch, port: Port): boolean {
  return isPrefix ? port.name.startsWith(name) : port.name === name;
}
