// Pictures to be measured: the chapters' labs, random labs from a seed, and names that nobody should have.
import seedrandom from "seedrandom";
import { bars } from "../../lib/draw/bars.ts";
import type { Caught } from "../../lib/draw/caught.ts";
import { chains } from "../../lib/draw/chains.ts";
import { connections } from "../../lib/draw/connections.ts";
import { encapsulation } from "../../lib/draw/encapsulation.ts";
import { fragments } from "../../lib/draw/fragments.ts";
import { headerColumns } from "../../lib/draw/header-columns.ts";
import { headers } from "../../lib/draw/headers.ts";
import { hooks } from "../../lib/draw/hooks.ts";
import { ladder } from "../../lib/draw/ladder.ts";
import { map } from "../../lib/draw/map.ts";
import { neighbours } from "../../lib/draw/neighbours.ts";
import { network } from "../../lib/draw/network.ts";
import { octetBars } from "../../lib/draw/octet-bars.ts";
import { queues } from "../../lib/draw/queues.ts";
import { race } from "../../lib/draw/race.ts";
import { roundTrip } from "../../lib/draw/round-trip.ts";
import { routing } from "../../lib/draw/routing.ts";
import { ruleColumns } from "../../lib/draw/rule-columns.ts";
import type { Scene } from "../../lib/draw/scene.ts";
import { type SpeakerSeen, sessions } from "../../lib/draw/sessions.ts";
import { stacked } from "../../lib/draw/stack.ts";
import { topology } from "../../lib/draw/topology.ts";
import { translations } from "../../lib/draw/translations.ts";
import { wirings } from "../../lib/draw/wirings.ts";
import type { DeviceData, LabData, NodeData } from "../../lib/lab/data.ts";
import type { Step } from "../../lib/trace/step.ts";
import {
  addressed,
  bridgeNode,
  device,
  lab,
  macOf,
  netns,
  overLoopback,
  pingOverBridge,
  pingThroughRouter,
  routed,
  routedInOneNode,
  twoNodes,
} from "./labs.ts";
import { walks } from "./walks.ts";

export const HOSTILE: readonly string[] = [
  "<script>window.hacked=1</script>",
  `"><img src=x onerror="window.hacked=1">`,
  "]]><svg onload=window.hacked=1>",
  "\u001b[31mred\u001b[0m",
  "\u202egnp.exe\u202c",
  "اسم طويل جدا בעברית",
  "👩‍👩‍👧‍👦👍🏽é̴̡̢",
  "﷽﷽﷽ ꧅꧅ 𒐫𒐫",
  "a\u0000b\ufffec\ud800d",
  "line\nbreak\tand\rreturn",
  "&amp;&lt;&#x3c;",
  "`+alert(1)+`'\\",
  "W".repeat(1 << 20),
  "名前の長いポッド名前の長いポッド",
];

export interface Named {
  readonly name: string;
  readonly scene: Scene;
}

function pictures(name: string, data: LabData, steps: readonly Step[]): Named[] {
  return [
    { name: `topology ${name}`, scene: topology(data, steps) },
    { name: `ladder ${name}`, scene: ladder(steps) },
    { name: `ladder with all notes ${name}`, scene: ladder(steps, { notes: "all" }) },
    { name: `ladder with MTUs ${name}`, scene: ladder(steps, { mtus: data }) },
    { name: `headers ${name}`, scene: headers(steps) },
    { name: `encapsulation ${name}`, scene: encapsulation(steps, data) },
    { name: `fragments ${name}`, scene: fragments(steps) },
    { name: `hooks ${name}`, scene: hooks(steps) },
    { name: `chains ${name}`, scene: chains(steps) },
    { name: `conntrack ${name}`, scene: connections(steps) },
    { name: `NAT ${name}`, scene: translations(steps) },
    { name: `hooks over chains ${name}`, scene: stacked(name, [hooks(steps), chains(steps)]) },
    { name: `queues ${name}`, scene: queues(steps) },
    { name: `neighbours ${name}`, scene: neighbours(steps) },
    { name: `routing ${name}`, scene: routing(steps) },
    { name: `way there and back ${name}`, scene: roundTrip(data, steps) },
    { name: `race ${name}`, scene: race(steps) },
    { name: `map ${name}`, scene: map(data, gridOf(data)) },
    {
      name: `bars ${name}`,
      scene: bars(name, { [name]: barsOf(data), frames: { [name]: steps.length } }, { unit: name }),
    },
    {
      name: `headers beside ${name}`,
      scene: headerColumns([name, "x", name].map((each) => ({ name: each, lab: data, steps }))),
    },
    {
      name: `rules ${name}`,
      scene: ruleColumns(steps[0]?.where.netns ?? name, [
        { name, steps },
        { name: "none", steps: [] },
      ]),
    },
    { name: `wirings ${name}`, scene: wirings([{ name, lab: data, frames: caughtIn(steps) }]) },
    { name: `octets ${name}`, scene: octetBars([{ name, frames: caughtIn(steps) }]) },
    { name: `BGP sessions ${name}`, scene: sessions(speakersOf(data)) },
  ];
}

