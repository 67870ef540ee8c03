// The verb audit: what a cluster's programs asked the API server while something was done, as table and as pictures.
import { type Message, sequence } from "../draw/sequence.ts";
import { type StreamChange, streams, type Track } from "../draw/streams.ts";
import type { Call } from "../kube/api/call.ts";
import { collectionOf, type Resource } from "../kube/api/resource.ts";
import type { Change } from "../kube/api/store.ts";
import { eventFor, type Watch } from "../kube/api/watchers.ts";
import type { Cluster } from "../kube/cluster.ts";
import type { RuntimeCall } from "../kube/kubelet/runtime.ts";
import { isReady, type Pod } from "../kube/shapes.ts";
import { BadInput } from "../wire/input.ts";
import { currentCluster } from "./cluster.ts";
import { Picture } from "./display.ts";
import { kubectl } from "./kubectl.ts";
import type { Output } from "./sh.ts";
import { Table } from "./table.ts";

const SERVER = "API server";
const COLUMNS = ["ms", "who", "request", "status", "made version", "because of"] as const;
const VERBS = { ADDED: "created", MODIFIED: "changed", DELETED: "deleted" } as const;
/** Kinds that are written all the time and move nothing. */
const NOISE = new Set(["events", "leases"]);

/** Everything that was asked of the API server, in order, and what nodes did besides. Shows itself as a table. */
export class Audit extends Table {
  readonly calls: readonly Call[];
  /** What kubelets asked of their runtimes, and those of the plugin; the API server never hears of it. */
  readonly runtime: readonly RuntimeCall[];
  /** What kubectl printed, if it was kubectl. */
  readonly output: Output | null;
  private readonly changes: ReadonlyMap<number, Change>;
  private readonly watches: readonly Watch[];

  constructor(k8s: Cluster, since: { calls: number; runtime: number; revision: number }, output: Output | null) {
    const calls = k8s.server.calls.slice(since.calls).filter(({ path }) => !path.includes("/leases"));
    super(
      COLUMNS,
      calls.map((call) => [
        `${Math.round((call.at - calls[0]!.at) / 1e6)}`,
        call.agent,
        `${call.method} ${call.path}`,
        `${call.code}`,
        isWrite(call) && call.code < 400 ? `${call.revision}` : "",
        call.because === null ? "" : `${call.because}`,
      ]),
    );
    this.calls = calls;
    this.runtime = k8s.runtimeCalls.slice(since.runtime);
    this.output = output;
    this.changes = changesOf(k8s, since.revision);
    this.watches = [...k8s.server.watches()];
  }

  /** Who changed something, each once, in the order of their first change. */
  get writers(): string[] {
    return [...new Set(this.calls.filter(isWrite).map(({ agent }) => agent))];
  }

  /**
   * Who talks to the API server until a pod runs: its own pod by name, else the first that was made. Events, and statuses of
   * anything but the pod, are left out. Throws BadInput when no such pod was made.
   */
  sequence(pod: string = this.firstPod()): Picture {
    const { changes } = this;
    const isMine = (name: string) => name === pod || name === `default/${pod}`;
    const messages: (Message & { readonly rank: number })[] = [];
    const told = new Set<string>();
    let seen = 0;
    for (const call of this.calls) {
      const change = changes.get(call.revision);
      if (!isWrite(call) || change === undefined || call.revision <= seen || call.code >= 400) continue;
      seen = call.revision;
      const { kind } = change.object;
      if (isNoise(call.path) || (kind === "Pod" && !isMine(change.object.metadata.name))) continue;
      if (kind !== "Pod" && call.path.endsWith("/status")) continue;
      const cause = call.because === null ? undefined : changes.get(call.because);
      const key = `${call.because} ${call.agent}`;
      if (cause?.object.kind === "Pod" && !isMine(cause.object.metadata.name)) continue;
      if (cause !== undefined && !told.has(key)) {
        const text = `${cause.type} ${nameOf(cause)}`;
        const number = `${call.because}`;
        messages.push({ at: call.at, from: SERVER, to: call.agent, text, kind: "news", number, rank: 1 });
        told.add(key);
      }
      const text = `${call.method} ${tailOf(call.path)}${whatOf(call, change)}`;
      const number = `${call.revision}`;
      messages.push({ at: call.at, from: call.agent, to: SERVER, text, kind: "call", number, rank: 1 });
    }
    for (const { at, node, from, to, call, pod: of, detail } of this.runtime)
      if (isMine(of)) {
        const text = call === "ADD" ? `ADD: ${detail}` : `${call} ${detail}`.trim();
        messages.push({ at, from: from === "kubelet" ? `kubelet/${node}` : from, to, text, kind: "call", rank: 0 });
      }
    messages.sort((a, b) => a.at - b.at || a.rank - b.rank);
    return new Picture(
      sequence(messages, {
        title: `Who talks to the API server until ${pod} runs`,
        numbers: "version",
        order: ["kubectl", SERVER],
        footer: "left out: Events, and statuses of anything but the pod",
      }),
    );
  }

