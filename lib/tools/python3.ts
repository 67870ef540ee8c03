// python3 -m http.server: the file server that everybody has, here with an empty folder. Its other uses are refused.
// Before you edit: Lib/http/server.py, Lib/socketserver.py of Python 3.11 (Debian 12).

import { EPOCH } from "../lab/lab.ts";
import type { Program } from "../lab/process.ts";
import { type HttpRequest, httpConnection, listen, serve } from "../lab/programs.ts";
import { ERRNO, type Errno } from "../netns/errno.ts";
import { ip } from "../wire/address.ts";
import { type Call, type Command, notModelled } from "./command.ts";

const SUPPORTED = "python3 -m http.server [-b ADDRESS] [PORT]";

export const python3: Command = (call) => {
  const { args } = call;
  const words = args.filter((word) => word !== "-u");
  if (words[0] !== "-m" || words[1] !== "http.server") throw notModelled("python3", args.join(" "), SUPPORTED);
  let address: string | null = null;
  let port = 8000;
  for (let i = 2; i < words.length; i++) {
    const word = words[i]!;
    if (word === "-b" || word === "--bind") address = words[++i] ?? "";
    else if (/^\d+$/.test(word)) port = Number(word);
    else throw notModelled("python3", word, SUPPORTED);
  }
  if (address !== null) ip(address);
  return start(call, address === "0.0.0.0" ? null : address, port);
};

const encode = (text: string) => new TextEncoder().encode(text);

function* start({ ns, lab, out, err }: Call, address: string | null, port: number): Program {
  const listener = listen(ns, { port, program: "python3", ...(address !== null && { address }) }, 5);
  if (typeof listener === "string") {
    err(traceback(listener));
    return 1;
  }
  const shown = address ?? "0.0.0.0";
  const host = shown.includes(":") ? `[${shown}]` : shown;
  out(`Serving HTTP on ${shown} port ${port} (http://${host}:${port}/) ...\n`);
  const answer = (request: HttpRequest) => {
    const now = new Date(Number(EPOCH / 1_000_000n) + Math.floor(lab.now / 1e6));
    return respond(request, now, err);
  };
  return yield* serve(listener, (connection) => httpConnection(connection, answer));
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function respond(request: HttpRequest, now: Date, err: (text: string) => void) {
  const { method, path, version, client } = request;
  const clock = now.toISOString().slice(11, 19);
  const stamp = `${now.toISOString().slice(8, 10)}/${MONTHS[now.getUTCMonth()]}/${now.getUTCFullYear()} ${clock}`;
  const log = (text: string) => err(`${client.address} - - [${stamp}] ${text}\n`);
  const line = `"${method} ${path} ${version}"`;
  const common = `Server: SimpleHTTP/0.6 Python/3.11.2\r\nDate: ${now.toUTCString()}\r\n`;
  if (method !== "GET" && method !== "HEAD") {
    log(`code 501, message Unsupported method ('${method}')`);
    log(`${line} 501 -`);
    return failure(501, `Unsupported method ('${method}')`, "Server does not support this operation", common, true);
  }
  if (path !== "/" && !path.startsWith("/?")) {
    log("code 404, message File not found");
    log(`${line} 404 -`);
    return failure(404, "File not found", "Nothing matches the given URI", common, method === "GET");
  }
  log(`${line} 200 -`);
  const body = encode(EMPTY_FOLDER.replaceAll("PATH", path.split("?")[0]!));
  const head = `HTTP/1.0 200 OK\r\n${common}Content-type: text/html; charset=utf-8\r\nContent-Length: ${body.length}\r\n\r\n`;
  return { pieces: method === "HEAD" ? [encode(head)] : [encode(head), body], close: true };
}

function failure(code: number, message: string, explain: string, common: string, withBody: boolean) {
  const body = encode(`<!DOCTYPE HTML>
<html lang="en">
    <head>
        <meta charset="utf-8">
        <title>Error response</title>
    </head>
    <body>
        <h1>Error response</h1>
        <p>Error code: ${code}</p>
        <p>Message: ${message}.</p>
        <p>Error code explanation: ${code} - ${explain}.</p>
    </body>
</html>
`);
  const first = `HTTP/1.0 ${code} ${message}\r\n`;
  const head = `${first}${common}Connection: close\r\nContent-Type: text/html;charset=utf-8\r\nContent-Length: ${body.length}\r\n\r\n`;
  return { pieces: withBody ? [encode(head), body] : [encode(head)], close: true };
}

const EMPTY_FOLDER = `<!DOCTYPE HTML>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Directory listing for PATH</title>
</head>
<body>
<h1>Directory listing for PATH</h1>
<hr>
<ul>
</ul>
<hr>
</body>
</html>
`;

/** Line numbers and folders as Debian's Python 3.11.2 has them. */
function traceback(errno: Errno): string {
  const [number, text] = ERRNO[errno];
  return `Traceback (most recent call last):
  File "<frozen runpy>", line 198, in _run_module_as_main
  File "<frozen runpy>", line 88, in _run_code
  File "/usr/lib/python3.11/http/server.py", line 1309, in <module>
    test(
  File "/usr/lib/python3.11/http/server.py", line 1256, in test
    with ServerClass(addr, HandlerClass) as httpd:
         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/usr/lib/python3.11/socketserver.py", line 456, in __init__
    self.server_bind()
  File "/usr/lib/python3.11/http/server.py", line 1303, in server_bind
    return super().server_bind()
           ^^^^^^^^^^^^^^^^^^^^^
  File "/usr/lib/python3.11/http/server.py", line 136, in server_bind
    socketserver.TCPServer.server_bind(self)
  File "/usr/lib/python3.11/socketserver.py", line 472, in server_bind
    self.socket.bind(self.server_address)
OSError: [Errno ${number}] ${text}
`;
}
