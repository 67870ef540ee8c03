// The verb search: what is true of all packets at once, of a machine that is known by its files; each answer with a packet
// that shows it, and which went the model's own way before it is shown.

import { changes, deadRules, deed } from "../netfilter/search/findings.ts";
import { type Ground, meaningOf } from "../netfilter/search/matches.ts";
import { DeviceNames } from "../netfilter/search/names.ts";
import { AT, joined, type Ranges, size } from "../netfilter/search/space.ts";
import type { Piece } from "../netfilter/search/walk.ts";
import { waysTo } from "../netfilter/search/ways.ts";
import { type Ended, type Witness, witness } from "../netfilter/search/witness.ts";
import { boxText, flagsText, witnessText } from "../netfilter/search/words.ts";
import { type Table as NetfilterTable, TABLE_NAMES } from "../netfilter/table.ts";
import { DumpedMachine, type Dumps } from "../tools/dumps/machine.ts";
import { readPacket } from "../tools/dumps/packet.ts";
import { type Ipv4, ip, ipv4 } from "../wire/address.ts";
import { BadInput } from "../wire/input.ts";
import { dumpsOf, type MachineFiles } from "./explain.ts";
import { Table } from "./table.ts";

const placeOf = ({ chain, rule }: Pick<Ended, "chain" | "rule">): string =>
  rule === null ? `the policy of ${chain.name}` : `rule ${chain.rules.indexOf(rule) + 1} of ${chain.name}`;

/** What holds of an answer, to be read before it. */
const HOLDS = "whole packets of IPv4; each table by itself, whatever mark a packet has";

/** Answers as a table, with what they hold for. */
export class Found extends Table {
  readonly holds: readonly string[];

  constructor(columns: readonly string[], rows: readonly (readonly string[])[], holds: readonly string[]) {
    super(columns, rows);
    this.holds = holds;
  }
  override toString(): string {
    const found = this.rows.length === 0 ? "None was found." : super.toString();
    return `${this.holds.map((each) => `Holds for: ${each}.\n`).join("")}\n${found}`;
  }
  toJSON(): unknown {
    const { columns, rows, holds } = this;
    return { holds, found: rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]]))) };
  }
}

/** So many packets are sent where dice decide, and what none of them shows is said to be not shown. */
const TRIES = 100;

/** All packets that a machine may meet. */
export class Search {
  readonly machine: DumpedMachine;
  private readonly dumps: Dumps;

  /** Throws BadInput for files that are not read whole, and for rules of nft, which are not searched. */
  constructor(dumps: Dumps) {
    if (dumps.iptables === undefined)
      throw new BadInput("rules of iptables are searched", "no file of them", "Give what iptables-save prints.");
    if (dumps.nft !== undefined)
      throw new BadInput("rules of nft are not searched", dumps.nft.file, "Supported: what iptables-save prints.");
    this.dumps = dumps;
    this.machine = new DumpedMachine(dumps, 4, null, false);
  }

  /** Rules that no packet can meet. */
  unmatched(): Found {
    const { tables, ground } = this.ground();
    const rows = tables.flatMap((table) =>
      deadRules(table, ground, this.net).map(({ chain, number, rule, why, shown }) => {
        const instead =
          shown === null
            ? "there is no such packet"
            : `${witnessText(shown.witness, ground.devices)}: ${deed(shown.ended)} by ${placeOf(shown.ended)}`;
        return [table.name, chain.name, `${number}`, rule.textIn(chain), why, instead];
      }),
    );
    return new Found(
      ["table", "chain", "rule", "text", "why", "a packet of it ends"],
      rows,
      this.holds(tables, ground),
    );
  }

  /** The first packets of connections that come in by a device and go on to an address, as a pod's. */
  to(address: string, device: string): Found {
    const { tables, ground } = this.ground([device]);
    const pod = ip(address) as Ipv4;
    const out = / dev (\S+)/.exec(` ${this.machine.routes("get", address)}`)?.[1];
    if (pod.family !== 4 || out === undefined)
      throw new BadInput("no way leads there", address, "Give an IPv4 address, and what ip route prints.");
    const ways = waysTo(pod.bits, { in: device, out }, (name) => this.machine.ns.xtables.peek(name), ground);
    const groups = new Map<string, { box: Piece["box"]; shown: string | null; sure: boolean }>();
    // Strangers first: they are more than those who ask their own Service.
    const sources = ({ box }: Piece) => size(box[AT.src]!);
    for (const piece of ways.pieces.toSorted((one, other) => sources(other) - sources(one))) {
      const asked = { ...piece, box: askedBox(piece) };
      const key = asked.box.filter((_, i) => i === AT.proto || i === AT.dst || i === AT.dport).join("|");
      const known = groups.get(key);
      const box =
        known === undefined ? asked.box : asked.box.with(AT.src, joined(known.box[AT.src]!, asked.box[AT.src]!));
      const shown = known?.shown ?? this.confirm(asked, device, pod);
      groups.set(key, { box, shown, sure: piece.doubts.size === 0 && (known?.sure ?? true) });
    }
    const rows = [...groups.values()].map(({ box, shown, sure }) => [
      boxText(box, ground.devices),
      shown ?? "none was found",
      shown === null ? "perhaps" : sure ? "yes" : "some, as matches decide that headers don't tell",
    ]);
    const followed = ways.notFollowed.map((name) => `${name} is not followed`);
    const holds = [`first packets of connections by ${device}, to ${address} by ${out}`, ...followed];
    return new Found(["packets", "one that went there", "do they"], rows, [...holds, ...this.holds(tables, ground)]);
  }

