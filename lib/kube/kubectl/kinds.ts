// Which kind is meant by `po`, `deploy.apps`, `Service`? The answer of discovery.
// Before you edit: staging/src/k8s.io/cli-runtime/pkg/resource/builder.go (mappingFor), client-go/restmapper/{discovery,shortcut}.go.
import type { Resource } from "../api/resource.ts";
import type { ApiServer } from "../api/server.ts";
import { Failure } from "./failure.ts";

/** The kind a word names. Throws Failure: the server has none. */
export function kindNamed(server: ApiServer, word: string): Resource {
  const [name = "", ...rest] = word.split(".");
  const said = name.toLowerCase();
  const all = server.all.filter((each) =>
    [each.resource, each.singular, ...each.shortNames, each.kind.toLowerCase()].includes(said),
  );
  // `deployments.v1.apps` says a version; of a group alone its beginning is enough.
  const [version, ...within] = rest;
  const group = rest.join(".");
  const found =
    all.find((each) => within.length > 0 && each.version === version && each.group === within.join(".")) ??
    all.find((each) => rest.length === 0 || each.group === group) ??
    all.find((each) => each.group.startsWith(group));
  if (found === undefined) throw new Failure(`the server doesn't have a resource type ${JSON.stringify(name)}`);
  return found;
}

/** `all` is what the kinds of that category are. */
export function withoutCategories(server: ApiServer, words: readonly string[]): string[] {
  return words.flatMap((word) => {
    const of = server.all.filter(({ categories }) => categories.includes(word));
    return of.length === 0
      ? [word]
      : of.map(({ resource, group }) => (group === "" ? resource : `${resource}.${group}`));
  });
}

/** `deployment.apps`, as messages name a kind. */
export const kindText = ({ kind, group }: Resource): string =>
  group === "" ? kind.toLowerCase() : `${kind.toLowerCase()}.${group}`;
