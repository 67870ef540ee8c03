// arping of iputils 20221126: ARP by hand, to see who answers for an address, or to tell everybody who has it.
// Before you edit: iputils arping.c (send_pack, recv_pack, finish, event_loop).
import type { Program } from "../lab/process.ts";
import { transmit } from "../link/forward.ts";
import { Waitable } from "../netns/wait.ts";
import { LEVEL, NOT_RECORDED } from "../trace/step.ts";
import { MICROSECOND, SECOND } from "../trace/world.ts";
import { BROADCAST_MAC, type Mac } from "../wire/mac.ts";
import type { Arp, Frame } from "../wire/packet.ts";
import { type Options, Quit, readOptions } from "./arping-arguments.ts";
import type { Call, Command } from "./command.ts";

/** Without -c and -w it goes on until Ctrl-C; here it gets that Ctrl-C after so many. */
const UNTIL_CTRL_C = 5;

export const arping: Command = (call) => {
  try {
    return new Run(call, readOptions(call)).program();
  } catch (failure) {
    if (!(failure instanceof Quit)) throw failure;
    (failure.toStdout ? call.out : call.err)(failure.message);
    return failure.status;
  }
};

class Run {
  private readonly call: Call;
  private readonly options: Options;
  private readonly socket = new Waitable();
  private readonly heard: { readonly frame: Frame; readonly arp: Arp }[] = [];
  /** Whom it asks: everybody, until somebody answered. */
  private target: Mac = BROADCAST_MAC;
  private sent = 0;
  private broadcasts = 0;
  private received = 0;
  private broadcastsReceived = 0;
  private requestsReceived = 0;
  private last = 0;

  constructor(call: Call, options: Options) {
    this.call = call;
    this.options = options;
  }

  *program(): Program {
    const { call, options } = this;
    const { lab, out } = call;
    const { device, timeout, count, interval, quiet, dst, src, dad } = options;
    if (!quiet) out(`ARPING ${dst} from ${src} ${device.name}\n`);
    if (src.bits === 0 && !dad) {
      call.err("arping: no source address in not-DAD mode\n");
      return 2;
    }
    const tap = (frame: Frame, direction: "in" | "out") => {
      const { payload } = frame;
      const isForUs = frame.dst === device.mac || frame.dst.isGroup;
      if (direction === "out" || payload.kind !== "arp" || !isForUs) return;
      this.heard.push({ frame, arp: payload });
      this.socket.wake();
    };
    device.taps = [...(device.taps ?? []), tap];
    try {
      const start = lab.now;
      const end = timeout > 0 ? start + timeout * SECOND : Number.POSITIVE_INFINITY;
      const isEndless = count === -1 && timeout === 0;
      this.send();
      let ticks = 1;
      for (let isOver = false; !isOver; ) {
        const tick = start + ticks * interval * SECOND;
        if (this.heard.length === 0) yield { until: Math.min(tick, end), on: [this.socket] };
        for (let message = this.heard.shift(); message !== undefined && !isOver; message = this.heard.shift())
          isOver = this.take(message.frame, message.arp);
        if (isOver) break;
        if (lab.now >= tick) {
          ticks++;
          if (isEndless && ticks > UNTIL_CTRL_C) {
            out("^C");
            break;
          }
          if (count > 0 && ticks > count) break;
          this.send();
        }
        if (lab.now >= end) break;
      }
    } finally {
      const left = (device.taps ?? []).filter((each) => each !== tap);
      device.taps = left.length > 0 ? left : null;
    }
    return this.finish();
  }

  private send(): void {
    const { call, options, target } = this;
    const { ns, lab } = call;
    const { device, src, dst, advertise } = options;
    const arp: Arp = {
      kind: "arp",
      op: advertise ? "reply" : "request",
      senderMac: device.mac,
      senderIp: src,
      targetMac: advertise ? device.mac : target,
      targetIp: dst,
    };
    const frame = { dst: target, src: device.mac, payload: arp };
    const step = ns.step(LEVEL.path, NOT_RECORDED, device, "arp", frame, () => ({
      because: advertise
        ? `arping tells everybody that ${src} is at ${device.mac}`
        : `arping asks ${target.isGroup ? "everybody" : target} who has ${dst}`,
    }));
    this.last = lab.now;
    this.sent++;
    if (target.isGroup) this.broadcasts++;
    transmit(ns.cables, device, frame, step);
  }

  /** True when this was the last message it waits for. */
  private take(frame: Frame, arp: Arp): boolean {
    const { options, call } = this;
    const { device, dst, src, dad, quiet, timeout, count } = options;
    if (arp.senderIp !== dst) return false;
    if (dad ? arp.senderMac === device.mac || (src.bits !== 0 && src !== arp.targetIp) : src !== arp.targetIp)
      return false;
    if (!dad && arp.targetMac !== device.mac) return false;
    const isToUs = frame.dst === device.mac;
    if (!quiet) {
      const words = [isToUs ? "Unicast" : "Broadcast", arp.op, "from", `${arp.senderIp}`, `[${upper(arp.senderMac)}] `];
      let text = words.join(" ");
      if (arp.targetIp !== src) text += `for ${arp.targetIp} `;
      if (arp.targetMac !== device.mac) text += `${arp.targetIp === src ? "for " : ""}[${upper(arp.targetMac)}]`;
      call.out(`${text} ${this.took()}ms\n`);
    }
    this.received++;
    if (timeout > 0 && this.received === count) return true;
    if (!isToUs) this.broadcastsReceived++;
    if (arp.op === "request") this.requestsReceived++;
    if (options.quitOnReply) return true;
    if (!options.broadcastOnly) this.target = arp.senderMac;
    return false;
  }

  /** Milliseconds since the last question, half a millisecond too many, as the real arping counts them. */
  private took(): string {
    const all = Math.floor((this.call.lab.now - this.last + 500) / MICROSECOND);
    const milliseconds = Math.floor((all + 500) / 1000);
    return `${milliseconds}.${`${all - (milliseconds * 1000 - 500)}`.padStart(3, "0")}`;
  }

  private finish(): number {
    const { sent, broadcasts, received, broadcastsReceived, requestsReceived, options, call } = this;
    if (!options.quiet) {
      const kinds = [
        ...(requestsReceived > 0 ? [`${requestsReceived} request(s)`] : []),
        ...(broadcastsReceived > 0 ? [`${broadcastsReceived} broadcast(s)`] : []),
      ];
      const behind = kinds.length > 0 ? ` (${kinds.join(", ")})` : "";
      call.out(`Sent ${sent} probes (${broadcasts} broadcast(s))\nReceived ${received} response(s)${behind}\n`);
    }
    if (options.dad) return received > 0 || (options.quitOnReply && broadcasts === received) ? 1 : 0;
    if (options.unsolicited) return 0;
    if (received === 0) return 1;
    return options.timeout > 0 && options.count === -1 ? 0 : sent === received ? 0 : 1;
  }
}

function upper(mac: Mac): string {
  return mac.text.toUpperCase();
}
