// The API server on a real port of this machine, for a real kubectl: plain HTTP on loopback, no authentication.
// Before you edit: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/{get,watch,response}.go.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { parse } from "yaml";
import { discovery } from "./discovery.ts";
import { execUpgrade, followedLog, sendLog } from "./http-streams.ts";
import { jsonMistake } from "./json-mistake.ts";
import { APPLY_PATCH } from "./patch.ts";
import { readProtobuf } from "./protobuf.ts";
import { apiVersionOf, type Resource } from "./resource.ts";
import { doorOf, handle, PROBES, type Request, type Response } from "./rest.ts";
import type { ApiServer } from "./server.ts";
import { ApiError, badRequest } from "./status.ts";
import { tableOf } from "./table.ts";
import type { WatchEvent } from "./watchers.ts";

/** Listens at 127.0.0.1:`port` (0 is any). Who can reach it may do everything: it is a model of a cluster. */
export function listen(server: ApiServer, port: number): Promise<Server> {
  const http = createServer((request, response) => {
    respond(server, request, response).catch((failure) => {
      response.writeHead(500, { "content-type": "text/plain" });
      response.end(String(failure));
    });
  });
  http.on("upgrade", (request, socket) => execUpgrade(server, request, socket));
  return new Promise((resolve, reject) => {
    http.once("error", reject);
    http.listen(port, "127.0.0.1", () => resolve(http));
  });
}

async function respond(server: ApiServer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
  const query = Object.fromEntries(searchParams);
  const accept = request.headers.accept ?? "";
  const octets = await bodyOf(request);
  if (PROBES.includes(pathname)) {
    response.end("ok");
    return;
  }
  try {
    const log = request.method === "GET" ? followedLog(server, decodeURIComponent(pathname), query) : null;
    if (log !== null) return sendLog(response, log);
  } catch (failure) {
    if (!(failure instanceof ApiError)) throw failure;
    return send(response, refusal(failure));
  }
  const found = request.method === "GET" ? discovery(server.all, pathname) : null;
  if (found !== null) return send(response, { code: 200, body: found });
  const asked = requestOf(request, decodeURIComponent(pathname), query, octets);
  if (asked === null)
    return send(response, refusal(unreadable(server, request.method ?? "", pathname, octets.toString("utf8"))));
  if (request.method === "GET" && (query.watch === "true" || query.watch === "1"))
    return watch(server, asked, wantsTable(accept), response);
  const answer = handle(server, asked);
  const resource = answer.code < 300 ? resourceOf(server, asked.path) : null;
  const { warnings = [] } = answer;
  if (warnings.length > 0)
    response.setHeader(
      "warning",
      warnings.map((each) => `299 - ${JSON.stringify(each)}`),
    );
  const isRead = request.method === "GET" && resource !== null && wantsTable(accept);
  send(
    response,
    isRead ? { code: 200, body: tableOf(resource, answer.body, nowOf(server), query.includeObject) } : answer,
  );
}

/** A body that can't be read: in Go's words, if it was to be JSON. */
function unreadable(server: ApiServer, method: string, path: string, text: string): ApiError {
  const mistake = jsonMistake(text);
  if (mistake === "") return badRequest("the body of the request is neither YAML nor protobuf");
  if (method === "PATCH") return badRequest(mistake);
  const why = `couldn't get version/kind; json parse error: ${mistake}`;
  if (method === "DELETE") return badRequest(why);
  const { kind } = doorOf(server, decodeURIComponent(path)).resource;
  return badRequest(`the object provided is unrecognized (must be of type ${kind}): ${why} (${text.slice(0, 2048)})`);
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function requestOf(
  request: IncomingMessage,
  path: string,
  query: Record<string, string>,
  octets: Buffer,
): Request | null {
  const agent = (request.headers["user-agent"] ?? "").split("/")[0]!;
  const contentType = (request.headers["content-type"] ?? "").split(";")[0]!;
  let body: unknown;
  try {
    // Some commands of kubectl write Go's own octets.
    if (contentType === "application/vnd.kubernetes.protobuf") body = readProtobuf(octets);
    else if (contentType === APPLY_PATCH) body = parse(octets.toString("utf8"));
    else if (octets.length > 0) body = JSON.parse(octets.toString("utf8"));
  } catch {
    return null;
  }
  return { method: request.method as Request["method"], path, query, agent, contentType, body };
}

function send(response: ServerResponse, { code, body }: Response): void {
  const isText = typeof body === "string";
  response.writeHead(code, { "content-type": isText ? "text/plain" : "application/json" });
  response.end(isText ? body : JSON.stringify(body));
}

const refusal = ({ status }: ApiError): Response => ({ code: status.code!, body: status });

const wantsTable = (accept: string): boolean => accept.includes("as=Table;v=v1;g=meta.k8s.io");

const nowOf = (server: ApiServer): number => Date.parse(server.time);

/** The kind a path is about, unless it is a part of an object. */
function resourceOf(server: ApiServer, path: string): Resource | null {
  const { resource, subresource } = doorOf(server, path);
  return subresource === undefined ? resource : null;
}

/** A watch without a version begins with what there is now. */
function watch(
  server: ApiServer,
  { path, query = {}, agent = "" }: Request,
  asTable: boolean,
  response: ServerResponse,
): void {
  const tell = (type: string, object: unknown) => response.write(`${JSON.stringify({ type, object })}\n`);
  let close = () => {};
  try {
    const door = doorOf(server, path);
    const { resource, namespace } = door;
    const selection = { namespace, ...query, ...(door.name !== "" && { fieldSelector: `metadata.name=${door.name}` }) };
    const told = ({ type, object }: Pick<WatchEvent, "type" | "object">) =>
      tell(type, asTable ? tableOf(resource, object, nowOf(server), query.includeObject) : object);
    const { resourceVersion: version = "" } = query;
    const fromNow = version === "" || version === "0" || query.sendInitialEvents === "true";
    const list = fromNow ? server.list(agent, resource, selection) : null;
    close = server.watch(agent, resource, { ...selection, revision: list?.revision ?? Number(version) }, told);
    response.writeHead(200, { "content-type": "application/json", "transfer-encoding": "chunked" });
    response.flushHeaders();
    for (const object of list?.items ?? []) told({ type: "ADDED", object });
    if (list !== null && query.sendInitialEvents === "true") {
      const annotations = { "k8s.io/initial-events-end": "true" };
      const metadata = { resourceVersion: String(list.revision), annotations };
      tell("BOOKMARK", { kind: resource.kind, apiVersion: apiVersionOf(resource), metadata });
    }
  } catch (failure) {
    if (!(failure instanceof ApiError)) throw failure;
    return send(response, refusal(failure));
  }
  const seconds = Number(query.timeoutSeconds ?? 0);
  const timer = seconds > 0 ? setTimeout(() => response.end(), seconds * 1000) : null;
  const over = () => {
    close();
    if (timer !== null) clearTimeout(timer);
  };
  // Who asked may be gone already.
  if (response.destroyed) over();
  else response.on("close", over);
}
