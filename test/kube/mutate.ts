// Manifests with a field gone or with another value, asked of a real API server and of the model's (nothing is stored):
// npm run build && SERVER=… TOKEN=… NODE_TLS_REJECT_UNAUTHORIZED=0 node dist/test/kube/mutate.js [CASES] [SEED]
// Prints what differs, smallest first. Found differences become lines of conversations/.
import { isDeepStrictEqual } from "node:util";
import { type Draft, draftOf } from "../../lib/kube/api/object.ts";
import { handle, type Request, type Response } from "../../lib/kube/api/rest.ts";
import { ApiServer } from "../../lib/kube/api/server.ts";
import { ALL_KINDS } from "../../lib/kube/kinds/all.ts";
import { Lab } from "../../lib/lab/lab.ts";
import { Alike } from "./answers.ts";
import { askReal } from "./ask-real.ts";
import { CONVERSATIONS } from "./conversations/all.ts";

const [cases = "200", seed = "mutate"] = process.argv.slice(2);
const lab = new Lab({ seed });
const pick = <Value>(of: readonly Value[]): Value => of[Math.floor(lab.random() * of.length)]!;

const VALUES: readonly unknown[] = [
  "",
  "x",
  "A_b",
  "10.0.0.1",
  "-1",
  0,
  -1,
  1,
  70000,
  true,
  false,
  null,
  {},
  [],
  [{}],
  { a: "b" },
  "a.b/c",
];

type Place = readonly [holder: Draft, key: string];

function places(value: unknown, found: Place[] = []): Place[] {
  if (typeof value !== "object" || value === null) return found;
  for (const key of Object.keys(value)) {
    found.push([value as Draft, key]);
    places((value as Draft)[key], found);
  }
  return found;
}

/** One change; half of them take something away. */
function mutated(body: unknown): unknown {
  const draft = draftOf(body);
  const all = places(draft).filter(([, each]) => !["kind", "apiVersion"].includes(each));
  if (all.length === 0) return draft;
  const [holder, key] = pick(all);
  if (lab.random() < 0.4) {
    if (Array.isArray(holder)) holder.splice(Number(key), 1);
    else delete holder[key];
  } else holder[key] = pick(VALUES);
  return draft;
}

const world = {
  now: 0,
  time: "2025-01-01T00:00:00Z",
  random: () => lab.random(),
  later: () => ({ cancel() {} }),
};
const server = new ApiServer(world, ALL_KINDS, "10.100.0.0/16");
const NAMESPACE = { method: "POST", path: "/api/v1/namespaces", body: { metadata: { name: "talk" } } } as const;
handle(server, NAMESPACE);
await askReal(NAMESPACE);
const bases = Object.values(CONVERSATIONS)
  .flat()
  .filter(({ method, path, body }) => method === "POST" && body !== undefined && !path.endsWith("/binding"))
  .filter((request) => handle(server, { ...request, query: { dryRun: "All" } } as Request).code === 201);

/** A model that breaks differs, too. */
function answerOf(request: Request): Response {
  try {
    return handle(server, request);
  } catch (failure) {
    return { code: 500, body: String((failure as Error).stack).slice(0, 300) };
  }
}

const differences: string[] = [];
for (let i = 0; i < Number(cases); i++) {
  const base = pick(bases);
  let body = mutated(base.body);
  if (lab.random() < 0.3) body = mutated(body);
  const request = { ...base, body, query: { dryRun: "All", fieldValidation: "Strict" } };
  const real = new Alike(false).of(await askReal(request));
  const ours = JSON.parse(JSON.stringify(new Alike(false).of(answerOf(request))));
  if (isDeepStrictEqual(real, ours)) continue;
  const told = ({ body: said, code }: { body: unknown; code: number }) =>
    (said as Draft).kind === "Status" ? `${code} ${(said as Draft).message}` : `${code} ${JSON.stringify(said)}`;
  differences.push(`${base.path} ${JSON.stringify(body)}\n  real ${told(real)}\n  ours ${told(ours)}`);
}
differences.sort((a, b) => a.length - b.length);
process.stdout.write(`${differences.join("\n")}\n${differences.length} of ${cases} differ\n`);
