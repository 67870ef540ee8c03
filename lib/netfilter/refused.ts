// A rule or command that the real tool would refuse, in its words.
// Before you edit: libxtables (xtables_error, xtables_param_act), iptables/xshared.c, include/xtables.h (enum xtables_exittype).

/** Thrown by everything that reads rules. The tool puts its name before the message, and the hint behind. */
export class Refused extends Error {
  /** 2: a bad command line; 1: the kernel would not have it; 3: versions; 4: the lock. */
  readonly status: number;
  /** Followed by the two lines that name --help. */
  readonly hint: boolean;

  constructor(message: string, { status = 2, hint = false }: { status?: number; hint?: boolean } = {}) {
    super(message);
    this.status = status;
    this.hint = hint;
  }
}
