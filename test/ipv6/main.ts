// Random networks of IPv6 against this machine's kernel, to hunt for differences:
// npm run build && node dist/test/ipv6/main.js [CASES] [SEED]
// With --record [NAMES] the goldens of npm test are written anew; "lines" compares the fixed lines.
import { ADDRESS_LINES } from "./address-lines.ts";
import { scriptLines, scripts } from "./generate.ts";
import { allScripts, modelLines, realLines, record } from "./goldens.ts";
import { LINES } from "./lines.ts";
import { NEIGH_LINES } from "./neigh-lines.ts";

const [, , count = "20", seed = "hunt"] = process.argv;
if (count === "--record") await record(process.argv.slice(3));
else if (count === "--real") process.stdout.write(JSON.stringify(realLines(allScripts()[seed]!)));
else {
  const all: [string, readonly string[]][] =
    count === "lines"
      ? [
          ["lines", LINES],
          ["addresses", ADDRESS_LINES],
          ["neigh", NEIGH_LINES],
        ]
      : scripts(Number(count), seed).map((test) => [test.name, scriptLines(test)]);
  let different = 0;
  for (const [name, lines] of all) {
    const real = realLines(lines);
    const found = modelLines(lines)
      .map((model, i) => ({ model, real: real[i]! }))
      .filter(({ model, real: said }) => JSON.stringify(model) !== JSON.stringify(said));
    if (found.length > 0) different++;
    for (const { model, real: said } of found.slice(0, 2))
      process.stdout.write(
        `${name}: $ ${model.line}\n  model (${model.status}):\n${model.out}${model.err}  real (${said.status}):\n${said.out}${said.err}`,
      );
  }
  process.stdout.write(`${all.length} scripts, ${different} with differences\n`);
}
