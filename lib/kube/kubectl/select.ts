// Which objects do the words of a command mean?
// Before you edit: staging/src/k8s.io/cli-runtime/pkg/resource/builder.go.
import type { Draft } from "../api/object.ts";
import { apiVersionOf, type Resource } from "../api/resource.ts";
import { parseSelector, selects } from "../api/selector.ts";
import { Failure, Failures, NOTHING_NAMED } from "./failure.ts";
import { kindNamed, withoutCategories } from "./kinds.ts";
import { manifests } from "./manifests.ts";
import type { Session } from "./session.ts";

/** An object that is meant. */
export interface Info {
  readonly resource: Resource;
  readonly namespace: string | null;
  readonly name: string;
  /** As the file has it, or as the server gave it; null if nobody asked yet. */
  readonly object: Draft | null;
  /** The file it is from, or nothing. */
  readonly source: string;
}

/** All of a kind. */
export interface Many {
  readonly resource: Resource;
  readonly namespace: string | null;
  readonly query: Readonly<Record<string, string>>;
}

export interface Selected {
  readonly ones: readonly Info[];
  readonly lists: readonly Many[];
  /** What could not be read of files. */
  readonly mistakes: readonly Error[];
  /** One object was named: it is printed as itself, not as a list. */
  readonly isOne: boolean;
}

export interface SelectOptions {
  /** A kind alone means all of it. */
  readonly all?: boolean;
  /** `--all` was said. */
  readonly isAllSaid?: boolean;
  /** Kinds that a word names; the first words of the command, unless said otherwise. */
  readonly words?: readonly string[];
  readonly single?: boolean;
  /** `--selector` is about something else. */
  readonly isSelectorOther?: boolean;
}

const unique = (word: string): string[] => [...new Set(word.split(","))];

/** Throws Failure when the words make no sense or name no kind. */
export function select(session: Session, options: SelectOptions = {}): Selected {
  const { flags, server } = session;
  const files = flags.list("filename");
  const words = [...(options.words ?? session.words)];
  const selector = options.isSelectorOther ? "" : flags.text("selector").trim();
  const fields = flags.text("field-selector").trim();
  const isEverywhere = flags.is("all-namespaces");
  if (options.isAllSaid && (selector !== "" || fields !== ""))
    throw new Failure("setting 'all' parameter but found a non empty selector. ");
  if (files.length > 0) return ofFiles(session, files, words, selector);
  const kinds = unique(words[0] ?? "");
  const plain =
    words.length >= 2 && kinds.length > 1
      ? kinds.flatMap((kind) => words.slice(1).map((name) => `${kind}/${name}`))
      : words;
  const slashes = plain.filter((word) => word.includes("/")).length;
  if (slashes > 0 && slashes < plain.length)
    throw new Failure(
      "there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'",
    );
  const bySelector = selector !== "" || fields !== "" || options.isAllSaid === true;
  const place = (resource: Resource) => (resource.namespaced ? (isEverywhere ? "" : session.namespace) : null);
  const one = (resource: Resource, name: string): Info => {
    const namespace = place(resource);
    if (namespace === "") throw new Failure("a resource cannot be retrieved by name across all namespaces");
    if (name === "") throw new Failure("resource name may not be empty");
    return { resource, namespace, name, object: null, source: "" };
  };
  if (slashes > 0) {
    if (bySelector) throw new Failure("selectors and the all flag cannot be used when passing resource/name arguments");
    const named = plain.map((word) => {
      const [kind = "", name = "", ...more] = word.split("/");
      if (more.length > 0) throw new Failure("arguments in resource/name form may not have more than one slash");
      if (kind === "" || name === "" || unique(kind).length !== 1)
        throw new Failure("arguments in resource/name form must have a single resource and name");
      return [kind, name] as const;
    });
    const ones = named.map(([kind, name]) => one(kindNamed(server, kind), name));
    if (options.single && new Set(ones.map(({ resource }) => resource)).size > 1) throw tooMany();
    return { ones, lists: [], mistakes: [], isOne: ones.length === 1 };
  }
  if (plain.length === 0)
    throw new Failure(bySelector ? "at least one resource must be specified to use a selector" : NOTHING_NAMED);
  const resources = [...new Set(withoutCategories(server, kinds).map((word) => kindNamed(server, word)))];
  if (options.single && resources.length > 1) throw tooMany();
  const names = plain.slice(1);
  if (bySelector || (names.length === 0 && options.all)) {
    if (names.length > 0) throw new Failure("name cannot be provided when a selector is specified");
    const query = { labelSelector: selector, fieldSelector: fields };
    const lists = resources.map((resource) => ({ resource, namespace: place(resource) || null, query }));
    return { ones: [], lists, mistakes: [], isOne: false };
  }
  if (names.length === 0) throw new Failure("resource(s) were provided, but no name was specified");
  if (resources.length > 1) throw new Failure("you must specify only one resource");
  return { ones: names.map((name) => one(resources[0]!, name)), lists: [], mistakes: [], isOne: names.length === 1 };
}

const tooMany = () => new Failure("you may only specify a single resource type");

function ofFiles(session: Session, files: readonly string[], words: readonly string[], selector: string): Selected {
  if (words.length > 0)
    throw new Failure(
      words.some((word) => word.includes("/"))
        ? "resource/name arguments cannot be provided when a path is specified"
        : "when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well",
    );
  const read = [...manifests(session, files, session.flags.is("recursive"))];
  const ones = read.filter((each): each is Info => !(each instanceof Error));
  const wanted = parseSelector(selector);
  const isOne = files.length === 1 && files[0] !== "-" && session.setting.files.list(files[0]!) === null;
  return {
    ones: selector === "" ? ones : ones.filter(({ object }) => selects(wanted, object!.metadata?.labels)),
    lists: [],
    mistakes: read.filter((each): each is Error => each instanceof Error),
    isOne,
  };
}

/** The objects as the server has them now. What can't be had is told in `failures`; nothing is thrown then. */
export function fetched(session: Session, selected: Selected): { infos: Info[]; failures: Error[] } {
  const failures: Error[] = [...selected.mistakes];
  const infos: Info[] = [];
  const attempt = (action: () => void) => {
    try {
      action();
    } catch (failure) {
      failures.push(failure as Error);
    }
  };
  const subresource = session.path === "kubectl get" ? session.flags.text("subresource") : "";
  const part = subresource === "" ? {} : { subresource };
  for (const info of selected.ones) attempt(() => infos.push({ ...info, object: session.get({ ...info, ...part }) }));
  for (const { resource, namespace, query } of selected.lists)
    attempt(() => {
      for (const object of session.items({ resource, namespace }, query))
        infos.push({
          resource,
          namespace: object.metadata.namespace ?? null,
          name: object.metadata.name,
          object,
          source: "",
        });
    });
  return { infos, failures };
}

/** The same, where the first failure ends the command. */
export function mustFetch(session: Session, selected: Selected): Info[] {
  const { infos, failures } = fetched(session, selected);
  if (failures.length > 0) throw failures.length === 1 ? failures[0]! : new Failures(failures);
  return infos;
}

/** An object as far as its kind's name and its own go. */
export interface Named {
  readonly resource: Pick<Resource, "kind" | "group">;
  readonly name: string;
}

/** `deployment.apps/web`, as most commands name what they did. */
export const named = ({ resource, name }: Named): string =>
  `${resource.kind.toLowerCase()}${resource.group === "" ? "" : `.${resource.group}`}/${name}`;

export const withKind = (resource: Resource, object: Draft): Draft => ({
  apiVersion: apiVersionOf(resource),
  kind: resource.kind,
  ...object,
});
