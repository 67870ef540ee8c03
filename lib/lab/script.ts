// A lab as a shell script: the same namespaces, devices, addresses and routes on a real Linux machine.
// Before you edit: ip-link(8), ip-address(8), ip-route(8), Documentation/networking/ip-sysctl.rst.
import type { Device } from "../link/device.ts";
import type { Netns } from "../netns/netns.ts";
import { balancingLines } from "./data-balancing.ts";
import { tableLines } from "./data-tables.ts";
import { labData } from "./data-write.ts";
import type { Lab } from "./lab.ts";
import { bridgeWords, memberLines, settledLines, vlanDeviceLines } from "./script-bridge.ts";
import { addressLines, routeLines } from "./script-ip.ts";
import { ruleLines, sysctlLines } from "./script-rules.ts";
import { entryLines, fouLines, tunnelLines } from "./script-tunnel.ts";
import { ipIn, quoted } from "./script-words.ts";
import { ipv6Lines } from "./script6.ts";

/**
 * The POSIX sh script that builds the lab as it is now on a real machine, run by root with iproute2. What the kernel
 * learns by itself (neighbours, a bridge's table) is left to the kernel; permanent neighbours are set.
 * `sh lab.sh down` takes everything away; `PREFIX=x- sh lab.sh` puts x- before every namespace's name.
 */
export function labScript(lab: Lab): string {
  const all = [...lab.namespaces.values()];
  const modules = new Set([...lab.machines.values()].flatMap((machine) => [...machine.modules]));
  const up = [
    section("Namespaces: one for each machine and each pod"),
    ...all.map((ns) => `netns ${ns.name}`),
    ...all.flatMap((ns) => toolsLines(lab, ns)),
    section("Switches that are not at their defaults"),
    ...sysctlLines(all, false),
    section("Devices: both ends of a cable are made at once"),
    ...inOrderOfMaking(all).flatMap(linkLines),
    section("Ports of bridges, oldest first: a frame for everybody leaves by the newest first"),
    ...all.flatMap((ns) => byIndex(ns).flatMap(portLines)),
    section("Addresses, then up: each address brings its routes"),
    ...all.flatMap((ns) => byIndex(ns).flatMap((device) => addressLines(ns, device))),
    section("Routes and neighbours that somebody set"),
    ...routeLines(labData(lab)),
    ...all.flatMap(neighbourLines),
    ...all.flatMap(ipv6Lines),
    section("Switches of devices, and policy rules"),
    ...sysctlLines(all, true),
    ...all.flatMap(ruleLines),
    ...all.flatMap(fouLines),
    section("Rules of iptables"),
    ...all.flatMap(tableLines),
    ...all.flatMap(balancingLines),
    section("What devices know of others, and the last switches"),
    ...all.flatMap((ns) => byIndex(ns).flatMap(entryLines)),
    ...all.flatMap((ns) => byIndex(ns).flatMap((device) => (device.bridge === null ? [] : settledLines(device)))),
    ...all.flatMap(bridgeSwitches),
  ];
  return [
    HEAD,
    ...(modules.has("ipip")
      ? ["# The module brings tunl0 to every namespace.", "[ -d /sys/module/ipip ] || modprobe ipip", ""]
      : []),
    ...(modules.has("fou")
      ? ["# Tunnels in datagrams, and their ports.", "[ -d /sys/module/fou ] || modprobe fou", ""]
      : []),
    ...(modules.has("br_netfilter")
      ? [
          "# With it what is bridged can be shown to iptables.",
          "[ -d /proc/sys/net/bridge ] || modprobe br_netfilter",
          "",
        ]
      : []),
    "down() {",
    ...all.map((ns) => `  ip netns del "$PREFIX"${ns.name} || true`),
    "}",
    TURN,
    ...all.map((ns) => `absent ${ns.name}`),
    FUNCTIONS,
    ...up.filter((line, i) => !(line.startsWith("\n#") && (up[i + 1] ?? "\n#").startsWith("\n#"))),
    "trap - EXIT",
    "",
  ].join("\n");
}

