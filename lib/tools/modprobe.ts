// `modprobe ipip`: the module's own device comes to every namespace of the machine; of br_netfilter, switches.
// Before you edit: modprobe(8), net/ipv4/ipip.c (ipip_init), net/bridge/br_netfilter_hooks.c (br_netfilter_init).
import { type Command, notModelled } from "./command.ts";

/** Modules that are as good as built in: nothing shows that they were loaded. */
const SILENT = ["dummy", "vxlan", "veth", "bridge", "8021q"];

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
  if (name === "ipip" || name === "br_netfilter" || name === "fou") lab.machines.get(ns.node)!.load(name);
  else if (!SILENT.includes(name))
    throw notModelled("modprobe", name, ["ipip", "br_netfilter", "fou", ...SILENT].join(", "));
  return 0;
};
