// The one palette. Every text colour has at least 4.5:1 on every ground it is put on, blue against brown is told
// apart by all common kinds of colour blindness, and no meaning hangs on colour alone: replies are dashed and
// hollow, drops have a cross, what changed is bold and says what it was.

export interface Paint {
  /** Ground of a box or an area. */
  readonly fill?: string;
  /** Outline of a box, colour of a line. */
  readonly stroke?: string;
  readonly width?: number;
  readonly dash?: string;
  /** Colour of a text. */
  readonly text?: string;
}

const INK_BLACK = "#1b1f24";
const INK_GREY = "#545d68";
const BLUE = "#0b559f";
const BROWN = "#8a4500";
const CRIMSON = "#a4133c";

const INK = {
  card: { fill: "#ffffff", stroke: "#d0d7de" },
  node: { fill: "#e9eef4", stroke: "#57606a", width: 1.5 },
  netns: { fill: "#f8fafc", stroke: "#6e7781", dash: "5 3" },
  pod: { fill: "#ffffff", stroke: "#57606a", width: 1.5 },
  container: { fill: "#eef4ea", stroke: "#6e7781" },
  device: { fill: "#ffffff", stroke: "#57606a" },
  bridge: { fill: "#fff4d1", stroke: "#57606a", width: 1.5 },
  crowd: { fill: "#ffffff", stroke: "#8c959f" },
  cable: { stroke: "#57606a", width: 1.5 },
  lifeline: { stroke: "#8c959f", width: 1.5 },
  lifelineDot: { fill: "#57606a", stroke: "#57606a" },
  text: { text: INK_BLACK },
  muted: { text: INK_GREY },
  walk: { fill: BLUE, stroke: BLUE, width: 2.5, text: BLUE },
  onWalk: { text: "#ffffff" },
  reply: { fill: "#ffffff", stroke: BROWN, width: 2, dash: "4 2.5", text: BROWN },
  replyLine: { stroke: BROWN, width: 2.5 },
  heard: { fill: "#ffffff", stroke: BLUE, width: 1.5, dash: "1.5 2.5", text: BLUE },
  replyHead: { fill: BROWN, stroke: BROWN },
  drop: { fill: "#ffffff", stroke: CRIMSON, width: 2.5, text: CRIMSON },
  lit: { fill: "#e3eefb", stroke: BLUE, width: 2.5, text: INK_BLACK },
  dim: { fill: "#ffffff", stroke: "#afb8c1", text: INK_GREY },
  miss: { fill: "#fdeaf0", stroke: CRIMSON, width: 1.5, text: CRIMSON },
  link: { stroke: "#8c959f", width: 1.2 },
  spot: { fill: BLUE, stroke: "#ffffff", width: 1 },
  label: { fill: "#ffffff" },
  hub: { fill: "#fff4d1", stroke: INK_BLACK, width: 2 },
  field: { fill: "#ffffff", stroke: "#afb8c1", text: INK_BLACK },
  changed: { fill: "#fff0d9", stroke: BROWN, width: 2.5, text: BROWN },
  header: { fill: "#e9eef4", stroke: "#afb8c1", text: INK_BLACK },
  tone1: { fill: "#cfe2f8", stroke: INK_GREY, text: INK_BLACK },
  tone2: { fill: "#ffdca8", stroke: INK_GREY, text: INK_BLACK },
  tone3: { fill: "#ffffff", stroke: INK_GREY, text: INK_BLACK },
  tone4: { fill: "#d5d9de", stroke: INK_GREY, text: INK_BLACK },
  tone5: { fill: "#d9efc8", stroke: INK_GREY, text: INK_BLACK },
  tone6: { fill: "#f6d3e0", stroke: INK_GREY, text: INK_BLACK },
  bar: { fill: BLUE },
  barBack: { fill: "#e9eef4" },
  heardDot: { fill: "#ffffff", stroke: BLUE, width: 2 },
  mark: { stroke: INK_BLACK, width: 2 },
  stays: { fill: "#e9eef4", stroke: "#8c959f" },
  hadTo: { fill: BLUE, stroke: BLUE },
  needless: { fill: "#fdeaf0", stroke: CRIMSON, width: 2 },
} as const satisfies Readonly<Record<string, Paint>>;

export type Ink = keyof typeof INK;

/** The paint of an ink, with all its fields optional. */
export function paint(ink: Ink): Paint {
  return INK[ink];
}
