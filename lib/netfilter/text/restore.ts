// A saved file, read line by line into tables: each table is changed as a whole at its COMMIT, or not at all.
// Before you edit: iptables/xtables-restore.c (xtables_restore_parse_line), iptables-restore.c, nft.c (nft_prepare).
import { Edit } from "../edit.ts";
import type { Family } from "../extension.ts";
import { Failure, Refused } from "../refused.ts";
import { type BackEnd, TABLE_HOOKS, TABLE_NAMES, type Table, type TableName } from "../table.ts";
import { apply } from "./apply.ts";
import { Bulk } from "./bulk.ts";
import { isTargetName } from "./extensions.ts";
import { type Complaint, complaintOf, type Flavour, failureOf, wordsOf } from "./flavour.ts";
import { countersBefore, splitLine } from "./line.ts";
import { anySet, checkChainName, LONGEST_NAME } from "./reader.ts";
import { type Request, readRequest } from "./request.ts";

export interface RestoreOptions {
  readonly family: Family;
  readonly flavour: Flavour;
  /** The name it was called by. */
  readonly tool: string;
  /** --noflush, --counters (or what stands of them), --test, how often -v, and the one table of -T. */
  readonly keeps: boolean;
  readonly counts: boolean | "where given";
  readonly tests: boolean;
  readonly verbose: number;
  readonly only: string | null;
  /** The table, made if need be. */
  table(name: TableName): Table;
  /** Of the set of this name, undefined when there is none. */
  readonly setFamily?: (name: string) => Family | null | undefined;
  out(text: string): void;
  err(text: string): void;
}

/** Thrown where a file goes wrong; tables that were committed before stay so. */
export class Broken extends Error {
  readonly complaint: Complaint;
  /** Of the line, from 1. */
  readonly line: number;

  constructor(complaint: Complaint, line: number) {
    super(complaint.text);
    this.complaint = complaint;
    this.line = line;
  }
}

/** What iptables-restore does with a file: prints what it has to say, and returns its exit status. */
export function restore(text: string, options: RestoreOptions): number {
  try {
    new Restore(text, options).run();
    return 0;
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    options.err(error.complaint.text);
    return error.complaint.status;
  }
}

/** As many characters of a line are read at once (fgets into 10240 bytes). */
const LONGEST_LINE = 10239;

export class Restore {
  /** Of the line that is read. */
  number = 0;
  private readonly text: string;
  private readonly options: RestoreOptions;
  private readonly backEnd: BackEnd;
  private edit: Edit | null = null;
  /** What the tool will find when, at COMMIT, it does what it has read. */
  private found: { readonly error: Failure | Refused; readonly line: number } | null = null;
  private lateLine = 0;
  private wrote = false;
  private said: string[] = [];
  /** A table that -T does not want. */
  private skips = false;
  private bulk: Bulk | null = null;

  constructor(text: string, options: RestoreOptions) {
    this.text = text;
    this.options = options;
    this.backEnd = options.flavour.backEnd;
  }

  run(): void {
    const { text } = this;
    try {
      for (let start = 0; start < text.length; ) {
        const found = text.indexOf("\n", start);
        let end = found === -1 ? text.length : found;
        const isCut = end - start >= LONGEST_LINE;
        if (isCut) end = start + LONGEST_LINE;
        this.number++;
        if (isCut || this.bulk === null || !this.isPlain || !this.bulk.add(start, end, this.number))
          this.line(upToZero(text.slice(start, end)));
        start = isCut ? end : end + 1;
      }
      if (this.edit !== null) throw this.plain(`COMMIT expected at line ${this.number + 1}`);
    } catch (error) {
      this.edit?.takeBack();
      throw error;
    }
  }

  private line(line: string): void {
    if (this.bulk !== null) {
      this.bulk.flush();
      this.lateLine ||= this.bulk.refused;
    }
    if (line === "") return;
    if (line.startsWith("#")) {
      if (this.options.verbose > 0) this.options.out(`${line}\n`);
    } else if (this.edit !== null) this.inTable(line, this.edit);
    else if (line.startsWith("*")) this.begin(line);
    else if (!this.skips) throw this.plain(`line ${this.number} failed`);
  }

