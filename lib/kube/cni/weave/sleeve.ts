// Sleeve: weave's router as a program. It captures what the bridge sends to vethwe-pcap, sends it in datagrams of UDP port
// 6783 to the peers that should have it, and puts what comes from them into the bridge by the same cable.
// Before you edit: github.com/weaveworks/weave router/{sleeve,pcap,network_router}.go.
import type { Program } from "../../../lab/process.ts";
import type { Cables, Device, Tap } from "../../../link/device.ts";
import { transmit } from "../../../link/forward.ts";
import type { Netns } from "../../../netns/netns.ts";
import { UdpSocket } from "../../../netns/socket/udp.ts";
import { Waitable } from "../../../netns/wait.ts";
import type { Ipv4 } from "../../../wire/address.ts";
import { frameBytes } from "../../../wire/bytes.ts";
import { BadInput } from "../../../wire/input.ts";
import type { Mac } from "../../../wire/mac.ts";
import type { Frame } from "../../../wire/packet.ts";
import { parseFrame } from "../../../wire/parse.ts";
import { MacCache } from "./router.ts";
import { readSleeve, type SleeveFrame, sleeveBytes, sleeveLength } from "./sleeve-format.ts";

const PORT = 6783;
/** What a datagram has room for on the way: frames that wait for one peer share it. */
const LARGEST = 1500 - 28;

/** A handle of libpcap that sees what comes in by a device. */
class Pcap extends Waitable {
  private readonly queue: { readonly frame: Frame; readonly cause: number }[] = [];
  private readonly device: Device;
  private readonly tap: Tap = (frame, direction, cause) => {
    if (direction === "out") return;
    this.queue.push({ frame, cause });
    this.wake();
  };

  constructor(device: Device) {
    super();
    this.device = device;
    device.taps = [...(device.taps ?? []), this.tap];
  }

  read(): { readonly frame: Frame; readonly cause: number } | undefined {
    return this.queue.shift();
  }

  close(): void {
    const left = (this.device.taps ?? []).filter((each) => each !== this.tap);
    this.device.taps = left.length > 0 ? left : null;
  }
}

export interface SleeveOptions {
  readonly cables: Cables;
  readonly ns: Netns;
  readonly device: Device;
  readonly self: Mac;
  /** Where the other peers are; the map may change meanwhile. */
  readonly peers: ReadonlyMap<Mac, Ipv4>;
}

/** The router of one node. */
export function* sleeveRouter({ cables, ns, device, self, peers }: SleeveOptions): Program {
  const pcap = new Pcap(device);
  const socket = new UdpSocket(ns, "weaver");
  const failed = socket.bind(null, PORT);
  if (failed !== null) return 1;
  const macs = new MacCache();
  const waiting = new Map<Mac, { frames: SleeveFrame[]; cause: number }>();

  const flush = (peer: Mac): void => {
    const { frames, cause } = waiting.get(peer)!;
    waiting.delete(peer);
    const address = peers.get(peer);
    if (address !== undefined) socket.send(sleeveBytes(self, frames), { address, port: PORT }, cause);
  };

  const forward = (frame: Frame, peer: Mac, cause: number): void => {
    const next = { source: self, destination: peer, octets: frameBytes(frame) };
    const before = waiting.get(peer);
    if (before !== undefined && sleeveLength([...before.frames, next]) > LARGEST) flush(peer);
    const batch = waiting.get(peer);
    if (batch === undefined) waiting.set(peer, { frames: [next], cause });
    else batch.frames.push(next);
  };

  const captured = (frame: Frame, cause: number): void => {
    macs.learn(frame.src, self, cables.now);
    const to = frame.dst.isGroup ? undefined : macs.find(frame.dst, cables.now);
    if (to === self) return;
    for (const peer of to === undefined ? peers.keys() : [to]) forward(frame, peer, cause);
  };

  const received = (data: Uint8Array, cause: number): void => {
    for (const { source, destination, octets } of readSleeve(data)?.frames ?? []) {
      const frame = destination === self ? readFrame(octets) : null;
      if (frame === null) continue;
      macs.learn(frame.src, source, cables.now);
      transmit(cables, device, frame, cause);
    }
  };

  try {
    for (;;) {
      for (let read = pcap.read(); read !== undefined; read = pcap.read()) captured(read.frame, read.cause);
      for (let next = socket.receive(); next !== null; next = socket.receive()) received(next.data, next.cause);
      for (const peer of [...waiting.keys()]) flush(peer);
      socket.takeError();
      yield { on: [pcap, socket] };
    }
  } finally {
    pcap.close();
    socket.close();
  }
}

function readFrame(octets: Uint8Array): Frame | null {
  try {
    return parseFrame(octets, { checksums: "ignore" });
  } catch (failure) {
    if (failure instanceof BadInput) return null;
    throw failure;
  }
}
