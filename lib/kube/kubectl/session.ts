// One call of kubectl: its words, where it prints, and the API server it speaks with.
// Before you edit: staging/src/k8s.io/cli-runtime/pkg/resource/helper.go, staging/src/k8s.io/client-go/rest/request.go.
import type { Program } from "../../lab/process.ts";
import { MILLISECOND, SECOND } from "../../trace/world.ts";
import type { Draft } from "../api/object.ts";
import type { APPLY_PATCH, PatchType } from "../api/patch.ts";
import { apiVersionOf, pathOf, type Resource } from "../api/resource.ts";
import { handle, type Request } from "../api/rest.ts";
import type { ApiServer } from "../api/server.ts";
import type { Status } from "../api/status.ts";
import { tableOf } from "../api/table.ts";
import type { Clock } from "../controller/client.ts";
import { Failure, Refusal } from "./failure.ts";
import { type Flags, secondsOf } from "./flags.ts";

/** Files that `-f` may name. */
export interface Files {
  /** What stands in it; null if there is none. */
  read(name: string): string | null;
  /** What is in a folder; null if it is none. */
  list(folder: string): readonly string[] | null;
}

/** What a call finds: a server, a clock, files. */
export interface Setting {
  readonly server: ApiServer;
  readonly clock: Clock;
  readonly files: Files;
}

export interface Streams {
  readonly stdin: string;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** What of the API is asked. */
export interface Place {
  readonly resource: Resource;
  readonly namespace: string | null;
  readonly name?: string;
  readonly subresource?: string;
}

export interface Asked {
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly type?: PatchType | typeof APPLY_PATCH;
  /** A Table instead of the object or list; with the whole objects, or their metadata. */
  readonly table?: "Metadata" | "Object";
}

/** Nobody presses Ctrl-C here: what would go on for ever ends after so many seconds. */
const PATIENCE = 60;

/** Commands that write under a name of their own. */
const MANAGERS = "annotate create expose label patch rollout run set taint".split(" ");

/** How often a waiting command looks again. */
const LOOK = 100 * MILLISECOND;

export class Session {
  readonly setting: Setting;
  /** `kubectl rollout status`. */
  readonly path: string;
  readonly flags: Flags;
  readonly streams: Streams;
  private readonly warned = new Set<string>();

  constructor(setting: Setting, path: string, flags: Flags, streams: Streams) {
    this.setting = setting;
    this.path = path;
    this.flags = flags;
    this.streams = streams;
  }

  get server(): ApiServer {
    return this.setting.server;
  }
  get words(): readonly string[] {
    return this.flags.words;
  }
  get namespace(): string {
    return this.flags.text("namespace") || "default";
  }
  /** Milliseconds, as the API's times count. */
  get now(): number {
    return Date.parse(this.server.time);
  }
  get isDry(): "" | "client" | "server" {
    const word = this.flags.text("dry-run", "none");
    if (word === "none" || word === "false") return "";
    if (word === "client" || word === "server") return word;
    if (word === "unchanged" || word === "true") {
      if (word === "unchanged") {
        this.once("W: --dry-run is deprecated and can be replaced with --dry-run=client.\n");
        return "client";
      }
      throw new Failure(`Invalid dry-run value (${word}). Must be "none", "server", or "client".`);
    }
    throw new Failure(`Invalid dry-run value (${word}). Must be "none", "server", or "client".`);
  }

  out(text: string): void {
    this.streams.out(text);
  }
  err(text: string): void {
    this.streams.err(text);
  }

  get(place: Place, asked: Asked = {}): Draft {
    return this.ask("GET", place, asked);
  }

  /** The object, or null when there is none. */
  find(place: Place): Draft | null {
    try {
      return this.get(place);
    } catch (failure) {
      if (failure instanceof Refusal && failure.answer.reason === "NotFound") return null;
      throw failure;
    }
  }

  /** A list or its Table; a refusal says what was looked for (EnhanceListError). */
  list(place: Place, asked: Asked = {}): Draft {
    try {
      return this.get(place, asked);
    } catch (failure) {
      const isEnhanced = failure instanceof Refusal && ["BadRequest", "NotFound"].includes(failure.answer.reason ?? "");
      if (!isEnhanced) throw failure;
      const { group, version, resource } = place.resource;
      const of = JSON.stringify(`${group}/${version}, Resource=${resource}`);
      const { labelSelector = "", fieldSelector = "" } = asked.query ?? {};
      const how = `match label selector ${JSON.stringify(labelSelector)}, field selector ${JSON.stringify(fieldSelector)}`;
      const isAll = labelSelector === "" && fieldSelector === "";
      throw new Refusal(failure.answer, isAll ? `Unable to list ${of}: ` : `Unable to find ${of} that ${how}: `);
    }
  }

  items(place: Place, query: Readonly<Record<string, string>> = {}): Draft[] {
    const { resource } = place;
    const named = { apiVersion: apiVersionOf(resource), kind: resource.kind };
    return (this.list(place, { query }).items as Draft[]).map((each) => ({ ...named, ...each }));
  }

  /** Throws Refusal with the server's Status. */
  ask(method: Request["method"], place: Place, { query = {}, body, type, table }: Asked = {}): Draft {
    const { resource, namespace, name = "", subresource } = place;
    const answer = handle(this.server, {
      method,
      path: pathOf(resource, namespace, name, subresource),
      query: Object.fromEntries(
        Object.entries({ ...this.asManager(method), ...query }).filter(([, value]) => value !== ""),
      ),
      agent: "kubectl",
      ...(type && { contentType: type }),
      body,
    });
    if (typeof answer.body === "string") throw new Failure("the server could not find the requested resource");
    for (const each of answer.warnings ?? []) this.warn(each);
    if (answer.code >= 300) throw new Refusal(answer.body as Status);
    return table === undefined ? (answer.body as Draft) : tableOf(resource, answer.body, this.now, table);
  }

  /** As who a command writes: `kubectl-label`, `kubectl-client-side-apply`; those without a name of their own as `kubectl`. */
  private asManager(method: Request["method"]): Readonly<Record<string, string>> {
    if (method === "GET" || method === "DELETE") return {};
    const word = this.path.split(" ")[1]!;
    const named = MANAGERS.includes(word)
      ? `kubectl-${word}`
      : word === "apply"
        ? "kubectl-client-side-apply"
        : "kubectl";
    return { fieldManager: this.flags.text("field-manager") || named };
  }

  /** What the server says in a header. */
  warn(text: string): void {
    this.once(`Warning: ${text}\n`);
  }
  private once(text: string): void {
    if (!this.warned.has(text)) this.err(text);
    this.warned.add(text);
  }

  /** When a command that goes on for ever ends from now, unless --request-timeout says otherwise. */
  endOfPatience(): number {
    const seconds = (this.flags.has("request-timeout") && secondsOf(this.flags.text("request-timeout"))) || PATIENCE;
    return this.setting.clock.now + seconds * SECOND;
  }

  /** Lets time pass until `isDone`; false when `seconds` are over first. */
  *until(seconds: number, isDone: () => boolean): Generator<{ until: number }, boolean, void> {
    const { clock } = this.setting;
    const end = clock.now + seconds * SECOND;
    while (!isDone()) {
      if (clock.now >= end) return false;
      yield { until: Math.min(clock.now + LOOK, end) };
    }
    return true;
  }
}

/** What a command does; it ends with its exit status. */
export type Action = (session: Session) => number | Program;
