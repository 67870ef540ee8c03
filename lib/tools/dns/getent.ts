// getent of glibc 2.36: hosts, ahosts, ahostsv4 and ahostsv6, by the same files and servers as any program.
// Before you edit: glibc nss/getent.c (hosts_keys, ahosts_keys_int).
import type { Program } from "../../lab/process.ts";
import { type Call, type Command, notModelled } from "../command.ts";
import { numeric } from "./conf.ts";
import { canonicalName, namedAddresses, nameOfAddress } from "./resolver.ts";

const DATABASES = ["hosts", "ahosts", "ahostsv4", "ahostsv6"];

export const getent: Command = (call) => {
  const [database = "", ...keys] = call.args;
  if (!DATABASES.includes(database) || keys.length === 0)
    throw notModelled("getent", call.args.join(" "), `${DATABASES.join(", ")} with NAMES`);
  return run(call, database, keys);
};

function* run(call: Call, database: string, keys: readonly string[]): Program {
  let status = 0;
  for (const key of keys) if (!(yield* one(call, database, key))) status = 2;
  return status;
}

function* one(call: Call, database: string, key: string): Generator<object, boolean, void> {
  const looking = { ...call, program: "getent" };
  const { out } = call;
  const address = numeric(key);
  if (database === "hosts") {
    const name = address === null ? null : yield* nameOfAddress(looking, address);
    if (name !== null) out(`${`${address}`.padEnd(15)} ${name}\n`);
    if (address !== null) return name !== null;
    // IPv6 first, and IPv4 only when there is none.
    for (const family of [6, 4] as const) {
      const found = yield* namedAddresses(looking, key, family);
      if (typeof found === "string") continue;
      for (const each of found.addresses) out(`${`${each}`.padEnd(15)} ${canonicalName(found, key)}\n`);
      return true;
    }
    return false;
  }
  const family = database === "ahosts" ? null : database === "ahostsv4" ? 4 : 6;
  const found = address === null ? yield* namedAddresses(looking, key, family) : { addresses: [address], name: null };
  if (typeof found === "string") return false;
  const { addresses } = found;
  for (const [i, each] of addresses.entries())
    for (const kind of ["STREAM", "DGRAM", "RAW"])
      out(
        `${`${each}`.padEnd(15)} ${kind.padEnd(6)} ${i === 0 && kind === "STREAM" ? canonicalName(found, key) : ""}\n`,
      );
  return true;
}
