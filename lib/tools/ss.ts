// ss: the sockets of a namespace, as iproute2 6.1 prints them into a pipe.
// Before you edit: misc/ss.c (columns, render_calc_width, sock_state_print, inet_show_sock, tcp_timer_print),
// net/ipv4/inet_diag.c (inet_sk_diag_fill).
import type { Netns } from "../netns/netns.ts";
import { asShown, type Endpoint, type Family } from "../netns/socket/family.ts";
import type { UdpSocket } from "../netns/socket/udp.ts";
import { TCP } from "../netns/tcp/block.ts";
import type { TcpSocket } from "../netns/tcp/tcp.ts";
import type { DueTimer } from "../trace/world.ts";
import { serviceName } from "../wire/services.ts";
import { type Command, notModelled } from "./command.ts";
import { readSsFilter } from "./ss-filter.ts";

const SUPPORTED = "-t, -u, -l, -a, -n, -o, -4, -6, -f inet|inet6, -H, -O, -V and their long forms, states and a filter";

const LONG: Readonly<Record<string, string>> = {
  "--tcp": "t",
  "--udp": "u",
  "--listening": "l",
  "--all": "a",
  "--numeric": "n",
  "--options": "o",
  "--ipv4": "4",
  "--ipv6": "6",
  "--no-header": "H",
  "--oneline": "O",
  "--version": "V",
};

interface Row {
  readonly netid: "tcp" | "udp";
  readonly state: string;
  readonly received: number;
  readonly sent: number;
  readonly family: Family;
  readonly v6only: boolean;
  readonly local: Endpoint;
  readonly peer: Endpoint | null;
  /** The device it is bound to. */
  readonly device: string | null;
  /** Of -o: " timer:(on,200ms,0)", or nothing. */
  readonly timer: string;
}

export const ss: Command = ({ ns, args, out, err }) => {
  const letters = new Set<string>();
  const words = [...args];
  for (; words[0]?.startsWith("-"); words.shift()) {
    const word = words[0];
    const long = LONG[word];
    if (long !== undefined) letters.add(long);
    else if (word === "-f" || word === "--family") {
      const family = words[1] ?? "";
      if (family !== "inet" && family !== "inet6") throw notModelled("ss", `${word} ${family}`, SUPPORTED);
      letters.add(family === "inet" ? "4" : "6");
      words.shift();
    } else if (/^-[A-Za-z0-9]+$/.test(word)) for (const letter of word.slice(1)) letters.add(letter);
    else throw notModelled("ss", word, SUPPORTED);
  }
  for (const letter of letters) {
    if (letter === "p") throw notModelled("ss", "-p", `${SUPPORTED}; programs have no numbers here`);
    if (!"tulano46HOVv".includes(letter)) throw notModelled("ss", `-${letter}`, SUPPORTED);
  }
  const has = (letter: string) => letters.has(letter);
  if (has("V") || has("v")) {
    out("ss utility, iproute2-6.1.0\n");
    return 0;
  }
  if (!has("t") && !has("u"))
    throw notModelled("ss", args.join(" ") || "every kind of socket", `${SUPPORTED}; say -t or -u`);
  const filter = readSsFilter(words);
  if (typeof filter === "string") {
    err(filter);
    return 255;
  }
  const wanted = (state: string) => {
    if (filter.states !== null) return filter.states.has(state);
    const isListening = state === "LISTEN" || state === "UNCONN";
    if (has("a")) return true;
    if (has("l")) return isListening;
    return !isListening && state !== "SYN-RECV" && state !== "TIME-WAIT";
  };
  const rows = [...(has("u") ? udpRows(ns) : []), ...(has("t") ? tcpRows(ns) : [])].filter(
    (row) => wanted(row.state) && (has("4") === has("6") || has(`${row.family}`)) && filter.test(row),
  );
  // One state alone can be meant (a connected UDP socket): then its column is left out.
  const oneState = filter.states?.size === 1 || (filter.states === null && has("u") && !["t", "a", "l"].some(has));
  const look = { netid: has("t") && has("u"), state: !oneState, header: !has("H") };
  out(table(rows, { ...look, numeric: has("n"), timers: has("o") }));
  return 0;
};

function tcpRows(ns: Netns): Row[] {
  const sockets = [...ns.sockets.tcp.entries()].sort(([a], [b]) => a - b).flatMap(([, list]) => list);
  const inTable = sockets.filter(({ state }) => state !== "UNCONN");
  return [
    ...inTable.filter(({ state }) => state === "LISTEN"),
    ...inTable.filter(({ state }) => state !== "LISTEN"),
  ].map((socket) => ({
    netid: "tcp",
    state: socket.state,
    ...queues(socket),
    ...endsOf(socket),
    timer: timerText(socket),
  }));
}

