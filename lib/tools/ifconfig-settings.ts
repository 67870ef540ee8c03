// What `ifconfig DEVICE ...` sets: one address of a device and each of its aliases, flags, MTU, queue, MAC.
// Before you edit: net-tools 2.10 ifconfig.c (main, set_flag), net/ipv4/devinet.c (devinet_ioctl), net/core/dev_ioctl.c.
import type { Device } from "../link/device.ts";
import { deleteAddress, setAttributes, setDown, setMac, setMtu, setUp } from "../netns/configure.ts";
import { type Errno, errorText } from "../netns/errno.ts";
import { tryAddress } from "../netns/ipv4/fib.ts";
import { type Ipv4, Prefix4 } from "../wire/address.ts";
import { type Call, notModelled } from "./command.ts";
import { etherInput, inetInput } from "./inet-input.ts";

export const SUPPORTED =
  "-a, -s, -v, DEVICE[:ALIAS] [up | down | mtu N | txqueuelen N | hw ether MAC | [-]promisc | [-]allmulti | [-]multicast | [-]arp | ADDRESS[/LEN] | netmask MASK | broadcast ADDRESS]";
const FAILED = 1;

/** Sets what the words behind a name say, one after the other; the exit status. */
export function configure(call: Call, name: string, settings: readonly string[]): number {
  const { ns } = call;
  const device = ns.devices.get(name.replace(/:.*/, ""));
  if (device === undefined) return nobody(call, name, settings);
  const setter = new Setter(call, name, device);
  const rest = [...settings];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const status = setter.set(word, () => {
      if (rest.length === 0) throw notModelled("ifconfig", `its usage (${word} without a value)`, SUPPORTED);
      return rest.shift()!;
    });
    if (status !== null) return status;
  }
  return setter.failed ? FAILED : 0;
}

/** A device that is not there. */
function nobody({ err }: Call, name: string, settings: readonly string[]): number {
  const [first = "", ...more] = settings;
  const noDevice = errorText("ENODEV");
  if (first === "mtu") {
    err(`SIOCSIFMTU: ${noDevice}\n`);
    return FAILED;
  }
  const isAddress = /^\d+(\.\d+){3}$/.test(first);
  const isKnown = isAddress || first === "up" || first === "down";
  if (!isKnown || more.length > 0)
    throw notModelled("ifconfig", `${name} ${settings.join(" ")}`, "interfaces that exist");
  if (isAddress) err(`SIOCSIFADDR: ${noDevice}\n`);
  err(`${name}: ERROR while getting interface flags: ${noDevice}\n`);
  return 255;
}

class Setter {
  private readonly call: Call;
  private readonly name: string;
  private readonly device: Device;
  private readonly isAlias: boolean;
  /** Something was refused, and the words behind it were read all the same. */
  failed = false;

  constructor(call: Call, name: string, device: Device) {
    this.call = call;
    this.name = name;
    this.device = device;
    this.isAlias = name.includes(":");
  }

  /** The address with the name as its label. */
  private get current() {
    return this.call.ns.inet.get(this.device)!.addresses.find(({ label }) => label === this.name);
  }

  /** Null: go on; else the exit status. */
  set(word: string, value: () => string): number | null {
    const { device } = this;
    const [, minus, flag] = /^(-?)(promisc|allmulti|multicast|arp)$/.exec(word) ?? [];
    if (word === "up" || word === "down") return this.setFlag(word === "up");
    if (this.isAlias && (flag !== undefined || word === "hw" || word === "txqueuelen"))
      throw notModelled("ifconfig", `${this.name} ${word}`, SUPPORTED);
    if (flag !== undefined) {
      const key = flag === "allmulti" ? "allmulticast" : (flag as "promisc" | "multicast" | "arp");
      setAttributes(device, { [key]: minus === "" });
    } else if (word === "txqueuelen") {
      const text = value();
      if (!/^\d+$/.test(text)) throw notModelled("ifconfig", `txqueuelen ${text}`, SUPPORTED);
      setAttributes(device, { txqueuelen: Number(text) });
    } else if (word === "hw") {
      const [kind, text] = [value(), value()];
      const mac = kind === "ether" && device.kind !== "loopback" && !device.isBare ? etherInput(text) : null;
      if (mac === null || mac.isGroup) throw notModelled("ifconfig", `hw ${kind} ${text}`, "hw ether MAC");
      setMac(device, mac);
    } else if (word === "mtu") this.setMtu(value());
    else if (word === "netmask" || word === "broadcast") return this.setPart(word, value());
    else if (/^-?(broadcast|pointopoint|dynamic|trailers)$|^(add|del|tunnel|dstaddr|name|inet6?)$/.test(word))
      throw notModelled("ifconfig", word, SUPPORTED);
    else if (/^(media|mem_start|io_addr|irq|keepalive|outfill)$/.test(word))
      throw notModelled("ifconfig", word, SUPPORTED);
    else return this.setAddress(word);
    return null;
  }

