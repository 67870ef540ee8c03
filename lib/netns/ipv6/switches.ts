// A switch of IPv6 is set: for all, for devices to come, or for one device. Some act at once.
// Before you edit: net/ipv6/addrconf.c (addrconf_disable_ipv6, addrconf_fixup_forwarding).
import type { Device } from "../../link/device.ts";
import type { Netns } from "../netns.ts";
import { disable6, forward6 } from "./addrconf.ts";
import type { Conf6Name } from "./conf.ts";

export function set6(ns: Netns, who: string, name: Conf6Name, value: number): void {
  const { ipv6 } = ns;
  const reachesAll = name === "disable_ipv6" || name === "forwarding";
  if (who === "all") ipv6.all = { ...ipv6.all, [name]: value };
  if (who === "default" || (who === "all" && reachesAll)) ipv6.fallback = { ...ipv6.fallback, [name]: value };
  if (who === "default") return;
  if (who !== "all") return setDevice(ns, ns.devices.get(who)!, name, value);
  if (reachesAll) for (const device of ns.devices.values()) setDevice(ns, device, name, value);
}

function setDevice(ns: Netns, device: Device, name: Conf6Name, value: number): void {
  if (name === "disable_ipv6") disable6(ns, device, value);
  else if (name === "forwarding") forward6(ns, device, value);
  else {
    const inet = ns.ipv6.of(device);
    inet.conf = { ...inet.conf, [name]: value };
  }
}
