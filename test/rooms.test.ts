// The rules of the rooms (README, "The house"): who may import whom, and what no file may use.
import { strict as assert } from "node:assert";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const LIB = join(ROOT, "lib");

/** Floors: a room imports only lower ones; rooms on one floor are strangers. */
const FLOOR: Record<string, number> = {
  wire: 0,
  language: 1,
  trace: 2,
  link: 3,
  ip: 3,
  netfilter: 3,
  ipvs: 3,
  netns: 4,
  lab: 5,
  tools: 6,
  kube: 7,
  draw: 8,
  course: 9,
  notebook: 10,
  jupyter: 11,
  cli: 12,
};

/** npm packages have one room each. */
const HOME: Record<string, string> = {
  "ipaddr.js": "wire",
  seedrandom: "lab",
  yaml: "kube",
  d3: "draw",
  "d3-selection": "draw",
  tslab: "jupyter",
  zeromq: "jupyter",
};

interface Import {
  readonly file: string;
  readonly room: string;
  readonly target: string;
  readonly typeOnly: boolean;
}

const files = readdirSync(LIB, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));

function importsOf(file: string): Import[] {
  const text = readFileSync(join(LIB, file), "utf8");
  const room = file.includes("/") ? file.split("/")[0]! : "index";
  const found = text.matchAll(/^(?:import|export)\s+(type\s+)?([^;"']*?from\s+)?["']([^"']+)["']/gm);
  return [...found].map(([, type, names = "", target = ""]) => {
    const listed = /\{([^}]*)\}/
      .exec(names)?.[1]
      ?.split(",")
      .map((name) => name.trim());
    const allTypes = listed?.filter((name) => name !== "").every((name) => name.startsWith("type ")) ?? false;
    return { file, room, target, typeOnly: type !== undefined || allTypes };
  });
}

const imports = files.flatMap(importsOf);
const inside = imports.filter(({ target }) => target.startsWith("."));
const roomOf = ({ file, target }: Import) => relative(LIB, resolve(LIB, dirname(file), target)).split("/")[0]!;

describe("the rooms of the library", () => {
  it("are all known, with a floor each", () => {
    const rooms = new Set(files.filter((file) => file.includes("/")).map((file) => file.split("/")[0]!));
    assert.deepEqual(
      [...rooms].filter((room) => FLOOR[room] === undefined),
      [],
    );
    assert.ok(imports.length > 100, `the test reads imports: ${imports.length}`);
  });

  it("import only rooms of lower floors", () => {
    const wrong = inside.filter((each) => {
      const target = roomOf(each);
      if (each.room === "index" || target === each.room) return false;
      // Pictures read everybody's types; their values come from wire/ and trace/ alone.
      if (each.room === "draw") return !each.typeOnly && !["wire", "trace"].includes(target);
      return (FLOOR[target] ?? 99) >= (FLOOR[each.room] ?? -1);
    });
    assert.deepEqual(
      wrong.map(({ file, target }) => `${file} imports ${target}`),
      [],
    );
  });

  it("never import the barrel", () => {
    const wrong = inside.filter((each) => /(^|\/)index\.ts$/.test(each.target));
    assert.deepEqual(
      wrong.map(({ file }) => file),
      [],
    );
  });

  it("keep each npm package in one room", () => {
    const outside = imports.filter(({ target }) => !target.startsWith(".") && !target.startsWith("node:"));
    const wrong = outside.filter(({ room, target }) => {
      const name = target.startsWith("@") ? target.split("/").slice(0, 2).join("/") : target.split("/")[0]!;
      return HOME[name] !== room && !(name.startsWith("@tslab") && room === "jupyter");
    });
    assert.deepEqual(
      wrong.map(({ file, target }) => `${file} imports ${target}`),
      [],
    );
  });

  it("take time and chance as arguments below the doors", () => {
    const doors = ["jupyter", "cli"];
    const wrong = files
      .filter((file) => !doors.includes(file.split("/")[0]!))
      .filter((file) =>
        /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\.now\b/.test(
          readFileSync(join(LIB, file), "utf8"),
        ),
      );
    assert.deepEqual(wrong, []);
  });

  it("have no rooms for leftovers, and files a reader can hold", () => {
    const wrong = files.filter((file) => /(^|\/)(utils?|common|helpers?|misc)(\/|\.ts)/.test(file));
    assert.deepEqual(wrong, []);
    const long = files.map((file) => [file, readFileSync(join(LIB, file), "utf8").split("\n").length] as const);
    assert.deepEqual(
      long.filter(([, lines]) => lines > 330),
      [],
    );
  });
});
