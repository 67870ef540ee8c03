// What the real machine decides, and not the kernel's rules: races that a veth pair, which takes no time, ends otherwise
// than a cable, and timers that end at about the same time. A case in which one would tell is drawn anew.
import { isBulk } from "./canonical-tcp.ts";
import type { Case, Drawn, Result, SeenFrame } from "./case.ts";

/** So many segments of a burst are never parted by their answers. */
const HANDED_OVER = 5;

/**
 * Whether an ICMP error answers a SYN, or a redirect any segment. On one machine it comes back while connect or send is
 * still busy, which then does not listen to it (tcp_v4_err, sock_owned_by_user): the SYN goes out again, the redirect is
 * forgotten. On a cable that takes its time it ends the connection, or changes its way. And what follows a segment that
 * was too long is acknowledged before the error is heard.
 */
export function isAnsweredInside(frames: Result["frames"]): boolean {
  const isAnswer = (text: string) => /icmp (3\/[^4]|11\/).* about \[.* tcp .* seq 0 |icmp 5\/.* tcp /.test(text);
  const texts = Object.entries(frames).flatMap(([where, seen]) =>
    where.includes(" lo ") ? [] : seen.map(({ text }) => text),
  );
  if (texts.some(isAnswer)) return true;
  return texts.some((text) => /icmp 3\/4 .* tcp /.test(text)) && texts.some((text) => text.includes(" sack "));
}

/**
 * Whether a SYN comes again while the ARP that its answer waits for gives up: both timers began with the first SYN, and
 * the machine decides which of them ends first.
 */
export function isRace(frames: Result["frames"]): boolean {
  const times = (ns: string, way: string, what: RegExp) =>
    Object.entries(frames)
      .filter(([where]) => where.startsWith(`${ns} `) && where.endsWith(way))
      .flatMap(([, seen]) => seen.filter(({ text }) => what.test(text)).map(({ at }) => at));
  if (Object.values(frames).some((seen) => seen.some((frame) => isAskedAnew(frame, seen)))) return true;
  return Object.keys(frames).some((where) => {
    const ns = where.split(" ")[0]!;
    if (where !== `${ns} lo out`) return false;
    const given = times(ns, " lo out", /icmp 3\/1 .* tcp /);
    // Without a carrier nobody sees the question, which the third SYN that goes out again may repeat.
    const asked = times(ns, " out", / arp 1 /);
    if (given.some((at) => !asked.some((before) => before < at && at - before < 3100))) return true;
    return times(ns, " in", / tcp \d+ > \d+ S /).some((syn) => given.some((at) => Math.abs(at - syn) < 200));
  });
}

/** ARP gives up after 3 s, and the third SYN that goes out again makes it ask anew, or just waits with the others. */
function isAskedAnew({ at, text }: SeenFrame, seen: readonly SeenFrame[]): boolean {
  return / arp 1 /.test(text) && seen.some((other) => other.text === text && Math.abs(other.at - at - 3000) < 5);
}

/**
 * Whether the beginning of a burst is answered in a way that changes its end: the kernel hands over some segments at a
 * time, and a veth pair brings a reset or a SACK before the next ones, where in a lab all are on the cable by then.
 */
export function isBurstAnswered(frames: Result["frames"]): boolean {
  return Object.entries(frames).some(([where, seen]) => {
    if (!where.endsWith(" out")) return false;
    const answers = (frames[where.replace(/out$/, "in")] ?? []).filter(({ text }) =>
      / tcp .* (R seq|sack )/.test(text),
    );
    return answers.some((answer) => {
      const burst = seen.filter(
        ({ at, text }) => at < answer.at && at > answer.at - 0.1 && / tcp .* length [1-9]/.test(text),
      );
      return burst.length > HANDED_OVER;
    });
  });
}

/**
 * Whether one is asked for its MAC while it asks the same machine for its own. The question teaches it what it wanted to
 * know: what waited and its answer leave at once, and not always arrive so on a veth pair.
 */
export function isAskedBothWays(frames: Result["frames"]): boolean {
  const asked = (text: string) => / arp 1 (\S+) \S+ > (\S+)/.exec(text)?.slice(1);
  return Object.entries(frames).some(([where, seen]) => {
    if (!where.endsWith(" out")) return false;
    const heard = frames[where.replace(/out$/, "in")] ?? [];
    return seen.some(({ at, text }) => {
      const [own, other] = asked(text) ?? [];
      return (
        own !== undefined &&
        heard.some((frame) => isSoon(frame.at - at) && `${asked(frame.text)}` === `${other},${own}`)
      );
    });
  });
}

/**
 * Whether what a stream in bulk sends because of an ACK is acknowledged late. By microseconds the kernel keeps the last
 * segments until the next ACK, or sends them at once (tcp_tso_should_defer); when no ACK comes soon, a probe for the tail
 * then sends them first, or again.
 */
export function isTailLate(frames: Result["frames"]): boolean {
  return Object.entries(frames).some(([where, seen]) => {
    if (!where.endsWith(" out")) return false;
    const heard = (frames[where.replace(/out$/, "in")] ?? []).flatMap(({ at, text }) => {
      const [from, to, , ack] = segmentOf(text) ?? [];
      return ack === undefined ? [] : [{ at, way: `${to} ${from}`, ack }];
    });
    return seen.some(({ at, text }) => {
      const [from, to, end] = segmentOf(text) ?? [];
      if (end === undefined || !/ length [1-9]/.test(text) || !(isBulk(from!) || isBulk(to!))) return false;
      const answers = heard.filter(({ way }) => way === `${from} ${to}`);
      const isAnswer = answers.some((ack) => ack.at <= at && ack.at > at - 0.1);
      return isAnswer && !answers.some((ack) => ack.at >= at && ack.at < at + 1 && ack.ack >= end);
    });
  });
}

/**
 * Whether a segment that goes out again takes along a small one that came somewhere. On one machine its receiver holds the
 * very buffer that the sender keeps, so the kernel leaves it alone (tcp_can_collapse, skb_cloned); on a cable it joins it.
 */
export function isJoinedWhileHeld(frames: Result["frames"]): boolean {
  const came = new Set(
    Object.entries(frames).flatMap(([where, seen]) => (where.endsWith(" in") ? seen.map(({ text }) => text) : [])),
  );
  return Object.entries(frames).some(([where, seen]) => {
    if (!where.endsWith(" out")) return false;
    const segments = seen.flatMap(({ at, text }) => {
      const [from, to, end, , length] = segmentOf(text) ?? [];
      return length === undefined || length === 0
        ? []
        : [{ at, text, way: `${from} ${to}`, start: end! - length, end }];
    });
    return segments.some((again) =>
      segments.some(
        ({ at, text, way, start, end }) =>
          way === again.way && at < again.at && start > again.start && end! <= again.end! && came.has(text),
      ),
    );
  });
}

/** Ports of a TCP segment, where its octets end, up to where it acknowledges, and how many octets it has. */
function segmentOf(text: string): number[] | undefined {
  const found = / tcp (\d+) > (\d+) \S+ seq (\d+) ack (\d+) .* length (\d+)/.exec(text);
  if (found === null) return undefined;
  const [from, to, seq, ack, length] = found.slice(1).map(Number);
  return [from!, to!, seq! + length!, ack!, length!];
}

/**
 * Whether a SYN goes out again when the SYN-ACK that was lost does. Both timers began in one tick of the wheel, which ends the
 * later one first; a SYN that is first makes the other wait anew.
 */
export function isAnswerLost(frames: Result["frames"]): boolean {
  return Object.entries(frames).some(([where, seen]) => {
    if (!where.endsWith(" out")) return false;
    const ns = where.split(" ")[0];
    const syns = Object.entries(frames)
      .filter(([place]) => place.startsWith(`${ns} `) && place.endsWith(" in"))
      .flatMap(([, heard]) => heard.filter(({ text }) => / tcp \d+ > \d+ S /.test(text)));
    const answers = seen.filter(({ text }) => / tcp \d+ > \d+ SA /.test(text));
    const again = answers.filter(({ text }, i) => answers.findIndex((other) => other.text === text) < i);
    return again.some(({ at }) => syns.some((syn) => Math.abs(syn.at - at) < 100));
  });
}

/** A question is repeated each second. */
const isSoon = (after: number): boolean => after > -1 && after < 1000;

/** Whether a program calls about when a SYN goes out again, which is when the timer wheel likes. */
export function isCloseToTimer({ traffic }: Case, frames: Result["frames"]): boolean {
  const calls = traffic.filter((each) => each.kind === "tcp");
  const syns = Object.values(frames).flatMap((seen) => seen.filter(({ text }) => / tcp \d+ > \d+ S /.test(text)));
  const again = syns.filter(({ at }) => !calls.some((call) => call.do === "connect" && Math.abs(call.at - at) < 5));
  return again.some(({ at }) => calls.some((call) => call.at > at - 30 && call.at < at + 250));
}

/**
 * Whether a bridge floods the second piece of a cut packet: an answer to the first, which a veth pair brings before the
 * second leaves, has taught it the port by then.
 */
export function isPieceFlooded(frames: Result["frames"]): boolean {
  const pieces = Object.entries(frames)
    .filter(([where]) => /^s\d+ p\d+ out$/.test(where))
    .flatMap(([where, seen]) =>
      seen
        .filter(({ text }) => / fragment [1-9]/.test(text))
        .map(({ at, text }) => `${where.split(" ")[0]} ${at} ${text}`),
    );
  return new Set(pieces).size < pieces.length;
}

/**
 * Whether a router tells of a nearer way behind each piece of a cut packet: on a veth pair all that the first brings about
 * is over before the second comes. The next router's MAC is known by then, or the piece went round in a circle and was
 * told of as often as may be.
 */
export function isPieceRedirected(frames: Result["frames"]): boolean {
  return Object.values(frames).some((seen) => {
    const told = seen.filter(({ text }) => / icmp6 137\/0 /.test(text)).map(({ at }) => at);
    return new Set(told).size < told.length;
  });
}

/**
 * Whether a device refuses a piece that waited for a MAC, and nobody is there any more to be told: a veth pair brings the
 * answer before the second piece is made, so the call itself fails.
 */
export function isRefusedLater(sockets: Result["sockets"]): boolean {
  return sockets.some((log) => log.some((line) => /^send \d+: ENOBUFS/.test(line)) && !log[0]!.startsWith("send 1: "));
}

/**
 * Whether the other end refuses the first pieces of a cut packet, and takes the last, which all waited for a MAC. A veth
 * pair brings the MAC while they are made: the second is refused to the sender itself, who makes no more (ip_do_fragment,
 * ip6_fragment).
 */
export function isPieceRefused(frames: Result["frames"]): boolean {
  const came = new Set(
    Object.entries(frames).flatMap(([where, seen]) => (where.endsWith(" in") ? seen.map(({ text }) => text) : [])),
  );
  return Object.entries(frames).some(([where, seen]) => {
    if (!where.endsWith(" out")) return false;
    const isFirst = ({ text }: SeenFrame) => / fragment 0 MF | MF (?!offset)/.test(text) && !came.has(text);
    return seen
      .filter(isFirst)
      .some(({ at }) =>
        seen.some((last) => last.at === at && / (fragment|offset) [1-9]/.test(last.text) && came.has(last.text)),
      );
  });
}

/**
 * Whether two tell at once whose an address is that pieces of a packet wait for, as routers do of their anycast address:
 * after the second the first is doubted (NUD_STALE). On a veth pair both have told before the second piece is made, which
 * then has them asked again.
 */
export function isPieceDoubted(frames: Result["frames"]): boolean {
  return Object.entries(frames).some(([where, seen]) => {
    if (!where.endsWith(" in")) return false;
    const out = frames[where.replace(/in$/, "out")] ?? [];
    const answers = seen.flatMap(({ at, text }) => {
      const target = / icmp6 136\/0 \S+ (\w{32})/.exec(text)?.[1];
      return target === undefined ? [] : [{ at, target }];
    });
    return answers.some(({ at, target }, i) => {
      const isDoubted = answers.slice(0, i).some((before) => before.target === target && at - before.at < 1);
      return isDoubted && out.some((piece) => / fragment [1-9]/.test(piece.text) && Math.abs(piece.at - at) < 1);
    });
  });
}

/**
 * Whether a neighbour is still asked for when the case is looked at. A host takes no route by a gateway that is silent
 * (rt6_check_neigh), and its questions may come before that is known or after.
 */
export function isStillAsked(neighbours: Result["neighbours"]): boolean {
  const entries = Object.values(neighbours).flatMap((each) => Object.values(each));
  return entries.some((states) => states.includes("INCOMPLETE"));
}

/** Two connections may share a port that the kernel chose, but not one that they are told to take. */
export function isTwice(drawn: Drawn): boolean {
  const ports = drawn.filter((port) => port !== 0);
  return new Set(ports).size < ports.length;
}

/**
 * Whether a machine resets two segments at once. On a veth pair they came while the call was busy that brought them about,
 * wait for its end, and one that continues another is joined to it (tcp_add_backlog): there is one reset.
 */
export function isResetTwice(frames: Result["frames"]): boolean {
  return Object.entries(frames).some(([where, seen]) => {
    if (!where.endsWith(" out")) return false;
    const resets = seen.filter(({ text }) => / tcp .* R seq /.test(text)).map(({ at, text }) => `${at} ${text}`);
    return new Set(resets).size < resets.length;
  });
}

/**
 * Whether two machines probe one whose MAC is old within a tick of such long timers: the bridge learns its port by the
 * answer to whichever comes first.
 */
export function isProbedAtOnce(frames: Result["frames"]): boolean {
  const probes = Object.values(frames)
    .flat()
    .flatMap(({ at, text }) => {
      const [asker, target] = / > (?!ff:ff)\S+ arp 1 (\S+) \S+ > (\S+)/.exec(text)?.slice(1) ?? [];
      return target === undefined ? [] : [{ asker, at, target }];
    });
  return probes.some((one) =>
    probes.some(
      (other) => other.asker !== one.asker && other.target === one.target && Math.abs(other.at - one.at) < 600,
    ),
  );
}
