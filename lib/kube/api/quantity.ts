// Amounts as Kubernetes writes them: `500m`, `64Mi`, `1e3`.
// Before you edit: staging/src/k8s.io/apimachinery/pkg/api/resource/{quantity,suffix}.go.

const BINARY = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const DECIMAL: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, "": 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const SHAPE = /^([+-]?)(\d+\.?\d*|\.\d+)(?:(Ki|Mi|Gi|Ti|Pi|Ei)|([numkMGTPE])|[eE]([+-]?\d+))?$/;

/** What the API server says of a text that is no quantity. */
export const NO_QUANTITY =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** In billionths, exactly; null if it is no quantity. */
export function quantity(text: string | number): bigint | null {
  const found = SHAPE.exec(String(text));
  if (found === null) return null;
  const [, sign, digits = "", binary, decimal = "", exponent] = found;
  const [whole = "", part = ""] = digits.split(".");
  let value = BigInt(whole + part);
  let power = 9 - part.length;
  if (binary !== undefined) value <<= BigInt(10 * BINARY.indexOf(binary));
  else power += exponent === undefined ? DECIMAL[decimal]! : Number(exponent);
  if (power >= 0) value *= 10n ** BigInt(power);
  else {
    const divisor = 10n ** BigInt(-power);
    value = (value + divisor - 1n) / divisor;
  }
  return sign === "-" ? -value : value;
}

/** The shortest text of the same value in the same kind of units, as the API server gives it back. */
export function canonicalQuantity(text: string | number): string {
  const [, , , binary, , exponent] = SHAPE.exec(String(text)) ?? [];
  const value = quantity(text) ?? 0n;
  if (value === 0n) return "0";
  const one = 10n ** 9n;
  if (binary !== undefined && value % one === 0n && (value >= 1024n * one || value <= -1024n * one)) {
    let whole = value / one;
    let unit = 0;
    while (unit < BINARY.length - 1 && whole % 1024n === 0n) {
      whole /= 1024n;
      unit++;
    }
    return `${whole}${BINARY[unit]}`;
  }
  let mantissa = value;
  let power = -9;
  while (mantissa % 1000n === 0n && power < 18) {
    mantissa /= 1000n;
    power += 3;
  }
  if (exponent !== undefined) return power === 0 ? `${mantissa}` : `${mantissa}e${power}`;
  return `${mantissa}${Object.keys(DECIMAL).find((each) => DECIMAL[each] === power)}`;
}