/** What devices would have caught, as far as steps tell. */
function caughtIn(steps: readonly Step[]): Caught[] {
  return steps.flatMap(({ where: { netns, device }, what, packet }): Caught[] =>
    device === undefined || packet === undefined || "kind" in packet || (what !== "send" && what !== "receive")
      ? []
      : [{ netns, device, direction: what === "send" ? "out" : "in", frame: packet }],
  );
}

/** Every machine in a mesh with every other, though none of them speaks BGP. */
function speakersOf({ nodes }: LabData): SpeakerSeen[] {
  const some = nodes.slice(0, 4);
  return some.map(({ name }, i) => ({
    node: name,
    address: `192.168.0.${i}`,
    own: i === 0 ? [] : [`10.244.${i}.0/26`, name],
    sessions: some.map((_, k) => ({ peer: `192.168.0.${k}`, state: k % 2 === 0 ? "Established" : name })),
    routes: some.flatMap(({ name: other }, k) =>
      k === i ? [`blackhole ${name}`] : [`10.244.${k}.0/26 via ${other} dev eth0`],
    ),
  }));
}

/** Every namespace at a place of its own, three in a row. */
function gridOf({ nodes }: LabData): Record<string, readonly [number, number]> {
  const names = nodes.flatMap(({ namespaces }) => namespaces.map(({ name }) => name));
  return Object.fromEntries(names.map((name, i) => [name, [i % 3, Math.floor(i / 3)]]));
}

function barsOf({ nodes }: LabData): Record<string, number> {
  return Object.fromEntries(nodes.slice(0, 20).map(({ name, namespaces }) => [name, namespaces.length / 3]));
}

/** The labs of the chapters, drawn once. */
export function known(): Named[] {
  knownOnce ??= drawKnown();
  return knownOnce;
}
let knownOnce: Named[] | undefined;

export function drawKnown(): Named[] {
  const pods = (count: number): string[] => Array.from({ length: count }, (_, i) => `pod-${i}`);
  const one = lab(bridgeNode("node-1", ["web"], 1, undefined, ["app", "sidecar"]));
  return [
    ...pictures("of one pod", one, overLoopback()),
    ...pictures("of nothing", lab(), []),
    ...pictures("of an empty node", lab({ name: "node-1", namespaces: [netns("node-1", [])] }), []),
    ...[2, 3, 4, 5, 8, 9].flatMap((count) =>
      pictures(`of ${count} pods`, lab(bridgeNode("node-1", pods(count))), pingOverBridge(pods(count))),
    ),
    ...pictures("of two nodes", twoNodes(), pingOverBridge(["web", "db"])),
    ...pictures("of a router", routed(), pingThroughRouter()),
    ...pictures("of a router without a route", routed(), pingThroughRouter(true)),
    ...pictures("of a router in one node", routedInOneNode(), pingThroughRouter(false, "host")),
    { name: "topology without a walk", scene: topology(twoNodes()) },
    ...Object.entries(walks()).flatMap(([name, { lab: data, steps }]) => pictures(`of ${name}`, data, steps)),
  ];
}

export function crowd(): Named[] {
  const pods = Array.from({ length: 500 }, (_, i) => `pod-${i}`);
  const nodes = Array.from({ length: 50 }, (_, i) =>
    bridgeNode(
      `node-${i}`,
      pods.slice(i * 10, i * 10 + 10),
      i + 1,
      addressed("eth0", `192.168.0.${i + 2}/24`, { mac: macOf(i), peer: { netns: "switch", device: `port${i}` } }),
    ),
  );
  const ports = nodes.map((node, i) =>
    device(`port${i}`, { mac: macOf(900 + i), master: "br0", peer: { netns: node.name, device: "eth0" } }),
  );
  const hub: NodeData = {
    name: "switch",
    namespaces: [netns("switch", [device("br0", { kind: "bridge" }), ...ports])],
  };
  return [
    ...pictures("of 500 pods", lab(bridgeNode("node-1", pods)), pingOverBridge(pods)),
    ...pictures("of 50 nodes", lab(hub, ...nodes), pingOverBridge(pods.slice(30, 40), 4, "node-3")),
  ];
}

/** A lab with these names everywhere a name can be. */
export function hostile(): Named[] {
  hostileOnce ??= drawHostile();
  return hostileOnce;
}
let hostileOnce: Named[] | undefined;

