// Commands that only one lab has: a cluster's kubectl.
import type { Lab } from "../lab/lab.ts";
import type { Command } from "./command.ts";

const INSTALLED = new WeakMap<Lab, Map<string, Command>>();

/** From now on every shell of the lab knows the command, whatever other tools it has. */
export function install(lab: Lab, name: string, command: Command): void {
  const commands = INSTALLED.get(lab) ?? new Map<string, Command>();
  INSTALLED.set(lab, commands.set(name, command));
}

export const installedIn = (lab: Lab): ReadonlyMap<string, Command> => INSTALLED.get(lab) ?? new Map();
