// One command line of iptables, or one line of a saved file: which command, for which chain, and the rules it speaks of.
// Before you edit: iptables/xshared.c (do_parse, command_match, command_jump, load_proto, generic_opt_check,
// ipv4_post_parse), libxtables/xtoptions.c.
import type { Chain } from "../chain.ts";
import type { Family } from "../extension.ts";
import { Refused } from "../refused.ts";
import type { DeviceMatch, RuleSpec } from "../rule.ts";
import { TABLE_NAMES, type TableName } from "../table.ts";
import { readDevice, readNetworks } from "./address.ts";
import { type ExtensionDraft, findMatch, findTarget, finished, gather } from "./extensions.ts";
import { Getopt } from "./getopt.ts";
import { protocolName, readProtocol } from "./protocol.ts";
import { LONG, type Owned, SHORT, TAKES, type Word } from "./words.ts";

/** XT_EXTENSION_MAXNAMELEN, its zero included. */
const LONGEST_NAME = 29;

export interface Request {
  /** A D C I R L S F Z N X E P, or "D number" and "Z number". */
  readonly command: string;
  readonly table: TableName;
  readonly chain: string | null;
  /** The rule's number, from 1. */
  readonly number: number | null;
  readonly newName: string | null;
  readonly policy: string | null;
  /** One for each pair of source and destination that was listed. */
  readonly rules: readonly RuleSpec[];
  readonly counters: readonly [packets: number, bytes: number] | null;
  /** The options n, x, 0 that were given, and v as often as it was. */
  readonly options: string;
}

export interface Context {
  readonly family: Family;
  /** A line of a saved file: its table is known, and -t, -w are refused. */
  readonly restoring: TableName | null;
  /** The chain a rule may jump to, or undefined. */
  chain(table: TableName, name: string): Chain | undefined;
  /** What the tool says on stderr without giving up. */
  notice(text: string): void;
}

/** Reads a command line without the program's name. Throws Refused in the real tool's words, BadInput for what is not modelled. */
export function readRequest(words: readonly string[], context: Context): Request {
  return new Reader(words, context).read();
}

class Reader {
  private readonly getopt: Getopt<Word>;
  private readonly context: Context;
  private command = "";
  private chain: string | null = null;
  private number: number | null = null;
  private newName: string | null = null;
  private policy: string | null = null;
  private table: string;
  private tableSet = false;
  private options = "";
  private readonly inverted = new Set<string>();
  private readonly values = new Map<string, string>();
  private protocol: { number: number; inverted: boolean } | null = null;
  private protocolWord: string | null = null;
  private protocolUsed = false;
  private jump: { name: string; isGoto: boolean } | null = null;
  private readonly matches: ExtensionDraft[] = [];
  private target: ExtensionDraft | null = null;
  private long: readonly Word[] = LONG;
  private counters: [number, number] | null = null;

  constructor(words: readonly string[], context: Context) {
    this.getopt = new Getopt(words);
    this.context = context;
    this.table = context.restoring ?? "filter";
  }

  read(): Request {
    let inverted = false;
    for (;;) {
      const found = this.getopt.next(SHORT, this.long);
      if (found === null) break;
      if (found.kind === "word") {
        if (found.word !== "!") throw new Refused(`Bad argument \`${found.word}'`, 2, false);
        if (inverted) throw new Refused("multiple consecutive ! not allowed");
        inverted = true;
        continue;
      }
      if (found.kind === "option") this.option(found.flag, found.value, inverted);
      else if (this.loadProtocol()) {
        this.getopt.again();
        continue;
      } else if (found.kind === "no value") throw new Refused(`option "${found.word}" requires an argument`);
      else throw new Refused(`unknown option "${found.word}"`);
      inverted = false;
    }
    return this.finish(inverted);
  }

  private option({ letter }: Word, value: string | null, inverted: boolean): void {
    if (typeof letter !== "string") return this.extension(letter, value, inverted);
    if ("ACDIRLSFZNXEP".includes(letter)) return this.commanded(letter, value, inverted);
    switch (letter) {
      case "p":
        this.once(letter, inverted);
        this.protocolWord = value!.toLowerCase();
        this.protocol = { number: readProtocol(value!), inverted };
        if (this.protocol.number === 0 && inverted) throw new Refused("rule would never match protocol");
        return;
      case "j":
      case "g":
        this.once("j", inverted);
        return this.jumpTo(value!, letter === "g");
      case "m":
        if (inverted) throw new Refused("unexpected ! flag before --match");
        return this.match(value!);
      case "f":
        if (this.context.family === 6) throw new Refused("`-f' is not supported in IPv6, use -m frag instead");
        return this.once(letter, inverted);
      case "i":
      case "o":
        if (value === "") throw new Refused("Empty interface is likely to be undesired");
        this.once(letter, inverted);
        readDevice(value!, inverted);
        this.values.set(letter, value!);
        return;
      case "s":
      case "d":
        this.once(letter, inverted);
        this.values.set(letter, value!);
        return;
      case "v":
        this.options += letter;
        return;
      case "c":
        this.once(letter, inverted);
        return this.setCounters(value!);
      case "t":
        if (inverted) throw new Refused("unexpected ! flag before --table");
        if (this.context.restoring !== null && this.tableSet)
          throw new Refused("The -t option cannot be used in iptables-restore.\n");
        this.table = value!;
        this.tableSet = true;
        return;
      case "w":
      case "W":
        if (this.context.restoring !== null) throw new Refused(`You cannot use \`-${letter}' from iptables-restore`);
        if (value === null) this.getopt.takeWord();
        return;
      case "4":
      case "6":
        if (Number(letter) !== this.context.family) throw new Refused("", 2, false);
        return;
      case "M":
        return;
      default:
        this.once(letter, inverted);
    }
  }

