// kubectl apply --server-side: the whole file goes to the server, which knows who owns what.
// Before you edit: staging/src/k8s.io/kubectl/pkg/cmd/apply/apply.go (applyOneObject, Validate).
import type { Draft } from "../api/object.ts";
import { APPLY_PATCH } from "../api/patch.ts";
import { Failure, isRefusal } from "./failure.ts";
import type { Info } from "./select.ts";
import type { Session } from "./session.ts";

/** Whether it is asked for. Throws Failure for flags that do not go with it. */
export function mayBeServerSide({ flags, isDry }: Session): boolean {
  const isServerSide = flags.is("server-side");
  if (flags.is("force-conflicts") && !isServerSide)
    throw new Failure("--force-conflicts only works with --server-side");
  if (isServerSide && isDry === "client")
    throw new Failure("--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)");
  if (isServerSide && flags.is("force")) throw new Failure("--force cannot be used with --server-side");
  return isServerSide;
}

const HELP = `Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the \`--force-conflicts\` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts`;

/** What the server makes of it. Throws Refusal. */
export function serverSide(session: Session, info: Info, query: Readonly<Record<string, string>>): Draft {
  const { resource, namespace, name, object } = info;
  const { flags } = session;
  const fieldManager = flags.text("field-manager") || "kubectl";
  const asked = { ...query, fieldManager, force: String(flags.is("force-conflicts")) };
  return session.ask("PATCH", { resource, namespace, name }, { query: asked, body: object, type: APPLY_PATCH });
}

/** The same as `apply` tells of it. Throws Refusal, and Failure for fields that others own. */
export function appliedThere(session: Session, info: Info, query: Readonly<Record<string, string>>): Draft {
  try {
    const applied = serverSide(session, info, query);
    if (applied.metadata.deletionTimestamp !== undefined)
      session.err(`Warning: Detected changes to resource ${info.name} which is currently being deleted.\n`);
    return applied;
  } catch (failure) {
    if (isRefusal(failure, "Conflict")) throw new Failure(`${(failure as Error).message}\n${HELP}`);
    throw failure;
  }
}
