// The words behind curl, and what stands in a URL. Before you edit: src/tool_getparam.c, lib/urlapi.c.
import { type Call, notModelled } from "./command.ts";

export interface CurlOptions {
  readonly url: Url;
  /** -4, -6; null: either. */
  readonly family: 4 | 6 | null;
  readonly method: string;
  readonly head: boolean;
  readonly silent: boolean;
  readonly showError: boolean;
  readonly verbose: boolean;
  readonly include: boolean;
  /** -f: a status of 400 and more is a failure, and its body is not printed. */
  readonly fail: boolean;
  /** -o /dev/null */
  readonly discard: boolean;
  /** In seconds, null for none. */
  readonly maxTime: number | null;
  readonly connectTimeout: number | null;
  /** Seconds of silence before and between keepalive probes; null: none. */
  readonly keepalive: number | null;
  readonly writeOut: string | null;
  readonly headers: readonly string[];
}

export interface Url {
  /** An IPv6 address without its brackets. */
  readonly host: string;
  readonly port: number;
  /** As it is written behind `Host:`. */
  readonly authority: string;
  readonly target: string;
}

const SUPPORTED =
  "one http:// URL, -s, -S, -v, -i, -I, -f, -o /dev/null, -m/--max-time, --connect-timeout, -w, -H, -X, -4, -6, --keepalive-time, --no-keepalive";

const LONG: Readonly<Record<string, string>> = {
  silent: "s",
  "show-error": "S",
  verbose: "v",
  include: "i",
  head: "I",
  fail: "f",
  output: "o",
  "max-time": "m",
  "connect-timeout": "T",
  "write-out": "w",
  header: "H",
  request: "X",
  ipv4: "4",
  ipv6: "6",
  "keepalive-time": "K",
  "no-keepalive": "n",
};
const VALUED = "omTwHXK";
const FLAGS = "sSviIf46n";

/** The options, or the status with which curl exits after its complaint. */
export function readCurlArguments({ args, err }: Call): CurlOptions | number {
  const flags = new Set<string>();
  const values = new Map<string, string>();
  const headers: string[] = [];
  const urls: string[] = [];
  const complain = (text: string, status = 2) => {
    err(`curl: ${text}\n`);
    if (status === 2) err("curl: try 'curl --help' or 'curl --manual' for more information\n");
    return status;
  };
  if (args.length === 0) return complain("try 'curl --help' or 'curl --manual' for more information", 0) || 2;
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    if (!/^-./.test(word)) {
      urls.push(word);
      continue;
    }
    const letters = word.startsWith("--") ? [LONG[word.slice(2)]] : [...word.slice(1)];
    for (const [at, letter] of letters.entries()) {
      if (letter === undefined || !(VALUED + FLAGS).includes(letter) || /^-[TKn]$/.test(word))
        throw notModelled("curl", word, SUPPORTED);
      if (FLAGS.includes(letter)) {
        flags.add(letter);
        continue;
      }
      const value = (word.startsWith("--") ? "" : word.slice(at + 2)) || args[++i];
      if (value === undefined) return complain(`option ${word}: requires parameter`);
      if (letter === "H") headers.push(value);
      else values.set(letter, value);
      if ("mTK".includes(letter) && !(letter === "K" ? /^\d+$/ : /^\d+(\.\d+)?$/).test(value))
        return complain(`option ${word}: expected a proper numerical parameter`);
      if (letter === "o" && value !== "/dev/null") throw notModelled("curl", `-o ${value}`, SUPPORTED);
      break;
    }
  }
  const [text, another] = urls;
  if (text === undefined) return complain("no URL specified!");
  if (another !== undefined) throw notModelled("curl", another, SUPPORTED);
  const has = (letter: string) => flags.has(letter);
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(text)?.[1]?.toLowerCase() ?? "http";
  const quiet = has("s") && !has("S");
  if (!KNOWN_SCHEMES.has(scheme)) {
    if (!quiet) err(`curl: (1) Protocol "${scheme}" not supported or disabled in libcurl\n`);
    return 1;
  }
  if (scheme !== "http") throw notModelled("curl", `${scheme}://`, SUPPORTED);
  const url = urlOf(text);
  if (url === null) {
    if (!quiet) err("curl: (3) URL using bad/illegal format or missing URL\n");
    return 3;
  }
  const seconds = (letter: string) => (values.has(letter) ? Number(values.get(letter)) : null);
  return {
    url,
    family: has("6") ? 6 : has("4") ? 4 : null,
    method: values.get("X") ?? (has("I") ? "HEAD" : "GET"),
    head: has("I"),
    silent: has("s"),
    showError: has("S"),
    verbose: has("v"),
    include: has("i") || has("I"),
    fail: has("f"),
    discard: values.has("o"),
    maxTime: seconds("m") || null,
    connectTimeout: seconds("T") || null,
    keepalive: has("n") ? null : seconds("K") || 60,
    writeOut: values.get("w") ?? null,
    headers,
  };
}

const KNOWN_SCHEMES = new Set(
  "dict file ftp ftps gopher gophers http https imap imaps ldap ldaps mqtt pop3 pop3s rtmp rtsp scp sftp smb smbs smtp smtps telnet tftp ws wss".split(
    " ",
  ),
);

function urlOf(text: string): Url | null {
  const rest = text.replace(/^http:\/\//i, "");
  const [, authority = "", path = ""] = /^([^/?#]*)([^#]*)/.exec(rest) ?? [];
  const [, named = "", , portText] = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]*)(:(.*))?$/.exec(authority) ?? [];
  if (named === "" || /[@\s]/.test(authority)) return null;
  if (portText !== undefined && portText !== "" && (!/^\d+$/.test(portText) || Number(portText) > 65535)) return null;
  const port = portText ? Number(portText) : 80;
  const target = path === "" ? "/" : path.startsWith("?") ? `/${path}` : path;
  const host = named.replace(/[[\]]/g, "");
  return { host, port, authority: port === 80 ? named : `${named}:${port}`, target };
}
