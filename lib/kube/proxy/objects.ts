// Services, EndpointSlices and Nodes as `kubectl get -o yaml|json` prints them: one object, a List, several documents.
// Before you edit: staging/src/k8s.io/cli-runtime/pkg/resource/visitor.go, staging/src/k8s.io/api/{core,discovery}/v1/types.go.
import { parseAllDocuments } from "yaml";
import { BadInput } from "../../wire/input.ts";
import { ALL_KINDS } from "../kinds/all.ts";
import type { Node } from "../shapes.ts";
import { addressOf, networkOf } from "./address.ts";
import type { ProxiedSlice } from "./endpoints.ts";
import type { ProxiedService } from "./service-port.ts";

export interface ProxyObjects {
  readonly services: readonly ProxiedService[];
  readonly slices: readonly ProxiedSlice[];
  readonly nodes: readonly Node[];
}

// biome-ignore lint/suspicious/noExplicitAny: a file holds anything until it has been looked at.
type Anything = any;

/** What a proxy asks for; other kinds that the API serves may stand in the file, and are not its business. */
const READ = { Service: "v1", EndpointSlice: "discovery.k8s.io/v1", Node: "v1" };

/** Reads the text of a file. Throws BadInput with file and place for the first thing that is wrong; then nothing was read. */
export function readObjects(text: string, file: string): ProxyObjects {
  const found = { services: [] as ProxiedService[], slices: [] as ProxiedSlice[], nodes: [] as Node[] };
  const seen = new Set<string>();
  const documents = documentsOf(text, file);
  const take = (object: Anything, place: string): void => {
    const at = new Place(file, place);
    if (!isRecord(object)) throw at.wrong("an object is expected here", object);
    const { kind, apiVersion } = object;
    if (typeof kind !== "string" || kind === "") throw at.wrong("an object without its kind", kind);
    if (kind.endsWith("List") && Array.isArray(object.items)) {
      for (const [i, each] of object.items.entries()) take(each, `${place}, item ${i + 1}`);
      return;
    }
    if (!ALL_KINDS.some((each) => each.kind === kind)) throw at.wrong("not a kind that is known", kind);
    const version = Object.hasOwn(READ, kind) ? READ[kind as keyof typeof READ] : undefined;
    if (version === undefined) return;
    if (apiVersion !== undefined && apiVersion !== version)
      throw at.wrong(`a ${kind} of ${version} is expected`, apiVersion);
    const whole = withoutNulls(object);
    const name = at.text(whole, "metadata.name");
    const namespace = kind === "Node" ? undefined : at.text(whole, "metadata.namespace", "default");
    whole.metadata = { ...whole.metadata, ...(namespace !== undefined && { namespace }) };
    const key = [kind, namespace, name].filter((each) => each !== undefined).join(" ");
    if (seen.has(key)) throw at.wrong("this object stands there twice", key);
    seen.add(key);
    const named = new Place(file, `${place} (${key})`);
    if (kind === "Service") found.services.push(service(whole, named));
    else if (kind === "EndpointSlice") found.slices.push(slice(whole, named));
    else found.nodes.push(node(whole, named));
  };
  for (const [i, each] of documents.entries())
    if (each !== null) take(each, documents.length === 1 ? "the document" : `document ${i + 1}`);
  return found;
}

function documentsOf(text: string, file: string): Anything[] {
  // JSON is YAML too, and a file of thousands of objects is read much quicker as what it is.
  if (/^\s*[{[]/.test(text)) {
    try {
      return [JSON.parse(text)];
    } catch {
      // Several documents, or a mistake that the reader below places.
    }
  }
  const documents = parseAllDocuments(text, { uniqueKeys: true, prettyErrors: true });
  if (!Array.isArray(documents)) return [];
  return documents.map((each) => {
    const [error] = each.errors;
    if (error !== undefined) {
      const [{ line, col } = { line: 1, col: 1 }] = error.linePos ?? [];
      const [words = ""] = error.message.split("\n");
      const problem = words.replace(/ at line \d+, column \d+:?$/, "");
      const shown = text.split("\n")[line - 1] ?? "";
      throw new BadInput(`${file}, line ${line}, column ${col}: ${problem}`, shown.trim(), NOTHING_READ);
    }
    return each.toJS();
  });
}

const NOTHING_READ = "Nothing was read of the file.";

const isRecord = (value: unknown): value is Record<string, Anything> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function withoutNulls(value: Anything): Anything {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => each !== null)
      .map(([key, each]) => [key, withoutNulls(each)]),
  );
}

/** A place in a file; it reads fields and tells what is wrong with one. */
class Place {
  private readonly file: string;
  private readonly where: string;
  /** What stands before the names of fields, as `spec.ports[0].`. */
  private readonly prefix: string;

  constructor(file: string, where: string, prefix = "") {
    this.file = file;
    this.where = where;
    this.prefix = prefix;
  }

  /** For the fields of an object inside this one. */
  inside(path: string): Place {
    return new Place(this.file, this.where, `${this.prefix}${path}.`);
  }

  /** What is wrong with a field. */
  private bad(path: string, problem: string, value: unknown): BadInput {
    return this.wrong(`${this.prefix}${path} ${problem}`, value);
  }

  wrong(problem: string, value: unknown): BadInput {
    const shown = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
    return new BadInput(`${this.file}, ${this.where}: ${problem}`, shown, NOTHING_READ);
  }

  /** The value at a path like `spec.clusterIP`, or undefined. */
  private at(object: Anything, path: string): unknown {
    let value = object;
    for (const name of path.split(".")) {
      if (value === undefined) return undefined;
      if (!isRecord(value)) throw this.bad(path, "does not lie in an object", value);
      value = value[name];
    }
    return value;
  }

