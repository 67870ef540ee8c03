// The verb images: programs of one's own, under names that pods ask for.
import { httpImage, type Image } from "../kube/kubelet/images.ts";
import type { Entrypoint } from "../kube/kubelet/programs.ts";

/** What clusters of this notebook can pull beside what there is anyway. */
export const OWN_IMAGES: Record<string, Image> = {};

/**
 * Puts images into the registry that clusters pull from. An image is a program: a generator that yields what it waits for
 * and returns its exit code, or what `httpImage` makes.
 *
 * @example
 * images({
 *   word: httpImage(3021, ({ client }) => `a word for ${client.address}\n`),
 *   counter: function* ({ lab, out }) { for (let i = 1; ; i++) { out(`${i}\n`); yield { until: lab.now + 1e9, background: true }; } },
 * });
 */
export function images(programs: Readonly<Record<string, Image | Entrypoint>>): void {
  for (const [name, each] of Object.entries(programs))
    OWN_IMAGES[name] = typeof each === "function" ? { entrypoint: each } : each;
}

export { httpImage };
