// Objects as text: JSON as Go's encoder sets it out, YAML as go.yaml.in/yaml/v2 emits it.
// Before you edit: go.yaml.in/yaml/v2 {emitterc,encode,resolve,sorter}.go, sigs.k8s.io/yaml yaml.go (JSONToYAML).
import type { Draft } from "../api/object.ts";

/** With sorted keys, and `<`, `>`, `&` escaped as Go does. `indent` is "" for one line. */
export function jsonText(value: unknown, indent = ""): string {
  const text = indent === "" ? JSON.stringify(sorted(value)) : goIndent(sorted(value), "", indent);
  return escaped(text);
}

const escaped = (text: string): string =>
  text.replace(/[<>&\u2028\u2029]/g, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`);

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, sorted((value as Draft)[key])]));
}

/** As JSON.stringify, but an empty list or object stays on one line. */
function goIndent(value: unknown, at: string, indent: string): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = at + indent;
  const parts = Array.isArray(value)
    ? value.map((each) => goIndent(each, inner, indent))
    : Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}: ${goIndent(each, inner, indent)}`);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  return parts.length === 0
    ? `${open}${close}`
    : `${open}\n${parts.map((each) => inner + each).join(",\n")}\n${at}${close}`;
}

/** Lines longer than this are folded at the next space. */
const WIDTH = 80;

/** The object as a YAML document. */
export function yamlText(value: unknown): string {
  if (typeof value !== "object" || value === null || isEmpty(value)) return `${scalar(value, 0, 0)}\n`;
  return Array.isArray(value) ? list(value, 0) : mapping(value as Draft, 0);
}

const isEmpty = (value: object): boolean => (Array.isArray(value) ? value.length : Object.keys(value).length) === 0;

function mapping(value: Draft, indent: number, first = indent): string {
  let text = "";
  for (const key of Object.keys(value).sort(natural)) {
    const at = " ".repeat(text === "" ? first : indent);
    text += at;
    const name = scalar(key, 0, null);
    text += `${name}:${behind(value[key], indent, indent + name.length + 1)}`;
  }
  return text;
}

function list(value: readonly unknown[], indent: number): string {
  return value
    .map((each) => {
      const at = `${" ".repeat(indent)}-`;
      if (typeof each === "object" && each !== null && !isEmpty(each))
        return Array.isArray(each)
          ? `${at} ${list(each, indent + 2).slice(indent + 2)}`
          : `${at} ${mapping(each as Draft, indent + 2, 0)}`;
      return `${at} ${scalar(each, indent + 2, indent + 2)}\n`;
    })
    .join("");
}

/** What stands behind `key:`; the key ends at `column`. */
function behind(value: unknown, indent: number, column: number): string {
  if (typeof value === "object" && value !== null && !isEmpty(value))
    return `\n${Array.isArray(value) ? list(value, indent) : mapping(value as Draft, indent + 2)}`;
  return ` ${scalar(value, indent + 2, column + 1)}\n`;
}

/** `column` is where it begins; null is a key, which is never folded. */
function scalar(value: unknown, indent: number, column: number | null): string {
  if (Array.isArray(value)) return "[]";
  if (typeof value === "object" && value !== null) return "{}";
  if (typeof value !== "string") return String(value);
  if (value.includes("\n") && column !== null) {
    const isLiteral = !/ \n|\s$/.test(value.replace(/\n+$/, "")) && !HIDDEN.test(value);
    return isLiteral ? literal(value, indent) : doubleQuoted(value, indent, column);
  }
  if (HIDDEN.test(value) || resolves(value)) return doubleQuoted(value, indent, column);
  return isPlain(value)
    ? folded(value, indent, column, 0)
    : `'${folded(value.replaceAll("'", "''"), indent, column, 1)}'`;
}

const HIDDEN = /[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ufeff]|\t/;

