//! Sheets small enough to look at: loops become blocks of their own, and what is still too large is cut into parts.

use super::{Block, Kind, Port, Sheet, Wire};
use rustc_hash::FxHashMap;

/// Blocks on one sheet.
const LARGEST: usize = 40;
/// Blocks of a sheet that is shown opened where it is used.
const SMALL: usize = 12;
/// Blocks of a loop that becomes one block.
const LOOP: usize = 4;
/// Ports of a part: further wires share the last one.
const PORTS: usize = 24;
const MORE: &str = "…";
/// Parts of a sheet that is cut.
const PARTS: usize = 12;

pub(super) fn fold(sheets: &mut Vec<Sheet>) {
    let mut at = 0;
    while at < sheets.len() {
        find_loops(&mut sheets[at]);
        if inner(&sheets[at]).count() > LARGEST {
            let groups = loops(&sheets[at]);
            gather(sheets, at, &groups);
        }
        if inner(&sheets[at]).count() > LARGEST {
            let groups = parts(&sheets[at]);
            gather(sheets, at, &groups);
        }
        straighten(&mut sheets[at]);
        at += 1;
    }
    *sheets = sorted(std::mem::take(sheets));
    share(sheets);
}

/// The sheets so that each comes after the one it belongs to.
fn sorted(mut sheets: Vec<Sheet>) -> Vec<Sheet> {
    let order = shown(&sheets);
    let mut place = vec![0; sheets.len()];
    order.iter().enumerate().for_each(|(to, &from)| place[from] = to);
    let mut sorted = Vec::with_capacity(order.len());
    for from in order {
        let empty = Sheet { title: String::new(), blocks: Vec::new(), wires: Vec::new() };
        let mut sheet = std::mem::replace(&mut sheets[from], empty);
        for block in &mut sheet.blocks {
            block.inside = block.inside.map(|inside| place[inside]);
        }
        sorted.push(sheet);
    }
    sorted
}

/// Sheets that look alike are shown once: blocks refer to the first.
fn share(sheets: &mut [Sheet]) {
    let mut known: FxHashMap<String, usize> = FxHashMap::default();
    let mut first: Vec<usize> = (0..sheets.len()).collect();
    // A sheet comes after the one it belongs to, so its own insides are settled already.
    for at in (1..sheets.len()).rev() {
        for block in &mut sheets[at].blocks {
            block.inside = block.inside.map(|inside| first[inside]);
        }
        first[at] = *known.entry(format!("{:?}", sheets[at])).or_insert(at);
    }
    for block in &mut sheets[0].blocks {
        block.inside = block.inside.map(|inside| first[inside]);
    }
}

/// The sheets that are referred to, from the first on, outer ones first.
pub(super) fn shown(sheets: &[Sheet]) -> Vec<usize> {
    let mut seen = vec![false; sheets.len()];
    let mut order = vec![0];
    let mut next = 0;
    while let Some(&at) = order.get(next) {
        next += 1;
        for inside in sheets[at].blocks.iter().filter_map(|block| block.inside) {
            if !std::mem::replace(&mut seen[inside], true) {
                order.push(inside);
            }
        }
    }
    order
}

/// Which sheets are shown opened: small ones, as long as the sheet around them stays small enough.
pub(super) fn open(sheets: &[Sheet]) -> Vec<bool> {
    let mut open = vec![false; sheets.len()];
    let mut size: Vec<usize> = sheets.iter().map(|sheet| sheet.blocks.len()).collect();
    let mut depth = vec![0_u32; sheets.len()];
    // A sheet comes after the one it belongs to.
    for at in (0..sheets.len()).rev() {
        let mut inside: Vec<usize> = sheets[at].blocks.iter().filter_map(|block| block.inside).collect();
        inside.sort_by_key(|&inner| size[inner]);
        for inner in inside {
            if size[inner] <= SMALL && size[at] + size[inner] <= LARGEST && depth[inner] < 3 {
                open[inner] = true;
                size[at] += size[inner];
                depth[at] = depth[at].max(depth[inner] + 1);
            }
        }
    }
    open
}

/// Indices of the blocks that are not ports.
fn inner(sheet: &Sheet) -> impl Iterator<Item = usize> {
    let block =
        |(at, block): (usize, &Block)| (!matches!(block.kind, Kind::Input | Kind::Output)).then_some(at);
    sheet.blocks.iter().enumerate().filter_map(block)
}

/// Of the wires that may close loops, those that do.
fn find_loops(sheet: &mut Sheet) {
    if sheet.wires.iter().any(|wire| wire.back) {
        let component = components(sheet);
        for wire in &mut sheet.wires {
            wire.back &= component[wire.from.0] == component[wire.to.0];
        }
    }
}

