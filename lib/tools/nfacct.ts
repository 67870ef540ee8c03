// `nfacct`: the accounts that rules count on by name.
// Before you edit: nfacct 1.0.2, src/nfacct.c (nfacct_cmd_*), libnetfilter_acct src/libnetfilter_acct.c.
import { type Account, accountName, accountText, type Quota, readAccount } from "../netfilter/accounts.ts";
import { accountReferences } from "../netns/netfilter/account-uses.ts";
import { type Call, type Command, notModelled } from "./command.ts";

const TOOL = "nfacct v1.0.2";
const USAGE = "Usage: nfacct command [parameters]...\n";
const ABOUT = `${TOOL}: utility for the Netfilter extended accounting infrastructure\n`;
const HELP = `${ABOUT}${USAGE}
Commands:
  list [reset]\t\tList the accounting object table (and reset)
  add object-name\tAdd new accounting object to table
  delete object-name\tDelete existing accounting object
  get object-name\tGet existing accounting object
  flush\t\t\tFlush accounting object table
  restore\t\tRestore accounting object table reading 'list' output from stdin
  monitor\t\tListens for quota attainment notifications
  version\t\tDisplay version and disclaimer
  help\t\t\tDisplay this help message
`;
const VERSION = `${ABOUT}Copyright (C) 2011 Pablo Neira Ayuso <pablo@netfilter.org>
Copyright (C) 2011 Intra2net AG <http://www.intra2net.com>
This program comes with ABSOLUTELY NO WARRANTY.
This is free software, and you are welcome to redistribute it under certain 
conditions; see LICENSE file distributed in this package for details.
`;

export const nfacct: Command = (call) => {
  const [command = "", ...words] = call.args;
  const run = command === "" ? undefined : Object.entries(COMMANDS).find(([name]) => name.startsWith(command))?.[1];
  if (run === undefined) {
    if (command !== "") call.err(`${TOOL}: Unknown command: ${command}\n`);
    call.err(USAGE);
    return 1;
  }
  const complaint = run(call, words);
  if (complaint === null) return 0;
  call.err(`${TOOL}: ${complaint}\n`);
  return 1;
};

/** Returns what it complains of. */
type Run = (call: Call, words: readonly string[]) => string | null;

const BUSY = "error: Device or resource busy";
const MISSING = "error: No such file or directory";

const COMMANDS: Readonly<Record<string, Run>> = {
  list({ ns, out }, words) {
    const stranger = words.find((each) => each !== "reset");
    if (stranger === "xml" || stranger === "json") throw notModelled("nfacct", `list ${stranger}`, "list, list reset");
    if (stranger !== undefined) return "unknown argument";
    for (const each of ns.accounts.all()) print(each, out, words.length > 0);
    return null;
  },
  add({ ns }, [name, of, most]) {
    if (name === undefined) return "missing object name";
    if (of !== undefined && most === undefined) return "missing quota value";
    if (of !== undefined && of !== "packet" && of !== "byte") return "unknown quota mode";
    if (most !== undefined && !/^\d+$/.test(most)) return "error reading quota";
    const quota: Quota | null = of === undefined ? null : { of, most: Number(most) };
    return ns.accounts.add(accountName(name), quota) ? null : BUSY;
  },
  delete({ ns }, [name]) {
    if (name === undefined) return "missing object name";
    const known = accountName(name);
    if (ns.accounts.get(known) === undefined) return MISSING;
    if (accountReferences(ns, known) > 0) return BUSY;
    ns.accounts.drop(known);
    return null;
  },
  get({ ns, out }, [name, reset]) {
    if (name === undefined) return "missing object name";
    if (reset !== undefined && reset !== "reset") return "unknown argument";
    const account = ns.accounts.get(accountName(name));
    if (account === undefined) return MISSING;
    print(account, out, reset !== undefined);
    return null;
  },
  flush({ ns }) {
    for (const { name } of ns.accounts.all()) if (accountReferences(ns, name) === 0) ns.accounts.drop(name);
    return null;
  },
  restore({ ns, stdin }) {
    for (const line of stdin.split("\n")) {
      const found = readAccount(line);
      if (found !== null && !ns.accounts.add(found.name, found.quota, found.packets, found.bytes)) return BUSY;
    }
    return null;
  },
  monitor() {
    throw notModelled("nfacct", "monitor", "list, add, delete, get, flush, restore");
  },
  version({ out }) {
    out(VERSION);
    return null;
  },
  help({ out }) {
    out(HELP);
    return null;
  },
};

function print(account: Account, out: (text: string) => void, resets: boolean): void {
  out(`${accountText(account)}\n`);
  if (!resets) return;
  account.packets = account.bytes = 0;
  account.isOver = false;
}
