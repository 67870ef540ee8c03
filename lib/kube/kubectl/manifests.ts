// Files with objects: YAML or JSON, several documents, lists taken apart.
// Before you edit: staging/src/k8s.io/cli-runtime/pkg/resource/{builder,visitor,mapper}.go,
// staging/src/k8s.io/apimachinery/pkg/util/yaml/decoder.go, go.yaml.in/yaml/v2 scannerc.go, parserc.go.
import { parseAllDocuments } from "yaml";
import { jsonValues } from "../api/json-mistake.ts";
import type { Draft } from "../api/object.ts";
import { apiVersionOf } from "../api/resource.ts";
import { Failure } from "./failure.ts";
import type { Info } from "./select.ts";
import type { Session } from "./session.ts";

const EXTENSIONS = [".json", ".yaml", ".yml"];

/** Names and texts of the files that `-f` names; the order is that of their names in a folder. Throws Failure. */
function sources(session: Session, names: readonly string[], isDeep: boolean): { source: string; text: string }[] {
  const { files } = session.setting;
  const missing: string[] = [];
  const found = names.flatMap((name) => {
    if (name === "-") return [{ source: "STDIN", text: session.streams.stdin }];
    if (/^https?:\/\//.test(name))
      throw new Failure(`unable to read URL ${JSON.stringify(name)}: Packetwalk is not connected to any network`);
    const inside = files.list(name);
    if (inside !== null)
      return [...inside].sort().flatMap((each): { source: string; text: string }[] => {
        const path = `${name.replace(/\/$/, "")}/${each}`;
        if (files.list(path) !== null) return isDeep ? sources(session, [path], true) : [];
        const text = EXTENSIONS.some((extension) => each.endsWith(extension)) ? files.read(path) : null;
        return text === null ? [] : [{ source: path, text }];
      });
    const text = files.read(name);
    if (text !== null) return [{ source: name, text }];
    missing.push(`the path ${JSON.stringify(name)} does not exist`);
    return [];
  });
  if (missing.length > 0) throw new Failure(missing.length === 1 ? missing[0]! : `[${missing.join(", ")}]`);
  if (found.length === 0)
    throw new Failure(`error reading [${names.join(" ")}]: recognized file extensions are [${EXTENSIONS.join(" ")}]`);
  return found;
}

/** One document at a time: what is before a mistake is read, and done, as with the real one. */
export function* manifests(
  session: Session,
  names: readonly string[],
  isDeep: boolean,
): Generator<Info | Error, void, void> {
  for (const { source, text } of sources(session, names, isDeep))
    for (const document of documents(text, source)) {
      if (document instanceof Error) {
        yield document;
        break;
      }
      // What can't be decoded is left out; what is no object of any kind ends its file.
      const objects = isObject(document) ? [...taken(document)] : [document as Draft];
      const mistake = [document, ...objects]
        .map((each) => invalid(session, each, source))
        .find((each) => each !== null);
      if (mistake !== undefined) {
        yield mistake;
        break;
      }
      for (const object of objects) yield infoOf(session, object, source);
    }
}

/** What the check before everything else finds; null if there is nothing, or it was not asked for. */
function invalid(session: Session, value: unknown, source: string): Failure | null {
  if (["false", "ignore"].includes(session.flags.text("validate", "strict"))) return null;
  const unset = isObject(value)
    ? ["apiVersion", "kind"].filter((field) => typeof value[field] !== "string" || value[field] === "")
    : [];
  const texts = isObject(value) ? unset.map((field) => `${field} not set`) : ["invalid object to validate"];
  if (texts.length === 0) return null;
  const why = texts.length > 1 ? `[${texts.join(", ")}]` : texts[0];
  return new Failure(
    `error validating ${JSON.stringify(source)}: error validating data: ${why}; if you choose to ignore these errors, turn validation off with --validate=false`,
  );
}

const isObject = (value: unknown): value is Draft =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What begins with a brace is JSON, if its first value is; all else is YAML. */
function* documents(text: string, source: string): Generator<unknown, void, void> {
  if (/^\s*\{/.test(text)) {
    const { values, mistake } = jsonValues(text);
    const isYaml = values.length === 0 && ![...yamlDocuments(text, source)].some((each) => each instanceof Error);
    if (!isYaml) {
      for (const each of values) yield JSON.parse(each);
      if (mistake !== null)
        yield new Failure(`error parsing ${source}: json: offset ${mistake.offset}: ${mistake.message}`);
      return;
    }
  }
  yield* yamlDocuments(text, source);
}

function* yamlDocuments(text: string, source: string): Generator<unknown, void, void> {
  for (const part of text.split(/^---(?:[ \t].*)?$/m)) {
    if (/^\s*$/.test(part.replace(/^\s*#.*$/gm, ""))) continue;
    const body = part.replace(/^\n/, "").replace(/\n?$/, "\n");
    const [document] = parseAllDocuments(body, {
      version: "1.1",
      uniqueKeys: false,
      prettyErrors: false,
      intAsBigInt: false,
      merge: true,
      stringKeys: false,
    });
    const wrong = (why: string) => new Failure(`error parsing ${source}: error converting YAML to JSON: ${why}`);
    const mistake = document !== undefined && "errors" in document ? document.errors[0] : undefined;
    if (mistake !== undefined) {
      yield wrong(yamlMistake(body, mistake));
      return;
    }
    let value: unknown;
    try {
      value = (document as { toJS(): unknown }).toJS();
    } catch (failure) {
      const [, anchor] = /alias[^:]*: (\S+)$/.exec((failure as Error).message) ?? [];
      if (anchor === undefined) throw failure;
      yield wrong(`yaml: unknown anchor '${anchor}' referenced`);
      return;
    }
    if (value !== null && value !== undefined) yield value;
  }
}

/** go-yaml's words for what the parser here calls by a code. Its parser counts lines from 0, its scanner from 1. */
function yamlMistake(
  text: string,
  { pos, code, message }: { pos: [number, number]; code: string; message: string },
): string {
  const line = text.slice(0, pos[0]).split("\n").length;
  const indent = /^\s*/.exec(text.split("\n")[line - 1] ?? "")![0];
  const scanned = (why: string, at = line) => `yaml: line ${at}: ${why}`;
  const parsed = (why: string) => `yaml: line ${Math.max(1, line - 1)}: ${why}`;
  if (code === "TAB_AS_INDENT" || indent.includes("\t")) return scanned("found character that cannot start any token");
  if (code === "BAD_ALIAS")
    return `yaml: unknown anchor '${/^\*?(\S*)/.exec(text.slice(pos[0]))?.[1] ?? ""}' referenced`;
  if (/closing ["']quote/.test(message)) return scanned("found unexpected end of stream", text.split("\n").length);
  const [, closing] = /flow (map|sequence)|Flow (map|sequence)/.exec(message) ?? [];
  const isFlow = closing !== undefined || /must end with a [}\]]/.test(message) || opened(text.slice(0, pos[0])) !== "";
  if (isFlow)
    return parsed(
      opened(text.slice(0, pos[0])) === "[" ? "did not find expected ',' or ']'" : "did not find expected ',' or '}'",
    );
  if (code === "BLOCK_AS_IMPLICIT_KEY" || code === "MULTILINE_IMPLICIT_KEY" || /Nested mappings/.test(message))
    return scanned("mapping values are not allowed in this context");
  const isKey = /^\s*[\w.-]+:(\s|$)/.test(text.split("\n")[line - 1] ?? "");
  if (code === "MISSING_CHAR" && !isKey) return scanned("could not find expected ':'");
  return code === "MISSING_CHAR" || code === "BAD_INDENT" || /indent|aligned/.test(message)
    ? parsed("did not find expected key")
    : parsed("did not find expected node content");
}

/** The bracket that is still open there. */
function opened(text: string): string {
  const stack: string[] = [];
  for (const each of text.replace(/"[^"\n]*"|'[^'\n]*'/g, "")) {
    if (each === "{" || each === "[") stack.push(each);
    if (each === "}" || each === "]") stack.pop();
  }
  return stack.at(-1) ?? "";
}

/** A List is what stands in it. */
function* taken(object: Draft): Generator<Draft, void, void> {
  const { kind, apiVersion, items } = object;
  if (typeof kind !== "string" || !kind.endsWith("List") || !Array.isArray(items)) {
    yield object;
    return;
  }
  // Those of a PodList need not say what they are.
  const known = kind === "List" ? {} : { apiVersion, kind: kind.slice(0, -"List".length) };
  for (const each of items as Draft[]) yield* taken({ ...known, ...each });
}

function infoOf(session: Session, object: Draft, source: string): Info | Error {
  const decode = (why: string) => new Failure(`unable to decode ${JSON.stringify(source)}: ${why}`);
  if (!isObject(object)) return decode(`json: cannot unmarshal ${goKind(object)} into Go value of type struct`);
  if (typeof object.kind !== "string" || object.kind === "")
    return decode(`Object 'Kind' is missing in '${JSON.stringify(object)}'`);
  if (typeof object.apiVersion !== "string" || object.apiVersion === "")
    return decode(`Object 'apiVersion' is missing in '${JSON.stringify(object)}'`);
  const wrong = metadataMistake(object.metadata);
  if (wrong !== null) return decode(wrong);
  const { name = "", namespace = "" } = (object.metadata ?? {}) as Draft;
  const resource = session.server.all.find(
    (each) => [each.kind, each.kind.toLowerCase()].includes(object.kind) && apiVersionOf(each) === object.apiVersion,
  );
  if (resource === undefined) {
    const [kind, version] = [object.kind, object.apiVersion];
    const why = `no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(version)}`;
    return new Failure(
      `resource mapping not found for name: ${JSON.stringify(name)} namespace: ${JSON.stringify(namespace)} from ${JSON.stringify(source)}: ${why}\nensure CRDs are installed first`,
    );
  }
  if (!resource.namespaced) return { resource, namespace: null, name, object, source };
  const isSaid = session.flags.has("namespace");
  if (isSaid && namespace !== "" && namespace !== session.namespace)
    return new Failure(
      `the namespace from the provided object ${JSON.stringify(namespace)} does not match the namespace ${JSON.stringify(session.namespace)}. You must pass '--namespace=${namespace}' to perform this operation.`,
    );
  const within = namespace === "" ? session.namespace : (namespace as string);
  const metadata = { ...object.metadata, namespace: within };
  return { resource, namespace: within, name, object: { ...object, metadata }, source };
}

const goKind = (value: unknown): string =>
  Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;

/** What of an object's metadata is of a wrong type; null if nothing is. */
function metadataMistake(metadata: unknown): string | null {
  const cannot = (value: unknown, field: string, type: string) =>
    `json: cannot unmarshal ${goKind(value)} into Go struct field ${field} of type ${type}`;
  if (metadata === undefined || metadata === null) return null;
  if (!isObject(metadata)) return cannot(metadata, "metadataOnlyObject.metadata", "v1.ObjectMeta");
  const isText = (value: unknown) => typeof value === "string" || value === undefined || value === null;
  for (const field of ["name", "generateName", "namespace"])
    if (!isText(metadata[field])) return cannot(metadata[field], `ObjectMeta.metadata.${field}`, "string");
  for (const field of ["labels", "annotations"]) {
    const values = metadata[field] ?? {};
    if (!isObject(values)) return cannot(values, `ObjectMeta.metadata.${field}`, "map[string]string");
    const other = Object.values(values).find((each) => !isText(each));
    if (other !== undefined) return cannot(other, `ObjectMeta.metadata.${field}`, "string");
  }
  return null;
}
