// Random targets, every option of each that is modelled. What the kernel would choose by chance is drawn from a range of
// ports that nothing else uses: any of them will do.
import type { Dice } from "../dice.ts";
import { type Place, PORTS } from "./matches.ts";

/** Ports that only the kernel chooses. */
export const BY_CHANCE = { first: 50000, last: 50999 } as const;
const RANGE = `${BY_CHANCE.first}-${BY_CHANCE.last}`;

interface Maker {
  readonly tables: readonly string[];
  readonly hooks?: readonly string[];
  readonly family?: 4 | 6;
  readonly make: (dice: Dice, place: Place, protocol: string) => string | null;
}

const ALL = ["raw", "mangle", "filter"];
const hasPorts = (protocol: string) => ["tcp", "udp", "sctp"].includes(protocol);
const markMask = (dice: Dice) => dice.of(["0x1", "0x7", "0x10/0xf0", "0x3/0xff", "0x0/0x1"]);
const number = (dice: Dice) => dice.of(["0x1", "0x2", "0xf0", "0xff"]);

const to = ({ kind: { family } }: Place, address: string, port: string) =>
  port === "" ? address : family === 6 ? `[${address}]:${port}` : `${address}:${port}`;

function destination(dice: Dice, place: Place, protocol: string): string {
  const { hosts } = place;
  const address = dice.of([
    dice.of(hosts.silentServer),
    dice.of(hosts.server),
    dice.of(hosts.router),
    dice.of(hosts.silentClient),
    hosts.silentServer.join("-"),
    hosts.server.join("-"),
  ]);
  const port = hasPorts(protocol)
    ? dice.of(["", `${dice.of(PORTS)}`, `${dice.of([53, 80])}`, dice.of(["80-80", RANGE, "7001-7004", "7000-7005/80"])])
    : "";
  // Of the ways to choose by chance only those count whose outcome shows in the range.
  const random = port === RANGE && dice.chance(0.5) ? " --random" : "";
  return `-j DNAT --to-destination ${to(place, address, port)}${random}${dice.chance(0.2) ? " --persistent" : ""}`;
}

function source(dice: Dice, place: Place, protocol: string): string {
  const { hosts, kind } = place;
  const far = kind.bridged ? "10.1.0.70" : kind.family === 4 ? "10.9.0.1" : "2001:db8:9::1";
  const many = kind.bridged
    ? "10.1.0.70-10.1.0.75"
    : kind.family === 4
      ? "10.9.0.1-10.9.0.200"
      : "2001:db8:9::1-2001:db8:9::20";
  const address = dice.of([dice.of(hosts.router), dice.of(hosts.router), far, many]);
  const port = hasPorts(protocol) ? dice.of(["", "", "600", "30000", RANGE]) : "";
  const random = port === RANGE ? dice.of(["", " --random", " --random-fully"]) : "";
  return `-j SNAT --to-source ${to(place, address, port)}${random}${dice.chance(0.2) ? " --persistent" : ""}`;
}

function masquerade(dice: Dice, _place: Place, protocol: string): string {
  if (!hasPorts(protocol)) return "-j MASQUERADE";
  return `-j MASQUERADE ${dice.of(["", "", "--to-ports 3000", `--to-ports ${RANGE}`, `--to-ports ${RANGE} --random`, `--to-ports ${RANGE} --random-fully`])}`;
}

function redirect(dice: Dice, _place: Place, protocol: string): string {
  if (!hasPorts(protocol)) return "-j REDIRECT";
  return `-j REDIRECT ${dice.of(["", "--to-ports 80", "--to-ports 53", `--to-ports ${RANGE}`, `--to-ports ${RANGE} --random`])}`;
}

const REJECTS = {
  4: [
    "icmp-net-unreachable",
    "icmp-host-unreachable",
    "icmp-port-unreachable",
    "icmp-proto-unreachable",
    "icmp-net-prohibited",
    "icmp-host-prohibited",
    "icmp-admin-prohibited",
  ],
  6: [
    "icmp6-no-route",
    "icmp6-adm-prohibited",
    "icmp6-addr-unreachable",
    "icmp6-port-unreachable",
    "icmp6-policy-fail",
    "icmp6-reject-route",
  ],
};

function reject(dice: Dice, { kind: { family } }: Place, protocol: string): string {
  const all = [...REJECTS[family]];
  if (protocol === "tcp") all.push("tcp-reset", "tcp-reset", "tcp-reset");
  return dice.chance(0.2) ? "-j REJECT" : `-j REJECT --reject-with ${dice.of(all)}`;
}

function connmark(dice: Dice): string {
  const masks = () => dice.of(["", "--mask 0xff", "--nfmask 0xff --ctmask 0xf0", "--nfmask 0xf"]);
  return `-j CONNMARK ${dice.of([
    `--set-mark ${markMask(dice)}`,
    `--set-xmark ${markMask(dice)}`,
    `--and-mark ${number(dice)}`,
    `--or-mark ${number(dice)}`,
    `--xor-mark ${number(dice)}`,
    `--save-mark ${masks()}`,
    `--restore-mark ${masks()}`,
  ])}`;
}

