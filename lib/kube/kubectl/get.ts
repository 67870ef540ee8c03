// kubectl get: tables, objects, and what changes meanwhile.
// Before you edit: staging/src/k8s.io/kubectl/pkg/cmd/get/get.go.
import type { Program } from "../../lab/process.ts";
import { SECOND } from "../../trace/world.ts";
import { discovery } from "../api/discovery.ts";
import type { Draft } from "../api/object.ts";
import type { Resource } from "../api/resource.ts";
import { handle, PROBES } from "../api/rest.ts";
import { noSuchPath, type Status } from "../api/status.ts";
import { age, columns, tableOf } from "../api/table.ts";
import type { WatchEvent } from "../api/watchers.ts";
import { ADDRESS } from "./about.ts";
import { Failure, Failures, isRefusal, Refusal, usage } from "./failure.ts";
import { flagsOf } from "./flags.ts";
import { isList, printer } from "./print.ts";
import { type RowOptions, rowsOf } from "./rows.ts";
import { fetched, type Info, type Many, type Selected, select, withKind } from "./select.ts";
import type { Asked, Place, Session } from "./session.ts";
import { sortedBy } from "./sort.ts";
import { ROWS, setOut } from "./tabwriter.ts";

export const GET = flagsOf(
  "output:o template watch:w? watch-only? output-watch-events? ignore-not-found? field-selector all-namespaces:A? filename:f* " +
    "recursive:R? chunk-size# selector:l show-labels? label-columns:L* show-kind? sort-by no-headers? server-print? " +
    "raw subresource !kustomize:k show-managed-fields? !allow-missing-template-keys?",
);

export function get(session: Session): number | Program {
  const { flags } = session;
  const isWatch = flags.is("watch") || flags.is("watch-only");
  if (flags.has("raw")) return raw(session, flags.text("raw"));
  if (!isWatch && session.words.length === 0 && flags.list("filename").length === 0) {
    session.err(
      'You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported resources.\n\n',
    );
    const hint =
      'Use "kubectl explain <resource>" for a detailed description of that resource (e.g. kubectl explain pods).';
    throw usage("kubectl get", `Required resource not specified.\n${hint}`);
  }
  const output = flags.text("output");
  if (flags.is("show-labels") && output !== "" && output !== "wide")
    throw new Failure(`--show-labels option cannot be used with ${output} printer`);
  if (flags.is("output-watch-events") && !isWatch)
    throw new Failure("--output-watch-events option can only be used with --watch or --watch-only");
  const print = printer(session, true);
  const selected = select(session, { all: true, single: isWatch });
  if (flags.has("subresource") && selected.lists.length > 0)
    throw new Failure("subresource cannot be used when bulk resources are specified");
  if (isWatch) return watched(session, selected);
  if (print !== null) return objects(session, selected, print);
  return tables(session, selected);
}

/** What the server answers to GET, as it came. */
function raw(session: Session, path: string): number {
  const { words, server } = session;
  if (words.length > 0) throw new Failure("arguments may not be passed when --raw is specified");
  if (!path.startsWith("/"))
    throw new Failure(`--raw must be a valid URL path: parse ${JSON.stringify(path)}: invalid URI for request`);
  const { pathname, searchParams } = new URL(path, ADDRESS);
  const known = PROBES.includes(pathname) ? "ok" : discovery(server.all, pathname);
  const query = Object.fromEntries(searchParams);
  const { code, body } = known ? { code: 200, body: known } : handle(server, { method: "GET", path: pathname, query });
  if (code < 300) session.out(typeof body === "string" ? body : JSON.stringify(body));
  else throw new Refusal(typeof body === "string" ? noSuchPath().status : (body as Status));
  return 0;
}

const isMissing = (session: Session, failure: Error): boolean =>
  session.flags.is("ignore-not-found") && isRefusal(failure, "NotFound");

function objects(session: Session, selected: Selected, print: (object: Draft) => string): number {
  const { infos, failures: all } = fetched(session, selected);
  const failures = all.filter((failure) => !isMissing(session, failure));
  if (selected.isOne && failures.length > 0) throw failures[0]!;
  if (infos.length === 0 && session.flags.is("ignore-not-found")) return 0;
  const sortBy = session.flags.text("sort-by");
  const items = sortBy === "" || infos.length < 2 ? infos : sortedBy(infos, sortBy, ({ object }) => object);
  if (selected.isOne && items.length === 1) session.out(print(items[0]!.object!));
  else {
    const list = {
      apiVersion: "v1",
      kind: "List",
      metadata: { resourceVersion: "" },
      items: items.map(({ object }) => object!),
    };
    session.out(print(list));
  }
  if (failures.length > 0) throw new Failures(failures);
  return 0;
}

interface Group {
  readonly resource: Resource;
  readonly table: Draft;
}

