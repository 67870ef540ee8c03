// -j CLASSIFY: the class of the queue at the device it leaves by. There are no such queues here: only the trace tells it.
// Before you edit: net/netfilter/xt_CLASSIFY.c, extensions/libxt_CLASSIFY.c.
import type { TargetExtension } from "../extension.ts";
import { Refused } from "../refused.ts";

interface Value {
  readonly major: number;
  readonly minor: number;
}

export const CLASSIFY: TargetExtension<Value, { value: Value }> = {
  name: "CLASSIFY",
  families: [4, 6],
  hooks: ["FORWARD", "OUTPUT", "POSTROUTING"],
  options: [
    {
      name: "set-class",
      takes: "value",
      mandatory: true,
      set(draft, word) {
        const found = /^\s*(?:0x)?([\da-f]+):\s*(?:0x)?([\da-f]+)/i.exec(word);
        if (found === null) throw new Refused(`Bad class value "${word}"`);
        const [major, minor] = [found[1]!, found[2]!].map((digits) => Number.parseInt(digits, 16) & 0xffff);
        draft.value = { major: major!, minor: minor! };
      },
    },
  ],
  draft: () => ({ value: { major: 0, minor: 0 } }),
  finish: ({ value }) => value,
  save: ({ major, minor }) => `--set-class ${hex(major).padStart(4, "0")}:${hex(minor).padStart(4, "0")}`,
  list: ({ major, minor }) => `CLASSIFY set ${hex(major)}:${hex(minor)}`,
  compile: () => () => "CONTINUE",
  because: ({ major, minor }) => `its class is ${hex(major)}:${hex(minor)}, which no queue here asks for`,
};

function hex(number: number): string {
  return number.toString(16);
}
