// How groups of cases are written: an option with words right and wrong, each also inverted.
export interface Group {
  readonly families?: readonly (4 | 6)[];
  readonly at?: readonly [table: string, chain: string];
  /** Stands before each line. */
  readonly with?: string;
  readonly lines: readonly string[];
}

/** Wrong words that every option of a number, of a text is asked. */
export const NUMBERS = [
  "",
  "0",
  "1",
  "7",
  "0x10",
  "010",
  "09",
  "-1",
  "+3",
  " 4",
  "70000",
  "4294967296",
  "1x",
  "x",
  "1:2",
];

export const each = (option: string, words: readonly string[]) => words.map((word) => `${option} \`${word}\``);
export const inverted = (lines: readonly string[]) => lines.flatMap((line) => [line, `! ${line}`]);

export const TCP_PORTS = [
  "--sport 80",
  "--dport 80",
  "--dport http",
  "--dport ssh:443",
  "--source-port 1024:",
  "--destination-port :1023",
  "--dport 5:5",
  "--sport 1:65535",
  "--dport 100:99",
  "--dport 65536",
  "--dport nobody",
  "--dport ``",
  "--dport 1:2:3",
  "--sport 1 --sport 2",
  "--dport 1 --dport 2",
  "--sport 1 --dport 2",
  "--sport 0 --dport 0",
  "--dport 0x50",
  "--dport 0120",
  "--dport",
];