  text(object: Anything, path: string, preset?: string): string {
    const value = this.at(object, path) ?? preset;
    if (value === undefined) throw this.bad(path, "is missing", "");
    if (typeof value !== "string") throw this.bad(path, "is text", value);
    return value;
  }

  optional(object: Anything, path: string, type: "string" | "boolean"): void {
    const value = this.at(object, path);
    if (value !== undefined && typeof value !== type)
      throw this.bad(path, type === "string" ? "is text" : "is true or false", value);
  }

  oneOf(object: Anything, path: string, values: readonly string[]): void {
    const value = this.at(object, path);
    if (value !== undefined && !values.includes(value as string))
      throw this.bad(path, `is one of ${values.join(", ")}`, value);
  }

  number(object: Anything, path: string, least: number, most: number, isNeeded = false): void {
    const value = this.at(object, path);
    if (value === undefined && isNeeded) throw this.bad(path, "is missing", "");
    if (value === undefined) return;
    if (!Number.isInteger(value) || (value as number) < least || (value as number) > most)
      throw this.bad(path, `is a number from ${least} to ${most}`, value);
  }

  labels(object: Anything): void {
    const labels = this.at(object, "metadata.labels") ?? {};
    if (!isRecord(labels) || Object.values(labels).some((each) => typeof each !== "string"))
      throw this.wrong("metadata.labels is an object of texts", labels);
  }

  list(object: Anything, path: string, item: (value: Anything, path: string) => void): void {
    const value = this.at(object, path) ?? [];
    if (!Array.isArray(value)) throw this.bad(path, "is a list", value);
    for (const [i, each] of value.entries()) item(each, `${path}[${i}]`);
  }

  record(value: Anything, path: string): Record<string, Anything> {
    if (!isRecord(value)) throw this.bad(path, "is an object", value);
    return value;
  }

  address(value: unknown, path: string): void {
    if (typeof value !== "string" || addressOf(value) === null) throw this.bad(path, "is not an address", value);
  }
}

const PORT = 65535;
const PROTOCOLS = ["TCP", "UDP", "SCTP"];
const POLICIES = ["Cluster", "Local"];

function service(object: Anything, at: Place): ProxiedService {
  at.labels(object);
  at.record(object.spec, "spec");
  at.oneOf(object, "spec.type", ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]);
  const { clusterIP } = object.spec;
  if (clusterIP !== undefined && clusterIP !== "None" && clusterIP !== "") at.address(clusterIP, "spec.clusterIP");
  at.list(object, "spec.clusterIPs", (value, path) => value !== "None" && at.address(value, path));
  at.list(object, "spec.externalIPs", (value, path) => at.address(value, path));
  at.list(object, "spec.ipFamilies", (value, path) => {
    if (value !== "IPv4" && value !== "IPv6") throw at.wrong(`${path} is one of IPv4, IPv6`, value);
  });
  at.list(object, "spec.loadBalancerSourceRanges", (value, path) => {
    if (typeof value !== "string" || networkOf(value) === null) throw at.wrong(`${path} is not a CIDR`, value);
  });
  at.oneOf(object, "spec.externalTrafficPolicy", POLICIES);
  at.oneOf(object, "spec.internalTrafficPolicy", POLICIES);
  at.oneOf(object, "spec.sessionAffinity", ["None", "ClientIP"]);
  at.number(object, "spec.sessionAffinityConfig.clientIP.timeoutSeconds", 1, 86400);
  at.number(object, "spec.healthCheckNodePort", 0, PORT);
  at.list(object, "spec.ports", (value, path) => {
    const port = at.record(value, path);
    const here = at.inside(path);
    here.number(port, "port", 1, PORT, true);
    here.number(port, "nodePort", 0, PORT);
    here.oneOf(port, "protocol", PROTOCOLS);
    here.optional(port, "name", "string");
  });
  at.list(object, "status.loadBalancer.ingress", (value, path) => {
    const ingress = at.record(value, path);
    if (ingress.ip !== undefined && ingress.ip !== "") at.address(ingress.ip, `${path}.ip`);
    at.inside(path).oneOf(ingress, "ipMode", ["VIP", "Proxy"]);
  });
  return object;
}

function slice(object: Anything, at: Place): ProxiedSlice {
  at.labels(object);
  at.text(object, "addressType");
  at.oneOf(object, "addressType", ["IPv4", "IPv6", "FQDN"]);
  at.list(object, "ports", (value, path) => {
    const port = at.record(value, path);
    const here = at.inside(path);
    here.number(port, "port", 0, PORT);
    here.oneOf(port, "protocol", PROTOCOLS);
    here.optional(port, "name", "string");
  });
  at.list(object, "endpoints", (value, path) => {
    const endpoint = at.record(value, path);
    const here = at.inside(path);
    here.list(endpoint, "addresses", (address, which) => {
      if (object.addressType !== "FQDN") here.address(address, which);
    });
    for (const each of ["ready", "serving", "terminating"]) here.optional(endpoint, `conditions.${each}`, "boolean");
    here.optional(endpoint, "nodeName", "string");
    for (const each of ["forZones", "forNodes"])
      here.list(endpoint, `hints.${each}`, (hint, which) => here.inside(which).text(here.record(hint, which), "name"));
  });
  return object;
}

function node(object: Anything, at: Place): Node {
  at.labels(object);
  at.list(object, "status.addresses", (value, path) => {
    const { type, address } = at.record(value, path);
    if (type === "InternalIP" || type === "ExternalIP") at.address(address, `${path}.address`);
  });
  return object;
}