function set(dice: Dice, { kind: { family } }: Place): string {
  const side = () => dice.of(["src", "dst"]);
  const [name, sides] = dice.of([
    ["ips", side()],
    ["timed", side()],
    ["ipport", `${side()},${side()}`],
    ["ipportip", `${side()},${side()},${side()}`],
    ["nets", side()],
    ["ports", side()],
    ...(family === 4 ? [["range", side()] as const] : []),
  ] as const);
  if (dice.chance(0.3)) return `-j SET --del-set ${name} ${sides}`;
  return `-j SET --add-set ${name} ${sides} ${dice.of(["", "--exist"])} ${name === "timed" ? dice.of(["", "--timeout 900"]) : ""}`;
}

export const TARGETS: Readonly<Record<string, Maker>> = {
  "": { tables: ["raw", "mangle", "filter", "nat"], make: () => "" },
  ACCEPT: { tables: ["raw", "mangle", "filter", "nat"], make: () => "-j ACCEPT" },
  RETURN: { tables: ["raw", "mangle", "filter", "nat"], make: () => "-j RETURN" },
  DROP: { tables: ["filter"], make: () => "-j DROP" },
  REJECT: { tables: ["filter"], make: reject },
  LOG: {
    tables: ALL,
    make: (dice) => `-j LOG ${dice.of(["", "--log-prefix x: --log-level 4", "--log-tcp-options --log-ip-options"])}`,
  },
  NFLOG: { tables: ALL, make: () => "-j NFLOG --nflog-group 3 --nflog-prefix x" },
  MARK: {
    tables: ["mangle"],
    make: (dice) =>
      `-j MARK ${dice.of([
        `--set-mark ${markMask(dice)}`,
        `--set-xmark ${markMask(dice)}`,
        `--and-mark ${number(dice)}`,
        `--or-mark ${number(dice)}`,
        `--xor-mark ${number(dice)}`,
      ])}`,
  },
  CONNMARK: { tables: ["mangle", "filter", "nat"], make: connmark },
  CLASSIFY: {
    tables: ["mangle"],
    hooks: ["FORWARD", "OUTPUT", "POSTROUTING"],
    make: () => "-j CLASSIFY --set-class 1:2",
  },
  TTL: {
    tables: ["mangle"],
    family: 4,
    make: (dice) => `-j TTL ${dice.of(["--ttl-set 5", "--ttl-set 1", "--ttl-inc 1", "--ttl-dec 1", "--ttl-inc 200"])}`,
  },
  HL: {
    tables: ["mangle"],
    // Of a packet for this machine Linux forgets to tell the checksum it has computed already (skb->csum): TCP and UDP
    // drop it then.
    hooks: ["FORWARD", "OUTPUT", "POSTROUTING"],
    family: 6,
    make: (dice) => `-j HL ${dice.of(["--hl-set 5", "--hl-set 1", "--hl-inc 1", "--hl-dec 1"])}`,
  },
  TCPMSS: {
    tables: ["mangle", "filter"],
    hooks: ["FORWARD", "OUTPUT", "POSTROUTING"],
    make: (dice, _, protocol) =>
      protocol === "tcp"
        ? `-m tcp --tcp-flags SYN,RST SYN -j TCPMSS ${dice.of(["--clamp-mss-to-pmtu", "--set-mss 600", "--set-mss 1400"])}`
        : null,
  },
  TRACE: { tables: ["raw"], make: () => "-j TRACE" },
  NOTRACK: { tables: ["raw"], make: () => "-j NOTRACK" },
  CT: {
    tables: ["raw"],
    make: (dice) =>
      `-j CT ${dice.of(["--notrack", "--zone 3", "--zone-orig 4", "--zone-reply 5", "--zone 0", "--zone-orig mark"])}`,
  },
  SET: { tables: ALL, make: set },
  DNAT: { tables: ["nat"], hooks: ["PREROUTING", "OUTPUT"], make: destination },
  REDIRECT: { tables: ["nat"], hooks: ["PREROUTING", "OUTPUT"], make: redirect },
  SNAT: { tables: ["nat"], hooks: ["POSTROUTING", "INPUT"], make: source },
  MASQUERADE: { tables: ["nat"], hooks: ["POSTROUTING"], make: masquerade },
  NETMAP: {
    tables: ["nat"],
    make: (dice, { kind: { family, bridged } }) =>
      family === 6
        ? `-j NETMAP --to ${dice.of(["2001:db8:2::/64", "2001:db8:9::/64"])}`
        : `-j NETMAP --to ${bridged ? "10.1.0.48/28" : dice.of(["10.2.0.0/24", "10.9.0.0/24"])}`,
  },
};

export function mayDo(maker: Maker, { table, hook, kind: { family } }: Place): boolean {
  if (!maker.tables.includes(table)) return false;
  if (maker.family !== undefined && maker.family !== family) return false;
  return maker.hooks === undefined || maker.hooks.includes(hook);
}
