// `bridge link`: ports are shown, and their switches set.
// Before you edit: iproute2 6.1 bridge/link.c (brlink_show, brlink_modify, print_linkinfo).
import { portState } from "../link/bridge-port.ts";
import type { Device } from "../link/device.ts";
import { notModelled } from "./command.ts";
import { attributesJson, attributesText, portAttributes } from "./iproute/bridge-details.ts";
import { changePort, readPortWords } from "./iproute/bridge-words.ts";
import type { Context } from "./iproute/context.ts";
import { linkFlags } from "./iproute/link-text.ts";
import { answers, duplicate, firstMatch, Quit, type Words } from "./iproute/words.ts";

export function bridgeLink(context: Context, words: Words): void {
  if (words.isEmpty) return show(context, words);
  const word = words.take();
  const command = firstMatch(word, ["set", "change", "show", "lst", "list", "help"]);
  if (command === "set" || command === "change") set(context, words);
  else if (command === "help") throw notModelled("bridge link", word, "show, set");
  else if (command === undefined) throw new Quit(`Command "${word}" is unknown, try "bridge link help".\n`, 255);
  else show(context, words);
}

export function bridgeDevice(context: Context, name: string): Device {
  const device = context.device(name);
  if (device === undefined) throw new Quit(`Cannot find device "${name}"\n`, 255);
  return device;
}

function set(context: Context, words: Words): void {
  const { dev, self, change } = readPortWords(words);
  if (dev === null) throw new Quit("Device is a required argument.\n", 255);
  const device = context.device(dev);
  if (device === undefined) throw new Quit(`Cannot find bridge device "${dev}"\n`, 255);
  asBridge(() => {
    if (self) throw answers("EOPNOTSUPP");
    changePort(device, change);
  });
}

/** Unlike ip, bridge ends with -1 whatever the kernel said. */
export function asBridge(ask: () => void): void {
  try {
    ask();
  } catch (failure) {
    if (failure instanceof Quit && failure.status === 2) throw new Quit(failure.message, 255);
    throw failure;
  }
}

/** What a port's other end is called: the name its index has here, whoever's that is (iproute2 6.1 does not ask more). */
function linkOf(context: Context, device: Device): { readonly name: string; readonly isDown: boolean } | null {
  const { peer } = device;
  if (peer === null || peer.index === device.index) return null;
  const here = context.ns.deviceOfIndex(peer.index);
  return { name: here?.name ?? `if${peer.index}`, isDown: here !== undefined && !here.up };
}

function show(context: Context, words: Words): void {
  let name: string | null = null;
  while (!words.isEmpty) {
    if (words.take() !== "dev") continue;
    const argument = words.argument();
    if (name !== null) throw duplicate("dev", argument);
    name = argument;
  }
  const only = name === null ? null : bridgeDevice(context, name);
  const ports = context.devices().filter((port) => port.master !== null && (only === null || port === only));
  const rows = ports.map((port) => {
    const other = linkOf(context, port);
    const flags = linkFlags(context, port).filter((flag) => flag !== "M-DOWN");
    if (other?.isDown) flags.push("M-DOWN");
    return { port, other, flags, state: portState(port) };
  });
  if (context.options.json) {
    return context.json(
      rows.map(({ port, other, flags, state }) => ({
        ifindex: port.index,
        ...(other !== null && { link: other.name }),
        ifname: port.name,
        flags,
        mtu: port.mtu,
        master: port.master!.name,
        state,
        priority: port.port!.priority,
        cost: port.port!.cost,
        ...(context.options.details && attributesJson(portAttributes(port))),
      })),
    );
  }
  for (const { port, other, flags, state } of rows) {
    const shown = other === null ? port.name : `${port.name}@${other.name}`;
    const { priority, cost } = port.port!;
    const details = context.options.details ? `${context.newline}    ${attributesText(portAttributes(port))}` : "";
    context.out(
      `${port.index}: ${shown}: <${flags.join(",")}> mtu ${port.mtu} master ${port.master!.name} state ${state} priority ${priority} cost ${cost} ${details}\n`,
    );
  }
}
