// The sockets of the daemons that keep connections of directors in step: the master sends to a group, the backup listens.
// Before you edit: net/netfilter/ipvs/ip_vs_sync.c (make_send_sock, make_receive_sock, start_sync_thread).
import type { DaemonSpec } from "../../ipvs/sync.ts";
import type { Device } from "../../link/device.ts";
import type { Netns } from "../netns.ts";
import { UdpSocket } from "../socket/udp.ts";
import { balancingOf } from "./balancing.ts";

export type Role = "master" | "backup";

/** Null, or why the kernel refuses. */
export function startDaemon(ns: Netns, role: Role, spec: DaemonSpec, device: Device): "EEXIST" | "EINVAL" | null {
  const balancing = balancingOf(ns);
  const { sync } = balancing.ipvs;
  if (sync[role] !== null) return "EEXIST";
  const socket = new UdpSocket(ns, `IPVS sync daemon, ${role}`);
  socket.device = device;
  const { group, port, ttl } = spec;
  if (role === "master") {
    socket.options = { ttl, discovery: "dont", isLooped: false };
    if (socket.connect(group, port) !== null) return "EINVAL";
    sync.onMessage = (octets) => void socket.send(octets);
    sync.startMaster(spec);
  } else {
    if (socket.bind(null, port) !== null) return "EINVAL";
    socket.local = { address: group, port };
    socket.encap = { receive: (_arrival, _packet, { data }) => sync.receive(data), sent: () => false };
    ns.sockets.listen(device, group, 1);
    sync.backup = spec;
  }
  balancing.daemons[role] = () => {
    socket.close();
    if (role === "master") sync.stopMaster();
    else {
      ns.sockets.listen(device, group, -1);
      sync.backup = null;
    }
  };
  return null;
}

/** Whether there was one. */
export function stopDaemon(ns: Netns, role: Role): boolean {
  const { daemons } = balancingOf(ns);
  const stop = daemons[role];
  if (stop === null) return false;
  daemons[role] = null;
  stop();
  return true;
}
