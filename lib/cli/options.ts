// Options of a command, read strictly: what is not known is refused.

/** A command that can't be carried out as it was written; the message names the text and the mend. */
export class Mistake extends Error {}

/** What stood on the command line. */
export interface Options {
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  readonly rest: readonly string[];
}

/**
 * Reads `args` of a command.
 *
 * @param flags options without a value
 * @param valued options with one, as `--name VALUE` or `--name=VALUE`
 */
export function readOptions(command: string, args: readonly string[], flags: string[], valued: string[] = []): Options {
  const found = { flags: new Set<string>(), values: new Map<string, string>(), rest: [] as string[] };
  const waiting = [...args];
  for (let arg = waiting.shift(); arg !== undefined; arg = waiting.shift()) {
    const [name = "", ...parts] = arg.split("=");
    if (!arg.startsWith("-")) found.rest.push(arg);
    else if (flags.includes(arg)) found.flags.add(arg);
    else if (valued.includes(name)) {
      const value = parts.length > 0 ? parts.join("=") : waiting.shift();
      if (!value) throw new Mistake(`${name} of "packetwalk ${command}" needs a value, like ${name} VALUE`);
      found.values.set(name, value);
    } else {
      const known = [...flags, ...valued.map((option) => `${option} VALUE`)].join(", ") || "no options";
      throw new Mistake(`unknown option "${arg}"; packetwalk ${command} takes ${known}`);
    }
  }
  return found;
}
