// What may be a name, a label, a port? Each rule says what is wrong in the API server's words, nothing when it is right.
// Before you edit: staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go, .../pkg/api/validate/content/*.go.

/** What is wrong with a word. */
export type NameRule = (name: string) => readonly string[];

const NOTHING: readonly string[] = [];

/** A rule's text with examples, in the spelling of RegexError. */
export function byPattern(says: string, pattern: string, ...examples: readonly string[]): string {
  if (examples.length === 0) return `${says} (regex used for validation is '${pattern}')`;
  const shown = examples.map((each) => `'${each}', `).join(" or ");
  return `${says} (e.g. ${shown}regex used for validation is '${pattern}')`;
}

interface Shape {
  readonly most: number;
  readonly unit: "bytes" | "characters";
  readonly pattern: string;
  readonly says: string;
  readonly examples: readonly string[];
}

function rule({ most, unit, pattern, says, examples }: Shape): NameRule {
  const shape = new RegExp(`^${pattern}$`);
  return (name) => {
    const isLong = name.length > most;
    const fits = shape.test(name);
    if (!isLong && fits) return NOTHING;
    return [
      ...(isLong ? [`must be no more than ${most} ${unit}`] : []),
      ...(fits ? [] : [byPattern(says, pattern, ...examples)]),
    ];
  };
}

const LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const KEY = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

const subdomain = {
  most: 253,
  pattern: SUBDOMAIN,
  says: "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  examples: ["example.com"],
};
export const dnsSubdomain = rule({ ...subdomain, unit: "characters" });
const keyPrefix = rule({ ...subdomain, unit: "bytes" });

const label = rule({
  most: 63,
  unit: "characters",
  pattern: LABEL,
  says: "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  examples: ["my-name", "123-abc"],
});
const isSubdomain = new RegExp(`^${SUBDOMAIN}$`);
export const dnsLabel: NameRule = (name) =>
  name.includes(".") && isSubdomain.test(name) ? [...label(name).slice(0, -1), "must not contain dots"] : label(name);

export const wildcardSubdomain = rule({
  most: 253,
  unit: "characters",
  pattern: `\\*\\.${SUBDOMAIN}`,
  says: "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
  examples: ["*.example.com"],
});

export const configKey: NameRule = (key) => {
  if (key === "." || key.startsWith(".."))
    return [key === "." ? "must not be '.'" : key === ".." ? "must not be '..'" : "must not start with '..'"];
  return plainConfigKey(key);
};
const plainConfigKey = rule({
  most: 253,
  unit: "characters",
  pattern: "[-._a-zA-Z0-9]+",
  says: "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
  examples: ["key.name", "KEY_NAME", "key-name"],
});

const KEY_SAYS =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const KEY_EXAMPLES = ["MyName", "my.name", "123-abc"];
const isKey = new RegExp(`^${KEY}$`);

/** A key of a label: a name, perhaps with a subdomain and a slash before it. */
export const qualifiedName: NameRule = (name) => {
  if (name.length <= 63 && isKey.test(name)) return NOTHING;
  const parts = name.split("/");
  if (parts.length > 2)
    return [
      `a valid label key ${byPattern(KEY_SAYS, KEY, ...KEY_EXAMPLES)} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  const errors: string[] = [];
  const last = parts.at(-1)!;
  if (parts.length === 2)
    errors.push(
      ...(parts[0] === "" ? ["must be non-empty"] : keyPrefix(parts[0]!)).map((each) => `prefix part ${each}`),
    );
  if (last === "") errors.push("name part must be non-empty");
  else if (last.length > 63) errors.push("name part must be no more than 63 bytes");
  if (!isKey.test(last)) errors.push(`name part ${byPattern(KEY_SAYS, KEY, ...KEY_EXAMPLES)}`);
  return errors;
};

export const labelValue = rule({
  most: 63,
  unit: "bytes",
  pattern: `(${KEY})?`,
  says: "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  examples: ["MyValue", "my_value", "12345"],
});

export const portName: NameRule = (name) => [
  ...(name.length > 15 ? ["must be no more than 15 characters"] : []),
  ...(/^[-a-z0-9]+$/.test(name) ? [] : ["must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"]),
  ...(/[a-z]/.test(name) ? [] : ["must contain at least one letter (a-z)"]),
  ...(name.includes("--") ? ["must not contain consecutive hyphens"] : []),
  ...(/^-|-$/.test(name) ? ["must not begin or end with a hyphen"] : []),
];

/** Letters that make no words (k8s.io/apimachinery/pkg/util/rand). */
const ALPHANUMERIC = "bcdfghjklmnpqrstvwxz2456789";

/** As many letters as a generated name ends with. */
export function randomSuffix(random: () => number, length = 5): string {
  return Array.from({ length }, () => ALPHANUMERIC[Math.floor(random() * ALPHANUMERIC.length)]).join("");
}

/** The longest beginning of a generated name that leaves room for its end. */
export const generatedName = (prefix: string, random: () => number): string =>
  `${prefix.slice(0, 58)}${randomSuffix(random)}`;

const DIGITS = [..."0123456789abcdef"].map((digit) => digit.charCodeAt(0));
const DASH = "-".charCodeAt(0);

/** A UUID of version 4 (RFC 9562 §5.4). Every object has one: it is drawn digit by digit, and is one flat text at once. */
export function drawUid(random: () => number): string {
  const letters: number[] = [];
  for (let at = 0; at < 36; at++) {
    if (at === 8 || at === 13 || at === 18 || at === 23) {
      letters.push(DASH);
      continue;
    }
    const digit = Math.floor(random() * 16);
    letters.push(DIGITS[at === 14 ? 4 : at === 19 ? (digit & 3) | 8 : digit]!);
  }
  return String.fromCharCode(...letters);
}

/** So many times eight hexadecimal digits, each time drawn at once. */
export function drawHex(random: () => number, times: number): string {
  const letters: number[] = [];
  for (let i = 0; i < times; i++) {
    const drawn = Math.floor(random() * 2 ** 32);
    for (let shift = 28; shift >= 0; shift -= 4) letters.push(DIGITS[(drawn >>> shift) & 15]!);
  }
  return String.fromCharCode(...letters);
}
