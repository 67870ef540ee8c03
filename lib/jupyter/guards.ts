// Keeps the kernel alive when a cell would end the process.

/** Refuses process.exit() and reports what fails outside any cell. */
export function guardProcess(complain: (title: string, thrown: unknown) => void): void {
  const refuse = () => {
    throw new Error("process.exit() would end the kernel and forget every cell; use Kernel > Restart for that");
  };
  process.exit = refuse as typeof process.exit;
  process.abort = refuse as typeof process.abort;
  process.on("unhandledRejection", (reason) => complain("A promise failed, and no cell awaited it:", reason));
  process.on("uncaughtException", (error) => complain("Code that a cell left behind failed:", error));
}
