// keepalived here against the real one: keepalived.txt's cases, recorded by keepalived.py, line by line of its log, its
// frames, and what it did to addresses and IPVS.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Keepalived } from "../../lib/lab/keepalived/keepalived.ts";
import { Lab } from "../../lib/lab/lab.ts";
import type { Process, Program } from "../../lib/lab/process.ts";
import { listen, serve } from "../../lib/lab/programs.ts";
import { setDown, setUp } from "../../lib/netns/configure.ts";
import type { Netns } from "../../lib/netns/netns.ts";
import type { TcpSocket } from "../../lib/netns/tcp/tcp.ts";
import { keepalived } from "../../lib/notebook/keepalived.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { SECOND } from "../../lib/trace/world.ts";
import { ipv4 } from "../../lib/wire/address.ts";
import { describe as text } from "../../lib/wire/describe.ts";
import { BadInput } from "../../lib/wire/input.ts";
import { advertisementBody, advertisementOf } from "../../lib/wire/vrrp.ts";

const HERE = join(dirname(fileURLToPath(import.meta.url)), "../../../test/ipvs");
const HOSTS = { d1: 2, d2: 3, r1: 11, r2: 12, s: 13 };
/** A real machine is slower to begin, and has other things to do. */
const TOLERANCE = 0.35;
/** There a script is a process that has to be loaded. */
const SCRIPT_TOLERANCE = 0.8;

interface Case {
  readonly title: string;
  readonly conf: Map<string, string>;
  readonly steps: { readonly at: number; readonly where: string; readonly command: string }[];
  end: number;
}

function readCases(): Case[] {
  const cases: Case[] = [];
  const lines = readFileSync(join(HERE, "keepalived.txt"), "utf8").split("\n");
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    const [word, first, where, ...command] = line.split(" ");
    if (word === "#") cases.push({ title: line.slice(2), conf: new Map(), steps: [], end: 0 });
    else if (word === "at") cases.at(-1)!.steps.push({ at: Number(first), where: where!, command: command.join(" ") });
    else if (word === "end") cases.at(-1)!.end = Number(first);
    else if (word === "conf") {
      const close = lines.indexOf(".", i);
      cases.at(-1)!.conf.set(first!, lines.slice(i + 1, close).join("\n"));
      i = close;
    }
  }
  return cases;
}

/** The same case here, as keepalived.py prints it. */
function play({ conf, steps, end }: Case): string[] {
  const lab = new Lab({ seed: "keepalived" });
  lab.node("home");
  const run = (where: string, command: string) => runShell(lab, place(lab, where), command).text;
  run("home", "ip netns add sw; ip -n sw link add br0 type bridge; ip -n sw link set br0 up");
  for (const [host, last] of Object.entries(HOSTS))
    run(
      "home",
      `ip netns add ${host}; ip -n ${host} link set lo up
      ip -n ${host} link add eth0 address 02:00:00:00:00:${last.toString(16).padStart(2, "0")} type veth peer name ${host} netns sw
      ip -n sw link set ${host} master br0 up; ip -n ${host} link set eth0 up
      ip -n ${host} addr add 192.168.10.${last}/24 dev eth0`,
    );
  const servers = new Map<string, Process>();
  const serveHttp = (where: string) => {
    const before = new Set(lab.processes);
    run(where, "python3 -m http.server 80 &");
    servers.set(where, [...lab.processes].find((each) => !before.has(each))!);
  };
  for (const host of ["r1", "r2", "s"]) serveHttp(host);
  const greet = (where: string, replies: readonly string[]) => {
    servers.get(where)!.kill(9);
    const ns = lab.netns(where);
    servers.set(where, lab.start("mail", { ns, out: () => {}, err: () => {} }, mail(ns, replies)));
  };
  lab.run();
  const begin = lab.now;
  const frames: string[] = [];
  const since = (time: number) => ((time - begin) / SECOND).toFixed(2);
  lab.netns("sw").devices.get("br0")!.taps = [
    (frame) => {
      const line = text(frame, { link: true, verbose: 1 }).replace(/\s*\n\s+/, " ");
      if (/ff:ff:ff:ff:ff:ff\)|VRRP/.test(line)) frames.push(`frame ${since(lab.now)} ${line.replace(/, id \d+/, "")}`);
    },
  ];
  const running = new Map<string, Keepalived>();
  const start = (name: string) => void running.set(name, keepalived(name, conf.get(name)!, lab));
  for (const name of conf.keys())
    if (!steps.some(({ where, command }) => where === name && command === "keepalived")) start(name);
  const outputs: string[] = [];
  for (const { at, where, command } of steps) {
    lab.runFor(begin + at * SECOND - lab.now);
    outputs.push(`$ ${at} ${where} ${command}`);
    const port = lab.netns("sw").devices.get(where)!;
    if (command === "serve") serveHttp(where);
    else if (command.startsWith("mail")) greet(where, command.split(" ").slice(1));
    else if (command === "end server") servers.get(where)!.kill(9);
    else if (command === "keepalived") start(where);
    else if (command === "stop") running.get(where)!.stop();
    else if (command === "unplug") setDown(lab.netns("sw"), port);
    else if (command === "plug") setUp(lab.netns("sw"), port);
    else outputs.push(...run(where, command).split("\n").slice(0, -1));
  }
  lab.runFor(begin + end * SECOND - lab.now);
  const logs = [...running]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([name, { lines }]) => lines.map((each) => `log ${name} ${since(each.time)} ${each.text}`));
  return [...logs, ...frames, ...outputs];
}

