import type { Case } from "./case.ts";

export async function shrink(test: Case): Promise<Case> {
  return test;
}
