// `iptables-save` and `ip6tables-save`.
// Before you edit: iptables/xtables-save.c (xtables_save_main, do_output), iptables-save.c.
import { EPOCH } from "../../lab/lab.ts";
import type { Family } from "../../netfilter/extension.ts";
import { type BackEnd, TABLE_NAMES } from "../../netfilter/table.ts";
import { versionText } from "../../netfilter/text/flavour.ts";
import { tableText } from "../../netfilter/text/save.ts";
import { type Call, type Command, notModelled } from "../command.ts";
import { longOptions } from "./options.ts";
import { all, flavourOf, look, nameOf, table } from "./place.ts";

const OPTIONS = { counters: "c", version: "V", table: "t:", modprobe: "M:", file: "f:", dump: "d" };

/** The tool of one family; with a back end if its name says one. */
export function xtablesSave(family: Family, backEnd: BackEnd | null): Command {
  const plain = family === 4 ? "iptables-save" : "ip6tables-save";
  const called = backEnd === null ? plain : plain.replace("-", `-${backEnd}-`);
  const tool = nameOf(plain, backEnd);
  return (call) => {
    const flavour = flavourOf(call, backEnd);
    const { options, operands, problem } = longOptions(call.args, "bcdt:M:f:V", OPTIONS);
    let only: string | null = null;
    let counters = false;
    for (const { letter, value } of options)
      if (letter === "c") counters = true;
      else if (letter === "t") only = value;
      else if (letter === "f") throw notModelled(tool, "-f", `-c, -t TABLE, and ${tool} > FILE`);
      else if (letter === "V") {
        call.out(`${tool} v${versionText(flavour)}\n`);
        return 0;
      }
    if (problem !== null) {
      call.err(`${called}: ${problem}\nLook at manual page \`${tool}.8' for more information.\n`);
      return 1;
    }
    if (operands.length > 0) {
      call.err("Unknown arguments found on commandline\n");
      return 1;
    }
    const name = TABLE_NAMES.find((each) => each === only);
    if (only !== null && name === undefined) {
      const legacy = `${tool} v${versionText(flavour)}: Cannot initialize: Table does not exist (do you need to insmod?)\n`;
      call.err(flavour.backEnd === "nft" ? `Table \`${only}' does not exist\n` : legacy);
      return 1;
    }
    const find = flavour.backEnd === "nft" ? look : table;
    const tables = name === undefined ? all(call, family, flavour) : [find(call, family, name, flavour)];
    for (const each of tables) call.out(tableText(each, counters, tool, flavour, ctime(call)));
    return 0;
  };
}

/** The lab's time as ctime(3) prints it: `Wed Jan  1 00:00:00 2025`. */
function ctime({ lab }: Call): string {
  const time = new Date(Number(EPOCH / 1_000_000n) + Math.floor(lab.now / 1e6));
  const [day, date, month, year, clock] = time.toUTCString().replace(",", "").split(" ");
  return `${day} ${month} ${`${Number(date)}`.padStart(2)} ${clock} ${year}`;
}
