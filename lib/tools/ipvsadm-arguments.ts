// The words behind `ipvsadm`: what is asked for. Before you edit: ipvsadm 1.31, ipvsadm.c (parse_options,
// generic_opt_check, tunnel_opt_check, process_options).
import type { Method, TunnelType } from "../ipvs/destination.ts";
import { EVERY_CLIENT, type ServiceKey } from "../ipvs/service.ts";
import type { Role } from "../netns/ipvs/sync-daemons.ts";
import type { Ip, Ipv4 } from "../wire/address.ts";
import { PROTOCOL } from "../wire/packet.ts";
import { notModelled } from "./command.ts";
import {
  COMMANDS,
  type CommandName,
  Complaint,
  LEGAL,
  OPTION_OF,
  OPTIONS,
  split,
  TRY_HELP,
} from "./ipvsadm-options.ts";
import {
  endOf,
  groupOf,
  LARGEST,
  LONGEST_MESSAGE,
  markOf,
  netmaskOf,
  number,
  PERSISTENT_TIMEOUT,
  SUPPORTED,
  SYNC_GROUP,
  schedFlags,
  timeout,
} from "./ipvsadm-values.ts";

/** What is asked for. */
export interface Asked {
  readonly command: CommandName;
  /** By the names the tool gives its options. */
  readonly options: ReadonlySet<string>;
  service: ServiceKey | null;
  scheduler: string;
  persistent: number | null;
  netmask: number;
  onePacket: boolean;
  flags: number;
  server: { readonly address: Ip; readonly port: number | null } | null;
  method: Method;
  weight: number;
  upper: number;
  lower: number;
  tunnel: TunnelType;
  tunnelPort: number;
  tunnelChecksum: boolean;
  /** A persistence engine that there is not. */
  engine: string | null;
  /** What a daemon does, by which device and how it speaks to others; what is 0 is the kernel's to say. */
  role: Role;
  interface: string;
  syncId: number;
  group: Ipv4;
  groupPort: number;
  groupTtl: number;
  maxLength: number;
  /** Seconds of --set. */
  timeouts: readonly number[];
}

export function readArguments(args: readonly string[]): Asked {
  const { said, rest } = split(args);
  const [first, ...others] = said;
  if (first === undefined) throw new Complaint(TRY_HELP, 255);
  const command = (COMMANDS as Readonly<Record<string, CommandName>>)[first.word];
  if (command === undefined) throw new Complaint(TRY_HELP, 255);
  const options = new Set<string>();
  const asked: Asked = {
    ...{
      command,
      options,
      service: null,
      scheduler: "wlc",
      persistent: null,
      netmask: EVERY_CLIENT[4],
      onePacket: false,
      flags: 0,
    },
    ...{ server: null, method: "route", weight: 1, upper: 0, lower: 0 },
    ...{ tunnel: "ipip", tunnelPort: 0, tunnelChecksum: false, engine: null, timeouts: [] },
    ...{ role: "master", interface: "eth0", syncId: 0, group: SYNC_GROUP, groupPort: 0, groupTtl: 0, maxLength: 0 },
  };
  if (command === "start-daemon" || command === "stop-daemon") asked.role = roleOf(command, first.value!);
  if (command === "help") return asked;
  let flags: string | null = null;
  for (const each of others) {
    const { word, value, written } = each;
    const name = OPTION_OF.get(word);
    if (name !== undefined) {
      if (options.has(name)) throw new Complaint(`multiple '${name}' options specified`);
      options.add(name);
    } else if (Object.hasOwn(COMMANDS, word)) throw new Complaint(`invalid option \`${written}'`);
    else if (word !== "sort" && word !== "6") throw notModelled("ipvsadm", written, SUPPORTED);
    if (word === "b") flags = value;
    else take(asked, word, value ?? "", value === null);
  }
  if (command === "set") {
    if (rest.length < 3) throw new Complaint("--set option requires 3 timeout values");
    asked.timeouts = rest.splice(0, 3).map((text) => timeout(text, 0));
  }
  if (rest.length > 0) throw new Complaint(`unexpected argument ${rest[0]}`);
  if (flags !== null) asked.flags = schedFlags(asked.scheduler, flags);
  check(asked);
  return asked;
}

function roleOf(command: "start-daemon" | "stop-daemon", role: string): Role {
  if (role === "master" || role === "backup") return role;
  throw new Complaint(`illegal ${command === "start-daemon" ? "start-daemon parameter" : "start_daemon"} specified`);
}

const SERVICE_PROTOCOL = { t: PROTOCOL.tcp, u: PROTOCOL.udp, "sctp-service": PROTOCOL.sctp } as const;