function tables(session: Session, selected: Selected): number {
  const { flags } = session;
  const failures: Error[] = [...selected.mistakes];
  const groups: Group[] = [];
  const include = flags.text("sort-by") === "" ? "Metadata" : "Object";
  const attempt = (resource: Resource, ask: () => Draft) => {
    try {
      groups.push({ resource, table: ask() });
    } catch (failure) {
      if (!isMissing(session, failure as Error)) failures.push(failure as Error);
    }
  };
  for (const one of selected.ones) attempt(one.resource, () => tableBy(session, one, { table: include }));
  for (const { resource, namespace, query } of selected.lists)
    attempt(resource, () => tableBy(session, { resource, namespace }, { query, table: include }));
  const kinds = new Set(groups.map(({ resource }) => resource));
  const isEverywhere = flags.is("all-namespaces");
  // Once there is a column for namespaces, tables of kinds without have one too (EnsureWithNamespace).
  let withNamespace = false;
  let written = "";
  let block = "";
  let last: Resource | null = null;
  const flush = () => {
    written += setOut(block, ROWS);
    block = "";
  };
  for (const { resource, table } of groups) {
    withNamespace ||= isEverywhere && resource.namespaced;
    const { header, rows } = rowsOf(table, { ...rowOptions(session, resource, kinds.size > 1), withNamespace });
    const isNew = resource !== last;
    if (isNew) {
      flush();
      if (written !== "" && !flags.is("no-headers") && rows.length > 0) written += "\n";
      if (rows.length > 0 && !flags.is("no-headers")) block += `${header}\n`;
    }
    if (rows.length > 0) last = resource;
    block += rows.map((row) => `${row}\n`).join("");
  }
  flush();
  session.out(written);
  if (written === "" && failures.length === 0 && !flags.is("ignore-not-found")) {
    const isWithin = !isEverywhere && groups.every(({ resource }) => resource.namespaced);
    session.err(isWithin ? `No resources found in ${session.namespace} namespace.\n` : "No resources found\n");
  }
  if (failures.length > 0) throw new Failures(failures);
  return 0;
}

/** The server's table, or the client's own of name and age. */
function tableBy(session: Session, place: Place, { query = {}, table = "Metadata" }: Asked): Draft {
  const { flags } = session;
  const isOne = place.name !== undefined;
  const subresource = flags.text("subresource");
  const isOwn = flags.has("server-print") && !flags.is("server-print");
  if (!isOwn && subresource === "") {
    const asked = { query, table };
    return isOne ? session.get(place, asked) : session.list(place, asked);
  }
  const answer = isOne
    ? session.get({ ...place, ...(subresource !== "" && { subresource }) })
    : session.list(place, { query });
  return tableOf({ ...place.resource, ...AGED }, answer, session.now, table);
}

/** What a client can say of any object. */
const AGED = {
  columns: columns("Name", "Age"),
  cells: ({ metadata }: Draft, now: number) => [metadata.name, age(metadata.creationTimestamp, now)],
};

function rowOptions({ flags }: Session, resource: Resource, areMany: boolean): RowOptions {
  return {
    isWide: flags.text("output") === "wide",
    withNamespace: flags.is("all-namespaces") && resource.namespaced,
    kind: areMany || flags.is("show-kind") ? resource : null,
    showLabels: flags.is("show-labels"),
    labelColumns: flags.list("label-columns"),
    sortBy: flags.text("sort-by"),
  };
}

/** What is, and for some time what changes. */
function* watched(session: Session, selected: Selected): Program {
  const { flags, server } = session;
  if (flags.has("sort-by"))
    session.err("warning: --watch requested, --sort-by will be ignored for watch events received\n");
  const print = printer(session, true);
  const [target, ...more] = [...selected.ones, ...selected.lists] as [Info | Many, ...(Info | Many)[]];
  const { resource, namespace } = target;
  const query = "query" in target ? target.query : { fieldSelector: `metadata.name=${target.name}` };
  const widths: number[] = [];
  let isHeaded = flags.is("no-headers");
  const show = (object: Draft, type: string) => {
    if (print !== null) {
      const shown = flags.is("output-watch-events") ? { type, object } : object;
      return session.out(print(shown as Draft));
    }
    const { header, rows } = rowsOf(object, { ...rowOptions(session, resource, false), sortBy: "" });
    const event = flags.is("output-watch-events");
    const lines = [
      ...(isHeaded ? [] : [event ? `EVENT\t${header}` : header]),
      ...rows.map((row) => (event ? `${type.padEnd(8)}\t${row}` : row)),
    ];
    if (rows.length === 0) return;
    isHeaded = true;
    session.out(setOut(`${lines.join("\n")}\n`, { ...ROWS, remembered: widths }));
  };
  const asked = "query" in target ? { resource, namespace } : target;
  const first = session.get(asked, { query, ...(print === null && { table: "Metadata" }) });
  if (!flags.is("watch-only")) {
    if (print === null) show(first, "ADDED");
    else for (const each of isList(first) ? (first.items as Draft[]) : [first]) show(withKind(resource, each), "ADDED");
  }
  if (more.length > 0) {
    for (const each of more) show(session.get(each as Info, print === null ? { table: "Metadata" } : {}), "ADDED");
    throw new Failure("you may only watch a single resource or type of resource at a time");
  }
  const revision = server.store.revision;
  const queue: WatchEvent[] = [];
  const close = server.watch("kubectl", resource, { namespace, ...query, revision }, (event) => queue.push(event));
  const end = session.endOfPatience();
  try {
    while (session.setting.clock.now < end) {
      for (const { type, object } of queue.splice(0))
        show(print === null ? tableOf(resource, object, session.now) : (object as Draft), type);
      yield { until: Math.min(end, session.setting.clock.now + SECOND / 10) };
    }
  } finally {
    close();
  }
  return 0;
}
