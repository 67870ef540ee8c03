// What a container writes, line by line with the time of each, as a runtime keeps it.
// Before you edit: staging/src/k8s.io/cri-client/pkg/logs/logs.go (ReadLogs, logWriter), containerd internal/cri/io/logger.go (redirectLogs).
import { Waitable } from "../../netns/wait.ts";
import { SECOND } from "../../trace/world.ts";
import type { LogOptions, LogStream } from "../api/node-proxy.ts";

/** The lab's clock, in nanoseconds, and when it was 0, in nanoseconds since 1970. */
export interface LogClock {
  readonly now: number;
  readonly began: bigint;
}

export class ContainerLog {
  private readonly clock: LogClock;
  private readonly lines: string[] = [];
  /** When each line was whole. */
  private readonly times: number[] = [];
  /** A line that has no end yet: it is not in the log. */
  private rest = "";
  private readonly more = new Waitable();
  private hasEnded = false;

  constructor(clock: LogClock) {
    this.clock = clock;
  }

  write(text: string): void {
    const pieces = (this.rest + text).split(/(?<=\n)/);
    this.rest = pieces.at(-1)!.endsWith("\n") ? "" : pieces.pop()!;
    for (const line of pieces) this.put(line);
    if (pieces.length > 0) this.more.wake();
  }

  /** Nothing more will be written: what has no end of line is a line now. */
  end(): void {
    if (this.hasEnded) return;
    if (this.rest !== "") this.put(this.rest);
    this.rest = "";
    this.hasEnded = true;
    this.more.wake();
  }

  /** All of it. */
  get text(): string {
    return this.lines.join("");
  }

  /** The last lines are counted first; of those, the ones before `since` are left out. */
  read({ follow = false, tailLines, sinceSeconds, sinceTime, timestamps = false, limitBytes }: LogOptions): LogStream {
    const { clock, lines, times } = this;
    const since =
      sinceSeconds !== undefined
        ? clock.now - sinceSeconds * SECOND
        : sinceTime !== undefined
          ? Number(BigInt(Date.parse(sinceTime)) * 1_000_000n - clock.began)
          : Number.NEGATIVE_INFINITY;
    let next = tailLines === undefined ? 0 : Math.max(0, lines.length - tailLines);
    let left = limitBytes ?? Number.POSITIVE_INFINITY;
    const stop = follow ? null : lines.length;
    const read = () => {
      let text = "";
      for (; left > 0 && next < (stop ?? lines.length); next++) {
        if (times[next]! < since) continue;
        const line = timestamps ? `${this.stamp(times[next]!)} ${lines[next]}` : lines[next]!;
        const octets = Buffer.byteLength(line);
        text += octets <= left ? line : Buffer.from(line).subarray(0, left).toString();
        left -= Math.min(octets, left);
      }
      return text;
    };
    const isOver = () => left === 0 || (next >= (stop ?? lines.length) && (!follow || this.hasEnded));
    return { read, isOver, more: this.more };
  }

  private put(line: string): void {
    this.lines.push(line);
    this.times.push(this.clock.now);
  }

  /** RFC 3339 with nine digits, as each line of a log begins on the disk. */
  private stamp(at: number): string {
    const { began } = this.clock;
    const nanoseconds = began + BigInt(Math.round(at));
    const second = new Date(Number(nanoseconds / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
    return `${second}.${String(nanoseconds % 1_000_000_000n).padStart(9, "0")}Z`;
  }
}
