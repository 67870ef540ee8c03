// `ip -6 neigh ... proxy`: addresses that a router answers for in another's name.
// Before you edit: iproute2 ip/ipneigh.c, net/core/neighbour.c (pneigh_lookup, pneigh_delete).
import type { Device } from "../../link/device.ts";
import { joinSolicited, leaveSolicited } from "../../netns/ipv6/mld.ts";
import type { Ip } from "../../wire/address.ts";
import { notModelled } from "../command.ts";
import type { Context } from "./context.ts";
import { answers } from "./words.ts";

/** `ip -6 neigh show proxy`: addresses that are answered for in another's name. */
export function showProxies(context: Context, only: Device | undefined, flush: boolean): void {
  if (flush) throw notModelled("ip neigh flush", "proxy", "ip neigh flush of neighbours");
  const { ns } = context;
  const devices = ns.hasIpv6 && !context.options.inet ? context.devices() : [];
  for (const device of devices.filter((each) => only === undefined || each === only))
    for (const address of ns.ipv6.of(device).proxies)
      context.out(`${address} ${only === undefined ? `dev ${device.name} ` : ""}proxy \n`);
}

export function setProxy({ ns }: Context, device: Device, address: Ip, command: string): void {
  if (address.family === 4) throw notModelled("ip neigh", `proxy ${address}`, "proxies for addresses of IPv6");
  const { proxies } = ns.ipv6.of(device);
  if (command === "delete") {
    if (!proxies.delete(address)) throw answers("ENOENT");
    leaveSolicited(ns, device, address);
  } else if (!proxies.has(address)) {
    proxies.add(address);
    joinSolicited(ns, device, address);
  }
}
