// Quantities as numbers to reckon with.
// Before you edit: staging/src/k8s.io/apimachinery/pkg/api/resource/quantity.go, suffix.go.

const FACTORS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** `100m` is 0.1, `64Mi` is 67108864. Validated text: what is none is 0. */
export function quantity(text: string | undefined): number {
  const [, digits = "0", suffix = ""] = /^([+-]?[0-9.]+)([A-Za-z]*)$/.exec(text ?? "0") ?? [];
  return Number(digits) * (FACTORS[suffix] ?? 0);
}

/** Thousandths, as the scheduler counts CPUs; rounded up. */
export const milli = (text: string | undefined): number => Math.ceil(quantity(text) * 1000 - 1e-9);
