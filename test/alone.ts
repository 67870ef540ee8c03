// Runs a program with names of network namespaces of its own. `ip netns add` writes names to a folder that all
// programs of a machine share (/run/netns), so two test runs at once, or one after another that was killed, would meet.
// Here the folder is another one for the program and all it starts, and goes with the last of them.
import { spawnSync } from "node:child_process";

const PRIVATE = ["--mount", "--propagation", "private", "sh", "-ec"];
const OWN_NAMES = 'mkdir -p /run/netns; mount -t tmpfs netns /run/netns; exec "$@"';

/** Whether this account may make such a place: root on Linux, where mounts are allowed. */
function allowed(): boolean {
  return process.getuid?.() === 0 && spawnSync("unshare", [...PRIVATE, OWN_NAMES, "sh", "true"]).status === 0;
}

const [program, ...words] = process.argv.slice(2);
if (program === undefined) throw new Error("alone PROGRAM [WORD...]: no program");
const { status, error } = allowed()
  ? spawnSync("unshare", [...PRIVATE, OWN_NAMES, "sh", program, ...words], { stdio: "inherit" })
  : spawnSync(program, words, { stdio: "inherit" });
if (error) throw error;
// A program that a signal ended has no status.
process.exit(status ?? 1);
