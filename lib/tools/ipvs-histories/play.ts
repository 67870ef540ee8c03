// Plays a history in a lab of its own: real sockets, real commands, everything by packets.

import type { Lab } from "../../lab/lab.ts";
import type { Netns } from "../../netns/netns.ts";
import { SECOND } from "../../trace/world.ts";
import { ipv4 } from "../../wire/address.ts";
import { FORWARD } from "../ipvsadm-list.ts";
import { place, runShell } from "../shell.ts";
import { Calls, type Taken, type Way } from "./calls.ts";
import {
  type Ends,
  type Event,
  type History,
  type Mode,
  type Outcome,
  type Result,
  type Row,
  type Server,
  serverNumber,
} from "./history.ts";
import { directorLab, ROOT } from "./place.ts";

const VIP = "10.9.0.1";
const MARKED_VIP = "10.9.100.1";
const PORT = 80;
const SWITCH = { masq: "-m", tunnel: "-i", route: "-g" } as const;

/** What comes of each history. */
export const playHistories = (histories: readonly History[]): Outcome[] =>
  histories.map((history) => new Player(history).play());

/** Those there are at first, and those that come. */
function serversOf({ dests, events }: History): readonly Server[] {
  return [...dests, ...events.flatMap((event) => (event.op === "add" ? [event] : []))];
}

class Player {
  private readonly history: History;
  private readonly mode: Mode;
  private readonly port: number;
  private readonly service: string;
  private readonly lab: Lab;
  private readonly director: Netns;
  private readonly calls: Calls;
  /** What was said of each server: what an edit leaves out stays. */
  private readonly said = new Map<string, Server>();
  /** By address, the first port a server of it had: on its own machine a client's packet comes to the virtual one. */
  private readonly names = new Map<string, string>();

  constructor(history: History) {
    const { name, mode = "masq", vip = VIP, vport = PORT, proto = "tcp", fwmark } = history;
    this.history = history;
    this.mode = mode;
    this.port = vport;
    this.service = fwmark ? "-f 1" : `${proto === "udp" ? "-u" : "-t"} ${vip}:${vport}`;
    this.lab = directorLab(name, mode);
    this.director = this.lab.netns("d");
    this.calls = new Calls(this.lab);
    for (const server of serversOf(history)) if (!this.names.has(server.ip)) this.names.set(server.ip, nameOf(server));
  }

  play(): Outcome {
    const { name, scheduler, flags, persistent, ops, sysctl = {}, dests, events } = this.history;
    for (const [key, value] of Object.entries(sysctl)) this.run("d", `sysctl -qw net.ipv4.vs.${key}=${value}`);
    const words = [flags && `-b ${flags}`, persistent && `-p ${persistent}`, ops && "-o"].filter(Boolean).join(" ");
    this.run("d", `ipvsadm -A ${this.service} -s ${scheduler} ${words}`);
    for (const server of dests) this.add(server);
    const began = this.lab.now + SECOND;
    let at = 0;
    const results = events.map((event, i) => {
      at = event.t ?? (i === 0 ? 0 : at + 0.1);
      if (event.op === "wait") at += event.sec - 0.1;
      this.lab.runFor(Math.max(began + Math.round(at * 1000) * (SECOND / 1000) - this.lab.now, 0));
      return this.happen(event, i);
    });
    return { name, results, final: this.table() };
  }

