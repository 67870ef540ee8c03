// The schedulers that do not look at every server find whom the kernel's walk through the list finds, ties included.
import { strict as assert } from "node:assert";
import type { Destination } from "../../lib/ipvs/destination.ts";
import { Ipvs } from "../../lib/ipvs/ipvs.ts";
import { SCHEDULERS } from "../../lib/ipvs/schedulers/registry.ts";
import { ipv4 } from "../../lib/wire/address.ts";
import { Clock, KERNEL_WALKS, KEY, serverSpec, serviceSpec } from "../bench/ipvs-services.ts";
import { Dice } from "../conform/dice.ts";

const NAMES = Object.keys(KERNEL_WALKS);
const WEIGHTS = [0, 0, 1, 1, 2, 2, 3, 4, 6, 8, 100, 65535, 2147483647];
const FLOW = { client: ipv4("203.0.113.1"), clientPort: 1, virtual: KEY.address };

/** Adds, edits, deletes, connections that begin, change and end, other schedulers; a pick after each. */
function differences(seed: string, steps: number): string[] {
  const dice = new Dice(seed);
  const { services } = new Ipvs(new Clock());
  let name = dice.of(NAMES);
  services.add(KEY, serviceSpec(SCHEDULERS.get(name)!));
  const service = services.named(KEY)!;
  const open: { dest: Destination; isActive: boolean }[] = [];
  const size = dice.of([3, 20, 100]);
  const spec = () => serverSpec(dice.whole(1, size), dice.of(WEIGHTS), dice.chance(0.2) ? dice.whole(1, 5) : 0);
  const wrong: string[] = [];
  for (let i = 0; i < steps; i++) {
    const draw = dice.whole(0, 99);
    if (draw < 10) services.addServer(KEY, spec());
    else if (draw < 20) services.editServer(KEY, spec());
    else if (draw < 23) {
      const { address, port } = spec();
      services.deleteServer(KEY, address, port);
    } else if (draw < 24) {
      name = dice.of(NAMES);
      services.edit(KEY, serviceSpec(SCHEDULERS.get(name)!));
    } else if (draw < 40 && open.length > 0) {
      const conn = dice.of(open);
      conn.isActive = !conn.isActive;
      conn.dest.count(conn.isActive);
    } else if (draw < 55 && open.length > 0) {
      const [conn] = open.splice(dice.whole(0, open.length - 1), 1);
      conn!.dest.unbind(conn!.isActive);
    }
    const kernel = KERNEL_WALKS[name]!(service);
    const picked = service.picker!.pick(FLOW);
    if (picked !== kernel) wrong.push(`${seed}, step ${i}: ${name} picks ${picked}, the kernel ${kernel}`);
    if (picked === null) continue;
    picked.bind(false);
    const isActive = dice.chance(0.8);
    if (isActive) picked.count(true);
    open.push({ dest: picked, isActive });
  }
  return wrong;
}

describe("lc, wlc, sed, nq, fo and ovf", () => {
  it("pick as a walk through the whole list does, in 300 random histories of 500 steps", () => {
    const wrong = Array.from({ length: 300 }, (_, i) => differences(`tournament/${i}`, 500)).flat();
    assert.deepEqual(wrong.slice(0, 3), []);
  });
});
