// A catalogue of sentences with holes: "{0} has the MAC {1}" becomes "{0} 的 MAC 是 {1}". What has no entry stays as it is.

/** English sentences and what they are in another language; holes are numbered, and may come in another order. */
export type Entries = Readonly<Record<string, string>>;

/** A sentence cut at its holes, and the number of each hole. */
interface Pattern {
  readonly parts: readonly string[];
  readonly holes: readonly number[];
  /** Those holes in which only a number stands, by their place: "{0#} routes". */
  readonly numbers: readonly number[];
  /** How much of it is fixed: of two that fit, the one that says more is meant. */
  readonly weight: number;
  readonly becomes: { readonly parts: readonly string[]; readonly holes: readonly number[] };
}

/** Translates whole sentences, and lines and sentences one by one where the whole is not known. */
export class Catalogue {
  private readonly exact = new Map<string, string>();
  /** Patterns by the word they begin with, "" for those that begin with a hole; the heaviest first. */
  private readonly patterns = new Map<string, Pattern[]>();

  constructor(entries: Entries) {
    for (const [english, other] of Object.entries(entries)) {
      if (!HOLE.test(english)) {
        this.exact.set(english, other);
        continue;
      }
      const { parts, holes, numbers } = cut(english);
      const pattern = { parts, holes, numbers, weight: parts.join("").length, becomes: cut(other) };
      const first = firstWord(parts[0]!);
      this.patterns.set(first, [...(this.patterns.get(first) ?? []), pattern]);
    }
    for (const list of this.patterns.values()) list.sort((a, b) => b.weight - a.weight);
  }

  /** One word of a kind, from the entry "kind: word". */
  readonly label = (kind: string, word: string): string => this.exact.get(`${kind}: ${word}`) ?? word;

  /** The text in the other language; spaces around it, and what is not known, stay. */
  readonly say = (text: string): string => {
    const core = text.trim();
    const said = this.sentence(core) ?? this.pieces(core);
    return said === undefined ? text : text.replace(core, () => said);
  };

  private sentence(text: string): string | undefined {
    const exact = this.exact.get(text);
    if (exact !== undefined) return exact;
    const first = this.patterns.get(firstWord(text)) ?? [];
    const open = this.patterns.get("") ?? [];
    for (let i = 0, k = 0; i < first.length || k < open.length; ) {
      const isFirst = k >= open.length || (i < first.length && first[i]!.weight >= open[k]!.weight);
      const pattern = isFirst ? first[i++]! : open[k++]!;
      const filled = fill(pattern, text);
      if (filled !== undefined && (pattern.weight >= SAYS_ENOUGH || filled.every(this.isNameOrKnown)))
        return this.put(pattern, filled);
    }
    return undefined;
  }

  private readonly isNameOrKnown = (text: string): boolean => NAMES.test(text) || this.say(text) !== text;

  /** Lines, the sentence behind "node-1: ", one sentence after the other, and lists of which everything is known. */
  private pieces(text: string): string | undefined {
    if (text.includes("\n")) return changed(text, this.say, "\n", "\n");
    const [, name, rest] = /^(.{1,40}?): (.+)$/.exec(text) ?? [];
    const said = rest === undefined ? undefined : (this.sentence(rest) ?? this.pieces(rest));
    if (said !== undefined && said !== rest) return `${this.sentence(name!) ?? this.label("step", name!)}：${said}`;
    if (SENTENCES.test(text)) return changed(text, this.say, SENTENCES, " ")?.replace(/([。？！]) /g, "$1");
    const bare = text.endsWith(".") ? this.sentence(text.slice(0, -1)) : undefined;
    if (bare !== undefined) return `${bare}。`;
    const list = text.includes(", ") ? text.split(", ").map((each) => this.sentence(each)) : [undefined];
    return list.includes(undefined) ? undefined : list.join("，");
  }

  /** What stands in a hole is a sentence itself, or names and numbers, which stay: a pod may have any word for a name. */
  private put({ holes, becomes }: Pattern, filled: readonly string[]): string {
    const values = new Map(holes.map((hole, i) => [hole, filled[i]!]));
    const spoken = (hole: number) => {
      const value = values.get(hole) ?? "";
      return value.includes(" ") ? this.say(value) : value;
    };
    return spaced(becomes.parts.map((part, i) => (i === 0 ? part : spoken(becomes.holes[i - 1]!) + part)).join(""));
  }
}

const HOLE = /\{\d#?\}/;
/** A name, or a list of names. */
const NAMES = /^\S+(?:, \S+)*$/;
/** Of a pattern with fewer fixed characters, as "{0} answers {1}", the holes are names or known: all sorts of text have such words. */
const SAYS_ENOUGH = 16;
/** The space between two sentences. */
const SENTENCES = /(?<=[.?!]) (?=[A-Z])/;

function cut(sentence: string): { parts: string[]; holes: number[]; numbers: number[] } {
  const holes = [...sentence.matchAll(/\{(\d)(#?)\}/g)];
  return {
    parts: sentence.split(HOLE),
    holes: holes.map(([, hole]) => Number(hole)),
    numbers: holes.flatMap(([, , mark], place) => (mark === "#" ? [place] : [])),
  };
}

/** Between Han and Latin stands a space, between Han none: what a sentence has around a hole suits only one of them. */
function spaced(text: string): string {
  return text
    .replace(/([\p{Script=Han}，。：；？！）]) (?=[\p{Script=Han}（])/gu, "$1")
    .replace(/(\p{Script=Han})(?=[a-z0-9])|([a-z0-9])(?=\p{Script=Han})/giu, "$1$2 ");
}

/** The first word of a text if a space follows it, else "": what it begins with may go on in a hole. */
function firstWord(text: string): string {
  const end = text.indexOf(" ");
  return end < 0 ? "" : text.slice(0, end);
}

/** What stands in the holes if the text is this sentence. Each part is taken where it comes first: one pass, no way back. */
function fill({ parts, numbers }: Pattern, text: string): string[] | undefined {
  const last = parts.length - 1;
  const end = text.length - parts[last]!.length;
  let at = parts[0]!.length;
  if (end <= at || !text.startsWith(parts[0]!) || !text.endsWith(parts[last]!)) return undefined;
  const filled: string[] = [];
  for (let i = 1; i < last; i++) {
    const next = text.indexOf(parts[i]!, at + 1);
    if (next < 0 || next + parts[i]!.length >= end) return undefined;
    filled.push(text.slice(at, next));
    at = next + parts[i]!.length;
  }
  filled.push(text.slice(at, end));
  return numbers.every((place) => /^\d+$/.test(filled[place]!)) ? filled : undefined;
}

/** The pieces said and put together again; undefined when none of them is known. */
function changed(text: string, say: (piece: string) => string, at: string | RegExp, glue: string): string | undefined {
  const pieces = text.split(at);
  const said = pieces.map(say);
  return said.every((piece, i) => piece === pieces[i]) ? undefined : said.join(glue);
}
