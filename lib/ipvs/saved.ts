// Services as lines that `ipvsadm -R` reads: as `ipvsadm -S -n` prints them, with the thresholds that it leaves out, and
// real servers in the order in which they have to be added.
// Before you edit: ipvsadm 1.31, ipvsadm.c (print_service_entry, print_tunnel_rule).
import { type Ip, Ipv4, ip, ipv4 } from "../wire/address.ts";
import { BadInput } from "../wire/input.ts";
import type { Destination, ServerSpec } from "./destination.ts";
import { BALANCED, balanced } from "./protocol.ts";
import { SCHEDULERS } from "./schedulers/registry.ts";
import { EVERY_CLIENT, SCHED_FLAGS, type Service, type ServiceKey, type ServiceSpec } from "./service.ts";
import type { Services } from "./services.ts";

const SWITCH = { masq: "-m", tunnel: "-i", route: "-g" } as const;
const PLAIN_FLAGS = ["flag-1", "flag-2", "flag-3"];

/** What stands behind a service's name: scheduler, persistence, flags. */
export function serviceWords(service: Service): string {
  const { scheduler, persistent, onePacket } = service;
  const mask = maskText(service);
  const kept = persistent === null ? "" : ` -p ${persistent}${mask === null ? "" : ` -M ${mask}`}`;
  const flags = flagsText(service);
  return `-s ${scheduler?.name ?? "none"}${kept}${onePacket ? " -o" : ""}${flags === "" ? "" : ` -b ${flags}`}`;
}

/** The netmask of a service as it is written; null: it tells all clients apart. */
export function maskText({ netmask, family }: Service): string | null {
  if (netmask === EVERY_CLIENT[family]) return null;
  return family === 4 ? `${Ipv4.of(netmask)}` : `${netmask}`;
}

/** What stands behind a real server's name: method, weight, tunnel. */
export function serverWords({ method, weight, tunnel, tunnelPort, tunnelChecksum }: Destination): string {
  const words = `${SWITCH[method]} -w ${weight}`;
  if (method !== "tunnel") return words;
  const gue = ` --tun-port ${tunnelPort} ${tunnelChecksum ? "--tun-csum" : "--tun-nocsum"}`;
  return `${words} --tun-type ${tunnel}${tunnel === "gue" ? gue : ""}`;
}

/** The flags by the names their scheduler has for them. */
export function flagsText({ scheduler, flags }: Service): string {
  const names = scheduler === null || scheduler.flags.length === 0 ? PLAIN_FLAGS : scheduler.flags;
  return names.filter((_, i) => (flags & SCHED_FLAGS[i]!) !== 0).join(",");
}

/** All services, each followed by its servers. */
export function savedLines(services: Services): string[] {
  return services.list().flatMap((service) => {
    const name = keyText(service.key);
    const servers = [...service.destinations()].reverse().map((dest) => {
      const { address, port, upper, lower } = dest;
      const thresholds = upper === 0 && lower === 0 ? "" : ` -x ${upper} -y ${lower}`;
      return `-a ${name} -r ${endText(address, port)} ${serverWords(dest)}${thresholds}`;
    });
    return [`-A ${name} ${serviceWords(service)}`, ...servers];
  });
}

function keyText(key: ServiceKey): string {
  if (key.kind === "fwmark") return `-f ${key.mark}${key.family === 6 ? " -6" : ""}`;
  return `${balanced(key.protocol)!.option} ${endText(key.address, key.port)}`;
}

/** `10.0.0.1:80`, `[2001:db8::1]:80`. */
export function endText(address: Ip, port: number | string): string {
  return address.family === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Does what one such line says. Throws BadInput for what such a line never has, or what the kernel would refuse. */
export function readSavedLine(services: Services, line: string): void {
  const [command, kind, name = "", ...words] = line.split(" ");
  const said = new Map<string, string>();
  for (let i = 0; i < words.length; i++)
    said.set(words[i]!, words[i + 1]?.startsWith("-") === false ? words[++i]! : "");
  const key = keyOf(kind, name, said.has("-6") ? 6 : 4, line);
  const refusal =
    command === "-A"
      ? services.add(key, serviceSpec(said, key, line))
      : command === "-a"
        ? services.addServer(key, serverSpec(said, line))
        : "EINVAL";
  if (refusal !== null) throw wrong(line, refusal);
}

function wrong(line: string, why: string): BadInput {
  return new BadInput(`not a line of ipvsadm -S (${why})`, line, "Write it as ipvsadm -S -n does.");
}

function keyOf(kind: string | undefined, name: string, family: 4 | 6, line: string): ServiceKey {
  if (kind === "-f" && /^\d+$/.test(name)) return { kind: "fwmark", family, mark: Number(name) };
  const protocol = BALANCED.find(({ option }) => option === kind)?.number;
  if (protocol === undefined) throw wrong(line, "no service");
  return { kind: "address", protocol, ...endOf(name, line) };
}

function endOf(name: string, line: string): { address: Ip; port: number } {
  const [, bracketed, plain = "", port] = /^(?:\[(.*)\]|([^:]*)):(\d+)$/.exec(name) ?? [];
  return { address: ip(bracketed ?? plain), port: numberOf(port, 65535, line) };
}

function numberOf(text: string | undefined, max: number, line: string): number {
  if (text === undefined || !/^\d+$/.test(text) || Number(text) > max) throw wrong(line, `${text} is no number`);
  return Number(text);
}

function serviceSpec(said: ReadonlyMap<string, string>, key: ServiceKey, line: string): ServiceSpec {
  const name = said.get("-s") ?? "wlc";
  const scheduler = name === "none" ? null : SCHEDULERS.get(name);
  if (scheduler === undefined) throw wrong(line, `no scheduler ${name}`);
  const names = scheduler === null || scheduler.flags.length === 0 ? PLAIN_FLAGS : scheduler.flags;
  const asked = (said.get("-b") ?? "").split(",").filter((flag) => flag !== "");
  const unknown = asked.find((flag) => !names.includes(flag));
  if (unknown !== undefined) throw wrong(line, `no flag ${unknown}`);
  const flags = names.reduce((bits, flag, i) => bits | (asked.includes(flag) ? SCHED_FLAGS[i]! : 0), 0);
  const persistent = said.has("-p") ? numberOf(said.get("-p"), 86400 * 31, line) : null;
  const mask = said.get("-M");
  const family = key.kind === "fwmark" ? key.family : key.address.family;
  const netmask =
    mask === undefined ? EVERY_CLIENT[family] : family === 4 ? ipv4(mask).bits : numberOf(mask, EVERY_CLIENT[6], line);
  return { scheduler, persistent, netmask, onePacket: said.has("-o"), flags };
}

function serverSpec(said: ReadonlyMap<string, string>, line: string): ServerSpec {
  const most = 2147483647;
  const tunnel = said.get("--tun-type") ?? "ipip";
  if (tunnel !== "ipip" && tunnel !== "gue") throw wrong(line, `no tunnel ${tunnel}`);
  return {
    ...endOf(said.get("-r") ?? "", line),
    weight: numberOf(said.get("-w") ?? "1", most, line),
    method: said.has("-m") ? "masq" : said.has("-i") ? "tunnel" : "route",
    upper: numberOf(said.get("-x") ?? "0", most, line),
    lower: numberOf(said.get("-y") ?? "0", most, line),
    tunnel,
    tunnelPort: numberOf(said.get("--tun-port") ?? "0", 65535, line),
    tunnelChecksum: said.has("--tun-csum"),
  };
}
