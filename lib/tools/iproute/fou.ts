// `ip fou`: add, del and show, for ports of IPv4.
// Before you edit: iproute2 6.1 ip/ipfou.c (fou_parse_opt, do_add, do_del, print_fou_mapping).
import { readProtocol } from "../../netfilter/text/protocol.ts";
import { addFou, deleteFou, fouPorts, fouText } from "../../netns/tunnel/fou.ts";
import type { Ipv4 } from "../../wire/address.ts";
import { notModelled } from "../command.ts";
import type { Context } from "./context.ts";
import { addressOf, unsigned } from "./values.ts";
import { answers, matches, Quit, type Words, wrongArgument } from "./words.ts";

const SUPPORTED = "add, del and show, with port PORT, gue or ipproto PROTO, local ADDR";

const USAGE = `Usage: ip fou add port PORT { ipproto PROTO  | gue }
		   [ local IFADDR ] [ peer IFADDR ]
		   [ peer_port PORT ] [ dev IFNAME ]
       ip fou del port PORT [ local IFADDR ]
		   [ peer IFADDR ] [ peer_port PORT ]
		   [ dev IFNAME ]
       ip fou show

Where: PROTO { ipproto-name | 1..255 }
       PORT { 1..65535 }
       IFADDR { addr }
`;

export function ipFou(context: Context, words: Words): void {
  if (words.isEmpty) throw new Quit(USAGE, 255);
  const word = words.take();
  // Whoever asks for anything has the module loaded.
  context.call.lab.machines.get(context.ns.node)!.load("fou");
  if (matches(word, "add")) add(context, words);
  else if (matches(word, "delete")) remove(context, words);
  else if (matches(word, "show")) show(context, words);
  else if (matches(word, "help")) throw new Quit(USAGE, 255);
  else throw new Quit(`Command "${word}" is unknown, try "ip fou help".\n`, 255);
}

interface Request {
  port: number | null;
  protocol: number | null;
  gue: boolean;
  local: Ipv4 | null;
}

/** What is missing the tool says itself; then it shows as it would the kernel's answer. */
function failed(why: string): Quit {
  return new Quit(`fou: ${why}\n${answers("EINVAL").message}`, 2);
}

function read(words: Words, adds: boolean): Request & { readonly port: number } {
  const made: Request = { port: null, protocol: null, gue: false, local: null };
  while (!words.isEmpty) {
    const word = words.take();
    if (matches(word, "port")) {
      const argument = words.argument();
      const port = unsigned(argument);
      if (port === null || port === 0 || port > 65535) throw wrongArgument(argument, "invalid port");
      made.port = port;
    } else if (adds && matches(word, "ipproto")) made.protocol = protocolOf(words.argument());
    else if (adds && matches(word, "gue")) made.gue = true;
    else if (matches(word, "local")) {
      const address = addressOf(words.argument(), "inet");
      made.local = address.bits === 0 ? null : address;
    } else if (matches(word, "-6") || matches(word, "peer") || matches(word, "peer_port") || matches(word, "dev"))
      throw notModelled("ip fou", word, SUPPORTED);
    else throw new Quit(`fou: unknown command "${word}"?\n${USAGE}`, 255);
  }
  const { port } = made;
  if (port === null) throw failed("missing port");
  if (adds && made.protocol === null && !made.gue) throw failed("must set ipproto or gue");
  if (adds && made.protocol !== null && made.gue) throw failed("cannot set ipproto and gue");
  return { ...made, port };
}

function protocolOf(word: string): number {
  try {
    const protocol = readProtocol(word);
    if (protocol > 0) return protocol;
  } catch {
    // Nobody knows the name; the tool's words are the same as for a number that is none.
  }
  throw wrongArgument(word, "invalid ipproto");
}

function add({ ns }: Context, words: Words): void {
  const { port, protocol, local } = read(words, true);
  const errno = addFou(ns, { port, protocol, local });
  if (errno !== null) throw answers(errno);
}

function remove({ ns }: Context, words: Words): void {
  if (!deleteFou(ns, read(words, false))) throw answers("EINVAL");
}

function show(context: Context, words: Words): void {
  if (!words.isEmpty) throw new Quit('"ip fou show" does not take any arguments.\n', 1);
  const ports = fouPorts(context.ns);
  if (context.options.json)
    return context.json(
      ports.map(({ port, protocol, local }) => ({
        port,
        ...(protocol === null ? { gue: null } : { ipproto: protocol }),
        family: "inet",
        ...(local !== null && { local: local.text }),
      })),
    );
  for (const each of ports) context.out(`${fouText(each)}\n`);
}
