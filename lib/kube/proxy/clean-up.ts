// What a mode of kube-proxy left in a namespace is taken away, so that another one can begin (kube-proxy --cleanup).
// Before you edit: pkg/proxy/{iptables,ipvs}/proxier.go (CleanupLeftovers).
import { COMMANDS } from "../../tools/registry.ts";
import { type Place, run, said, succeeds } from "./tool.ts";

/** Chains and rules, sets, virtual servers and their addresses; connections are forgotten, for they lead through them. */
export function cleanUp(place: Place): void {
  const { ns } = place;
  for (const family of ["ip", "ip6"]) {
    const save = said(place, [`${family}tables-save`, "--counters"]);
    const kept = save.split("\n").filter((line) => !line.includes("KUBE-"));
    if (kept.length < save.split("\n").length) run(place, [`${family}tables-restore`, "--counters"], kept.join("\n"));
  }
  if (ns.balancing !== null) run(place, ["ipvsadm", "--clear"]);
  for (const name of said(place, ["ipset", "list", "-name"]).split("\n"))
    if (name.startsWith("KUBE-")) run(place, ["ipset", "destroy", name]);
  if (ns.devices.has("kube-ipvs0")) run(place, ["ip", "link", "del", "kube-ipvs0"]);
  if (Object.hasOwn(COMMANDS, "nft")) succeeds(place, ["nft", "delete", "table", "ip", "kube-proxy"]);
  if (ns.hasTracking) ns.tracking.conntrack.killWhere(() => true);
}
