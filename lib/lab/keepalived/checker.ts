// A check of a real server: it connects, gets pages, greets, or runs a script, again and again, and says what it found.
// Before you edit: keepalived's check_tcp.c (tcp_epilog), check_http.c (epilog, timeout_epilog, http_handle_response),
// check_smtp.c (smtp_engine_thread, smtp_final), check_misc.c, check_api.c (register_checkers_thread),
// check_data.c (validate_check_config: what nobody said).
import type { Netns } from "../../netns/netns.ts";
import { TcpSocket } from "../../netns/tcp/tcp.ts";
import { SECOND } from "../../trace/world.ts";
import type { Program } from "../process.ts";
import { type Asking, connected, more } from "../programs.ts";
import type { CheckConfig } from "./config.ts";
import type { Pool, RealServer } from "./pool.ts";

/** The first check begins so much later, so that all is there. */
const BOOTSTRAP_DELAY = SECOND;

/** Where a checker works. */
export interface Host {
  readonly ns: Netns;
  readonly log: (text: string) => void;
  /** Runs a script; it ends with its status. */
  readonly run: (script: string) => Program;
}

export class Checker {
  private readonly ns: Netns;
  private readonly pool: Pool;
  private readonly server: RealServer;
  private readonly config: CheckConfig;
  private readonly log: (text: string) => void;
  private readonly run: Host["run"];
  private readonly retries: number;
  private readonly delayLoop: number;
  private readonly delayBeforeRetry: number;
  private readonly timeout: number;
  private isUp: boolean;
  private hasRun = false;
  /** One failure is enough at the beginning, but for SMTP_CHECK. */
  private tries: number;
  /** Which page comes next, and which failed last. */
  private url = 0;
  private failedUrl: number | null = null;

  constructor({ ns, log, run }: Host, pool: Pool, server: RealServer, config: CheckConfig) {
    this.ns = ns;
    this.run = run;
    this.pool = pool;
    this.server = server;
    this.config = config;
    this.log = log;
    this.retries = config.retry ?? (config.kind === "MISC_CHECK" ? 0 : 1);
    this.tries = config.kind === "SMTP_CHECK" ? 0 : this.retries;
    this.delayLoop = config.delayLoop ?? pool.config.delayLoop;
    this.delayBeforeRetry = config.delayBeforeRetry ?? (config.kind === "HTTP_GET" ? 3 : 1) * SECOND;
    this.timeout = config.timeout ?? pool.config.timeout;
    this.isUp = !pool.config.alpha;
  }

  *program(): Program {
    const { cables } = this.ns;
    const { kind } = this.config;
    this.log(`Activating healthchecker for service ${this.server.name} for VS ${this.pool.name}`);
    // At random, so that not all ask at once.
    const warmup = this.config.warmup ?? this.delayLoop;
    let next = cables.now + BOOTSTRAP_DELAY + Math.floor(warmup * (warmup === 0 ? 0 : cables.random()));
    for (;;) {
      while (cables.now < next) yield { until: next, background: true };
      const began = cables.now;
      if (kind === "TCP_CHECK") next = this.afterConnect(yield* this.connects()) + cables.now;
      else if (kind === "HTTP_GET") next = this.afterPage(yield* this.serves(this.config.urls[this.url]!)) + cables.now;
      else if (kind === "SMTP_CHECK") next = this.afterGreeting(yield* this.greets()) + cables.now;
      else next = began + this.afterScript(yield* this.run(this.config.script));
    }
  }

  private get port(): number {
    return this.config.port ?? this.server.config.port;
  }

  private *connects(): Asking<boolean> {
    const socket = new TcpSocket(this.ns, "keepalived", 4);
    try {
      const { address } = this.server.config;
      return (yield* connected(socket, address, this.port, this.ns.cables.now + this.timeout)) === null;
    } finally {
      socket.close();
    }
  }

  /** Whether a page comes whole, with a status that is asked for. */
  private *serves({ path, statuses }: CheckConfig["urls"][number]): Asking<boolean> {
    const { cables } = this.ns;
    const { address } = this.server.config;
    const socket = new TcpSocket(this.ns, "keepalived", 4);
    try {
      if ((yield* connected(socket, address, this.port, cables.now + this.timeout)) !== null) return false;
      const request = `GET ${path} HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: ${address}:${this.port}\r\n\r\n`;
      socket.send(new TextEncoder().encode(request));
      let text = "";
      for (;;) {
        const piece = yield* more(socket, cables.now + this.timeout);
        if (piece === null || typeof piece === "string") return false;
        if (piece.end) break;
        text += new TextDecoder().decode(piece.data);
      }
      const status = Number(/^HTTP\/\S+ (\d{3})/.exec(text)?.[1]);
      return statuses.some(([first, last]) => status >= first && status <= last);
    } finally {
      socket.close();
    }
  }

