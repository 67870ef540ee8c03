// The devices of a namespace by name.
// Before you edit: net/core/dev.c (list_netdevice, __dev_get_by_name, netdev_name_node_lookup).
import type { Device } from "../link/device.ts";

/** Of so many the names are looked through: most namespaces have two, and a map takes more than they do. */
const FEW = 8;
const NONE: readonly Device[] = [];

/** Devices in the order of their index. */
export class Devices {
  private list = NONE;
  /** Null while there are few. */
  private named: Map<string, Device> | null = null;

  get(name: string): Device | undefined {
    if (this.named !== null) return this.named.get(name);
    for (const device of this.list) if (device.name === name) return device;
    return undefined;
  }
  has(name: string): boolean {
    return this.get(name) !== undefined;
  }
  keys(): readonly string[] {
    return this.list.map(({ name }) => name);
  }
  values(): readonly Device[] {
    return this.list;
  }

  /** Its name and its index must be free. */
  add(device: Device): void {
    const { list } = this;
    const at = list.findLastIndex(({ index }) => index < device.index) + 1;
    // A list made anew has no room to spare.
    if (list.length < FEW) this.list = list.toSpliced(at, 0, device);
    else (list as Device[]).splice(at, 0, device);
    if (list.length > FEW) this.named ??= new Map(list.map((each) => [each.name, each]));
    this.named?.set(device.name, device);
  }

  delete(device: Device): void {
    this.list = this.list.toSpliced(this.list.indexOf(device), 1);
    this.named?.delete(device.name);
  }

  rename(device: Device, name: string): void {
    this.named?.delete(device.name);
    device.name = name;
    this.named?.set(name, device);
  }
}
