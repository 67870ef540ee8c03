// A kube-proxy with many Services, alone in its process: node kube-proxy-sync.js MODE SERVICES says as JSON what it costs:
// the first sync and one changed endpoint (CPU ms), memory (MB), and the first packet of a flow to the last Service (µs).
import { type AskedPacket, readAskedPacket } from "../../lib/kube/proxy/asked-packet.ts";
import { DEFAULTS } from "../../lib/kube/proxy/settings.ts";
import { makeProxier, type ProxyMode } from "../../lib/kube/proxy/start.ts";
import { Tracker } from "../../lib/kube/proxy/tracker.ts";
import { Lab } from "../../lib/lab/lab.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { NOT_RECORDED } from "../../lib/trace/step.ts";
import { MILLISECOND } from "../../lib/trace/world.ts";
import { ipv4 } from "../../lib/wire/address.ts";

export interface SyncCosts {
  readonly sync: number;
  readonly change: number;
  readonly memory: number;
  readonly packet: number;
}

const CHANGES = 100;
const FLOWS = 10_000;
const address = (bits: number) => [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join(".");
const vip = (i: number) => address(0x0a600001 + i);

/** CPU time in ms. */
function cost(work: () => void): number {
  const began = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1000;
}

function fill(tracker: Tracker, i: number, last: string): void {
  const metadata = { namespace: `ns-${Math.floor(i / 100)}`, name: `svc-${i}` };
  const labels = { "kubernetes.io/service-name": metadata.name };
  const endpoints = [address(0x0af40100 + 2 * i), last].map((each) => ({ addresses: [each], nodeName: "other" }));
  const ports = [{ name: "http", port: 8080, protocol: "TCP" }];
  tracker.setSlice({ metadata: { ...metadata, labels }, addressType: "IPv4", ports, endpoints } as never, false);
}

function measure(mode: ProxyMode, count: number): SyncCosts {
  const lab = new Lab({ seed: "bench" });
  const network = lab.node("network").root;
  const ns = lab.node("node").forward().root;
  const [device] = lab.addVeth({ ns, name: "eth0" }, { ns: network, name: "node" });
  runShell(
    lab,
    place(lab, "network"),
    "ip addr add 192.168.0.1/24 dev node; ip link set node up; ip route add blackhole default",
  );
  runShell(
    lab,
    place(lab, "node"),
    "ip addr add 192.168.0.2/24 dev eth0; ip link set eth0 up; ip route add default via 192.168.0.1",
  );
  const tracker = new Tracker(4, "node");
  for (let i = 0; i < count; i++) {
    const metadata = { namespace: `ns-${Math.floor(i / 100)}`, name: `svc-${i}` };
    const spec = { type: "ClusterIP", clusterIP: vip(i), ports: [{ name: "http", port: 80, protocol: "TCP" }] };
    tracker.setService(`${metadata.namespace}/${metadata.name}`, { metadata, spec } as never);
    fill(tracker, i, address(0x0af40101 + 2 * i));
  }
  const settings = {
    ...DEFAULTS,
    local: { by: "source", cidr: "10.244.0.0/14" },
    nodeIP: ipv4("192.168.0.2"),
  } as const;
  const proxier = makeProxier(mode, { lab, ns }, tracker, settings, { node: "node", zone: "" });
  const sync = cost(() => proxier.sync());
  const memory = process.resourceUsage().maxRSS / 1024;
  const change = cost(() => {
    for (let i = 0; i < CHANGES; i++) {
      fill(tracker, i, address(0x0b000000 + i));
      proxier.sync();
    }
  });
  const flows = (first: number) =>
    Array.from({ length: FLOWS }, (_, i) => readAskedPacket(`tcp 10.244.9.9:${first + i} > ${vip(count - 1)}:80`));
  const send = ({ packet }: AskedPacket) => {
    lab.carry(device, { dst: device.mac, src: device.peer!.mac, payload: packet }, NOT_RECORDED);
    lab.runFor(MILLISECOND);
  };
  for (const each of flows(2000)) send(each);
  const measured = flows(20_000);
  const packet = cost(() => {
    for (const each of measured) send(each);
  });
  return { sync, change: change / CHANGES, memory, packet: (1000 * packet) / FLOWS };
}

const [mode = "", count = ""] = process.argv.slice(2);
process.stdout.write(JSON.stringify(measure(mode as ProxyMode, Number(count))));
