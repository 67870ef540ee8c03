// Flannel's UDP backend: the kernel hands every packet for another node's pods to a program by a tun device, and the
// program sends it as a datagram to the node that has them. Each packet crosses between kernel and program four times.
// Before you edit: github.com/flannel-io/flannel pkg/backend/udp/{udp_amd64,udp_network_amd64}.go, proxy_amd64.c, facts P11.
import { type FlannelRoute, flannelUdp as proxy } from "../../lab/tun-programs.ts";
import { type Backend, Flanneld, netOf } from "./flannel.ts";
import type { Reach } from "./flannel-news.ts";
import { type CniNode, type CniPlugin, run } from "./plugin.ts";

const DEVICE = "flannel0";
/** IPv4 and UDP around the packet. */
const OVERHEAD = 28;

function udp({ lab, machine, device, address, clusterCidr }: CniNode, subnet: string): Backend {
  const { root } = machine;
  const mtu = root.devices.get(device)!.mtu - OVERHEAD;
  const tunAddress = netOf(subnet);
  const subnets: FlannelRoute[] = [];
  const program = proxy(root, { device: DEVICE, address, tunAddress, subnets });
  const process = lab.start("flanneld", { ns: root, out: () => {}, err: () => {} }, program);
  run(lab, root, `ip addr add ${tunAddress}/32 dev ${DEVICE}`);
  run(lab, root, `ip link set ${DEVICE} mtu ${mtu} up`);
  run(lab, root, `ip route add ${clusterCidr} dev ${DEVICE} scope global`);
  return {
    type: "udp",
    data: null,
    mtu,
    add: ({ subnet: net, publicIp }) => subnets.push({ subnet: net, via: publicIp }),
    remove({ subnet: net }: Reach) {
      subnets.splice(
        subnets.findIndex((each) => `${each.subnet}` === `${net}`),
        1,
      );
    },
    stop: () => process.kill(0),
  };
}

export const flannelUdp: CniPlugin = {
  name: "flannel-udp",
  conf: 'type="flannel"',
  isProgram: true,
  start: (node, ready) => new Flanneld(node, udp, ready),
};
