// A rule or command that the real tool would refuse, in its words.
// Before you edit: libxtables/xtables.c (basic_exit_err), include/xtables.h (enum xtables_exittype), iptables/xshared.c.

/** How the tool ends: 1 the kernel would not have it, 2 a bad command line, 3 versions, 4 the kernel's resources. */
export type ExitStatus = 1 | 2 | 3 | 4;

/** Thrown by everything that reads rules. The tool puts its name before the message; behind it, with status 2, a hint. */
export class Refused extends Error {
  readonly status: ExitStatus;
  /** The tool's name and version stand before the message. A few old complaints come without. */
  readonly isNamed: boolean;

  constructor(message: string, status: ExitStatus = 2, isNamed = true) {
    super(message);
    this.status = status;
    this.isNamed = isNamed;
  }
}

/** What a change of a table wanted to do. */
export type Change =
  | "append"
  | "insert"
  | "replace"
  | "delete"
  | "delete number"
  | "check"
  | "zero"
  | "list"
  | "flush"
  | "add chain"
  | "delete chain"
  | "rename chain"
  | "policy";

/** Why not; EISBASE stands for what concerns a built-in chain alone. */
export type Errno =
  | "ENOENT"
  | "EEXIST"
  | "E2BIG"
  | "EINVAL"
  | "ERANGE"
  | "ENOTEMPTY"
  | "EBUSY"
  | "EMLINK"
  | "ELOOP"
  | "EOPNOTSUPP"
  | "EISBASE";

/** A change of a table that cannot be. Each back end has its own words for it (text/flavour.ts). */
export class Failure extends Error {
  readonly change: Change;
  readonly errno: Errno;
  readonly chain: string;
  /** The kernel says it, not the tool. */
  readonly isKernels: boolean;

  constructor(change: Change, errno: Errno, chain: string, isKernels = false) {
    super(`${change} ${chain}: ${errno}`);
    this.change = change;
    this.errno = errno;
    this.chain = chain;
    this.isKernels = isKernels;
  }
}
