// `iptables`: the commands, in the words of iptables 1.8 with the nf_tables back end.
// Before you edit: iptables/xtables.c (do_commandx), nft-cmd.c, nft.c.
import type { Chain } from "../../netfilter/chain.ts";
import { Edit } from "../../netfilter/edit.ts";
import { Refused } from "../../netfilter/refused.ts";
import type { Table } from "../../netfilter/table.ts";
import { type Request, readRequest } from "../../netfilter/text/request.ts";
import { ruleText } from "../../netfilter/text/save.ts";
import type { Call, Command } from "../command.ts";
import { notModelled } from "../command.ts";

/** The version whose words are used. */
export const VERSION = "1.8.10 (nf_tables)";

/** `iptables` for IPv4. */
export const iptables: Command = (call) => {
  try {
    const request = readRequest(call.args, {
      family: 4,
      restoring: null,
      chain: (table, name) => call.ns.xtables.get(table).chains.get(name),
      notice: call.err,
    });
    run(call, request);
    return 0;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    call.err(complaint("iptables", error));
    return error.status;
  }
};

/** What the tool prints when it gives up. */
export function complaint(tool: string, { message, status, isNamed }: Refused): string {
  const said = message === "" ? "" : `${isNamed ? `${tool} v${VERSION}: ` : ""}${message}\n`;
  return status === 2 ? `${said}Try \`${tool} -h' or '${tool} --help' for more information.\n` : said;
}

function run(call: Call, request: Request): void {
  const table = call.ns.xtables.get(request.table);
  const edit = new Edit(table);
  try {
    change(call, edit, request);
    edit.checkLoops();
  } catch (error) {
    edit.takeBack();
    throw error;
  }
}

function change(call: Call, edit: Edit, request: Request): void {
  const { command, rules, number, counters } = request;
  const { table } = edit;
  const chain = () => edit.chain(request.chain!);
  const counted = counters ?? undefined;
  switch (command) {
    case "A":
      for (const rule of rules) edit.append(chain(), rule, counted);
      return;
    case "I":
      for (const rule of rules) edit.insert(chain(), number!, rule, counted);
      return;
    case "R":
      return edit.replace(chain(), number!, rules[0]!, counted);
    case "D":
      for (const rule of rules) edit.delete(chain(), rule);
      return;
    case "D number":
      return edit.deleteNumber(chain(), number!);
    case "C":
      for (const rule of rules) edit.find(chain(), rule);
      return;
    case "N":
      edit.add(request.chain!);
      return;
    case "E":
      return edit.rename(chain(), request.newName!);
    case "P":
      return edit.setPolicy(chain(), request.policy!);
    case "F":
      for (const each of chains(table, request.chain, edit)) edit.flush(each);
      return;
    case "X":
      for (const each of chains(table, request.chain, edit)) if (each.hook === null) edit.remove(each);
      return;
    case "S":
      return listRules(call, chains(table, request.chain, edit));
    default:
      throw notModelled("iptables", `-${command}`, "-A -I -R -D -C -N -E -P -F -X -S");
  }
}

function chains(table: Table, name: string | null, edit: Edit): readonly Chain[] {
  return name === null ? [...table.chains.values()] : [edit.chain(name)];
}

/** -S: policies, users' chains by name, then the rules of each. */
function listRules(call: Call, listed: readonly Chain[]): void {
  for (const { name, hook, policy } of listed) call.out(hook === null ? `-N ${name}\n` : `-P ${name} ${policy}\n`);
  for (const { name, rules } of listed)
    for (const { spec } of rules) call.out(`-A ${name} ${ruleText(spec)}`.trimEnd().concat("\n"));
}