function take(asked: Asked, word: string, value: string, isMissing: boolean): void {
  switch (word) {
    case "t":
    case "u":
    case "sctp-service": {
      const protocol = SERVICE_PROTOCOL[word];
      const said = endOf(value, protocol);
      if (said === null) throw new Complaint("illegal virtual server address[:port] specified");
      asked.service = { kind: "address", protocol, address: said.address, port: said.port ?? 0 };
      if (said.address.family === 6) asked.netmask = EVERY_CLIENT[6];
      return;
    }
    case "f":
      asked.service = { kind: "fwmark", family: 4, mark: markOf(value) };
      return;
    case "6":
      if (asked.service?.kind !== "fwmark") throw new Complaint("-6 used before -f\n");
      asked.service = { ...asked.service, family: 6 };
      asked.netmask = EVERY_CLIENT[6];
      return;
    case "s":
      asked.scheduler = value.slice(0, 15);
      return;
    case "p":
      asked.persistent = isMissing ? PERSISTENT_TIMEOUT : timeout(value, 1);
      return;
    case "M":
      asked.netmask = netmaskOf(value, asked.service === null ? 4 : familyOf(asked.service));
      return;
    case "r": {
      const { service } = asked;
      const protocol = service?.kind === "address" ? service.protocol : PROTOCOL.tcp;
      const said = endOf(value, protocol);
      if (said === null) throw new Complaint("illegal real server address[:port] specified");
      asked.server = said;
      return;
    }
    case "m":
    case "i":
    case "g":
      asked.method = word === "m" ? "masq" : word === "i" ? "tunnel" : "route";
      return;
    case "w":
      asked.weight = number(value, 0, LARGEST, "illegal weight specified");
      return;
    case "x":
      asked.upper = number(value, 0, LARGEST, "illegal u_threshold specified");
      return;
    case "y":
      asked.lower = number(value, 0, LARGEST, "illegal l_threshold specified");
      return;
    case "o":
      asked.onePacket = true;
      return;
    case "tun-type":
      if (value === "gre") throw notModelled("ipvsadm", `--tun-type ${value}`, "ipip, gue");
      if (value !== "ipip" && value !== "gue") throw new Complaint("illegal tunnel type specified");
      asked.tunnel = value;
      return;
    case "tun-port":
      asked.tunnelPort = number(value, 1, 65535, "illegal tunnel port specified");
      return;
    case "tun-csum":
      asked.tunnelChecksum = true;
      return;
    case "pe":
      if (value === "sip") throw notModelled("ipvsadm", `--pe ${value}`, "persistence by the client's address");
      asked.engine = value;
      return;
    case "mcast-interface":
      asked.interface = value;
      return;
    case "syncid":
      asked.syncId = number(value, 0, 255, "illegal syncid specified");
      return;
    case "mcast-group":
      asked.group = groupOf(value);
      return;
    case "mcast-port":
      asked.groupPort = number(value, 1, 65535, "illegal mcast-port specified");
      return;
    case "mcast-ttl":
      asked.groupTtl = number(value, 1, 255, "illegal mcast-ttl specified");
      return;
    case "sync-maxlen":
      asked.maxLength = number(value, 1, LONGEST_MESSAGE, "illegal sync-maxlen specified");
  }
}

/** Which options go with the command, and with each other. */
function check(asked: Asked): void {
  const { command, options, service, method, tunnel } = asked;
  const [needs, may, one] = LEGAL[command].map((words) => words.split(" ")) as [string[], string[], string[]];
  let single: string | null = null;
  for (const [name] of OPTIONS) {
    if (!options.has(name)) {
      if (needs.includes(name))
        throw new Complaint(`You need to supply the '${name}' option for the '${command}' command`);
    } else if (one.includes(name)) {
      if (single !== null)
        throw new Complaint(`The option '${name}' conflicts with the '${single}' option in the '${command}' command`);
      single = name;
    } else if (!needs.includes(name) && !may.includes(name))
      throw new Complaint(`Illegal '${name}' option with the '${command}' command`);
  }
  if (command === "add-service" || command === "edit-service") {
    if (service!.kind === "address" && service!.port === 0 && asked.persistent === null)
      throw new Complaint("Zero port specified for non-persistent service");
    if (asked.onePacket && service!.kind === "address" && service!.protocol !== PROTOCOL.udp)
      throw new Complaint("One-Packet Scheduling is only for UDP virtual services");
  }
  if (command === "add-server" || command === "edit-server") {
    if (method !== "tunnel" && [...options].some((name) => name.startsWith("tun-")))
      throw new Complaint("Tunnel options conflict with forward method");
    checkTunnel(tunnel, options);
    if (method !== "tunnel" && asked.server!.address.family !== familyOf(service!))
      throw new Complaint("Different address family is allowed only for tunneling servers");
  }
  const lists = ["stats", "rate", "thresholds"].some((name) => options.has(name));
  const isOther = options.has("timeout") || options.has("daemon");
  if (
    command === "list" &&
    (((options.has("connection") || isOther) && lists) || (isOther && options.has("persistent-conn")))
  )
    throw new Complaint("options conflicts in the list command");
}

const familyOf = (key: ServiceKey) => (key.kind === "fwmark" ? key.family : key.address.family);

function checkTunnel(tunnel: TunnelType, options: ReadonlySet<string>): void {
  if (tunnel === "gue" && !options.has("tun-port"))
    throw new Complaint("You need to supply the 'tun-port' option for the 'gue' tunnel type");
  if (tunnel === "gue" && options.has("tun-nocsum") && options.has("tun-csum"))
    throw new Complaint("The option 'tun-csum' conflicts with the 'tun-nocsum' option in the 'gue' tunnel type");
  const illegal = ["tun-port", "tun-nocsum", "tun-csum"].find((name) => options.has(name));
  if (tunnel === "ipip" && illegal !== undefined)
    throw new Complaint(`Illegal '${illegal}' option with the 'ipip' tunnel type`);
}
