// The lines of a lab's script that set switches and policy rules.
// Before you edit: ip-rule(8), Documentation/networking/ip-sysctl.rst, net/ipv4/arp.c and
// net/ipv6/ndisc.c (proxy_delay).
import { DEFAULT_RULES, type PolicyRule, ruleText } from "../ip/rule.ts";
import { DEFAULT_RULES6 } from "../ip/rule6.ts";
import type { Device } from "../link/device.ts";
import type { Netns } from "../netns/netns.ts";
import type { Ip } from "../wire/address.ts";
import { ipIn, quoted } from "./script-words.ts";

function isOfDevice(name: string): boolean {
  return /^net\.ipv[46]\.(conf|neigh)\.(?!(all|default|lo)\.)/.test(name);
}

/** Switches that are not as every namespace has them: before there are devices, those of the namespace. */
export function sysctlLines(all: readonly Netns[], ofDevices: boolean): string[] {
  return all.flatMap((ns) => {
    const set = ns.sysctls.changed().filter(([name]) => isOfDevice(name) === ofDevices);
    const lines = set.map(([name, value]) => `in_netns ${ns.name} -w ${quoted(`${name}=${value}`)}`);
    return [...lines, ...(ofDevices ? proxyLines(ns) : hashLines(ns))];
  });
}

/**
 * A proxy answers at once here unless it is told otherwise, and so does a router for its anycast addresses; a real one
 * would wait up to 0.8 s, at random.
 */
function proxyLines(ns: Netns): string[] {
  const devices = [...ns.devices.values()].filter(({ kind }) => kind !== "loopback");
  const arp = devices.filter((device) => {
    return ns.sysctls.conf.of(device, "proxy_arp") !== 0 && ns.inet.get(device)!.parms.proxyDelay === 0;
  });
  const nd = devices.filter(
    (device) => ns.hasIpv6 && ns.ipv6.runsOn(device) && ns.ipv6.of(device).conf.forwarding !== 0,
  );
  const line = (family: 4 | 6, { name }: Device) =>
    `in_netns ${ns.name} -w net.ipv${family}.neigh.${name.replaceAll(".", "/")}.proxy_delay=0`;
  return [...arp.map((device) => line(4, device)), ...nd.map((device) => line(6, device))];
}

/** Routes with several ways: the lab's secret, so that each flow takes the same way (kernels before 6.11 draw their own). */
function hashLines(ns: Netns): string[] {
  const tables = [...ns.tables.values(), ...(ns.hasIpv6 ? ns.ipv6.tables.values() : [])];
  const isAsked = tables.some((table) => table.list().some(({ nexthops }) => nexthops !== undefined));
  if (!isAsked) return [];
  return [`in_netns ${ns.name} -e -w net.ipv4.fib_multipath_hash_seed=${ns.multipathSeed}`];
}

/** The rules that are not as every namespace has them. */
export function ruleLines(ns: Netns): string[] {
  const ip = ipIn(ns.name);
  const of6 = ns.hasIpv6 ? linesOf(`${ip} -6 rule`, ns.ipv6.rules, DEFAULT_RULES6) : [];
  return [...linesOf(`${ip} rule`, ns.rules, DEFAULT_RULES), ...of6];
}

function linesOf(ip: string, rules: readonly PolicyRule<Ip>[], defaults: readonly PolicyRule<Ip>[]): string[] {
  if (rules === defaults) return [];
  const isUsual = (rule: PolicyRule<Ip>) => defaults.some((usual) => ruleText(usual) === ruleText(rule));
  // A rule that stays is the first of its priority: what is added comes behind it.
  const stays = defaults.filter((usual) => {
    const first = rules.find(({ priority }) => priority === usual.priority);
    return first !== undefined && ruleText(first) === ruleText(usual);
  });
  const staying = new Set(stays.map((usual) => rules.find((rule) => ruleText(rule) === ruleText(usual))));
  const less = defaults.filter((usual) => !stays.includes(usual));
  const more = rules.filter((rule) => !(isUsual(rule) && staying.has(rule)));
  return [
    ...less.map(({ priority }) => `${ip} del pref ${priority}`),
    ...more.map((rule) => `${ip} add ${words(rule)}`),
  ];
}

/** A rule as `ip rule add` takes it: as it is printed, but for its priority. */
function words(rule: PolicyRule<Ip>): string {
  const [, text = ""] = ruleText(rule).split("\t");
  const kernel = rule.protocol === "kernel" ? " protocol kernel" : "";
  return `pref ${rule.priority} ${text.split(" ").map(quoted).join(" ")}${kernel}`;
}
