// Counters that rules of both families share by name, some with a quota (nfacct(8)).
// Before you edit: net/netfilter/nfnetlink_acct.c (nfnl_acct_new, nfnl_acct_fill_info, nfnl_acct_overquota).

export interface Quota {
  readonly of: "packet" | "byte";
  readonly most: number;
}

export interface Account {
  readonly name: string;
  packets: number;
  bytes: number;
  readonly quota: Quota | null;
  /** The quota has been reached; only a reset forgets it. */
  isOver: boolean;
}

/** NFACCT_NAME_MAX, less one. */
const LONGEST = 31;
export const accountName = (text: string): string => text.slice(0, LONGEST);

export class Accounts {
  /** In the order of their making. */
  private readonly byName = new Map<string, Account>();

  get(name: string): Account | undefined {
    return this.byName.get(name);
  }

  all(): Account[] {
    return [...this.byName.values()];
  }

  /** False when there is one of this name. */
  add(name: string, quota: Quota | null = null, packets = 0, bytes = 0): boolean {
    if (this.byName.has(name)) return false;
    this.byName.set(name, { name, packets, bytes, quota, isOver: false });
    return true;
  }

  drop(name: string): void {
    this.byName.delete(name);
  }

  /** Counts a packet. False while a quota is not yet exceeded. */
  count(name: string, length: number): boolean {
    const account = this.byName.get(name)!;
    account.packets++;
    account.bytes += length;
    if (account.quota === null) return true;
    const { of, most } = account.quota;
    const now = of === "packet" ? account.packets : account.bytes;
    account.isOver ||= now >= most;
    return now > most;
  }
}

/** A line of `nfacct list`. */
export function accountText({ name, packets, bytes, quota, isOver }: Account): string {
  const number = (value: number) => `${value}`.padStart(20, "0");
  const limit =
    quota === null ? "" : `, quota = ${number(quota.most)}, mode = ${quota.of}, overquota = ${isOver ? "yes" : "no"}`;
  return `{ pkts = ${number(packets)}, bytes = ${number(bytes)}${limit} } = ${name};`;
}

/** The account of such a line; null: it is none. */
export function readAccount(line: string): Account | null {
  const found =
    /^\{ pkts = (\d+), bytes = (\d+)(?:, quota = (\d+), mode = (packet|byte), overquota = (yes|no))? \} = (.*);$/.exec(
      line,
    );
  if (found === null) return null;
  const [, packets, bytes, most, of, over, name] = found;
  const quota = of === undefined ? null : { of: of as Quota["of"], most: Number(most) };
  return { name: name!, packets: Number(packets), bytes: Number(bytes), quota, isOver: over === "yes" };
}
