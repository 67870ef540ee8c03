// What is written to files of /proc/net and /proc/sys by `> FILE`.
// Before you edit: net/netfilter/xt_recent.c (recent_mt_proc_write), kernel/sysctl.c (proc_dointvec_minmax).
import { jiffiesAt } from "../netfilter/jiffies.ts";
import type { Netns } from "../netns/netns.ts";
import { notModelled } from "./command.ts";
import { PROC_FILES, recentFile } from "./proc.ts";

/** Writes a file below /proc; says what the shell says when the kernel will not, else null. Throws BadInput for other files. */
export function writeProc(ns: Netns, path: string, text: string, command: string): string | null {
  const list = recentFile(ns, path);
  if (list !== null)
    return ns.recent.write(list, text, jiffiesAt(ns.cables.now))
      ? null
      : `bash: ${command}: write error: Invalid argument`;
  if (/^\/proc\/(?:self\/|thread-self\/)?net\/xt_recent\//.test(path))
    return `bash: ${path}: No such file or directory`;
  throw notModelled("bash", `> ${path}`, `/proc/net/xt_recent/NAME, of ${PROC_FILES} only reading; sysctl -w`);
}
