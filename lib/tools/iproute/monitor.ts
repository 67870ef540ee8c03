// `ip monitor`: what changes in a namespace, as it changes; addresses, routes, neighbours and rules of IPv4.
// Before you edit: iproute2 ip/ipmonitor.c (do_ipmonitor, accept_msg, print_headers).
import { ruleText } from "../../ip/rule.ts";
import type { Program } from "../../lab/process.ts";
import { listen, type RtListener } from "../../netns/rtnetlink.ts";
import { Waitable } from "../../netns/wait.ts";
import { notModelled } from "../command.ts";
import { addressText } from "./addr-show.ts";
import type { Context } from "./context.ts";
import { neighbourText } from "./neigh-text.ts";
import { routeLine } from "./route-show.ts";
import { firstMatch, Quit, type Words } from "./words.ts";

const SUPPORTED = "the objects address, route, neigh, rule with the word label and the options -4, -o, -n NAME";
const KNOWN = ["address", "route", "neigh", "rule"] as const;
type Group = (typeof KNOWN)[number];
/** In iproute2's order; those without a group here are refused. */
const ABBREVIATED = ["file", "label", "link", "address", "route", "mroute", "prefix", "neigh", "netconf", "rule"];
const LATER = ["nsid", "nexthop"];
const WHOLE = ["stats", "all", "dev"];

/**
 * `ip monitor [label] OBJECT...`: it runs until somebody ends it. In the background (`ip monitor route & ip route
 * add ...`) it ends with the text it was started in.
 */
export function ipMonitor(context: Context, words: Words): Program {
  const { groups, label } = readWords(words);
  const { options, ns } = context;
  if (context.isOld) throw notModelled("ip", "monitor", "ip monitor of iproute2 6.1");
  if (options.inet6 || (ns.hasIpv6 && !options.inet)) throw notModelled("ip monitor", "IPv6", `${SUPPORTED}; say -4`);
  for (const key of ["brief", "json", "details", "stats", "packet", "timestamp"] as const)
    if (options[key]) throw notModelled("ip monitor", `with the option for ${key}`, SUPPORTED);
  return heard(context, listenerOf(context, groups, label));
}

function* heard({ ns }: Context, listener: RtListener): Program {
  const close = listen(ns, listener);
  try {
    for (;;) yield { on: [new Waitable()] };
  } finally {
    close();
  }
}

function readWords(words: Words): { groups: ReadonlySet<Group>; label: boolean } {
  const groups = new Set<Group>();
  let label = false;
  while (!words.isEmpty) {
    const word = words.take();
    const meant =
      firstMatch(word, [...ABBREVIATED, ...LATER]) ??
      WHOLE.find((each) => each === word) ??
      firstMatch(word, ["all-nsid", "help"]);
    if (meant === undefined) throw new Quit(`Argument "${word}" is unknown, try "ip monitor help".\n`, 255);
    const group = KNOWN.find((each) => each === meant);
    if (group !== undefined) groups.add(group);
    else if (meant === "label") label = true;
    else throw notModelled("ip monitor", word, SUPPORTED);
  }
  if (groups.size === 0) throw notModelled("ip monitor", "without an object", SUPPORTED);
  return { groups, label };
}

/** Prints what it hears of the groups. */
function listenerOf(context: Context, groups: ReadonlySet<Group>, label: boolean): RtListener {
  const { ns, options } = context;
  const say = (banner: string, text: string, isGone: boolean) =>
    context.out(`${label ? `[${banner}]` : ""}${isGone ? "Deleted " : ""}${text}`);
  const listener: Record<Group, RtListener> = {
    address: {
      address(device, address, isGone) {
        const head = options.oneline ? "" : `${device.index}: ${device.name}`;
        say("ADDR", head + addressText(context, device, address), isGone);
      },
    },
    route: {
      route: (table, route, isGone) =>
        say("ROUTE", routeLine(context, route, table, { table: 0, cache: false }), isGone),
    },
    neigh: {
      neighbour: (device, neighbour, isGone) =>
        say("NEIGH", neighbourText(context, { device, neighbour }, false), isGone),
    },
    rule: {
      rule: (rule, isGone) => say("RULE", `${ruleText(rule, (name) => ns.devices.has(name))}\n`, isGone),
    },
  };
  return Object.assign({}, ...[...groups].map((group) => listener[group]));
}
