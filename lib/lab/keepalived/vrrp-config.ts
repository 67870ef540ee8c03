// A vrrp_instance of a keepalived.conf.
// Before you edit: keepalived's vrrp_parser.c, vrrp_data.c (alloc_vrrp: what nobody said).
import { SECOND } from "../../trace/world.ts";
import type { Ipv4 } from "../../wire/address.ts";
import {
  addressOf,
  flagOf,
  insideOf,
  type Line,
  numberOf,
  readWords,
  secondsOf,
  type Words,
  wordOf,
  wrong,
} from "./blocks.ts";

export interface VirtualAddress {
  readonly address: Ipv4;
  readonly length: number;
  /** Null: the instance's. */
  readonly device: string | null;
}

/** A `vrrp_instance`; times in nanoseconds. */
export interface VrrpConfig {
  readonly name: string;
  version: 2 | 3;
  interface: string;
  vrid: number;
  priority: number;
  interval: number;
  nopreempt: boolean;
  garpDelay: number;
  garpRepeat: number;
  password: string | null;
  readonly addresses: VirtualAddress[];
}

/** `version`: of instances that do not say theirs. Throws BadInput, with the line, for what is wrong or not modelled. */
export function readInstance(line: Line, version: 2 | 3): VrrpConfig {
  const [name, more] = line.values;
  if (name === undefined || more !== undefined) throw wrong(line.number, "an instance needs one name", line.word);
  const instance: VrrpConfig = {
    name,
    version,
    interface: "",
    vrid: 0,
    priority: 100,
    interval: SECOND,
    nopreempt: false,
    garpDelay: 5 * SECOND,
    garpRepeat: 5,
    password: null,
    addresses: [],
  };
  readWords(insideOf(line), INSTANCE, instance);
  for (const [word, value] of Object.entries({ interface: instance.interface, virtual_router_id: instance.vrid }))
    if (!value) throw wrong(line.number, `an instance without ${word}`, name);
  const { interval, password } = instance;
  // RFC 5798 §5.2.7: twelve bits of hundredths.
  const isWritable = instance.version === 2 ? interval % SECOND === 0 : interval % (SECOND / 100) === 0;
  if (interval === 0 || interval > (instance.version === 2 ? 255 : 40.95) * SECOND || !isWritable)
    throw wrong(line.number, `advert_int that version ${instance.version} cannot write`, `${interval / SECOND}`);
  if (instance.version === 3 && password !== null)
    throw wrong(line.number, "version 3 has no authentication", name, "Leave it out, or say version 2.");
  if (instance.addresses.length === 0) throw wrong(line.number, "an instance without virtual_ipaddress", name);
  return instance;
}

/** Of VRRP. */
export const versionOf = (line: Line): 2 | 3 => numberOf(line, 2, 3) as 2 | 3;

const INSTANCE: Words<VrrpConfig> = {
  // Who it is at first does not matter: each begins as a backup.
  state: (_, line) => {
    if (!/^(MASTER|BACKUP)$/.test(wordOf(line))) throw wrong(line.number, "not MASTER or BACKUP", wordOf(line));
  },
  interface: (into, line) => {
    into.interface = wordOf(line);
  },
  virtual_router_id: (into, line) => {
    into.vrid = numberOf(line, 1, 255);
  },
  priority: (into, line) => {
    into.priority = numberOf(line, 1, 255);
  },
  advert_int: (into, line) => {
    into.interval = secondsOf(line);
  },
  version: (into, line) => {
    into.version = versionOf(line);
  },
  nopreempt: (into, line) => {
    into.nopreempt = flagOf(line);
  },
  garp_master_delay: (into, line) => {
    into.garpDelay = numberOf(line, 0, 1000) * SECOND;
  },
  garp_master_repeat: (into, line) => {
    into.garpRepeat = numberOf(line, 1, 1000);
  },
  authentication: (into, line) => void readWords(insideOf(line), AUTHENTICATION, into),
  virtual_ipaddress: (into, line) => {
    for (const each of insideOf(line)) into.addresses.push(virtualAddress(each));
  },
};

const AUTHENTICATION: Words<VrrpConfig> = {
  auth_type: (_, line) => {
    if (wordOf(line) !== "PASS")
      throw wrong(line.number, "not modelled", `auth_type ${wordOf(line)}`, "Here may stand PASS.");
  },
  auth_pass: (into, line) => {
    into.password = wordOf(line).slice(0, 8);
  },
};

/** `192.168.10.101/24 dev eth0`; without a length it is the address alone. */
function virtualAddress({ number, word, values }: Line): VirtualAddress {
  const [host = "", length = "32", ...rest] = word.split("/");
  const [key, device, ...more] = values;
  if (rest.length > 0 || !/^\d+$/.test(length) || Number(length) > 32) throw wrong(number, "not an address", word);
  if (key !== undefined && (key !== "dev" || device === undefined || more.length > 0))
    throw wrong(number, "not modelled", values.join(" "), "Here may stand dev and a device.");
  return { address: addressOf(host, number), length: Number(length), device: device ?? null };
}
