// Flags of a command as pflag reads them, with its complaints.
// Before you edit: github.com/spf13/pflag flag.go, github.com/spf13/cobra command.go.
import { notModelled } from "../../tools/command.ts";
import { Failure } from "./failure.ts";

type Type = "text" | "list" | "array" | "switch" | "number" | "span";

export interface Flag {
  readonly name: string;
  readonly letter: string;
  readonly type: Type;
  /** What the flag alone means, where it may stand alone. */
  readonly alone: string | null;
  /** kubectl has it, this does not. */
  readonly isMissing: boolean;
}

/**
 * Reads `output:o watch:w? filename:f* replicas# timeout~ dry-run=unchanged !prune?`: a letter behind the colon, `?` a
 * switch, `*` may be said again or have commas, `+` may be said again, `#` a number, `~` a span of time, `=` what it means alone, `!` not modelled.
 */
export function flagsOf(text: string): readonly Flag[] {
  return text
    .split(/\s+/)
    .filter((word) => word !== "")
    .map((word) => {
      const [, missing, name, letter = "", type = "", alone] = /^(!?)([\w-]+)(?::(\w))?([?*+#~]?)(?:=(.*))?$/.exec(
        word,
      )!;
      const types = { "?": "switch", "*": "list", "+": "array", "#": "number", "~": "span", "": "text" } as const;
      const of = types[type as keyof typeof types];
      return {
        name: name!,
        letter,
        type: of,
        alone: of === "switch" ? "true" : (alone ?? null),
        isMissing: missing === "!",
      };
    });
}

/** Flags that every command has. */
const GLOBAL = flagsOf(
  "namespace:n context cluster user kubeconfig server:s request-timeout cache-dir v v# match-server-version? insecure-skip-tls-verify? " +
    "!as !as-group* !as-uid !token !username !password !certificate-authority !client-certificate !client-key !tls-server-name " +
    "!profile !profile-output !log-flush-frequency !vmodule !disable-compression? !warnings-as-errors? !kuberc",
);

export class Flags {
  readonly words: readonly string[];
  private readonly given: ReadonlyMap<string, readonly string[]>;
  /** Words behind `--`. */
  readonly behind: readonly string[] | null;

  constructor(
    words: readonly string[],
    given: ReadonlyMap<string, readonly string[]>,
    behind: readonly string[] | null,
  ) {
    this.words = words;
    this.given = given;
    this.behind = behind;
  }

  has(name: string): boolean {
    return this.given.has(name);
  }
  text(name: string, otherwise = ""): string {
    return this.given.get(name)?.at(-1) ?? otherwise;
  }
  list(name: string): readonly string[] {
    return this.given.get(name) ?? [];
  }
  is(name: string, otherwise = false): boolean {
    return this.has(name) ? /^(1|t|true)$/i.test(this.text(name)) : otherwise;
  }
  number(name: string, otherwise: number): number {
    return this.has(name) ? Number(this.text(name)) : otherwise;
  }
  /** Seconds. */
  span(name: string, otherwise: number): number {
    return this.has(name) ? secondsOf(this.text(name))! : otherwise;
  }
}

/** `1m30s` in seconds; null when it is no span of time. */
export function secondsOf(text: string): number | null {
  if (text === "0") return 0;
  if (!/^-?((\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h))+$/.test(text)) return null;
  const unit = { ns: 1e-9, us: 1e-6, µs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 } as const;
  let sum = 0;
  for (const [, number, of] of text.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/g))
    sum += Number(number) * unit[of as keyof typeof unit];
  return text.startsWith("-") ? -sum : sum;
}

/** What ParseDuration finds first. */
function spanMistake(text: string): string {
  const rest = text.replace(/^[-+]?((\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)(?![a-zµ]))*/, "");
  const [, unit] = /^(?:\d+\.?\d*|\.\d+)([^\d.]*)/.exec(rest) ?? [];
  if (unit === undefined) return "invalid";
  return unit === "" ? "missing unit in" : `unknown unit ${JSON.stringify(unit)} in`;
}

function checked(flag: Flag, value: string, path: string): string {
  const shown = flag.letter === "" ? `--${flag.name}` : `-${flag.letter}, --${flag.name}`;
  const wrong = (why: string) =>
    misused(path, `invalid argument ${JSON.stringify(value)} for ${JSON.stringify(shown)} flag: ${why}`);
  if (flag.type === "switch" && !/^(1|0|t|f|true|false|TRUE|FALSE|True|False|T|F)$/.test(value))
    throw wrong(`strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`);
  if (flag.type === "number" && !/^[-+]?\d+$/.test(value))
    throw wrong(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
  if (flag.type === "span" && secondsOf(value) === null)
    throw wrong(`time: ${spanMistake(value)} duration ${JSON.stringify(value)}`);
  return value;
}

const misused = (path: string, message: string) => new Failure(`${message}\nSee '${path} --help' for usage.`);

/** Reads the words of a command; `path` is its name as `kubectl rollout status`. Throws Failure in cobra's words. */
export function parseFlags(path: string, known: readonly Flag[], args: readonly string[]): Flags {
  const all = [...known, ...GLOBAL];
  const words: string[] = [];
  const given = new Map<string, string[]>();
  let behind: readonly string[] | null = null;
  const put = (flag: Flag, value: string) => {
    if (flag.isMissing)
      throw notModelled(
        path,
        `--${flag.name}`,
        known
          .filter((each) => !each.isMissing)
          .map(({ name }) => `--${name}`)
          .join(", "),
      );
    checked(flag, value, path);
    const values = flag.type === "list" ? (value === "" ? [] : value.split(",")) : [value];
    const isMore = flag.type === "list" || flag.type === "array";
    given.set(flag.name, isMore ? [...(given.get(flag.name) ?? []), ...values] : values);
  };
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    if (word === "--") {
      behind = args.slice(i + 1);
      break;
    }
    if (word === "-h" || word === "--help") throw notModelled(path, word, "what the help of a real kubectl says");
    if (word.startsWith("--")) {
      const at = word.indexOf("=");
      const name = word.slice(2, at === -1 ? undefined : at);
      if (name === "" || name.startsWith("-")) throw misused(path, `bad flag syntax: ${word}`);
      const flag = all.find((each) => each.name === name);
      if (flag === undefined) throw misused(path, `unknown flag: --${name}`);
      if (at !== -1) put(flag, word.slice(at + 1));
      else if (flag.alone !== null) put(flag, flag.alone);
      else if (i + 1 < args.length) put(flag, args[++i]!);
      else throw misused(path, `flag needs an argument: --${name}`);
    } else if (word.startsWith("-") && word !== "-") {
      for (let letters = word.slice(1); letters !== ""; ) {
        const letter = letters[0]!;
        const flag = all.find((each) => each.letter === letter);
        if (flag === undefined) throw misused(path, `unknown shorthand flag: '${letter}' in -${letters}`);
        const rest = letters.slice(1);
        letters = "";
        if (rest.startsWith("=")) put(flag, rest.slice(1));
        else if (flag.alone !== null) {
          put(flag, flag.alone);
          letters = rest;
        } else if (rest !== "") put(flag, rest);
        else if (i + 1 < args.length) put(flag, args[++i]!);
        else throw misused(path, `flag needs an argument: '${letter}' in -${letter}`);
      }
    } else words.push(word);
  }
  return new Flags(words, given, behind);
}
