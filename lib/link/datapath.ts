// A port of an Open vSwitch datapath: what comes in by it goes to the datapath, not up and into no bridge.
// Before you edit: net/openvswitch/{vport-netdev,vport-internal_dev}.c. The datapath itself: netns/tunnel/datapath.ts.
import type { Ipv4 } from "../wire/address.ts";
import type { Frame } from "../wire/packet.ts";
import type { Device } from "./device.ts";

/** What a tunnel in mode "external" tells of a frame, or is told to send it with (struct ip_tunnel_key). */
export interface TunnelKey {
  readonly id: number;
  readonly src: Ipv4;
  readonly dst: Ipv4;
}

export interface Vport {
  /** The datapath's own device, which is its port 0. */
  readonly datapath: Device;
  receive(frame: Frame, cause: number, tunnel: TunnelKey | null): void;
}