/// A memory that follows another need not run back, unless that would close a loop.
fn straighten(sheet: &mut Sheet) {
    for at in 0..sheet.wires.len() {
        let Wire { from, to, back } = sheet.wires[at];
        if back && sheet.blocks[from.0].kind == Kind::Memory && !reaches(sheet, to.0, from.0) {
            sheet.wires[at].back = false;
        }
    }
}

fn reaches(sheet: &Sheet, from: usize, to: usize) -> bool {
    let mut seen = vec![false; sheet.blocks.len()];
    let mut wanted = vec![from];
    while let Some(at) = wanted.pop() {
        if at == to {
            return true;
        }
        if !std::mem::replace(&mut seen[at], true) {
            let onwards = sheet.wires.iter().filter(|wire| !wire.back && wire.from.0 == at);
            wanted.extend(onwards.map(|wire| wire.to.0));
        }
    }
    false
}

/// Blocks that a block feeds.
fn followers(sheet: &Sheet, back: bool) -> Vec<Vec<usize>> {
    let mut followers = vec![Vec::new(); sheet.blocks.len()];
    for wire in sheet.wires.iter().filter(|wire| back || !wire.back) {
        followers[wire.from.0].push(wire.to.0);
    }
    followers
}

/// Blocks in the order in which a walk leaves them: along wires, those that are fed come first.
fn finished(next: &[Vec<usize>], starts: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut seen = vec![false; next.len()];
    let mut order = Vec::with_capacity(next.len());
    for start in starts {
        if std::mem::replace(&mut seen[start], true) {
            continue;
        }
        let mut path = vec![(start, 0)];
        while let Some((at, edge)) = path.last_mut() {
            match next[*at].get(*edge) {
                Some(&to) => {
                    *edge += 1;
                    if !std::mem::replace(&mut seen[to], true) {
                        path.push((to, 0));
                    }
                }
                None => {
                    order.push(*at);
                    path.pop();
                }
            }
        }
    }
    order
}

/// For each block the loop it lies in, alone if in none (Kosaraju).
fn components(sheet: &Sheet) -> Vec<usize> {
    let next = followers(sheet, true);
    let order = finished(&next, 0..next.len());
    let mut before = vec![Vec::new(); next.len()];
    for (from, to) in next.iter().enumerate().flat_map(|(from, all)| all.iter().map(move |&to| (from, to))) {
        before[to].push(from);
    }
    let mut component = vec![usize::MAX; next.len()];
    for &start in order.iter().rev() {
        let mut wanted = vec![start];
        while let Some(at) = wanted.pop() {
            if component[at] == usize::MAX {
                component[at] = start;
                wanted.extend(&before[at]);
            }
        }
    }
    component
}

/// Loops worth a block, by name; a sheet that is one loop is not a block on itself.
fn loops(sheet: &Sheet) -> Vec<(String, Vec<usize>)> {
    let component = components(sheet);
    let mut members: FxHashMap<usize, Vec<usize>> = FxHashMap::default();
    inner(sheet).for_each(|at| members.entry(component[at]).or_default().push(at));
    let mut groups: Vec<Vec<usize>> = members.into_values().filter(|group| group.len() >= LOOP).collect();
    groups.retain(|group| group.len() + LOOP < inner(sheet).count());
    groups.sort();
    groups.into_iter().map(|group| (format!("loop: {}", name(sheet, &group)), group)).collect()
}

/// Stretches of an order in which signals flow.
fn parts(sheet: &Sheet) -> Vec<(String, Vec<usize>)> {
    let mut before = vec![Vec::new(); sheet.blocks.len()];
    for wire in sheet.wires.iter().filter(|wire| !wire.back) {
        before[wire.to.0].push(wire.from.0);
    }
    let outputs = (0..sheet.blocks.len()).filter(|&at| sheet.blocks[at].kind == Kind::Output);
    let mut order = finished(&before, outputs.chain(0..sheet.blocks.len()));
    order.retain(|&at| !matches!(sheet.blocks[at].kind, Kind::Input | Kind::Output));
    let size = order.len().div_ceil(PARTS).max(LARGEST / 2);
    let groups = order.chunks(size).enumerate();
    groups.map(|(at, group)| (format!("part {}: {}", at + 1, name(sheet, group)), group.to_vec())).collect()
}

/// What a group of blocks is called after: what people called its parts, most telling first.
fn name(sheet: &Sheet, group: &[usize]) -> String {
    let blocks = || group.iter().rev().map(|&at| &sheet.blocks[at]);
    let named = blocks().find_map(|block| block.name.clone());
    let function = || blocks().find(|block| block.kind == Kind::Function).map(|block| block.label.clone());
    let memory = || blocks().find(|block| block.kind == Kind::Memory).map(|block| block.label.clone());
    let name = named.or_else(function).or_else(memory).unwrap_or_else(|| "maths".to_owned());
    // Groups of groups are not called after the numbers of their parts.
    name.split_once(": ").map_or(name.clone(), |(_, name)| name.to_owned())
}

