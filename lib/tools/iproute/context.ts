// What every object of `ip` and `bridge` needs: who calls, with which options, and the names of devices and namespaces.
// Before you edit: iproute2 ip/ip.c, lib/ll_map.c, ip/ipnetns.c (netns ids), lib/utils.c (print_name_and_link).
import type { Lab } from "../../lab/lab.ts";
import type { Device } from "../../link/device.ts";
import type { Netns } from "../../netns/netns.ts";
import type { Call } from "../command.ts";
import { jsonText } from "./json.ts";
import { isAddress6 } from "./values6.ts";
import { Quit, type Words } from "./words.ts";

export interface Options {
  /** `-4`, or a family that was found on the way. */
  inet: boolean;
  /** `-6` */
  inet6: boolean;
  /** `-0`: link layer only. */
  packet: boolean;
  brief: boolean;
  oneline: boolean;
  json: boolean;
  /** `-t`, `-ts`: when it was. */
  timestamp: boolean;
  /** `-p`: JSON on many lines. */
  pretty: boolean;
  details: boolean;
  /** `-h`: counters as people say them; with `-iec` too, in powers of 1024. */
  human: boolean;
  iec: boolean;
  stats: number;
  /** Where commands are read from, `-` for the input; and whether a failing one does not end them. */
  batch: string | null;
  force: boolean;
}

export class Context {
  readonly call: Call;
  readonly ns: Netns;
  readonly options: Options;

  constructor(call: Call, ns: Netns, options: Options) {
    this.call = call;
    this.ns = ns;
    this.options = options;
  }

  /** Whether it is iproute2 4.4, which prints some listings otherwise (version44.ts). */
  get isOld(): boolean {
    return this.call.tools === "iproute2-4.4";
  }

  get family(): "inet" | "any valid" {
    return this.options.inet ? "inet" : "any valid";
  }

  /** The same where an address of IPv6 is looked for. */
  get family6(): "inet6" | "any valid" {
    return this.options.inet6 ? "inet6" : "any valid";
  }

  /** Whether a command is about IPv6: so the option says, or an address among its words. */
  isAbout6(words: Words): boolean {
    return this.options.inet6 || (!this.options.inet && words.left.some(isAddress6));
  }

  /** What stands between the lines of one record. */
  get newline(): string {
    return this.options.oneline ? "\\" : "\n";
  }

  out(text: string): void {
    this.call.out(text);
  }

  json(value: unknown): void {
    this.call.out(jsonText(value, this.options.pretty));
  }

  /** By name, or as `if7` by index (ll_name_to_index). */
  device(name: string): Device | undefined {
    const byIndex = /^if(\d+)$/.exec(name)?.[1];
    return this.ns.devices.get(name) ?? (byIndex === undefined ? undefined : this.ns.deviceOfIndex(Number(byIndex)));
  }

  /** Devices as a dump has them: by index. */
  devices(): Device[] {
    return [...this.ns.devices.values()];
  }

  /**
   * The namespaces that have a name in /run/netns where the caller looks: those of its machine, but not the machine's
   * own, which nobody named; none in a container, whose file system is another.
   */
  named(): Netns[] {
    const { lab, container } = this.call;
    const machine = lab.machines.get(this.ns.node);
    if (container !== null || machine === undefined) return [];
    return [...machine.namespaces.values()].filter((ns) => ns !== machine.root);
  }
}

/** Opens a namespace by name as -n and `netns exec` do. */
export function openNetns(context: Context, name: string): Netns {
  const found = context.named().find((ns) => ns.name === name);
  if (found === undefined) throw new Quit(`Cannot open network namespace "${name}": No such file or directory\n`, 255);
  return found;
}

const numbers = new WeakMap<Netns, Map<Netns, number>>();

/** A namespace gives another the lowest number that is free, once it has to name it (peernet2id_alloc). */
export function noteNetns(lab: Lab, ns: Netns, other: Netns): void {
  const ids = numbers.get(ns) ?? new Map<Netns, number>();
  numbers.set(ns, ids);
  for (const each of ids.keys()) if (lab.namespaces.get(each.name) !== each) ids.delete(each);
  if (ids.has(other)) return;
  const taken = new Set(ids.values());
  let free = 0;
  while (taken.has(free)) free++;
  ids.set(other, free);
}

/** The numbers a namespace has for those its cables lead to. */
export function netnsIds({ ns, call }: Context): ReadonlyMap<Netns, number> {
  for (const device of ns.devices.values()) noteLink(call.lab, device);
  return numbers.get(ns) ?? new Map();
}

/** The namespace that a device leads to: its peer's, or the one a tunnel sends through. */
function otherEnd({ peer, vxlan, ipip, vlan, nic }: Device): Netns | undefined {
  return ((nic === null ? peer?.owner : undefined) ?? vlan?.lower.owner ?? vxlan?.underlay ?? ipip?.underlay) as
    | Netns
    | undefined;
}

/** Whoever listens is told what a device leads to (rtmsg_ifinfo): from then on that namespace has a number there. */
export function noteLink(lab: Lab, device: Device): void {
  const owner = device.owner as Netns;
  const other = otherEnd(device);
  if (other !== undefined && other !== owner) noteNetns(lab, owner, other);
}

/** ` link-netns red`, or ` link-netnsid 0` when the namespace at the other end has no name here; else nothing. */
export function linkNetns(context: Context, device: Device): string {
  const id = linkNetnsId(context, device);
  if (id === null) return "";
  const other = otherEnd(device)!;
  return !context.isOld && context.named().includes(other) ? ` link-netns ${other.name}` : ` link-netnsid ${id}`;
}

export function linkNetnsId(context: Context, device: Device): number | null {
  const other = otherEnd(device);
  if (other === undefined || other === context.ns) return null;
  return netnsIds(context).get(other)!;
}
