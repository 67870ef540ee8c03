// Kubernetes' dialect of JSONPath: text with expressions in braces, ranges, filters.
// Before you edit: staging/src/k8s.io/client-go/util/jsonpath/{parser,jsonpath}.go.
import type { Draft } from "../api/object.ts";
import { Failure } from "./failure.ts";
import { jsonText } from "./object-text.ts";

type Step =
  | { readonly field: string }
  | { readonly wildcard: true }
  | { readonly recursive: true }
  | { readonly slice: readonly [number | null, number | null, number | null]; readonly isOne: boolean }
  | { readonly union: readonly (readonly Step[])[] }
  | { readonly literal: unknown }
  | { readonly left: readonly Step[]; readonly operator: string; readonly right: readonly Step[] };

type Node =
  | { readonly text: string }
  | { readonly path: readonly Step[] }
  | { readonly range: readonly Step[]; readonly body: readonly Node[] };

export type Template = readonly Node[];

/** `{.a.b}` of what people also write as `a.b` or `.a.b`. Throws Failure. */
export function relaxed(path: string): string {
  if (path === "") return path;
  const found = /^\{\.?([^{}]+)\}$|^\.?([^{}]+)$/.exec(path);
  if (found === null)
    throw new Failure(
      "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'",
    );
  return `{.${found[1] ?? found[2]}}`;
}

/** Throws Failure in the parser's words. */
export function parseTemplate(text: string): Template {
  const flat: ({ text: string } | { path: readonly Step[]; word: string })[] = [];
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf("{", at);
    if (open === -1) {
      flat.push({ text: text.slice(at) });
      break;
    }
    if (open > at) flat.push({ text: text.slice(at, open) });
    const close = endOf(text, open);
    if (close === -1) throw new Failure("unclosed action");
    const inside = text.slice(open + 1, close).trim();
    at = close + 1;
    const [, word = "", rest] = /^(range|end)\b\s*(.*)$/s.exec(inside) ?? [];
    flat.push({ path: parsePath(rest ?? inside), word });
  }
  const stack: Node[][] = [[]];
  const ranges: (readonly Step[])[] = [];
  for (const each of flat) {
    if ("text" in each) stack.at(-1)!.push(each);
    else if (each.word === "range") {
      ranges.push(each.path);
      stack.push([]);
    } else if (each.word === "end") {
      if (ranges.length === 0) throw new Failure("not in range, nothing to end");
      const body = stack.pop()!;
      stack.at(-1)!.push({ range: ranges.pop()!, body });
    } else stack.at(-1)!.push({ path: each.path });
  }
  // A range nobody ends goes to the end.
  while (ranges.length > 0) {
    const body = stack.pop()!;
    stack.at(-1)!.push({ range: ranges.pop()!, body });
  }
  return stack[0]!;
}

function endOf(text: string, open: number): number {
  let quote = "";
  for (let i = open + 1; i < text.length; i++) {
    const each = text[i]!;
    if (quote !== "") {
      if (each === "\\") i++;
      else if (each === quote) quote = "";
    } else if (each === '"' || each === "'") quote = each;
    else if (each === "}") return i;
  }
  return -1;
}

