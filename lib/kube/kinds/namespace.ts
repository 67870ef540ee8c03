// Namespaces: they end only when everything in them is gone.
// Before you edit: pkg/registry/core/namespace/strategy.go, pkg/registry/core/namespace/storage/storage.go,
// pkg/apis/core/v1/defaults.go (SetDefaults_Namespace).
import { dnsLabel } from "../api/names.ts";
import type { Resource } from "../api/resource.ts";
import { age, columns } from "../api/table.ts";

/** Who selects by name can: every namespace has its name as a label (corev1.LabelMetadataName). */
const NAME_LABEL = "kubernetes.io/metadata.name";

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
      draft.spec = { finalizers: ["kubernetes"] };
      draft.status = { phase: "Active" };
    },
    fields: (object) => ({ "status.phase": (object as { status?: { phase?: string } }).status?.phase ?? "" }),
  },
};
