// Pods: what the kubelet of a node keeps running. Most of a pod can't change; its status does.
// Before you edit: pkg/registry/core/pod/{strategy.go,storage/storage.go}, pkg/apis/core/v1/helper/qos.
import { type FieldError, wrong } from "../api/field-error.ts";
import { dnsSubdomain } from "../api/names.ts";
import type { Draft, KubeObject } from "../api/object.ts";
import type { Resource } from "../api/resource.ts";
import { admitPod, defaultPod, defaultPodSpec, qosClass } from "./pod-defaults.ts";
import { podRow } from "./pod-row.ts";
import { validatePodSpec, validatePodUpdate } from "./pod-validation.ts";
import { nameWarnings, podWarnings } from "./pod-warnings.ts";

/** Spaces around an image are wrong in a pod; templates have always been let through. */
function validateImages({ containers = [], initContainers = [] }: Draft): FieldError[] {
  return Object.entries({ containers, initContainers }).flatMap(([part, all]) =>
    (all as Draft[]).flatMap(({ image = "" }, i) =>
      image.trim() === image
        ? []
        : [wrong(`spec.${part}[${i}].image`, image, "must not have leading or trailing whitespace")],
    ),
  );
}

const text = (value: unknown): string => (value === undefined ? "" : String(value));

export const PODS: Resource = {
  group: "",
  version: "v1",
  kind: "Pod",
  resource: "pods",
  singular: "pod",
  shortNames: ["po"],
  categories: ["all"],
  namespaced: true,
  hasStatus: true,
  hasGeneration: true,
  answersDeleted: true,
  indexed: { field: "spec.nodeName", of: (object) => text((object as Draft).spec?.nodeName) },
  nameRule: dnsSubdomain,
  columns: podRow.columns,
  cells: podRow.cells,
  strategy: {
    warnings: (pod) => [
      ...nameWarnings(pod.metadata.name, "the Pod's hostname"),
      ...podWarnings((pod as Draft).spec, "spec"),
    ],
    defaults(draft) {
      draft.spec ??= {};
      defaultPodSpec(draft.spec);
      defaultPod(draft.spec);
      for (const condition of draft.status?.conditions ?? []) {
        condition.lastProbeTime ??= null;
        condition.lastTransitionTime ??= null;
      }
    },
    prepareCreate(draft) {
      admitPod(draft.spec);
      draft.status = { phase: "Pending", qosClass: qosClass(draft.spec) };
    },
    // Admission looks at an update as well.
    prepareUpdate: ({ spec }) => admitPod(spec),
    validate: ({ spec }) => [...validatePodSpec(spec, "spec"), ...validateImages(spec)],
    validateStatus: ({ spec, status }) =>
      status.qosClass === undefined || status.qosClass === qosClass(spec)
        ? []
        : [wrong("status.qosClass", status.qosClass, "field is immutable")],
    validateUpdate: (object, old): FieldError[] => validatePodUpdate(object.spec, (old as Draft).spec),
    grace(object, asked) {
      const { spec, status = {} } = object as KubeObject & { spec: Draft; status?: Draft };
      // Nobody has to end what never ran, or has ended.
      if (!spec.nodeName || status.phase === "Failed" || status.phase === "Succeeded") return 0;
      return asked ?? spec.terminationGracePeriodSeconds;
    },
    fields(object) {
      const { spec = {}, status = {} } = object as Draft;
      return {
        "spec.nodeName": text(spec.nodeName),
        "spec.restartPolicy": text(spec.restartPolicy),
        "spec.schedulerName": text(spec.schedulerName),
        "spec.serviceAccountName": text(spec.serviceAccountName),
        "spec.hostNetwork": String(spec.hostNetwork ?? false),
        "status.phase": text(status.phase),
        "status.podIP": text(status.podIP),
        "status.podIPs": text(status.podIP),
        "status.nominatedNodeName": text(status.nominatedNodeName),
      };
    },
  },
};
