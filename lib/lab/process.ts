// A program that runs in a namespace: a generator that yields what it waits for.
import type { Netns } from "../netns/netns.ts";
import type { Waitable } from "../netns/wait.ts";
import type { World } from "../trace/world.ts";

/** Until when a program sleeps, and what wakes it before; neither means for ever. */
export interface Wait {
  /** Virtual time in nanoseconds. */
  readonly until?: number;
  readonly on?: readonly Waitable[];
  /** A lab is quiet while it waits so: it would for ever. */
  readonly background?: boolean;
}

/** A program's body; it returns its exit status. */
export type Program = Generator<Wait, number, void>;

/** Where a program runs and where its words go. */
export interface Surroundings {
  readonly ns: Netns;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** The exit status of wrong use, as bash has it. */
const MISUSED = 2;

export class Process {
  readonly name: string;
  readonly surroundings: Surroundings;
  /** Exit status, null while it runs. */
  status: number | null = null;
  private readonly program: Program;
  private readonly world: World;
  private readonly done: () => void;
  private wakeUp: () => void = () => {};

  constructor(world: World, name: string, surroundings: Surroundings, program: Program, done: () => void) {
    this.world = world;
    this.name = name;
    this.surroundings = surroundings;
    this.program = program;
    this.done = done;
  }

  /** Runs the program to its next wait or its end. */
  resume(): void {
    if (this.status !== null) return;
    const { done, value } = this.step();
    if (done) return this.end(value);
    let woken = false;
    const undo: (() => void)[] = [];
    this.wakeUp = () => {
      if (woken) return;
      woken = true;
      for (const each of undo) each();
      // Not at once: whoever woke it finishes what it is doing first, as an interrupt does.
      this.world.later(0, () => this.resume());
    };
    for (const source of value.on ?? []) undo.push(source.sleep(() => this.wakeUp()));
    if (value.until !== undefined) {
      const delay = Math.max(0, value.until - this.world.now);
      const timer = this.world.later(delay, () => this.wakeUp(), value.background);
      undo.push(() => timer.cancel());
    }
    this.cancelWait = () => {
      woken = true;
      for (const each of undo) each();
    };
  }

  /** A program that throws has ended: what is refused aloud does not stay behind as a process. */
  private step(): IteratorResult<Wait, number> {
    try {
      return this.program.next();
    } catch (failure) {
      this.end(MISUSED);
      throw failure;
    }
  }

  private cancelWait: () => void = () => {};

  /** Ends a program from outside; its `finally` blocks run, so its sockets close. */
  kill(status: number): void {
    if (this.status !== null) return;
    this.cancelWait();
    const { done, value } = this.program.return(status);
    this.end(done ? value : status);
  }

  private end(status: number): void {
    this.status = status;
    this.done();
  }
}
