// `packetwalk proxy`: what kube-proxy on a node makes of Services, as rules or packet by packet.
import * as fs from "node:fs";
import { addressOf, type Family, networkOf } from "../kube/proxy/address.ts";
import { readAskedPacket } from "../kube/proxy/asked-packet.ts";
import { readObjects } from "../kube/proxy/objects.ts";
import { ProxyQuestion } from "../kube/proxy/question.ts";
import { MODES, type ProxyMode } from "../kube/proxy/start.ts";
import { BadInput } from "../wire/input.ts";
import { Mistake, readOptions } from "./options.ts";

const VALUED = [
  ...["--mode", "--objects", "--node", "--node-ips", "--cluster-cidr", "--nodeport-addresses", "--ip-family"],
  ...["--localhost-nodeports", "--masquerade-all", "--layout", "--packet", "--packets"],
];
const USAGE = "packetwalk proxy --mode iptables --objects FILE --node NAME --node-ips 192.168.0.2 --rules";

/** Runs the subcommand: 0 when the rules or the answers were printed. */
export async function command(args: string[]): Promise<number> {
  const packets = args.flatMap((each, i) =>
    args[i - 1] === "--packet" ? [each] : each.startsWith("--packet=") ? [each.slice(9)] : [],
  );
  // A switch may stand alone or be told true or false, as kube-proxy's own.
  const said = args.map((each) => (/^--(masquerade-all|localhost-nodeports)$/.test(each) ? `${each}=true` : each));
  const { flags, values, rest } = readOptions("proxy", said, ["--rules", "--json"], VALUED);
  if (rest.length > 0) throw new Mistake(`packetwalk proxy takes no "${rest[0]}"; say ${USAGE}`);
  try {
    process.stdout.write(answer(flags, values, packets));
    return 0;
  } catch (error) {
    if (error instanceof BadInput) throw new Mistake(error.message);
    throw error;
  }
}

function answer(flags: ReadonlySet<string>, values: ReadonlyMap<string, string>, said: readonly string[]): string {
  const needed = (name: string): string => {
    const value = values.get(name);
    if (value === undefined) throw new Mistake(`packetwalk proxy needs ${name}, like ${USAGE}`);
    return value;
  };
  const mode = modeOf(needed("--mode"));
  const file = needed("--objects");
  const nodeName = needed("--node");
  const packets = [...said.map((text) => [text, ""] as const), ...packetsIn(values.get("--packets"))];
  if (flags.has("--rules") === packets.length > 0)
    throw new Mistake('packetwalk proxy prints --rules, or answers --packet "tcp A:PORT > B:PORT" or --packets FILE');
  const family = familyOf(values.get("--ip-family"));
  const question = new ProxyQuestion(readObjects(textOf(file), file), {
    mode,
    nodeName,
    nodeAddresses: list(values, "--node-ips").map((each) => checked("--node-ips", each, addressOf)),
    clusterCidrs: list(values, "--cluster-cidr").map((each) => checked("--cluster-cidr", each, networkOf)),
    nodePortAddresses: list(values, "--nodeport-addresses").map(
      (each) => `${checked("--nodeport-addresses", each, networkOf)}`,
    ),
    masqueradeAll: truth(values, "--masquerade-all", false),
    localhostNodePorts: truth(values, "--localhost-nodeports", true),
    layout: layoutOf(values.get("--layout")),
  });
  if (flags.has("--rules")) return question.rules(family ?? 4);
  const asked = packets.map(([text, where]) => readAskedPacket(text, where));
  const stranger = asked.find((each) => family !== null && each.family !== family);
  if (stranger !== undefined)
    throw new BadInput(`a packet of another family than --ip-family`, stranger.text, `It is for IPv${family}.`);
  const answers = asked.map((each) => question.ask(each));
  if (flags.has("--json")) {
    const lines = answers.map((each) => `${JSON.stringify(each)}\n`);
    return lines.join("");
  }
  return answers
    .map(({ packet, destinations, verdict, masquerade }) => {
      const to = destinations.length === 0 ? "where it is going" : destinations.join(", ");
      return `${packet}\n  to ${to}; verdict ${verdict}${masquerade ? "; its source is replaced" : ""}\n`;
    })
    .join("");
}

function modeOf(name: string): ProxyMode {
  const mode = MODES.find((each) => each === name);
  if (mode !== undefined) return mode;
  throw new Mistake(`--mode is ${MODES.join(", ")}, not "${name}"`);
}

function familyOf(name: string | undefined): Family | null {
  if (name === undefined) return null;
  const found = /^(?:ipv)?([46])$/i.exec(name)?.[1];
  if (found === undefined) throw new Mistake(`--ip-family is IPv4 or IPv6, not "${name}"`);
  return Number(found) as Family;
}

function layoutOf(name = "1.36"): "1.20" | "1.36" {
  if (name !== "1.20" && name !== "1.36") throw new Mistake(`--layout is 1.20 or 1.36, not "${name}"`);
  return name;
}

/** The packets of a file, each with the place it stands at. */
function packetsIn(file: string | undefined): (readonly [text: string, where: string])[] {
  if (file === undefined) return [];
  const lines = textOf(file).split("\n");
  const placed = lines.map((text, i) => [text, `${file}, line ${i + 1}: `] as const);
  const found = placed.filter(([text]) => text.trim() !== "" && !text.trim().startsWith("#"));
  if (found.length === 0) throw new Mistake(`${file} has no packet in it`);
  return found;
}

const list = (values: ReadonlyMap<string, string>, name: string): string[] =>
  (values.get(name) ?? "").split(",").filter((each) => each !== "");

function checked<Value>(name: string, text: string, read: (text: string) => Value | null): Value {
  const value = read(text);
  if (value === null) throw new Mistake(`${name}: "${text}" is not understood`);
  return value;
}

function truth(values: ReadonlyMap<string, string>, name: string, preset: boolean): boolean {
  const value = values.get(name) ?? `${preset}`;
  if (value !== "true" && value !== "false") throw new Mistake(`${name} is true or false, not "${value}"`);
  return value === "true";
}

function textOf(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    throw new Mistake(`can't read ${file}: ${(error as Error).message}`);
  }
}
