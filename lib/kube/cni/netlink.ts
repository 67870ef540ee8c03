// What a plugin asks of the kernel for each pod, by netlink: among thousands of pods the words of commands would cost more
// than what they do. Each throws Error with the kernel's words when it is refused.
// Before you edit: github.com/containernetworking/plugins pkg/ip/{link,route}_linux.go, pkg/ipam/ipam_linux.go
// (ConfigureIface), tools/iproute/{link,addr,route}.ts, which ask the same.
import type { Scope } from "../../ip/address.ts";
import { TABLE } from "../../ip/route.ts";
import type { Lab } from "../../lab/lab.ts";
import { setPort } from "../../link/bridge-port.ts";
import type { Device } from "../../link/device.ts";
import { setMaster, setUp } from "../../netns/configure.ts";
import type { Errno } from "../../netns/errno.ts";
import { type Refusal, tryAddress } from "../../netns/ipv4/fib.ts";
import { tryRoute } from "../../netns/ipv4/fib-route.ts";
import type { Netns } from "../../netns/netns.ts";
import { noteLink, noteNetns } from "../../tools/iproute/context.ts";
import type { Ipv4, Prefix4 } from "../../wire/address.ts";

function must(refusal: Refusal | null): void {
  if (refusal !== null) throw new Error(refusal.message ?? refusal.errno);
}

const errnoOf = (errno: Errno | null): Refusal | null => (errno === null ? null : { errno });

/** A veth pair: `end` in the node's namespace, its other end the pod's eth0. Both are down. */
export function addPodVeth(lab: Lab, root: Netns, end: string, pod: Netns, mtu: number): Device {
  const [device, peer] = lab.addVeth({ ns: root, name: end }, { ns: pod, name: "eth0" });
  noteNetns(lab, root, pod);
  peer.mtu = mtu;
  device.mtu = mtu;
  return device;
}

export function setLinkUp(lab: Lab, device: Device): void {
  must(errnoOf(setUp(device.owner as Netns, device)));
  noteLink(lab, device);
  if (device.peer?.up) noteLink(lab, device.peer);
}

/** The device becomes a port of the bridge; with `hairpin` a frame may leave by it again. */
export function addPort(lab: Lab, device: Device, bridge: Device, hairpin: boolean): void {
  must(errnoOf(setMaster(device, bridge)));
  noteLink(lab, device);
  if (!hairpin) return;
  // As changePort of the command: bridges whose ports change are told of (trace/recorder.ts).
  (bridge.owner as Netns).cables.recorder.settle();
  must(errnoOf(setPort(device, { flags: { hairpin } })));
}

export function addAddress(device: Device, address: Ipv4, length: number, broadcast: Ipv4): void {
  must(tryAddress(device.owner as Netns, device, address, length, { broadcast }));
}

/** A route in the main table, by a gateway if there is one. */
export function addRoute(device: Device, prefix: Prefix4, via: Ipv4 | null, scope: Scope = "global"): void {
  const route = { type: "unicast", prefix, via, dev: device, src: null, metric: 0, protocol: "boot", scope } as const;
  must(tryRoute(device.owner as Netns, TABLE.main, route, "add"));
}
