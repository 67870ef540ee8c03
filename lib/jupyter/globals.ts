// What a cell finds without an import: display() and input(). Their types are in
// assets/jupyter/globals.d.ts.
import { ENGLISH, reader, say } from "../language/say.ts";
import { DISPLAY, METADATA, type Shown, show } from "./show.ts";

/** What the globals do their work with. */
export interface GlobalsHost {
  /** Publishes a message after everything printed so far. */
  publish(type: string, content: Record<string, unknown>): void;
  ask(prompt: string, password: boolean): Promise<string>;
  /** Keeps a cell from ending before what it shows is shown. */
  wait(task: Promise<void>): void;
}

interface Handle {
  readonly id: string;
  update(value: unknown): void;
}

/** Puts display() and input() into the global scope. */
export function installGlobals(host: GlobalsHost): void {
  let serial = 0;

  function put(type: string, value: unknown, id: string): void {
    const publish = (shown: Shown) => host.publish(type, { ...shown, transient: { display_id: id } });
    const shown = show(value);
    if (shown instanceof Promise) host.wait(shown.then(publish));
    else publish(shown);
  }

  function display(value: unknown, options: { id?: string; update?: boolean } = {}): Handle {
    const id = options.id ?? `display-${++serial}`;
    put(options.update ? "update_display_data" : "display_data", value, id);
    return { id, update: (changed) => put("update_display_data", changed, id) };
  }
  display.clear = (options: { wait?: boolean } = {}) => host.publish("clear_output", { wait: options.wait === true });
  display.bundle = (data: object, metadata: object = {}) => ({ [DISPLAY]: () => data, [METADATA]: () => metadata });

  const input = (prompt = "", options: { password?: boolean } = {}) => host.ask(prompt, options.password === true);
  Object.assign(globalThis, { display, input });
  if (reader() !== ENGLISH) speakOnConsole();
}

/** Each text that a cell hands to console.log is said in the reader's language, where it is known: reasons, not output. */
function speakOnConsole(): void {
  for (const name of ["log", "info", "warn", "error"] as const) {
    const print = console[name].bind(console);
    console[name] = (...args: unknown[]) => print(...args.map((arg) => (typeof arg === "string" ? say(arg) : arg)));
  }
}
