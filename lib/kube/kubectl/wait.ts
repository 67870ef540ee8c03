// kubectl wait.
// Before you edit: staging/src/k8s.io/kubectl/pkg/cmd/wait/{wait,condition,delete,json}.go.
import type { Program } from "../../lab/process.ts";
import { SECOND } from "../../trace/world.ts";
import type { Draft } from "../api/object.ts";
import { placeOf } from "./apply.ts";
import { Failure, Failures, isRefusal, NOTHING_NAMED } from "./failure.ts";
import { flagsOf } from "./flags.ts";
import { goText, parseTemplate, relaxed, valuesOf } from "./jsonpath.ts";
import { report } from "./print.ts";
import { fetched, type Info, select } from "./select.ts";
import type { Session } from "./session.ts";

export const WAIT = flagsOf(
  "filename:f* recursive:R? selector:l field-selector all? all-namespaces:A? for timeout~ output:o template !local?",
);

type Test = (object: Draft | null) => boolean;

/** Is it so? Throws Failure for a condition kubectl does not know. */
function testOf(word: string): Test {
  const lower = word.toLowerCase();
  if (lower === "delete") return (object) => object === null;
  if (lower === "create") return (object) => object !== null;
  if (word.startsWith("condition=")) {
    const [type = "", value = "true"] = word.slice("condition=".length).split("=");
    return (object) => {
      const { conditions = [], observedGeneration } = (object?.status ?? {}) as Draft;
      const found = (conditions as Draft[]).find((each) => each.type.toLowerCase() === type.toLowerCase());
      const seen = found?.observedGeneration ?? observedGeneration;
      if (seen !== undefined && seen < (object!.metadata.generation ?? 0)) return false;
      return found?.status.toLowerCase() === value.toLowerCase();
    };
  }
  if (word.startsWith("jsonpath=")) {
    const text = word.slice("jsonpath=".length);
    const end = text.startsWith("{") ? text.lastIndexOf("}") + 1 : text.search(/=(?!=)/);
    const [path, value] = end <= 0 || end === text.length ? [text, null] : [text.slice(0, end), text.slice(end + 1)];
    const template = parseTemplate(relaxed(path));
    return (object) => {
      const values = object === null ? [] : valuesOf(template, object);
      if (values.length > 1) throw new Failure("given jsonpath expression matches more than one value");
      return value === null ? values.length > 0 : values.length > 0 && goText(values[0]) === value;
    };
  }
  throw new Failure(`unrecognized condition: ${word === "" ? "[]" : JSON.stringify(word)}`);
}

export function* wait(session: Session): Program {
  const { flags, words } = session;
  const condition = flags.text("for");
  const test = testOf(condition);
  if (words.length === 0 && flags.list("filename").length === 0) throw new Failure(NOTHING_NAMED);
  const isForDelete = condition.toLowerCase() === "delete";
  const timeout = flags.span("timeout", 30);
  const patience = timeout < 0 ? 600 : timeout;
  const selected = select(session, { all: flags.is("all"), isAllSaid: flags.is("all") });
  if (condition.toLowerCase() === "create") {
    const isThere = () => fetched(session, selected).failures.length === 0;
    if (!(yield* session.until(patience, isThere))) throw new Failure("timed out waiting for the condition");
  }
  const { infos, failures: all } = fetched(session, selected);
  const failures = all.filter((failure) => !(isForDelete && isRefusal(failure, "NotFound")));
  if (infos.length === 0 && failures.length === 0 && !isForDelete) throw new Failure("no matching resources found");
  const end = session.setting.clock.now + patience * SECOND;
  for (const info of infos)
    try {
      yield* waitFor(session, info, test, end, timeout === 0);
    } catch (failure) {
      failures.push(failure as Error);
    }
  if (failures.length > 0) throw new Failures(failures);
  return 0;
}

function* waitFor(
  session: Session,
  info: Info,
  test: Test,
  end: number,
  isOnce: boolean,
): Generator<{ until: number }, void, void> {
  const { uid } = info.object!.metadata;
  const what = `${info.resource.resource}/${info.name}`;
  let last: Draft | null = info.object;
  const isMet = () => {
    const now = session.find(placeOf(info));
    // Another one of this name is not the one that was there.
    if (now !== null && now.metadata.uid !== uid) return test(null);
    if (now !== null) last = now;
    return test(now);
  };
  if (isOnce && !isMet()) throw new Failure(`error: condition not met for ${what}`);
  // The time is for all together: when it is over, nobody looks any more.
  const left = (end - session.setting.clock.now) / SECOND;
  if (!isOnce && (left <= 0 || !(yield* session.until(left, isMet))))
    throw new Failure(`timed out waiting for the condition on ${what}`);
  report(session, info, "condition met", last!);
}
