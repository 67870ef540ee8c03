// kubectl create poddisruptionbudget.
// Before you edit: staging/src/k8s.io/kubectl/pkg/cmd/create/create_pdb.go,
// staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/helpers.go (ParseToLabelSelector).
import { type LabelSelector, parseSelector, type Requirement } from "../api/selector.ts";
import { ApiError } from "../api/status.ts";
import { Failure } from "./failure.ts";
import { flagsOf } from "./flags.ts";
import { kind, MAKING, make, nameOf } from "./make.ts";
import type { Session } from "./session.ts";

export const CREATE_BUDGET = flagsOf(`${MAKING} selector min-available max-unavailable`);

type Expression = NonNullable<LabelSelector["matchExpressions"]>[number];

const OPERATORS: Readonly<Partial<Record<Requirement["operator"], Expression["operator"]>>> = {
  in: "In",
  notin: "NotIn",
  exists: "Exists",
  "!": "DoesNotExist",
};

/** `a=b,c in (d, e)`: what is equal as labels, the rest as expressions. Throws Failure. */
function labelSelector(text: string): LabelSelector {
  const matchLabels: Record<string, string> = {};
  const matchExpressions: Expression[] = [];
  const parse = (part: string): readonly Requirement[] => {
    try {
      return parseSelector(part);
    } catch (refused) {
      if (!(refused instanceof ApiError)) throw refused;
      throw new Failure(`couldn't parse the selector string "${text}": ${refused.message}`);
    }
  };
  parse(text);
  for (const part of text.split(/,(?![^(]*\))/)) {
    const [, equals] = /(!?=|[<>])/.exec(part) ?? [];
    for (const { key, operator, values } of parse(part))
      if (equals === "=") matchLabels[key] = values[0]!;
      else if (equals === "!=") throw new Failure('"!=" is not a valid label selector operator');
      else if (equals !== undefined)
        throw new Failure(`${JSON.stringify(operator)} isn't supported in label selectors`);
      else
        matchExpressions.push({
          key,
          operator: OPERATORS[operator]!,
          ...(values.length > 0 && { values: [...values].sort() }),
        });
  }
  matchExpressions.sort((a, b) => (a.key < b.key ? -1 : 1));
  return {
    ...(matchExpressions.length > 0 && { matchExpressions }),
    ...(Object.keys(matchLabels).length > 0 && { matchLabels }),
  };
}

export function createBudget(session: Session): number {
  const { flags } = session;
  const name = nameOf(session);
  const [selector, least, most] = ["selector", "min-available", "max-unavailable"].map((each) => flags.text(each));
  if (selector === "") throw new Failure("a selector must be specified");
  if (least === "" && most === "") throw new Failure("one of min-available or max-unavailable must be specified");
  if (least !== "" && most !== "") throw new Failure("min-available and max-unavailable cannot be both specified");
  for (const [flag, text] of [
    ["min-available", least],
    ["max-unavailable", most],
  ] as const)
    if (!/^([0-9]+%?)?$/.test(text!)) throw new Failure(`invalid format specified for ${flag}`);
  const number = (text: string) => (text.endsWith("%") ? text : Number(text));
  const spec = {
    ...(most !== "" && { maxUnavailable: number(most!) }),
    ...(least !== "" && { minAvailable: number(least!) }),
    selector: labelSelector(selector!),
  };
  const status = { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 };
  const object = { apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata: { name }, spec, status };
  return make(
    session,
    kind(session, "poddisruptionbudgets", "policy"),
    object,
    "failed to create poddisruptionbudgets",
  );
}
