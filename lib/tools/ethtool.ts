// `ethtool -S`: what a driver counts. Here that is veth's own counters, and without XDP programs they stay 0.
// Before you edit: ethtool 6.1 ethtool.c (do_gstats), drivers/net/veth.c (veth_get_strings, veth_get_ethtool_stats).
import { type Command, notModelled } from "./command.ts";

const SUPPORTED = "-S DEVICE";
const RECEIVED = ["xdp_packets", "xdp_bytes", "drops", "xdp_redirect", "xdp_drops", "xdp_tx", "xdp_tx_errors"];
const SENT = ["xdp_xmit", "xdp_xmit_errors"];
/** Exit statuses of `ethtool -S`. */
const NO_STATS = 94;
const NO_DEVICE = 96;

export const ethtool: Command = ({ ns, args, out, err }) => {
  const [option, name, ...more] = args;
  if (option === undefined) {
    err("ethtool: bad command line argument(s)\nFor more information run ethtool -h\n");
    return 1;
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
