// How much room is left for what comes? The receive buffer counts the memory of packets, the window octets of data;
// both grow with what good segments prove and a quick reader needs.
// Before you edit: net/ipv4/tcp_input.c (tcp_measure_rcv_mss, tcp_grow_window, tcp_init_buffer_space, tcp_clamp_window,
// tcp_rcv_space_adjust, tcp_rcvbuf_grow), tcp_output.c (__tcp_select_window), tcp.c (tcp_set_window_clamp),
// include/net/tcp.h (tcp_win_from_space).
import { MILLISECOND } from "../../trace/world.ts";
import { after, distance, plus, TCP } from "./block.ts";
import type { TcpSocket } from "./tcp.ts";

/** The memory of a packet with so many octets of data (SKB_TRUESIZE); a program that captures keeps it from being joined. */
export const truesize = (octets: number): number => octets + TCP.overhead;

/** tcp_win_from_space: octets of data in so much memory. */
const windowFrom = ({ scalingRatio }: TcpSocket, memory: number): number => Math.floor((memory * scalingRatio) / 256);

/** tcp_full_space. */
const fullSpace = (socket: TcpSocket): number => windowFrom(socket, socket.rcvbuf);

/** tcp_space: what is free now; negative when the buffer is overfull. */
const freeSpace = (socket: TcpSocket): number => windowFrom(socket, socket.rcvbuf - socket.rmem);

const alignUp = (window: number, scale: number) => Math.ceil(window / 2 ** scale) * 2 ** scale;

/** tp->advmss: what we told the other end, without the timestamps. */
const advertisedMss = ({ routeMss, hasTimestamps }: TcpSocket): number =>
  routeMss - (hasTimestamps ? TCP.timestampOctets : 0);

/** tcp_init_buffer_space: room for one segment is kept back. */
export function initBufferSpace(socket: TcpSocket): void {
  const mss = advertisedMss(socket);
  const full = fullSpace(socket);
  socket.windowClamp = full > 2 * mss ? Math.max(2 * mss, full - mss) : full;
  socket.rcvSsthresh = Math.min(socket.rcvWnd, socket.windowClamp);
  socket.read = { octets: 0, since: socket.ns.cables.now };
  socket.readSpace = Math.min(socket.rcvSsthresh, socket.rcvWnd, TCP.initialWindow * mss);
}

/** A segment larger than those before says how much of a packet's memory is data. */
export function rescale(socket: TcpSocket, length: number): void {
  const ratio = Math.max(Math.floor((length * 256) / truesize(length)), 1);
  if (ratio === socket.scalingRatio) return;
  socket.scalingRatio = ratio;
  setWindowClamp(socket, fullSpace(socket));
  socket.readSpace = Math.min(socket.readSpace, socket.windowClamp);
}

function setWindowClamp(socket: TcpSocket, clamp: number): void {
  const { windowClamp: old, rcvSsthresh, rcvWnd } = socket;
  socket.windowClamp = clamp;
  socket.rcvSsthresh = clamp < old ? Math.min(rcvSsthresh, clamp) : Math.max(rcvSsthresh, Math.min(rcvWnd, clamp));
}

/**
 * tcp_grow_window: each good segment opens the window by two more, and is acknowledged at once to say so. `memory` is what
 * it takes of the buffer; of one that comes in order only its data counts (truesize_adjust).
 */
export function growWindow(socket: TcpSocket, length: number, memory: number): void {
  const room = Math.min(socket.windowClamp, freeSpace(socket)) - socket.rcvSsthresh;
  if (room <= 0) return;
  const isDense = windowFrom(socket, memory) <= length;
  const grown = isDense ? 2 * advertisedMss(socket) : grownBySmall(socket, length, memory);
  if (grown === 0) return;
  socket.rcvSsthresh += Math.min(room, Math.max(grown, 2 * length));
  socket.owed.quick |= 1;
}

/** __tcp_grow_window: the less of a packet's memory is data, the smaller the window that it may still open. */
function grownBySmall(socket: TcpSocket, length: number, taken: number): number {
  let memory = windowFrom(socket, taken) >> 1;
  let window = windowFrom(socket, TCP.rcvbufMax) >> 1;
  while (socket.rcvSsthresh <= window) {
    if (memory <= length) return 2 * socket.owed.rcvMss;
    memory >>= 1;
    window >>= 1;
  }
  return 0;
}