/** The timer that runs, the most urgent one: how long it still takes, and how often it ran in vain. */
function timerText({ ns, state, ending, retransmission, retransmits, probe, keepalive }: TcpSocket): string {
  const text = (name: string, due: DueTimer, vain: number) =>
    ` timer:(${name},${timeText((ticks(due.time) - ticks(ns.cables.now)) * 4)},${vain})`;
  if (ending !== null) return text("timewait", ending, 0);
  if (retransmission !== null) return text("on", retransmission, retransmits);
  if (probe.timer !== null) return text("persist", probe.timer, probe.asked);
  return keepalive.timer === null || state === "LISTEN" ? "" : text("keepalive", keepalive.timer, probe.asked);
}

/** The kernel counts them in ticks. */
const ticks = (time: number): number => Math.floor(time / TCP.tick);

/** print_ms_timer: minutes, seconds and milliseconds, the small ones only beside small ones. */
function timeText(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000);
  const seconds = minutes > 9 ? 0 : Math.floor(milliseconds / 1000) % 60;
  const rest = minutes > 0 || seconds > 9 ? 0 : milliseconds % 1000;
  const fraction = `${rest}`.padStart(3, "0");
  const text = minutes > 0 ? `${minutes}min` : "";
  if (seconds > 0) return `${text}${seconds}${rest > 0 ? `.${fraction}` : ""}sec`;
  return rest > 0 ? `${text}${fraction}ms` : text;
}

/** A listener's queues are its connections that wait and how many may; a connection's are octets (tcp_diag_get_info). */
function queues(socket: TcpSocket): { received: number; sent: number } {
  const { state } = socket;
  if (state === "LISTEN") return { received: socket.ready.length, sent: socket.backlog };
  if (state === "TIME-WAIT" || state === "SYN-RECV") return { received: 0, sent: 0 };
  const fin = socket.heardAll && !socket.endRead && !socket.orphan ? 1 : 0;
  const underWay = (socket.sndNxt - socket.sndUna) >>> 0;
  return { received: socket.unread + fin, sent: underWay + socket.unsentLength + (socket.finQueued ? 1 : 0) };
}

function udpRows(ns: Netns): Row[] {
  const sockets: UdpSocket[] = [...ns.sockets.udp.entries()].sort(([a], [b]) => a - b).flatMap(([, list]) => list);
  return sockets.map((socket) => ({
    netid: "udp",
    state: socket.remote === null ? "UNCONN" : "ESTAB",
    received: 0,
    sent: 0,
    ...endsOf(socket),
    timer: "",
  }));
}

function endsOf({ family, v6only, local, remote, device }: TcpSocket | UdpSocket) {
  return { family, v6only, local, peer: remote, device: device?.name ?? null };
}

/** An address as inet_addr_print prints it: `*` is any address of both families. */
function addressText({ family, v6only, device }: Row, end: Endpoint | null, isLocal: boolean): string {
  const shown = asShown(end?.address ?? null, family);
  const text = shown === null ? (family === 4 ? "0.0.0.0" : v6only ? "[::]" : "*") : `${shown}`;
  const bracketed = text.includes(":") && !text.startsWith("[") ? `[${text}]` : text;
  return `${bracketed}${isLocal && device !== null ? `%${device}` : ""}:`;
}

interface Look {
  readonly netid: boolean;
  readonly state: boolean;
  readonly header: boolean;
  readonly numeric: boolean;
  readonly timers: boolean;
}

/** Columns are as wide as what stands in them; address and port meet at the colon. */
function table(rows: readonly Row[], look: Look): string {
  const port = ({ netid }: Row, end: Endpoint | null) => {
    if (end === null || end.port === 0) return "*";
    return (look.numeric ? undefined : serviceName(netid, end.port)) ?? `${end.port}`;
  };
  const cells = rows.map((row) => [
    row.netid,
    row.state,
    `${row.received}`.padEnd(6),
    `${row.sent}`.padEnd(6),
    addressText(row, row.local, true),
    port(row, row.local),
    addressText(row, row.peer, false),
    port(row, row.peer),
    look.timers ? row.timer : "",
  ]);
  const header = ["Netid", "State", "Recv-Q", "Send-Q", "Local Address:", "Port", "Peer Address:", "Port", "Process"];
  const lines = look.header ? [header, ...cells] : cells;
  const shown = [look.netid, look.state, true, true, true, true, true, true, true];
  // The very last field is not measured: it was never flushed when the widths are taken.
  const measured = (i: number) => (i === 8 ? lines.slice(0, -1) : lines);
  const widths = header.map((_, i) => Math.max(0, ...measured(i).map((line) => line[i]!.length)));
  const text = (line: readonly string[]) => {
    let said = "";
    for (const [i, cell] of line.entries()) {
      if (!shown[i]) continue;
      const delimiter = said === "" || i === 5 || i >= 7 ? "" : " ";
      said += delimiter + (i === 4 || i === 6 ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!));
    }
    return `${said}\n`;
  };
  return lines.map(text).join("");
}
