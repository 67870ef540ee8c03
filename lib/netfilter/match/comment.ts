// -m comment: words for people. Before you edit: net/netfilter/xt_comment.c, extensions/libxt_comment.c.
import type { MatchExtension } from "../extension.ts";
import { Refused } from "../refused.ts";
import { quoted } from "../text/quote.ts";

/** XT_MAX_COMMENT_LEN, with the zero at its end. */
const LONGEST = 256;

interface Draft {
  text: string;
}

export const comment: MatchExtension<string, Draft> = {
  name: "comment",
  families: [4, 6],
  options: [
    {
      name: "comment",
      takes: "value",
      mandatory: true,
      set(draft, word) {
        if (word.length >= LONGEST)
          throw new Refused(`comment: option "--comment" may not be longer than ${LONGEST - 1} characters`);
        draft.text = word;
      },
    },
  ],
  draft: () => ({ text: "" }),
  finish: ({ text }) => text,
  save: (text) => `--comment ${quoted(text)}`,
  list: (text) => `/* ${text} */`,
  compile: () => () => true,
  miss: () => ({ field: "comment", wanted: "anything", had: "anything" }),
};
