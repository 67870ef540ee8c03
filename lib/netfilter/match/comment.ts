// -m comment: words for people. Before you edit: net/netfilter/xt_comment.c, extensions/libxt_comment.c.
import type { MatchExtension } from "../extension.ts";
import { quoted } from "../text/quote.ts";

/** XT_MAX_COMMENT_LEN, with the zero at its end: what is longer is cut. */
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
        draft.text = word.slice(0, LONGEST - 1);
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
