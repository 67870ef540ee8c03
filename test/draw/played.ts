// Labs whose walks the tests play.
import { lab } from "../../lib/notebook/session.ts";
import { sh } from "../../lib/notebook/sh.ts";

/** Pods on one bridge, named pod-2 and so on, as their addresses end. */
export function bridged(pods: number): void {
  const node = lab({ seed: "player" }).node("node-1");
  node.bridge("cni0", { address: "10.244.1.1/24" });
  for (let i = 2; i < pods + 2; i++)
    node.pod(`pod-${i}`, { bridge: "cni0", address: `10.244.1.${i}/24`, gateway: "10.244.1.1" });
}

/** Two nodes with a pod each and a route to the other's. */
export function twoNodes(): void {
  const net = lab({ seed: "player" });
  for (const [n, pod] of [
    [1, "shop"],
    [2, "db"],
  ] as const) {
    const node = net.node(`node-${n}`).forward();
    node.bridge("cni0", { address: `10.244.${n}.1/24` });
    node.pod(pod, { bridge: "cni0", address: `10.244.${n}.2/24`, gateway: `10.244.${n}.1` });
  }
  net.cable("node-1", "eth0", "node-2", "eth0");
  for (const [n, other] of [
    [1, 2],
    [2, 1],
  ])
    sh(
      `node-${n}`,
      `ip addr add 192.168.0.1${n}/24 dev eth0; ip route add 10.244.${other}.0/24 via 192.168.0.1${other}`,
    );
}
