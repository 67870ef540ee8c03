// A function that says what the director's frame and the server's answer look like, set against frames of a lab.
import { Lab } from "../../lab/lab.ts";
import { httpServer } from "../../lab/programs.ts";
import type { Ipv4Packet } from "../../wire/packet.ts";
import type { Case, Property, Task } from "../assignment.ts";
import { tried } from "../loss.ts";
import type { LvsValues } from "../lvs.ts";

type Mode = "NAT" | "DR" | "TUN";
type Way = "request" | "answer";

/** What the function is told. The client is behind routers; the last one, the director and the server share a link. */
interface Net {
  /** Address and port of each end, as `198.51.100.7:40112`. */
  readonly client: string;
  readonly vip: string;
  readonly server: string;
  /** The director's own address on the link. */
  readonly director: string;
  readonly routers: number;
}

const LETTER = { NAT: "-m", DR: "-g", TUN: "-i" } as const;
const QUIET = "sysctl -q -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2";
/** What a server needs, once it has its address. */
const NEEDS: { readonly [M in Mode]: (net: Net) => string } = {
  NAT: ({ director }) => `ip route replace default via ${director}`,
  DR: ({ vip }) => `${QUIET}; ip addr add ${host(vip)}/32 dev lo`,
  TUN: ({ vip }) => `${QUIET}; modprobe ipip; ip link set tunl0 up; ip addr add ${host(vip)}/32 dev tunl0`,
};

const host = (end: string): string => end.split(":")[0]!;
const port = (end: string): number => Number(end.split(":")[1]);

/** The first frame of the connection that the director sends to the server, and the first that the server sends. */
function frames(mode: Mode, net: Net): { readonly [W in Way]: object } {
  const { client, vip, server, director, routers } = net;
  const lab = new Lab({ seed: "headers" });
  const names = [
    "client",
    ...Array.from({ length: routers }, (_, i) => (i + 1 < routers ? `router-${i + 1}` : "router")),
  ];
  for (const name of [...names, "director", "server"]) lab.node(name).forward();
  lab.switch("lan", ["router", "director", "server"]);
  const run = (where: string, text: string) => tried(lab, where, text);
  const gateway = director.replace(/\d+$/, "1");
  run("router", `ip addr add ${gateway}/24 dev eth0`);
  run("director", `ip addr add ${director}/24 dev eth0; ip route add default via ${gateway}`);
  run("server", `ip addr add ${host(server)}/24 dev eth0; ip route add default via ${gateway}`);
  for (let i = 0; i < routers; i++) {
    lab.cable(names[i]!, "right", names[i + 1]!, "left");
    // The client's link is its own network; between routers anything will do.
    const [near, far] = i === 0 ? [host(client), "198.51.100.1"] : [`203.0.113.${4 * i + 1}`, `203.0.113.${4 * i + 2}`];
    const length = i === 0 ? 24 : 30;
    run(names[i]!, `ip addr add ${near}/${length} dev right; ip route add default via ${far}`);
    run(
      names[i + 1]!,
      `ip addr add ${far}/${length} dev left${i === 0 ? "" : `; ip route add 198.51.100.0/24 via ${near}`}`,
    );
  }
  run("server", NEEDS[mode](net));
  run(
    "director",
    `sysctl -q -w net.ipv4.conf.all.send_redirects=0; ip addr add ${host(vip)}/32 dev eth0
    ipvsadm -A -t ${vip} -s rr; ipvsadm -a -t ${vip} -r ${server} ${LETTER[mode]}`,
  );
  const ns = lab.netns("server");
  lab.start("web", { ns, out: () => {}, err: () => {} }, httpServer(ns, { port: port(server) }));
  const { trace } = run("client", `nc -z -w 2 -p ${port(client)} ${host(vip)} ${port(vip)}`);
  const macs = ["router", "director", "server"].map(
    (name) => [name, `${lab.netns(name).devices.get("eth0")!.mac}`] as const,
  );
  const first = (where: string, to: (name: string) => boolean): object => {
    for (const { what, packet } of trace.at(where, "eth0").steps) {
      if (what !== "send" || packet === undefined || !("payload" in packet)) continue;
      const name = macs.find(([, mac]) => mac === `${packet.dst}`)?.[0] ?? "";
      if (packet.payload.kind === "ipv4" && to(name)) return described(packet.payload, name);
    }
    throw new Error(`${where} sent nothing`);
  };
  return { request: first("director", (name) => name === "server"), answer: first("server", () => true) };
}

function described(packet: Ipv4Packet, to: string): object {
  const inner = packet.body.kind === "ipip" ? packet.body.packet : packet;
  if (inner.body.kind !== "tcp") throw new Error("not a segment of TCP");
  const { src, dst, ttl, body } = inner;
  return {
    to,
    outer: inner === packet ? null : `${packet.src} > ${packet.dst}`,
    src: `${src}:${body.srcPort}`,
    dst: `${dst}:${body.dstPort}`,
    ttl,
  };
}

function drawNet(dice: Lab, mode: Mode): Net {
  const lan = `192.168.${dice.below(250)}`;
  const first = 10 + dice.below(80);
  const virtual = 80 + dice.below(8000);
  const mapped = mode === "NAT" ? virtual + 1 + dice.below(2000) : virtual;
  return {
    client: `198.51.100.${2 + dice.below(250)}:${32768 + dice.below(20000)}`,
    vip: `${lan}.${first + 100}:${virtual}`,
    server: `${lan}.${first}:${mapped}`,
    director: `${lan}.${first + 1}`,
    routers: 1 + dice.below(5),
  };
}

const CASES = 3;

function property(mode: Mode, way: Way, title: string): Property<LvsValues> {
  return {
    title,
    points: 1,
    cases: ({ dice }) =>
      Array.from({ length: CASES }, (): Case => {
        const net = drawNet(dice, mode);
        return { args: [mode, way, net], wanted: frames(mode, net)[way] };
      }),
  };
}

export const HEADERS: Task<LvsValues> = {
  name: "headers",
  properties: [
    property("NAT", "request", "a request by NAT"),
    property("NAT", "answer", "an answer by NAT"),
    property("DR", "request", "a request by direct routing"),
    property("DR", "answer", "an answer by direct routing"),
    property("TUN", "request", "a request by tunnel"),
    property("TUN", "answer", "an answer by tunnel"),
  ],
};
