// kubectl scale and set image: how many pods, and of what.
// Before you edit: staging/src/k8s.io/kubectl/pkg/cmd/{scale,set}/*.go, .../pkg/scale/scale.go.
import type { Program } from "../../lab/process.ts";
import type { Draft } from "../api/object.ts";
import { noSuchPath } from "../api/status.ts";
import { merged, placeOf } from "./apply.ts";
import { Failure, Failures, NOTHING_NAMED, Refusal } from "./failure.ts";
import { flagsOf } from "./flags.ts";
import { report } from "./print.ts";
import { CHANGING } from "./rollout.ts";
import { fetched, mustFetch, select } from "./select.ts";
import type { Session } from "./session.ts";

export const SCALE = flagsOf(
  `${CHANGING} replicas# current-replicas# resource-version all? timeout~ !kustomize:k !record?`,
);
export const SET_IMAGE = flagsOf(`${CHANGING} all? local? !kustomize:k !record?`);

export function* scale(session: Session): Program {
  const { flags } = session;
  const replicas = flags.number("replicas", -1);
  if (!flags.has("replicas")) throw new Failure('required flag(s) "replicas" not set');
  if (replicas < 0)
    throw new Failure("The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0");
  const { infos, failures } = fetched(session, select(session, { all: flags.is("all") }));
  if (infos.length === 0 && failures.length === 0) throw new Failure("no objects passed to scale");
  for (const info of infos) {
    const place = { ...placeOf(info), subresource: "scale" };
    if (!info.resource.scale) throw new Refusal(noSuchPath().status);
    const wanted = flags.number("current-replicas", -1);
    const is = (info.object!.spec?.replicas ?? 0) as number;
    if (wanted !== -1 && wanted !== is) throw new Failure(`Expected replicas to be ${wanted}, was ${is}`);
    const { resourceVersion } = info.object!.metadata;
    const version = flags.text("resource-version", resourceVersion);
    if (version !== resourceVersion)
      throw new Failure(`Expected resource version to be ${version}, was ${resourceVersion}`);
    if (session.isDry === "")
      session.ask("PATCH", place, { body: { spec: { replicas } }, type: "application/merge-patch+json" });
    if (flags.has("timeout") && session.isDry === "") {
      const isThere = () => {
        const { status = {}, metadata } = session.get(placeOf(info));
        return (status.observedGeneration ?? 0) >= metadata.generation && (status.replicas ?? 0) === replicas;
      };
      if (!(yield* session.until(flags.span("timeout", 0), isThere)))
        throw new Failure("timed out waiting for the condition");
    }
    report(session, info, "scaled", { ...info.object!, spec: { ...info.object!.spec, replicas } });
  }
  if (failures.length > 0) throw new Failures(failures);
  return 0;
}

export function setImage(session: Session): number {
  const { words, flags } = session;
  const pairs = words.filter((word) => word.includes("="));
  const objects = words.filter((word) => !word.includes("="));
  if (flags.is("local") && flags.list("filename").length === 0) {
    const how = "Example resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'";
    throw new Failure(`you must specify resources by --filename when --local is set.\n${how}`);
  }
  if (objects.length === 0 && flags.list("filename").length === 0) throw new Failure(NOTHING_NAMED);
  const infos = mustFetch(session, select(session, { words: objects, all: flags.is("all") }));
  if (pairs.length === 0) throw new Failure("at least one image update is required");
  const failures: Error[] = [];
  for (const info of infos) {
    const { kind, resource } = info.resource;
    const before = (kind === "Pod" ? info.object!.spec : info.object!.spec?.template?.spec) as Draft | undefined;
    if (before === undefined) {
      const why = `the object is not a pod or does not have a pod template: *v1.${kind}`;
      failures.push(new Failure(`error: ${resource}/${info.name} ${why}`));
      continue;
    }
    const images = new Map<string, string>();
    for (const pair of pairs) {
      const at = pair.indexOf("=");
      const [name, image] = [pair.slice(0, at), pair.slice(at + 1)];
      const found = ([...before.containers, ...(before.initContainers ?? [])] as Draft[]).filter(
        (each) => name === "*" || each.name === name,
      );
      if (found.length === 0)
        failures.push(new Failure(`error: unable to find container named ${JSON.stringify(name)}`));
      for (const each of found) if (each.image !== image) images.set(each.name, image);
    }
    if (images.size === 0) continue;
    const list = (of: readonly Draft[]) =>
      of.filter(({ name }) => images.has(name)).map(({ name }) => ({ name, image: images.get(name) }));
    const inner = { containers: list(before.containers) };
    const body = { spec: kind === "Pod" ? inner : { template: { spec: inner } } };
    try {
      report(session, info, "image updated", merged(session, info, body));
    } catch (failure) {
      if (!(failure instanceof Refusal)) throw failure;
      failures.push(new Failure(`error: failed to patch image update to pod template: ${failure.message}`));
    }
  }
  if (failures.length > 0) throw new Failures(failures);
  return 0;
}