function drawHostile(): Named[] {
  return HOSTILE.flatMap((name, i) => {
    const other = HOSTILE[(i + 1) % HOSTILE.length] as string;
    const node = bridgeNode("node-1", [`${name}1`, `${other}2`, "third"], 1, undefined, [name, other]);
    const renamed: NodeData = {
      name,
      namespaces: node.namespaces.map((space, at) => ({
        ...space,
        name: at === 0 ? name : space.name,
        devices: space.devices.map((each) => rename(each, name)),
      })),
    };
    const steps = pingOverBridge([`${name}1`, `${other}2`, "third"], 1, name).map(
      (step): Step => ({
        ...step,
        because: `${name} ${step.because}`,
        ...(step.what === "route"
          ? {
              evidence: { kind: "route", text: name, command: other },
              tried: [{ text: name, field: name, wanted: other, had: name }],
            }
          : {}),
        ...(step.what === "forward" || step.what === "receive" ? hostileRule(name, other) : {}),
      }),
    );
    return pictures(`of hostile name ${i}`, lab(renamed), steps);
  });
}

/** A step that is a rule as well, with such names wherever rules have words. */
function hostileRule(name: string, other: string): Partial<Step> {
  return {
    what: "rule",
    where: { node: name, netns: name, hook: "PREROUTING" },
    evidence: { kind: "rule", text: `-A ${name} -m comment --comment "${other}" -j ${name}`, command: other },
    tried: Array.from({ length: 9 }, (_, i) => ({
      text: `${i + 1}: -m comment --comment "${name}" -j ${other}`,
      field: i < 7 ? name : other,
      wanted: name,
      had: other,
    })),
    chain: { table: other, chain: name, rules: 12, rule: 10, says: "ACCEPT" },
  };
}

function rename(each: DeviceData, name: string): DeviceData {
  return { ...each, ...(each.peer?.netns === "node-1" ? { peer: { ...each.peer, netns: name } } : {}) };
}

/** A random lab: nodes in a tree of cables, pods on bridges or cabled to each other, walks along random cables. */
export function random(seed: string): Named[] {
  const dice = seedrandom.alea(seed);
  const below = (n: number): number => Math.floor(dice() * n);
  const word = (): string =>
    "abcdefghijklmnop-WM."
      .repeat(2)
      .slice(below(20))
      .slice(0, 1 + below(15));
  const count = 1 + below(4);
  const nodes = Array.from({ length: count }, (_, i) => `n${i}${word()}`.slice(0, 1 + below(20)) + i);
  const extra = new Map<string, DeviceData[]>(nodes.map((node) => [node, []]));
  const join = (a: string, b: string): void => {
    const [na, nb] = [`e${(extra.get(a) as DeviceData[]).length}`, `e${(extra.get(b) as DeviceData[]).length}`];
    extra.get(a)?.push(
      addressed(na, `192.168.${below(256)}.${below(256)}/30`, {
        mac: macOf(below(60000)),
        peer: { netns: b, device: nb },
      }),
    );
    extra.get(b)?.push(
      addressed(nb, `192.168.${below(256)}.${below(256)}/30`, {
        mac: macOf(below(60000)),
        peer: { netns: a, device: na },
      }),
    );
  };
  for (let i = 1; i < count; i++) join(nodes[below(i)] as string, nodes[i] as string);
  if (count > 2 && below(2) === 0) join(nodes[0] as string, nodes[count - 1] as string);
  const built = nodes.map((name, i) => {
    const pods = Array.from({ length: below(7) }, (_, k) => `${word()}-${i}${k}`);
    const [nic, ...more] = extra.get(name) as DeviceData[];
    const node = bridgeNode(name, pods, i + 1, nic, Array.from({ length: below(4) }, word));
    const [own, ...others] = node.namespaces as [NodeData["namespaces"][number], ...NodeData["namespaces"]];
    const lone = below(3) === 0 ? [netns(`lone${i}`, [device("dummy0", { up: false })])] : [];
    return { name, namespaces: [{ ...own, devices: [...own.devices, ...more] }, ...others, ...lone] };
  });
  const data = lab(...built);
  const withPods = built.map((node, i) => ({ node, i })).find(({ node }) => node.namespaces.length > 3);
  const steps =
    withPods === undefined
      ? []
      : pingOverBridge(
          withPods.node.namespaces
            .slice(1)
            .filter((space) => !space.name.startsWith("lone"))
            .map((space) => space.name),
          withPods.i + 1,
          withPods.node.name,
        );
  const graph = Array.from({ length: 5 + below(80) }, (_, i) => ({ id: `${word()}${i}`, hub: below(9) === 0 }));
  const links = graph.slice(1).map((node, i) => ({ source: node.id, target: graph[below(i + 1)]?.id as string }));
  return [
    ...pictures(`from seed ${seed}`, data, steps),
    { name: `network from seed ${seed}`, scene: network(graph, links, { random: dice }) },
  ];
}
