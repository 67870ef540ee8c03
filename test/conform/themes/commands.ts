// Random commands in the middle of traffic: what they say, what they leave behind, and what the frames then do.

import type { LabData } from "../../../lib/lab/data.ts";
import { labFrom } from "../../../lib/lab/data-read.ts";
import type { Lab } from "../../../lib/lab/lab.ts";
import type { Device } from "../../../lib/link/device.ts";
import type { Netns } from "../../../lib/netns/netns.ts";
import { place, runShell } from "../../../lib/tools/shell.ts";
import { BadInput } from "../../../lib/wire/input.ts";
import { Mac } from "../../../lib/wire/mac.ts";
import type { CommandTraffic, Traffic } from "../case.ts";
import type { Dice } from "../dice.ts";
import { drawFlow } from "../traffic.ts";

/** Milliseconds until the next flow or command. */
const GAP = 370;
/**
 * A deleted namespace lives on as long as packets of its sockets wait for a MAC, and its devices take their time to go
 * (cleanup_net); in the lab both happen at once.
 */
const UNANSWERED = 3300;
const CLEANUP = 1370;

interface Typed {
  readonly ns: string;
  readonly command: string;
}

/** Flows with `commands` commands between them, which change the lab step by step. */
export function drawCommands(data: LabData, dice: Dice, begin: number, commands: number): Traffic[] {
  // They are tried here, so that each has something to change; what the model refuses aloud is drawn again.
  const lab = labFrom(data);
  const traffic: Traffic[] = [];
  let at = begin;
  const flows = () => {
    for (let i = dice.whole(1, 3); i > 0; i--, at += GAP) {
      const ns = dice.of([...lab.namespaces.values()]);
      traffic.push(drawFlow(lab, dice, ns, at));
    }
  };
  flows();
  for (let i = 0; i < commands; i++) {
    const typed = draw(lab, dice);
    if (typed === null) continue;
    const deletes = typed.command.startsWith("ip netns del");
    if (deletes) at += UNANSWERED;
    traffic.push(line(typed, at));
    at += deletes ? CLEANUP : GAP;
    traffic.push(...looks(lab, dice, typed.ns, at));
    at += 60;
    flows();
  }
  return traffic;
}

function line({ ns, command }: Typed, at: number): CommandTraffic {
  return { kind: "command", at, ns, command };
}

/** What is there after a command. */
function looks(lab: Lab, dice: Dice, ns: string, at: number): CommandTraffic[] {
  if (!lab.namespaces.has(ns)) return [];
  const command = dice.of(["ip addr", "ip route show table all", "ip -br link", "bridge link", "ip rule", "ip addr"]);
  return [line({ ns, command }, at)];
}

function draw(lab: Lab, dice: Dice): Typed | null {
  for (let tries = 0; tries < 20; tries++) {
    const ns = dice.of([...lab.namespaces.values()]);
    const devices = [...ns.devices.values()].filter(({ kind }) => kind !== "loopback");
    const command = devices.length === 0 ? null : commandFor(lab, dice, ns, dice.of(devices));
    if (command === null) continue;
    try {
      runShell(lab, place(lab, ns.name), command);
    } catch (error) {
      if (error instanceof BadInput) continue;
      throw error;
    }
    return { ns: ns.name, command };
  }
  return null;
}

function commandFor(lab: Lab, dice: Dice, ns: Netns, device: Device): string | null {
  const { name } = device;
  const addresses = (ns.inet.get(device)?.addresses ?? []).map(({ local, length }) => `${local}/${length}`);
  const everybody = [...lab.namespaces.values()].flatMap(({ inet }) =>
    [...inet.values()].flatMap((each) => each.addresses.map(({ local }) => local)),
  );
  const somebody = () => dice.of(everybody.filter((each) => !each.isLoopback)).text;
  if (everybody.every((each) => each.isLoopback)) return null;
  const mac = () => Mac.of(0x02c0ffee0000 + dice.whole(1, 255));
  switch (dice.whole(1, 16)) {
    case 1:
    case 2:
      return `ip link set ${name} ${device.up ? "down" : "up"}`;
    case 3:
      return `ip link set ${name} ${dice.of(["up", "down"])}`;
    case 4:
      return addresses.length === 0 ? null : `ip addr del ${dice.of(addresses)} dev ${name}`;
    case 5:
      return `ip addr add ${dice.of([somebody(), "10.77.0.1", "10.77.0.2"])}/${dice.of([24, 24, 32, 16])} dev ${name}`;
    case 6:
      // Entries go in the order of a hash with a random key, so those that wait go without those that errors need.
      return dice.of([
        `ip addr flush dev ${name}`,
        `ip neigh flush dev ${name} nud ${dice.of(["incomplete", "stale", "reachable"])}`,
        `ip neigh flush nud ${dice.of(["incomplete", "stale", "reachable"])}`,
      ]);
    case 7:
      return `ip route ${dice.of(["add", "replace", "del", "append"])} default via ${somebody()}`;
    case 8:
      return `ip route ${dice.of(["add", "replace", "del"])} ${somebody()}/32 ${dice.of([`dev ${name}`, `via ${somebody()}`])}`;
    case 9:
      return `ip route del ${somebody().replace(/\d+$/, "0")}/24`;
    case 10:
      return `ip neigh replace ${somebody()} lladdr ${mac()} dev ${name} nud ${dice.of(["permanent", "stale", "reachable"])}`;
    case 11:
      return dice.chance(0.5)
        ? `ip link set ${name} name new${dice.whole(1, 9)}`
        : `ip neigh del ${somebody()} dev ${name}`;
    case 12: {
      const others = [...lab.namespaces.keys()].filter((each) => each !== ns.name);
      if (device.kind === "bridge" || others.length === 0) return null;
      // A machine's own namespace has no name there.
      const named = others.filter((each) => lab.machines.get(ns.node)!.namespaces.has(each) && each !== ns.node);
      return named.length === 0 ? null : `ip link set ${name} netns ${dice.of(named)}`;
    }
    case 13:
      return device.master !== null ? `ip link set ${name} nomaster` : null;
    case 14:
      return dice.of([
        `ip link set ${name} mtu ${dice.of([576, 1000, 1400, 1500])}`,
        `ip link set ${name} address ${mac()}`,
      ]);
    case 15: {
      if (dice.chance(0.5)) return `sysctl -w net.ipv4.ip_forward=${dice.of([0, 1])}`;
      const pods = [...lab.machines.get(ns.node)!.namespaces.keys()].filter((each) => each !== ns.node);
      return pods.length > 0 && ns.name === ns.node ? `ip netns del ${dice.of(pods)}` : null;
    }
    default:
      return dice.chance(0.4) ? `ip link del ${name}` : null;
  }
}
