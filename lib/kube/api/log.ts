// The part `log` of a pod: what is asked, judged, and read from the kubelet that has it.
// Before you edit: pkg/registry/core/pod/rest/log.go, pkg/apis/core/validation/validation.go (ValidatePodLogOptions).
import { denied, type FieldError, wrong } from "./field-error.ts";
import { containerMeant, type LogOptions, type LogStream } from "./node-proxy.ts";
import type { Draft } from "./object.ts";
import type { ApiServer } from "./server.ts";
import { badRequest, failure, invalid, notFound } from "./status.ts";

const LAYOUT = ["2006", "-", "01", "-", "02", "T", "15", ":", "04", ":", "05", "Z07:00"];

/** Why a text is no moment as RFC 3339 has it, in the words of Go's time.Parse; null if it is one. */
export function noTime(text: string): string | null {
  let rest = text;
  for (const part of LAYOUT) {
    const digits =
      part === "Z07:00" ? /^(Z|[-+]\d\d:\d\d)$/ : /^\d/.test(part) ? new RegExp(`^\\d{${part.length}}`) : part;
    const found = typeof digits === "string" ? (rest.startsWith(part) ? part : undefined) : digits.exec(rest)?.[0];
    if (found === undefined)
      return `parsing time ${JSON.stringify(text)} as "${LAYOUT.join("")}": cannot parse ${JSON.stringify(rest)} as "${part}"`;
    rest = rest.slice(found.length);
    if (part === "05") rest = rest.replace(/^\.\d+/, "");
  }
  return null;
}

/** A query's parameters as Go reads them: numbers in whole seconds, lines and octets. Throws ApiError (400, 422). */
function optionsOf(pod: string, query: Readonly<Record<string, string>>): Omit<LogOptions, "container"> {
  const number = (name: string): number | undefined => {
    const said = query[name];
    if (said === undefined || said === "") return undefined;
    if (!/^[-+]?\d+$/.test(said)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(said)}: invalid syntax`);
    return Number(said);
  };
  const is = (name: string) => !/^(false|0)$/i.test(query[name] ?? "false");
  const [tailLines, limitBytes, sinceSeconds] = [number("tailLines"), number("limitBytes"), number("sinceSeconds")];
  const { sinceTime } = query;
  const untimely = sinceTime ? noTime(sinceTime) : null;
  if (untimely !== null) throw badRequest(untimely);
  const errors: FieldError[] = [
    ...((tailLines ?? 0) < 0 ? [wrong("tailLines", tailLines, "must be greater than or equal to 0")] : []),
    ...((limitBytes ?? 1) < 1 ? [wrong("limitBytes", limitBytes, "must be greater than 0")] : []),
    ...(sinceSeconds !== undefined && sinceTime
      ? [denied("[]", "at most one of `sinceTime` or `sinceSeconds` may be specified")]
      : (sinceSeconds ?? 1) < 1
        ? [wrong("sinceSeconds", sinceSeconds, "must be greater than 0")]
        : []),
  ];
  if (errors.length > 0) throw invalid("PodLogOptions", "", pod, errors);
  return {
    ...(tailLines !== undefined && { tailLines }),
    ...(limitBytes !== undefined && { limitBytes }),
    ...(sinceSeconds !== undefined && { sinceSeconds }),
    ...(sinceTime && { sinceTime }),
    previous: is("previous"),
    timestamps: is("timestamps"),
    follow: is("follow"),
  };
}

/** Opens the log that `GET …/pods/NAME/log` asks for; null while the pod has no node. Throws ApiError. */
export function openLog(
  server: ApiServer,
  namespace: string,
  name: string,
  query: Readonly<Record<string, string>>,
): LogStream | null {
  const options = optionsOf(name, query);
  const pods = server.resource("pods", "")!;
  const pod = server.find(pods, namespace, name);
  if (pod === undefined) throw notFound(pods, name);
  const container = containerMeant(pod, query.container);
  if (!(pod as Draft).spec.nodeName) return null;
  if (server.nodes === null) throw failure("there are no kubelets behind this API server");
  return server.nodes.logs(pod, { ...options, container });
}