/** Would a reader take the word for something else than text? */
function resolves(text: string): boolean {
  return (
    /^(|~|null|Null|NULL|<<|=)$/.test(text) ||
    /^(y|Y|yes|Yes|YES|on|On|ON|true|True|TRUE|n|N|no|No|NO|off|Off|OFF|false|False|FALSE)$/.test(text) ||
    /^[-+]?(0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)$/.test(text) ||
    /^[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/.test(text) ||
    /^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$/.test(text) ||
    /^\d{4}-\d\d?-\d\d?([Tt ]\s*\d\d?:\d\d:\d\d(\.\d+)?\s*(Z|[-+]\d\d?(:\d\d)?)?)?$/.test(text) ||
    /^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$/.test(text)
  );
}

function isPlain(text: string): boolean {
  if (/^[#,[\]{}&*!|>'"%@`]|^[-?:](\s|$)|^ | $|^(---|\.\.\.)/.test(text)) return false;
  return !/:(\s|$)|\s#/.test(text);
}

/** Spaces beyond the width become line breaks; a doubled space never does. */
function folded(text: string, indent: number, column: number | null, quote: number): string {
  if (column === null) return text;
  let at = column + quote;
  let result = "";
  for (let i = 0; i < text.length; i++) {
    const isBreak =
      text[i] === " " && at > WIDTH && i > 0 && text[i - 1] !== " " && i < text.length - 1 && text[i + 1] !== " ";
    if (isBreak) {
      result += `\n${" ".repeat(indent)}`;
      at = indent;
    } else {
      result += text[i];
      at++;
    }
  }
  return result;
}

function doubleQuoted(text: string, indent: number, column: number | null): string {
  const escapes = {
    "\n": "\\n",
    "\t": "\\t",
    "\r": "\\r",
    '"': '\\"',
    "\\": "\\\\",
    "\0": "\\0",
    "\x1b": "\\e",
  } as Draft;
  let at = (column ?? 0) + 1;
  let result = "";
  for (let i = 0; i < text.length; i++) {
    const each = text[i]!;
    if (each === " " && column !== null && at > WIDTH && i > 0 && i < text.length - 1 && text[i - 1] !== " ") {
      result += `\n${" ".repeat(indent)}${text[i + 1] === " " ? "\\" : ""}`;
      at = indent;
      continue;
    }
    const code = each.charCodeAt(0);
    const shown =
      escapes[each] ?? (HIDDEN.test(each) ? `\\x${code.toString(16).padStart(2, "0").toUpperCase()}` : each);
    result += shown;
    at += shown.length;
  }
  return `"${result}"`;
}

function literal(text: string, indent: number): string {
  const ends = /\n*$/.exec(text)![0].length;
  const keep = ends === 0 ? "-" : ends > 1 ? "+" : "";
  const hint = /^[ \n]/.test(text) ? "2" : "";
  const lines = text.replace(/\n$/, "").split("\n");
  return `|${hint}${keep}\n${lines.map((line) => (line === "" ? "" : " ".repeat(indent) + line)).join("\n")}`;
}

const isLetter = (each: string): boolean => /\p{L}/u.test(each);

/** Letters behind other signs, numbers by what they count (sorter.go). */
function natural(a: string, b: string): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    if (a[i] === b[i]) continue;
    const [isA, isB] = [isLetter(a[i]!), isLetter(b[i]!)];
    if (isA && isB) return a[i]! < b[i]! ? -1 : 1;
    if (isA || isB) return isB ? -1 : 1;
    const inNumber = /[1-9]\d*$/.test(a.slice(0, i)) && (a[i] === "0" || b[i] === "0") ? "1" : "";
    const digits = (text: string) => /^\d*/.exec(text.slice(i))![0];
    const [numberA, numberB] = [Number(inNumber + digits(a)), Number(inNumber + digits(b))];
    if (numberA !== numberB) return numberA - numberB;
    const longer = digits(a).length - digits(b).length;
    return longer !== 0 ? longer : a[i]! < b[i]! ? -1 : 1;
  }
  return a.length - b.length;
}