  /** Whether a server of mail answers as it should: null, or what went wrong. */
  private *greets(): Asking<string | null> {
    const { cables } = this.ns;
    const { address, port } = this.server.config;
    const server = `server [${address}]:${this.port}`;
    const socket = new TcpSocket(this.ns, "keepalived", 4);
    try {
      const failed = yield* connected(socket, address, this.port, cables.now + this.timeout);
      if (failed === "ENETUNREACH")
        return `Network unreachable for server ${address} - real server [${address}]:${port}`;
      if (failed !== null) return `${failed === "ETIMEDOUT" ? "Connection timeout" : "Could not connect"} to ${server}`;
      const talk = [
        { status: "220 ", wrong: "Bad greeting banner", next: `HELO ${this.config.helo}\r\n` },
        { status: "250 ", wrong: "Bad HELO response", next: "QUIT\r\n" },
        // Whatever is said to QUIT.
        { status: "", wrong: "", next: "" },
      ];
      for (const { status, wrong, next } of talk) {
        let text = "";
        while (!text.includes("\n")) {
          const piece = yield* more(socket, cables.now + this.timeout);
          if (piece === null) return `Read timeout from ${server}`;
          if (typeof piece === "string" || piece.end) return `Read failure from ${server}`;
          text += new TextDecoder().decode(piece.data);
        }
        if (!text.replace("\n", " ").startsWith(status)) return `${wrong} from ${server}`;
        if (next !== "") socket.send(new TextEncoder().encode(next));
      }
      return null;
    } finally {
      socket.close();
    }
  }

  /** tcp_epilog: how long until the next check. */
  private afterConnect(isFine: boolean): number {
    const isDecided = isFine || this.tries >= this.retries;
    if (isDecided) {
      this.tries = 0;
      if (isFine && !(this.isUp && this.hasRun)) {
        this.log(`TCP connection to ${this.server.name} success.`);
        this.found(true);
      } else if (!isFine && (this.isUp || !this.hasRun)) {
        this.log(`TCP_CHECK on service ${this.server.name} failed${this.afterRetries()}.`);
        this.found(false);
      }
    } else this.tries++;
    this.hasRun = true;
    return isDecided ? this.delayLoop : this.delayBeforeRetry;
  }

  /** epilog of HTTP_GET: a failed page is asked for again until it comes, then all are. */
  private afterPage(isFine: boolean): number {
    const { name } = this.server;
    if (!isFine) {
      if (this.isUp || !this.hasRun) {
        this.hasRun = true;
        this.tries++;
        if (this.tries <= this.retries) return this.failedUrl === null ? this.delayBeforeRetry : this.slower;
        this.log(`HTTP_CHECK on service ${name} failed${this.afterRetries()}.`);
        this.found(false);
        this.failedUrl = this.url;
      }
      return this.failedUrl === null ? this.delayBeforeRetry : this.slower;
    }
    if (!this.isUp) this.log(`HTTP status code success to ${name} url(${this.config.urls[this.url]!.path})`);
    this.tries = 0;
    this.url++;
    if (this.failedUrl !== null) {
      this.failedUrl = null;
      this.url = 0;
    } else if (this.url === this.config.urls.length) {
      this.url = 0;
      if (!(this.isUp && this.hasRun)) {
        this.log(`Remote Web server ${name} succeed on service.`);
        this.found(true);
        this.hasRun = true;
      }
    }
    if (!this.hasRun) this.tries = this.retries;
    return this.delayLoop;
  }

  /** smtp_final. */
  private afterGreeting(problem: string | null): number {
    const isNews = problem === null ? !(this.isUp && this.hasRun) : this.isUp || !this.hasRun;
    if (problem !== null && this.tries < this.retries) {
      this.tries++;
      return this.delayBeforeRetry;
    }
    this.tries = 0;
    if (isNews) {
      this.log(
        problem === null ? `Remote SMTP server ${this.server.name} succeed on service.` : `SMTP_CHECK ${problem}`,
      );
      this.found(problem === null);
      this.hasRun = true;
    }
    return this.delayLoop;
  }

  /** misc_check_child_thread. */
  private afterScript(status: number): number {
    const { name } = this.server;
    const about = `Misc check for [${name} VS ${this.pool.name}] by [${this.config.script.split(" ")[0]}]`;
    const isFine = status === 0;
    const isNews = isFine ? !(this.isUp && this.hasRun) : this.isUp || !this.hasRun;
    const isDecided = isFine || this.tries >= this.retries;
    this.tries = isDecided || !isNews ? 0 : this.tries + 1;
    if (isNews && isDecided) {
      const retries = `after ${this.retries} ${this.retries === 1 ? "retry" : "retries"}`;
      const failed = `failed ${this.retries > 0 ? retries : "with retry disabled"} (exited with status ${status})`;
      this.log(`${about} ${isFine ? "succeeded" : failed}.`);
      this.found(isFine);
    }
    this.hasRun = true;
    return this.tries > 0 ? this.delayBeforeRetry : this.delayLoop;
  }

  private get slower(): number {
    return Math.max(this.delayBeforeRetry, this.delayLoop);
  }

  private afterRetries(): string {
    return this.retries > 0 && this.hasRun ? ` after ${this.retries} retries` : "";
  }

  private found(isUp: boolean): void {
    if (this.isUp === isUp) return;
    this.isUp = isUp;
    this.pool.found(this.server, isUp);
  }
}
