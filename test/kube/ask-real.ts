// Asks a real API server (oracle/README.md says how to start one).
import type { Request, Response } from "../../lib/kube/api/rest.ts";

const { SERVER, TOKEN } = process.env;
if (SERVER === undefined || TOKEN === undefined) throw new Error("Say SERVER and TOKEN of a real API server.");

export async function askReal({
  method,
  path,
  query = {},
  contentType = "application/json",
  body,
}: Omit<Request, "agent">): Promise<Response> {
  const search = new URLSearchParams(query).toString();
  const answer = await fetch(`${SERVER}${path}${search === "" ? "" : `?${search}`}`, {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, ...(body !== undefined && { "content-type": contentType }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { code: answer.status, body: text.startsWith("{") ? JSON.parse(text) : text };
}
