// Which objects are meant? Selectors of labels and of fields, as text and as a LabelSelector.
// Before you edit: staging/src/k8s.io/apimachinery/pkg/labels/selector.go, .../pkg/fields/selector.go.
import { badRequest } from "./status.ts";

export type Labels = Readonly<Record<string, string>>;

export interface Requirement {
  readonly key: string;
  readonly operator: "in" | "notin" | "exists" | "!" | "gt" | "lt";
  readonly values: readonly string[];
}

export type Selector = readonly Requirement[];

/** A LabelSelector of the API. An empty one selects everything, none at all nothing: the caller tells them apart. */
export interface LabelSelector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
    readonly values?: readonly string[];
  }[];
}

const OPERATOR = { In: "in", NotIn: "notin", Exists: "exists", DoesNotExist: "!" } as const;

export function selectorOf({ matchLabels = {}, matchExpressions = [] }: LabelSelector): Selector {
  return [
    ...Object.entries(matchLabels).map(([key, value]) => ({ key, operator: "in" as const, values: [value] })),
    ...matchExpressions.map(({ key, operator, values = [] }) => ({ key, operator: OPERATOR[operator], values })),
  ];
}

export function selects(selector: Selector, labels: Labels = {}): boolean {
  return selector.every(({ key, operator, values }) => {
    const value = Object.hasOwn(labels, key) ? labels[key]! : null;
    switch (operator) {
      case "in":
        return value !== null && values.includes(value);
      case "notin":
        return value === null || !values.includes(value);
      case "exists":
        return value !== null;
      case "!":
        return value === null;
      default: {
        const number = value === null || !/^-?\d+$/.test(value) ? null : Number(value);
        return number !== null && (operator === "gt" ? number > Number(values[0]) : number < Number(values[0]));
      }
    }
  });
}

const TOKEN = /\s*(?:(==|!=|[=!,()<>])|([^\s=!,()<>]+))/y;

/** `app=web,tier in (a, b),!old`. Throws ApiError in the API server's words. */
export function parseSelector(text: string): Selector {
  const words: string[] = [];
  TOKEN.lastIndex = 0;
  for (let found = TOKEN.exec(text); found !== null; found = TOKEN.exec(text)) words.push(found[1] ?? found[2]!);
  const requirements: Requirement[] = [];
  let at = 0;
  // Whether a requirement is being read: its errors are told as its own.
  let inside = false;
  const fail = (expected: string, comma = ","): never => {
    const found = words[at] ?? "";
    throw badRequest(`${inside ? "unable to parse requirement: " : ""}found '${found}'${comma} expected: ${expected}`);
  };
  const isWord = (word: string | undefined): word is string => word !== undefined && !/^[=!,()<>]/.test(word);
  const listed = (): string[] => {
    if (words[at] !== "(") fail("'('", "");
    at++;
    if (!isWord(words[at]) && words[at] !== "," && words[at] !== ")") fail("',', ')' or identifier");
    const values: string[] = [];
    for (;;) {
      values.push(isWord(words[at]) ? words[at++]! : "");
      if (words[at] === ")") break;
      if (words[at++] !== ",") fail("',', or ')'");
    }
    at++;
    return values;
  };
  const requirement = (): Requirement => {
    if (words[at] === "!") {
      at++;
      if (!isWord(words[at])) fail("identifier");
      return { key: words[at++]!, operator: "!", values: [] };
    }
    const key = words[at++]!;
    const operator = words[at];
    if (operator === undefined || operator === ",") return { key, operator: "exists", values: [] };
    at++;
    if (operator === "in" || operator === "notin") return { key, operator, values: listed() };
    const value = () => (isWord(words[at]) ? words[at++]! : "");
    if (operator === "=" || operator === "==") return { key, operator: "in", values: [value()] };
    if (operator === "!=") return { key, operator: "notin", values: [value()] };
    if (operator === ">" || operator === "<")
      return { key, operator: operator === ">" ? "gt" : "lt", values: [value()] };
    at--;
    return fail("in, notin, =, ==, !=, gt, lt");
  };
  while (at < words.length) {
    if (words[at] !== "!" && !isWord(words[at])) fail("!, identifier, or 'end of string'");
    inside = true;
    requirements.push(requirement());
    inside = false;
    if (at === words.length) break;
    if (words[at] !== ",") fail("',' or 'end of string'");
    at++;
    if (at === words.length) fail("identifier after ','");
  }
  return requirements;
}

/** One condition of a field selector: `spec.nodeName=worker-1`, `status.phase!=Running`. */
export interface FieldCondition {
  readonly field: string;
  readonly equal: boolean;
  readonly value: string;
}

export function parseFieldSelector(text: string): readonly FieldCondition[] {
  return text
    .split(",")
    .filter((each) => each !== "")
    .map((each) => {
      const found = /^([^=!]*)(==|!=|=)(.*)$/.exec(each);
      if (found === null) throw badRequest(`invalid selector: '${text}'; can't understand '${each}'`);
      return { field: found[1]!, equal: found[2] !== "!=", value: found[3]! };
    });
}
