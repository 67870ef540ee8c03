// A workload: who asks for what, when, and how much work it is. Everything comes from a seed, so two schedulers can be
// given the same one.
import alea from "seedrandom/lib/alea.js";
import { SECOND } from "../trace/world.ts";
import { type Ip, Ipv4, ip } from "../wire/address.ts";
import { BadInput } from "../wire/input.ts";

export const ARRIVALS = ["steady", "poisson", "bursts"] as const;
export const SIZES = ["constant", "exponential", "heavy"] as const;

/** Of what everything has a usual value. */
export interface WorkloadOptions {
  /** Same seed, same requests. */
  readonly seed?: string;
  readonly requests?: number;
  /** Requests a second, on average. */
  readonly rate?: number;
  /** At equal distances; as independent clients come; or twenty at once. */
  readonly arrivals?: (typeof ARRIVALS)[number];
  /** Seconds that a server of speed 1 works for a request, on average. */
  readonly work?: number;
  /** All alike; exponential; or a heavy tail: most are small, and few are most of the work. */
  readonly sizes?: (typeof SIZES)[number];
  /** How many clients there are, from 198.51.100.1 on. */
  readonly clients?: number;
  /** How many virtual addresses are asked for, from 192.0.2.10 on; the k-th as often as 1/k. For a service by mark. */
  readonly destinations?: number;
}

export interface Request {
  /** Nanoseconds from the beginning. */
  readonly time: number;
  readonly client: Ip;
  /** Null: the service's own. */
  readonly virtual: Ip | null;
  /** Nanoseconds of a server of speed 1. */
  readonly work: number;
}

const FIRST_CLIENT = ip("198.51.100.1") as Ipv4;
const FIRST_VIRTUAL = ip("192.0.2.10") as Ipv4;
const BURST = 20;
/** Of two requests of a burst, in seconds. */
const WITHIN_BURST = 0.0002;
/** Pareto's exponent: the mean exists, the variance does not. */
const TAIL = 1.5;
/** No request is larger than so many average ones. */
const LARGEST = 100;

/** The requests of a workload in the order of time. Throws BadInput for what is no workload. */
export function requestsOf(options: WorkloadOptions): Request[] {
  const { seed = "workload", arrivals = "poisson", sizes = "exponential" } = options;
  const { requests = 1000, rate = 100, work = 0.02, clients = 200, destinations = 1 } = options;
  for (const [name, value] of Object.entries({ requests, clients, destinations }))
    if (!Number.isInteger(value) || value < 1 || value > 1e6)
      throw new BadInput(`not a number of ${name}`, `${value}`, "It is a whole number from 1 to 1000000.");
  for (const [name, value] of Object.entries({ rate, work }))
    if (!(value > 0 && value < 1e9)) throw new BadInput(`not a ${name}`, `${value}`, "It is more than 0.");
  oneOf("arrivals", arrivals, ARRIVALS);
  oneOf("sizes", sizes, SIZES);
  const random = alea(seed);
  const exponential = () => -Math.log(1 - random());
  const popularity = cumulative(destinations);
  let now = 0;
  return Array.from({ length: requests }, (_, i) => {
    if (arrivals === "steady") now += 1 / rate;
    else if (arrivals === "poisson") now += exponential() / rate;
    else now += i % BURST === 0 ? (exponential() * BURST) / rate : WITHIN_BURST;
    const client = Ipv4.of(FIRST_CLIENT.bits + Math.floor(random() * clients));
    const draw = random();
    const size = random();
    const factor =
      sizes === "constant" ? 1 : sizes === "exponential" ? -Math.log(1 - size) : Math.min(pareto(size), LARGEST);
    const rank = popularity.findIndex((each) => draw < each);
    return {
      time: Math.round(now * SECOND),
      client,
      virtual: destinations === 1 ? null : Ipv4.of(FIRST_VIRTUAL.bits + rank),
      work: Math.round(work * factor * SECOND),
    };
  });
}

/** Of mean 1. */
function pareto(uniform: number): number {
  return ((TAIL - 1) / TAIL) * (1 - uniform) ** (-1 / TAIL);
}

/** The k-th is asked for as often as 1/k: the sums of the shares. */
function cumulative(count: number): number[] {
  const shares = Array.from({ length: count }, (_, k) => 1 / (k + 1));
  const whole = shares.reduce((sum, share) => sum + share, 0);
  let sum = 0;
  return shares.map((share, k) => {
    sum += share / whole;
    return k === count - 1 ? 1 : sum;
  });
}

function oneOf(name: string, value: string, known: readonly string[]): void {
  if (!known.includes(value)) throw new BadInput(`no such ${name}`, value, `There are ${known.join(", ")}.`);
}
