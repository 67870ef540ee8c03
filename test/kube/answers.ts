// Answers of API servers, made alike: what is drawn, counted or timed is named, all else is compared.
import type { Draft } from "../../lib/kube/api/object.ts";
import type { Response } from "../../lib/kube/api/rest.ts";

/** Both servers have their own ids, versions and times; what is the same within a conversation has the same name. */
export class Alike {
  private readonly names = new Map<string, string>();
  private readonly withOwners: boolean;

  constructor(withOwners: boolean) {
    this.withOwners = withOwners;
  }

  of({ code, body }: Response): { code: number; body: unknown } {
    return { code, body: this.value(inOrder(body)) };
  }

  private value(value: unknown, key = ""): unknown {
    if (Array.isArray(value)) return value.map((each) => this.value(each));
    if (value !== null && typeof value === "object") {
      const entries = Object.entries(value as Draft)
        // Owners of fields are kept from the first server-side apply on (README, known differences).
        .filter(([name]) => this.withOwners || name !== "managedFields")
        .map(([name, each]) => [name, this.value(each, name)] as const);
      return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
    }
    // What a Service is given out of a range (it never asks for one of these).
    const isPort = key === "nodePort" || key === "healthCheckNodePort";
    if (isPort && typeof value === "number" && value >= 30086 && value <= 32767) return this.name("port", `${value}`);
    if (typeof value !== "string") return value;
    if (key === "uid" && value.length === 36) return this.name("uid", value);
    if (key === "resourceVersion") return this.name("version", value);
    const text = value
      .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, (uid) => this.name("uid", uid))
      .replace(/\b10\.100\.(?!0\.[1-9])\d+\.\d+\b/g, (address) => this.name("address", address))
      .replace(/\b20\d\d-\d\d-\d\dT[\d:.]+Z/g, "<time>");
    return text.replace(/^(gen-)[a-z0-9]{5}$/, "$1<drawn>");
  }

  private name(kind: string, value: string): string {
    const key = `${kind} ${value}`;
    const known =
      this.names.get(key) ?? `<${kind} ${[...this.names.keys()].filter((each) => each.startsWith(kind)).length}>`;
    this.names.set(key, known);
    return known;
  }
}

interface Cause {
  readonly field: string;
  readonly message: string;
}

/** What is wrong with the keys of one map, Go tells in any order; the order of fields is told alike. */
function inOrder(body: unknown): unknown {
  const { message, details } = (body ?? {}) as { message?: string; details?: { causes?: readonly Cause[] } };
  const causes = details?.causes;
  if (message === undefined || causes === undefined) return body;
  const listed = (of: readonly Cause[]) => {
    const texts = [...new Set(of.map(({ field, message: says }) => `${field}: ${says}`))];
    return texts.length === 1 ? texts[0]! : `[${texts.join(", ")}]`;
  };
  const map = (field: string) => field.replace(/\[[^\]]*\D[^\]]*\]$/, "");
  const place = (field: string) => causes.findIndex((each) => map(each.field) === map(field));
  const sorted = [...causes].sort(
    (a, b) => place(a.field) - place(b.field) || (a.field + a.message < b.field + b.message ? -1 : 1),
  );
  const ordered = message.replace(listed(causes), () => listed(sorted));
  return { ...(body as object), message: ordered, details: { ...details, causes: sorted } };
}
