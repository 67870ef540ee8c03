// The words behind tcpdump. Before you edit: tcpdump 4.99 tcpdump.c (SHORTOPTS, longopts, main).
import { notModelled } from "./command.ts";

const SUPPORTED =
  "-i DEVICE, -w FILE, -r FILE, -c COUNT, -Q in|out|inout, -n, -e, -v, -q, -t to -ttttt, -S, -x, -X, -A, -#, -s 0, --count, -K, -l, -N, -O, -p, -U and a filter";

export interface TcpdumpOptions {
  readonly device: string | null;
  /** -w, -r: files of the machine. */
  readonly write: string | null;
  readonly read: string | null;
  readonly count: number;
  /** -Q: only what comes in, or goes out. */
  readonly direction: "in" | "out" | null;
  readonly link: boolean;
  readonly verbose: number;
  readonly quiet: boolean;
  /** How many times -t was given. */
  readonly time: number;
  readonly absolute: boolean;
  /** Octets below each line, the link layer's too; -X goes before -x, and -x before -A. */
  readonly dump: "X" | "x" | "A" | null;
  readonly dumpsLink: boolean;
  /** -#: the number of a packet before its line; --count: their number and no lines. */
  readonly numbered: boolean;
  readonly counted: boolean;
  readonly filter: string;
}

/** Letters with a value, letters without, and those of the latter by which nothing here changes. */
const VALUED = "cirswQ";
const PLAIN = "nevqtSxXA#";
const NO_EFFECT = "KlNOpU";

/** `--number` is `-#`; what has no letter keeps its name. */
const LONG: Readonly<Record<string, string>> = {
  "--interface": "i",
  "--direction": "Q",
  "--snapshot-length": "s",
  "--number": "#",
  "--dont-verify-checksums": "K",
  "--no-optimize": "O",
  "--no-promiscuous-mode": "p",
  "--packet-buffered": "U",
  "--count": "--count",
  "--immediate-mode": "--immediate-mode",
};

interface Read {
  readonly letters: readonly string[];
  readonly values: ReadonlyMap<string, string>;
  readonly operands: readonly string[];
}

/** Options may stand behind the filter too, as getopt of glibc takes them. */
function readWords(args: readonly string[]): Read {
  const letters: string[] = [];
  const values = new Map<string, string>();
  const operands: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    const take = (letter: string, attached: string | undefined): void => {
      const value = attached ?? args[++i];
      if (value === undefined) throw notModelled("tcpdump", `-${letter} without a value`, SUPPORTED);
      values.set(letter, value);
    };
    if (word === "--") return { letters, values, operands: [...operands, ...args.slice(i + 1)] };
    if (word.startsWith("--")) {
      const [name = "", value] = word.split(/=(.*)/s);
      const letter = LONG[name];
      if (letter === undefined) throw notModelled("tcpdump", name, SUPPORTED);
      if (VALUED.includes(letter)) take(letter, value);
      else letters.push(letter);
    } else if (!word.startsWith("-") || word === "-") operands.push(word);
    else
      for (let at = 1; at < word.length; at++) {
        const letter = word[at]!;
        if (VALUED.includes(letter)) {
          take(letter, word.slice(at + 1) || undefined);
          break;
        }
        if (!PLAIN.includes(letter) && !NO_EFFECT.includes(letter))
          throw notModelled("tcpdump", `-${letter}`, SUPPORTED);
        letters.push(letter);
      }
  }
  return { letters, values, operands };
}

/** A text is tcpdump's complaint. */
export function readTcpdumpArguments(args: readonly string[]): TcpdumpOptions | string {
  const { letters, values, operands } = readWords(args);
  const times = (letter: string) => letters.filter((each) => each === letter).length;
  const [count, snapshot] = [values.get("c"), values.get("s")];
  if (count !== undefined && !(/^\d+$/.test(count) && Number(count) > 0)) return `invalid packet count ${count}`;
  if (snapshot !== undefined) {
    if (!/^\d+$/.test(snapshot) || Number(snapshot) > 262144)
      return `invalid snaplen ${snapshot} (must be >= 0 and <= 262144)`;
    if (Number(snapshot) % 262144 !== 0) throw notModelled("tcpdump", `-s ${snapshot}`, "-s 0: whole packets");
  }
  const direction = values.get("Q") ?? "inout";
  if (direction !== "in" && direction !== "out" && direction !== "inout")
    return `unknown capture direction \`${direction}'`;
  if (times("t") > 5) return "only -t, -tt, -ttt, -tttt and -ttttt are supported";
  if (times("v") > 2) throw notModelled("tcpdump", "-vvv", SUPPORTED);
  const [device = null, write = null, read = null] = ["i", "w", "r"].map((letter) => values.get(letter));
  // libpcap's own list of devices, which begins with those that are up.
  if (/^\d+$/.test(device ?? "")) throw notModelled("tcpdump", `-i ${device}`, "devices by their name");
  if (write === "-" || read === "-") throw notModelled("tcpdump", "-", "a file's name behind -w and -r");
  if (write !== null && (device === "any" || read !== null))
    throw notModelled("tcpdump", "-w", "-w with -i and one device");
  const dump = (["X", "x", "A"] as const).find((letter) => times(letter) > 0) ?? null;
  const dumpsLink = dump !== null && times(dump) > 1;
  if (dumpsLink && device === "any") throw notModelled("tcpdump", `-${dump}${dump}`, `-${dump} with -i any`);
  return {
    device,
    write,
    read,
    count: count === undefined ? Number.POSITIVE_INFINITY : Number(count),
    direction: direction === "inout" ? null : direction,
    link: times("e") > 0,
    verbose: times("v"),
    quiet: times("q") > 0,
    time: times("t"),
    absolute: times("S") > 0,
    dump,
    dumpsLink,
    numbered: times("#") > 0,
    counted: times("--count") > 0,
    filter: operands.join(" "),
  };
}