  private inTable(line: string, edit: Edit): void {
    try {
      if (line === "COMMIT") this.commit(edit);
      else if (line.startsWith(":")) this.declare(line, edit);
      else this.command(line, edit);
    } catch (error) {
      throw this.brokenBy(error, this.number);
    }
  }

  private begin(line: string): void {
    const { options, number } = this;
    const [word] = words(line);
    const name = TABLE_NAMES.find((each) => each === word);
    if (word === undefined) throw this.refused(`${options.tool}: line ${number} table name invalid`);
    if (name === undefined && this.backEnd === "legacy")
      throw this.refused(`${options.tool}: unable to initialize table '${word}'`);
    if (name === undefined) throw this.refused(`${options.tool}: line ${number} table name '${word}' invalid`);
    this.skips = options.only !== null && options.only !== name;
    if (this.skips) return;
    const edit = new Edit(options.table(name), this.backEnd);
    this.edit = edit;
    this.found = null;
    this.wrote = options.keeps;
    this.bulk = new Bulk(this.text, edit, options.counts !== false);
    this.lateLine = 0;
    if (options.keeps) return;
    if (options.verbose > 0) {
      const chains = edit.table.listed();
      for (const chain of chains) this.said.push(`Flushing chain \`${chain.name}'\n`);
      for (const chain of chains) if (chain.hook === null) this.said.push(`Deleting chain \`${chain.name}'\n`);
    }
    edit.clear();
  }

  private commit(edit: Edit): void {
    const { options, said } = this;
    const isTest = options.tests;
    if (!isTest || this.backEnd === "legacy") for (const text of said) options.out(text);
    this.said = [];
    if (isTest) edit.takeBack();
    else {
      if (this.found !== null) throw this.brokenBy(this.found.error, this.found.line);
      try {
        edit.commit();
      } catch (error) {
        throw this.brokenBy(error, this.backEnd === "legacy" ? this.number : this.lateLine);
      }
    }
    // What is made new with nothing in it is not made at all by nf_tables' tool.
    if (!this.wrote && !this.bulk?.wrote && this.backEnd === "nft") edit.table.backEnd = null;
    this.edit = null;
    this.bulk = null;
  }

  /** nf_tables' tool reads all up to COMMIT before it does anything: what it finds then is kept for that moment. */
  private attempt(edit: Edit, work: () => void): void {
    if (this.found !== null || (this.options.tests && this.backEnd === "nft")) return;
    try {
      work();
      this.noteLate(edit, this.number);
    } catch (error) {
      if (this.backEnd === "legacy" || !(error instanceof Failure || error instanceof Refused)) throw error;
      this.found = { error, line: this.number };
    }
  }

  private noteLate(edit: Edit, line: number): void {
    if (edit.isRefused && this.lateLine === 0) this.lateLine = line;
  }

  /** `:CHAIN POLICY [packets:bytes]`. */
  private declare(line: string, edit: Edit): void {
    const { options, number, backEnd } = this;
    const [name, policy, counters] = words(line);
    if (name === undefined) throw this.refused(`${options.tool}: line ${number} chain name invalid`);
    const isLegacy = backEnd === "legacy";
    if (!isLegacy) checkChainName(name);
    else if (name.length >= LONGEST_NAME)
      throw this.refused(`Invalid chain name \`${name}' (${LONGEST_NAME - 1} chars max)`);
    this.wrote = true;
    if (policy === undefined) throw this.refused(`${options.tool}: line ${number} policy invalid`);
    const isBuiltIn = TABLE_HOOKS[edit.table.name].some(([hook]) => hook === name);
    const count =
      options.counts !== false && (isLegacy ? policy !== "-" : isBuiltIn) ? this.counters(counters) : [0, 0];
    if (count === null) throw this.refused(`invalid policy counters for chain '${name}'`);
    this.attempt(edit, () => {
      if (!isBuiltIn) this.declareOwn(edit, name);
      if ((isBuiltIn || isLegacy) && policy !== "-") this.setPolicy(edit, name, policy);
      if (isBuiltIn) edit.setCounters(edit.chain("policy", name), count[0]!, count[1]!);
    });
  }

