// `ifconfig` of net-tools 2.10: interfaces shown, set up and down, their MTU, one address each.
// Before you edit: net-tools 2.10 ifconfig.c, lib/interface.c (ife_print_long), net/ipv4/devinet.c (devinet_ioctl).

import { deleteAddress, setDown, setMtu, setUp } from "../netns/configure.ts";
import { errorText } from "../netns/errno.ts";
import { tryAddress } from "../netns/ipv4/fib.ts";
import { type Ipv4, ipv4, mask4, Prefix4 } from "../wire/address.ts";
import { type Call, type Command, notModelled } from "./command.ts";
import { flagsOf, type Interface, interfaces, shortRow, shortRows } from "./ifconfig-table.ts";

const SUPPORTED = "-a, -s, DEVICE [up | down | mtu N | ADDRESS[/LEN] | netmask MASK | broadcast ADDRESS]";
const SHORT = "Iface      MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n";

export const ifconfig: Command = (call) => {
  const { args, ns, out, err } = call;
  let all = false;
  let short = false;
  const words = [...args];
  for (; words[0]?.startsWith("-"); words.shift()) {
    if (words[0] === "-a") all = true;
    else if (words[0] === "-s") short = true;
    else throw notModelled("ifconfig", words[0]!, SUPPORTED);
  }
  const [name, ...settings] = words;
  if (name === undefined) {
    if (short) out(`${SHORT}${shortRows(ns, all)}`);
    else for (const each of interfaces(ns)) if (all || each.device.up) out(long(each));
    return 0;
  }
  if (settings.length > 0) return configure(call, name, settings);
  const found = interfaces(ns).find((each) => each.name === name);
  if (found === undefined) {
    err(`${name}: error fetching interface information: Device not found\n`);
    return 1;
  }
  out(short ? `${SHORT}${shortRow(found)}` : long(found));
  return 0;
};

function long({ name, device, isAlias, address }: Interface): string {
  const { number, words } = flagsOf(device);
  const lines = [`${name}: flags=${number}<${words.join(",")}>  mtu ${device.mtu}`];
  const isLoopback = device.kind === "loopback";
  if (address !== null) {
    const broadcast = isLoopback ? "" : `  broadcast ${address.broadcast ?? "0.0.0.0"}`;
    lines.push(`        inet ${address.local}  netmask ${maskText(address.length)}${broadcast}`);
  }
  lines.push(
    isLoopback
      ? "        loop  txqueuelen 1000  (Local Loopback)"
      : `        ether ${device.mac}  txqueuelen 1000  (Ethernet)`,
  );
  if (!isAlias) {
    const { rxPackets, rxBytes, rxDropped, txPackets, txBytes, txDropped } = device.stats;
    lines.push(
      `        RX packets ${rxPackets}  bytes ${rxBytes} (${size(rxBytes)})`,
      `        RX errors 0  dropped ${rxDropped}  overruns 0  frame 0`,
      `        TX packets ${txPackets}  bytes ${txBytes} (${size(txBytes)})`,
      `        TX errors 0  dropped ${txDropped} overruns 0  carrier 0  collisions 0`,
    );
  }
  return `${lines.join("\n")}\n\n`;
}

function maskText(length: number): string {
  return [24, 16, 8, 0].map((shift) => (mask4(length) >>> shift) & 255).join(".");
}

/** A number of octets with one decimal, cut and not rounded. */
function size(octets: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (unit < units.length - 1 && octets > 1024 ** (unit + 1)) unit++;
  const tenths = Math.floor((octets * 10) / 1024 ** unit);
  return `${Math.floor(tenths / 10)}.${tenths % 10} ${units[unit]}`;
}

function configure({ ns, err }: Call, name: string, settings: readonly string[]): number {
  const device = ns.devices.get(name);
  if (device === undefined) {
    if (name.includes(":"))
      throw notModelled("ifconfig", name, `${SUPPORTED}; an alias is ip addr add ... label ${name}`);
    const [first] = settings;
    if (first !== "up" && first !== "down") throw notModelled("ifconfig", `${name} ${first}`, "interfaces that exist");
    err(`${name}: ERROR while getting interface flags: No such device\n`);
    return 255;
  }
  const inet = ns.inet.get(device)!;
  let status = 0;
  const replace = (local: Ipv4, length: number, broadcast: Ipv4 | null) => {
    const old = inet.addresses.find(({ label }) => label === name);
    if (old !== undefined) deleteAddress(ns, device, old);
    tryAddress(ns, device, local, length, { broadcast });
  };
  const ends = (local: Ipv4, length: number) => (length < 31 ? new Prefix4(local, length).broadcast : null);
  const rest = [...settings];
  while (rest.length > 0) {
    const word = rest.shift()!;
    const current = inet.addresses.find(({ label }) => label === name);
    if (word === "up") setUp(ns, device);
    else if (word === "down") setDown(ns, device);
    else if (word === "mtu") {
      const mtu = Number(rest.shift());
      const isPossible = device.kind === "loopback" || (mtu >= 68 && mtu <= 65535);
      const refused = isPossible ? setMtu(device, mtu) : "EINVAL";
      if (refused !== null) {
        err(`SIOCSIFMTU: ${errorText(refused)}\n`);
        status = 1;
      }
    } else if (word === "netmask" && current !== undefined) {
      const { bits } = ipv4(rest.shift() ?? "");
      const length = Math.clz32(~bits >>> 0);
      if (length < 32 && bits << length !== 0) throw notModelled("ifconfig", `netmask ${bits}`, SUPPORTED);
      replace(current.local, length, ends(current.local, length));
    } else if (word === "broadcast" && current !== undefined)
      replace(current.local, current.length, ipv4(rest.shift() ?? ""));
    else if (/^\d+\.\d+\.\d+\.\d+(\/\d+)?$/.test(word)) {
      const [text = "", bits] = word.split("/");
      const local = ipv4(text);
      const length = bits === undefined ? classLength(local) : Number(bits);
      replace(local, length, ends(local, length));
      setUp(ns, device);
    } else throw notModelled("ifconfig", word, SUPPORTED);
  }
  return status;
}

/** How long the network of an address was before networks had lengths (inet_abc_len). */
function classLength({ bits }: Ipv4): number {
  const first = bits >>> 24;
  return first < 128 ? 8 : first < 192 ? 16 : 24;
}
