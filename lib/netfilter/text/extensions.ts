// Options of matches and targets, gathered and checked as xtables checks them for every extension alike.
// Before you edit: libxtables/xtoptions.c (xtables_option_parse, xtables_options_fcheck), xtables.c (xtables_find_match).
import { BadInput } from "../../wire/input.ts";
import type { AnyMatch, AnyTarget, Family, Option, Reading } from "../extension.ts";
import { Refused } from "../refused.ts";
import { MATCHES, MATCHES_NOT_MODELLED, TARGETS, TARGETS_NOT_MODELLED } from "../registry.ts";

/** An extension that was named, and what was said of it so far. */
export interface ExtensionDraft {
  readonly extension: AnyMatch | AnyTarget;
  readonly draft: unknown;
  readonly given: Set<string>;
}

/** The match of this name. Null when there is none; throws BadInput when it is not modelled. */
export function findMatch(name: string, family: Family): ExtensionDraft | null {
  const known = name === "icmpv6" || name === "ipv6-icmp" ? "icmp6" : name;
  const extension = MATCHES.find((each) => each.name === known && each.families.includes(family));
  if (extension !== undefined) return begin(extension);
  if (MATCHES_NOT_MODELLED.has(name)) throw notModelled(`-m ${name}`, "Matches", MATCHES);
  return null;
}

/** The target of this name. Null when there is none: it may be a chain. */
export function findTarget(name: string, family: Family): ExtensionDraft | null {
  const extension = TARGETS.find((each) => each.name === name && each.families.includes(family));
  if (extension !== undefined) return begin(extension);
  if (TARGETS_NOT_MODELLED.has(name)) throw notModelled(`-j ${name}`, "Targets", TARGETS);
  return null;
}

const TARGET_NAMES: ReadonlySet<string> = new Set([
  "",
  "ACCEPT",
  "DROP",
  "RETURN",
  ...TARGETS.map(({ name }) => name),
  ...TARGETS_NOT_MODELLED,
]);

/** Whether chains may not be called so, for it is the name of a target. */
export function isTargetName(name: string): boolean {
  return TARGET_NAMES.has(name);
}

function begin(extension: AnyMatch | AnyTarget): ExtensionDraft {
  return { extension, draft: extension.draft(), given: new Set() };
}

function notModelled(what: string, kind: string, all: readonly { readonly name: string }[]): BadInput {
  return new BadInput("not modelled", what, `${kind} that are: ${all.map(({ name }) => name).join(", ")}.`);
}

/** One option of an extension. Throws Refused. */
export function gather(
  { extension, draft, given }: ExtensionDraft,
  option: Option<never>,
  value: string | null,
  inverted: boolean,
  reading: Reading,
): void {
  if (extension.checksItself === undefined) {
    if (given.has(option.name) && option.repeatable === undefined)
      throw new Refused(`${extension.name}: option "--${option.name}" can only be used once.\n`);
    if (inverted && option.invertible === undefined)
      throw new Refused(`${extension.name}: option "--${option.name}" cannot be inverted.\n`);
  }
  option.set(draft as never, value ?? "", inverted, reading);
  given.add(option.name);
}

/** The whole of an extension, checked. Throws Refused. */
export function finished({ extension, draft, given }: ExtensionDraft, reading: Reading) {
  const value = extension.finish(draft as never, reading);
  const { name, options } = extension;
  for (const option of options) {
    if (option.mandatory && !given.has(option.name))
      throw new Refused(`${name}: option "--${option.name}" must be specified\n`);
    if (!given.has(option.name)) continue;
    for (const other of option.needs ?? [])
      if (!given.has(other)) throw new Refused(`${name}: option "--${option.name}" also requires "--${other}".\n`);
    for (const other of option.excludes ?? [])
      if (given.has(other))
        throw new Refused(`${name}: option "--${option.name}" cannot be used together with "--${other}".\n`);
  }
  return { extension, value };
}
