// Which iptables prints: its version, its way into the kernel, and the words that differ with them.
// Before you edit: iptables/nft.c (nft_strerror, mnl_append_error), libiptc/libiptc.c (iptc_strerror), xtables.c,
// iptables-standalone.c, iptables-restore.c, xtables-restore.c.
import type { Change, Errno, Failure, Refused } from "../refused.ts";
import type { BackEnd } from "../table.ts";

export interface Flavour {
  /** As `1.8.10`. */
  readonly version: string;
  readonly backEnd: BackEnd;
}

/** What a machine has unless it is told otherwise. */
export const NEWEST: Flavour = { version: "1.8.10", backEnd: "nft" };

/** `1.8.10 (nf_tables)`. */
export function versionText({ version, backEnd }: Flavour): string {
  return `${version} (${backEnd === "nft" ? "nf_tables" : "legacy"})`;
}

/** iptables 1.8.9 printed numbers of protocols with -n; those before and behind it print names. */
export function printsNumbers({ version }: Flavour): boolean {
  return version === "1.8.9";
}

/** What a tool says of what it refuses, and how it ends. */
export interface Complaint {
  readonly text: string;
  readonly status: number;
}

/** Of a command line, or with its number of a line of a file. */
export function complaintOf(tool: string, refused: Refused, flavour: Flavour, line: number | null): Complaint {
  const { message, status, isNamed } = refused;
  const said = message === "" ? "" : `${isNamed ? `${tool} v${versionText(flavour)}: ` : ""}${message}\n`;
  const where = line === null ? "" : `Error occurred at line: ${line}\n`;
  const hint = `${where}Try \`${tool} -h' or '${tool} --help' for more information.\n`;
  const upgrade = `Perhaps ${tool} or your kernel needs to be upgraded.\n`;
  return { text: said + (status === 2 ? hint : status === 3 ? upgrade : ""), status };
}

export function failureOf(tool: string, failure: Failure, flavour: Flavour, line: number | null): Complaint {
  const { change, errno, chain, isKernels } = failure;
  const message = MESSAGES[change];
  if (flavour.backEnd === "nft" && isKernels && message !== undefined) {
    const { operation, what } = message;
    const where = line === null ? " " : `\nline ${line}: `;
    const text = `${where}${operation} failed (${STRERROR[errno]}): ${what} ${chain}`;
    return { text: `${tool} v${versionText(flavour)}: ${text}\n`, status: 4 };
  }
  const words = wordsOf(failure);
  if (line === null) {
    const dmesg = errno === "EINVAL" || errno === "EOPNOTSUPP" ? ` Run \`dmesg' for more information.` : "";
    return { text: `${tool}: ${words}.${dmesg}\n`, status: 1 };
  }
  return { text: `${tool}: line ${line} failed${flavour.backEnd === "nft" ? `: ${words}.` : ""}\n`, status: 1 };
}

const MESSAGES: Partial<Record<Change, { readonly operation: string; readonly what: string }>> = {
  append: { operation: "RULE_APPEND", what: "rule in chain" },
  insert: { operation: "RULE_INSERT", what: "rule in chain" },
  replace: { operation: "RULE_REPLACE", what: "rule in chain" },
  "delete chain": { operation: "CHAIN_DEL", what: "chain" },
};

const STRERROR: Readonly<Record<Errno, string>> = {
  ENOENT: "No such file or directory",
  EEXIST: "File exists",
  E2BIG: "Argument list too long",
  EINVAL: "Invalid argument",
  ERANGE: "Numerical result out of range",
  ENOTEMPTY: "Directory not empty",
  EBUSY: "Device or resource busy",
  EMLINK: "Too many links",
  ELOOP: "Too many levels of symbolic links",
  EOPNOTSUPP: "Operation not supported",
  EISBASE: "Directory not empty",
};

/** What the tool makes of an errno, knowing what it was about to do. */
export function wordsOf({ change, errno }: Failure): string {
  if (errno === "ENOENT") {
    if (change === "delete" || change === "check") return "Bad rule (does a matching rule exist in that chain?)";
    return change === "policy" ? "Bad built-in chain name" : "No chain/target/match by that name";
  }
  if (errno === "EINVAL") return change === "policy" ? "Bad policy name" : STRERROR.EINVAL;
  if (errno === "EOPNOTSUPP") return STRERROR.EINVAL;
  if (errno === "EEXIST") return change === "add chain" ? "Chain already exists" : STRERROR.EEXIST;
  if (errno === "E2BIG")
    return `Index of ${change === "zero" ? "counter" : change === "insert" ? "insertion" : change === "replace" ? "replacement" : "deletion"} too big`;
  return errno === "ELOOP" ? "Too many levels of symbolic links" : STRERROR[errno];
}
