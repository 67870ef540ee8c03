// The package's types know only its whole, which loads node's crypto; the dice need this one generator.
declare module "seedrandom/lib/alea.js" {
  /** Numbers in [0, 1), the same for the same seed. */
  export default function alea(seed: string): () => number;
}
