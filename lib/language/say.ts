// The language of the notebook. The model speaks English only; what is shown is said in the reader's language here, at
// the doors: the story, checks, predictions, tables, errors. What real tools print never comes by.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { BadInput } from "../wire/input.ts";
import { Catalogue, type Entries } from "./catalogue.ts";

/** The variable of the environment that names the language; the kernelspec sets it. */
export const LANGUAGE = "PACKETWALK_LANGUAGE";
const FOLDER = fileURLToPath(new URL("../../../assets/language/", import.meta.url));

/** A way to say what the model says in English. */
export interface Speech {
  /** A sentence, or several. */
  readonly say: (text: string) => string;
  /** One word of a kind, as `label("step", "drop")`: alone it could be anybody's name. Its entry is "step: drop". */
  readonly label: (kind: "step" | "column", word: string) => string;
}

/** As the model says it. */
export const ENGLISH: Speech = { say: (text) => text, label: (_kind, word) => word };

let chosen: Speech | undefined;

/** The reader's speech; its catalogue is read when something is said for the first time. */
export function reader(): Speech {
  chosen ??= load(process.env[LANGUAGE] ?? "en");
  return chosen;
}

function load(language: string): Speech {
  if (language === "" || language === "en") return ENGLISH;
  const languages = readdirSync(FOLDER);
  if (!languages.includes(language))
    throw new BadInput(`${LANGUAGE} names no language`, language, `There are en, ${languages.join(", ")}.`);
  const folder = `${FOLDER}${language}/`;
  const files = readdirSync(folder).filter((file) => file.endsWith(".json"));
  const entries = files.map((file) => JSON.parse(readFileSync(folder + file, "utf8")) as Entries);
  return new Catalogue(Object.assign({}, ...entries));
}

/** A sentence, or several, in the reader's language. */
export const say: Speech["say"] = (text) => reader().say(text);

/** An error's message; of a BadInput in the reader's language, with the text as it was given. */
export function sayError(error: Error): string {
  if (reader() === ENGLISH || !(error instanceof BadInput)) return say(String(error.message));
  const { problem, mend, message } = error;
  const given = message.slice(problem.length + 2, message.length - mend.length - 2);
  return `${say(problem)}：${given}。${say(mend)}`;
}

/** Characters that take two columns of a terminal. */
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/g;

/** The columns that a text takes in a terminal. */
export function columns(text: string): number {
  return text.length + (text.match(WIDE)?.length ?? 0);
}

/** The text with spaces behind it, up to so many columns. */
export function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - columns(text)));
}
