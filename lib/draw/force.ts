// Positions for a graph that nobody has laid out: the forces of d3-force (link, many-body, x, y, centre), but each
// pair of nodes exactly, on typed arrays. For a few hundred nodes that is faster than a quadtree.
// Before you edit: d3-force/src/{simulation,link,manyBody,position,center}.js.

export interface ForceOptions {
  /** Dice: nodes in exactly the same place are pushed apart by them. The same dice give the same picture. */
  readonly random: () => number;
  readonly width: number;
  readonly height: number;
  readonly ticks?: number;
  /** Length that a link wants to have. */
  readonly distance?: number;
  /** How much nodes repel each other; negative, as in D3. */
  readonly charge?: number;
}

export interface Positions {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

const FRICTION = 0.6;
const PULL = 0.1;

/** Lays out `count` nodes; `links` are pairs of node numbers. */
export function forceLayout(
  count: number,
  links: readonly (readonly [number, number])[],
  options: ForceOptions,
): Positions {
  const { random, width, height, ticks = 100, distance = 30, charge = -60 } = options;
  const x = new Float64Array(count);
  const y = new Float64Array(count);
  const vx = new Float64Array(count);
  const vy = new Float64Array(count);
  const degree = new Float64Array(count);
  const source = Int32Array.from(links, ([from]) => from);
  const target = Int32Array.from(links, ([, to]) => to);
  for (const [from, to] of links) {
    degree[from] = (degree[from] as number) + 1;
    degree[to] = (degree[to] as number) + 1;
  }
  // D3's sunflower: no two nodes begin in one place.
  for (let i = 0; i < count; i++) {
    const radius = 10 * Math.sqrt(0.5 + i);
    const angle = i * Math.PI * (3 - Math.sqrt(5));
    x[i] = radius * Math.cos(angle);
    y[i] = radius * Math.sin(angle);
  }
  const decay = 1 - 0.001 ** (1 / 300);
  let alpha = 1;
  for (let tick = 0; tick < ticks; tick++) {
    alpha -= alpha * decay;
    pullLinks(alpha);
    repel(charge * alpha);
    move(alpha);
  }
  return { x, y };

  function pullLinks(strength: number): void {
    for (let i = 0; i < source.length; i++) {
      const s = source[i] as number;
      const t = target[i] as number;
      const dx = x[t]! + vx[t]! - x[s]! - vx[s]! || jiggle();
      const dy = y[t]! + vy[t]! - y[s]! - vy[s]! || jiggle();
      const length = Math.sqrt(dx * dx + dy * dy);
      const ds = degree[s] as number;
      const dt = degree[t] as number;
      const pull = (((length - distance) / length) * strength) / Math.min(ds, dt);
      // The better connected end moves less.
      const bias = ds / (ds + dt);
      vx[t]! -= dx * pull * bias;
      vy[t]! -= dy * pull * bias;
      vx[s]! += dx * pull * (1 - bias);
      vy[s]! += dy * pull * (1 - bias);
    }
  }

  function repel(strength: number): void {
    for (let i = 0; i < count; i++) {
      const xi = x[i] as number;
      const yi = y[i] as number;
      let fx = 0;
      let fy = 0;
      for (let j = i + 1; j < count; j++) {
        const dx = (x[j] as number) - xi || jiggle();
        const dy = (y[j] as number) - yi || jiggle();
        let square = dx * dx + dy * dy;
        if (square < 1) square = Math.sqrt(square);
        const push = strength / square;
        fx += dx * push;
        fy += dy * push;
        vx[j]! -= dx * push;
        vy[j]! -= dy * push;
      }
      vx[i]! += fx;
      vy[i]! += fy;
    }
  }

  function move(strength: number): void {
    let sumX = 0;
    let sumY = 0;
    for (let i = 0; i < count; i++) {
      vx[i] = (vx[i]! + (width / 2 - x[i]!) * PULL * strength) * FRICTION;
      vy[i] = (vy[i]! + (height / 2 - y[i]!) * PULL * strength) * FRICTION;
      x[i]! += vx[i]!;
      y[i]! += vy[i]!;
      sumX += x[i]!;
      sumY += y[i]!;
    }
    const shiftX = sumX / count - width / 2;
    const shiftY = sumY / count - height / 2;
    for (let i = 0; i < count; i++) {
      x[i]! -= shiftX;
      y[i]! -= shiftY;
    }
  }

  function jiggle(): number {
    return (random() - 0.5) * 1e-6;
  }
}
