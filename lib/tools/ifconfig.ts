// `ifconfig` of net-tools 2.10: interfaces shown; what is set about them is in ifconfig-settings.ts.
// Before you edit: net-tools 2.10 ifconfig.c, lib/interface.c (ife_print_long).

import { mask4 } from "../wire/address.ts";
import { type Command, notModelled } from "./command.ts";
import { configure, SUPPORTED } from "./ifconfig-settings.ts";
import { flagsOf, type Interface, interfaces, shortRow, shortRows } from "./ifconfig-table.ts";

const SHORT = "Iface      MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n";

export const ifconfig: Command = (call) => {
  const { args, ns, out, err } = call;
  let all = false;
  let short = false;
  const words = [...args];
  for (; words[0]?.startsWith("-"); words.shift()) {
    if (words[0] === "-a") all = true;
    else if (words[0] === "-s") short = true;
    else if (words[0] !== "-v") throw notModelled("ifconfig", words[0]!, SUPPORTED);
  }
  const [name, ...settings] = words;
  if (name === undefined) {
    if (short) out(`${SHORT}${shortRows(ns, all)}`);
    else for (const each of interfaces(ns)) if (all || each.device.up) out(long(each));
    return 0;
  }
  if (settings.length > 0) return configure(call, name, settings);
  // Of an alias that nobody made its device is told.
  const device = ns.devices.get(name.replace(/:.*/, ""));
  const nobody = device === undefined ? undefined : { name, device, isAlias: true, address: null };
  const found = interfaces(ns).find((each) => each.name === name) ?? nobody;
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
  const { txqueuelen } = device.attributes;
  if (address !== null) {
    const broadcast = isLoopback ? "" : `  broadcast ${address.broadcast ?? "0.0.0.0"}`;
    lines.push(`        inet ${address.local}  netmask ${maskText(address.length)}${broadcast}`);
  }
  lines.push(
    isLoopback
      ? `        loop  txqueuelen ${txqueuelen}  (Local Loopback)`
      : `        ether ${device.mac}  txqueuelen ${txqueuelen}  (Ethernet)`,
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
