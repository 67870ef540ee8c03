// "Is there a router?" A host asks when it has a link-local address, and goes on asking, less and less often, for nobody
// here advertises himself.
// Before you edit: RFC 4861 §6.3.7, RFC 7559, net/ipv6/addrconf.c (addrconf_dad_completed, addrconf_rs_timer,
// rfc3315_s14_backoff_init, rfc3315_s14_backoff_update, ipv6_accept_ra).
import type { Device } from "../../link/device.ts";
import { NOT_RECORDED } from "../../trace/step.ts";
import { SECOND } from "../../trace/world.ts";
import { ALL_ROUTERS } from "../../wire/address6.ts";
import type { Netns } from "../netns.ts";
import { ndPacket, ndSend } from "./solicit.ts";
import { type Inet6, linkLocalFrom } from "./state.ts";

/** A link-local address is the device's own now, and no other was. */
export function solicitRouters(ns: Netns, device: Device): void {
  const inet = ns.ipv6.of(device);
  if (device.kind === "loopback" || !listens(inet) || inet.conf.router_solicitations === 0) return;
  stopSoliciting(inet);
  ask(ns, device, inet.conf.router_solicitation_interval * roughly(ns, 1), 1);
}

/** The device goes down. */
export function stopSoliciting(inet: Inet6): void {
  inet.routerTimer?.cancel();
  inet.routerTimer = null;
}

/** Whether a router's advertisement would be heard (ipv6_accept_ra). */
function listens({ conf }: Inet6): boolean {
  return conf.forwarding !== 0 ? conf.accept_ra === 2 : conf.accept_ra !== 0;
}

/** Asks for the `asked`-th time, and after `interval` seconds again. */
function ask(ns: Netns, device: Device, interval: number, asked: number): void {
  const inet = ns.ipv6.of(device);
  const from = linkLocalFrom(inet);
  if (from === null) return;
  const message = { kind: "router solicitation", sourceMac: device.mac } as const;
  ndSend(ns, device, ndPacket(from, ALL_ROUTERS, message), NOT_RECORDED, "is there a router on the link?");
  inet.routerTimer = ns.cables.later(
    interval * SECOND,
    () => {
      const { conf } = inet;
      const isEnough = conf.router_solicitations >= 0 && asked >= conf.router_solicitations;
      if (!listens(inet) || isEnough) return;
      const next = interval * roughly(ns, 2);
      const most = conf.router_solicitation_max_interval;
      ask(ns, device, next > most ? most * roughly(ns, 1) : next, asked + 1);
    },
    true,
  );
}

/** `factor`, but for a tenth of 1 more or less. */
function roughly(ns: Netns, factor: number): number {
  return factor - 0.1 + ns.cables.random() * 0.2;
}
