// Small multiples: for each scheduler how the connections were shared, and how long clients waited; one scale for all.
import type { Load } from "../lab/serving.ts";
import { BODY, MARGIN, Painter, type Scene, SMALL, STRONG, scene, WIDEST } from "./scene.ts";

const ACROSS = 3;
const GAP = 10;
const PANEL = (WIDEST - 2 * MARGIN - (ACROSS - 1) * GAP) / ACROSS;
const BAR_ROW = 19;
const INNER = PANEL - 20;
const BAR_LEFT = 26;
const BAR_ROOM = INNER - BAR_LEFT - 44;

export function multiples(loads: readonly Load[]): Scene {
  const painter = new Painter();
  const servers = Math.max(1, ...loads.map((load) => load.servers.length));
  const height = 34 + servers * BAR_ROW + 52;
  const most = Math.max(1, ...loads.flatMap((load) => load.servers.map(({ connections }) => connections)));
  const share = (connections: number) => (connections / most) * BAR_ROOM;
  const marks = loads.flatMap(({ latencies }) => [quantile(latencies, 0.5), quantile(latencies, 0.99)]);
  const known = marks.filter((each) => each > 0);
  const [least, longest] = [Math.min(1, ...known) / 1.2, Math.max(0.001, ...known) * 1.2];
  const time = (seconds: number) => (Math.log(seconds / least) / Math.log(longest / least)) * INNER;
  loads.forEach((load, i) => {
    const x = MARGIN + (i % ACROSS) * (PANEL + GAP);
    const y = MARGIN + Math.floor(i / ACROSS) * (height + GAP);
    painter.box(x, y, PANEL, height, "field", { round: 4 });
    drawPanel(painter, load, x + 10, y + 8, share, time);
  });
  const bottom = MARGIN + Math.ceil(loads.length / ACROSS) * (height + GAP);
  const seen = loads.length > 0 ? "Bars: connections of each server; the black mark: its share by weight." : "";
  painter.text(MARGIN, bottom + 10, seen, 700, BODY);
  const waits = "Below: what half of the clients waited at most (ring), and all but one in a hundred (disc).";
  painter.text(MARGIN, bottom + 29, waits, 720, BODY);
  return scene({
    title: "How each scheduler shares one workload, and how long clients wait",
    desc: loads.map((load) => `${load.scheduler}: p99 ${seconds(quantile(load.latencies, 0.99))}`).join("; "),
    width: WIDEST,
    height: bottom + 44,
    shapes: painter.shapes,
    table: {
      columns: ["scheduler", "connections", "fairness", "p50", "p99", "longest queue", "refused", "lost", "hits"],
      rows: loads.map(rowOf),
    },
  });
}

type Scale = (value: number) => number;

function drawPanel(painter: Painter, load: Load, x: number, top: number, share: Scale, time: Scale): void {
  painter.text(x, top + 12, load.scheduler, 80, STRONG);
  const failed = load.refused + load.lost;
  if (failed > 0) painter.text(x + INNER, top + 12, `${failed} failed`, 120, STRONG, "drop", { anchor: "end" });
  let y = top + 22;
  const weights = load.servers.reduce((sum, { weight }) => sum + weight, 0);
  const all = load.servers.reduce((sum, { connections }) => sum + connections, 0);
  for (const { server, weight, connections } of load.servers) {
    painter.text(x, y + 13, server, BAR_LEFT - 6, BODY);
    const left = x + BAR_LEFT;
    painter.box(left, y + 2, BAR_ROOM, 13, "barBack", { round: 2 });
    if (connections > 0) painter.box(left, y + 2, share(connections), 13, "bar", { round: 2 });
    const due = left + Math.min(share(weights === 0 ? 0 : (all * weight) / weights), BAR_ROOM);
    painter.line(
      [
        [due, y],
        [due, y + 17],
      ],
      "mark",
    );
    painter.text(x + INNER, y + 13, `${connections}`, 40, BODY, "muted", { anchor: "end" });
    y += BAR_ROW;
  }
  y += 16;
  painter.line(
    [
      [x, y],
      [x + INNER, y],
    ],
    "lifeline",
  );
  const [middle, tail] = [quantile(load.latencies, 0.5), quantile(load.latencies, 0.99)];
  if (load.latencies.length === 0) return;
  painter.line(
    [
      [x + time(middle), y],
      [x + time(tail), y],
    ],
    "walk",
  );
  painter.dot(x + time(tail), y, 6, "walk");
  painter.dot(x + time(middle), y, 6, "heardDot");
  painter.text(x, y + 27, `half in ${seconds(middle)}, 99 % in ${seconds(tail)}`, INNER, SMALL);
}

function rowOf(load: Load): string[] {
  const { scheduler, servers, latencies, refused, lost, hits } = load;
  return [
    scheduler,
    servers.map(({ server, connections }) => `${server}: ${connections}`).join(", "),
    fairness(load).toFixed(2),
    seconds(quantile(latencies, 0.5)),
    seconds(quantile(latencies, 0.99)),
    `${Math.max(0, ...servers.map(({ queue }) => queue))}`,
    `${refused}`,
    `${lost}`,
    hits === null ? "" : `${Math.round((100 * hits) / Math.max(1, latencies.length))} %`,
  ];
}

/** Jain's index of connections by weight: 1 is even, 1/n is all for one. */
export function fairness({ servers }: Load): number {
  const shares = servers.filter(({ weight }) => weight > 0).map(({ connections, weight }) => connections / weight);
  const sum = shares.reduce((all, each) => all + each, 0);
  const squares = shares.reduce((all, each) => all + each * each, 0);
  return squares === 0 ? 1 : (sum * sum) / (shares.length * squares);
}

/** Of sorted values; 0 if there are none. */
export function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
}

/** With a unit that suits. */
export function seconds(value: number): string {
  return value >= 10
    ? `${value.toFixed(0)} s`
    : value >= 1
      ? `${value.toFixed(1)} s`
      : `${Math.round(value * 1000)} ms`;
}