  /** Who is told of which change by his watches, and who acts. */
  streams(): Picture {
    const { calls } = this;
    const changes = [...this.changes.values()].filter(({ key }) => !isNoise(key));
    const made = new Map(
      calls
        .filter(isWrite)
        .toReversed()
        .map((call) => [call.revision, call] as const),
    );
    const shown = changes.map((change): StreamChange => {
      const call = made.get(change.revision);
      const by = call === undefined ? "" : `${call.agent}: ${call.method}${partOf(call.path)}`;
      return { revision: change.revision, type: change.type, what: nameOf(change), by };
    });
    const byAgent = grouped(this.watches, ({ agent }) => agent);
    const tracks = [...byAgent].map(([name, watches]): Track => {
      const told = changes.filter((change) =>
        watches.some(({ resource, selection }) => {
          return isOf(resource, change.key) && eventFor(resource, selection, change) !== null;
        }),
      );
      const acted = calls.filter((call) => call.because !== null && processOf(call.agent) === name && isWrite(call));
      const ofSome = watches.filter(({ resource }) => told.some(({ key }) => isOf(resource, key)));
      return {
        name,
        watches: [...new Set((ofSome.length === 0 ? watches : ofSome).map((each) => watched(each)))].join(", "),
        told: new Set(told.map(({ revision }) => revision)),
        acted: new Set(acted.map(({ because }) => because!)),
      };
    });
    return new Picture(streams(shown, together(tracks), "Watches: who is told of which change, and who acts"));
  }

  private firstPod(): string {
    for (const { type, object } of this.changes.values())
      if (type === "ADDED" && object.kind === "Pod") return object.metadata.name;
    throw new BadInput("no pod was made meanwhile", "sequence", "Audit something that makes one.");
  }
}

/**
 * Does something to the cluster made last, and gives what was asked of the API server meanwhile. The action is a line for
 * kubectl, after which the cluster settles, or a function, which waits as long as it likes.
 *
 * @example
 * audit("create deployment word --image=echo").sequence()
 */
export function audit(action: string | (() => unknown), k8s: Cluster = currentCluster()): Audit {
  const { server, runtimeCalls } = k8s;
  const since = { calls: server.calls.length, runtime: runtimeCalls.length, revision: server.store.revision };
  let output: Output | null = null;
  if (typeof action === "string") {
    output = kubectl(action);
    k8s.settle();
  } else {
    action();
    k8s.lab.run();
  }
  return new Audit(k8s, since, output);
}

function grouped<Value>(values: Iterable<Value>, keyOf: (value: Value) => string): Map<string, Value[]> {
  const groups = new Map<string, Value[]>();
  for (const each of values) {
    const key = keyOf(each);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [each]);
    else group.push(each);
  }
  return groups;
}

const isWrite = ({ method }: Call): boolean => method !== "GET";
const isNoise = (path: string): boolean => path.split("/").some((part) => NOISE.has(part));

/** Controllers run in one process, and share its watches. */
const processOf = (agent: string): string =>
  /-(controller|collector)$/.test(agent) ? "kube-controller-manager" : agent;

/** What changed after a revision, by the revision it made. */
function changesOf({ server }: Cluster, since: number): Map<number, Change> {
  const all: Change[] = [];
  for (const resource of server.all) server.store.watch(collectionOf(resource), since, (change) => all.push(change))();
  return new Map(all.sort((a, b) => a.revision - b.revision).map((change) => [change.revision, change]));
}

const isOf = (resource: Resource, key: string): boolean => key.startsWith(`${collectionOf(resource)}/`);
const nameOf = ({ object }: Change): string => `${object.kind} ${object.metadata.name}`;
/** `pods/web/status` of `/api/v1/namespaces/default/pods/web/status`. */
const tailOf = (path: string): string => path.replace(/^.*\/namespaces\/[^/]+\/|^\/apis?\/.*?v1\//, "");
/** ` status` of the same. */
const partOf = (path: string): string => (/\/(status|binding|scale)$/.test(path) ? path.replace(/^.*\//, " ") : "");

function whatOf({ method, path }: Call, { type, object }: Change): string {
  const pod = object as Pod;
  if (path.endsWith("/binding")) return `: ${pod.spec.nodeName}`;
  if (method === "POST") return `: ${object.metadata.name}`;
  if (object.kind !== "Pod" || !path.endsWith("/status")) return type === "DELETED" ? `, ${VERBS.DELETED}` : "";
  const { phase, podIP } = pod.status ?? {};
  return `: ${[phase, podIP, isReady(pod) ? "ready" : null].filter((each) => each).join(", ")}`;
}

/** `pods with spec.nodeName=itself`. */
function watched({ agent, resource, selection: { fields } }: Watch): string {
  const node = agent.replace(/^.*\//, "");
  const where = fields.map(
    ({ field, equal, value }) => `${field}${equal ? "=" : "!="}${value === node ? "itself" : value}`,
  );
  return `${resource.resource}${where.length === 0 ? "" : ` with ${where.join(", ")}`}`;
}

/** Those of one kind that were told the same are one; who was told of nothing is left out, unless he watches pods. */
function together(tracks: readonly Track[]): Track[] {
  const kindOf = ({ name }: Track) => name.replace(/\/.*$/, "");
  const groups = grouped(tracks, (each) => JSON.stringify([kindOf(each), [...each.told], [...each.acted]]));
  return [...groups.values()]
    .filter(([first]) => first!.told.size > 0 || first!.watches.startsWith("pods"))
    .map((group) => {
      const [first, ...others] = group as [Track, ...Track[]];
      const name = others.length === 0 ? first.name : `${kindOf(first)} on ${group.length} nodes`;
      return { ...first, name };
    });
}
