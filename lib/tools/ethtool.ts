// `ethtool -S`: what a driver counts. Here that is veth's own counters, and without XDP programs they stay 0.
// Before you edit: ethtool 6.1 ethtool.c (do_gstats), drivers/net/veth.c (veth_get_strings, veth_get_ethtool_stats).
import type { NicState } from "../link/rss.ts";
import { type Command, notModelled } from "./command.ts";

const SUPPORTED = "-S DEVICE; of network cards -l and -x too";
const RECEIVED = ["xdp_packets", "xdp_bytes", "drops", "xdp_redirect", "xdp_drops", "xdp_tx", "xdp_tx_errors"];
const SENT = ["xdp_xmit", "xdp_xmit_errors"];
/** Exit statuses of `ethtool -S`. */
const NO_STATS = 94;
const NO_DEVICE = 96;

/** What is asked of a network card. */
const CARD: Readonly<Record<string, (name: string, card: NicState) => string>> = {
  "-S": counters,
  "--statistics": counters,
  "-l": channels,
  "--show-channels": channels,
  "-x": indirection,
  "--show-rxfh-indir": indirection,
  "--show-rxfh": indirection,
};

function counters(_: string, { received }: NicState): string {
  const lines = received.flatMap(({ packets, bytes }, i) => [
    `     rx_queue_${i}_packets: ${packets}\n`,
    `     rx_queue_${i}_bytes: ${bytes}\n`,
  ]);
  return `NIC statistics:\n${lines.join("")}`;
}

function channels(name: string, { queues }: NicState): string {
  const list = `RX:\t\tn/a\nTX:\t\tn/a\nOther:\t\tn/a\nCombined:\t${queues}\n`;
  return `Channel parameters for ${name}:\nPre-set maximums:\n${list}Current hardware settings:\n${list}`;
}

/** Eight entries in a line, then the key (print_indir_table). */
function indirection(name: string, { table, key, queues }: NicState): string {
  let text = `RX flow hash indirection table for ${name} with ${queues} RX ring(s):\n`;
  for (let i = 0; i < table.length; i += 8)
    text += `${`${i}`.padStart(5)}: ${table
      .slice(i, i + 8)
      .map((queue) => ` ${`${queue}`.padStart(5)}`)
      .join("")}\n`;
  const octets = Array.from(key, (octet) => octet.toString(16).padStart(2, "0")).join(":");
  return `${text}RSS hash key:\n${octets}\nRSS hash function:\n    toeplitz: on\n    xor: off\n    crc32: off\n`;
}

export const ethtool: Command = ({ ns, args, out, err }) => {
  const [option, name, ...more] = args;
  if (option === undefined) {
    err("ethtool: bad command line argument(s)\nFor more information run ethtool -h\n");
    return 1;
  }
  const card = name === undefined || more.length > 0 ? null : (ns.devices.get(name)?.nic ?? null);
  if (card !== null) {
    const say = CARD[option];
    if (say === undefined) throw notModelled("ethtool", option, SUPPORTED);
    out(say(name!, card));
    return 0;
  }
  if ((option !== "-S" && option !== "--statistics") || name === undefined || more.length > 0)
    throw notModelled("ethtool", args.join(" "), SUPPORTED);
  const device = ns.devices.get(name);
  if (device === undefined) {
    err("Cannot get stats strings information: No such device\n");
    return NO_DEVICE;
  }
  if (device.kind === "loopback" || device.kind === "bridge") {
    err("no stats available\n");
    return NO_STATS;
  }
  if (device.kind !== "veth") throw notModelled("ethtool -S", name, "veth, bridge and loopback devices");
  const counters = [...RECEIVED.map((each) => `rx_queue_0_${each}`), ...SENT.map((each) => `tx_queue_0_${each}`)];
  const lines = [`peer_ifindex: ${device.peer?.index ?? 0}`, ...counters.map((each) => `${each}: 0`)];
  out(`NIC statistics:\n${lines.map((line) => `     ${line}\n`).join("")}`);
  return 0;
};
