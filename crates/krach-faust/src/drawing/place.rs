//! Where blocks and wires lie: in layers from left to right (Sugiyama, Tagawa and Toda 1981), feedback below.

use super::Wire;
use rustc_hash::FxHashMap;

/// What has to be known of a block.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub width: f64,
    pub height: f64,
    /// Heights of the ports, from the top of the block.
    pub inputs: Vec<f64>,
    pub outputs: Vec<f64>,
    pub edge: Edge,
}

/// Where a block has to lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edge {
    Left,
    Right,
    Anywhere,
}

pub(super) type Point = (f64, f64);

#[derive(Clone, Debug, Default)]
pub(super) struct Placed {
    /// The upper left corner of each block.
    pub blocks: Vec<Point>,
    /// For each wire, the points it goes through.
    pub wires: Vec<Vec<Point>>,
    pub width: f64,
    pub height: f64,
}

const GAP: f64 = 34.0;
/// Between two wires that run back.
const LANE: f64 = 8.0;
const ROW: f64 = 14.0;
const SWEEPS: usize = 12;

pub(super) fn place(shapes: &[Shape], wires: &[Wire]) -> Placed {
    let mut grid = Grid::new(shapes, wires);
    grid.order();
    grid.heights();
    grid.draw(wires)
}

/// Something in a layer: a block, or a wire on its way past the layer.
struct Item {
    block: Option<usize>,
    layer: usize,
    height: f64,
    y: f64,
}

/// A piece of wire from one layer to the next: items and the heights of their ports.
#[derive(Clone, Copy)]
struct Piece {
    from: (usize, f64),
    to: (usize, f64),
}

struct Grid<'a> {
    shapes: &'a [Shape],
    items: Vec<Item>,
    layers: Vec<Vec<usize>>,
    pieces: Vec<Piece>,
    /// For each wire that runs forward, the pieces it is made of.
    ways: Vec<Vec<usize>>,
}

impl<'a> Grid<'a> {
    fn new(shapes: &'a [Shape], wires: &[Wire]) -> Self {
        let layer = layers(shapes, wires);
        let count = layer.iter().max().map_or(1, |last| last + 1);
        let mut grid = Self {
            shapes,
            items: Vec::new(),
            layers: vec![Vec::new(); count],
            pieces: Vec::new(),
            ways: Vec::new(),
        };
        for (block, shape) in shapes.iter().enumerate() {
            grid.add(Some(block), layer[block], shape.height);
        }
        let mut passing: FxHashMap<(usize, usize, usize), usize> = FxHashMap::default();
        let mut known: FxHashMap<(usize, usize), usize> = FxHashMap::default();
        for wire in wires {
            let mut way = Vec::new();
            if !wire.back {
                let mut from = (wire.from.0, shapes[wire.from.0].outputs[wire.from.1]);
                for between in layer[wire.from.0] + 1..layer[wire.to.0] {
                    let key = (wire.from.0, wire.from.1, between);
                    let item = *passing.entry(key).or_insert_with(|| grid.add(None, between, 0.0));
                    way.push(*known.entry((from.0, item)).or_insert_with(|| grid.join(from, (item, 0.0))));
                    from = (item, 0.0);
                }
                let to = (wire.to.0, shapes[wire.to.0].inputs[wire.to.1]);
                way.push(grid.join(from, to));
            }
            grid.ways.push(way);
        }
        grid
    }

    fn add(&mut self, block: Option<usize>, layer: usize, height: f64) -> usize {
        self.layers[layer].push(self.items.len());
        self.items.push(Item { block, layer, height, y: 0.0 });
        self.items.len() - 1
    }

    fn join(&mut self, from: (usize, f64), to: (usize, f64)) -> usize {
        self.pieces.push(Piece { from, to });
        self.pieces.len() - 1
    }

    /// For each item, the other ends of its pieces on one side, with the heights of both ports.
    fn neighbours(&self, left: bool) -> Vec<Vec<(usize, f64, f64)>> {
        let mut neighbours = vec![Vec::new(); self.items.len()];
        for piece in &self.pieces {
            let (own, other) = if left { (piece.to, piece.from) } else { (piece.from, piece.to) };
            neighbours[own.0].push((other.0, other.1, own.1));
        }
        neighbours
    }

