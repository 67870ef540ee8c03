// `modprobe ipip`: the module's own device comes to every namespace of the machine.
// Before you edit: modprobe(8), net/ipv4/ipip.c (ipip_init).
import { type Command, notModelled } from "./command.ts";

/** Modules that are as good as built in: nothing shows that they were loaded. */
const SILENT = ["dummy", "vxlan", "veth", "bridge"];

export const modprobe: Command = ({ lab, ns, args, container, err }) => {
  const names = args.filter((word) => word !== "-q" && word !== "--quiet");
  const option = names.find((word) => word.startsWith("-"));
  if (option !== undefined) throw notModelled("modprobe", option, "-q and names of modules");
  const [name, parameter] = names;
  if (name === undefined) {
    err("modprobe: ERROR: missing parameters. See -h.\n");
    return 1;
  }
  if (parameter !== undefined) throw notModelled("modprobe", parameter, "a module without parameters");
  if (container !== null) throw notModelled("modprobe", "in a container", "modprobe on a node");
  if (name === "ipip") lab.machines.get(ns.node)!.load("ipip");
  else if (!SILENT.includes(name)) throw notModelled("modprobe", name, ["ipip", ...SILENT].join(", "));
  return 0;
};
