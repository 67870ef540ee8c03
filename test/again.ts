// Tests that ask this machine's kernel and tools are asked again when the answer differs (`retries` in their suites):
// a busy machine is late for a timer, while a model that is wrong is wrong each time. This says aloud when it happened.
export const mochaHooks: Mocha.RootHookObject = {
  beforeEach(this: Mocha.Context) {
    const times = (this.currentTest as unknown as { currentRetry(): number }).currentRetry();
    if (times > 0) process.stdout.write(`      asked again (${times}), what this machine said had differed:\n`);
  },
};