    /// Orders each layer by where its wires come from and go to.
    fn order(&mut self) {
        let sides = [self.neighbours(true), self.neighbours(false)];
        let mut rank = vec![0.0; self.items.len()];
        for layer in &self.layers {
            layer.iter().enumerate().for_each(|(at, &item)| rank[item] = as_f64(at));
        }
        for sweep in 0..SWEEPS {
            let side = &sides[sweep % 2];
            let mut order: Vec<usize> = (0..self.layers.len()).collect();
            if sweep % 2 == 1 {
                order.reverse();
            }
            for layer in order {
                for &item in &self.layers[layer] {
                    let near = &side[item];
                    if !near.is_empty() {
                        // Ports of one block stay in their order.
                        let sum: f64 = near.iter().map(|&(other, port, _)| rank[other] + port / 1e4).sum();
                        rank[item] = sum / as_f64(near.len());
                    }
                }
                self.layers[layer].sort_by(|&a, &b| rank[a].total_cmp(&rank[b]));
                for (at, &item) in self.layers[layer].iter().enumerate() {
                    rank[item] = as_f64(at);
                }
            }
        }
    }

    /// Gives every item its height: as near as possible to where its wires are straight.
    fn heights(&mut self) {
        let sides = [self.neighbours(true), self.neighbours(false)];
        for layer in 0..self.layers.len() {
            self.settle(layer, &[]);
        }
        for sweep in 0..SWEEPS {
            let backwards = sweep % 2 == 1;
            for at in 0..self.layers.len() {
                let layer = if backwards { self.layers.len() - 1 - at } else { at };
                if sweep + 2 < SWEEPS {
                    self.settle(layer, &[&sides[usize::from(backwards)]]);
                } else {
                    self.settle(layer, &[&sides[0], &sides[1]]);
                }
            }
        }
        let top = self.items.iter().map(|item| item.y).fold(f64::MAX, f64::min);
        self.items.iter_mut().for_each(|item| item.y -= top);
    }

    /// Least squares for one layer under a fixed order and distance (pool adjacent violators).
    fn settle(&mut self, layer: usize, sides: &[&Vec<Vec<(usize, f64, f64)>>]) {
        let mut pools: Vec<(f64, f64, usize)> = Vec::new();
        let mut offsets = Vec::new();
        let mut offset = 0.0;
        for &item in &self.layers[layer] {
            let ends = sides.iter().flat_map(|side| &side[item]);
            let wanted: Vec<f64> = ends.map(|&(other, port, own)| self.items[other].y + port - own).collect();
            let (mean, weight) = match wanted.len() {
                0 => (self.items[item].y, 0.01),
                count => (wanted.iter().sum::<f64>() / as_f64(count), as_f64(count)),
            };
            offsets.push(offset);
            pools.push((mean - offset, weight, 1));
            while let [.., a, b] = pools[..]
                && a.0 > b.0
            {
                pools.truncate(pools.len() - 2);
                let weight = a.1 + b.1;
                pools.push(((a.0 * a.1 + b.0 * b.1) / weight, weight, a.2 + b.2));
            }
            offset += self.items[item].height + ROW;
        }
        let places = pools.iter().flat_map(|&(place, _, count)| std::iter::repeat_n(place, count));
        for ((&item, place), offset) in self.layers[layer].iter().zip(places).zip(offsets) {
            self.items[item].y = place + offset;
        }
    }

    fn draw(&self, wires: &[Wire]) -> Placed {
        let count = self.layers.len();
        let width = |item: &usize| self.items[*item].block.map_or(0.0, |block| self.shapes[block].width);
        let back = || wires.iter().filter(|wire| wire.back);
        let mut columns: Vec<(f64, f64)> = Vec::with_capacity(count);
        let mut x = 0.0;
        for (at, layer) in self.layers.iter().enumerate() {
            let leave = back().filter(|wire| self.items[wire.from.0].layer == at).count();
            let enter = back().filter(|wire| self.items[wire.to.0].layer == at).count();
            x += LANE * as_f64(enter);
            let widest = layer.iter().map(width).fold(0.0, f64::max);
            columns.push((x, x + widest));
            x += widest + LANE * as_f64(leave) + GAP;
        }
        let blocks: Vec<Point> = (0..self.shapes.len())
            .map(|block| {
                let (left, right) = columns[self.items[block].layer];
                let x = match self.shapes[block].edge {
                    Edge::Left => left,
                    Edge::Right => right - self.shapes[block].width,
                    Edge::Anywhere => (left + right - self.shapes[block].width) / 2.0,
                };
                (x, self.items[block].y)
            })
            .collect();
        let mut placed = Placed { blocks, wires: vec![Vec::new(); wires.len()], width: x - GAP, height: 0.0 };
        for (at, wire) in wires.iter().enumerate().filter(|(_, wire)| !wire.back) {
            placed.wires[at] = self.forward(at, wire, &columns, &placed.blocks);
        }
        let lowest = self.backward(wires, &columns, &mut placed);
        let bottoms = self.items.iter().map(|item| item.y + item.height);
        placed.height = bottoms.fold(lowest, f64::max);
        placed
    }

