// How values show themselves in a notebook: a MIME bundle under the symbol that Jupyter kernels for JavaScript look for.
import { type Figure, figure } from "../draw/figure.ts";
import { interactive } from "../draw/interactive.ts";
import type { Scene } from "../draw/scene.ts";
import { svg } from "../draw/svg.ts";
import { ENGLISH, reader, type Speech } from "../language/say.ts";

export const DISPLAY = Symbol.for("Jupyter.display");
export const METADATA = Symbol.for("Jupyter.metadata");
export const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/** MIME type to content. */
export type Shown = Readonly<Record<string, string>>;

/** A value that is its text. */
export class Told {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  /** The text as the reader is told it: what real tools print stays as it is. */
  toString(): string {
    return this.text;
  }
  /** Prints the text now, where the last line of a cell shows something else: `sh("web", "ip route").print()`. */
  print(): void {
    const text = this.toString();
    process.stdout.write(text.endsWith("\n") || text === "" ? text : `${text}\n`);
  }
  [DISPLAY](): Shown {
    return { "text/plain": this.toString() };
  }
  [INSPECT](): string {
    return this.toString();
  }
}

/** A text that is made of sentences: English for code that reads it, in the reader's language where it is shown. */
export class Story extends Told {
  private readonly tell: (speech: Speech) => string;
  constructor(tell: (speech: Speech) => string) {
    super(tell(ENGLISH));
    this.tell = tell;
  }
  override toString(): string {
    const speech = reader();
    return speech === ENGLISH ? this.text : this.tell(speech);
  }
}

/** A scene that shows itself as a picture with its text twin. */
export class Picture {
  readonly scene: Scene;
  private made: Figure | null = null;

  constructor(scene: Scene) {
    this.scene = scene;
  }
  private get figure(): Figure {
    this.made ??= figure(this.scene);
    return this.made;
  }
  /** The picture as SVG text, for a file. */
  svg(): string {
    return svg(this.scene);
  }
  /** The same picture with buttons that step through it and words that show on hovering; it needs a trusted notebook. */
  interactive(): { [DISPLAY](): Shown } {
    const { data } = interactive(this.scene);
    return { [DISPLAY]: () => data };
  }
  [DISPLAY](): Shown {
    return this.figure.data;
  }
  get [METADATA](): Readonly<Record<string, string>> {
    return this.figure.metadata;
  }
  [INSPECT](): string {
    return this.figure.data["text/plain"];
  }
}
