// The options of one command line of iptables, in their order: what each says, and what may not be said together.
// Before you edit: iptables/xshared.c (do_parse, command_match, command_jump, load_proto, set_option, add_command),
// libxtables/xtoptions.c.
import type { Family, Reading } from "../extension.ts";
import { Refused } from "../refused.ts";
import type { BackEnd, TableName } from "../table.ts";
import { readDevice } from "./address.ts";
import { type ExtensionDraft, findMatch, findTarget, gather, isTargetName } from "./extensions.ts";
import { Getopt } from "./getopt.ts";
import { protocolName, readProtocol } from "./protocol.ts";
import { LONG, type Owned, SHORT, type Word } from "./words.ts";

/** XT_EXTENSION_MAXNAMELEN, its zero included. */
export const LONGEST_NAME = 29;

export interface Context {
  readonly family: Family;
  /** A line of a saved file: its table is known, and -t, -w are refused. */
  readonly restoring: TableName | null;
  readonly backEnd: BackEnd;
  /** What the tool says on stderr without giving up. */
  notice(text: string): void;
  /** Of the set of this name, undefined when there is none; without it, every name is a set's. */
  readonly setFamily?: Reading["setFamily"];
}

/** Where nobody knows the sets, each is taken to be there. */
export function anySet(): null {
  return null;
}

/** Reads all words at once; what they said stands in its fields. Throws Refused in the real tool's words. */
export class Reader {
  private readonly getopt: Getopt<Word>;
  readonly context: Context;
  command = "";
  chain: string | null = null;
  number: number | null = null;
  newName: string | null = null;
  policy: string | null = null;
  table: string;
  /** A `!` at the end, with nothing behind it. */
  hangs = false;
  private tableSet = false;
  private waits = false;
  private waitInterval = false;
  options = "";
  readonly inverted = new Set<string>();
  readonly values = new Map<string, string>();
  protocol: { number: number; inverted: boolean } | null = null;
  private protocolWord: string | null = null;
  private protocolUsed = false;
  jump: { name: string; isGoto: boolean } | null = null;
  readonly matches: ExtensionDraft[] = [];
  target: ExtensionDraft | null = null;
  private long: readonly Word[] = LONG;
  counters: [number, number] | null = null;

  constructor(words: readonly string[], context: Context) {
    this.getopt = new Getopt(words);
    this.context = context;
    this.table = context.restoring ?? "filter";
    this.tableSet = context.restoring !== null;
    this.read();
    if (this.waitInterval && !this.waits) throw new Refused("--wait-interval only makes sense with --wait\n");
  }

  private read(): void {
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
      if (found.kind === "option") {
        this.option(found.flag, found.value, inverted);
        if (this.isOver) return;
      } else if (this.loadProtocol()) {
        this.getopt.again();
        continue;
      } else if (found.kind === "no value") throw new Refused(`option "${found.word}" requires an argument`);
      else throw new Refused(`unknown option "${found.word}"`);
      inverted = false;
    }
    this.hangs = inverted;
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
        return this.wait(letter, value ?? this.getopt.takeWord());
      case "4":
      case "6":
        if (Number(letter) === this.context.family) return;
        if (this.context.restoring === null) throw new Refused("", 2, false);
        this.command = "ignored";
        return;
      case "V":
      case "h":
        this.command = letter;
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

  /** -V, -h and a line for the other family end the reading. */
  get isOver(): boolean {
    return this.command === "V" || this.command === "h" || this.command === "ignored";
  }

  private wait(letter: "w" | "W", value: string | null): void {
    if (letter === "W") {
      this.context.notice("Ignoring deprecated --wait-interval option.\n");
      this.waitInterval = true;
    } else this.waits = true;
    if (value !== null && !/^\d/.test(value))
      throw new Refused(`wait ${letter === "w" ? "seconds" : "interval"} not numeric`);
  }

  private commanded(letter: string, value: string | null, inverted: boolean): void {
    if (inverted) throw new Refused("unexpected '!' flag");
    const together = ["LZ", "ZL", "SZ", "ZS"].includes(this.command + letter);
    if (this.command !== "" && !together) throw new Refused(`Cannot use -${letter} with -${this.command.slice(-1)}`);
    this.command += letter;
    if (letter === "N") checkChainName(value!);
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
      backEnd: this.context.backEnd,
      notice: this.context.notice,
      setFamily: this.context.setFamily ?? anySet,
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
}

export function checkChainName(name: string): void {
  if (name.length >= LONGEST_NAME)
    throw new Refused(`chain name \`${name}' too long (must be under ${LONGEST_NAME} chars)`);
  if (name.startsWith("-") || name.startsWith("!"))
    throw new Refused(`chain name not allowed to start with \`${name[0]}'`);
  if (isTargetName(name)) throw new Refused("chain name may not clash with target name");
  if (/\s/.test(name)) throw new Refused(`Invalid chain name \`${name}'`);
}