/** tcp_clamp_window: more came than there is room for. The buffer grows, and no further window is promised. */
export function makeRoom(socket: TcpSocket): void {
  if (socket.rmem <= socket.rcvbuf) return;
  socket.owed.quick = 0;
  socket.rcvbuf = Math.min(socket.rmem, TCP.rcvbufMax);
  if (socket.rmem > socket.rcvbuf) socket.rcvSsthresh = Math.min(socket.windowClamp, 2 * advertisedMss(socket));
}

/** __tcp_select_window: what could be offered now. */
export function offeredWindow(socket: TcpSocket): number {
  const { rcvWscale: scale, owed } = socket;
  const allowed = fullSpace(socket);
  const full = Math.min(socket.windowClamp, allowed);
  let free = freeSpace(socket);
  if (free < full >> 1) {
    owed.quick = 0;
    free -= free % 2 ** scale;
    if (free < allowed >> 4 || free < Math.min(owed.rcvMss, full)) return 0;
  }
  return alignUp(Math.min(free, socket.rcvSsthresh), scale);
}

/** What is left of the window that was offered last. */
export function openWindow({ rcvWup, rcvWnd, rcvNxt }: TcpSocket): number {
  return Math.max(0, distance(rcvNxt, plus(rcvWup, rcvWnd)));
}

/** tcp_select_window: the window of the next segment, as it stands in the header. */
export function selectWindow(socket: TcpSocket): number {
  const { rcvWscale: scale } = socket;
  // A window once offered is never taken back.
  const window = Math.max(offeredWindow(socket), alignUp(openWindow(socket), scale));
  socket.rcvWnd = window;
  socket.rcvWup = socket.rcvNxt;
  return Math.min(window / 2 ** scale, 65535);
}

/** How long the other end takes to fill a window (tcp_rcv_rtt_measure), or to answer (tcp_rcv_rtt_measure_ts). */
export function measureReceiveRtt(socket: TcpSocket, length: number, echoed: number | null): void {
  const { now } = socket.ns.cables;
  const { windowRtt } = socket;
  if (windowRtt === null || !after(windowRtt.end, socket.rcvNxt)) {
    if (windowRtt !== null) {
      const sample = Math.max(now - windowRtt.since, 1000);
      if (socket.rcvRtt === 0 || sample < socket.rcvRtt) socket.rcvRtt = sample;
    }
    socket.windowRtt = { end: plus(socket.rcvNxt, socket.rcvWnd), since: now };
  }
  if (echoed === null || echoed === socket.lastEchoed) return;
  socket.lastEchoed = echoed;
  if (length < socket.owed.rcvMss) return;
  const sample = ((Math.floor(now / MILLISECOND) + socket.tsOffset - echoed) | 0) * MILLISECOND;
  if (sample <= 0) return;
  const old = socket.rcvRtt;
  socket.rcvRtt = old === 0 || sample < old ? sample : old - old / 8 + sample / 8;
}

/** tcp_rcv_space_adjust: who reads more in a round trip than the buffer was made for gets a larger one. */
export function adjustSpace(socket: TcpSocket, length: number): void {
  const { read, ns, rcvRtt, readSpace: old } = socket;
  const { now } = ns.cables;
  read.octets += length;
  if (rcvRtt === 0 || now - read.since < rcvRtt) return;
  const copied = read.octets - socket.unread;
  socket.read = { octets: 0, since: now };
  if (copied > old) growBuffer(socket, copied);
}

/** tcp_rcvbuf_grow: room for twice what is read in a round trip, and for what waits behind a hole. */
export function growBuffer(socket: TcpSocket, space: number): void {
  const { readSpace: old, early, rcvNxt } = socket;
  socket.readSpace = space;
  let window = 2 * space + 2 * Math.floor((2 * space * (space - old)) / old);
  const last = early.at(-1);
  if (last !== undefined) window += distance(rcvNxt, plus(last.seq, last.data.length + (last.fin ? 1 : 0)));
  const rcvbuf = Math.min(Math.floor((window * 256) / socket.scalingRatio), TCP.rcvbufMax);
  if (rcvbuf <= socket.rcvbuf) return;
  socket.rcvbuf = rcvbuf;
  socket.windowClamp = fullSpace(socket);
}
