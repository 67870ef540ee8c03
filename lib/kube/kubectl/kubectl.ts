// kubectl 1.36 as a client of the model's API server: its words, its print, its exit status.
// Before you edit: staging/src/k8s.io/kubectl/pkg/cmd/cmd.go, github.com/spf13/cobra command.go, args.go.
import type { Program } from "../../lab/process.ts";
import { notModelled } from "../../tools/command.ts";
import { BadInput } from "../../wire/input.ts";
import * as about from "./about.ts";
import { APPLY, apply, CREATE, createFiles, PATCH, patch } from "./apply.ts";
import { DELETE, deleteObjects } from "./delete.ts";
import { DESCRIBE, describe } from "./describe/describe.ts";
import { DIFF, diff } from "./diff.ts";
import { CORDON, cordon, DRAIN, drain } from "./drain.ts";
import { EVENTS, events } from "./events.ts";
import { EXPOSE, expose } from "./expose.ts";
import { Failure, told } from "./failure.ts";
import { type Flag, parseFlags } from "./flags.ts";
import { GET, get } from "./get.ts";
import { annotate, LABEL, label, TAINT, taint } from "./label.ts";
import { LOGS, logs } from "./logs.ts";
import * as make from "./make.ts";
import { CREATE_BUDGET, createBudget } from "./make-budget.ts";
import * as rollout from "./rollout.ts";
import { SCALE, SET_IMAGE, scale, setImage } from "./scale.ts";
import { type Action, Session, type Setting, type Streams } from "./session.ts";
import { EXEC, exec } from "./streams.ts";
import { WAIT, wait } from "./wait.ts";

interface Verb {
  readonly flags: readonly Flag[];
  readonly action: Action;
}
interface Group {
  readonly verbs: Readonly<Record<string, Verb | Group>>;
  /** Those of the real one that are not here. */
  readonly absent?: readonly string[];
  /** What it does without one of them. */
  readonly alone?: Verb;
}

const part = (of: Parameters<typeof rollout.rollout>[1]): Verb => ({
  flags: rollout.ROLLOUT,
  action: (session) => rollout.rollout(session, of),
});
const making = (action: Action): Verb => ({ flags: make.CREATE_KIND, action });
const TOP: Verb = { flags: about.TOP, action: about.top };
const config: Verb = { flags: about.CONFIG, action: about.config };

const SERVICE: Group = {
  verbs: Object.fromEntries(
    Object.entries(make.CREATE_SERVICE).map(([type, flags]) => [type, { flags, action: make.createService(type) }]),
  ),
};
const CREATING: Group = {
  alone: { flags: CREATE, action: createFiles },
  absent:
    "clusterrole clusterrolebinding cronjob ingress ing job priorityclass pc quota resourcequota role rolebinding secret token".split(
      " ",
    ),
  verbs: {
    configmap: making(make.createConfigMap),
    deployment: making(make.createDeployment),
    namespace: making(make.createNamespace),
    poddisruptionbudget: { flags: CREATE_BUDGET, action: createBudget },
    service: SERVICE,
    serviceaccount: making(make.createServiceAccount),
  },
};

const COMMANDS: Group = {
  absent:
    "alpha attach auth autoscale certificate completion cp debug edit explain help kustomize options plugin port-forward proxy replace".split(
      " ",
    ),
  verbs: {
    annotate: { flags: LABEL, action: annotate },
    "api-resources": { flags: about.API_RESOURCES, action: about.apiResources },
    "api-versions": { flags: about.API_VERSIONS, action: about.apiVersions },
    apply: { flags: APPLY, action: apply },
    "cluster-info": { flags: about.CLUSTER_INFO, action: about.clusterInfo },
    config: {
      absent: [
        "delete-cluster",
        "delete-context",
        "delete-user",
        "get-users",
        "rename-context",
        "set",
        "set-cluster",
        "set-context",
        "set-credentials",
        "unset",
        "use-context",
      ],
      verbs: { "current-context": config, "get-clusters": config, "get-contexts": config, view: config },
    },
    cordon: { flags: CORDON, action: (session) => cordon(session, true) },
    create: CREATING,
    delete: { flags: DELETE, action: deleteObjects },
    describe: { flags: DESCRIBE, action: describe },
    diff: { flags: DIFF, action: diff },
    drain: { flags: DRAIN, action: drain },
    events: { flags: EVENTS, action: events },
    exec: { flags: EXEC, action: exec },
    expose: { flags: EXPOSE, action: expose },
    get: { flags: GET, action: get },
    label: { flags: LABEL, action: label },
    logs: { flags: LOGS, action: logs },
    patch: { flags: PATCH, action: patch },
    rollout: {
      verbs: {
        history: part(rollout.rolloutHistory),
        pause: part(rollout.rolloutPause),
        restart: part(rollout.rolloutRestart),
        resume: part(rollout.rolloutResume),
        status: part(rollout.rolloutStatus),
        undo: part(rollout.rolloutUndo),
      },
    },
    run: { flags: make.RUN, action: make.run },
    scale: { flags: SCALE, action: scale },
    set: {
      absent: ["env", "resources", "selector", "serviceaccount", "subject"],
      verbs: { image: { flags: SET_IMAGE, action: setImage } },
    },
    taint: { flags: TAINT, action: taint },
    top: { verbs: { node: TOP, nodes: TOP, no: TOP, pod: TOP, pods: TOP, po: TOP } },
    uncordon: { flags: CORDON, action: (session) => cordon(session, false) },
    version: { flags: about.VERSION, action: about.version },
    wait: { flags: WAIT, action: wait },
  },
};

