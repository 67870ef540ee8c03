// What happened, noted in rows as it happens and told as steps when somebody reads: a watched packet pays for a row of
// references, not for sentences.
import {
  type Evidence,
  type InChain,
  LEVEL,
  type Level,
  NOT_RECORDED,
  type Step,
  type Tried,
  type What,
} from "./step.ts";

/** What is said of a step. */
export interface Told {
  readonly because: string;
  readonly evidence?: Evidence | undefined;
  readonly tried?: readonly Tried[] | undefined;
  readonly chain?: InChain;
  readonly hook?: string;
}

/**
 * Tells a step from the facts noted with it, later than they were: so a fact is a value that nobody changes (a name, a
 * number, an address, a packet, a route, a view of a table), never a thing that lives on (a neighbour, a socket).
 * Routes and rules name devices, which do live on: who changes a device settles first.
 */
export type Tell<A = unknown, B = unknown, C = unknown, D = unknown> = (a: A, b: B, c: C, d: D) => Told;

/** What was told at once. */
export const asTold: Tell<Told> = (told) => told;

/** Where a step happens, as far as that has a name of its own: a namespace. */
export interface Place {
  readonly node: string;
  readonly name: string;
}

/** Rows of one page; numbers (time, cause) and references of one row. */
const ROWS = 2048;
const NUMBERS = 2;
const REFERENCES = 9;
/** So many empty pages are kept: the system takes longer to give memory than a page takes to fill. */
const SPARE = 16;

/** Rows side by side, room for all made at once: nothing is copied as they fill, nor moved by the garbage collector. */
class Page {
  readonly numbers = new Float64Array(ROWS * NUMBERS);
  readonly references: unknown[] = new Array(ROWS * REFERENCES);
}

/**
 * Collects steps. The rooms below ask `level` before they note one, so a lab nobody watches pays one comparison of
 * numbers. `NOT_RECORDED` stands for the step that nobody recorded.
 */
export class Recorder {
  level: Level = LEVEL.off;
  private told: Step[] = [];
  private pages: Page[] = [];
  private readonly spare: Page[] = [];
  private page: Page | null = null;
  /** Rows of the last page; the id of the first row that is not told, and of the next one. */
  private rows = ROWS;
  private first = 0;
  private next = 0;

  /** Notes a step and returns its id, to be the cause of what follows. Ids are never used twice. */
  note<A, B, C, D>(
    cause: number,
    time: number,
    place: Place,
    device: string | null,
    what: What,
    packet: Step["packet"],
    tell: Tell<A, B, C, D>,
    a: A,
    b: B,
    c: C,
    d: D,
  ): number {
    const page = this.rows < ROWS ? this.page! : this.turn();
    const row = this.rows++;
    const { numbers, references } = page;
    numbers[row * NUMBERS] = time;
    numbers[row * NUMBERS + 1] = cause;
    const at = row * REFERENCES;
    references[at] = place;
    references[at + 1] = device;
    references[at + 2] = what;
    references[at + 3] = packet;
    references[at + 4] = tell;
    references[at + 5] = a;
    references[at + 6] = b;
    references[at + 7] = c;
    references[at + 8] = d;
    return this.next++;
  }

  private turn(): Page {
    const page = this.spare.pop() ?? new Page();
    this.pages.push(page);
    this.page = page;
    this.rows = 0;
    return page;
  }

  /** The steps so far. */
  get steps(): readonly Step[] {
    this.settle();
    return this.told;
  }

  /** Gives away what was recorded, and begins anew. */
  take(): Step[] {
    this.settle();
    const { told } = this;
    this.told = [];
    return told;
  }

  /** Begins anew without telling what was recorded. */
  forget(): void {
    this.told = [];
    this.close();
  }

  /** Tells what was noted: to be called before anything changes that a sentence is made of. */
  settle(): void {
    if (this.first === this.next) return;
    const { first, next } = this;
    for (let id = first; id < next; id++) {
      const row = id - first;
      this.told.push(stepOf(id, this.pages[Math.floor(row / ROWS)]!, row % ROWS));
    }
    this.close();
  }

  private close(): void {
    for (const page of this.pages.slice(0, SPARE - this.spare.length)) {
      page.references.fill(undefined);
      this.spare.push(page);
    }
    this.pages = [];
    this.page = null;
    this.rows = ROWS;
    this.first = this.next;
  }
}

function stepOf(id: number, { numbers, references }: Page, row: number): Step {
  const at = row * REFERENCES;
  const [place, device, what, packet] = references.slice(at, at + 4) as [Place, string | null, What, Step["packet"]];
  const tell = references[at + 4] as Tell;
  const [time, cause] = numbers.subarray(row * NUMBERS);
  const { hook, because, evidence, tried, chain } = tell(...(references.slice(at + 5, at + 9) as Parameters<Tell>));
  return {
    id,
    cause: cause === NOT_RECORDED ? null : cause!,
    time: time!,
    where: {
      node: place.node,
      netns: place.name,
      ...(device !== null && { device }),
      ...(hook !== undefined && { hook }),
    },
    what,
    ...(packet !== undefined && { packet }),
    because,
    ...(evidence !== undefined && { evidence }),
    ...(tried !== undefined && { tried }),
    ...(chain !== undefined && { chain }),
  };
}
