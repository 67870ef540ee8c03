// A director with two real servers by direct routing, and what goes wrong there.
import { labData } from "../../lab/data-write.ts";
import { Lab, type LabOptions } from "../../lab/lab.ts";
import { httpServer } from "../../lab/programs.ts";
import { entriesOf } from "../changes.ts";
import { type Bed, type Fault, forget, type Probe, run } from "./bed.ts";

/** Makes an empty lab, or one that a notebook shows. */
export type MakeLab = (options: LabOptions) => Lab;

const VIP = "192.168.7.100";
const SERVERS = { "server-1": "192.168.7.11", "server-2": "192.168.7.12" } as const;
const VIRTUAL = `-t ${VIP}:80`;

/** The director and its servers, at work. */
export function lvsBed(seed: string, make: MakeLab = (options) => new Lab(options)): Bed {
  const lab = make({ seed });
  for (const name of ["client", "router", "director", ...Object.keys(SERVERS)]) lab.node(name);
  lab.machines.get("router")!.forward();
  lab.cable("client", "eth0", "router", "eth1");
  lab.switch("rack", ["router", "director", ...Object.keys(SERVERS)]);
  const set = (where: string, ...lines: string[]) => run({ lab }, where, lines.join("; "));
  set("client", "ip addr add 198.51.100.5/24 dev eth0", "ip route add default via 198.51.100.1");
  set("router", "ip addr add 198.51.100.1/24 dev eth1", "ip addr add 192.168.7.1/24 dev eth0");
  const gateway = "ip route add default via 192.168.7.1";
  set("director", "ip addr add 192.168.7.2/24 dev eth0", `ip addr add ${VIP}/32 dev eth0`, gateway);
  set("director", `ipvsadm -A ${VIRTUAL} -s rr`);
  for (const [name, address] of Object.entries(SERVERS)) {
    set("director", `ipvsadm -a ${VIRTUAL} -r ${address} -g`);
    set(name, "sysctl -w net.ipv4.conf.all.arp_ignore=1", "sysctl -w net.ipv4.conf.all.arp_announce=2");
    set(name, `ip addr add ${address}/24 dev eth0`, `ip addr add ${VIP}/32 dev lo`, gateway);
    const ns = lab.netns(name);
    const unheard = () => {};
    lab.start("server", { ns, out: unheard, err: unheard }, httpServer(ns, { port: 80 }));
  }
  const ask = (to: string, servers: number, times: number): Omit<Probe, "title"> => ({
    ...{ where: "client", command: `curl -s -m 3 http://${to}/`, servers, times },
    answer: /^server-\d saw client 198\.51\.100\.5:/,
  });
  return {
    lab,
    settle: () => lab.run(),
    probes: [
      { title: "the client asks the virtual address, and both servers answer", ...ask(VIP, 2, 8) },
      ...Object.entries(SERVERS).map(([name, to]) => ({ title: `the client asks ${name} itself`, ...ask(to, 1, 1) })),
      ...Object.entries(SERVERS).map(([name, to]) => ({
        ...{ title: `the director pings ${name}`, where: "director" },
        ...{ command: `ping -c 1 -W 2 ${to}`, answer: / 0% packet loss/ },
      })),
      {
        ...{ title: "the client pings the virtual address", where: "client" },
        ...{ command: `ping -c 1 -W 2 ${VIP}`, answer: / 0% packet loss/ },
      },
    ],
    renew: () => forget(lab),
    entries: () => entriesOf(labData(lab)),
  };
}

export const LVS_FAULTS: readonly Fault[] = [
  { cause: "server without the address", where: "server-1", command: () => `ip addr del ${VIP}/32 dev lo` },
  {
    cause: "ARP",
    where: "server-2",
    // The router asks anew, and a server answers too.
    command: () => "sysctl -w net.ipv4.conf.all.arp_ignore=0",
  },
  {
    cause: "forwarding method",
    where: "director",
    command: () => `ipvsadm -e ${VIRTUAL} -r ${SERVERS["server-1"]} -m`,
  },
  { cause: "weight", where: "director", command: () => `ipvsadm -e ${VIRTUAL} -r ${SERVERS["server-2"]} -g -w 0` },
  { cause: "default route", where: "server-2", command: () => "ip route del default via 192.168.7.1" },
  { cause: "director without the address", where: "director", command: () => `ip addr del ${VIP}/32 dev eth0` },
  { cause: "drop rule", where: "server-1", command: () => `iptables -A INPUT -d ${VIP} -p tcp --dport 80 -j DROP` },
];
