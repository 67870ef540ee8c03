// `iptables` and `ip6tables`: the commands, in the words of iptables 1.8.
// Before you edit: iptables/xtables.c (do_commandx), xtables-standalone.c, iptables-standalone.c, iptables.c (do_command4).
import type { Family } from "../../netfilter/extension.ts";
import { Failure, Refused } from "../../netfilter/refused.ts";
import type { BackEnd } from "../../netfilter/table.ts";
import { apply } from "../../netfilter/text/apply.ts";
import { complaintOf, type Flavour, failureOf, versionText } from "../../netfilter/text/flavour.ts";
import { type Request, readRequest } from "../../netfilter/text/request.ts";
import type { Call, Command } from "../command.ts";
import { helpText } from "./help.ts";
import { change, flavourOf, look, setFamilyOf, table } from "./place.ts";

/** The tool of one family; with a back end if its name says one. */
export function xtables(family: Family, backEnd: BackEnd | null): Command {
  const tool = family === 4 ? "iptables" : "ip6tables";
  return (call) => {
    const flavour = flavourOf(call, backEnd);
    try {
      const context = {
        family,
        restoring: null,
        backEnd: flavour.backEnd,
        notice: call.err,
        setFamily: setFamilyOf(call),
      };
      run(call, family, flavour, readRequest(call.args, context), tool);
      return 0;
    } catch (error) {
      if (!(error instanceof Refused) && !(error instanceof Failure)) throw error;
      const { text, status } =
        error instanceof Refused ? complaintOf(tool, error, flavour, null) : failureOf(tool, error, flavour, null);
      call.err(text);
      return status;
    }
  };
}

function run(call: Call, family: Family, flavour: Flavour, request: Request, tool: string): void {
  const { command } = request;
  if (command === "V") return call.out(`${tool} v${versionText(flavour)}\n`);
  if (command === "h") return call.out(helpText(tool, flavour));
  // nf_tables makes a table when it is written to; ip_tables when anybody looks.
  const onlyLooks = flavour.backEnd === "nft" && ["L", "S", "C"].includes(command);
  const place = (onlyLooks ? look : table)(call, family, request.table, flavour);
  const { backEnd } = place;
  change(place, flavour, (edit) => apply(edit, request, flavour, call.out));
  if (onlyLooks) place.backEnd = backEnd;
}
