// A datapath of Open vSwitch: ports, a table of flows, and for what no flow is about an upcall to the program that owns it.
// Before you edit: net/openvswitch/{datapath,actions,vport-vxlan}.c, drivers/net/vxlan/vxlan_core.c (vxlan_dev_create).
import type { TunnelKey } from "../../link/datapath.ts";
import type { Device } from "../../link/device.ts";
import { transmit } from "../../link/forward.ts";
import { VXLAN_DEFAULTS } from "../../link/vxlan.ts";
import { LEVEL } from "../../trace/step.ts";
import type { Mac } from "../../wire/mac.ts";
import type { Frame } from "../../wire/packet.ts";
import { addDevice, setUp } from "../configure.ts";
import type { Netns } from "../netns.ts";
import { Waitable } from "../wait.ts";
import { addVxlanDevice } from "./device.ts";
import { sendExternal } from "./vxlan.ts";

/** Out of a port; out of a tunnel's with the key it is to have. */
export interface Output {
  readonly port: number;
  readonly tunnel: TunnelKey | null;
}

/** What a flow is about, as far as programs here ask: where a frame came in, and its addresses. */
export interface Upcall {
  readonly port: number;
  readonly tunnel: TunnelKey | null;
  readonly frame: Frame;
  readonly cause: number;
}

/** The MTU that the kernel gives a VXLAN device made by Open vSwitch. */
const VXLAN_MTU = 65470;

const keyOf = (port: number, tunnel: TunnelKey | null, { src, dst }: Frame): string =>
  `${port} ${tunnel === null ? "" : `${tunnel.id} ${tunnel.src}`} ${src} ${dst}`;

export class Datapath extends Waitable {
  readonly device: Device;
  readonly ports: Device[] = [];
  private readonly ns: Netns;
  private readonly flows = new Map<string, readonly Output[]>();
  private readonly queue: Upcall[] = [];

  /** With a device of its own of this name, which is port 0. */
  constructor(ns: Netns, name: string, mac: Mac, mtu: number) {
    super();
    this.ns = ns;
    this.device = addDevice(ns, "openvswitch", name, mac);
    this.device.mtu = mtu;
    this.addPort(this.device);
  }

  /** The number of the new port. */
  addPort(device: Device): number {
    const port = this.ports.push(device) - 1;
    const { device: datapath } = this;
    device.vport = { datapath, receive: (frame, cause, tunnel) => this.receive(port, frame, cause, tunnel) };
    return port;
  }

  /** A port that puts frames into VXLAN, to whom and of which network each flow says. */
  addVxlan(name: string, udpPort: number, mac: Mac): number {
    const settings = { ...VXLAN_DEFAULTS, vni: 0, port: udpPort, learning: false, external: true };
    const device = addVxlanDevice({ ns: this.ns, name, mtu: VXLAN_MTU }, mac, settings, null, this.ns);
    setUp(this.ns, device);
    return this.addPort(device);
  }

  /** What no flow was about, the oldest first. */
  upcall(): Upcall | undefined {
    return this.queue.shift();
  }

  /** The program says what becomes of a frame, and of all that are like it if `keep`. */
  answer({ port, tunnel, frame, cause }: Upcall, outputs: readonly Output[], keep: boolean): void {
    if (keep) this.flows.set(keyOf(port, tunnel, frame), outputs);
    this.execute(frame, outputs, cause);
  }

  /** All flows are forgotten. */
  flush(): void {
    this.flows.clear();
  }

  private receive(port: number, frame: Frame, cause: number, tunnel: TunnelKey | null): void {
    const { name } = this.device;
    const outputs = this.flows.get(keyOf(port, tunnel, frame));
    const because =
      outputs === undefined
        ? `${name} has no flow for it: the program that owns it is asked (upcall)`
        : `a flow of ${name} is about it: ${outputs.map((each) => this.ports[each.port]!.name).join(", ") || "drop"}`;
    const evidence = { kind: "link", text: `in_port(${port})`, command: `ovs-dpctl dump-flows ${name}` } as const;
    const step = this.ns.step(LEVEL.path, cause, this.ports[port]!, "fdb", frame, () => ({ because, evidence }));
    if (outputs !== undefined) return this.execute(frame, outputs, step);
    this.queue.push({ port, tunnel, frame, cause: step });
    this.wake();
  }

  private execute(frame: Frame, outputs: readonly Output[], cause: number): void {
    const { ns } = this;
    for (const { port, tunnel } of outputs) {
      const device = this.ports[port]!;
      if (tunnel === null) transmit(ns.cables, device, frame, cause);
      else sendExternal(ns, device, frame, tunnel, cause);
    }
  }
}