  private counters(text: string | undefined): readonly number[] | null {
    return text === undefined && this.options.counts === "where given" ? [0, 0] : readCounters(text);
  }

  private declareOwn(edit: Edit, name: string): void {
    const chain = edit.table.chains.get(name);
    if (chain === undefined && (this.backEnd === "nft" || !isTargetName(name))) edit.add(name);
    else if (chain !== undefined && (this.backEnd === "nft" || this.options.keeps)) edit.flush(chain);
    else throw this.refused(`error creating chain '${name}':File exists`);
  }

  private setPolicy(edit: Edit, name: string, policy: string): void {
    const chain = edit.chain("policy", name);
    const isPolicy = policy === "ACCEPT" || policy === "DROP";
    if (chain.hook !== null && isPolicy) return edit.setPolicy(chain, policy);
    const failure = new Failure("policy", chain.hook === null ? "ENOENT" : "EINVAL", name);
    if (this.backEnd === "nft") throw failure;
    const where = `on \`${name}' line ${this.number}`;
    throw new Refused(`Can't set policy \`${policy}' ${where}: ${wordsOf(failure)}`, 1);
  }

  /** A line with a command, as on the command line. */
  private command(line: string, edit: Edit): void {
    const { options, number, backEnd } = this;
    const counted = countersBefore(line, number);
    // An open quote takes the end of the line with it.
    const said = splitLine(`${line}\n`, counted?.end ?? 0);
    if (counted !== null && options.counts !== false) said.unshift("--set-counters", counted.packets, counted.bytes);
    if (!options.keeps) for (let i = 0; i < options.verbose; i++) said.unshift("-v");
    const { name: restoring, family } = edit.table;
    const request: Request = readRequest(said, {
      family,
      restoring,
      backEnd,
      notice: options.err,
      setFamily: options.setFamily ?? anySet,
    });
    if (request.command === "ignored") return;
    if (request.command === "V" || request.command === "h") throw this.refused(`unknown option "-${request.command}"`);
    if (!"LSC".includes(request.command)) this.wrote = true;
    // Names of chains may mean others from here on.
    if ("XE".includes(request.command)) this.bulk?.forget();
    this.attempt(edit, () => apply(edit, request, options.flavour, (text) => this.said.push(text)));
  }

  /** Whether lines can be taken as they stand: nothing is to be said of them, and nothing has gone wrong. */
  private get isPlain(): boolean {
    const { tests, verbose, keeps } = this.options;
    return this.found === null && !tests && (verbose === 0 || keeps);
  }

  private brokenBy(error: unknown, line: number): unknown {
    const { tool, flavour } = this.options;
    if (error instanceof Refused) return new Broken(complaintOf(tool, error, flavour, this.number), this.number);
    return error instanceof Failure ? new Broken(failureOf(tool, error, flavour, line), line) : error;
  }

  private refused(message: string): Broken {
    return new Broken(
      complaintOf(this.options.tool, new Refused(message), this.options.flavour, this.number),
      this.number,
    );
  }

  private plain(message: string): Broken {
    return new Broken({ text: `${this.options.tool}: ${message}\n`, status: 1 }, this.number);
  }
}

/** A zero ends a line, as it ends every text for the tool. */
function upToZero(line: string): string {
  const zero = line.indexOf("\0");
  return zero === -1 ? line : line.slice(0, zero);
}

/** The words behind a line's first letter. */
function words(line: string): string[] {
  return line
    .slice(1)
    .split(/[ \t]+/)
    .filter((word) => word !== "");
}

function readCounters(text: string | undefined): readonly number[] | null {
  const found = /^\[\s*(\d+):\s*(\d+)/.exec(text ?? "");
  return found === null ? null : [Number(found[1]), Number(found[2])];
}
