// The chains of one Service as a graph: who leads to it, each rule that picks with its probability and with who is left
// to ask it, and where it sends its share.
import { BODY, MARGIN, Painter, type Scene, SMALL, SMALL_CODE, STRONG, STRONG_CODE, scene, WIDEST } from "./scene.ts";

/** What is drawn of a Service's rules (kube/proxy/iptables/read-service.ts). */
export interface DrawnService {
  readonly service: string;
  readonly chain: string;
  readonly entries: readonly {
    readonly from: string;
    readonly rule: number;
    readonly rules: number;
    readonly wants: string;
  }[];
  readonly marks: string | null;
  readonly picks: readonly {
    readonly rule: number;
    readonly probability: string | null;
    readonly share: number;
    readonly chain: string;
    readonly to: string;
  }[];
}

const RIGHT = WIDEST - MARGIN;
const ENTRY_H = 44;
const ROW_H = 40;
const STEM = MARGIN + 26;
const RULE_X = STEM + 66;
const RULE_W = 164;
const CHAIN_X = RULE_X + RULE_W + 36;
const CHAIN_W = 204;
const DNAT_X = CHAIN_X + CHAIN_W + 30;
/** So many endpoints are drawn; the table has more. */
const MOST = 24;

export function serviceChains({ service, chain, entries, marks, picks }: DrawnService, where: string): Scene {
  const painter = new Painter();
  const title = `${where}: the chains of ${service}`;
  painter.text(MARGIN, MARGIN + 13, title, RIGHT - MARGIN, STRONG);
  let y = MARGIN + 30;
  for (const each of entries) {
    painter.box(MARGIN, y, RIGHT - MARGIN, ENTRY_H - 8, "field", { round: 4 });
    painter.text(MARGIN + 8, y + 15, each.from, 300, STRONG_CODE);
    painter.text(RIGHT - 8, y + 15, `rule ${each.rule} of ${each.rules}`, 200, SMALL, "muted", { anchor: "end" });
    painter.text(MARGIN + 8, y + 30, each.wants === "" ? "every packet" : each.wants, RIGHT - MARGIN - 16, SMALL_CODE);
    y += ENTRY_H;
  }
  arrowDown(painter, STEM, y - 8, y + 12);
  y += 12;
  painter.box(MARGIN, y, RIGHT - MARGIN, 24, "header", { round: 4 });
  painter.text(MARGIN + 8, y + 16.5, chain, 360, STRONG_CODE);
  painter.text(RIGHT - 8, y + 16.5, `${picks.length} endpoints`, 200, SMALL, "muted", { anchor: "end" });
  y += 24;
  if (marks !== null) {
    painter.text(RULE_X, y + 20, `${marks}`, CHAIN_X - RULE_X - 10 + 210, SMALL_CODE, "muted");
    painter.text(RIGHT, y + 20, "KUBE-MARK-MASQ, and go on", 200, SMALL, "muted", { anchor: "end" });
    y += 28;
  }
  const top = y;
  let left = 1;
  const drawn = picks.slice(0, MOST);
  drawn.forEach((pick, i) => {
    const middle = y + ROW_H / 2;
    const isLast = i === drawn.length - 1;
    painter.dot(STEM, middle, 3.5, "lifelineDot");
    painter.line(
      [
        [STEM, i === 0 ? top - (marks === null ? 0 : 28) : middle - ROW_H + 4],
        [STEM, middle - 4],
      ],
      "lifeline",
    );
    painter.text(STEM + 10, middle + 4.5, percent(left), 52, SMALL, "muted");
    painter.box(RULE_X, y + 6, RULE_W, ROW_H - 12, "lit", { round: 4 });
    const says = pick.probability === null ? "all the rest" : `p = ${pick.probability}`;
    painter.text(RULE_X + 8, middle + 4.5, says, RULE_W - 16, SMALL_CODE);
    arrowRight(painter, RULE_X + RULE_W, CHAIN_X, middle);
    painter.box(CHAIN_X, y + 6, CHAIN_W, ROW_H - 12, "field", { round: 4 });
    painter.text(CHAIN_X + 8, middle + 4.5, pick.chain, CHAIN_W - 14, SMALL_CODE);
    arrowRight(painter, CHAIN_X + CHAIN_W, DNAT_X, middle);
    painter.text(DNAT_X + 6, middle - 2, pick.to, RIGHT - DNAT_X - 6, STRONG_CODE);
    painter.text(DNAT_X + 6, middle + 13, `gets ${percent(pick.share)}`, RIGHT - DNAT_X - 6, SMALL);
    if (isLast) painter.dot(STEM, middle, 3.5, "lifelineDot");
    left -= pick.share;
    y += ROW_H;
  });
  const more = picks.length - drawn.length;
  const note = more > 0 ? `and ${more} more endpoints, in the table` : "Left: how many of all packets ask this rule.";
  painter.text(MARGIN, y + 16, note, RIGHT - MARGIN, BODY, "muted");
  return scene({
    title,
    desc: `${entries.map(({ from }) => from).join(" and ")} lead to ${chain}. ${picks
      .map(({ probability, share, to }) => `${probability ?? "The rest"} to ${to}, ${percent(share)} of all`)
      .join(". ")}.`,
    width: WIDEST,
    height: y + 22 + MARGIN,
    shapes: painter.shapes,
    table: {
      columns: ["rule", "probability", "chain", "destination", "share of all"],
      rows: picks.map(({ rule, probability, share, chain: to, to: address }) => [
        `${rule}`,
        probability ?? "the rest",
        to,
        address,
        percent(share),
      ]),
    },
  });
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}

function arrowDown(painter: Painter, x: number, from: number, to: number): void {
  painter.line(
    [
      [x, from],
      [x, to - 8],
    ],
    "cable",
  );
  painter.head(x, to, "down", "lifelineDot");
}

function arrowRight(painter: Painter, from: number, to: number, y: number): void {
  painter.line(
    [
      [from, y],
      [to - 8, y],
    ],
    "cable",
  );
  painter.head(to, y, "right", "lifelineDot");
}
