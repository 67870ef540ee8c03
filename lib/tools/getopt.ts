// Options as glibc's getopt reads them: they may stand behind operands, be joined, and end with "--".
// Before you edit: glibc posix/getopt.c, iputils_common.c (strtol_or_err).

export interface Got {
  readonly options: readonly { readonly letter: string; readonly value: string }[];
  readonly operands: readonly string[];
  /** What getopt itself complains of, without the tool's name; reading stopped there. */
  readonly problem: string | null;
}

/** Reads words by a description as `nc:w:`, where a colon says that the letter takes an argument. */
export function getopt(args: readonly string[], description: string): Got {
  const options: { letter: string; value: string }[] = [];
  const operands: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    if (word === "--") {
      operands.push(...args.slice(i + 1));
      break;
    }
    if (!word.startsWith("-") || word === "-") {
      operands.push(word);
      continue;
    }
    for (let at = 1; at < word.length; at++) {
      const letter = word[at]!;
      const known = letter === ":" ? -1 : description.indexOf(letter);
      if (known === -1) return { options, operands, problem: `invalid option -- '${letter}'` };
      if (description[known + 1] !== ":") {
        options.push({ letter, value: "" });
        continue;
      }
      const value = word.slice(at + 1) || args[++i];
      if (value === undefined) return { options, operands, problem: `option requires an argument -- '${letter}'` };
      options.push({ letter, value });
      break;
    }
  }
  return { options, operands, problem: null };
}

/** What -V says of a tool of iputils. */
export function iputilsVersion(tool: string): string {
  const built = "libcap: yes, IDN: yes, NLS: no, error.h: yes, getrandom(): yes, __fpending(): yes";
  return `${tool} from iputils 20221126\n${built}\n`;
}

/** A whole number as iputils reads one; a text is its complaint. */
export function wholeNumber(text: string, min: number, max: number): number | string {
  if (!/^\s*[-+]?(0x[0-9a-f]+|\d+)$/i.test(text)) return `invalid argument: '${text}'`;
  const digits = text.trim().replace(/^[-+]/, "");
  const value =
    (text.trim().startsWith("-") ? -1 : 1) * (/^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits));
  return value < min || value > max ? `invalid argument: '${text}': out of range: ${min} <= value <= ${max}` : value;
}