  /** What becomes of packets here and not by the rules of others, as later ones of the same machine, and the other way round. */
  against(other: Search): Found {
    const { ground } = this.ground([], other);
    const pairs = TABLE_NAMES.map(
      (name) => [this.machine.ns.xtables.get(name), other.machine.ns.xtables.get(name)] as const,
    );
    const rows = pairs.flatMap(([before, then]) =>
      changes(before, then, ground, this.net).map((change) => [
        before.name,
        change.hook,
        witnessText(change.witness, ground.devices),
        `${deed(change.before)} by ${placeOf(change.before)}`,
        `${deed(change.after)} by ${placeOf(change.after)}`,
        boxText(change.boxes[0]!, ground.devices) +
          (change.boxes.length > 1 ? ` and ${change.boxes.length - 1} more` : ""),
      ]),
    );
    const tables = pairs.flat();
    return new Found(["table", "hook", "a packet", "before", "after", "packets"], rows, this.holds(tables, ground));
  }

  private get net() {
    return this.machine.ns.xtables;
  }

  private ground(names: readonly string[] = [], other: Search | null = null) {
    const { ns } = this.machine;
    const tables = [this.machine, ...(other === null ? [] : [other.machine])].flatMap((each) => each.ns.xtables.all());
    const devices = new DeviceNames(tables, [...ns.devices.keys(), ...names]);
    const own =
      this.dumps.addr === undefined && this.dumps.route === undefined
        ? null
        : this.machine.routes("show", "table", "local");
    const local = own === null ? null : localRanges(own);
    return { tables: ns.xtables.all(), ground: { devices, local } satisfies Ground };
  }

  /** What can't be told by headers is said aloud. */
  private holds(tables: readonly NetfilterTable[], ground: Ground): string[] {
    const unknown = new Set<string>();
    const counted = tables.flatMap((table) => [...table.chains.values()].flatMap(({ rules }) => rules));
    for (const rule of counted) for (const name of meaningOf(rule.spec, ground).unknown) unknown.add(name);
    const said = unknown.size === 0 ? [] : [`counted as met and as not met: ${[...unknown].sort().join(", ")}`];
    return [HOLDS, ...said];
  }

  /** A packet of the piece that goes there, in words; null: none did. */
  private confirm(piece: Piece, device: string, pod: Ipv4): string | null {
    const tries = piece.doubts.size === 0 ? 3 : TRIES;
    for (let nth = 0; nth < tries; nth++) {
      const text = askedText(witness(piece, "PREROUTING", nth, ["src", "sport"]), device);
      if (text === null) return null;
      const { steps } = this.machine.ask(readPacket(text));
      const isFor = (packet: unknown) => (packet as { readonly dst?: unknown } | undefined)?.dst === pod;
      const went = steps.some(({ what, packet }) => what === "forward" && isFor(packet));
      if (went && !steps.some(({ what, packet }) => what === "drop" && isFor(packet))) return text;
    }
    return null;
  }
}

/** The piece as it comes in. */
function askedBox({ box, was }: Piece): Piece["box"] {
  return was === undefined ? box : box.with(AT.dst, was.dst).with(AT.dport, was.dport);
}

/** As explain is asked; null: of a protocol that it can't be asked about. */
function askedText({ packet }: Witness, device: string): string | null {
  const { src, dst, body } = packet;
  if (body.kind === "tcp")
    return `in ${device} tcp ${src}:${body.srcPort} > ${dst}:${body.dstPort} ${flagsText(body.flags)}`;
  if (body.kind === "udp") return `in ${device} udp ${src}:${body.srcPort} > ${dst}:${body.dstPort}`;
  return body.kind === "icmp" && body.type === 8 ? `in ${device} icmp echo-request ${src} > ${dst}` : null;
}

function localRanges(routes: string): Ranges {
  return [...routes.matchAll(/^local ([\d.]+)(?:\/(\d+))? /gm)].reduce<Ranges>((own, [, address, length = "32"]) => {
    const { bits } = ipv4(address!);
    return joined(own, [bits, bits + 2 ** (32 - Number(length)) - 1]);
  }, []);
}

/**
 * Looks at all packets at once. Of a machine's files (rules of iptables, IPv4): which rules no packet can meet, what can come
 * to an address behind it, and what other rules do differently, `search(before).against(search(after))`; each with a packet that went so.
 *
 * @example
 * search({ iptables, addr, route }).to("10.244.1.2", "eth0")
 */
export function search(files: MachineFiles): Search {
  return new Search(dumpsOf(files));
}
