// Random tables as text: rules in every order of words that people write, and lines of every kind of slip.

export type Random = () => number;

export function pickOf<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)]!;
}

/** A saved file of one table, with chains that call each other downwards; every rule of it is right. */
export function randomFile(random: Random, table: "filter" | "nat" | "mangle", rules: number): string {
  const pick = <T>(list: readonly T[]) => pickOf(random, list);
  const chains = Array.from({ length: 6 }, (_, i) => `${pick(["u", "KUBE-SVC-", "x_y-", "Z"])}${i}`);
  const base = { filter: ["INPUT", "FORWARD", "OUTPUT"], nat: ["PREROUTING", "OUTPUT"], mangle: ["PREROUTING"] }[table];
  const lines = [`*${table}`];
  for (const chain of base)
    lines.push(`:${chain} ${table === "nat" ? "ACCEPT" : pick(["ACCEPT", "DROP"])} [${count(random)}]`);
  for (const chain of [...chains].sort(() => random() - 0.5)) lines.push(`:${chain} - [0:0]`);
  for (let i = 0; i < rules; i++) {
    const at = Math.floor(random() * (chains.length + base.length));
    const chain = [...base, ...chains][at]!;
    const below = [...base, ...chains].slice(Math.max(at + 1, base.length));
    const counters = random() < 0.5 ? `[${count(random)}] ` : "";
    lines.push(`${counters}-A ${chain} ${randomRule(random, table, chain, below)}`.trim());
  }
  return `${[...lines, "COMMIT"].join("\n")}\n`;
}

function count(random: Random): string {
  const number = () => Math.floor(10 ** (random() * 13));
  return random() < 0.3 ? "0:0" : `${number()}:${number()}`;
}

/** The words behind `-A CHAIN`; `calls` are the chains it may call. */
export function randomRule(random: Random, table: string, chain: string, calls: readonly string[]): string {
  const pick = <T>(list: readonly T[]) => pickOf(random, list);
  const maybe = (share: number, text: () => string) => (random() < share ? text() : "");
  const bang = () => maybe(0.2, () => "! ");
  const number = (most: number) => Math.floor(random() * (most + 1));
  const ip = () => `${number(255)}.${number(255)}.${number(255)}.${number(255)}`;
  const network = () =>
    `${ip()}${pick(["", "/32", `/${1 + number(31)}`, `/255.255.${number(255)}.0`, "/255.255.255.0"])}`;
  const device = () => pick(["eth0", "cali+", "lo", "veth12345678", "br-0.100"]);
  const protocol = pick([null, "tcp", "udp", "tcp", "udp", "icmp", "47", "sctp", "esp", "255", "ospf"]);
  const isInverted = random() < 0.15;
  const hasPorts = !isInverted && (protocol === "tcp" || protocol === "udp");
  const text = () =>
    pick(["plain", "two words", "it's", 'say \\"so\\"', "back\\\\slash", "a:b -> c", "x_y-z", "", "1%2", "ä"]);
  const port = () => pick([`${number(65535)}`, `${number(1000)}:${1000 + number(1000)}`, ":80", "80:"]);
  const ports = () =>
    `-m ${protocol} ${maybe(0.6, () => `${bang()}--dport ${port()}`)} ${maybe(0.3, () => `${bang()}--sport ${port()}`)}`;
  const words = [
    maybe(0.5, () => `${bang()}-s ${network()}`),
    maybe(0.5, () => `${bang()}-d ${network()}`),
    chain === "OUTPUT" || chain === "POSTROUTING" ? "" : maybe(0.2, () => `${bang()}-i ${device()}`),
    chain === "INPUT" || chain === "PREROUTING" ? "" : maybe(0.2, () => `${bang()}-o ${device()}`),
    protocol === null ? "" : `${isInverted ? "! " : ""}-p ${protocol}`,
    maybe(0.05, () => "! -f"),
  ];
  const matches = [
    hasPorts ? maybe(0.7, ports) : "",
    maybe(0.4, () => `-m comment --comment "${text()}"`),
    maybe(0.2, () => `-m mark ${bang()}--mark 0x${number(65535).toString(16)}${pick(["", "/0xff00", "/255"])}`),
    maybe(0.2, () => `-m statistic --mode random ${bang()}--probability ${random().toFixed(number(10) + 1)}`),
    maybe(0.1, () => `-m addrtype ${bang()}--dst-type LOCAL`),
    maybe(0.2, () => `-m conntrack ${bang()}--ctstate ${pick(["NEW", "RELATED,ESTABLISHED", "INVALID"])}`),
  ];
  const targets = ["-j ACCEPT", "-j RETURN", "", ...calls.map((name) => `${pick(["-j", "-j", "-g"])} ${name}`)];
  if (table !== "nat") targets.push("-j DROP");
  if (table === "mangle")
    targets.push("-j MARK --set-xmark 0x4000/0x4000", "-j MARK --set-mark 7", "-j MARK --or-mark 0x10");
  if (table === "nat" && hasPorts) targets.push(`-j DNAT --to-destination ${ip()}:${1 + number(65534)}`);
  const parts = random() < 0.3 ? [...words, ...matches] : shuffled(random, words, matches);
  return [...parts, pick(targets)]
    .filter((part) => part.trim() !== "")
    .join(" ")
    .replace(/ +/g, (blanks) => blanks[0]!);
}

/** The header's words in any order and among the matches, which keep theirs: a protocol stands before its ports. */
function shuffled(random: Random, words: readonly string[], matches: readonly string[]): string[] {
  const order = [...words].sort(() => random() - 0.5);
  const protocol = order.findIndex((word) => /-p /.test(word));
  const after = Math.max(protocol + 1, Math.floor(random() * (order.length + 1)));
  return [...order.slice(0, after), ...matches, ...order.slice(after)];
}

/** The same text with a few characters or lines lost, doubled or changed. */
export function damaged(random: Random, text: string, wounds: number): string {
  let result = text;
  for (let i = 0; i < wounds; i++) {
    const at = Math.floor(random() * result.length);
    const length = Math.floor(random() * random() * 40);
    const put = pickOf(random, [
      "",
      "\n",
      '"',
      "\\",
      "!",
      " ",
      "-",
      "[",
      "]",
      ":",
      "*",
      "\0",
      "ÿ",
      "-j ",
      "9".repeat(12),
      result.slice(at, at + length),
    ]);
    result = result.slice(0, at) + put + result.slice(at + (random() < 0.5 ? length : 0));
  }
  return result;
}
