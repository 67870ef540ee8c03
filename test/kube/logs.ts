// Logs of a cluster that kubectl is asked for, a real one (record-logs.ts) and the model's (logs.test.ts).
import type { Answer } from "./kubectl-ask.ts";

const pod = (name: string, ...containers: readonly string[]) => `---
apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {app: logs}}
spec:
  restartPolicy: ${name === "crash" ? "Always" : "Never"}
${containers.join("\n")}
`;
const run = (name: string, text: string) => `{name: ${name}, image: busybox, command: [sh, -c, "${text}"]}`;

export const MANIFEST = [
  pod("talks", `  containers: [${run("a", "echo one; sleep 2; echo two; sleep 1; echo three; sleep 1; echo four")}]`),
  pod(
    "both",
    `  initContainers: [${run("i", "echo init")}]`,
    `  containers: [${run("a", "echo a1; echo; echo a2")}, ${run("b", "echo b1; sleep 2; echo b2")}]`,
  ),
  pod("never", "  containers: [{name: a, image: nobody/has-this}]"),
  pod("crash", `  containers: [${run("a", "echo crashing; sleep 1; false")}]`),
].join("");

/** The first follows from the beginning; when it has its answer, all have ended that end. */
export const QUESTIONS: readonly string[] = [
  "logs -f talks",
  "logs -f both --all-containers --prefix",
  "logs both",
  "logs both i",
  "logs both nobody",
  "logs both -c b --tail=1",
  "logs both -c b i",
  "logs both --all-containers -c b",
  "logs both --all-containers --prefix --timestamps",
  "logs -l app=logs --prefix --ignore-errors --all-containers",
  "logs -l app=logs -f --pod-running-timeout=1500ms",
  "logs -f -l app=logs --max-log-requests=3",
  "logs -l app=nobody",
  "logs talks --timestamps --tail=2",
  "logs talks --tail=0",
  "logs talks --tail=-2",
  "logs talks --since=1h",
  "logs talks --since=-1s",
  "logs talks --since=100ms",
  "logs talks --since-time=2020-01-01T00:00:00Z",
  "logs talks --since-time=2099-01-01T00:00:00+01:00",
  "logs talks --since-time=yesterday",
  "logs talks --since-time=2020-01-01",
  "logs talks --since=1s --since-time=2020-01-01T00:00:00Z",
  "logs talks --limit-bytes=6",
  "logs talks --limit-bytes=-1",
  "logs talks -p",
  "logs crash -p",
  "logs never",
  "logs never --ignore-errors",
  "logs never -f --pod-running-timeout=1500ms",
  "logs nobody -f",
];

/** Times alike; lines in order, for Go tells of several containers in any. */
export function alike({ out, error, status }: Answer): Answer {
  const lines = out.replace(/20\d\d-\d\d-\d\dT[\d:]{8}\.\d{9}Z/g, "<time>").split("\n");
  return { out: (out.includes("[pod/") ? lines.sort() : lines).join("\n"), error, status };
}
