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
      yield new Failure(
        `error parsing ${source}: error converting YAML to JSON: ${yamlMistake(body, mistake.pos[0], mistake.code)}`,
      );
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

/** go-yaml's words for what the parser here calls by a code; the line is go-yaml's own. */
function yamlMistake(text: string, at: number, code: string): string {
  const before = text.slice(0, at);
  const line = before.split("\n").length;
  if (/\t/.test(text.split("\n")[line - 1]?.match(/^\s*/)?.[0] ?? ""))
    return `yaml: line ${line}: found character that cannot start any token`;
  switch (code) {
    case "TAB_AS_INDENT":
      return `yaml: line ${line}: found character that cannot start any token`;
    case "BLOCK_AS_IMPLICIT_KEY":
    case "MULTILINE_IMPLICIT_KEY":
      return `yaml: line ${line}: mapping values are not allowed in this context`;
    case "MISSING_CHAR":
      return /['"]/.test(text[text.lastIndexOf("\n", at) + 1] ?? "")
        ? `yaml: line ${line}: found unexpected end of stream`
        : `yaml: line ${line}: could not find expected ':'`;
    case "BAD_INDENT":
      return `yaml: line ${line}: did not find expected key`;
    case "BAD_ALIAS":
      return `yaml: unknown anchor '${/^\*?(\S*)/.exec(text.slice(at))?.[1] ?? ""}' referenced`;
    default:
      return `yaml: line ${line}: did not find expected node content`;
  }
}

/** A List is what stands in it. */
function* taken(object: Draft): Generator<Draft, void, void> {
  if (typeof object.kind === "string" && object.kind.endsWith("List") && Array.isArray(object.items))
    for (const each of object.items as Draft[]) yield* taken(each);
  else yield object;
}

function infoOf(session: Session, object: Draft, source: string): Info | Error {
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