function parsePath(text: string): readonly Step[] {
  const steps: Step[] = [];
  let rest = text.trim();
  while (rest !== "") {
    const quoted = /^"((?:[^"\\]|\\.)*)"|^'((?:[^'\\]|\\.)*)'/s.exec(rest);
    const number = steps.length === 0 ? /^-?\d+(\.\d+)?/.exec(rest) : null;
    const field = /^\.?((?:\\.|[^\s.[\]{}()'"\\,|=!<>@$])+)/.exec(rest);
    if (quoted !== null) {
      steps.push({ literal: unescaped(quoted[1] ?? quoted[2]!) });
      rest = rest.slice(quoted[0].length);
    } else if (/^[@$]/.test(rest)) rest = rest.slice(1);
    else if (rest.startsWith("..")) {
      steps.push({ recursive: true });
      rest = /^\.\.[.[]/.test(rest) ? rest.slice(2) : rest.slice(1);
    } else if (rest.startsWith("[")) {
      const close = closing(rest);
      if (close === -1) throw new Failure("unterminated array");
      steps.push(bracket(rest.slice(1, close)));
      rest = rest.slice(close + 1);
    } else if (/^\.?\*/.test(rest)) {
      steps.push({ wildcard: true });
      rest = rest.replace(/^\.?\*/, "");
    } else if (number !== null) {
      steps.push({ literal: Number(number[0]) });
      rest = rest.slice(number[0].length);
    } else if (/^(true|false)$/.test(rest)) {
      steps.push({ literal: rest === "true" });
      rest = "";
    } else if (field !== null) {
      if (!field[0].startsWith(".") && steps.length === 0) throw new Failure(`unrecognized identifier ${field[1]}`);
      steps.push({ field: field[1]!.replace(/\\(.)/g, "$1") });
      rest = rest.slice(field[0].length);
    } else if (/^\.\s*$/.test(rest)) rest = "";
    else if (/^\.\[/.test(rest)) rest = rest.slice(1);
    else
      throw new Failure(
        `unrecognized character in action: U+${rest.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")} '${rest[0]}'`,
      );
  }
  return steps;
}

const unescaped = (text: string): string =>
  text.replace(/\\(.)/gs, (_, each: string) => ({ n: "\n", t: "\t", r: "\r" })[each] ?? each);

function closing(text: string): number {
  let depth = 0;
  let quote = "";
  for (let i = 0; i < text.length; i++) {
    const each = text[i]!;
    if (quote !== "") {
      if (each === "\\") i++;
      else if (each === quote) quote = "";
    } else if (each === '"' || each === "'") quote = each;
    else if (each === "[") depth++;
    else if (each === "]" && --depth === 0) return i;
  }
  return -1;
}

function bracket(inside: string): Step {
  const filter = /^\?\((.*)\)$/s.exec(inside);
  if (filter !== null) {
    const found = /^(.*?)\s*(==|!=|<=|>=|<|>)\s*(.*)$/s.exec(filter[1]!);
    return found === null
      ? { left: parsePath(filter[1]!), operator: "exists", right: [] }
      : { left: parsePath(found[1]!), operator: found[2]!, right: parsePath(found[3]!) };
  }
  if (inside === "*") return { wildcard: true };
  const names = inside.match(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g);
  if (names !== null && names.join(",") === inside.replace(/\s*,\s*/g, ",")) {
    const fields = names.map((each) => ({ field: unescaped(each.slice(1, -1)) }));
    return fields.length === 1 ? fields[0]! : { union: fields.map((each) => [each]) };
  }
  if (/^-?\d+(,-?\d+)+$/.test(inside)) return { union: inside.split(",").map((each) => [bracket(each)]) };
  const slice = /^(-?\d*)(?::(-?\d*))?(?::(-?\d*))?$/.exec(inside);
  if (slice === null) throw new Failure(`invalid array index ${inside}`);
  const of = (text: string | undefined) => (text === undefined || text === "" ? null : Number(text));
  return { slice: [of(slice[1]), of(slice[2]), of(slice[3])], isOne: !inside.includes(":") };
}

const isMap = (value: unknown): value is Draft => typeof value === "object" && value !== null && !Array.isArray(value);

const childrenOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value)
    ? value
    : isMap(value)
      ? Object.keys(value)
          .sort()
          .map((key) => value[key])
      : [];

function everything(value: unknown): readonly unknown[] {
  const children = childrenOf(value);
  return children.length === 0 ? [] : [value, ...children.flatMap(everything)];
}

function sliced(value: unknown, [from, to, step]: readonly (number | null)[], isOne: boolean): readonly unknown[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw new Failure(`${goType(value)} is not array or slice`);
  const { length } = value;
  const start = (from ?? 0) < 0 ? from! + length : (from ?? 0);
  const asked = isOne ? (from === -1 ? length : from! + 1) : (to ?? length);
  const end = asked < 0 || (asked === 0 && isOne) ? asked + length : asked;
  if (start === end) return [];
  if (start >= length || start < 0) throw new Failure(`array index out of bounds: index ${start}, length ${length}`);
  if (end > length || end < 0) throw new Failure(`array index out of bounds: index ${end - 1}, length ${length}`);
  if (start > end) throw new Failure(`starting index ${start} is greater than ending index ${end}`);
  return value.slice(start, end).filter((_, i) => i % (step ?? 1) === 0);
}

const goType = (value: unknown): string =>
  isMap(value)
    ? "map[string]interface {}"
    : typeof value === "number"
      ? "int64"
      : typeof value === "boolean"
        ? "bool"
        : "string";

function walk(values: readonly unknown[], steps: readonly Step[]): readonly unknown[] {
  let current = values;
  for (const step of steps) {
    if ("field" in step)
      current = current.flatMap((each) => (isMap(each) && Object.hasOwn(each, step.field) ? [each[step.field]] : []));
    else if ("wildcard" in step) current = current.flatMap(childrenOf);
    else if ("recursive" in step) current = current.flatMap(everything);
    else if ("slice" in step) current = current.flatMap((each) => sliced(each, step.slice, step.isOne));
    else if ("union" in step) {
      const from = current;
      current = step.union.flatMap((each) => walk(from, each));
    } else if ("literal" in step) current = current.map(() => step.literal);
    else current = current.flatMap((each) => filtered(each, step));
  }
  return current;
}

function filtered(value: unknown, { left, operator, right }: Extract<Step, { operator: string }>): readonly unknown[] {
  if (!Array.isArray(value)) throw new Failure(`${goText(value)} is not array or slice and cannot be filtered`);
  return value.filter((each) => {
    const lefts = walk([each], left);
    if (operator === "exists") return lefts.length > 0;
    const rights = walk([each], right);
    if (lefts.length > 1 || rights.length > 1) throw new Failure("can only compare one element at a time");
    if (lefts.length === 0 || rights.length === 0) return false;
    const [a, b] = [lefts[0] as string, rights[0] as string];
    if (typeof a !== typeof b) throw new Failure("incompatible types for comparison");
    switch (operator) {
      case "==":
        return a === b;
      case "!=":
        return a !== b;
      case "<":
        return a < b;
      case ">":
        return a > b;
      case "<=":
        return a <= b;
      default:
        return a >= b;
    }
  });
}

/** The values of the first expression, as sorting and columns ask for them. */
export function valuesOf(template: Template, object: unknown): readonly unknown[] {
  return template.flatMap((node) => ("path" in node ? walk([object], node.path) : []));
}

/** A value as Go's fmt.Sprint writes it. */
export function goText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goText).join(" ")}]`;
  if (isMap(value))
    return `map[${Object.keys(value)
      .sort()
      .map((key) => `${key}:${goText(value[key])}`)
      .join(" ")}]`;
  return value === null || value === undefined ? "<nil>" : String(value);
}

/** The template filled in. Throws Failure. */
export function fill(template: Template, object: unknown): string {
  return template
    .map((node) => {
      if ("text" in node) return node.text;
      if ("range" in node)
        return walk([object], node.range)
          .map((each) => fill(node.body, each))
          .join("");
      const shown = (each: unknown) =>
        typeof each === "object" && each !== null ? jsonText(each) : each === null ? "null" : goText(each);
      return walk([object], node.path).map(shown).join(" ");
    })
    .join("");
}
