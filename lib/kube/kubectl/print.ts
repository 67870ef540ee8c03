// What `-o` prints: the object itself, its name, or a part of it.
// Before you edit: staging/src/k8s.io/cli-runtime/pkg/genericclioptions/{print_flags,name_flags,json_yaml_flags,jsonpath_flags}.go,
// staging/src/k8s.io/cli-runtime/pkg/printers/{json,yaml,name,jsonpath}.go.
import { notModelled } from "../../tools/command.ts";
import type { Draft } from "../api/object.ts";
import { Failure } from "./failure.ts";
import { fill, goText, parseTemplate, relaxed, valuesOf } from "./jsonpath.ts";
import { jsonText, yamlText } from "./object-text.ts";
import { type Named, named } from "./select.ts";
import type { Session } from "./session.ts";
import { ROWS, setOut } from "./tabwriter.ts";

const FORMATS = [
  "go-template",
  "go-template-file",
  "json",
  "jsonpath",
  "jsonpath-as-json",
  "jsonpath-file",
  "kyaml",
  "name",
  "template",
  "templatefile",
  "yaml",
];
const GET_FORMATS = [...FORMATS, "custom-columns", "custom-columns-file", "wide"].sort();

/** Prints one object or a List. */
export type Printer = (object: Draft) => string;

const kindOf = ({ kind, apiVersion }: Draft): string => {
  const [group] = String(apiVersion).includes("/") ? String(apiVersion).split("/") : [""];
  return `${String(kind).toLowerCase()}${group === "" ? "" : `.${group}`}`;
};

export const isList = (object: Draft): boolean => Array.isArray(object.items) && String(object.kind).endsWith("List");

/** Who owns which field is not printed unless it is asked for. */
function withoutOwners(object: Draft): Draft {
  if (Array.isArray(object.items)) return { ...object, items: object.items.map(withoutOwners) };
  if (object.metadata?.managedFields === undefined) return object;
  const { managedFields: _owners, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** The printer that `-o` asks for; null when it asks for none. Throws Failure for a format there is not. */
export function printer(session: Session, isGet = false): Printer | null {
  const output = session.flags.text("output");
  if (output === "" || (isGet && output === "wide")) return null;
  const [format = "", ...rest] = output.split("=");
  const argument = rest.length > 0 ? rest.join("=") : session.flags.text("template");
  let isFirst = true;
  const shown = session.flags.is("show-managed-fields") ? (object: Draft) => object : withoutOwners;
  switch (format) {
    case "json":
      return (object) => `${jsonText(shown(object), "    ")}\n`;
    case "yaml":
      return (object) => {
        const separator = isFirst ? "" : "---\n";
        isFirst = false;
        return separator + yamlText(shown(object));
      };
    case "name":
      return (object) =>
        (isList(object) ? (object.items as Draft[]) : [object])
          .map((each) => `${kindOf(each)}/${each.metadata.name}\n`)
          .join("");
    case "jsonpath":
    case "jsonpath-as-json":
      return jsonpath(argument, format);
    case "custom-columns":
      if (isGet) return customColumns(argument, session.flags.is("no-headers"));
      break;
    case "kyaml":
    case "go-template":
    case "template":
    case "go-template-file":
    case "templatefile":
    case "jsonpath-file":
      throw notModelled("kubectl -o", format, "json, yaml, name, wide, jsonpath, custom-columns");
  }
  const allowed = (isGet ? GET_FORMATS : FORMATS).join(",");
  throw new Failure(
    `unable to match a printer suitable for the output format ${JSON.stringify(output)}, allowed formats are: ${allowed}`,
  );
}

function jsonpath(text: string, format: string): Printer {
  if (text === "") throw new Failure(`template format specified but no template given`);
  let template: ReturnType<typeof parseTemplate>;
  try {
    template = parseTemplate(text);
  } catch (failure) {
    throw new Failure(`error parsing jsonpath ${text}, ${(failure as Error).message}`);
  }
  return (object) => {
    try {
      return format === "jsonpath" ? fill(template, object) : `${jsonText(valuesOf(template, object), "    ")}\n`;
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      const shown = `Error executing template: ${failure.message}. Printing more information for debugging the template:\n`;
      const debug = `\ttemplate was:\n\t\t${text}\n\tobject given to jsonpath engine was:\n\t\t${goSyntax(object)}\n\n`;
      throw new Failure(`error executing jsonpath ${JSON.stringify(text)}: ${shown}${debug}`);
    }
  };
}

/** A value as Go's %#v writes it. */
function goSyntax(value: unknown): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(", ")}}`;
  if (typeof value === "object" && value !== null)
    return `map[string]interface {}{${Object.keys(value)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${goSyntax((value as Draft)[key])}`)
      .join(", ")}}`;
  return value === null ? "interface {}(nil)" : JSON.stringify(value);
}

function customColumns(spec: string, noHeaders: boolean): Printer {
  if (spec === "") throw new Failure("custom-columns format specified but no custom columns given");
  const columns = spec.split(",").map((part) => {
    const at = part.indexOf(":");
    if (at === -1) throw new Failure(`unexpected custom-columns spec: ${part}, expected <header>:<json-path-expr>`);
    return { header: part.slice(0, at), template: parseTemplate(relaxed(part.slice(at + 1))) };
  });
  return (object) => {
    const rows = (isList(object) || object.kind === "List" ? (object.items as Draft[]) : [object]).map((each) =>
      columns.map(({ template }) => valuesOf(template, each).map(goText).join(",") || "<none>").join("\t"),
    );
    const lines = noHeaders ? rows : [columns.map(({ header }) => header).join("\t"), ...rows];
    return setOut(`${lines.join("\n")}\n`, ROWS);
  };
}

/** Says what was done with an object: `pod/web created`, or the object where `-o` asks for it. */
export function report(session: Session, info: Named, done: string, object: Draft): void {
  const output = session.flags.text("output");
  const dry = session.isDry;
  if (output === "name") session.out(`${named(info)}\n`);
  else if (output === "") {
    const how = dry === "client" ? " (dry run)" : dry === "server" ? " (server dry run)" : "";
    session.out(`${named(info)} ${done}${how}\n`);
  } else session.out(printer(session)!(object));
}
