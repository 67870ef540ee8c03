// Manifests that several tests apply.

export function deployment(name: string, replicas: number, image = "echo") {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers: [{ name: "app", image }] } };
  return { metadata: { name }, spec: { replicas, selector: { matchLabels: labels }, template } };
}
