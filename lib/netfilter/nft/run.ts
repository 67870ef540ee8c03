// A text of nft's commands is carried out.
// Before you edit: nftables src/libnftables.c (nft_run_cmd_from_buffer, nft_netlink).
import { type Call, Commands } from "./command.ts";
import { Edit } from "./edit.ts";
import { complaint, Problem } from "./problem.ts";
import { Reader } from "./reader.ts";
import type { Ruleset } from "./ruleset.ts";

/**
 * Does all that the text says, or nothing (`isCheck`: nothing in any case). Returns what nft says on stderr, null when all
 * was right. Throws BadInput for what is not modelled. `file` is how errors call the text; null: it is a command line.
 */
export function runNft(
  ruleset: Ruleset,
  said: string,
  file: string | null,
  isCheck: boolean,
  call: Call,
): string | null {
  // A command line ends as a line of a file does.
  const text = file === null ? `${said}\n` : said;
  const edit = new Edit(ruleset);
  try {
    new Commands(new Reader(text), edit, call).run();
    if (isCheck) edit.abort();
    else edit.commit();
    return null;
  } catch (error) {
    edit.abort();
    if (error instanceof Problem) return complaint(error, text, file);
    throw error;
  }
}
