// Rulesets that nft is asked about: rules by themselves in a table that has something of everything, and random tables.
import { Lab } from "../../../lib/lab/lab.ts";

export type TestedFamily = "ip" | "ip6" | "inet";

/** A table for single rules. */
export const stage = (family: TestedFamily): string => `flush ruleset
table ${family} t {
	set s4 { type ipv4_addr; }
	set s4i { type ipv4_addr; flags interval; }
	set ap { type ipv4_addr . inet_proto . inet_service; }
	set dyn { type ipv4_addr; flags dynamic,timeout; timeout 3h; }
	map m { type inet_service : ipv4_addr; }; map pm { type ipv4_addr . inet_service : ipv4_addr . inet_service; }
	map vm { type ipv4_addr . inet_proto . inet_service : verdict; }
	map mm { type ipv4_addr : mark; }
	chain x { }
	chain c { type nat hook prerouting priority 0; }
	chain p { type nat hook postrouting priority 0; }
	chain f { type filter hook input priority 0; }
}
`;

/** In which of the table's chains a rule belongs. */
export function chainFor(rule: string): string {
  if (/\b(masquerade|snat)\b/.test(rule)) return "p";
  return /\b(dnat|redirect)\b/.test(rule) ? "c" : "f";
}

export interface Asked {
  readonly family: TestedFamily;
  readonly text: string;
}

class Dice {
  private readonly lab: Lab;
  constructor(seed: string) {
    this.lab = new Lab({ seed });
  }
  below(n: number): number {
    return this.lab.below(n);
  }
  chance(p: number): boolean {
    return this.lab.random() < p;
  }
  one<Value>(values: readonly Value[]): Value {
    return values[this.below(values.length)]!;
  }
  list<Value>(make: () => Value, most: number): Value[] {
    return Array.from({ length: 1 + this.below(most) }, make);
  }
}

/** A table with sets, maps and chains of random rules. */
export function randomTable(seed: string): Asked {
  const dice = new Dice(seed);
  const family = dice.one<TestedFamily>(["ip", "ip", "ip", "ip6", "inet"]);
  const four = family === "ip6" ? false : family === "ip" || dice.chance(0.6);
  const make = new Maker(dice, four, family);
  return { family, text: make.table() };
}

const TYPES = ["ipv4_addr", "ipv6_addr", "inet_proto", "inet_service", "mark", "ifname"] as const;
type Type = (typeof TYPES)[number];

class Maker {
  private readonly dice: Dice;
  private readonly four: boolean;
  private readonly family: TestedFamily;

  constructor(dice: Dice, four: boolean, family: TestedFamily) {
    this.dice = dice;
    this.four = four;
    this.family = family;
  }

  table(): string {
    const { dice, family } = this;
    const hook = dice.one(["input", "forward", "output", "prerouting"]);
    const priority = dice.one(["0", "filter", "filter - 10", "raw + 5", "-150", "55", "1000", "-12"]);
    const policy = dice.one(["", " policy drop;", " policy accept;"]);
    const chains = [
      "	chain leaf { }\n",
      `	chain helper { ${dice.chance(0.5) ? 'comment "help"; ' : ""}\n${this.rules(2)}	}\n`,
      `	chain base {\n		type filter hook ${hook} priority ${priority};${policy}\n${this.rules(6)}	}\n`,
      `	chain nat-in {\n		type nat hook prerouting priority dstnat;\n${this.some(2, () => this.translation("destination"))}	}\n`,
      `	chain nat-out {\n		type nat hook postrouting priority srcnat;\n${this.some(2, () => this.translation("source"))}	}\n`,
    ];
    return `table ${family} t {\n${this.sets()}${chains.join("")}}\n`;
  }

  private sets(): string {
    const { dice } = this;
    return dice
      .list(() => dice.list(() => dice.one(TYPES), 3), 4)
      .map((types, i) => {
        const elements = new Set(dice.list(() => types.map((type) => this.value(type)).join(" . "), 7));
        const kind = dice.below(3);
        const value = () => (kind === 1 ? this.verdict() : this.value("inet_service"));
        const all = [...elements].map((each) => {
          const comment = dice.chance(0.2) ? ' comment "some words"' : "";
          return kind === 0 ? each + comment : `${each}${comment} : ${value()}`;
        });
        const type = types.join(" . ") + (kind === 0 ? "" : kind === 1 ? " : verdict" : " : inet_service");
        const size = dice.chance(0.2) ? " size 100;" : "";
        const comment = dice.chance(0.3) ? ` comment "number ${i}";` : "";
        return `	${kind === 0 ? "set" : "map"} set${i} { type ${type};${size}${comment} elements = { ${all.join(", ")} }; }\n`;
      })
      .join("");
  }

  private some(most: number, make: () => string): string {
    return this.dice
      .list(make, most)
      .map((each) => `\t\t${each}\n`)
      .join("");
  }
  private rules(most: number): string {
    return this.some(most, () => this.rule());
  }