/** A server of mail that says one reply after the other, and is silent without any. */
function mail(ns: Netns, replies: readonly string[]): Program {
  return serve(listen(ns, { port: 25 }) as TcpSocket, (connection) => {
    const left = [...replies];
    const say = () => connection.send(new TextEncoder().encode(`${left.shift()} mail\r\n`));
    if (left.length > 0) say();
    return () => {
      for (let piece = connection.receive(); piece !== null; piece = connection.receive()) {
        if (piece.end || left.length === 0) {
          connection.close();
          return false;
        }
        say();
      }
      return true;
    };
  });
}

const recorded = new Map(
  readFileSync(join(HERE, "goldens/keepalived.txt"), "utf8")
    .split(/^# /m)
    .slice(1)
    .map((block) => {
      const [title, ...lines] = block.trimEnd().split("\n");
      return [title!, lines] as const;
    }),
);

/** Without the time; names of links differ by their index. */
function comparable(line: string): string {
  return line
    .replace(/^(log \w+|frame) [\d.]+/, "$1")
    .replaceAll(/@if\d+ +/g, "@if ")
    .trimEnd();
}

/** Two may send in the same moment: the frames of each stand together. */
function bySender(lines: readonly string[]): string[] {
  const sender = (line: string) => (line.startsWith("frame") ? line.split(" ")[2]! : "");
  const frames = lines.filter((line) => line.startsWith("frame"));
  const sorted = [...frames].sort((one, other) =>
    sender(one) < sender(other) ? -1 : sender(one) > sender(other) ? 1 : 0,
  );
  return [...lines.filter((line) => !line.startsWith("frame")), ...sorted];
}

function timeOf(line: string): number | null {
  const [, time] = /^(?:log \w+|frame) ([\d.]+)/.exec(line) ?? [];
  return time === undefined ? null : Number(time);
}

describe("keepalived", () => {
  for (const each of readCases())
    it(each.title, () => {
      const own = bySender(play(each));
      const real = bySender(recorded.get(each.title)!);
      assert.deepEqual(own.map(comparable), real.map(comparable));
      const hasScripts = [...each.conf.values()].some((conf) => conf.includes("MISC_CHECK"));
      const tolerance = hasScripts ? SCRIPT_TOLERANCE : TOLERANCE;
      for (const [i, line] of own.entries()) {
        const [here, there] = [timeOf(line), timeOf(real[i]!)];
        if (here !== null) assert.ok(Math.abs(here - there!) < tolerance, `${line}\n${real[i]}`);
      }
    });

  it("says what the real one says, octet by octet", () => {
    // Captured with tcpdump -xx where keepalived 2.2.7 sent it.
    const captured = "2133960100017dbcc0a80a650000000000000000";
    const said = { vrid: 51, priority: 150, interval: 1, addresses: [ipv4("192.168.10.101")], password: null };
    const src = ipv4("192.168.10.2");
    const { data } = advertisementBody({ ...said, version: 2 }, src);
    assert.equal(Buffer.from(data).toString("hex"), captured);
    assert.deepEqual(advertisementOf(data, src), { ...said, version: 2 });
    assert.equal(advertisementOf(data.with(2, 151), src), null);
    const third = { ...said, version: 3, vrid: 52, interval: 0.5 } as const;
    const octets = advertisementBody(third, src).data;
    assert.equal(Buffer.from(octets).toString("hex"), "313496010032c250c0a80a65");
    assert.deepEqual(advertisementOf(octets, src), third);
    assert.equal(advertisementOf(octets, ipv4("192.168.10.3")), null);
  });

  it("refuses aloud, with the line, what is wrong or not modelled", () => {
    const lab = new Lab();
    lab.node("n");
    const refused = (conf: string) => {
      try {
        keepalived("n", conf, lab);
      } catch (failure) {
        if (failure instanceof BadInput) return failure.message.split("\n").join(" ");
        throw failure;
      }
      return null;
    };
    assert.match(refused("vrrp_instance a {\n  smtp_alert\n}")!, /line 2: not modelled.*smtp_alert/);
    assert.match(refused("vrrp_instance a {\n  priority 300\n}")!, /line 2: not a number from 1 to 255.*300/);
    const instance = "interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n 192.0.2.1\n }\n";
    assert.match(
      refused(`vrrp_instance a {\n advert_int 0.5\n ${instance}}`)!,
      /advert_int that version 2 cannot write/,
    );
    assert.match(refused(`vrrp_instance a {\n version 3\n advert_int 41\n ${instance}}`)!, /version 3 cannot write/);
    assert.match(refused("virtual_server 192.0.2.1 80 {\n")!, /line 1: a block that is not closed/);
    assert.match(refused("virtual_server fwmark 1 {\n}")!, /line 1: not an IPv4 address.*fwmark/);
    assert.match(refused("}\n")!, /line 1: a brace that closes nothing/);
  });
});