  private refuse(what: string, errno: Errno): null {
    this.call.err(`${what}: ${errorText(errno)}\n`);
    this.failed = true;
    return null;
  }

  private setFlag(up: boolean): number | null {
    const { call, device, current } = this;
    if (!this.isAlias) {
      if (up) setUp(call.ns, device);
      else setDown(call.ns, device);
      return null;
    }
    if (current === undefined) {
      call.err(`SIOCSIFFLAGS: ${errorText("EADDRNOTAVAIL")}\n`);
      return 255;
    }
    // An alias that goes down is gone.
    if (!up) deleteAddress(call.ns, device, current);
    return null;
  }

  private setMtu(text: string): void {
    const mtu = Number.parseInt(text, 10) || 0;
    const isPossible = this.device.kind === "loopback" || (mtu >= 68 && mtu <= 65535);
    const refused = isPossible ? setMtu(this.device, mtu) : "EINVAL";
    if (refused !== null) this.refuse("SIOCSIFMTU", refused);
  }

  private replace(local: Ipv4, length: number, broadcast: Ipv4 | null): void {
    const { call, device, name, current } = this;
    if (current !== undefined) deleteAddress(call.ns, device, current);
    tryAddress(call.ns, device, local, length, { broadcast, label: name });
  }

  private setPart(word: "netmask" | "broadcast", text: string): number | null {
    const read = inetInput(this.call, text);
    if (read === null) return FAILED;
    const { current } = this;
    const what = word === "netmask" ? "SIOCSIFNETMASK" : "SIOCSIFBRDADDR";
    const left = ~read.bits >>> 0;
    if (word === "netmask" && (left & (left + 1)) !== 0) return this.refuse(what, "EINVAL");
    if (current === undefined) return this.refuse(what, "EADDRNOTAVAIL");
    if (word === "broadcast") this.replace(current.local, current.length, read);
    else this.setLength(Math.clz32(left));
    return null;
  }

  /** A broadcast address follows the mask, unless somebody chose another. */
  private setLength(length: number): void {
    const { local, length: before, broadcast } = this.current!;
    this.replace(local, length, broadcast === broadcastOf(local, before) ? broadcastOf(local, length) : broadcast);
  }

  private setAddress(word: string): number | null {
    const { call, device, current } = this;
    const [text = "", bits] = word.split("/");
    const local = inetInput(call, text);
    if (local === null) {
      call.err("ifconfig: `--help' gives usage information.\n");
      return FAILED;
    }
    if (bits !== undefined && !(/^\d+$/.test(bits) && Number(bits) <= 32))
      throw notModelled("ifconfig", word, SUPPORTED);
    const length = classLength(local);
    if (current?.local !== local) this.replace(local, length, broadcastOf(local, length));
    if (bits !== undefined && this.current !== undefined) this.setLength(Number(bits));
    setUp(call.ns, device);
    return null;
  }
}

function broadcastOf(local: Ipv4, length: number): Ipv4 | null {
  return length < 31 ? new Prefix4(local, length).broadcast : null;
}

/** How long the network of an address was before networks had lengths (inet_abc_len). */
function classLength({ bits }: Ipv4): number {
  const first = bits >>> 24;
  return first < 128 ? 8 : first < 192 ? 16 : 24;
}
