// Selectors of Kubernetes as Calico reads them: one expression over a pod's labels, those of its namespace among them. The
// text is what Felix makes the name of a set of addresses of, so it is Felix's to the letter.
// Before you edit: github.com/projectcalico/calico libcalico-go/lib/backend/k8s/conversion/conversion.go (k8sSelectorToCalico),
// libcalico-go/lib/backend/syncersv1/updateprocessors/rules.go, libcalico-go/lib/selector/parser/ast.go.
import type { LabelSelector, Labels } from "../../shapes.ts";

export interface Expression {
  readonly text: string;
  holds(labels: Labels): boolean;
}

export const LABEL = {
  namespace: "projectcalico.org/namespace",
  orchestrator: "projectcalico.org/orchestrator",
  serviceAccount: "projectcalico.org/serviceaccount",
  /** Before each label of the namespace; its name is one of them. */
  ofNamespace: "pcns.",
  namespaceName: "pcns.projectcalico.org/name",
} as const;

const has = (key: string): Expression => ({ text: `has(${key})`, holds: (labels) => Object.hasOwn(labels, key) });

const equals = (key: string, value: string): Expression => ({
  text: `${key} == "${value}"`,
  holds: (labels) => labels[key] === value,
});

const not = (of: Expression): Expression => ({ text: `!${of.text}`, holds: (labels) => !of.holds(labels) });

function isIn(key: string, operator: "in" | "not in", values: readonly string[]): Expression {
  const sorted = [...new Set(values)].sort();
  return {
    text: `${key} ${operator} {${sorted.map((each) => `"${each}"`).join(", ")}}`,
    holds: (labels) => sorted.includes(labels[key]!) === (operator === "in"),
  };
}

function all(terms: readonly Expression[]): Expression {
  if (terms.length === 1) return terms[0]!;
  return {
    text: `(${terms.map(({ text }) => text).join(" && ")})`,
    holds: (labels) => terms.every((each) => each.holds(labels)),
  };
}

/** Every endpoint there is. */
export const ANYBODY: Expression = { text: "all()", holds: () => true };

function terms({ matchLabels = {}, matchExpressions = [] }: LabelSelector, prefix: string): Expression[] {
  const byLabel = Object.keys(matchLabels).sort();
  return [
    ...byLabel.map((key) => equals(prefix + key, matchLabels[key]!)),
    ...matchExpressions.map(({ key, operator, values = [] }) => {
      switch (operator) {
        case "In":
          return isIn(prefix + key, "in", values);
        case "NotIn":
          return isIn(prefix + key, "not in", values);
        case "Exists":
          return has(prefix + key);
        default:
          return not(has(prefix + key));
      }
    }),
  ];
}

const podTerm = (selector: LabelSelector = {}): Expression =>
  all([equals(LABEL.orchestrator, "k8s"), ...terms(selector, "")]);

/** Pods of a policy's own namespace. */
export const policySelector = (selector: LabelSelector, namespace: string): Expression =>
  all([podTerm(selector), equals(LABEL.namespace, namespace)]);

/** Pods of a peer: of the policy's own namespace unless the peer selects namespaces. */
export function peerSelector(
  podSelector: LabelSelector | undefined,
  namespaceSelector: LabelSelector | undefined,
  own: string,
): Expression {
  const selected =
    namespaceSelector === undefined ? [equals(LABEL.namespace, own)] : terms(namespaceSelector, LABEL.ofNamespace);
  return all([selected.length === 0 ? has(LABEL.namespace) : all(selected), podTerm(podSelector)]);
}
