// What a cell prints: the process's stdout and stderr, gathered into few messages
// without changing their order.

/** Called with what was printed. */
export type Print = (name: "stdout" | "stderr", text: string) => void;

/** The capture; `flush` before anything else is shown, so that the order stays. */
export interface Output {
  /** Prints as if the cell had. */
  write(name: "stdout" | "stderr", text: string): void;
  flush(): void;
  /** A new cell begins: it may print its own share. */
  begin(): void;
  /** Gives the streams back. */
  release(): void;
}

/** One message holds at most this much: front ends limit messages a second and bytes a second. */
const CHUNK = 64 * 1024;
/** And waits at most this long. */
const DELAY_MS = 50;
/** A cell's first prints wait for nothing: behind them may come a long computation, in which no timer runs. */
const PROMPT_PRINTS = 20;
/** More than this from one cell is cut: JupyterLab lays out all of it, and for every megabyte a page stands still. */
const MAX_CHARACTERS = 1_000_000;

/** Sends everything printed in this process to `print`. */
export function captureOutput(print: Print): Output {
  let name: "stdout" | "stderr" = "stdout";
  let text = "";
  let last = 0;
  let total = 0;
  let prints = 0;
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    last = performance.now();
    if (text === "") return;
    const ready = text;
    text = "";
    print(name, ready);
  }

  function write(to: "stdout" | "stderr", added: string): void {
    if (total > MAX_CHARACTERS) return;
    if (to !== name) flush();
    name = to;
    text += added;
    total += added.length;
    if (total > MAX_CHARACTERS) {
      text = `${text.slice(0, text.length - (total - MAX_CHARACTERS))}\n[cut here: this cell printed more than ${MAX_CHARACTERS.toLocaleString("en")} characters]\n`;
      flush();
    }
    // A cell in a long loop gives no timer a chance; its own prints do.
    if (++prints <= PROMPT_PRINTS || text.length >= CHUNK || performance.now() - last >= DELAY_MS) flush();
    else timer ??= setTimeout(flush, DELAY_MS).unref();
  }

  const originals = { stdout: process.stdout.write, stderr: process.stderr.write };
  for (const stream of ["stdout", "stderr"] as const) {
    const decoder = new TextDecoder();
    process[stream].write = ((chunk: string | Uint8Array, encoding?: unknown, done?: unknown) => {
      const bytes = typeof chunk === "string" && encoding !== "hex" && encoding !== "base64" ? undefined : chunk;
      write(
        stream,
        bytes === undefined ? (chunk as string) : decoder.decode(asBytes(chunk, encoding), { stream: true }),
      );
      const callback = typeof encoding === "function" ? encoding : done;
      if (typeof callback === "function") process.nextTick(callback as () => void);
      return true;
    }) as typeof process.stdout.write;
  }
  return {
    write,
    flush,
    begin: () => {
      flush();
      total = 0;
      prints = 0;
    },
    release() {
      flush();
      process.stdout.write = originals.stdout;
      process.stderr.write = originals.stderr;
    },
  };
}

function asBytes(chunk: string | Uint8Array, encoding: unknown): Uint8Array {
  return typeof chunk === "string" ? Buffer.from(chunk, encoding as BufferEncoding) : chunk;
}
