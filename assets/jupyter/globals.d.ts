/** What a cell can use without an import. Read by the compiler behind the cells. */

/** A picture, table or text shown by `display`, which can be changed afterwards. */
interface DisplayHandle {
  /** The id under which a front end finds it again. */
  readonly id: string;
  /** Shows another value in its place, wherever it is shown. */
  update(value: unknown): void;
}

/**
 * Shows a value below the cell, as the last expression of a cell would be shown.
 *
 * @param value what to show; it shows itself by `Symbol.for("Jupyter.display")`
 * @param options `id`: shows it under this id, so that a later `display` with `update: true` changes it
 */
declare function display(value: unknown, options?: { id?: string; update?: boolean }): DisplayHandle;

declare namespace display {
  /**
   * Removes what the cell has shown so far.
   *
   * @param options `wait: true` keeps it until there is something new, which avoids a flicker
   */
  function clear(options?: { wait?: boolean }): void;
  /** A value that shows itself as these representations, for example `{ "text/html": "<b>bold</b>" }`. */
  function bundle(data: Record<string, unknown>, metadata?: Record<string, unknown>): object;
}

/**
 * Asks the reader for a line of text: `const name = await input("your name? ")`.
 *
 * @param prompt the text before the field
 * @param options `password: true` hides what is typed
 */
declare function input(prompt?: string, options?: { password?: boolean }): Promise<string>;
