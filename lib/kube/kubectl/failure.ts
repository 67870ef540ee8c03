// How kubectl says that something went wrong.
// Before you edit: staging/src/k8s.io/kubectl/pkg/cmd/util/helpers.go (checkErr, StandardErrorMessage, MultilineError).
import { ApiError, type Status } from "../api/status.ts";

/** What kubectl itself finds wrong; it ends with `status`. */
export class Failure extends Error {
  readonly status: number;

  constructor(message: string, status = 1) {
    super(message);
    this.status = status;
  }
}

/** Several at once: each is told on a line of its own. */
export class Failures extends Error {
  readonly all: readonly Error[];
  /** A list within a list: even one alone is told as one of several. */
  readonly isNested: boolean;

  constructor(several: readonly Error[], isNested = false) {
    const all = several.flatMap((each) => (each instanceof Failures ? each.all : [each]));
    super(all.length === 1 ? all[0]!.message : `[${all.map(({ message }) => message).join(", ")}]`);
    this.all = all;
    this.isNested = isNested;
  }
}

/** A refusal of the server, with what was being done: `error when creating "pod.yaml": …`. */
export class Refusal extends Error {
  readonly answer: Status;

  constructor(answer: Status, doing = "") {
    super(doing + (answer.message ?? ""));
    this.answer = answer;
  }

  /** `error when VERB "SOURCE": `, but for what the message names already (AddSourceToErr). */
  when(verb: string, source: string): Refusal {
    return source === "" ? this : new Refusal(this.answer, `error when ${verb} ${JSON.stringify(source)}: `);
  }
}

export const isRefusal = (failure: unknown, reason: string): boolean =>
  failure instanceof Refusal && failure.answer.reason === reason;

/** Neither words nor files say what is meant. */
export const NOTHING_NAMED =
  "You must provide one or more resources by argument or filename.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'";

/** Wrong use: where help would be found. */
export const usage = (command: string, message: string): Failure =>
  new Failure(`${message}\nSee '${command} -h' for help and examples`);

/** One of several errors on its line. */
function lineOf(failure: Error): string {
  return failure instanceof Refusal ? serverSaid(failure) : failure.message;
}

function serverSaid({ answer, message }: Refusal): string {
  return answer.reason ? `Error from server (${answer.reason}): ${message}` : `Error from server: ${message}`;
}

function invalid({ answer }: Refusal): string {
  const { details, message } = answer;
  if (details === undefined) return `The request is invalid${message ? `: ${message}` : ""}`;
  const { kind, name = "", causes = [] } = details;
  const first =
    kind || name
      ? `The ${kind ?? ""} ${JSON.stringify(name)} is invalid`
      : `The request is invalid${message && causes.length === 0 ? `: ${message}` : ""}`;
  const told = [...new Set(causes.map((cause) => `${cause.field ?? ""}: ${cause.message}`))];
  if (told.length === 0) return first;
  return told.length === 1 ? `${first}: ${told[0]}` : `${first}: \n${told.map((each) => `* ${each}`).join("\n")}`;
}

/** What stands on standard error, and the exit status. Throws what is no answer to the user. */
export function told(failure: unknown): { readonly text: string; readonly status: number } {
  const isAlone = failure instanceof Failures && failure.all.length === 1 && !failure.isNested;
  const alone = isAlone ? failure.all[0]! : failure;
  if (alone instanceof Failures) return { text: `${alone.all.map(lineOf).join("\n")}\n`, status: 1 };
  if (alone instanceof Refusal) {
    const text = alone.answer.reason === "Invalid" ? invalid(alone) : serverSaid(alone);
    return { text: `${text.replace(/\n$/, "")}\n`, status: 1 };
  }
  if (alone instanceof ApiError) return told(new Refusal(alone.status));
  if (!(alone instanceof Failure)) throw alone;
  if (alone.message === "") return { text: "", status: alone.status };
  const prefix = alone.message.startsWith("error: ") ? "" : "error: ";
  return { text: `${prefix}${alone.message.replace(/\n$/, "")}\n`, status: alone.status };
}
