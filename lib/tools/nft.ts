// `nft`: tables, chains, rules and sets of nf_tables, in the words of nftables 1.0.6.
// Before you edit: nftables src/main.c.
import type { Call as NftCall } from "../netfilter/nft/command.ts";
import { runNft } from "../netfilter/nft/run.ts";
import type { Command } from "./command.ts";
import { notModelled } from "./command.ts";
import { fileText } from "./files.ts";
import { longOptions } from "./iptables/options.ts";

export const NFT_VERSION = "nftables v1.0.6 (Lester Gooch #5)\n";

const LONG = {
  ...{ help: "h", version: "v", check: "c", file: "f:", interactive: "i", includepath: "I:", json: "j", echo: "e" },
  ...{ handle: "a", stateless: "s", terse: "t", service: "S", reversedns: "N", guid: "u", numeric: "n" },
  ...{ "numeric-priority": "y", "numeric-protocol": "p", "numeric-time": "T", debug: "d:", optimize: "o" },
};
/** What changes nothing of what is printed here. */
const PLAIN = ["a", "s", "n", "c", "f", "e", "y", "p", "t", "v", "h", "T"];

export const nft: Command = (call) => {
  const { options, operands, problem } = longOptions(call.args, "+hvVcf:iI:jeastSNupnyTd:oD:", LONG);
  const given = (letter: string) => options.find((each) => each.letter === letter);
  if (problem !== null) {
    call.err(`nft: ${problem}\n`);
    return 1;
  }
  if (given("v") !== undefined) {
    call.out(NFT_VERSION);
    return 0;
  }
  const stranger = options.find(({ letter }) => !PLAIN.includes(letter));
  if (stranger !== undefined) throw notModelled("nft", `-${stranger.letter}`, "-f, -c, -a, -n, -s, -t, -y, -p, -e");
  const file = given("f")?.value ?? null;
  if (file === null && operands.length === 0) {
    call.err("nft: no command specified\n");
    return 1;
  }
  const text = file === null ? operands.join(" ") : file === "-" ? call.stdin : fileText(call, file);
  if (text === null) {
    call.err(`internal:0:0-0: Error: Could not open file "${file}": No such file or directory\n\n\n`);
    return 1;
  }
  const how: NftCall = {
    style: {
      stateless: given("s") !== undefined,
      numeric: ["n", "y", "p"].some((each) => given(each) !== undefined),
      handles: given("a") !== undefined,
    },
    terse: given("t") !== undefined,
    echoes: given("e") !== undefined,
    out: call.out,
  };
  const name = file === null ? null : file === "-" ? "/dev/stdin" : file;
  const complaint = runNft(call.ns.nftables.ruleset, text, name, given("c") !== undefined, how);
  if (complaint === null) return 0;
  call.err(complaint);
  return 1;
};
