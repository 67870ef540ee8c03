// What a keepalived.conf says, of the words that are modelled.
// Before you edit: keepalived's check_parser.c, check_data.c (alloc_vs, alloc_rs: what nobody said).
import type { Method } from "../../ipvs/destination.ts";
import type { Scheduler } from "../../ipvs/scheduler.ts";
import { SCHEDULERS } from "../../ipvs/schedulers/registry.ts";
import { SECOND } from "../../trace/world.ts";
import type { Ipv4 } from "../../wire/address.ts";
import {
  addressOf,
  flagOf,
  insideOf,
  type Line,
  numberOf,
  readBlocks,
  readWords,
  secondsOf,
  type Words,
  wordOf,
  wrong,
} from "./blocks.ts";
import { readInstance, type VrrpConfig, versionOf } from "./vrrp-config.ts";

/** A check of a real server; what is null comes from the server, the virtual server or the kind of check. */
export interface CheckConfig {
  readonly kind: "TCP_CHECK" | "HTTP_GET" | "SMTP_CHECK" | "MISC_CHECK";
  timeout: number | null;
  retry: number | null;
  delayBeforeRetry: number | null;
  delayLoop: number | null;
  warmup: number | null;
  port: number | null;
  /** What MISC_CHECK runs. */
  script: string;
  /** As whom SMTP_CHECK greets. */
  helo: string;
  readonly urls: { path: string; statuses: readonly (readonly [first: number, last: number])[] }[];
}

export interface ServerConfig {
  readonly address: Ipv4;
  readonly port: number;
  weight: number;
  inhibit: boolean;
  readonly checks: CheckConfig[];
}

/** A `virtual_server`; times in nanoseconds. */
export interface VirtualServerConfig {
  readonly address: Ipv4;
  readonly port: number;
  scheduler: Scheduler;
  method: Method;
  /** Seconds; null: no persistence. */
  persistence: number | null;
  delayLoop: number;
  timeout: number;
  quorum: number;
  hysteresis: number;
  alpha: boolean;
  sorry: ServerConfig | null;
  readonly servers: ServerConfig[];
}

export interface Config {
  /** Of VRRP, where an instance does not say its own. */
  version: 2 | 3;
  readonly vrrp: VrrpConfig[];
  readonly virtual: VirtualServerConfig[];
}

const METHODS: Readonly<Record<string, Method>> = { NAT: "masq", DR: "route", TUN: "tunnel" };

/** Reads a keepalived.conf. Throws BadInput, with the line, for what is wrong or not modelled. */
export function readConfig(text: string): Config {
  return readWords(readBlocks(text), FILE, { version: 2, vrrp: [], virtual: [] });
}

const FILE: Words<Config> = {
  global_defs: (into, line) => void readWords(insideOf(line), GLOBAL, into),
  vrrp_instance: ({ vrrp, version }, line) => void vrrp.push(readInstance(line, version)),
  virtual_server: ({ virtual }, line) => void virtual.push(readVirtualServer(line)),
};

const GLOBAL: Words<Config> = {
  router_id: (_, line) => void wordOf(line),
  vrrp_version: (into, line) => {
    into.version = versionOf(line);
  },
};

function endOf({ number, word, values }: Line): { readonly address: Ipv4; readonly port: number } {
  const [host, port, ...more] = values;
  const isPort = port !== undefined && /^\d+$/.test(port) && Number(port) > 0 && Number(port) < 65536;
  if (host === undefined || !isPort || more.length > 0)
    throw wrong(
      number,
      "not an address and a port",
      [word, ...values].join(" "),
      "Write it as 192.0.2.10 80; services by mark and groups are not modelled.",
    );
  return { address: addressOf(host, number), port: Number(port) };
}

function readVirtualServer(line: Line): VirtualServerConfig {
  const own: VirtualServerConfig = {
    ...endOf(line),
    scheduler: SCHEDULERS.get("wlc")!,
    method: "masq",
    persistence: null,
    delayLoop: 60 * SECOND,
    timeout: 5 * SECOND,
    quorum: 1,
    hysteresis: 0,
    alpha: false,
    sorry: null,
    servers: [],
  };
  return readWords(insideOf(line), VIRTUAL_SERVER, own);
}

const scheduler = (into: VirtualServerConfig, line: Line) => {
  const found = SCHEDULERS.get(wordOf(line));
  if (found === undefined)
    throw wrong(line.number, "no such scheduler", wordOf(line), `There are ${[...SCHEDULERS.keys()].join(", ")}.`);
  into.scheduler = found;
};
const method = (into: VirtualServerConfig, line: Line) => {
  const found = METHODS[wordOf(line)];
  if (found === undefined)
    throw wrong(line.number, "no such way of forwarding", wordOf(line), "There are NAT, DR, TUN.");
  into.method = found;
};

