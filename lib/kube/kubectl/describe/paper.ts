// What describers write on: lines with cells, and the paragraphs all kinds have.
// Before you edit: staging/src/k8s.io/kubectl/pkg/describe/describe.go (PrefixWriter, printLabelsMultiline, DescribeEvents).
import type { Draft } from "../../api/object.ts";
import { age } from "../../api/table.ts";
import { PARAGRAPHS, setOut } from "../tabwriter.ts";

/** Longer annotations have lines of their own. */
const LONGEST = 140;
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

export const orNone = (text: string | undefined): string => text || "<none>";

const sortedKeys = (map: Draft): string[] => Object.keys(map).sort();

export class Paper {
  /** Milliseconds, as the API's times count. */
  readonly now: number;
  private text = "";

  constructor(now: number) {
    this.now = now;
  }

  /** A line, two spaces for each level. */
  line(level: number, text: string): void {
    this.text += `${"  ".repeat(level)}${text}\n`;
  }

  /** `Title:` with a cell. */
  field(title: string, value: unknown, level = 0): void {
    this.line(level, `${title}:\t${value}`);
  }

  /** One line each, below one another. */
  lines(title: string, lines: readonly string[]): void {
    if (lines.length === 0) return this.field(title, "<none>");
    for (const [i, line] of lines.entries()) this.line(0, i === 0 ? `${title}:\t${line}` : `\t${line}`);
  }

  labels(title: string, labels: Draft | undefined): void {
    this.lines(
      title,
      sortedKeys(labels ?? {}).map((key) => `${key}=${labels![key]}`),
    );
  }

  annotations(annotations: Draft | undefined, title = "Annotations"): void {
    const keys = sortedKeys(annotations ?? {}).filter((key) => key !== LAST_APPLIED);
    this.lines(
      title,
      keys.flatMap((key) => {
        const value = String(annotations![key]).replace(/\n$/, "");
        if (value.length + key.length + 2 <= LONGEST && !value.includes("\n")) return [`${key}: ${value}`];
        const shorten = (line: string) => (line.length > LONGEST - 2 ? `${line.slice(0, LONGEST - 2)}...` : line);
        return [`${key}:`, ...value.split("\n").map((line) => `  ${shorten(line)}`)];
      }),
    );
  }

  age(time: string | null | undefined): string {
    return age(time, this.now);
  }

  /** Events of the object, as the server lists them; those heard of first come first. */
  events(items: readonly Draft[]): void {
    if (items.length === 0) return this.field("Events", "<none>");
    this.line(0, "Events:");
    this.line(1, "Type\tReason\tAge\tFrom\tMessage");
    this.line(1, "----\t------\t----\t----\t-------");
    const last = ({ lastTimestamp }: Draft) => (lastTimestamp as string | null) ?? "";
    const inOrder = [...items].sort((a, b) => (last(a) < last(b) ? -1 : last(a) > last(b) ? 1 : 0));
    for (const event of inOrder) {
      const { eventTime, firstTimestamp, lastTimestamp, series, count = 0, involvedObject, source = {} } = event;
      const first = this.age(eventTime ?? firstTimestamp);
      const interval = series
        ? `${this.age(series.lastObservedTime)} (x${series.count} over ${first})`
        : count > 1
          ? `${this.age(lastTimestamp)} (x${count} over ${first})`
          : first;
      const from = source.component || event.reportingComponent || "";
      const path = involvedObject.fieldPath ? `${involvedObject.fieldPath}: ` : "";
      this.line(
        1,
        `${event.type}\t${event.reason}\t${interval}\t${from}\t${path}${String(event.message ?? "").trim()}`,
      );
    }
  }

  /** Before cells are set out. */
  get raw(): string {
    return this.text;
  }

  /** As it is printed. */
  toString(): string {
    return setOut(this.text, PARAGRAPHS);
  }
}

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const two = (number: number): string => String(number).padStart(2, "0");

/** `Wed, 01 Jan 2025 00:00:00 +0000` (RFC1123Z, of a machine in UTC). */
export function dateText(time: string | null | undefined): string {
  const at = new Date(time ?? "0001-01-01T00:00:00Z");
  const clock = [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()].map(two).join(":");
  const year = String(at.getUTCFullYear()).padStart(4, "0");
  return `${DAYS[at.getUTCDay()]}, ${two(at.getUTCDate())} ${MONTHS[at.getUTCMonth()]} ${year} ${clock} +0000`;
}

/** Who made it: `ReplicaSet/web-1`. */
export function controllerOf({ metadata }: Draft): string {
  const owner = ((metadata.ownerReferences ?? []) as Draft[]).find(({ controller }) => controller);
  return owner === undefined ? "" : `${owner.kind}/${owner.name}`;
}
