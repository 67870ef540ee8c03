// One reader's session: cells in, output out. Knows nothing of sockets, so that
// the kernel and `packetwalk run` execute the same way.
import { MessageChannel } from "node:worker_threads";
import type { ConvertResult } from "tslab/dist/converter.js";
import { type Assistant, assist } from "./assist.ts";
import { type CellMaps, loadCompiler, withoutExports } from "./compiler.ts";
import { afterFailure } from "./declarations.ts";
import { compileFailure, type Failure, Interrupted, isInterrupt, thrownFailure } from "./failure.ts";
import { installGlobals } from "./globals.ts";
import { type Library, preloadLibrary } from "./library.ts";
import { type Magic, magicOf, runShell } from "./magic.ts";
import { captureOutput } from "./output.ts";
import { createPhase, type Phase } from "./phase.ts";
import { type Shown, show } from "./show.ts";
import type { Source } from "./stack.ts";

/** Where a cell's output goes: the type and content of a Jupyter message. */
export type Emit = (type: string, content: Record<string, unknown>) => void;

/** What a session is built on. */
export interface SessionHost {
  emit: Emit;
  /** Asks the reader for a line of text. */
  ask(prompt: string, password: boolean): Promise<string>;
  phase?: Phase;
}

/** How a cell went. */
export type Outcome =
  | { readonly status: "ok"; readonly result?: Shown; readonly page?: Shown }
  | { readonly status: "error"; readonly failure: Failure };

/** A session; cells are executed one at a time. */
export interface Session extends Assistant {
  /** Runs a cell; `name` stands in its stack lines, like `cell[3]`. */
  execute(code: string, name: string): Promise<Outcome>;
  /** Stops the cell that runs or waits, if there is one. */
  interrupt(): void;
  /** Sends what was printed and is still held back. */
  flush(): void;
  /** Prints on stderr what failed outside any cell: in a timer, in a promise nobody awaits. */
  complain(title: string, thrown: unknown): void;
  /** Loads the library and compiles a typical cell, so that a reader's first one is not the slow one. */
  warm(): Promise<void>;
  /** Gives the process's streams back. */
  close(): void;
}

interface Run {
  compiled?: ConvertResult & { maps?: CellMaps };
  result?: { value: unknown };
  thrown?: { value: unknown };
  /** Its code ran to the end. */
  done?: boolean;
}

const MAX_SOURCES = 500;
/** A cell that imports the library, or a module that may. */
const USES_LIBRARY = /packetwalk|["']\.{1,2}\//;

/** Loads the compiler: half a second of work, so whoever waits for sockets opens them first. */
export function createSession({ emit, ask, phase = createPhase() }: SessionHost): Session {
  let loading: Promise<Library | Error> | undefined;
  const library = () => {
    loading ??= preloadLibrary().catch((error: Error) => error);
    return loading;
  };
  const compiler = phase.compile(loadCompiler);
  const { converter } = compiler;
  const output = captureOutput((name, text) => emit("stream", { name, text }));
  const sources = new Map<string, Source>();
  let declarations = "";
  let run: Run = {};
  let name = "";
  let stop: ((why: Interrupted) => void) | undefined;
  let showing: Promise<void>[] = [];

  installGlobals({
    publish(type, content) {
      output.flush();
      emit(type, content);
    },
    ask,
    wait: (task) => void showing.push(task),
  });

  const node = {
    ...converter,
    convert(_before: string, source: string): ConvertResult {
      const compiled = phase.compile(() => converter.convert(declarations, source)) as NonNullable<Run["compiled"]>;
      run.compiled = compiled;
      if (compiled.output === undefined) return compiled;
      // The wrapper's text stays on its own line; the name is what stack lines show.
      const output = `\n${compiled.output}\n//# sourceURL=${name}`;
      remember(name, { source, maps: compiled.maps, lines: output.split("\n").length });
      return { ...compiled, output };
    },
  };
  const executor = compiler.createExecutor(
    process.cwd(),
    { node, browser: node, close: () => converter.close() },
    {
      log: (value: unknown) => {
        run.result = { value };
      },
      // One argument is what a cell threw; more are a diagnostic, which convert() gave already.
      error: (...args: unknown[]) => {
        if (args.length === 1) run.thrown = { value: args[0] };
      },
    },
  );

  function remember(cell: string, source: Source): void {
    sources.delete(cell);
    sources.set(cell, source);
    for (const oldest of sources.keys()) {
      if (sources.size <= MAX_SOURCES) break;
      sources.delete(oldest);
    }
  }

  /** Runs work in a task of its own: when an interrupt kills that task, this promise can still be rejected. */
  function apart<T>(work: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      stop = reject;
      const { port1, port2 } = new MessageChannel();
      port2.once("message", () => {
        port1.close();
        work().then(resolve, reject);
      });
      port1.postMessage(0);
    }).finally(() => {
      stop = undefined;
    });
  }

  async function runCode(code: string, mine: Run): Promise<Outcome> {
    if (USES_LIBRARY.test(code)) await library();
    mine.done = await executor.execute(withoutExports(compiler.ts, code));
    const { compiled } = mine;
    if (mine.done) declarations = compiled?.declOutput ?? declarations;
    else if (compiled && compiled.diagnostics.length > 0) {
      return { status: "error", failure: compileFailure(compiled.diagnostics, code, name) };
    } else return failed(mine.thrown?.value);
    return mine.result ? { status: "ok", result: await show(mine.result.value) } : { status: "ok" };
  }

  async function runMagic(magic: Magic): Promise<Outcome> {
    if (magic.kind === "unknown") throw new SyntaxError(magic.why);
    if (magic.kind === "sh") {
      return { status: "ok", result: await show(runShell(await library(), magic.where, magic.text)) };
    }
    const page = helper.inspect(magic.name, magic.name.length);
    if (!page) throw new ReferenceError(`no help for "${magic.name}": it is not defined here`);
    return { status: "ok", page };
  }

  function failed(thrown: unknown): Outcome {
    const failure = thrownFailure(isInterrupt(thrown) ? new Interrupted() : thrown, sources);
    return { status: "error", failure };
  }

  const helper = assist(compiler, phase, () => declarations);
  return {
    ...helper,
    async execute(code, cell) {
      name = cell;
      output.begin();
      const magic = magicOf(code);
      const mine: Run = {};
      run = mine;
      const before = { ...executor.locals };
      try {
        return await apart(async () => {
          const outcome = await (magic ? runMagic(magic) : runCode(code, mine));
          await Promise.all(showing);
          return outcome;
        });
      } catch (thrown) {
        return failed(thrown);
      } finally {
        const wanted = mine.done ? undefined : mine.compiled?.declOutput;
        if (wanted !== undefined) declarations = afterFailure(compiler, declarations, wanted, executor.locals, before);
        showing = [];
        output.flush();
      }
    },
    interrupt() {
      executor.interrupt();
      stop?.(new Interrupted());
    },
    flush: output.flush,
    complain(title, thrown) {
      const { traceback } = thrownFailure(thrown, sources);
      output.write("stderr", `${title}\n${traceback.join("\n")}\n`);
    },
    async warm() {
      await library();
      phase.compile(() =>
        converter.convert("", 'import { lab, show } from "packetwalk";\nconst net = lab();\nshow(net)'),
      );
    },
    close: output.release,
  };
}
