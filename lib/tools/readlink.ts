// `readlink /proc/self/ns/net`: which namespace is this? Two containers of a pod give the same number.
// Before you edit: coreutils src/readlink.c, fs/nsfs.c.
import { type Command, notModelled } from "./command.ts";

/** `readlink /proc/self/ns/net` (or /proc/PID/ns/net): `net:[4026532008]`. */
export const readlink: Command = ({ ns, args, out }) => {
  const [path = "", ...rest] = args;
  if (rest.length > 0 || path !== "/proc/self/ns/net")
    throw notModelled("readlink", args.join(" "), "/proc/self/ns/net");
  out(`net:[${ns.inode}]\n`);
  return 0;
};