  /** set_option: each at most once, and not every one can be inverted. */
  private once(letter: string, inverted: boolean): void {
    if (this.options.includes(letter)) throw new Refused(`multiple -${letter} flags not allowed`);
    this.options += letter;
    if (!inverted) return;
    if (!"sdpiof".includes(letter)) throw new Refused(`cannot have ! before -${letter}`);
    this.inverted.add(letter);
  }

  private commanded(letter: string, value: string | null, inverted: boolean): void {
    if (inverted) throw new Refused("unexpected '!' flag");
    const together = ["LZ", "ZL", "SZ", "ZS"].includes(this.command + letter);
    if (this.command !== "" && !together) throw new Refused(`Cannot use -${letter} with -${this.command.slice(-1)}`);
    this.command += letter;
    if (letter === "N") validChainName(value!);
    this.chain = value ?? this.getopt.takeWord() ?? this.chain;
    if ("DI".includes(letter)) this.number = this.ruleNumber() ?? (letter === "I" ? 1 : null);
    else if ("LSZ".includes(letter) && this.chain !== null) this.number = this.ruleNumber();
    else if (letter === "R") {
      this.number = this.ruleNumber();
      if (this.number === null) throw new Refused("-R requires a rule number");
    } else if (letter === "E") {
      this.newName = this.getopt.takeWord();
      if (this.newName === null) throw new Refused("-E requires old-chain-name and new-chain-name");
    } else if (letter === "P") {
      this.policy = this.getopt.takeWord();
      if (this.policy === null) throw new Refused("-P requires a chain and a policy");
    }
  }

  private ruleNumber(): number | null {
    const word = this.getopt.takeWord();
    if (word === null) return null;
    if (!/^\d+$/.test(word) || Number(word) < 1 || Number(word) > 0x7fffffff)
      throw new Refused(`Invalid rule number \`${word}'`);
    return Number(word);
  }

  private setCounters(value: string): void {
    const [packets = "", after] = value.split(",");
    const bytes = after ?? this.getopt.takeWord();
    if (bytes === null) throw new Refused("-c requires packet and byte counter");
    if (!/^\d/.test(packets)) throw new Refused("-c packet counter not numeric");
    if (!/^\d/.test(bytes)) throw new Refused("-c byte counter not numeric");
    this.counters = [Number.parseInt(packets, 10), Number.parseInt(bytes, 10)];
  }

  private match(name: string): void {
    const draft = findMatch(name, this.context.family);
    if (draft === null) throw new Refused(`Couldn't load match \`${name}':No such file or directory\n`);
    this.use(draft);
    this.matches.push(draft);
  }

  private jumpTo(name: string, isGoto: boolean): void {
    if (name.length === 0) throw new Refused("Invalid target name (too short)");
    if (name.length >= LONGEST_NAME)
      throw new Refused(`Invalid target name \`${name}' (${LONGEST_NAME - 1} chars max)`);
    if (/\s/.test(name)) throw new Refused(`Invalid target name \`${name}'`);
    this.jump = { name, isGoto };
    this.target = isGoto ? null : findTarget(name, this.context.family);
    if (this.target !== null) this.use(this.target);
  }

  /** New options stand before the old ones, behind iptables' own. */
  private use(draft: ExtensionDraft): void {
    const added = draft.extension.options.flatMap((option): Word[] =>
      [option.name, ...(option.aliases ?? [])].map((name) => ({
        name,
        takes: option.takes === "nothing" ? "nothing" : "value",
        letter: { owner: draft, option },
      })),
    );
    this.long = [...LONG, ...added, ...this.long.slice(LONG.length)];
  }

  private extension({ owner, option }: Owned, value: string | null, inverted: boolean): void {
    const draft = owner as ExtensionDraft;
    gather(draft, option, value, inverted, {
      family: this.context.family,
      table: this.table,
      protocol: this.protocol,
      nextWord: () => this.getopt.takeWord(),
    });
  }

  /** `-p tcp --dport`: the protocol's own match is loaded when one of its options is met. */
  private loadProtocol(): boolean {
    if (this.protocolWord === null || this.protocolUsed) return false;
    const name = /^\d/.test(this.protocolWord) ? protocolName(Number(this.protocolWord)) : this.protocolWord;
    const draft = name === null ? null : findMatch(name, this.context.family);
    if (draft === null) return false;
    this.protocolUsed = true;
    this.use(draft);
    this.matches.push(draft);
    return true;
  }

