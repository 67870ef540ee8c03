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

/** The elements of a set or a map, by key: only what changes is said. */
export class Container {
  readonly name: string;
  readonly kind: "set" | "map";
  private readonly there = new Map<string, string>();
  private left = new Set<string>();

  constructor(kind: "set" | "map", name: string) {
    this.kind = kind;
    this.name = name;
  }

  /** A sync begins: what is not wanted again until its end will go. */
  begin(): void {
    this.left = new Set(this.there.keys());
  }

  want(tx: Transaction, key: string, value = "", comment: string | null = null): void {
    const known = this.there.get(key);
    this.left.delete(key);
    if (known === value) return;
    if (known !== undefined) tx.say("delete", "element", `${this.name} { ${key} }`);
    const said = `${key}${comment === null ? "" : ` comment "${comment}"`}${value === "" ? "" : ` : ${value}`}`;
    tx.say("add", "element", `${this.name} { ${said} }`);
    this.there.set(key, value);
  }

  end(tx: Transaction): void {
    for (const key of this.left) {
      tx.say("delete", "element", `${this.name} { ${key} }`);
      this.there.delete(key);
    }
    this.left.clear();
  }
}
