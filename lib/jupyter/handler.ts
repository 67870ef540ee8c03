// The main thread's side of the protocol: requests one after the other, each
// between "busy" and "idle", and what a failed cell means for those behind it.
import type { Failure } from "./failure.ts";
import { createHistory } from "./history.ts";
import { kernelInfo } from "./info.ts";
import type { Outcome, Session } from "./session.ts";
import type { Json, Reply, Request } from "./wire.ts";
import { encode } from "./wire.ts";

/** What the handler needs of the kernel around it. */
export interface Door {
  send(to: "shell" | "stdin" | "iopub", reply: Reply): void;
  /** A request was finished. */
  done(): void;
  /** The session, loaded when it is first asked for. */
  session(): Session;
}

/** Takes requests and answers them. */
export interface Handler {
  request(request: Request): void;
  /** A reader's answer to input(). */
  answered(request: Request): void;
  /** Publishes output of the cell that runs, or ran last. */
  publish(type: string, content: Json): void;
  /** Asks the reader for a line. */
  ask(prompt: string, password: boolean): Promise<string>;
  interrupt(): void;
  /** Is there nothing to do? */
  idle(): boolean;
}

/** What was sent before a cell failed has arrived by then. */
const ABORT_DELAY_MS = 10;

const errorReply = (failure: Failure): Json => ({ status: "error", ...failure });

/** The handler of one kernel. */
export function createHandler(door: Door): Handler {
  const history = createHistory();
  const queue: Request[] = [];
  let working = false;
  let count = 0;
  /** The request whose output is being published. */
  let current: Request | undefined;
  let question: { resolve(line: string): void; reject(why: Error): void } | undefined;
  let running: Session | undefined;

  function publish(type: string, content: Json, parent: Json = current?.header ?? {}): void {
    door.send("iopub", { identities: [`kernel.${type}`], type, parent, content: encode(content) });
  }

  function reply(request: Request, content: Json): void {
    const type = String(request.header.msg_type).replace(/_request$/, "_reply");
    door.send("shell", { identities: request.identities, type, parent: request.header, content: encode(content) });
  }

  async function work(): Promise<void> {
    if (working) return;
    working = true;
    for (let request = queue.shift(); request; request = queue.shift()) await finish(request, () => answer(request));
    working = false;
  }

  async function finish(request: Request, task: () => Promise<void> | void): Promise<void> {
    publish("status", { execution_state: "busy" }, request.header);
    try {
      await task();
    } catch (error) {
      const evalue = error instanceof Error ? String(error.stack) : String(error);
      reply(request, errorReply({ ename: "KernelError", evalue, traceback: [evalue] }));
    }
    running?.flush();
    publish("status", { execution_state: "idle" }, request.header);
    door.done();
  }

  async function answer(request: Request): Promise<void> {
    const { header, content } = request;
    const code = typeof content.code === "string" ? content.code : "";
    const cursor = typeof content.cursor_pos === "number" ? content.cursor_pos : [...code].length;
    switch (header.msg_type) {
      case "execute_request":
        return execute(request, code);
      case "kernel_info_request":
        return reply(request, kernelInfo());
      case "complete_request": {
        const { matches, start, end, kinds } = door.session().complete(code, cursor);
        const typed = matches.map((text, i) => ({ text, type: kinds[i], start, end }));
        const metadata = { _jupyter_types_experimental: typed };
        return reply(request, { status: "ok", matches, cursor_start: start, cursor_end: end, metadata });
      }
      case "inspect_request": {
        const found = door.session().inspect(code, cursor);
        return reply(request, { status: "ok", found: found !== undefined, ...(found ?? { data: {}, metadata: {} }) });
      }
      case "is_complete_request":
        return reply(request, door.session().isComplete(code));
      case "history_request":
        return reply(request, { status: "ok", history: history.find(content) });
      case "comm_info_request":
        return reply(request, { status: "ok", comms: {} });
      case "comm_open":
        // Nobody here knows the target, which the protocol answers like this.
        return publish("comm_close", { comm_id: content.comm_id, data: {} }, header);
      case "comm_msg":
      case "comm_close":
        return;
      default: {
        const evalue = `this kernel has no answer to ${header.msg_type}`;
        return reply(request, errorReply({ ename: "UnknownMessage", evalue, traceback: [evalue] }));
      }
    }
  }

  async function execute(request: Request, code: string): Promise<void> {
    const { content } = request;
    const silent = content.silent === true;
    const stored = !silent && content.store_history !== false;
    current = request;
    if (stored) history.add(++count, code);
    if (!silent) publish("execute_input", { code, execution_count: count });
    const session = door.session();
    running = session;
    const outcome: Outcome =
      code.trim() === ""
        ? { status: "ok" }
        : await session.execute(code, `cell[${stored ? count : `${count}, unnumbered`}]`);
    if (outcome.status === "error") {
      if (!silent) publish("error", { ...outcome.failure });
      reply(request, { ...errorReply(outcome.failure), execution_count: count, user_expressions: {}, payload: [] });
      if (content.stop_on_error !== false) await abortWaiting();
      return;
    }
    if (outcome.result && Object.keys(outcome.result.data).length > 0 && !silent) {
      if (stored) history.result(String(outcome.result.data["text/plain"] ?? ""));
      publish("execute_result", { ...outcome.result, execution_count: count });
    }
    const payload = outcome.page ? [{ source: "page", data: outcome.page.data, start: 0 }] : [];
    const user_expressions = await expressions(session, content.user_expressions);
    reply(request, { status: "ok", execution_count: count, user_expressions, payload });
  }

  async function expressions(session: Session, wanted: unknown): Promise<Json> {
    const values: Record<string, unknown> = {};
    for (const [name, code] of Object.entries(wanted ?? {})) {
      const outcome = await session.execute(String(code), `expression[${name}]`);
      values[name] =
        outcome.status === "error"
          ? errorReply(outcome.failure)
          : { status: "ok", ...(outcome.result ?? { data: { "text/plain": "undefined" }, metadata: {} }) };
    }
    return values;
  }

  async function abortWaiting(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, ABORT_DELAY_MS));
    const aborted = queue.filter((request) => request.header.msg_type === "execute_request");
    queue.splice(0, queue.length, ...queue.filter((request) => !aborted.includes(request)));
    for (const request of aborted) {
      await finish(request, () => reply(request, { status: "aborted", execution_count: count, user_expressions: {} }));
    }
  }

  return {
    request(request) {
      queue.push(request);
      void work();
    },
    answered(request) {
      question?.resolve(String(request.content.value ?? ""));
      question = undefined;
    },
    publish: (type, content) => publish(type, content),
    async ask(prompt, password) {
      if (current?.content.allow_stdin !== true) {
        const refusal = new Error("input() needs a front end that can ask, and this one can't");
        refusal.name = "StdinNotImplementedError";
        throw refusal;
      }
      running?.flush();
      const { identities, header } = current;
      const content = encode({ prompt, password });
      door.send("stdin", { identities, type: "input_request", parent: header, content });
      return new Promise<string>((resolve, reject) => {
        question = { resolve, reject };
      });
    },
    interrupt() {
      question = undefined;
      running?.interrupt();
    },
    idle: () => !working,
  };
}
