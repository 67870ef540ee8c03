// `ipvsadm`: virtual servers and the real ones behind them.
// Before you edit: ipvsadm 1.31, ipvsadm.c (process_options), libipvs.c (ipvs_strerror).
import type { ServerSpec } from "../ipvs/destination.ts";
import { SCHEDULERS } from "../ipvs/schedulers/registry.ts";
import type { ServiceSpec } from "../ipvs/service.ts";
import type { Refusal } from "../ipvs/services.ts";
import { type Balancing, balancingOf } from "../netns/ipvs/balancing.ts";
import { startDaemon, stopDaemon } from "../netns/ipvs/sync-daemons.ts";
import { addressType } from "../netns/netfilter/lookups.ts";
import type { Netns } from "../netns/netns.ts";
import type { Ip } from "../wire/address.ts";
import type { Call, Command } from "./command.ts";
import { type Asked, readArguments } from "./ipvsadm-arguments.ts";
import { HELP, VERSION } from "./ipvsadm-help.ts";
import { connectionsText, daemonsText, HEADER, inOrder, serviceText, titles } from "./ipvsadm-list.ts";
import { Complaint } from "./ipvsadm-options.ts";

/** What the kernel refuses ends with -1. */
const REFUSED = 255;

/** What a refusal is called, by the command. */
const WORDS: Readonly<Record<string, Partial<Record<NonNullable<Refusal>, string>>>> = {
  "add-service": { EEXIST: "Service already exists", ENOENT: "Scheduler or persistence engine not found" },
  "edit-service": { ESRCH: "No such service", ENOENT: "Scheduler or persistence engine not found" },
  "delete-service": { ESRCH: "No such service" },
  zero: { ESRCH: "No such service" },
  "add-server": { ESRCH: "Service not defined", EEXIST: "Destination already exists" },
  "edit-server": { ESRCH: "Service not defined", ENOENT: "No such destination" },
  "delete-server": { ESRCH: "Service not defined", ENOENT: "No such destination" },
};
const OTHER_WORDS: Partial<Record<NonNullable<Refusal>, string>> = {
  EINVAL: "Invalid operation.  Possibly wrong module version, address not unicast, ...",
  ERANGE: "Numerical result out of range",
};

export const ipvsadm: Command = (call) => {
  const balancing = balancingOf(call.ns);
  const status = runWords(call, balancing, call.args, false);
  balancing.settle();
  return status;
};

function runWords(call: Call, balancing: Balancing, words: readonly string[], isRestoring: boolean): number {
  try {
    if (words.length === 0) return list(call, balancing, null, new Set());
    const asked = readArguments(words);
    if (asked.command === "restore" && isRestoring) throw new Complaint("multiple commands specified");
    return run(call, balancing, asked);
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    call.err(`${error.message}\n`);
    return error.status;
  }
}

function run(call: Call, balancing: Balancing, asked: Asked): number {
  const { command, options } = asked;
  const { connections, services } = balancing.ipvs;
  switch (command) {
    case "version":
      call.out(VERSION);
      return 0;
    case "help":
      call.out(HELP);
      return 0;
    case "start-daemon":
      return start(call, asked);
    case "stop-daemon":
      if (stopDaemon(call.ns, asked.role)) return 0;
      call.err("No daemon is running\n");
      return REFUSED;
    case "list":
      return show(call, balancing, asked);
    case "save":
      return list(call, balancing, null, new Set([...options, "save"]));
    case "restore":
      return restore(call, balancing);
    case "flush":
      services.clear();
      return 0;
    case "set": {
      const [tcp, tcpFin, udp] = asked.timeouts as [number, number, number];
      const { timeouts } = connections;
      // 0 leaves it as it is.
      timeouts.tcp = tcp || timeouts.tcp;
      timeouts.tcpFin = tcpFin || timeouts.tcpFin;
      timeouts.udp = udp || timeouts.udp;
      return 0;
    }
    default: {
      const refusal = change(call, balancing, asked);
      if (refusal === null) return 0;
      call.err(`${WORDS[command]?.[refusal] ?? OTHER_WORDS[refusal] ?? refusal}\n`);
      return REFUSED;
    }
  }
}

function change({ ns }: Call, { ipvs }: Balancing, asked: Asked): Refusal {
  const { command, service, server } = asked;
  const { services } = ipvs;
  if (command === "zero") return services.zero(service);
  const key = service!;
  if (command === "delete-service") return services.delete(key);
  if (command === "add-service" || command === "edit-service") {
    const spec = serviceSpec(asked);
    // A service that is there already, or is not, is asked for before the scheduler.
    const isThere = services.named(key) !== null;
    if (isThere === (command === "add-service")) return isThere ? "EEXIST" : "ESRCH";
    if (spec === null) return "ENOENT";
    return command === "add-service" ? services.add(key, spec) : services.edit(key, spec);
  }
  const servicePort = key.kind === "address" ? key.port : 0;
  const { address, port = null } = server!;
  const own = port ?? servicePort;
  if (command === "delete-server") return services.deleteServer(key, address, own);
  // Who does not translate cannot change the port.
  const isFixed = key.kind === "address" && asked.method !== "masq";
  const spec = serverSpec(asked, isFixed ? servicePort : own);
  const { master, backup } = ipvs.sync;
  const known = services.named(key);
  if (known !== null && known.family !== address.family && (master ?? backup) !== null) return "EINVAL";
  if (command === "edit-server") return services.editServer(key, spec);
  const isNew = known?.find(address, spec.port) === null;
  if (isNew && !isServerAddress(ns, address)) return "EINVAL";
  return services.addServer(key, spec);
}

