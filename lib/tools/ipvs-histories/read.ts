// Histories as JSON: one, a list, or {"scenarios": [...]}. What is wrong is named by its place, before anything is played.
import { SCHEDULERS } from "../../ipvs/schedulers/registry.ts";
import { vsSetting } from "../../ipvs/settings.ts";
import { Place } from "../../lab/json.ts";
import { ipv4, prefix4 } from "../../wire/address.ts";
import { BadInput } from "../../wire/input.ts";
import { ENDINGS, type Ends, type Event, type History, MODES, type Server } from "./history.ts";

const SERVERS = prefix4("10.2.0.0/29");
const LAST_SERVER = ipv4("10.2.0.8");
const MOST = 2147483647;
const OPS = [
  "connect",
  "syn",
  "close",
  "send",
  "weight",
  "add",
  "del",
  "sched",
  "wait",
  "snap",
  "conns",
  "cmd",
  "sh",
] as const;

/** The histories of a file. Throws BadInput. */
export function readHistories(text: string): History[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new BadInput(`no JSON (${(error as Error).message})`, text, "Write a history, a list of them, or scenarios.");
  }
  const all = new Place(value, "file");
  if (Array.isArray(value)) return all.list().map(readHistory);
  return all.maybe("scenarios")?.list().map(readHistory) ?? [readHistory(all)];
}

function readHistory(place: Place): History {
  const said = new Reader(place);
  const scheduler = place.at("scheduler").oneOf([...SCHEDULERS.keys()]);
  const sysctl = place.maybe("sysctl");
  if (sysctl !== null && (typeof sysctl.value !== "object" || sysctl.value === null || Array.isArray(sysctl.value)))
    throw sysctl.wrong("not an object", "Write names below net.ipv4.vs, each with a number.");
  const names = sysctl === null ? [] : Object.keys(sysctl.value as object);
  const wrong = names.find((name) => vsSetting(`net.ipv4.vs.${name}`) === null);
  if (wrong !== undefined) throw sysctl!.wrong(`no sysctl net.ipv4.vs.${wrong} acts here`, "Leave it out.");
  const dests = place.at("dests").list().map(readServer);
  const known = new Set(dests.map(nameOf));
  const connected = new Set<number>();
  const events = place
    .at("events")
    .list()
    .map((each, i) => readEvent(each, i, known, connected));
  return {
    name: place.at("name").text(),
    scheduler,
    ...said.text("flags"),
    ...(place.maybe("mode") !== null && { mode: place.at("mode").oneOf(MODES) }),
    ...(place.maybe("proto") !== null && { proto: place.at("proto").oneOf(["tcp", "udp"]) }),
    ...said.address("vip"),
    ...said.whole("vport", 65535),
    ...said.whole("persistent", MOST),
    ...said.flag("ops"),
    ...said.flag("fwmark"),
    ...(sysctl !== null && {
      sysctl: Object.fromEntries(names.map((name) => [name, sysctl.at(name).whole(0, MOST)])),
    }),
    dests,
    events,
  };
}

function readEvent(place: Place, index: number, known: Set<string>, connected: Set<number>): Event {
  const said = new Reader(place);
  const op = place.at("op").oneOf(OPS);
  const t = said.seconds("t");
  switch (op) {
    case "connect":
    case "syn":
      if (op === "connect") connected.add(index);
      return { ...t, op, ...readEnds(place, said) };
    case "close":
    case "send": {
      const conn = place.at("conn").whole(0, MOST);
      if (!connected.has(conn)) throw place.at("conn").wrong("no earlier event that connects", "Count events from 0.");
      if (op === "send") return { ...t, op, conn };
      return { ...t, op, conn, ...(place.maybe("how") !== null && { how: place.at("how").oneOf(ENDINGS) }) };
    }
    case "weight":
    case "add": {
      const server = readServer(place);
      if (op === "add") known.add(nameOf(server));
      else if (!known.has(nameOf(server))) throw place.wrong("a server that was never added", "Add it first.");
      return { ...t, op, ...server };
    }
    case "del": {
      const { ip, port } = readServer(place);
      return { ...t, op, ip, port };
    }
    case "sched":
      return { ...t, op, scheduler: place.at("scheduler").text(), ...said.text("flags") };
    case "wait":
      place.at("sec");
      return { ...t, op, sec: 0, ...said.seconds("sec") };
    case "cmd":
      return { ...t, op, cmd: place.at("cmd").text() };
    case "sh":
      return { ...t, op, cmd: place.at("cmd").text(), ...said.text("ns") };
    default:
      return { ...t, op };
  }
}

function readEnds(place: Place, said: Reader): Ends {
  place.at("client").as(ipv4);
  const cport = place.at("cport").whole(1, 65535);
  return { client: place.at("client").text(), cport, ...said.address("vip"), ...said.whole("vport", 65535) };
}

function readServer(place: Place): Server {
  const said = new Reader(place);
  const address = place.at("ip").as(ipv4);
  if (address !== LAST_SERVER && (!SERVERS.contains(address) || address === SERVERS.address))
    throw place.at("ip").wrong("no real server there", "Real servers are 10.2.0.1 to 10.2.0.8.");
  return {
    ip: `${address}`,
    port: place.at("port").whole(0, 65535),
    ...said.whole("weight", MOST),
    ...said.whole("x", MOST),
    ...said.whole("y", MOST),
    ...(place.maybe("mode") !== null && { mode: place.at("mode").oneOf(MODES) }),
  };
}

const nameOf = ({ ip, port }: Server) => `${ip}:${port}`;

/** Fields that may be missing, each as an object to spread. */
class Reader {
  private readonly place: Place;

  constructor(place: Place) {
    this.place = place;
  }

  private read<Name extends string, T>(name: Name, read: (place: Place) => T): { [Key in Name]?: T } {
    const place = this.place.maybe(name);
    return place === null ? {} : ({ [name]: read(place) } as { [Key in Name]: T });
  }
  text<Name extends string>(name: Name) {
    return this.read(name, (place) => place.text());
  }
  address<Name extends string>(name: Name) {
    return this.read(name, (place) => `${place.as(ipv4)}`);
  }
  flag<Name extends string>(name: Name) {
    return this.read(name, (place) => place.flag());
  }
  whole<Name extends string>(name: Name, most: number) {
    return this.read(name, (place) => place.whole(0, most));
  }
  seconds<Name extends string>(name: Name) {
    return this.read(name, (place) => {
      const { value } = place;
      if (typeof value === "number" && value >= 0 && value < 1e9) return value;
      throw place.wrong("no number of seconds", "Write how many, from 0.");
    });
  }
}
