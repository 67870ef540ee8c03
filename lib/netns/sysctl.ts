// The sysctls that act here, with the kernel's defaults. Any other name is refused: a switch that does nothing would lie.
// Before you edit: Documentation/networking/ip-sysctl.rst.
import { BadInput } from "../wire/input.ts";

interface Known {
  readonly preset: number;
  readonly min: number;
  readonly max: number;
}

const KNOWN: Readonly<Record<string, Known>> = {
  "net.ipv4.ip_forward": { preset: 0, min: 0, max: 1 },
  "net.ipv4.ip_default_ttl": { preset: 64, min: 1, max: 255 },
  "net.ipv4.route.min_pmtu": { preset: 552, min: 68, max: 2147483647 },
  "net.ipv4.route.mtu_expires": { preset: 600, min: 0, max: 2147483 },
  "net.ipv4.icmp_echo_ignore_all": { preset: 0, min: 0, max: 1 },
  "net.ipv4.icmp_echo_ignore_broadcasts": { preset: 1, min: 0, max: 1 },
};

export class Sysctls {
  private values: Map<string, number> | null = null;

  get(name: string): number {
    return this.values?.get(name) ?? known(name).preset;
  }

  set(name: string, text: string): void {
    const { min, max } = known(name);
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max)
      throw new BadInput(`not a value of ${name}`, text, `Write a number from ${min} to ${max}.`);
    this.values ??= new Map();
    this.values.set(name, value);
  }

  /** What is not at its default, sorted by name. */
  changed(): [string, string][] {
    const changed = [...(this.values ?? [])].filter(([name, value]) => value !== known(name).preset);
    return changed.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => [name, `${value}`]);
  }

  static names(): string[] {
    return Object.keys(KNOWN);
  }
}

function known(name: string): Known {
  const entry = KNOWN[name];
  if (entry === undefined)
    throw new BadInput("a sysctl that is not modelled", name, `Those that act are ${Object.keys(KNOWN).join(", ")}.`);
  return entry;
}
