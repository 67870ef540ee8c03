// A Jupyter message on the wire: [identities..., "<IDS|MSG>", signature,
// header, parent header, metadata, content, buffers...].
// Before you edit: https://jupyter-client.readthedocs.io/en/stable/messaging.html
import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";

const DELIMITER = "<IDS|MSG>";
/** The version of the protocol spoken here; 5.4 brings iopub_welcome. */
export const PROTOCOL_VERSION = "5.4";

/** Any JSON object whose fields are checked where they are used. */
export type Json = { readonly [key: string]: unknown };

/** What a kernel needs to know to open its five sockets: Jupyter writes it into the connection file. */
export interface Connection {
  readonly transport: string;
  readonly ip: string;
  readonly shell_port: number;
  readonly control_port: number;
  readonly iopub_port: number;
  readonly stdin_port: number;
  readonly hb_port: number;
  readonly key: string;
  readonly signature_scheme: string;
}

/** A received message. `parent` of what answers it is its `header`. */
export interface Request {
  readonly identities: readonly Uint8Array[];
  readonly header: Json;
  readonly parent: Json;
  readonly content: Json;
}

/** A message to send. `content` is JSON text, so that it crosses threads as one string. */
export interface Reply {
  readonly identities: readonly (Uint8Array | string)[];
  readonly type: string;
  readonly parent: Json;
  readonly content: string;
  readonly metadata?: Json;
}

/** Reads messages and writes them, with one key and one session id. */
export interface Wire {
  /** The message, or undefined when it isn't one or its signature is not ours. */
  read(frames: readonly Uint8Array[]): Request | undefined;
  write(reply: Reply): (Uint8Array | string)[];
}

/** JSON text of any content; a half of a surrogate pair becomes U+FFFD, since no client could decode it. */
export function encode(content: unknown): string {
  const text = JSON.stringify(content);
  return text.replace(/(\\\\)|\\u[dD][89a-fA-F][0-9a-fA-F]{2}/g, (_, backslash) => backslash ?? "\ufffd");
}

function json(frame: Uint8Array | undefined): Json {
  const value: unknown = frame ? JSON.parse(Buffer.from(frame).toString("utf8")) : undefined;
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new TypeError("not a JSON object");
  return value as Json;
}

/** The connection's wire; an empty key means unsigned messages, as the protocol says. */
export function createWire(connection: Pick<Connection, "key" | "signature_scheme">): Wire {
  const algorithm = connection.signature_scheme.replace(/^hmac-/, "");
  const session = randomUUID();

  function sign(frames: readonly (Uint8Array | string)[]): string {
    if (connection.key === "") return "";
    const hmac = createHmac(algorithm, connection.key);
    for (const frame of frames) hmac.update(frame);
    return hmac.digest("hex");
  }

  function genuine(signature: Uint8Array, frames: readonly Uint8Array[]): boolean {
    const expected = Buffer.from(sign(frames));
    // A plain comparison would tell by its time how many characters were right.
    return expected.length === signature.length && timingSafeEqual(expected, signature);
  }

  return {
    read(frames) {
      const at = frames.findIndex((frame) => Buffer.from(frame).toString("latin1") === DELIMITER);
      const [signature, ...rest] = frames.slice(at + 1);
      const signed = rest.slice(0, 4);
      if (at < 0 || !signature || signed.length < 4 || !genuine(signature, signed)) return undefined;
      try {
        const [header, parent, , content] = signed;
        const read = { header: json(header), parent: json(parent), content: json(content) };
        return typeof read.header.msg_type === "string" ? { identities: frames.slice(0, at), ...read } : undefined;
      } catch {
        return undefined;
      }
    },
    write(reply) {
      const header = encode({
        msg_id: randomUUID(),
        session,
        username: "kernel",
        date: new Date().toISOString(),
        msg_type: reply.type,
        version: PROTOCOL_VERSION,
      });
      const frames = [header, encode(reply.parent), encode(reply.metadata ?? {}), reply.content];
      return [...reply.identities, DELIMITER, sign(frames), ...frames];
    },
  };
}
