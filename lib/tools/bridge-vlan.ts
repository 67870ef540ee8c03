// `bridge vlan`: the VLANs of ports, and of bridges themselves.
// Before you edit: iproute2 6.1 bridge/vlan.c (vlan_modify, print_vlan_info), net/bridge/br_netlink.c (br_afspec,
// br_process_vlan_info, br_fill_ifvlaninfo_compressed), br_vlan.c (nbp_vlan_add, nbp_vlan_delete).
import { forgetLearned } from "../link/bridge.ts";
import { addVlan, deleteVlan, VLAN_MAX, type Vlans } from "../link/bridge-port.ts";
import type { Device } from "../link/device.ts";
import { asBridge, bridgeDevice } from "./bridge-link.ts";
import { notModelled } from "./command.ts";
import type { Context } from "./iproute/context.ts";
import { answers, duplicate, firstMatch, Quit, refused, type Words } from "./iproute/words.ts";

const SUPPORTED = "show, add, del";

export function bridgeVlan(context: Context, words: Words): void {
  if (words.isEmpty) return show(context, words);
  const word = words.take();
  const command = firstMatch(word, ["add", "delete", "show", "lst", "list", "tunnelshow", "set", "global", "help"]);
  if (command === "add" || command === "delete") change(context, words, command);
  else if (command === "show" || command === "lst" || command === "list") show(context, words);
  else if (command === undefined) throw new Quit(`Command "${word}" is unknown, try "bridge vlan help".\n`, 255);
  else throw notModelled("bridge vlan", word, SUPPORTED);
}

/** As atoi reads it. */
function atoi(text: string): number {
  return Number.parseInt(text, 10) || 0;
}

function change(context: Context, words: Words, verb: "add" | "delete"): void {
  let dev: string | null = null;
  let first: number | null = null;
  let last: number | null = null;
  let [isPvid, untagged, self, master] = [false, false, false, false];
  while (!words.isEmpty) {
    const word = words.take();
    if (word === "dev") dev = words.argument();
    else if (word === "vid") {
      const [from = "", to] = words.argument().split("-");
      first = atoi(from);
      last = to === undefined ? null : atoi(to);
    } else if (word === "pvid") isPvid = true;
    else if (word === "untagged") untagged = true;
    else if (word === "self") self = true;
    else if (word === "master") master = true;
    else throw notModelled("bridge vlan", word, "dev, vid, pvid, untagged, self, master");
  }
  if (dev === null || first === null) throw new Quit("Device and VLAN ID are required arguments.\n", 255);
  const device = context.device(dev);
  if (device === undefined) throw new Quit(`Cannot find bridge device "${dev}"\n`, 255);
  if (first >= 4096) throw new Quit(`Invalid VLAN ID "${first}"\n`, 255);
  if (last !== null) {
    if (last >= 4096 || first >= last) throw new Quit(`Invalid VLAN range "${first}-${last}"\n`, 255);
    if (isPvid) throw new Quit("pvid cannot be configured for a vlan range\n", 255);
  }
  asBridge(() => {
    // Without "self" a device's bridge is asked; with it the device itself, and only a bridge answers.
    if (((!self || master) && device.port === null) || (self && device.bridge === null)) throw answers("EOPNOTSUPP");
    for (const id of [first, last ?? first])
      if (id < 1 || id > VLAN_MAX) throw refused({ errno: "EINVAL", message: "bridge: Vlan id is invalid" });
    for (let id = first; id <= (last ?? first); id++) setVlan(device, id, verb, isPvid, untagged);
  });
}

function setVlan(device: Device, id: number, verb: "add" | "delete", isPvid: boolean, untagged: boolean): void {
  const owner = device.bridge ?? device.port!;
  if (verb === "add") owner.vlans = addVlan(owner.vlans, id, isPvid, untagged);
  else if (owner.vlans.members.has(id)) {
    owner.vlans = deleteVlan(owner.vlans, id);
    if (device.port !== null) forgetLearned(device, id);
  }
}

interface Range {
  readonly first: number;
  last: number;
  readonly flags: readonly string[];
}

/** By number; with -compressvlans neighbours would be one line, without each has its own. */
function rangesOf({ pvid, members }: Vlans): Range[] {
  return [...members]
    .sort(([a], [b]) => a - b)
    .map(([id, untagged]) => ({
      first: id,
      last: id,
      flags: [...(id === pvid ? ["PVID"] : []), ...(untagged ? ["Egress Untagged"] : [])],
    }));
}

const NAME_WIDTH = 16;
const ID_WIDTH = 9;

function show(context: Context, words: Words): void {
  let name: string | null = null;
  let only: number | null = null;
  while (!words.isEmpty) {
    const word = words.take();
    if (word === "dev") {
      const argument = words.argument();
      if (name !== null) throw duplicate("dev", argument);
      name = argument;
    } else if (word === "vid") {
      const argument = words.argument();
      if (only !== null) throw duplicate("vid", argument);
      only = atoi(argument);
    }
  }
  const device = name === null ? null : bridgeDevice(context, name);
  const rows = context
    .devices()
    .filter((each) => (each.bridge !== null || each.port !== null) && (device === null || each === device))
    .map((each) => ({
      name: each.name,
      ranges: rangesOf((each.bridge ?? each.port!).vlans).filter(({ first }) => only === null || first === only),
    }))
    .filter(({ ranges }) => ranges.length > 0);
  if (context.options.json)
    return context.json(
      rows.map(({ name: ifname, ranges }) => ({
        ifname,
        vlans: ranges.map(({ first, flags }) => ({ vlan: first, ...(flags.length > 0 && { flags }) })),
      })),
    );
  context.out(`${"port".padEnd(NAME_WIDTH)}  ${"vlan-id".padEnd(ID_WIDTH)}\n`);
  for (const row of rows)
    row.ranges.forEach(({ first, flags }, i) => {
      const head = (i === 0 ? row.name : "").padEnd(NAME_WIDTH);
      context.out(`${head}  ${[`${first}`, ...flags].join(" ")}\n`);
    });
}
