// A neighbour as `ip neighbour` prints it.
// Before you edit: iproute2 ip/ipneigh.c (print_neigh, print_cacheinfo).
import type { Neighbour } from "../../ip/neighbour.ts";
import type { Device } from "../../link/device.ts";
import type { Neighbour6 } from "../../netns/ipv6/state.ts";
import type { Context } from "./context.ts";

export interface Entry<N extends Neighbour | Neighbour6 = Neighbour | Neighbour6> {
  readonly device: Device;
  readonly neighbour: N;
}

/** A line of `ip neigh`; `isOnly` when a device was named, which is then not repeated. */
export function neighbourText({ options, isOld }: Context, { device, neighbour }: Entry, isOnly: boolean): string {
  const { address, mac, state, isValid, isRouter } = neighbour;
  if (options.brief)
    return `${address.text.padEnd(39)} ${isOnly ? "" : `${device.name.padEnd(16)} `}${isValid ? mac : ""}\n`;
  const words: string[] = [address.text];
  if (!isOnly) words.push("dev", device.name);
  if (isValid) words.push("lladdr", mac!.text);
  if (isRouter) words.push("router");
  if (options.stats > 0) words.push(cacheInfo(neighbour));
  if (isOld) return `${words.join(" ")} ${isValid || isRouter ? "" : " "}${state}\n`;
  return `${[...words, state].join(" ")} \n`;
}

/** Its references beside the table's own, seconds since its last use, proof and change, and how often it was asked for. */
function cacheInfo(neighbour: Neighbour | Neighbour6): string {
  const { used, confirmed, updated } = neighbour.ages();
  const references = neighbour.isInUse ? " ref 1" : "";
  return `${references} used ${used}/${confirmed}/${updated}probes ${neighbour.probes}`;
}

export function neighbourJson({ device, neighbour }: Entry, isOnly: boolean, stats: number): object {
  const { address, mac, state, isValid, isRouter } = neighbour;
  return {
    dst: address,
    ...(!isOnly && { dev: device.name }),
    ...(isValid && { lladdr: mac }),
    ...(isRouter && { router: null }),
    ...(stats > 0 && { ...(neighbour.isInUse && { refcnt: 1 }), ...neighbour.ages(), probes: neighbour.probes }),
    state: [state],
  };
}
