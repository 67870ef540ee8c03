// kubectl events: what happened, the oldest first.
// Before you edit: staging/src/k8s.io/kubectl/pkg/cmd/events/{events,event_printer}.go.
import type { Draft } from "../api/object.ts";
import { apiVersionOf } from "../api/resource.ts";
import { age } from "../api/table.ts";
import { Failure } from "./failure.ts";
import { flagsOf } from "./flags.ts";
import { kindNamed } from "./kinds.ts";
import { printer } from "./print.ts";
import type { Session } from "./session.ts";
import { ROWS, setOut } from "./tabwriter.ts";

export const EVENTS = flagsOf("all-namespaces:A? for types* no-headers? chunk-size# output:o template !watch:w?");

export function events(session: Session): number {
  const { flags, server } = session;
  const types = flags.list("types").map((type) => type.toLowerCase());
  if (types.some((type) => type !== "normal" && type !== "warning"))
    throw new Failure("valid --types are Normal or Warning");
  const isEverywhere = flags.is("all-namespaces");
  const resource = server.resource("events", "")!;
  const query: Record<string, string> = {};
  if (flags.has("for")) {
    const [kind, name, ...more] = flags.text("for").split("/");
    if (name === undefined) throw new Failure("--for must be in resource/name form");
    if (more.length > 0) throw new Failure("arguments in resource/name form may not have more than one slash");
    const of = kindNamed(server, kind!);
    query.fieldSelector = `involvedObject.kind=${of.kind},involvedObject.apiVersion=${apiVersionOf(of)},involvedObject.name=${name}`;
  }
  const all = session.items({ resource, namespace: isEverywhere ? null : session.namespace }, query);
  const items = all.filter(({ type }) => types.length === 0 || types.includes(String(type).toLowerCase()));
  if (items.length === 0) {
    session.err(isEverywhere ? "No events found.\n" : `No events found in ${session.namespace} namespace.\n`);
    return 0;
  }
  const timeOf = ({ series, lastTimestamp, eventTime }: Draft): string =>
    series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? "";
  items.sort((a, b) => Date.parse(timeOf(a)) - Date.parse(timeOf(b)));
  const print = printer(session);
  if (print !== null) {
    session.out(print({ apiVersion: "v1", items, kind: "EventList", metadata: {} }));
    return 0;
  }
  const header = "LAST SEEN\tTYPE\tREASON\tOBJECT\tMESSAGE";
  const rows = items.map((event) => {
    const { involvedObject, metadata } = event;
    const cells = [
      interval(event, session.now),
      event.type ?? "",
      event.reason ?? "",
      `${involvedObject.kind}/${involvedObject.name}`,
      (event.message ?? "").trim(),
    ];
    return [...(isEverywhere ? [metadata.namespace] : []), ...cells].join("\t");
  });
  const lines = flags.is("no-headers") ? rows : [isEverywhere ? `NAMESPACE\t${header}` : header, ...rows];
  session.out(setOut(`${lines.join("\n")}\n`, ROWS));
  return 0;
}

function interval({ eventTime, firstTimestamp, lastTimestamp, series, count = 0 }: Draft, now: number): string {
  const first = age(eventTime ?? firstTimestamp, now);
  if (series) return `${age(series.lastObservedTime, now)} (x${series.count} over ${first})`;
  return count > 1 ? `${age(lastTimestamp, now)} (x${count} over ${first})` : first;
}