  private rule(): string {
    const { dice } = this;
    const parts = dice.list(() => this.match(), 2);
    if (dice.chance(0.3))
      parts.push(
        dice.one([
          "counter",
          "log",
          'log prefix "x: " level info',
          "limit rate 5/minute",
          "limit rate over 10/second burst 7 packets",
        ]),
      );
    if (dice.chance(0.3))
      parts.push(
        dice.one([
          "meta mark set mark or 0x4000",
          "meta mark set 0x10",
          "meta mark set mark xor 5",
          "ct mark set mark",
          "meta mark set mark and 0xff0f",
        ]),
      );
    if (dice.chance(0.7)) parts.push(dice.chance(0.15) ? this.reject() : this.verdict());
    if (dice.chance(0.2)) parts.push('comment "why not"');
    return parts.join(" ");
  }

  private reject(): string {
    if (this.family === "inet") return this.dice.one(["reject", "reject with icmpx admin-prohibited"]);
    const code = this.four ? "icmp host-unreachable" : "icmpv6 admin-prohibited";
    return this.dice.one(["reject", `reject with ${code}`]);
  }

  private verdict(): string {
    return this.dice.one(["accept", "drop", "return", "jump leaf", "goto leaf"]);
  }

  private match(): string {
    const { dice, four } = this;
    const ip = four ? "ip" : "ip6";
    const address: Type = four ? "ipv4_addr" : "ipv6_addr";
    const not = dice.chance(0.25) ? "!= " : "";
    switch (dice.below(9)) {
      case 0:
        return `${ip} ${dice.one(["saddr", "daddr"])} ${not}${this.right(address)}`;
      case 1:
        return `${dice.one(["tcp", "tcp", "udp"])} ${dice.one(["sport", "dport"])} ${not}${this.right("inet_service")}`;
      case 2:
        return `ct state ${dice.one(["new", "established,related", "invalid", "!= new", "{ new, related }"])}`;
      case 3:
        return `${dice.one(["iifname", "oifname"])} ${not}${dice.one(['"eth0"', '"eth*"', '{ "eth0", "lo", "cni0" }'])}`;
      case 4:
        return `meta mark ${dice.one(["& 0x4000 == 0x4000", "and 0xff != 0", "1", "{ 1, 5, 3 }", "7-9"])}`;
      case 5:
        return `meta l4proto ${not}${dice.one(["tcp", "{ udp, tcp }", "sctp"])}`;
      case 6:
        return `${ip} daddr . meta l4proto . th dport { ${this.value(address)} . tcp . 80, ${this.value(address)} . udp . ${dice.below(100)} }`;
      case 7:
        return `fib ${dice.one(["saddr", "daddr"])} type ${dice.one(["local", "!= local", "{ local, broadcast }"])}`;
      default:
        return `ct status ${dice.one(["dnat", "snat,dnat"])}`;
    }
  }

  /** One value, several, a network or a range. */
  private right(type: Type): string {
    const { dice } = this;
    const some = (): string => {
      if (type === "inet_service")
        return dice.chance(0.3) ? `${1000 + dice.below(50)}-${1060 + dice.below(50)}` : this.value(type);
      if (!dice.chance(0.3)) return this.value(type);
      return type === "ipv4_addr" ? `10.${dice.below(4)}.0.0/${dice.one([16, 17, 24])}` : `fd00:${dice.below(9)}::/32`;
    };
    return dice.chance(0.4) ? `{ ${dice.list(some, 5).join(", ")} }` : some();
  }

  private translation(end: "source" | "destination"): string {
    const { dice, four, family } = this;
    const inet = family === "inet" ? (four ? "ip " : "ip6 ") : "";
    const to = this.value(four ? "ipv4_addr" : "ipv6_addr");
    const other = this.value(four ? "ipv4_addr" : "ipv6_addr");
    if (end === "source")
      return dice.one([
        "masquerade",
        "masquerade fully-random",
        `snat ${inet}to ${to}`,
        `snat ${inet}to ${to} persistent`,
      ]);
    const port = four ? `${to}:${1 + dice.below(999)}` : `[${to}]:${1 + dice.below(999)}`;
    return dice.one([
      `dnat ${inet}to ${to}`,
      `tcp dport ${dice.below(99)} dnat ${inet}to ${port}`,
      `meta l4proto udp dnat ${inet || (four ? "ip " : "ip6 ")}addr . port to numgen random mod 2 map { 0 : ${to} . 80, 1 : ${other} . 81 }`,
      "tcp dport 80 redirect to :8080",
      `dnat ${inet}to numgen inc mod 2 map { 0 : ${to}, 1 : ${other} }`,
    ]);
  }

  private value(type: Type): string {
    const { dice } = this;
    switch (type) {
      case "ipv4_addr":
        return `${dice.one([10, 172, 192])}.${dice.below(3)}.${dice.below(256)}.${dice.below(256)}`;
      case "ipv6_addr":
        return `fd00:${dice.below(9)}::${(1 + dice.below(65000)).toString(16)}`;
      case "inet_proto":
        return dice.one(["tcp", "udp", "sctp", "icmp"]);
      case "inet_service":
        return `${dice.below(65536)}`;
      case "mark":
        return `${dice.below(1000000)}`;
      case "ifname":
        return `"${dice.one(["eth", "veth", "cni"])}${dice.below(20)}"`;
    }
  }
}
