// Files with objects: YAML or JSON, several documents, lists taken apart.
// Before you edit: staging/src/k8s.io/cli-runtime/pkg/resource/{builder,visitor,mapper}.go,
// staging/src/k8s.io/apimachinery/pkg/util/yaml/decoder.go, go.yaml.in/yaml/v2 scannerc.go, parserc.go.
import { parseAllDocuments } from "yaml";
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
      for (const object of taken(document)) yield infoOf(session, object, source);
    }
}

function* documents(text: string, source: string): Generator<Draft | Error, void, void> {
  for (const part of text.split(/^---(?:[ \t].*)?$/m)) {
    if (/^\s*$/.test(part.replace(/^\s*#.*$/gm, ""))) continue;
    const body = part.replace(/^\n/, "");
    const [document] = parseAllDocuments(body, {
      version: "1.1",
      uniqueKeys: false,
      prettyErrors: false,
      intAsBigInt: false,
      merge: true,
      stringKeys: false,
    });
    const mistake = document !== undefined && "errors" in document ? document.errors[0] : undefined;
    if (mistake !== undefined) {
      yield new Failure(`error parsing ${source}: error converting YAML to JSON: ${yamlMistake(body, mistake)}`);
      return;
    }
    const value = (document as { toJS(): unknown }).toJS() as Draft | null;
    if (value === null || value === undefined) continue;
    if (typeof value !== "object" || Array.isArray(value)) {
      const kind = Array.isArray(value) ? "array" : (typeof value as "number" | "boolean" | "string");
      const go = { number: "int", boolean: "bool", string: "string", array: "array" }[kind];
      yield new Failure(
        `unable to decode ${JSON.stringify(source)}: json: cannot unmarshal ${go} into Go value of type unstructured.detector`,
      );
      continue;
    }
    yield value;
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
  if (code === "MISSING_CHAR") return scanned("could not find expected ':'");
  return code === "BAD_INDENT" || /indent|aligned/.test(message)
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
  if (typeof object.kind === "string" && object.kind.endsWith("List") && Array.isArray(object.items))
    for (const each of object.items as Draft[]) yield* taken(each);
  else yield object;
}

function infoOf(session: Session, object: Draft, source: string): Info | Error {
  const missing = ["apiVersion", "kind"].filter((field) => typeof object[field] !== "string" || object[field] === "");
  if (missing.length > 0 && !["false", "ignore"].includes(session.flags.text("validate", "strict"))) {
    const unset = missing.map((field) => `${field} not set`);
    const why = unset.length > 1 ? `[${unset.join(", ")}]` : unset[0];
    return new Failure(
      `error validating ${JSON.stringify(source)}: error validating data: ${why}; if you choose to ignore these errors, turn validation off with --validate=false`,
    );
  }
  const decode = (why: string) => new Failure(`unable to decode ${JSON.stringify(source)}: ${why}`);
  if (typeof object.kind !== "string" || object.kind === "")
    return decode(`Object 'Kind' is missing in '${JSON.stringify(object)}'`);
  if (typeof object.apiVersion !== "string" || object.apiVersion === "")
    return decode(`Object 'apiVersion' is missing in '${JSON.stringify(object)}'`);
  const { name = "", namespace = "" } = (object.metadata ?? {}) as Draft;
  for (const [field, value] of Object.entries((object.metadata?.labels ?? {}) as Draft))
    if (typeof value !== "string" && value !== null)
      return decode(
        `json: cannot unmarshal ${typeof value === "boolean" ? "bool" : typeof value} into Go struct field ObjectMeta.metadata.labels of type string`.replace(
          "ObjectMeta.metadata.labels",
          field === "" ? "" : "metadataOnlyObject.metadata.labels",
        ),
      );
  const resource = session.server.all.find(
    (each) => each.kind === object.kind && apiVersionOf(each) === object.apiVersion,
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