const VIRTUAL_SERVER: Words<VirtualServerConfig> = {
  delay_loop: (into, line) => {
    into.delayLoop = secondsOf(line);
  },
  lb_algo: scheduler,
  lvs_sched: scheduler,
  lb_kind: method,
  lvs_method: method,
  persistence_timeout: (into, line) => {
    into.persistence = numberOf(line, 1, 2 ** 31 - 1);
  },
  protocol: (_, line) => {
    if (wordOf(line) !== "TCP")
      throw wrong(line.number, "not modelled", `protocol ${wordOf(line)}`, "Here may stand TCP.");
  },
  connect_timeout: (into, line) => {
    into.timeout = secondsOf(line);
  },
  quorum: (into, line) => {
    into.quorum = numberOf(line, 1, 65535);
  },
  hysteresis: (into, line) => {
    into.hysteresis = numberOf(line, 0, 65535);
  },
  alpha: (into, line) => {
    into.alpha = flagOf(line);
  },
  sorry_server: (into, line) => {
    into.sorry = { ...endOf(line), weight: 1, inhibit: false, checks: [] };
  },
  real_server: (into, line) => {
    const server: ServerConfig = { ...endOf(line), weight: 1, inhibit: false, checks: [] };
    into.servers.push(readWords(insideOf(line), REAL_SERVER, server));
  },
};

const REAL_SERVER: Words<ServerConfig> = {
  weight: (into, line) => {
    into.weight = numberOf(line, 0, 65535);
  },
  inhibit_on_failure: (into, line) => {
    into.inhibit = flagOf(line);
  },
  TCP_CHECK: (into, line) => void into.checks.push(readWords(insideOf(line), TCP_CHECK, check("TCP_CHECK"))),
  SMTP_CHECK: (into, line) => void into.checks.push(readWords(insideOf(line), SMTP_CHECK, check("SMTP_CHECK"))),
  MISC_CHECK: (into, line) => {
    const read = readWords(insideOf(line), MISC_CHECK, check("MISC_CHECK"));
    if (read.script === "") throw wrong(line.number, "no misc_path to run", line.word);
    into.checks.push(read);
  },
  HTTP_GET: (into, line) => {
    const read = readWords(insideOf(line), HTTP_GET, check("HTTP_GET"));
    if (read.urls.length === 0) throw wrong(line.number, "no url to get", line.word);
    into.checks.push(read);
  },
};

function check(kind: CheckConfig["kind"]): CheckConfig {
  const unset = { timeout: null, retry: null, delayBeforeRetry: null, delayLoop: null, warmup: null, port: null };
  return { kind, ...unset, script: "", helo: "smtpchecker.keepalived.org", urls: [] };
}

const ANY_CHECK: Words<CheckConfig> = {
  retry: (into, line) => {
    into.retry = numberOf(line, 0, 1000);
  },
  delay_before_retry: (into, line) => {
    into.delayBeforeRetry = secondsOf(line);
  },
  delay_loop: (into, line) => {
    into.delayLoop = secondsOf(line);
  },
  warmup: (into, line) => {
    into.warmup = secondsOf(line);
  },
};

const TCP_CHECK: Words<CheckConfig> = {
  ...ANY_CHECK,
  connect_timeout: (into, line) => {
    into.timeout = secondsOf(line);
  },
  connect_port: (into, line) => {
    into.port = numberOf(line, 1, 65535);
  },
};

const MISC_CHECK: Words<CheckConfig> = {
  ...ANY_CHECK,
  misc_path: (into, line) => {
    into.script = wordOf(line);
    if (!into.script.startsWith("/")) throw wrong(line.number, "not the path of a program", into.script);
  },
};

const SMTP_CHECK: Words<CheckConfig> = {
  ...TCP_CHECK,
  helo_name: (into, line) => {
    into.helo = wordOf(line);
  },
};

const HTTP_GET: Words<CheckConfig> = {
  ...TCP_CHECK,
  url: (into, line) => void into.urls.push(readWords(insideOf(line), URL_WORDS, { path: "/", statuses: [[200, 299]] })),
};

const URL_WORDS: Words<CheckConfig["urls"][number]> = {
  path: (into, line) => {
    into.path = wordOf(line);
  },
  status_code: (into, line) => {
    into.statuses = line.values.map((value) => {
      const [, first, last = first] = /^(\d{3})(?:-(\d{3}))?$/.exec(value) ?? [];
      if (first === undefined) throw wrong(line.number, "not a status", value);
      return [Number(first), Number(last)] as const;
    });
  },
};
