// -m connmark: the number that was written on the connection.
// Before you edit: net/netfilter/xt_connmark.c (connmark_mt), extensions/libxt_connmark.c.
import { markMatch, markText } from "./mark.ts";

export const connmark = markMatch(
  "connmark",
  // The tool puts a space of its own behind the sign.
  (value) => `connmark match ${value.inverted ? "!" : ""} ${markText(value)}`,
  ({ ct }) => {
    if (ct?.kind === "tracked") return ct.conn.mark;
    // Also what -j CT attached is a connection, whose mark is 0.
    return ct?.kind === "template" ? 0 : null;
  },
);
