// Which rule is a request of HTTP for? Rules of Ingresses and of HTTPRoutes in one order of precedence.
// Before you edit: kubernetes.io/docs/concepts/services-networking/ingress (path types, multiple matches, hostname
// wildcards), gateway-api apis/v1/httproute_types.go (HTTPRouteRule.matches, hostnames).
import type { Tried } from "../../trace/step.ts";

export interface HttpQuestion {
  readonly method: string;
  /** As `shop.example.com`, without a port. */
  readonly host: string;
  /** With the query, if there is one. */
  readonly path: string;
  /** By names in small letters. */
  readonly headers: ReadonlyMap<string, string>;
}

/** Where a part of the requests goes. */
export interface Backend {
  /** `namespace/name` of a Service. */
  readonly service: string;
  readonly port: number | string;
  /** Its share, of the sum of all. */
  readonly weight: number;
}

export type PathType = "Exact" | "Prefix" | "ImplementationSpecific";

export interface HttpRule {
  /** `""`: every host; `*.example.com` one label more, and with `isDeepWildcard` any number of them. */
  readonly host: string;
  readonly isDeepWildcard: boolean;
  readonly pathType: PathType;
  /** `""`: every path. */
  readonly path: string;
  readonly method: string | null;
  /** Names in small letters, and what they must be. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly queries: readonly (readonly [name: string, value: string])[];
  readonly backends: readonly Backend[];
  /** Whose it is, as `ingress default/shop`. */
  readonly from: string;
}

/** The same rules, those first that are to be asked first; equals stay in their order. */
export function byPrecedence(rules: readonly HttpRule[]): HttpRule[] {
  return [...rules].sort(
    (a, b) =>
      hostRank(b) - hostRank(a) ||
      pathRank(b) - pathRank(a) ||
      Number(b.method !== null) - Number(a.method !== null) ||
      b.headers.length - a.headers.length ||
      b.queries.length - a.queries.length,
  );
}

/** An exact host goes before every wildcard, a longer wildcard before a shorter one. */
function hostRank({ host }: HttpRule): number {
  if (host === "") return 0;
  return host.startsWith("*.") ? host.length : 1000 + host.length;
}

function pathRank({ pathType, path }: HttpRule): number {
  if (path === "") return 0;
  return pathType === "Exact" ? 1e6 : pathType === "Prefix" ? 1 + 2 * withoutSlash(path).length : 0;
}

/** The first rule that fits, and on what those before it failed. */
export function ruleFor(
  rules: readonly HttpRule[],
  question: HttpQuestion,
): { readonly rule: HttpRule | null; readonly tried: readonly Tried[] } {
  const tried: Tried[] = [];
  for (const rule of rules) {
    const failed = mismatch(rule, question);
    if (failed === null) return { rule, tried };
    tried.push({ text: textOf(rule), ...failed });
  }
  return { rule: null, tried };
}

export const textOf = ({ host, pathType, path, from }: HttpRule): string =>
  `${from}: ${host || "*"} ${path === "" ? "every path" : `${pathType} ${path}`}`;

function mismatch(rule: HttpRule, question: HttpQuestion): Omit<Tried, "text"> | null {
  const { host, headers } = question;
  const [path = "", query = ""] = question.path.split("?");
  if (!hostFits(rule, host)) return { field: "host", wanted: rule.host, had: host };
  if (!pathFits(rule, path)) return { field: "path", wanted: `${rule.pathType} ${rule.path}`, had: path };
  if (rule.method !== null && rule.method !== question.method)
    return { field: "method", wanted: rule.method, had: question.method };
  for (const [name, value] of rule.headers)
    if (headers.get(name) !== value)
      return { field: `header ${name}`, wanted: value, had: headers.get(name) ?? "none" };
  const queries = new URLSearchParams(query);
  for (const [name, value] of rule.queries)
    if (queries.get(name) !== value) return { field: `query ${name}`, wanted: value, had: queries.get(name) ?? "none" };
  return null;
}

function hostFits({ host: wanted, isDeepWildcard }: HttpRule, asked: string): boolean {
  if (wanted === "") return true;
  const host = asked.toLowerCase();
  if (!wanted.startsWith("*.")) return host === wanted;
  const suffix = wanted.slice(1);
  if (!host.endsWith(suffix) || host.length === suffix.length) return false;
  return isDeepWildcard || !host.slice(0, -suffix.length).includes(".");
}

/** A prefix is one of whole elements: /foo is none of /foobar. A slash at its end counts for nothing. */
function pathFits({ pathType, path: wanted }: HttpRule, path: string): boolean {
  if (wanted === "") return true;
  if (pathType === "Exact") return path === wanted;
  if (pathType === "ImplementationSpecific") return glob(wanted).test(path);
  const prefix = withoutSlash(wanted);
  return path === prefix || path.startsWith(`${prefix}/`);
}

const withoutSlash = (path: string): string => (path.endsWith("/") ? path.slice(0, -1) : path);

/** As an ALB reads path patterns: `*` is any characters, `?` is one. */
function glob(pattern: string): RegExp {
  const text = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${text}$`);
}

/** The backend on which `draw`, in [0, 1), falls; null when none has any weight. */
export function weighted(backends: readonly Backend[], draw: number): Backend | null {
  const sum = backends.reduce((total, { weight }) => total + weight, 0);
  let left = draw * sum;
  for (const each of backends) {
    left -= each.weight;
    if (left < 0) return each;
  }
  return null;
}
