// Judges answers in a thread of its own: packets of a student's lab may go round in circles, and then the thread is ended.
import { parentPort, Worker } from "node:worker_threads";
import { type Answer, type Judged, judge, type Sitting } from "../course/assignment.ts";
import { assignmentNamed, taskNamed } from "../course/judges/registry.ts";

interface Asked {
  readonly assignment: string;
  readonly task: string;
  readonly sitting: Sitting;
  readonly answer: Answer | undefined;
}

parentPort?.on("message", ({ assignment, task, sitting, answer }: Asked) => {
  const found = assignmentNamed(assignment);
  parentPort!.postMessage(judge(found, taskNamed(found, task), sitting, answer));
});

/** A thread that judges, one answer after the other. */
export class Judge {
  private worker: Worker | null = null;
  private readonly seconds: number;

  constructor(seconds: number) {
    this.seconds = seconds;
  }
  /** How an answer did; rejects when it took too long or too much memory: then `close`. */
  judge(assignment: string, task: string, sitting: Sitting, answer: Answer | undefined): Promise<readonly Judged[]> {
    const worker = new URL("./grade-judge.js", import.meta.url);
    this.worker ??= new Worker(worker, { resourceLimits: { maxOldGenerationSizeMb: 768 } });
    const thread = this.worker;
    return new Promise((resolve, reject) => {
      const tooLong = () => settle(() => reject(new Error(`Judging it took more than ${this.seconds} s.`)));
      const timer = setTimeout(tooLong, this.seconds * 1000);
      const onMessage = (judged: readonly Judged[]) => settle(() => resolve(judged));
      const onError = (error: Error) => settle(() => reject(error));
      const settle = (end: () => void) => {
        clearTimeout(timer);
        thread.off("message", onMessage).off("error", onError);
        end();
      };
      thread.on("message", onMessage).on("error", onError);
      thread.postMessage({ assignment, task, sitting, answer } satisfies Asked);
    });
  }
  /** Ends the thread; the next answer gets a new one. */
  close(): void {
    const thread = this.worker;
    this.worker = null;
    thread?.on("error", () => {});
    void thread?.terminate();
  }
}
