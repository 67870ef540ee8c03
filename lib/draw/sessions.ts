// A mesh of BGP speakers: who has a session with whom, what each tells of, and the kernel's routes that came of it.
// Before you edit: RFC 4271; lib/kube/cni/calico/speaker.ts.
import {
  BODY,
  LINE,
  MARGIN,
  Painter,
  type Point,
  type Scene,
  SMALL,
  SMALL_CODE,
  STRONG,
  scene,
  WIDEST,
} from "./scene.ts";
import { brief, visible } from "./text.ts";

export interface SpeakerSeen {
  readonly node: string;
  readonly address: string;
  /** Prefixes that it tells of. */
  readonly own: readonly string[];
  readonly sessions: readonly { readonly peer: string; readonly state: string }[];
  /** As `ip route` has them. */
  readonly routes: readonly string[];
}

const BOX_H = 62;
const GAP = 36;
const ARC = 30;

/** Speakers in a row, an arc for each session, and below each what it put into the kernel. */
export function sessions(speakers: readonly SpeakerSeen[], options: { readonly title?: string } = {}): Scene {
  const count = Math.max(1, speakers.length);
  const w = Math.max(200, (WIDEST - 2 * MARGIN - GAP * (count - 1)) / count);
  const left = (i: number) => MARGIN + i * (w + GAP);
  const pairs = speakers.flatMap((a, i) =>
    speakers.slice(i + 1).flatMap((b, k) => {
      const found = a.sessions.find(({ peer }) => peer === b.address);
      return found === undefined ? [] : [{ i, j: i + 1 + k, state: found.state }];
    }),
  );
  const deep = Math.max(0, ...pairs.map(({ i, j }) => j - i));
  const top = MARGIN + 22 + deep * ARC + 8;
  const painter = new Painter();
  painter.text(MARGIN, MARGIN + 13, "BGP sessions, TCP port 179, AS 64512", WIDEST, STRONG);
  for (const { i, j, state } of pairs) drawSession(painter, left, w, top, { i, j, state });
  speakers.forEach((speaker, i) => {
    drawSpeaker(painter, speaker, left(i), w, top);
  });
  const most = Math.max(1, ...speakers.map(({ routes }) => routes.length));
  return scene({
    title: options.title ?? `BGP sessions of ${speakers.length} nodes`,
    desc:
      speakers
        .map(
          ({ node, own, routes, sessions: all }) =>
            `${node} tells of ${own.join(", ") || "nothing"}, has ${all.map(({ peer, state }) => `${peer} ${state}`).join(", ") || "no session"}, and the routes ${routes.join("; ") || "none"}.`,
        )
        .join(" ") || "No node speaks BGP.",
    width: Math.max(WIDEST, left(count) - GAP + MARGIN),
    height: top + BOX_H + 34 + most * 2 * LINE + MARGIN,
    shapes: painter.shapes,
    table: {
      columns: ["node", "address", "tells of", "sessions", "routes"],
      rows: speakers.map(({ node, address, own, sessions: all, routes }) => [
        node,
        address,
        own.join(", "),
        all.map(({ peer, state }) => `${peer} ${state}`).join(", "),
        routes.join("; "),
      ]),
    },
  });
}

function drawSession(
  painter: Painter,
  left: (i: number) => number,
  w: number,
  top: number,
  { i, j, state }: { readonly i: number; readonly j: number; readonly state: string },
): void {
  const isUp = state === "Established";
  const [from, to] = [left(i) + w / 2 + (j - i) * 14, left(j) + w / 2 - (j - i) * 14];
  const y = top - 12 - (j - i) * ARC + 16;
  const line: Point[] = [
    [from, top],
    [from, y],
    [to, y],
    [to, top],
  ];
  painter.line(line, isUp ? "walk" : "reply");
  painter.text((from + to) / 2, y - 5, state, to - from, SMALL, isUp ? "walk" : "reply", { anchor: "middle" });
}

function drawSpeaker(
  painter: Painter,
  { node, address, own, routes }: SpeakerSeen,
  x: number,
  w: number,
  y: number,
): void {
  painter.box(x, y, w, BOX_H, "pod", { round: 6 });
  painter.text(x + 8, y + 18, visible(node), w - 16, STRONG);
  painter.text(x + 8, y + 36, address, w - 16, SMALL_CODE, "muted");
  painter.text(x + 8, y + 53, own.length > 0 ? `tells of ${own.join(", ")}` : "tells of nothing", w - 16, SMALL_CODE);
  painter.text(x, y + BOX_H + 20, "routes of its kernel, by bird:", w, BODY, "muted");
  let below = y + BOX_H + 38;
  for (const route of routes) {
    // The gateway on a line of its own: a column is narrower than a route.
    const [network = "", gateway] = route.split(/ (?=via |dev )/, 2);
    painter.text(x, below, network, w, SMALL_CODE, "text", { tip: brief(route) });
    if (gateway !== undefined)
      painter.text(x + 12, below + LINE, route.slice(network.length + 1), w - 12, SMALL_CODE, "muted");
    below += gateway === undefined ? LINE : 2 * LINE;
  }
}
