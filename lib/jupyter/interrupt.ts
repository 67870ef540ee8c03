// Stops code on the main thread from the socket thread. A waiting main thread
// takes the interrupt as a message; one that is stuck in code (a loop in a cell,
// after an await, in a timer) takes no message and is stopped by the inspector.
import { Session } from "node:inspector";
import type { Phase } from "./phase.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** How long the main thread has to take an interrupt by itself before its code is stopped. */
const PATIENCE_MS = 150;

/** Waits until the main thread has taken more interrupts than `taken`; stops its code when it can't. */
export async function stopWhenStuck(phase: Phase, taken: number): Promise<void> {
  let waited = 0;
  while (phase.taken() === taken) {
    await pause(10);
    // The compiler is not interrupted: its time doesn't count.
    if (phase.compiling()) continue;
    waited += 10;
    if (waited < PATIENCE_MS || phase.taken() !== taken) continue;
    await terminateMainThread();
    waited = 0;
  }
}

async function terminateMainThread(): Promise<void> {
  // Opened for the moment only: an open session holds the process at its end.
  const session = new Session();
  session.connectToMainThread();
  await new Promise<void>((resolve) => {
    session.post("Runtime.terminateExecution", () => resolve());
    // The answer comes when the code was stopped, which a system call can delay.
    setTimeout(resolve, 1000);
  });
  session.disconnect();
}
