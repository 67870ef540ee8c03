// `netstat` of net-tools 2.10: routes, interfaces, and the sockets of TCP and UDP.
// Before you edit: net-tools 2.10 netstat.c (tcp_do_one, udp_do_one, iface_info), net/ipv4/tcp_ipv4.c (get_tcp4_sock).
import { netstatTables } from "../netns/mib.ts";
import type { Netns } from "../netns/netns.ts";
import type { Endpoint, Family } from "../netns/socket/family.ts";
import { serviceName } from "../wire/services.ts";
import { type Command, notModelled } from "./command.ts";
import { shortRows } from "./ifconfig-table.ts";
import { statistics } from "./netstat-statistics.ts";
import { snmpOf } from "./proc.ts";
import { routeTable } from "./route-table.ts";

const SUPPORTED = "-r, -i, -s, -t, -u, -l, -a, -n, -W, -4, -6";
const LONG: Readonly<Record<string, string>> = {
  "--route": "r",
  "--interfaces": "i",
  "--statistics": "s",
  "--tcp": "t",
  "--udp": "u",
  "--listening": "l",
  "--all": "a",
  "--numeric": "n",
  "--wide": "W",
};
const UNIX = "Proto RefCnt Flags       Type       State         I-Node   Path";
/** Octets of an address with its port that are shown unless -W is said. */
const SHORT = 22;
const INTERFACES =
  "Kernel Interface table\nIface             MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n";

export const netstat: Command = ({ ns, args, out }) => {
  const letters = new Set<string>();
  for (const word of args) {
    const long = LONG[word];
    if (long !== undefined) letters.add(long);
    else if (/^-[ristulanW46]+$/.test(word)) for (const letter of word.slice(1)) letters.add(letter);
    else throw notModelled("netstat", word, SUPPORTED);
  }
  const has = (letter: string) => letters.has(letter);
  if (has("r") && has("6")) throw notModelled("netstat", "-r -6", "ip -6 route");
  if (has("r")) out(routeTable(ns, 2, has("n")));
  else if (has("i")) out(`${INTERFACES}${shortRows(ns, has("a"))}`);
  else if (has("s")) printStatistics(ns, has, out);
  else {
    const isAll = !has("t") && !has("u");
    out(socketTable(ns, isAll ? (letter) => has(letter) || letter === "t" || letter === "u" : has));
    // No program here makes a socket that is no network's.
    if (isAll && has("4") === has("6")) out(`Active UNIX domain sockets (${which(has)})\n${UNIX}\n`);
  }
  return 0;
};

/** Tables that -t and -u choose among; what is in none of them is always shown (f_unknown). */
const TABLES: Readonly<Record<string, string>> = { Ip: "w", Icmp: "w", Tcp: "t", TcpExt: "t", Udp: "u" };

function printStatistics(ns: Netns, has: (letter: string) => boolean, out: (text: string) => void): void {
  const isAll = !has("t") && !has("u");
  const tables = [...snmpOf(ns), ...netstatTables(ns.mib)];
  out(statistics(tables.filter(({ name }) => isAll || has(TABLES[name] ?? "s"))));
}

function which(has: (letter: string) => boolean): string {
  return has("a") ? "servers and established" : has("l") ? "only servers" : "w/o servers";
}

function socketTable(ns: Netns, has: (letter: string) => boolean): string {
  const head = "Proto Recv-Q Send-Q Local Address           Foreign Address         State      ";
  const wanted = (isServer: boolean) => has("a") || has("l") === isServer;
  const style = { numeric: has("n"), wide: has("W") };
  const families = ([4, 6] as const).filter((family) => has("4") === has("6") || has(`${family}`));
  const rows = [
    ...(has("t") ? families.flatMap((family) => tcpRows(ns, family, wanted, style)) : []),
    ...(has("u") ? families.flatMap((family) => udpRows(ns, family, wanted, style)) : []),
  ];
  return `Active Internet connections (${which(has)})\n${head}\n${rows.join("")}`;
}

/** Numbers for names; addresses in full. */
interface Style {
  readonly numeric: boolean;
  readonly wide: boolean;
}

function tcpRows(ns: Netns, family: Family, wanted: (isServer: boolean) => boolean, style: Style): string[] {
  const sockets = [...ns.sockets.tcp.entries()].sort(([a], [b]) => a - b).flatMap(([, list]) => list);
  const shown = sockets.filter(
    (socket) => socket.family === family && socket.state !== "UNCONN" && wanted(socket.state === "LISTEN"),
  );
  const listening = shown.filter(({ state }) => state === "LISTEN");
  return [...listening, ...shown.filter(({ state }) => state !== "LISTEN")].map((socket) => {
    const { state } = socket;
    const queues: [number, number] =
      state === "LISTEN"
        ? [socket.ready.length, 0]
        : state === "TIME-WAIT" || state === "SYN-RECV"
          ? [0, 0]
          : [socket.unread, ((socket.sndNxt - socket.sndUna) >>> 0) + socket.unsentLength + (socket.finQueued ? 1 : 0)];
    return row("tcp", family, queues, socket.local, socket.remote, STATES[state] ?? state, style);
  });
}

/** The names that differ from those `ss` uses. */
const STATES: Readonly<Record<string, string>> = {
  ESTAB: "ESTABLISHED",
  "SYN-SENT": "SYN_SENT",
  "SYN-RECV": "SYN_RECV",
  "FIN-WAIT-1": "FIN_WAIT1",
  "FIN-WAIT-2": "FIN_WAIT2",
  "TIME-WAIT": "TIME_WAIT",
  "CLOSE-WAIT": "CLOSE_WAIT",
  "LAST-ACK": "LAST_ACK",
};

function udpRows(ns: Netns, family: Family, wanted: (isServer: boolean) => boolean, style: Style): string[] {
  const sockets = [...ns.sockets.udp.entries()].sort(([a], [b]) => a - b).flatMap(([, list]) => list);
  return sockets
    .filter((socket) => socket.family === family && wanted(socket.remote === null))
    .map(({ local, remote }) => row("udp", family, [0, 0], local, remote, remote === null ? "" : "ESTABLISHED", style));
}

function row(
  protocol: "tcp" | "udp",
  family: Family,
  [received, sent]: readonly [number, number],
  local: Endpoint,
  remote: Endpoint | null,
  state: string,
  { numeric, wide }: Style,
): string {
  const end = (endpoint: Endpoint | null) => {
    const port = endpoint === null || endpoint.port === 0 ? "*" : `${endpoint.port}`;
    const name = numeric || port === "*" ? undefined : serviceName(protocol, Number(port));
    const any = family === 4 ? "0.0.0.0" : numeric ? "::" : "[::]";
    const address = endpoint?.address?.text ?? any;
    // The only name a namespace knows is its own (/etc/hosts).
    const host = !numeric && family === 4 && address === "127.0.0.1" ? "localhost" : address;
    const service = name ?? port;
    if (wide || host.length + service.length <= SHORT) return `${host}:${service}`.padEnd(23);
    const shown = service.slice(0, SHORT - 4);
    return `${host.slice(0, SHORT - shown.length)}:${shown}`.padEnd(23);
  };
  const queue = (octets: number) => `${octets}`.padStart(6);
  return `${(protocol + (family === 6 ? "6" : "")).padEnd(6)}${queue(received)} ${queue(sent)} ${end(local)} ${end(remote)} ${state.padEnd(11)}\n`;
}
