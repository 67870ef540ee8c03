// What one command of iptables does to a table, and what it prints.
// Before you edit: iptables/xtables.c (do_commandx), nft.c (nft_rule_append and the others, assert_chain_exists),
// iptables.c (do_command4), libiptc/libiptc.c.
import type { Chain } from "../chain.ts";
import type { Edit } from "../edit.ts";
import { Failure, Refused } from "../refused.ts";
import { Rule } from "../rule.ts";
import { isTargetName } from "./extensions.ts";
import type { Flavour } from "./flavour.ts";
import { chainText, changedText, type Listing } from "./list.ts";
import { calling, type Request } from "./request.ts";
import { ruleLine, rulesText } from "./save.ts";

/** Does what a request asks. Throws Refused and Failure; the edit is then to be taken back. */
export function apply(edit: Edit, request: Request, flavour: Flavour, out: (text: string) => void): void {
  for (const command of request.command.endsWith("number") ? [request.command] : request.command)
    if (command === "L" || command === "S") list(edit, request, flavour, command, out);
    else if ("ADCIR".includes(command)) changeRules(edit, request, command, out);
    else changeChains(edit, request, command, out);
}

function changeRules(edit: Edit, request: Request, command: string, out: (text: string) => void): void {
  const { number, counters, options } = request;
  const said = options.includes("v") ? out : () => {};
  const specs = calling(request, (name) => called(edit, name, request.calls!.isGoto));
  for (const spec of specs) {
    const rule = Rule.of(spec, ...(counters ?? []));
    switch (command) {
      case "A":
        edit.append(edit.chain("append", request.chain!), rule);
        break;
      case "I":
        edit.insert(edit.chain("insert", request.chain!), number!, rule);
        break;
      case "R":
        edit.replace(edit.chain("replace", request.chain!), number!, rule);
        break;
      case "C":
        edit.find("check", edit.chain("check", request.chain!), rule);
        break;
      case "D": {
        const chain = edit.chain("delete", request.chain!);
        edit.deleteNumber(chain, edit.find("delete", chain, rule) + 1);
      }
    }
    said(changedText(spec));
  }
}

/** The chain that rules call. Throws Refused in the back end's words. */
function called({ table }: Edit, name: string, isGoto: boolean): Chain {
  const chain = table.chains.get(name);
  if (chain !== undefined) return chain;
  if (table.backEnd === "nft") throw new Refused(`Chain '${name}' does not exist`);
  if (isGoto) throw new Refused(`goto '${name}' is not a chain`);
  throw new Refused(`Couldn't load target \`${name}':No such file or directory\n`);
}

function changeChains(edit: Edit, request: Request, command: string, out: (text: string) => void): void {
  const { number, options } = request;
  const { table } = edit;
  const said = options.includes("v") ? out : () => {};
  const named = (change: Failure["change"]) => edit.chain(change, request.chain!);
  const chosen = (change: Failure["change"]) => (request.chain === null ? table.listed() : [named(change)]);
  switch (command) {
    case "D number":
      return edit.deleteNumber(named("delete number"), number!);
    case "N":
      if (table.backEnd === "legacy") checkClash(request.chain!, "add chain");
      edit.add(request.chain!);
      return;
    case "E":
      return rename(edit, request.chain!, request.newName!);
    case "P":
      return setPolicy(edit, request);
    case "F":
      for (const chain of chosen("flush")) {
        if (request.chain === null) said(`Flushing chain \`${chain.name}'\n`);
        edit.flush(chain);
      }
      return;
    case "X":
      return deleteChains(edit, request.chain === null ? null : named("delete chain"), said);
    case "Z":
      for (const chain of chosen("zero")) {
        said(`Zeroing chain \`${chain.name}'\n`);
        edit.setCounters(chain, 0, 0);
        for (const rule of chain.counting) edit.setCounters(rule, 0, 0);
      }
      return;
    case "Z number": {
      const rule = named("zero").rules[number! - 1];
      if (rule !== undefined) edit.setCounters(rule, 0, 0);
      else if (table.backEnd === "legacy") throw new Failure("zero", "E2BIG", request.chain!);
    }
  }
}

function rename(edit: Edit, name: string, newName: string): void {
  const { chains, backEnd } = edit.table;
  if (backEnd === "legacy") checkClash(newName, "rename chain");
  if (chains.has(newName)) throw new Failure("rename chain", "EEXIST", newName);
  const chain = edit.chain("rename chain", name);
  if (chain.hook === null) return edit.rename(chain, newName);
  if (backEnd === "legacy") throw new Failure("rename chain", "ENOENT", name);
  throw new Refused(`the built-in chain ${name} would be lost: Packetwalk does not rename it`, 1);
}

/** The names of targets are taken. */
function checkClash(name: string, change: "add chain" | "rename chain"): void {
  if (name !== "" && isTargetName(name)) throw new Failure(change, "EEXIST", name);
}

function setPolicy(edit: Edit, { chain: name, policy }: Request): void {
  const chain = edit.table.chains.get(name!);
  if (chain === undefined || chain.hook === null) throw new Failure("policy", "ENOENT", name!);
  if (policy !== "ACCEPT" && policy !== "DROP") throw new Failure("policy", "EINVAL", name!);
  // Both back ends read -c here, and neither does anything with it; nf_tables counts anew.
  edit.setPolicy(chain, policy);
  if (edit.table.backEnd === "nft") edit.setCounters(chain, 0, 0);
}

/** -X. Of several that cannot go, nf_tables names the first; ip_tables the last. */
function deleteChains(edit: Edit, only: Chain | null, said: (text: string) => void): void {
  const { table } = edit;
  let failure: unknown = null;
  const all = table.backEnd === "legacy" ? table.listed() : [...table.chains.values()];
  const chosen = all.filter(({ hook, policy, rules }) =>
    hook === null ? true : table.backEnd === "nft" && policy === "ACCEPT" && rules.length === 0,
  );
  for (const chain of only === null ? chosen : [only]) {
    if (chain.hook === null) said(`Deleting chain \`${chain.name}'\n`);
    try {
      edit.remove(chain);
    } catch (error) {
      failure = error;
    }
  }
  if (failure !== null) throw failure;
}

function list(edit: Edit, request: Request, flavour: Flavour, command: string, out: (text: string) => void): void {
  const { chain: name, number, options } = request;
  const { table } = edit;
  const only = name === null ? null : table.chains.get(name);
  if (only === undefined) {
    if (flavour.backEnd === "legacy") throw new Failure("list", "ENOENT", name!);
    throw new Refused(`chain \`${name}' in table \`${table.name}' is incompatible, use 'nft' tool.`, 1);
  }
  const chains = only === null ? table.listed() : [only];
  const verbose = options.includes("v");
  if (command === "S") {
    const rule = number === null ? undefined : only!.rules[number - 1];
    if (number === null) out(rulesText(chains, verbose));
    else if (rule !== undefined) out(`${ruleLine(only!, rule, verbose)}\n`);
    return;
  }
  const listing: Listing = {
    verbose,
    numeric: options.includes("n"),
    exact: options.includes("x"),
    lineNumbers: options.includes("0"),
    flavour,
  };
  out(chains.map((chain) => chainText(chain, listing, number)).join(number === null ? "\n" : ""));
}
