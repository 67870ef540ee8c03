// Labs with tunnels, made by the commands that a reader would type: an underlay with two or three machines, and on each
// a pod behind a VXLAN, an IPIP or a tun device.
import { Lab } from "../../lib/lab/lab.ts";
import { place, runShell } from "../../lib/tools/shell.ts";

export interface Shape {
  readonly machines: number;
  /** Routed into the tunnel as Flannel does, or the tunnel is a port of the pods' bridge, IP in IP as Calico does, or by Flannel's program. */
  readonly kind: "routed" | "bridged" | "ipip" | "flannel";
  readonly port: number;
  readonly vni: number;
  /** What is written behind `type vxlan` or `type ipip` besides. */
  readonly words: string;
  /** MTU of each machine's eth0; the switch between them has the largest. */
  readonly mtus: readonly number[];
  /** MTU of the pods. */
  readonly podMtu: number;
  /** Lines that go wrong on purpose, as `n1: bridge fdb ...`. */
  readonly faults: readonly string[];
}

/** The lab of a shape. Throws when a line is refused. */
export function tunnelLab(shape: Shape, seed: string): Lab {
  const lab = new Lab({ seed });
  const all = Array.from({ length: shape.machines }, (_, i) => i + 1);
  lab.node("sw");
  const run = (where: string, line: string) => {
    const { text, status } = runShell(lab, place(lab, where), line);
    if (status !== 0) throw new Error(`${where}: ${line}: ${text}`);
  };
  for (const i of all) lab.node(`n${i}`);
  if (shape.kind === "ipip") for (const machine of lab.machines.values()) machine.load("ipip");
  run("sw", "ip link add br0 type bridge");
  run("sw", "ip link set br0 up");
  for (const i of all) {
    lab.cable("sw", `port${i}`, `n${i}`, "eth0");
    run("sw", `ip link set port${i} master br0`);
    const mtu = shape.mtus[i - 1] ?? 1500;
    if (mtu !== 1500) run(`n${i}`, `ip link set eth0 mtu ${mtu}`);
    run(`n${i}`, `ip addr add 192.168.10.1${i}/24 brd + dev eth0`);
    run(`n${i}`, "sysctl -q -w net.ipv4.ip_forward=1");
    addPod(run, shape, i);
  }
  for (const i of all) for (const o of all) if (i !== o) point(run, shape, i, o);
  for (const fault of shape.faults) {
    const at = fault.indexOf(": ");
    run(fault.slice(0, at), fault.slice(at + 2));
  }
  lab.run();
  return lab;
}

type Run = (where: string, line: string) => void;

const tunnelMac = (i: number) => `5e:00:00:00:00:0${i}`;

/** In one network if bridged, else each machine has its own. */
export function podAddress(shape: Shape, i: number): string {
  return shape.kind === "bridged" ? `10.244.0.${i}` : `10.244.${i}.2`;
}

function addPod(run: Run, shape: Shape, i: number): void {
  const n = `n${i}`;
  const p = `p${i}`;
  run(n, `ip netns add ${p}`);
  run(n, `ip link add cni0 address 02:00:00:00:0${i}:01 type bridge`);
  run(n, "ip link set cni0 up");
  run(n, `ip link add veth0 mtu ${shape.podMtu} type veth peer name eth0 mtu ${shape.podMtu} netns ${p}`);
  run(n, "ip link set veth0 master cni0 up");
  run(n, `ip -n ${p} link set lo up`);
  run(n, `ip -n ${p} link set eth0 up`);
  run(n, `ip -n ${p} addr add ${podAddress(shape, i)}/24 dev eth0`);
  const vxlan = `ip link add vx address ${tunnelMac(i)} type vxlan id ${shape.vni} dstport ${shape.port} local 192.168.10.1${i}`;
  if (shape.kind === "bridged") {
    run(n, `${vxlan} dev eth0 ${shape.words}`);
    run(n, "ip link set vx master cni0 up");
    return;
  }
  run(n, `ip addr add 10.244.${i}.1/24 dev cni0`);
  run(n, `ip -n ${p} route add default via 10.244.${i}.1`);
  if (shape.kind === "flannel") {
    run(n, "ip tuntap add dev flannel0 mode tun");
    run(n, `ip addr add 10.244.${i}.0/16 dev flannel0`);
    run(n, `ip link set flannel0 mtu ${(shape.mtus[i - 1] ?? 1500) - 28} up`);
    return;
  }
  if (shape.kind === "ipip") {
    run(n, `ip addr add 10.244.${i}.0/32 dev tunl0`);
    run(n, "ip link set tunl0 up");
    return;
  }
  run(n, `${vxlan} dev eth0 nolearning ${shape.words}`);
  run(n, `ip addr add 10.244.${i}.0/32 dev vx`);
  run(n, "ip link set vx up");
}

/** What machine `i` is told of machine `o`. */
function point(run: Run, shape: Shape, i: number, o: number): void {
  const n = `n${i}`;
  // Flannel's program is told, not the kernel.
  if (shape.kind === "flannel") return;
  if (shape.kind === "bridged") return run(n, `bridge fdb append 00:00:00:00:00:00 dev vx dst 192.168.10.1${o}`);
  if (shape.kind === "ipip") {
    // Point to point, because it needs no route that says onlink.
    run(n, `ip link add t${o} type ipip local 192.168.10.1${i} remote 192.168.10.1${o} ${shape.words}`);
    run(n, `ip link set t${o} up`);
    return run(n, `ip route add 10.244.${o}.0/24 dev t${o}`);
  }
  run(n, `ip route add 10.244.${o}.0/32 dev vx`);
  run(n, `ip route add 10.244.${o}.0/24 via 10.244.${o}.0 dev vx`);
  run(n, `ip neigh add 10.244.${o}.0 lladdr ${tunnelMac(o)} dev vx nud permanent`);
  run(n, `bridge fdb add ${tunnelMac(o)} dev vx dst 192.168.10.1${o}`);
}
