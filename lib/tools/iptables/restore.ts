// `iptables-restore` and `ip6tables-restore`.
// Before you edit: iptables/xtables-restore.c (xtables_restore_main), iptables-restore.c (ip46tables_restore_main).
import type { Family } from "../../netfilter/extension.ts";
import type { BackEnd } from "../../netfilter/table.ts";
import { type Flavour, versionText } from "../../netfilter/text/flavour.ts";
import { restore } from "../../netfilter/text/restore.ts";
import type { Command } from "../command.ts";
import { fileText } from "../files.ts";
import { longOptions } from "./options.ts";
import { flavourOf, nameOf, setFamilyOf, table } from "./place.ts";

const OPTIONS = {
  counters: "c",
  verbose: "v",
  version: "V",
  test: "t",
  help: "h",
  noflush: "n",
  modprobe: "M:",
  table: "T:",
  ipv4: "4",
  ipv6: "6",
  wait: "w",
  "wait-interval": "W",
};

/** The tool of one family; with a back end if its name says one. */
export function xtablesRestore(family: Family, backEnd: BackEnd | null): Command {
  const plain = family === 4 ? "iptables-restore" : "ip6tables-restore";
  const called = backEnd === null ? plain : plain.replace("-", `-${backEnd}-`);
  const tool = nameOf(plain, backEnd);
  return (call) => {
    const flavour = flavourOf(call, backEnd);
    const { options, operands, problem } = longOptions(waited(call.args), "bcvVthnM:T:wW46", OPTIONS);
    const given = (letter: string) => options.filter((each) => each.letter === letter);
    if (given("V").length > 0) {
      call.out(`${tool} v${versionText(flavour)}\n`);
      return 0;
    }
    if (given("h").length > 0) {
      call.err(usage(called, flavour));
      return 0;
    }
    if (problem !== null) {
      call.err(`${called}: ${problem}\nTry \`${tool} -h' for more information.\n`);
      return 1;
    }
    if (operands.length > 1) {
      call.err("Unknown arguments found on commandline\n");
      return 1;
    }
    const [file] = operands;
    const text = file === undefined ? call.stdin : fileText(call, file);
    if (text === null) {
      call.err(`Can't open ${file}: No such file or directory\n`);
      return 1;
    }
    return restore(text, {
      family,
      flavour,
      tool,
      keeps: given("n").length > 0,
      counts: given("c").length > 0,
      tests: given("t").length > 0,
      verbose: given("v").length,
      only: given("T").at(-1)?.value ?? null,
      table: (name) => table(call, family, name, flavour),
      setFamily: setFamilyOf(call),
      out: call.out,
      err: call.err,
    });
  };
}

/** -w and -W take the next word if it is no option; there is no lock to wait for. */
function waited(args: readonly string[]): string[] {
  return args.filter((word, i) => !/^(-w|-W|--wait|--wait-interval)$/.test(args[i - 1] ?? "") || /^[-!]/.test(word));
}

function usage(tool: string, { backEnd }: Flavour): string {
  const [waits, wait, families, family] =
    backEnd === "nft"
      ? ["", "", " [-4] [-6]", "\t   [ --ipv4 ]\n\t   [ --ipv6 ]\n"]
      : [" [-w secs] [-W usecs]", "\t   [ --wait=<seconds>\n", "", ""];
  return (
    `Usage: ${tool} [-c] [-v] [-V] [-t] [-h] [-n]${waits} [-T table] [-M command]${families} [file]\n` +
    "\t   [ --counters ]\n\t   [ --verbose ]\n\t   [ --version]\n\t   [ --test ]\n\t   [ --help ]\n\t   [ --noflush ]\n" +
    `${wait}\t   [ --table=<TABLE> ]\n\t   [ --modprobe=<command> ]\n${family}`
  );
}
