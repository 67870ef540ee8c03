// Addresses in fields of the API, judged as fields from before IPv6 was strict are.
// Before you edit: staging/src/k8s.io/apimachinery/pkg/util/validation/ip.go, pkg/apis/core/validation/validation.go
// (ValidateEndpointIP).
import { addressWithLength, ip as parse } from "../../wire/address.ts";
import { addressWithLength6 } from "../../wire/address6.ts";
import { type FieldError, wrong } from "./field-error.ts";

const can = (action: () => unknown): boolean => {
  try {
    action();
    return true;
  } catch {
    return false;
  }
};

export const isIp = (text: string): boolean => can(() => parse(text));

export const ip = (field: string, value: string): FieldError[] =>
  isIp(value) ? [] : [wrong(field, value, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")];

export const isCidr = (text: string): boolean =>
  text.includes("/") && can(() => (text.includes(":") ? addressWithLength6(text) : addressWithLength(text)));

export const cidr = (field: string, value: string): FieldError[] =>
  isCidr(value) ? [] : [wrong(field, value, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)")];

/** An address that somebody can be reached at from elsewhere. */
export function endpointIp(field: string, value: string): FieldError[] {
  if (!isIp(value)) return [wrong(field, value, "must be a valid IP address")];
  if (value === "0.0.0.0" || value === "::") return [wrong(field, value, `may not be unspecified (${value})`)];
  if (/^127\./.test(value) || value === "::1")
    return [wrong(field, value, "may not be in the loopback range (127.0.0.0/8, ::1/128)")];
  if (/^169\.254\.|^fe[89ab].:/i.test(value))
    return [wrong(field, value, "may not be in the link-local range (169.254.0.0/16, fe80::/10)")];
  if (/^224\.0\.0\.|^ff.2:/i.test(value))
    return [wrong(field, value, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)")];
  return [];
}