const HEAD = `#!/bin/sh
# A Packetwalk lab on a real Linux kernel. Run it as root:
#   sh lab.sh         builds the lab; "ip netns exec NAME ping ..." then runs in it
#   sh lab.sh down    takes it away again
# PREFIX=x- sh lab.sh puts x- before every namespace's name, if one of them is taken on this machine.
set -eu
PREFIX=\${PREFIX-}
`;

const TURN = `
if [ "\${1-}" = down ]; then
  down
  exit
fi

absent() { # stops before anything is made if the name is taken
  if [ -e "/run/netns/$PREFIX$1" ]; then
    echo "lab.sh: the namespace $PREFIX$1 is there already. Run: sh lab.sh down" >&2
    exit 1
  fi
}`;

const FUNCTIONS = `trap 'echo "lab.sh: failed, taking it away again" >&2; down 2>/dev/null' EXIT

# What the lab takes for granted; a machine's own defaults may be others.
ASSUMED=$(
  # a host does not forward; written first, because it presets others
  echo net.ipv4.ip_forward=0
  for conf in all default lo; do
    cat << EOF
# a source address is not checked against the routes
net.ipv4.conf.$conf.rp_filter=0
# nobody is told of a shorter way, and nobody listens
net.ipv4.conf.$conf.send_redirects=0
net.ipv4.conf.$conf.accept_redirects=0
# any address is answered for on any device, and any may be asked for
net.ipv4.conf.$conf.arp_ignore=0
net.ipv4.conf.$conf.arp_announce=0
net.ipv4.conf.$conf.arp_filter=0
net.ipv4.conf.$conf.proxy_arp=0
# 127.0.0.0/8 does not travel by cable, and one's own address does not come in by it
net.ipv4.conf.$conf.route_localnet=0
net.ipv4.conf.$conf.accept_local=0
# with a first address its secondary ones go
net.ipv4.conf.$conf.promote_secondaries=0
# a route by a device without carrier is still a route
net.ipv4.conf.$conf.ignore_routes_with_linkdown=0
EOF
  done
)
# The same of what a kernel may lack.
IF_THERE=$(
  cat << EOF
# no IPv6, unless a line below switches it on: with it every device speaks when it comes up
net.ipv6.conf.all.disable_ipv6=1
net.ipv6.conf.default.disable_ipv6=1
# what goes through a bridge is a frame, and no business of iptables
net.bridge.bridge-nf-call-iptables=0
net.bridge.bridge-nf-call-ip6tables=0
net.bridge.bridge-nf-call-arptables=0
net.ipv6.auto_flowlabels=0
EOF
  # for namespaces with IPv6: nobody believes redirects, duplicate addresses are looked for at once
  for conf in all default lo; do
    cat << EOF
net.ipv6.conf.$conf.router_solicitation_delay=0
net.ipv6.conf.$conf.accept_redirects=0
EOF
  done
)

netns() { # a namespace
  ip netns add "$PREFIX$1"
  echo "$IF_THERE" | in_netns "$1" -e -p /dev/stdin
  echo "$ASSUMED" | in_netns "$1" -p /dev/stdin
}

in_netns() { # sysctl in a namespace
  name=$1
  shift
  ip netns exec "$PREFIX$name" sysctl -q "$@"
}`;

/** The switches of br_netfilter, which the script's own beginning turns off. */
function bridgeSwitches(ns: Netns): string[] {
  if (!ns.sysctls.hasBridge) return [];
  const names = ["iptables", "ip6tables", "arptables"].map((table) => `net.bridge.bridge-nf-call-${table}`);
  return [`in_netns ${ns.name} -w ${names.map((name) => `${name}=${ns.sysctls.get(name)}`).join(" ")}`];
}

/** An image is no namespace: the tools in it are only told of. */
function toolsLines(lab: Lab, ns: Netns): string[] {
  const tools = lab.machines.get(ns.node)!.tools.get(ns.name);
  return tools === undefined ? [] : [`# ${ns.name} has the tools of ${tools}: no script can install an image.`];
}

function section(title: string): string {
  return `\n# ${title}.`;
}

