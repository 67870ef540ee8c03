// MetalLB's speaker on one node, in layer 2 mode: it answers ARP for addresses that no device has, and tells everybody when
// they became its own.
// Before you edit: github.com/metallb/metallb internal/layer2/{arp,announcer}.go (processRequest, Gratuitous, spamLoop).
import type { Lab } from "../../lab/lab.ts";
import type { Device, Tap } from "../../link/device.ts";
import { transmit } from "../../link/forward.ts";
import type { Netns } from "../../netns/netns.ts";
import { LEVEL, NOT_RECORDED } from "../../trace/step.ts";
import { MILLISECOND, SECOND, type Timer } from "../../trace/world.ts";
import type { Ipv4 } from "../../wire/address.ts";
import { BROADCAST_MAC } from "../../wire/mac.ts";
import type { Arp, Frame } from "../../wire/packet.ts";

/** An address that is new here is told again and again for a while: some switches listen only later. */
const SPAM_INTERVAL = 1100 * MILLISECOND;
const SPAM_FOR = 5 * SECOND;

export class Speaker {
  private readonly lab: Lab;
  private readonly ns: Netns;
  private readonly device: Device;
  /** What it answers for, and the next time it tells so by itself. */
  private readonly announced = new Map<Ipv4, Timer | null>();

  /** `ns` is the node's, `device` the one it listens at. */
  constructor(lab: Lab, ns: Netns, device: string) {
    this.lab = lab;
    this.ns = ns;
    this.device = ns.devices.get(device)!;
    this.device.taps = [...(this.device.taps ?? []), this.hear];
  }

  announces(address: Ipv4): boolean {
    return this.announced.has(address);
  }

  /** From now on the address is this node's. */
  announce(address: Ipv4): void {
    if (this.announced.has(address)) return;
    this.announced.set(address, null);
    this.spam(address, this.lab.now + SPAM_FOR);
  }

  withdraw(address: Ipv4): void {
    this.announced.get(address)?.cancel();
    this.announced.delete(address);
  }

  private spam(address: Ipv4, until: number): void {
    for (const op of ["request", "reply"] as const) {
      const targetMac = BROADCAST_MAC;
      this.send(
        { kind: "arp", op, senderMac: this.device.mac, senderIp: address, targetMac, targetIp: address },
        NOT_RECORDED,
        `the speaker of ${this.ns.name} was elected for ${address}, and tells everybody (gratuitous ARP, ${op})`,
      );
    }
    const next = this.lab.now + SPAM_INTERVAL <= until;
    const timer = next ? this.lab.later(SPAM_INTERVAL, () => this.spam(address, until), true) : null;
    this.announced.set(address, timer);
  }

  private readonly hear: Tap = ({ dst, payload }, direction, cause) => {
    const { device } = this;
    if (direction === "out" || payload.kind !== "arp" || payload.op !== "request") return;
    if (dst !== BROADCAST_MAC && dst !== device.mac) return;
    if (!this.announced.has(payload.targetIp) || payload.senderIp === payload.targetIp) return;
    // A program answers, not the kernel: when it has its turn.
    this.lab.later(0, () => this.answer(payload, cause));
  };

  private answer({ targetIp, senderIp, senderMac }: Arp, cause: number): void {
    if (!this.announced.has(targetIp)) return;
    const { mac } = this.device;
    this.send(
      { kind: "arp", op: "reply", senderMac: mac, senderIp: targetIp, targetMac: senderMac, targetIp: senderIp },
      cause,
      `no device has ${targetIp}; the speaker of ${this.ns.name}, elected for it, answers with the MAC of ${this.device.name}`,
    );
  }

  private send(arp: Arp, cause: number, because: string): void {
    const { ns, device } = this;
    if (!device.up) return;
    const dst = arp.op === "reply" && arp.targetIp !== arp.senderIp ? arp.targetMac : BROADCAST_MAC;
    const frame: Frame = { dst, src: device.mac, payload: arp };
    transmit(
      ns.cables,
      device,
      frame,
      ns.step(LEVEL.path, cause, device, "arp", frame, () => ({ because })),
    );
  }
}