/** As the real one's help has them, which is the order in which it proposes them. */
const IN_ORDER =
  "create expose run set explain get edit delete rollout scale autoscale certificate cluster-info top cordon uncordon drain taint describe logs attach exec port-forward proxy cp auth debug events diff apply patch replace wait kustomize label annotate completion alpha api-resources api-versions config plugin version options".split(
    " ",
  );

/** Short words for what `create` makes. */
const SHORT: Readonly<Record<string, string>> = {
  cm: "configmap",
  deploy: "deployment",
  ns: "namespace",
  pdb: "poddisruptionbudget",
  sa: "serviceaccount",
  svc: "service",
};

const isGroup = (of: Verb | Group): of is Group => "verbs" in of;

/** The words before the first that is no flag of all commands: `-n x get pods`. */
function splitCommand(args: readonly string[]): { path: string[]; rest: string[]; verb: Verb } {
  const rest = [...args];
  const path = ["kubectl"];
  let at: Verb | Group = COMMANDS;
  for (let i = 0; isGroup(at); ) {
    while (i < rest.length && rest[i]!.startsWith("-")) {
      const isAlone =
        rest[i]!.includes("=") ||
        !/^(-[nsv]|--(namespace|context|cluster|user|kubeconfig|server|request-timeout|cache-dir|v))$/.test(rest[i]!);
      i += isAlone ? 1 : 2;
    }
    const said: string | undefined = rest[i];
    const word: string | undefined = at === CREATING && said !== undefined ? (SHORT[said] ?? said) : said;
    const next: Verb | Group | undefined =
      word !== undefined && Object.hasOwn(at.verbs, word) ? at.verbs[word] : undefined;
    if (next !== undefined) {
      rest.splice(i, 1);
      path.push(word!);
      at = next;
    } else if (word !== undefined && at.absent?.includes(word)) throw absent(path, word, at);
    else if (at.alone !== undefined) at = at.alone;
    else {
      if (word === undefined) parseFlags(path.join(" "), [], rest);
      throw unknown(path, rest.slice(i), at);
    }
  }
  return { path, rest, verb: at };
}

/** A word that the real one knows. Nobody needs a cluster for what `explain` says, and it is long. */
function absent(path: readonly string[], word: string, { verbs }: Group): Error {
  if (word === "explain")
    throw new BadInput(
      "kubectl knows this, Packetwalk does not model it",
      word,
      'What fields there are says https://kubernetes.io/docs/reference/kubernetes-api/; which kinds are here, "kubectl api-resources"; and a field that is not there is refused by name.',
    );
  return notModelled(
    "kubectl",
    word,
    Object.keys(verbs)
      .map((verb) => [...path.slice(1), verb].join(" "))
      .join(", "),
  );
}

function unknown(path: readonly string[], [word, ...more]: readonly string[], group: Group): Error {
  const of = path.join(" ");
  if (word === undefined) return absent(path, of, group);
  if (path.length > 1)
    return new Failure(
      `unknown command ${JSON.stringify([word, ...more].join(" "))}\nSee '${of} -h' for help and examples`,
    );
  const near = IN_ORDER.filter((verb) => distance(verb, word) <= 2 || verb.startsWith(word));
  const hint = near.length === 0 ? "" : `\n\nDid you mean this?\n${near.map((verb) => `\t${verb}\n`).join("")}`;
  return new Failure(`unknown command ${JSON.stringify(word)} for "kubectl"${hint}`);
}

/** Levenshtein's. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row.at(-1)!;
}

/** Runs `kubectl ARGS`. Throws BadInput for what is not modelled; everything else is told on standard error. */
export function* kubectl(setting: Setting, args: readonly string[], streams: Streams): Program {
  try {
    const { path, rest, verb } = splitCommand(args);
    const session = new Session(setting, path.join(" "), parseFlags(path.join(" "), verb.flags, rest), streams);
    const result = verb.action(session);
    return typeof result === "number" ? result : yield* result;
  } catch (failure) {
    const { text, status } = told(failure);
    streams.err(text);
    return status;
  }
}