  private happen(event: Event, i: number): Result {
    switch (event.op) {
      case "connect": {
        const way = this.wayOf(event);
        if (this.history.proto !== "udp") return this.nameOf(this.calls.connect(i, way));
        const { taken, isAnswered } = this.calls.ask(way);
        const name = this.nameOf(taken);
        return typeof taken === "string" ? name : `${name} reply=${isAnswered ? "yes" : "no"}`;
      }
      case "syn":
        this.calls.syn(this.wayOf(event));
        return this.serverOf(event);
      case "close":
        this.calls.close(event.conn, event.how ?? "fin");
        return null;
      case "send":
        return this.calls.send(event.conn);
      case "add":
        return refusal(this.add(event));
      case "weight": {
        const server = { ...this.said.get(nameOf(event)), ...event };
        this.said.set(nameOf(event), server);
        return refusal(this.run("d", `ipvsadm -e ${this.service} -r ${nameOf(event)} ${this.optionsOf(server)}`));
      }
      case "del":
        return refusal(this.run("d", `ipvsadm -d ${this.service} -r ${nameOf(event)}`));
      case "sched": {
        const flags = event.flags ? ` -b ${event.flags}` : "";
        return refusal(this.run("d", `ipvsadm -E ${this.service} -s ${event.scheduler}${flags}`));
      }
      case "wait":
        return null;
      case "snap":
        return this.table();
      case "conns":
        return this.run("d", "ipvsadm -Lcn");
      case "cmd":
        return this.run("d", event.cmd);
      case "sh":
        return this.run(event.ns === "-" ? ROOT : (event.ns ?? "d"), event.cmd);
    }
  }

  private add(server: Server): readonly string[] {
    const { ip, port, weight, x, y, mode } = server;
    // Translated packets come to the server's own port, others to the virtual one.
    const served = this.mode === "masq" && port !== 0 ? port : this.port;
    this.calls.serve(serverNumber(ipv4(ip)), served, this.history.proto ?? "tcp");
    const said = { ip, port, ...(weight !== undefined && { weight }), ...(x !== undefined && { x }) };
    this.said.set(nameOf(server), { ...said, ...(y !== undefined && { y }), ...(mode !== undefined && { mode }) });
    return this.run("d", `ipvsadm -a ${this.service} -r ${nameOf(server)} ${this.optionsOf(server)}`);
  }

  private optionsOf({ weight, x, y, mode = this.mode }: Server): string {
    const words = [SWITCH[mode], weight !== undefined && `-w ${weight}`, x !== undefined && `-x ${x}`];
    return [...words, y !== undefined && `-y ${y}`].filter(Boolean).join(" ");
  }

  /** The lines that a command prints, and its status where it is not 0. */
  private run(where: string, command: string): readonly string[] {
    const { text, status } = runShell(this.lab, place(this.lab, where), command);
    const lines = text === "" ? [] : text.replace(/\n$/, "").split("\n");
    return status === 0 ? lines : [...lines, `e ${status}`];
  }

  private wayOf({ client, cport, vip, vport }: Ends): Way {
    const own = this.history.vip ?? (this.history.fwmark ? MARKED_VIP : VIP);
    return { client, cport, vip: vip ?? own, vport: vport ?? this.port };
  }

  private nameOf(taken: Taken): string {
    if (typeof taken === "string") return taken;
    const ip = `10.2.0.${taken.server}`;
    const own = `${ip}:${taken.port}`;
    return this.mode === "masq" ? own : (this.names.get(ip) ?? own);
  }

  /** The server of a connection that was only begun. */
  private serverOf({ client, cport }: Ends): string {
    const address = ipv4(client);
    const all = this.director.balancing?.ipvs.connections.table.list() ?? [];
    const conn = all.find((each) => each.client === address && each.clientPort === cport);
    return conn === undefined ? "refused" : `${conn.dest.address}:${conn.serverPort}`;
  }

  private table(): Row[] {
    const rows: Row[] = [];
    for (const service of this.director.balancing?.ipvs.services.list() ?? [])
      for (const { address, port, method, weight, active, inactive } of service.destinations())
        rows.push([`${address}:${port}`, FORWARD[method], weight, active, inactive]);
    return rows;
  }
}

const nameOf = ({ ip, port }: { readonly ip: string; readonly port: number }) => `${ip}:${port}`;

/** The words of a command that was refused, without its status; null: it was done. */
function refusal(lines: readonly string[]): readonly string[] | null {
  const said = lines.filter((line) => !/^e \d+$/.test(line));
  return said.length === 0 ? null : said;
}
