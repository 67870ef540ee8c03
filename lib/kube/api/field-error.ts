// Why a field may not be as it is, in the words of the API server.
// Before you edit: staging/src/k8s.io/apimachinery/pkg/util/validation/field/errors.go.

type FieldReason =
  | "FieldValueRequired"
  | "FieldValueInvalid"
  | "FieldValueNotSupported"
  | "FieldValueDuplicate"
  | "FieldValueForbidden"
  | "FieldValueNotFound"
  | "FieldValueTooLong"
  | "FieldValueTooMany"
  | "FieldValueTypeInvalid";

export interface FieldError {
  /** As `spec.containers[0].name`. */
  readonly field: string;
  readonly reason: FieldReason;
  /** What is wrong, without the field: `Required value`, `Invalid value: "Foo": must be lower case`. */
  readonly says: string;
}

export const fieldErrorText = ({ field, says }: FieldError): string => (field === "" ? says : `${field}: ${says}`);

/** A value as Go's %q and %v write it in these texts. */
export function valueText(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (value === undefined || value === null) return "null";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

const withDetail = (word: string, detail: string) => (detail === "" ? word : `${word}: ${detail}`);

export const required = (field: string, detail = ""): FieldError => ({
  field,
  reason: "FieldValueRequired",
  says: withDetail("Required value", detail),
});

export const wrong = (field: string, value: unknown, detail: string): FieldError => ({
  field,
  reason: "FieldValueInvalid",
  says: withDetail(`Invalid value: ${valueText(value)}`, detail),
});

export const unsupported = (field: string, value: unknown, supported: readonly string[]): FieldError => ({
  field,
  reason: "FieldValueNotSupported",
  says: withDetail(
    `Unsupported value: ${valueText(value)}`,
    supported.length === 0 ? "" : `supported values: ${supported.map(valueText).join(", ")}`,
  ),
});

export const duplicate = (field: string, value: unknown): FieldError => ({
  field,
  reason: "FieldValueDuplicate",
  says: `Duplicate value: ${valueText(value)}`,
});

export const denied = (field: string, detail: string): FieldError => ({
  field,
  reason: "FieldValueForbidden",
  says: withDetail("Forbidden", detail),
});

export const absent = (field: string, value: unknown): FieldError => ({
  field,
  reason: "FieldValueNotFound",
  says: `Not found: ${valueText(value)}`,
});

export const tooLong = (field: string, most: number): FieldError => ({
  field,
  reason: "FieldValueTooLong",
  says: `Too long: may not be more than ${most} bytes`,
});

export const tooMany = (field: string, count: number, most: number): FieldError => ({
  field,
  reason: "FieldValueTooMany",
  says: `Too many: ${count}: must have at most ${most} items`,
});

/** What a rule of names has against a value. */
export const byRule = (field: string, value: string, rule: (value: string) => readonly string[]): FieldError[] =>
  rule(value).map((says) => wrong(field, value, says));

export const notNegative = (field: string, value: number | undefined): FieldError[] =>
  value === undefined || value >= 0 ? [] : [wrong(field, value, "must be greater than or equal to 0")];

export const inRange = (field: string, value: number, least: number, most: number): FieldError[] =>
  value >= least && value <= most ? [] : [wrong(field, value, `must be between ${least} and ${most}, inclusive`)];

export const port = (field: string, value: number | undefined): FieldError[] => inRange(field, value ?? 0, 1, 65535);

/** One of the words; the field may not be empty. */
export const oneOf = (field: string, value: string | undefined, words: readonly string[]): FieldError[] => {
  if (!value) return [required(field)];
  return words.includes(value) ? [] : [unsupported(field, value, words)];
};