function byIndex(ns: Netns): Device[] {
  return [...ns.devices.values()].sort((a, b) => a.index - b.index);
}

function linkLines(device: Device): string[] {
  const name = device.owner.name;
  const made = (each: Device) => `name ${quoted(each.name)} index ${each.index} address ${each.mac}`;
  const { peer, bridge } = device;
  if (bridge !== null) {
    // A bridge with ports takes the lowest of their MACs by itself, unless one was chosen.
    const mac = device.macIsSet || !bridge.hadPorts ? ` address ${device.mac}` : "";
    return [
      `${ipIn(name)} link add name ${quoted(device.name)} index ${device.index}${mac} type bridge ${bridgeWords(device)}`,
    ];
  }
  if (device.kind === "dummy") return [`${ipIn(name)} link add ${made(device)} type dummy`];
  if (device.vlan !== null) return vlanDeviceLines(device);
  if (peer === null) return tunnelLines(device);
  const says =
    device.nic === null ? [] : [`# ${device} and ${peer} are network cards with a cable; a veth stands for it`];
  return [
    ...says,
    `${ipIn(name)} link add ${made(device)} type veth peer ${made(peer)} netns "$PREFIX"${peer.owner.name}`,
  ];
}

/**
 * Bridges and one end of each cable, so that in every namespace devices are made in the order of their index, as far as
 * that can be: some commands list devices as they were made.
 */
function inOrderOfMaking(all: readonly Netns[]): Device[] {
  const waiting = new Map(all.map((ns) => [ns, byIndex(ns).filter(({ kind }) => kind !== "loopback")]));
  const isNext = (device: Device) => {
    const queue = waiting.get(device.owner as Netns)!;
    // Both ends in one namespace: they come after one another.
    return queue[0] === device || (device.peer === queue[0] && queue[1] === device);
  };
  const order: Device[] = [];
  const take = (device: Device) => {
    order.push(device);
    for (const each of device.peer === null ? [device] : [device, device.peer]) {
      const queue = waiting.get(each.owner as Netns)!;
      queue.splice(queue.indexOf(each), 1);
    }
  };
  for (;;) {
    const heads = [...waiting.values()].flatMap((queue) => queue.slice(0, 1));
    if (heads.length === 0) return order;
    const ready = heads.filter((device) => device.peer === null || isNext(device.peer));
    // Devices that were moved about may have an order nobody can make at once.
    if (ready.length === 0) take(heads[0]!);
    for (const device of ready) if (isNext(device)) take(isFirst(device) ? device : device.peer!);
  }
}

/** The end that the line is written for. */
function isFirst(device: Device): boolean {
  const { peer } = device;
  if (peer === null) return true;
  if (device.owner === peer.owner) return device.index < peer.index;
  return (device.owner as Netns).inode < (peer.owner as Netns).inode;
}

function portLines(device: Device): string[] {
  const { bridge } = device;
  if (bridge === null) return [];
  const ip = ipIn(device.owner.name);
  const set = (port: Device) => `${ip} link set dev ${quoted(port.name)} master ${quoted(device.name)}`;
  const lines = [...bridge.ports].reverse().map(set);
  if (bridge.hadPorts && bridge.ports.length === 0) {
    // It had ports once, and that shows: one comes and goes.
    const temporary = "index 2147483646 name pw-tmp type veth peer index 2147483647 name pw-tmp2";
    lines.push(
      `${ip} link add ${temporary}`,
      `${ip} link set dev pw-tmp master ${quoted(device.name)}`,
      `${ip} link del dev pw-tmp`,
    );
  }
  return [...lines, ...memberLines(device)];
}

function neighbourLines(ns: Netns): string[] {
  return byIndex(ns).flatMap((device) =>
    [...ns.inet.get(device)!.neighbours.values()]
      .filter(({ state }) => state === "PERMANENT")
      .map(
        ({ address, mac }) =>
          `${ipIn(ns.name)} neigh add ${address} lladdr ${mac} dev ${quoted(device.name)} nud permanent`,
      ),
  );
}
