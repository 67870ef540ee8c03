// Writes assets/kubernetes-protobuf.json anew: how a release numbers the fields of the kinds that are modelled.
// npm run build && node dist/test/kube/record-protobuf.js API MACHINERY, being staging/src/k8s.io/{api,apimachinery} of that
// release of kubernetes/kubernetes (Apache-2.0). Taken are names, numbers and types of generated.proto, and of types.go which
// values mean that there is none.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { schema } from "../../lib/kube/api/schema.ts";

const [api, machinery] = process.argv.slice(2);
if (api === undefined || machinery === undefined)
  throw new Error("Say the folders of k8s.io/api and k8s.io/apimachinery.");

const PLACES = [
  ...["core", "apps", "networking", "discovery", "coordination", "policy"].map((group) => join(api, group, "v1")),
  join(machinery, "pkg/apis/meta/v1"),
];
/** Kinds that are sent and not stored. */
const SENT = ["Eviction", "DeleteOptions"];

const messages: Record<string, string> = {};
/** `PodSpec hostNetwork` where a zero is not said in JSON. */
const omitted = new Set<string>();
for (const place of PLACES) {
  const text = readFileSync(join(place, "generated.proto"), "utf8");
  for (const [, name, body] of text.matchAll(/^message (\w+) \{\n(.*?)^\}/gms)) messages[name!] ??= body!;
  const types = readFileSync(join(place, "types.go"), "utf8");
  for (const [, name, body] of types.matchAll(/^type (\w+) struct \{\n(.*?)^\}/gms))
    for (const [, type, json, options] of body!.matchAll(/^\t\w+\s+([\w.*[\]]+)\s*`.*?json:"(\w+)([^"]*)"/gm))
      if (!type!.startsWith("*") && /omitempty|omitzero/.test(options!)) omitted.add(`${name} ${json}`);
}

const numbered: Record<string, Record<string, readonly string[]>> = {};
function number(name: string): void {
  if (numbered[name] !== undefined || messages[name] === undefined) return;
  const fields: Record<string, readonly string[]> = {};
  numbered[name] = fields;
  const known = schema().definitions[name]?.fields;
  const lines = messages[name].matchAll(
    /^\s+(optional|repeated|map<string, ?([\w.]+)>) (?:([\w.]+) )?(\w+) = (\d+);/gm,
  );
  for (const [, label, value, single, field, at] of lines) {
    const type = (value ?? single!).split(".").at(-1)!;
    // What JSON has in the struct itself, protobuf has in one of its own.
    const isInline = known !== undefined && !Object.hasOwn(known, field!) && messages[type] !== undefined;
    const how = isInline ? "inline" : label!.startsWith("map") ? "map" : label === "repeated" ? "list" : "one";
    fields[at!] = [field!, type, how, ...(omitted.has(`${name} ${field}`) ? ["omitted"] : [])];
    number(type);
  }
}
for (const name of [...Object.values(schema().kinds), ...SENT]) number(name);
for (const word of ["Time", "MicroTime", "Quantity", "IntOrString", "FieldsV1", "RawExtension"]) delete numbered[word];
writeFileSync("assets/kubernetes-protobuf.json", `${JSON.stringify(numbered)}\n`);
