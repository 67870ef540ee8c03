// Every command there is. A new one is a file beside this and a line here.
import type { Command } from "./command.ts";
import { ping } from "./ping.ts";
import { cat, echo, grep, head, no, sleep, tail, wc, yes } from "./text.ts";

export const COMMANDS: Readonly<Record<string, Command>> = {
  cat,
  echo,
  false: no,
  grep,
  head,
  ping,
  sleep,
  tail,
  true: yes,
  wc,
};
