// The plugin bridge alone on each node (cbr0, as kubenet had it), and somebody who writes the nodes' networks into every
// node's routes, as a cloud's route controller or an administrator does. Nobody translates addresses inside.
// Before you edit: facts 2.1, staging/src/k8s.io/cloud-provider/controllers/route/route_controller.go.
import { Informer } from "../controller/informer.ts";
import type { Node } from "../shapes.ts";
import { Bridge } from "./bridge.ts";
import { type CniNode, type CniPlugin, type NodePlugin, run } from "./plugin.ts";

const addressOf = (node: Node): string | undefined =>
  node.status?.addresses?.find(({ type }) => type === "InternalIP")?.address;

function start({ lab, machine, device, clusterCidr, client }: CniNode, ready: () => void): NodePlugin {
  const { root } = machine;
  let bridge: Bridge | null = null;
  const ways = new Map<string, string>();
  const nodes = new Informer<Node>(client, "nodes").on((now, before) => {
    const { name } = (now ?? before)!.metadata;
    const subnet = now?.spec.podCIDR;
    if (name === machine.name) {
      if (bridge !== null || subnet === undefined) return;
      const mtu = root.devices.get(device)!.mtu;
      bridge = new Bridge(lab, machine, { bridge: "cbr0", mtu, subnet, routes: [], hairpin: true });
      run(
        lab,
        root,
        `iptables -t nat -A POSTROUTING ! -d ${clusterCidr} -s ${clusterCidr} -m addrtype ! --dst-type LOCAL -j MASQUERADE`,
      );
      return ready();
    }
    const gateway = now === null ? undefined : addressOf(now);
    const way = subnet === undefined || gateway === undefined ? undefined : `${subnet} via ${gateway}`;
    const was = ways.get(name);
    if (way === was) return;
    if (was !== undefined) run(lab, root, `ip route del ${was}`);
    if (way !== undefined) run(lab, root, `ip route add ${way}`);
    if (way === undefined) ways.delete(name);
    else ways.set(name, way);
  });
  nodes.start();
  return {
    get isReady() {
      return bridge !== null;
    },
    add(sandbox) {
      if (bridge === null) throw new Error("no network is known for this node yet");
      return bridge.add(sandbox);
    },
    del: (sandbox) => bridge?.del(sandbox),
    stop: () => nodes.stop(),
  };
}

export const bridgeHostGateway: CniPlugin = { name: "bridge-host-gw", conf: 'type="bridge"', start };
