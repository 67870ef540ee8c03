// From a Service to its pods: the selector, the EndpointSlices with what they say of each address, and the pods.
import type { Ink } from "./ink.ts";
import { BODY, CODE, LINE, MARGIN, Painter, type Scene, SMALL, STRONG, scene, WIDEST } from "./scene.ts";

export interface BackendPod {
  readonly name: string;
  readonly address: string;
  readonly node: string;
  readonly labels: string;
  /** `Running, ready`, `Running, not ready`. */
  readonly state: string;
}

export interface BackendEndpoint {
  readonly address: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  /** The pod it is, if there still is one. */
  readonly pod: BackendPod | null;
}

export interface BackendsData {
  readonly service: {
    readonly name: string;
    readonly selector: string;
    readonly address: string;
    readonly ports: string;
  };
  readonly slices: readonly {
    readonly name: string;
    readonly ports: string;
    readonly endpoints: readonly BackendEndpoint[];
  }[];
  /** Pods of the namespace that the Service does not select. */
  readonly others: readonly BackendPod[];
}

const SERVICE_W = 178;
const SLICE_W = 236;
const POD_W = 244;
const GAP = (WIDEST - 2 * MARGIN - SERVICE_W - SLICE_W - POD_W) / 2;
const SLICE_X = MARGIN + SERVICE_W + GAP;
const POD_X = SLICE_X + SLICE_W + GAP;
const ROW = 56;
const HEAD = 46;
const MOST = 12;
const MOST_OTHERS = 2;

/** Ready endpoints are joined to the Service by a solid line, others by a dashed one with a cross. */
export function backends({ service, slices, others }: BackendsData): Scene {
  const painter = new Painter();
  const titles = [
    [MARGIN, "Service"],
    [SLICE_X, "EndpointSlice"],
    [POD_X, "Pods"],
  ] as const;
  for (const [x, title] of titles) painter.text(x, MARGIN + 13, title, 200, SMALL, "muted");
  const top = MARGIN + 24;
  drawService(painter, service, top);
  let y = top;
  for (const { name, ports, endpoints } of slices) {
    const shown = endpoints.slice(0, MOST);
    const h = HEAD + Math.max(1, shown.length) * ROW + (endpoints.length > shown.length ? LINE : 0) + 4;
    painter.box(SLICE_X, y, SLICE_W, h, "node", { round: 6, tip: name });
    painter.text(SLICE_X + 10, y + 18, name, SLICE_W - 20, STRONG);
    painter.text(SLICE_X + 10, y + 36, ports, SLICE_W - 20, SMALL, "muted");
    const entry = y + 22;
    painter.line(
      [
        [MARGIN + SERVICE_W, entry],
        [SLICE_X - 9, entry],
      ],
      "walk",
    );
    painter.head(SLICE_X - 1, entry, "right", "walk");
    if (endpoints.length === 0) painter.text(SLICE_X + 10, y + HEAD + 24, "no endpoints", SLICE_W - 20, BODY, "muted");
    shown.forEach((each, i) => {
      drawEndpoint(painter, each, y + HEAD + i * ROW);
    });
    if (endpoints.length > shown.length)
      painter.text(
        SLICE_X + 10,
        y + h - 8,
        `and ${endpoints.length - shown.length} more`,
        SLICE_W - 20,
        SMALL,
        "muted",
      );
    y += h + 12;
  }
  y = Math.max(y, top + 112);
  if (others.length > 0) {
    painter.text(POD_X, y + 10, "not selected", POD_W, SMALL, "muted");
    y += 18;
    for (const pod of others.slice(0, MOST_OTHERS)) {
      drawPod(painter, pod, "dim", y);
      y += ROW;
    }
    if (others.length > MOST_OTHERS) {
      painter.text(POD_X, y + 10, `and ${others.length - MOST_OTHERS} more`, POD_W, SMALL, "muted");
      y += LINE;
    }
  }
  const rows = slices.flatMap(({ name, endpoints }) => endpoints.map((each) => ({ name, each })));
  return scene({
    title: `Service ${service.name}: which pods are behind it`,
    desc: rows.length === 0 ? "No pod." : rows.map(({ each }) => `${each.address} ${wordsOf(each)}`).join("; "),
    width: WIDEST,
    height: y + MARGIN,
    shapes: painter.shapes,
    table: {
      columns: ["slice", "address", "conditions", "pod", "node", "pod is"],
      rows: [
        ...rows.map(({ name, each }) => [
          name,
          each.address,
          wordsOf(each),
          each.pod?.name ?? "gone",
          each.pod?.node ?? "",
          each.pod?.state ?? "",
        ]),
        ...others.map((pod) => ["not selected", pod.address, "", pod.name, pod.node, pod.state]),
      ],
    },
  });
}

function drawService(painter: Painter, { name, selector, address, ports }: BackendsData["service"], top: number): void {
  painter.box(MARGIN, top, SERVICE_W, 96, "hub", { round: 6 });
  const lines = [
    [name, STRONG],
    [address, CODE],
    [ports, SMALL],
    [selector, SMALL],
  ] as const;
  lines.forEach(([text, type], i) => {
    painter.text(MARGIN + 10, top + 20 + i * 20, text, SERVICE_W - 20, type, i < 2 ? "text" : "muted");
  });
}

function drawEndpoint(painter: Painter, endpoint: BackendEndpoint, y: number): void {
  const { address, ready, pod } = endpoint;
  const middle = y + (ROW - 8) / 2;
  painter.box(SLICE_X + 6, y, SLICE_W - 12, ROW - 8, ready ? "lit" : "dim", { round: 4 });
  painter.text(SLICE_X + 16, y + 19, address, SLICE_W - 32, CODE);
  painter.text(SLICE_X + 16, y + 37, wordsOf(endpoint), SLICE_W - 32, ready ? STRONG : SMALL);
  if (pod === null) return;
  const ink: Ink = ready ? "walk" : "reply";
  painter.line(
    [
      [SLICE_X + SLICE_W - 6, middle],
      [POD_X - 9, middle],
    ],
    ink,
  );
  if (ready) painter.head(POD_X - 1, middle, "right", "walk");
  else painter.cross((SLICE_X + SLICE_W + POD_X) / 2, middle, 6);
  drawPod(painter, pod, ready ? "pod" : "dim", y);
}

function drawPod(painter: Painter, { name, address, node, labels, state }: BackendPod, ink: Ink, y: number): void {
  painter.box(POD_X, y, POD_W, ROW - 8, ink, { round: 4, tip: `${name} ${address} on ${node}, ${labels}` });
  painter.text(POD_X + 8, y + 19, name, POD_W - 16, BODY);
  painter.text(POD_X + 8, y + 37, `${state} · ${node}`, POD_W - 16, SMALL, "muted");
}

/** The conditions in words: `ready`, `not ready`, `terminating, still serving`. */
function wordsOf({ ready, serving, terminating }: BackendEndpoint): string {
  if (terminating) return serving ? "terminating, still serving" : "terminating";
  return ready ? "ready" : "not ready";
}