    fn forward(&self, at: usize, wire: &Wire, columns: &[(f64, f64)], blocks: &[Point]) -> Vec<Point> {
        let first = &self.items[wire.from.0];
        let mut points = Vec::new();
        let start = first.y + self.shapes[wire.from.0].outputs[wire.from.1];
        points.push((blocks[wire.from.0].0 + self.shapes[wire.from.0].width, start));
        for &piece in &self.ways[at] {
            let Piece { from, to } = self.pieces[piece];
            points.push((columns[self.items[from.0].layer].1, self.items[from.0].y + from.1));
            points.push((columns[self.items[to.0].layer].0, self.items[to.0].y + to.1));
        }
        let end = self.items[wire.to.0].y + self.shapes[wire.to.0].inputs[wire.to.1];
        points.push((blocks[wire.to.0].0, end));
        points
    }

    /// Wires that run back leave to the right, pass below everything on their way and enter from the left. Says how
    /// far down they reach.
    fn backward(&self, wires: &[Wire], columns: &[(f64, f64)], placed: &mut Placed) -> f64 {
        let mut floor: Vec<f64> = self
            .layers
            .iter()
            .map(|layer| {
                layer.iter().map(|&item| self.items[item].y + self.items[item].height).fold(0.0, f64::max)
            })
            .collect();
        let (mut leave, mut enter) = (vec![0.0; floor.len()], vec![0.0; floor.len()]);
        let span = |wire: &Wire| {
            let (a, b) = (self.items[wire.from.0].layer, self.items[wire.to.0].layer);
            (a.min(b), a.max(b))
        };
        let mut back: Vec<usize> = (0..wires.len()).filter(|&at| wires[at].back).collect();
        back.sort_by_key(|&at| span(&wires[at]).1 - span(&wires[at]).0);
        let mut lowest = 0.0_f64;
        for at in back {
            let wire = &wires[at];
            let (first, last) = span(wire);
            let y = floor[first..=last].iter().copied().fold(0.0, f64::max) + ROW;
            floor[first..=last].fill(y);
            lowest = lowest.max(y);
            let (source, target) = (self.items[wire.from.0].layer, self.items[wire.to.0].layer);
            leave[source] += LANE;
            enter[target] += LANE;
            let (from, to) = (&self.shapes[wire.from.0], &self.shapes[wire.to.0]);
            let start = self.items[wire.from.0].y + from.outputs[wire.from.1];
            let end = self.items[wire.to.0].y + to.inputs[wire.to.1];
            let (right, left) = (columns[source].1 + leave[source], columns[target].0 - enter[target]);
            placed.wires[at] = vec![
                (placed.blocks[wire.from.0].0 + from.width, start),
                (right, start),
                (right, y),
                (left, y),
                (left, end),
                (placed.blocks[wire.to.0].0, end),
            ];
        }
        lowest
    }
}

/// Each block one layer after the last that it hears; what hears nothing as late as its first listener allows.
fn layers(shapes: &[Shape], wires: &[Wire]) -> Vec<usize> {
    let count = shapes.len();
    let forward = || wires.iter().filter(|wire| !wire.back);
    let mut next = vec![Vec::new(); count];
    let mut waiting = vec![0_usize; count];
    for wire in forward() {
        next[wire.from.0].push(wire.to.0);
        waiting[wire.to.0] += 1;
    }
    let sources: Vec<usize> = (0..count).filter(|&at| waiting[at] == 0).collect();
    let mut layer = vec![0; count];
    let mut ready = sources.clone();
    while let Some(at) = ready.pop() {
        for &to in &next[at] {
            layer[to] = layer[to].max(layer[at] + 1);
            waiting[to] -= 1;
            if waiting[to] == 0 {
                ready.push(to);
            }
        }
    }
    let last = layer.iter().copied().max().unwrap_or(0);
    for at in sources {
        if shapes[at].edge == Edge::Anywhere
            && let Some(first) = next[at].iter().map(|&to| layer[to]).min()
        {
            layer[at] = first - 1;
        }
    }
    for at in 0..count {
        if shapes[at].edge == Edge::Right {
            layer[at] = last;
        }
    }
    layer
}

/// Counts are small.
#[allow(clippy::cast_precision_loss)]
fn as_f64(count: usize) -> f64 {
    count as f64
}
