// What is handed to `nft -f -`, in the words of kube-proxy's library, and what it remembers to be in its maps.
// Before you edit: sigs.k8s.io/knftables/objects.go, pkg/proxy/nftables/proxier.go (nftElementStorage).
import type { Family } from "../address.ts";

export class Transaction {
  readonly lines: string[] = [];
  private readonly place: string;

  constructor(family: Family) {
    this.place = `${family === 4 ? "ip" : "ip6"} kube-proxy`;
  }

  say(
    verb: "add" | "flush" | "delete",
    kind: "table" | "chain" | "set" | "map" | "rule" | "element",
    words: string,
  ): void {
    this.lines.push(`${verb} ${kind} ${this.place}${words === "" ? "" : ` ${words}`}`);
  }

  rule(chain: string, rule: string, comment: string | null = null): void {
    this.say("add", "rule", `${chain} ${rule}${comment === null ? "" : ` comment "${comment}"`}`);
  }

  get text(): string {
    return this.lines.map((each) => `${each}\n`).join("");
  }
}

/** The elements of a set or a map, by key, with how many Services want each: only what changes is said. */
export class Container {
  readonly name: string;
  readonly kind: "set" | "map";
  /** Two Services wanted other things of one key: who is left has to be asked again. */
  isContested = false;
  private readonly there = new Map<string, { value: string; owners: number }>();

  constructor(kind: "set" | "map", name: string) {
    this.kind = kind;
    this.name = name;
  }

  /** A Service wants an element; `isOwn`: it is one of those who wanted it before. */
  claim(tx: Transaction, key: string, value: string, comment: string | null, isOwn: boolean): void {
    const known = this.there.get(key);
    if (known !== undefined && !isOwn) known.owners++;
    if (known?.value === value) return;
    if (known !== undefined) {
      if (known.owners > 1) this.isContested = true;
      tx.say("delete", "element", `${this.name} { ${key} }`);
    }
    const said = `${key}${comment === null ? "" : ` comment "${comment}"`}${value === "" ? "" : ` : ${value}`}`;
    tx.say("add", "element", `${this.name} { ${said} }`);
    if (known === undefined) this.there.set(key, { value, owners: 1 });
    else known.value = value;
  }

  /** A Service wants it no more. */
  release(tx: Transaction, key: string): void {
    const known = this.there.get(key)!;
    if (--known.owners > 0) return;
    tx.say("delete", "element", `${this.name} { ${key} }`);
    this.there.delete(key);
  }
}

/** What one Service has of the table. */
export class Written {
  readonly chains = new Set<string>();
  readonly affinities = new Set<string>();
  private readonly elements = new Map<Container, Set<string>>();
  private before: Written | null;

  constructor(before: Written | null) {
    this.before = before;
  }

  has(container: Container, key: string): boolean {
    return this.elements.get(container)?.has(key) === true;
  }

  want(tx: Transaction, container: Container, key: string, value = "", comment: string | null = null): void {
    const isOwn = this.has(container, key) || this.before?.has(container, key) === true;
    container.claim(tx, key, value, comment, isOwn);
    const keys = this.elements.get(container) ?? new Set();
    this.elements.set(container, keys.add(key));
  }

  /** What this has and `now` does not goes; what was before this is forgotten. */
  release(tx: Transaction, now: Written | null): void {
    if (now !== null) now.before = null;
    for (const [container, keys] of this.elements)
      for (const key of keys) if (now?.has(container, key) !== true) container.release(tx, key);
  }
}
