// -j TRACE: on a real machine every rule the packet meets from here on is told to who listens (xtables-monitor). The
// trace of a lab tells it of every packet.
// Before you edit: net/netfilter/xt_TRACE.c, extensions/libxt_TRACE.c.
import type { TargetExtension } from "../extension.ts";

export const TRACE: TargetExtension<null> = {
  name: "TRACE",
  families: [4, 6],
  options: [],
  draft: () => null,
  finish: () => null,
  // nf_tables has an expression of its own for it, which may stand anywhere.
  check: (_, { backEnd, table }) => (backEnd === "legacy" && table !== "raw" ? "EINVAL" : null),
  save: () => "",
  list: () => "",
  compile: () => () => "CONTINUE",
  because: () => "xtables-monitor --trace would tell its way from here on",
};
