// What a student writes into the exercises: an answer that is right, and one that is wrong in a typical way.

/** What replaces a text of a cell; the text must be there. */
export type Change = readonly [from: string, to: string];

export interface Exercise {
  /** Id of the cell that is changed. */
  readonly cell: string;
  /** Id of the cell that shows the verdict, if it is another one. */
  readonly verdict?: string;
  readonly right: readonly Change[];
  readonly wrong: readonly Change[];
  /** What the verdict on the wrong answer must say. */
  readonly because: RegExp;
}

export interface Guess {
  readonly cell: string;
  readonly right: string;
  readonly wrong: string;
}

export interface Answers {
  readonly rows: readonly string[];
  readonly exercises: readonly Exercise[];
  readonly guesses: readonly Guess[];
}

export const ANSWERS: Readonly<Record<string, Answers>> = {
  "01-container-to-container.ipynb": {
    rows: ["C01", "C02", "C03", "C04", "C05", "C06"],
    exercises: [
      {
        cell: "exercise-1",
        right: [['"?"; //', '"local"; //']],
        wrong: [['"?"; //', '"main"; //']],
        because: /Not "main"/,
      },
      {
        cell: "exercise-2",
        right: [["= 0; //", "= 4; //"]],
        wrong: [["= 0; //", "= 7; //"]],
        because: /Not 7: do containers bring their own/,
      },
      {
        cell: "exercise-3",
        verdict: "exercise-3-check",
        right: [
          ['"shop/web", "true"', '"shop/web", "python3 -m http.server 8080 &"'],
          ['"shop/cache", "true"', '"shop/cache", "python3 -m http.server --bind 127.0.0.1 6379 &"'],
        ],
        // The cache listens on every address.
        wrong: [
          ['"shop/web", "true"', '"shop/web", "python3 -m http.server 8080 &"'],
          ['"shop/cache", "true"', '"shop/cache", "python3 -m http.server 6379 &"'],
        ],
        because: /buyer must not reach 10\.244\.1\.7:6379[\s\S]*0\.0\.0\.0:6379/,
      },
      {
        cell: "exercise-4",
        right: [['"true"', '"ip link set lo down"']],
        // The wrong device.
        wrong: [['"true"', '"ip link set eth0 down"']],
        because: /The gateway is gone, too/,
      },
    ],
    guesses: [
      { cell: "predict-route", right: "2", wrong: "0" },
      { cell: "predict-port", right: '"no"', wrong: '"yes"' },
      { cell: "predict-eth0", right: "0", wrong: "2" },
    ],
  },
  "02-pod-to-pod.ipynb": {
    rows: ["P01", "P02", "P03", "P04", "P05"],
    exercises: [
      {
        cell: "exercise-1",
        right: [["question: 0, answer: 0", "question: 4, answer: 1"]],
        wrong: [["question: 0, answer: 0", "question: 4, answer: 4"]],
        because: /Answer: not 4/,
      },
      {
        cell: "exercise-2",
        right: [['"?"; //', '"192.168.0.3"; //']],
        wrong: [['"?"; //', '"192.168.0.2"; //']],
        because: /longest/,
      },
      {
        cell: "exercise-3",
        right: [
          ['"node-1", "true"', '"node-1", "ip route add 10.244.3.0/24 via 192.168.0.12"'],
          ['"node-2", "true"', '"node-2", "ip route add 10.244.3.0/24 via 192.168.1.13"'],
          ['"node-3", "true"', '"node-3", "ip route add 10.244.1.0/24 via 192.168.1.12"'],
        ],
        // The way back is forgotten.
        wrong: [
          ['"node-1", "true"', '"node-1", "ip route add 10.244.3.0/24 via 192.168.0.12"'],
          ['"node-2", "true"', '"node-2", "ip route add 10.244.3.0/24 via 192.168.1.13"'],
        ],
        because: /In node-3.*no route to 10\.244\.1\.2/,
      },
      {
        cell: "exercise-4",
        right: [['"true"', '"ip neigh replace 10.244.1.3 lladdr 02:00:00:00:00:99 dev eth0 nud permanent"']],
        wrong: [['"true"', '"ip link set eth0 down"']],
        because: /Too much: other is lost as well/,
      },
      {
        cell: "exercise-5",
        right: [
          ['"node-1", "true"', '"node-1", "ip link set veth9 up"'],
          ['"late", "true"', '"late", "ip addr del 10.244.1.9/32 dev eth0; ip addr add 10.244.1.9/24 dev eth0"'],
        ],
        // The cable's other end is still down.
        wrong: [['"late", "true"', '"late", "ip addr del 10.244.1.9/32 dev eth0; ip addr add 10.244.1.9/24 dev eth0"']],
        because: /the other end of the cable, node-1\/veth9, is down/,
      },
    ],
    guesses: [
      { cell: "predict-heard", right: "1", wrong: "4" },
      { cell: "predict-aged", right: "1", wrong: "0" },
      { cell: "predict-ttl", right: "62", wrong: "64" },
    ],
  },
};
