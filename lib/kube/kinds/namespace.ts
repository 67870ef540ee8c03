// Namespaces: they end only when everything in them is gone.
// Before you edit: pkg/registry/core/namespace/strategy.go, pkg/registry/core/namespace/storage/storage.go,
// pkg/apis/core/v1/defaults.go (SetDefaults_Namespace),
// staging/src/k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle/admission.go.
import { wrong } from "../api/field-error.ts";
import { dnsLabel, qualifiedName } from "../api/names.ts";
import type { Draft } from "../api/object.ts";
import type { Resource } from "../api/resource.ts";
import { age, columns } from "../api/table.ts";

/** Who selects by name can: every namespace has its name as a label (corev1.LabelMetadataName). */
const NAME_LABEL = "kubernetes.io/metadata.name";

/** Nobody deletes these (plugin/namespace/lifecycle/admission.go, immortalNamespaces). */
const IMMORTAL = ["default", "kube-public", "kube-system"];

/** Who has to let go of a namespace before it is gone: `kubernetes` is the controller that empties it. */
const KEEPER = "kubernetes";

/** Of a new namespace it is not said which of them is wrong. */
const notFinalizers = (finalizers: readonly string[] = [], isNew = false) =>
  finalizers.flatMap((each, i) => {
    const field = isNew ? "spec.finalizers" : `spec.finalizers[${i}]`;
    const mistakes = qualifiedName(each);
    if (mistakes.length > 0) return mistakes.map((why) => wrong(field, each, why));
    if (each === KEEPER || each.includes("/")) return [];
    return [wrong(field, each, "name is neither a standard finalizer name nor is it fully qualified")];
  });

export const NAMESPACES: Resource = {
  group: "",
  version: "v1",
  kind: "Namespace",
  resource: "namespaces",
  singular: "namespace",
  shortNames: ["ns"],
  categories: [],
  namespaced: false,
  hasStatus: true,
  hasGeneration: false,
  nameRule: dnsLabel,
  columns: columns("Name", "Status", "Age"),
  cells: ({ metadata, status = {} }, now) => [metadata.name, status.phase ?? "", age(metadata.creationTimestamp, now)],
  strategy: {
    defaults({ metadata }) {
      if (metadata.name) metadata.labels = { ...metadata.labels, [NAME_LABEL]: metadata.name };
    },
    prepareCreate(draft) {
      const { finalizers = [] } = draft.spec ?? {};
      draft.spec = { finalizers: finalizers.includes(KEEPER) ? finalizers : [...finalizers, KEEPER] };
      draft.status = { phase: "Active" };
    },
    prepareUpdate(draft, old) {
      draft.spec = (old as Draft).spec;
    },
    validate: ({ spec }, old) => notFinalizers(spec?.finalizers, old === null),
    refusesEnd: (name) => (IMMORTAL.includes(name) ? "this namespace may not be deleted" : undefined),
    held(object) {
      const { spec = {}, status, metadata } = object as Draft;
      const isOver = metadata.deletionTimestamp !== undefined && (spec.finalizers ?? []).length === 0;
      return isOver ? null : { ...object, status: { ...status, phase: "Terminating" } };
    },
    fields: (object) => ({ "status.phase": (object as { status?: { phase?: string } }).status?.phase ?? "" }),
  },
};