  private finish(inverted: boolean): Request {
    const { jump } = this;
    if (this.table === "nat" && (this.policy === "DROP" || jump?.name === "DROP"))
      throw new Refused('\nThe "nat" table is not intended for filtering, the use of DROP is therefore inhibited.\n\n');
    const reading = {
      family: this.context.family,
      table: this.table,
      protocol: this.protocol,
      nextWord: () => null,
    };
    const matches = this.matches.map((draft) => finished(draft, reading));
    const target = this.target === null ? null : finished(this.target, reading);
    if (this.command === "") throw new Refused("no command specified");
    if (inverted) throw new Refused("nothing appropriate following !");
    const isRule = "ADCIR".includes(this.command) && !(this.command === "D" && this.number !== null);
    const command =
      !isRule && this.number !== null && "DZ".includes(this.command) ? `${this.command} number` : this.command;
    const sources = isRule ? this.networks("s") : [null];
    const destinations = isRule ? this.networks("d") : [null];
    if (this.command === "R" && sources.length * destinations.length > 1)
      throw new Refused("Replacement rule does not specify a unique address");
    this.checkOptions(command);
    if (this.chain !== null && this.chain.length >= LONGEST_NAME)
      throw new Refused(`chain name \`${this.chain}' too long (must be under ${LONGEST_NAME} chars)`);
    if ("ADCIR".includes(this.command)) this.checkDevices();
    const table = TABLE_NAMES.find((name) => name === this.table);
    if (table === undefined) throw new Refused(`table '${this.table}' does not exist`);
    const base = {
      family: this.context.family,
      in: this.device("i"),
      out: this.device("o"),
      protocol: this.protocol === null || this.protocol.number === 0 ? null : this.protocol,
      fragment: this.options.includes("f") ? { inverted: this.inverted.has("f") } : null,
      matches: matches as RuleSpec["matches"],
      target: this.targetOf(table, isRule, target),
    };
    const rules = isRule
      ? sources.flatMap((source) => destinations.map((destination) => ({ ...base, source, destination })))
      : [];
    const { chain, number, newName, policy, options, counters } = this;
    return { command, table, chain, number, newName, policy, rules, counters, options };
  }

  private networks(letter: "s" | "d"): readonly RuleSpec["source"][] {
    const text = this.values.get(letter);
    if (text === undefined) return [null];
    const inverted = this.inverted.has(letter);
    const networks = readNetworks(text, this.context.family);
    if (networks.length > 1 && inverted)
      throw new Refused("! not allowed with multiple source or destination IP addresses");
    return networks.map((network) => {
      const { mask } = network;
      const isAny = mask.family === 4 ? mask.bits === 0 : mask.isUnspecified;
      return isAny && !inverted ? null : { ...network, inverted };
    });
  }

  private device(letter: "i" | "o"): DeviceMatch | null {
    const text = this.values.get(letter);
    return text === undefined ? null : readDevice(text, this.inverted.has(letter));
  }

  private targetOf(table: TableName, isRule: boolean, use: unknown): RuleSpec["target"] {
    const { jump } = this;
    if (jump === null || !isRule) return { kind: "none" };
    const { name, isGoto } = jump;
    if (use !== null) return { kind: "extension", use: use as never };
    if (!isGoto && (name === "ACCEPT" || name === "DROP" || name === "RETURN"))
      return { kind: "verdict", verdict: name };
    const chain = this.context.chain(table, name);
    if (chain === undefined) throw new Refused(`Chain '${name}' does not exist`);
    return { kind: "chain", chain, isGoto };
  }

  private checkOptions(command: string): void {
    for (const letter of "nsdpjvxio0cf")
      if (
        this.options.includes(letter) &&
        !command.split("").some((each) => (TAKES[command] ?? TAKES[each] ?? "").includes(letter))
      )
        throw new Refused(`Illegal option \`-${letter}' with this command`);
  }

  private checkDevices(): void {
    const comesIn = this.chain === "PREROUTING" || this.chain === "INPUT";
    const goesOut = this.chain === "POSTROUTING" || this.chain === "OUTPUT";
    if (comesIn && this.options.includes("o")) throw new Refused(`Can't use -o with ${this.chain}\n`);
    if (goesOut && this.options.includes("i")) throw new Refused(`Can't use -i with ${this.chain}\n`);
  }
}

function validChainName(name: string): void {
  if (name.length >= LONGEST_NAME)
    throw new Refused(`chain name \`${name}' too long (must be under ${LONGEST_NAME} chars)`);
  if (name.startsWith("-") || name.startsWith("!"))
    throw new Refused(`chain name not allowed to start with \`${name[0]}'`);
  if (findTarget(name, 4) !== null || ["ACCEPT", "DROP", "RETURN", "QUEUE"].includes(name))
    throw new Refused("chain name may not clash with target name");
  if (/\s/.test(name)) throw new Refused(`Invalid chain name \`${name}'`);
}
