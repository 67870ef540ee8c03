// The kernel's clock as matches read it: jiffies since the lab began. Before you edit: include/linux/jiffies.h; Debian,
// Ubuntu and RHEL 9 are built with 250 (CONFIG_HZ), Fedora and RHEL 8 with 1000.

/** Jiffies of a second. */
export const HZ = 250;

/** The jiffy of a virtual time in nanoseconds. */
export function jiffiesAt(now: number): number {
  return Math.floor(now / (1e9 / HZ));
}