/// What is known elsewhere as the source of a wire.
fn called(block: &Block) -> String {
    match (&block.name, block.kind) {
        (Some(name), _) => name.clone(),
        (None, Kind::Input | Kind::Control) => block.label.clone(),
        _ => String::new(),
    }
}

/// Makes each group a block whose inside is a sheet of its own.
fn gather(sheets: &mut Vec<Sheet>, at: usize, groups: &[(String, Vec<usize>)]) {
    let count = sheets[at].blocks.len();
    let mut group_of = vec![None; count];
    for (index, (_, group)) in groups.iter().enumerate() {
        group.iter().for_each(|&member| group_of[member] = Some(index));
    }
    let old = std::mem::take(&mut sheets[at].blocks);
    let wires = std::mem::take(&mut sheets[at].wires);
    let called: Vec<String> = old.iter().map(called).collect();
    let mut inside: Vec<Inside> = groups.iter().map(|(name, _)| Inside::new(name)).collect();
    let mut place = vec![0; count];
    let mut blocks = Vec::new();
    for (index, block) in old.into_iter().enumerate() {
        let list = match group_of[index] {
            Some(group) => &mut inside[group].blocks,
            None => &mut blocks,
        };
        place[index] = list.len();
        list.push(block);
    }
    let first = blocks.len();
    let mut outer = Vec::new();
    for wire in wires {
        let (from_group, to_group) = (group_of[wire.from.0], group_of[wire.to.0]);
        let from = (place[wire.from.0], wire.from.1);
        let to = (place[wire.to.0], wire.to.1);
        if let (Some(group), true) = (from_group, from_group == to_group) {
            inside[group].wires.push(Wire { from, to, ..wire });
            continue;
        }
        let name = &called[wire.from.0];
        let from = from_group.map_or(from, |group| (first + group, inside[group].output(from)));
        let (to, new) = match to_group {
            Some(group) => {
                let (port, new) = inside[group].input(from, to, name);
                ((first + group, port), new)
            }
            None => (to, true),
        };
        if new {
            outer.push(Wire { from, to, back: wire.back });
        }
    }
    for group in inside {
        let sheet = sheets.len();
        blocks.push(Block {
            inputs: group.sources.iter().map(|source| source.2.clone()).collect(),
            outputs: group.results.len(),
            inside: Some(sheet),
            ..Block::new(Kind::Function, group.title.clone())
        });
        sheets.push(group.sheet());
    }
    sheets[at].blocks = blocks;
    sheets[at].wires = outer;
}

/// The inside of a block in the making.
struct Inside {
    title: String,
    blocks: Vec<Block>,
    wires: Vec<Wire>,
    /// Where inputs come from outside, and where they go inside.
    sources: Vec<(Port, Vec<Port>, String)>,
    results: Vec<Port>,
}

impl Inside {
    fn new(title: &str) -> Self {
        let title = title.to_owned();
        Self { title, blocks: Vec::new(), wires: Vec::new(), sources: Vec::new(), results: Vec::new() }
    }

    fn output(&mut self, from: Port) -> usize {
        let known = self.results.iter().position(|&known| known == from);
        known.unwrap_or_else(|| {
            if self.results.len() < PORTS {
                self.results.push(from);
            }
            self.results.len() - 1
        })
    }

    /// The port for what comes from there, and whether it is new.
    fn input(&mut self, from: Port, to: Port, name: &str) -> (usize, bool) {
        let known = self.sources.iter().position(|source| source.0 == from);
        let port = match known {
            None if self.sources.len() < PORTS => {
                self.sources.push((from, Vec::new(), name.to_owned()));
                self.sources.len() - 1
            }
            None => {
                self.sources[PORTS - 1].2 = MORE.to_owned();
                PORTS - 1
            }
            Some(port) => port,
        };
        let new = self.sources[port].1.is_empty();
        if !self.sources[port].1.contains(&to) {
            self.sources[port].1.push(to);
        }
        (port, new)
    }

    fn sheet(mut self) -> Sheet {
        let shift = self.sources.len();
        let mut wires = self.wires;
        for wire in &mut wires {
            wire.from.0 += shift;
            wire.to.0 += shift;
        }
        let mut blocks: Vec<Block> =
            self.sources.iter().map(|source| Block::new(Kind::Input, source.2.clone())).collect();
        blocks.append(&mut self.blocks);
        for (at, (_, targets, _)) in self.sources.iter().enumerate() {
            let wire = |to: &Port| Wire { from: (at, 0), to: (to.0 + shift, to.1), back: false };
            wires.extend(targets.iter().map(wire));
        }
        for (from, port) in self.results {
            wires.push(Wire { from: (from + shift, port), to: (blocks.len(), 0), back: false });
            let output = Block::new(Kind::Output, "");
            blocks.push(Block { outputs: 0, inputs: vec![String::new()], ..output });
        }
        Sheet { title: self.title, blocks, wires }
    }
}