/** Octets that a message of a daemon may have: the headers of IPv4 and UDP go with it. */
const SYNC_HEADERS = 28;
const SYNC_MTU = 1500;
const SHORTEST_BACKUP = 1024;

const DAEMON_WORDS = {
  EEXIST: "Daemon has already run",
  EINVAL: OTHER_WORDS.EINVAL!,
  ENODEV: "No such device",
} as const;

/** --start-daemon; a device of another MTU counts for a backup alone (start_sync_thread). */
function start(
  { ns, err }: Call,
  { role, interface: name, syncId, group, groupPort, groupTtl, maxLength }: Asked,
): number {
  const device = ns.devices.get(name);
  const mtu = role === "backup" ? Math.max(device?.mtu ?? 0, SYNC_MTU) : SYNC_MTU;
  const length = maxLength === 0 ? mtu - SYNC_HEADERS : Math.max(maxLength, role === "backup" ? SHORTEST_BACKUP : 1);
  const spec = { interface: name, syncId, maxLength: length, group, port: groupPort || 8848, ttl: groupTtl || 1 };
  const isMixed = balancingOf(ns).ipvs.services.hasMixed;
  const refusal = isMixed ? "EINVAL" : device === undefined ? "ENODEV" : startDaemon(ns, role, spec, device);
  if (refusal === null) return 0;
  err(`${DAEMON_WORDS[refusal]}\n`);
  return REFUSED;
}

/** Whether a real server may have the address (ip_vs_new_dest). */
function isServerAddress(ns: Netns, address: Ip): boolean {
  const type = addressType(ns, address, null);
  if (address.family === 4) return type === "LOCAL" || type === "UNICAST";
  const isUnicast = !address.isMulticast && !address.isUnspecified && !address.isLinkLocal;
  return isUnicast || ns.ipv6.deviceOfAddress(address) !== null;
}

/** Null: there is no such scheduler, or engine. */
function serviceSpec({ scheduler: name, persistent, netmask, onePacket, flags, engine }: Asked): ServiceSpec | null {
  if (engine !== null) return null;
  const scheduler = name === "none" ? null : SCHEDULERS.get(name);
  return scheduler === undefined ? null : { scheduler, persistent, netmask, onePacket, flags };
}

function serverSpec({ server, weight, method, upper, lower, ...asked }: Asked, port: number): ServerSpec {
  const { tunnel, tunnelPort, tunnelChecksum } = asked;
  return { address: server!.address, port, weight, method, upper, lower, tunnel, tunnelPort, tunnelChecksum };
}

/** -L with what it shall show. */
function show(call: Call, balancing: Balancing, asked: Asked): number {
  const { options, service } = asked;
  const { connections } = balancing.ipvs;
  if (options.has("connection")) {
    call.out(connectionsText(connections.table.list(), options, call.ns.cables.now));
    return 0;
  }
  if (options.has("timeout")) {
    const { tcp, tcpFin, udp } = connections.timeouts;
    call.out(`Timeout (tcp tcpfin udp): ${tcp} ${tcpFin} ${udp}\n`);
    return 0;
  }
  if (options.has("daemon")) {
    call.out(daemonsText(balancing.ipvs.sync));
    return 0;
  }
  return list(call, balancing, service, options);
}

function list(call: Call, { ipvs }: Balancing, key: Asked["service"], format: ReadonlySet<string>): number {
  const { services } = ipvs;
  if (key !== null) {
    const service = services.named(key);
    if (service === null) {
      call.err("No such service\n");
      return 1;
    }
    call.out(titles(format) + serviceText(service, format));
    return 0;
  }
  const rows = inOrder(services.list(), format).map((service) => serviceText(service, format));
  call.out((format.has("save") ? "" : HEADER) + titles(format) + rows.join(""));
  return 0;
}

/** -R: each line is a command; the status is the last one's, and a line that is not understood ends it. */
function restore(call: Call, balancing: Balancing): number {
  let status = 0;
  for (const line of call.stdin.split("\n")) {
    const words = line
      .replace(/#.*/, "")
      .split(/\s+/)
      .filter((word) => word !== "");
    if (words.length > 0) status = runWords(call, balancing, words, true);
    if (status === 2) break;
  }
  return status;
}
