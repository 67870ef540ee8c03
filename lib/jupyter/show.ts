// A value becomes what Jupyter shows: a bundle of representations by MIME type.
import { inspect } from "node:util";
import type { Json } from "./wire.ts";

/** A value with this method shows itself: it returns (or promises) a bundle. */
export const DISPLAY = Symbol.for("Jupyter.display");
/** May stand beside it: an object, or a method that returns one, with metadata by MIME type. */
export const METADATA = Symbol.for("Jupyter.metadata");

/** Text beyond this many characters is cut with a note: a browser tab doesn't survive 10 MB of it. */
const MAX_TEXT = 200_000;

/** The representations of a value, and what is known about them. */
export interface Shown {
  readonly data: Json;
  readonly metadata: Json;
}

/** Cuts a very long text, and says so. */
export function cut(text: string, limit = MAX_TEXT): string {
  if (text.length <= limit) return text;
  const left = text.length - limit;
  return `${text.slice(0, limit)}\n[cut here: ${left.toLocaleString("en")} more characters]`;
}

/** A value as Node.js would print it; one whose own printing throws says so. */
export function asText(value: unknown): string {
  try {
    return cut(inspect(value, { depth: 4, maxArrayLength: 200, maxStringLength: MAX_TEXT }));
  } catch (error) {
    return `[a value that can't be printed: ${reasonOf(error)}]`;
  }
}

function reasonOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return "its error can't be printed either";
  }
}

function method(value: unknown, name: symbol): unknown {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return undefined;
  try {
    return (value as Record<symbol, unknown>)[name];
  } catch {
    // A proxy that refuses every property doesn't show itself.
    return undefined;
  }
}

/**
 * The bundle of a value; throws what the value's own display method throws.
 * Only a method that promises its bundle makes this a promise: what a cell shows
 * and what it prints then keep their order.
 */
export function show(value: unknown): Shown | Promise<Shown> {
  const own = method(value, DISPLAY);
  if (typeof own !== "function") return { data: { "text/plain": asText(value) }, metadata: {} };
  const bundle: unknown = own.call(value);
  const about = method(value, METADATA);
  const metadata: unknown = typeof about === "function" ? about.call(value) : about;
  return bundle instanceof Promise || metadata instanceof Promise
    ? Promise.all([bundle, metadata]).then(([data, known]) => checked(value, data, known))
    : checked(value, bundle, metadata);
}

function checked(value: unknown, bundle: unknown, metadata: unknown): Shown {
  if (typeof bundle !== "object" || bundle === null || Array.isArray(bundle)) {
    throw new TypeError(
      `Symbol.for("Jupyter.display") returned ${asText(bundle)}, not an object like { "text/plain": "..." }`,
    );
  }
  const data: Record<string, unknown> = {};
  for (const [mime, content] of Object.entries(bundle)) {
    data[mime] = content instanceof Uint8Array ? Buffer.from(content).toString("base64") : content;
  }
  if (typeof data["text/plain"] === "string") data["text/plain"] = cut(data["text/plain"]);
  // An empty bundle is a value that has nothing to show, like a command that printed nothing.
  if (Object.keys(data).length > 0) data["text/plain"] ??= asText(value);
  return { data, metadata: (typeof metadata === "object" && metadata !== null ? metadata : {}) as Json };
}
