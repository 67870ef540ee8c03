// Events: what somebody tells of an object, to be read by people and soon forgotten.
// Before you edit: pkg/registry/core/event/strategy.go, pkg/apis/core/validation/events.go.
import { wrong } from "../api/field-error.ts";
import { dnsSubdomain } from "../api/names.ts";
import type { Draft } from "../api/object.ts";
import type { Resource } from "../api/resource.ts";
import { age, columns } from "../api/table.ts";

function sourceText({ source = {}, reportingComponent, reportingInstance }: Draft): string {
  const component = source.component || reportingComponent || "";
  const host = source.host || reportingInstance || "";
  return host === "" ? component : `${component}, ${host}`;
}

export const EVENTS: Resource = {
  group: "",
  version: "v1",
  kind: "Event",
  resource: "events",
  singular: "event",
  shortNames: ["ev"],
  categories: [],
  namespaced: true,
  hasStatus: false,
  hasGeneration: false,
  madeByUpdate: true,
  // --event-ttl of the API server.
  ttl: 3600,
  nameRule: dnsSubdomain,
  columns: columns(
    "Last Seen",
    "Type",
    "Reason",
    "Object",
    "*Subobject",
    "*Source",
    "Message",
    "*First Seen",
    "*Count",
    "*Name",
  ),
  cells(event, now) {
    const { involvedObject, series, firstTimestamp, lastTimestamp, eventTime } = event;
    const first = age(firstTimestamp || eventTime, now);
    const last = series ? age(series.lastObservedTime, now) : lastTimestamp ? age(lastTimestamp, now) : first;
    const kind = (involvedObject.kind ?? "").toLowerCase();
    return [
      last,
      event.type ?? "",
      event.reason ?? "",
      involvedObject.name ? `${kind}/${involvedObject.name}` : kind,
      involvedObject.fieldPath ?? "",
      sourceText(event),
      (event.message ?? "").trim(),
      first,
      series?.count ?? (event.count || 1),
      event.metadata.name,
    ];
  },
  strategy: {
    defaults(draft) {
      draft.involvedObject ??= {};
      draft.source ??= {};
      draft.firstTimestamp ??= null;
      draft.lastTimestamp ??= null;
      draft.eventTime ??= null;
      draft.reportingComponent ??= "";
      draft.reportingInstance ??= "";
    },
    validate({ metadata, involvedObject }) {
      const namespace = involvedObject.namespace ?? "";
      const isRight = namespace === "" ? metadata.namespace === "default" : namespace === metadata.namespace;
      return isRight ? [] : [wrong("involvedObject.namespace", namespace, "does not match event.namespace")];
    },
    fields(object) {
      const { involvedObject = {}, reason = "", type = "", source = {}, reportingComponent = "" } = object as Draft;
      const of = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"];
      return {
        ...Object.fromEntries(of.map((each) => [`involvedObject.${each}`, involvedObject[each] ?? ""])),
        reason,
        reportingComponent,
        source: source.component || reportingComponent,
        type,
      };
    },
  },
};
