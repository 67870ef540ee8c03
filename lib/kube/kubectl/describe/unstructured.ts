// kubectl describe of a kind it has no words for: field after field.
// Before you edit: staging/src/k8s.io/kubectl/pkg/describe/describe.go (printUnstructuredContent, smartLabelFor).
import type { Draft } from "../../api/object.ts";
import { goText } from "../jsonpath.ts";
import type { Paper } from "./paper.ts";

const SKIPPED = [
  ".metadata.managedFields",
  ".metadata.name",
  ".metadata.namespace",
  ".metadata.labels",
  ".metadata.annotations",
];
const ACRONYMS = ["API", "URL", "UID", "GUID"];

export function unstructured(paper: Paper, object: Draft): void {
  const { metadata } = object;
  paper.field("Name", metadata.name);
  paper.field("Namespace", metadata.namespace ?? "");
  paper.labels("Labels", metadata.labels);
  paper.annotations(metadata.annotations);
  content(paper, 0, object, "");
}

function content(paper: Paper, level: number, object: Draft, prefix: string): void {
  for (const field of Object.keys(object).sort()) {
    const path = `${prefix}.${field}`;
    if (SKIPPED.includes(path)) continue;
    const value: unknown = object[field];
    if (Array.isArray(value)) {
      paper.line(level, `${title(field)}:`);
      for (const each of value)
        if (typeof each === "object" && each !== null) content(paper, level + 1, each, path);
        else paper.line(level + 1, goText(each));
    } else if (typeof value === "object" && value !== null) {
      paper.line(level, `${title(field)}:`);
      content(paper, level + 1, value, path);
    } else paper.field(title(field), goText(value), level);
  }
}

/** `resourceVersion` is `Resource Version`. */
function title(field: string): string {
  if (/[^A-Za-z-]/.test(field)) return field;
  const parts = field.match(/[A-Z]+(?![a-z])|[A-Z][a-z]*|[a-z]+|-+/g) ?? [];
  return parts
    .map((part) => {
      if (ACRONYMS.includes(part.toUpperCase())) return part.toUpperCase();
      return part.toLowerCase() === part ? part[0]!.toUpperCase() + part.slice(1) : part;
    })
    .join(" ");
}
