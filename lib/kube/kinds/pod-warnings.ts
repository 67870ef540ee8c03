// What the server says of a new pod, or a template of pods, that is right but hardly meant so.
// Before you edit: pkg/api/pod/warnings.go, pkg/apis/core/helper/node/warnings.go.
import { dnsLabel } from "../api/names.ts";
import type { Draft } from "../api/object.ts";

/** Labels of nodes that have another name now. */
const RENAMED: Readonly<Record<string, string>> = {
  "beta.kubernetes.io/arch": 'v1.14; use "kubernetes.io/arch"',
  "beta.kubernetes.io/instance-type": 'v1.17; use "node.kubernetes.io/instance-type"',
  "beta.kubernetes.io/os": 'v1.14; use "kubernetes.io/os"',
  "failure-domain.beta.kubernetes.io/region": 'v1.17; use "topology.kubernetes.io/region"',
  "failure-domain.beta.kubernetes.io/zone": 'v1.17; use "topology.kubernetes.io/zone"',
};

/** A name that can't be a host's name; `use` says where the name becomes one. */
export function nameWarnings(name: string, use = "Pod names and hostnames"): string[] {
  const wrong = dnsLabel(name);
  if (wrong.length === 0) return [];
  const why = `can result in surprising behavior; a DNS label is recommended: [${wrong.join(" ")}]`;
  return [`metadata.name: this is used in ${use}, which ${why}`];
}

interface Port {
  readonly at: string;
  readonly port: Draft;
}

/** Of a pod's spec, which stands at `at`: `spec` or `spec.template.spec`. */
export function podWarnings({ nodeSelector = {}, initContainers = [], containers = [] }: Draft, at: string): string[] {
  const renamed = Object.keys(nodeSelector)
    .filter((key) => Object.hasOwn(RENAMED, key))
    .map((key) => `${at}.nodeSelector[${key}]: deprecated since ${RENAMED[key]} instead`);
  const all = [
    ...(initContainers as Draft[]).map((of, i) => ({ of, place: `${at}.initContainers[${i}]` })),
    ...(containers as Draft[]).map((of, i) => ({ of, place: `${at}.containers[${i}]` })),
  ];
  const hidden = all.flatMap(({ of: { env = [] }, place }) =>
    (env as Draft[]).flatMap(({ name }, i) =>
      (env as Draft[]).findIndex((each) => each.name === name) < i
        ? [
            `${place}.env[${i}]: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`,
          ]
        : [],
    ),
  );
  const ports: Port[] = all.flatMap(({ of, place }) =>
    ((of.ports ?? []) as Draft[]).map((port, i) => ({ at: `${place}.ports[${i}]`, port })),
  );
  const twice = ports.flatMap((port, i) => ports.slice(0, i).flatMap((earlier) => clash(port, earlier)));
  return [...renamed, ...hidden, ...twice];
}

function clash({ at, port: a }: Port, { at: earlier, port: b }: Port): string[] {
  if (a.containerPort !== b.containerPort || a.protocol !== b.protocol) return [];
  const [mine, its] = [a.hostPort ?? 0, b.hostPort ?? 0];
  if (mine === its && (a.hostIP ?? "") === (b.hostIP ?? ""))
    return [`${at}: duplicate port definition with ${earlier}`];
  return mine === 0 || its === 0 ? [`${at}: overlapping port definition with ${earlier}`] : [];
}

/** Of a workload's template. */
export const templateWarnings = ({ spec }: Draft): string[] => podWarnings(spec.template.spec, "spec.template.spec");
