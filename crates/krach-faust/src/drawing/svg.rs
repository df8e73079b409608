//! Paint.

use super::place::{Edge, Placed, Point, Shape, place};
use super::{Block, Drawing, Kind, Sheet, fold};
use std::fmt::Write;

/// Width of a character of the labels.
const LETTER: f64 = 7.25;
const SMALL_LETTER: f64 = 6.1;
const LINE: f64 = 18.0;
const HEIGHT: f64 = 26.0;
const MARGIN: f64 = 18.0;
const HEAD: f64 = 24.0;
/// Pictures of insides that are shown; what has more is not looked at.
const PANELS: usize = 60;

const STYLE: &str = "\
text{font:12px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;fill:#1f2933}\
.title{font-weight:bold;font-size:13px}.port,.name{font-size:10px;fill:#627183}.name{font-style:italic;fill:#8a4b08}\
.wire{fill:none;stroke:#52606d;stroke-width:1.4}.control-wire{fill:none;stroke:#3c9a5f;stroke-width:1.2}\
.back{fill:none;stroke:#d9822b;stroke-width:1.4}.arrow{fill:#d9822b}\
.block rect{stroke-width:1.2}.ports rect{fill:#e8edf3;stroke:#8593a3}.control rect{fill:#dff3e4;stroke:#3c9a5f}\
.memory rect{fill:#fdebd7;stroke:#d9822b}.source rect{fill:#efe3fa;stroke:#8d5bc1}\
.function rect{fill:#dbe9fb;stroke:#3b76c4}.operation rect{fill:#fff;stroke:#8593a3}\
.opened{fill:#f4f7fb;stroke:#9fb3c8;stroke-width:1.2}.paper{fill:#fff;stroke:#d9e2ec}";

/// A sheet, laid out.
struct Picture {
    /// Of its title.
    head: f64,
    placed: Placed,
    shapes: Vec<Shape>,
    /// Of the blocks that are shown opened.
    inside: Vec<Option<Picture>>,
}

impl Picture {
    fn width(&self) -> f64 {
        self.placed.width.max(self.head) + 2.0 * MARGIN
    }

    fn height(&self) -> f64 {
        self.placed.height + 2.0 * MARGIN + HEAD
    }
}

pub(super) fn svg(drawing: &Drawing) -> String {
    let closed: Vec<usize> =
        fold::shown(&drawing.sheets).into_iter().filter(|&at| at == 0 || !drawing.open[at]).collect();
    let panels: Vec<(usize, Picture)> =
        closed.iter().take(PANELS).map(|&at| (at, picture(drawing, at))).collect();
    let left = closed.len() - panels.len();
    let (corners, width, bottom) = shelves(&panels);
    let height = bottom + if left > 0 { LINE } else { 0.0 };
    let mut to = String::new();
    let title = escaped(&drawing.sheets[0].title);
    // Numbers are rounded to a tenth of a pixel: writing to a string does not fail.
    let _ = write!(
        to,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         height=\"{height:.0}\" role=\"img\"><title>{title}</title><style>{STYLE}</style>\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>"
    );
    for ((at, panel), corner) in panels.iter().zip(corners) {
        let (w, h, (x, y)) = (panel.width(), panel.height(), corner);
        let _ = write!(
            to,
            "<g id=\"sheet-{at}\"><rect class=\"paper\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" \
             height=\"{h:.1}\" rx=\"8\"/>"
        );
        paint(drawing, *at, panel, corner, &mut to);
        to.push_str("</g>");
    }
    if left > 0 {
        label(&mut to, "port", (MARGIN, bottom + 4.0), &format!("and {left} more parts"), None);
    }
    to.push_str("</svg>\n");
    to
}

/// Pictures from left to right in rows, none wider than the widest: corners, width, height.
fn shelves(panels: &[(usize, Picture)]) -> (Vec<Point>, f64, f64) {
    let widest = panels.iter().map(|(_, picture)| picture.width()).fold(900.0, f64::max);
    let mut corners = Vec::with_capacity(panels.len());
    let (mut x, mut y, mut row, mut right) = (MARGIN, MARGIN, 0.0, 0.0_f64);
    for (_, picture) in panels {
        if x > MARGIN && x + picture.width() > MARGIN + widest {
            (x, y, row) = (MARGIN, y + row + MARGIN, 0.0);
        }
        corners.push((x, y));
        x += picture.width() + MARGIN;
        row = picture.height().max(row);
        right = right.max(x);
    }
    (corners, right, y + row + MARGIN)
}

/// Lays a sheet out. What is opened nests a few levels deep at most.
fn picture(drawing: &Drawing, at: usize) -> Picture {
    let sheet = &drawing.sheets[at];
    let opened = |block: &Block| block.inside.filter(|&inside| drawing.open[inside]);
    let inside: Vec<Option<Picture>> =
        sheet.blocks.iter().map(|block| opened(block).map(|inside| picture(drawing, inside))).collect();
    let shapes: Vec<Shape> = sheet
        .blocks
        .iter()
        .zip(&inside)
        .map(|(block, inside)| match (inside, block.inside) {
            (Some(picture), Some(at)) => opened_shape(&drawing.sheets[at], picture),
            _ => shape(block),
        })
        .collect();
    let head = as_f64(sheet.title.chars().count()) * 1.1 * LETTER;
    Picture { head, placed: place(&shapes, &sheet.wires), shapes, inside }
}

fn shape(block: &Block) -> Shape {
    let letters = |text: &str| as_f64(text.chars().count());
    let edge = match block.kind {
        Kind::Input => Edge::Left,
        Kind::Output => Edge::Right,
        _ => Edge::Anywhere,
    };
    if edge != Edge::Anywhere && block.label.is_empty() {
        let dot = |wanted| if wanted { vec![4.0] } else { Vec::new() };
        let inputs = dot(edge == Edge::Right);
        return Shape { width: 8.0, height: 8.0, inputs, outputs: dot(edge == Edge::Left), edge };
    }
    let ports = block.inputs.iter().map(|port| letters(port)).fold(0.0, f64::max);
    let head = letters(&block.label) * LETTER + 16.0;
    let name = block.name.as_deref().map_or(0.0, |name| letters(name) * SMALL_LETTER);
    let listed = ports > 0.0;
    let rows = as_f64(block.inputs.len().max(block.outputs));
    // A block with named ports lists them below its name.
    let top = if listed { HEIGHT } else { 0.0 };
    let height = match (listed, rows) {
        (true, rows) => top + rows * LINE + 4.0,
        (false, rows) => HEIGHT.max(rows * LINE * 0.7 + 6.0),
    };
    let over = if block.name.is_some() { 12.0 } else { 0.0 };
    let rows = |count: usize| {
        let row = |at: usize| over + top + (as_f64(at) + 0.5) * (height - top) / as_f64(count);
        (0..count).map(row).collect()
    };
    let width = head.max(ports * SMALL_LETTER + 20.0).max(HEIGHT).max(name);
    Shape {
        width,
        height: height + over,
        inputs: rows(block.inputs.len()),
        outputs: rows(block.outputs),
        edge,
    }
}

/// An opened block has its ports where the picture inside has them.
fn opened_shape(sheet: &Sheet, picture: &Picture) -> Shape {
    let ports = |kind: Kind| -> Vec<f64> {
        let block = |(at, block): (usize, &Block)| (block.kind == kind).then_some(at);
        let y = |at: usize| {
            let shape = &picture.shapes[at];
            let port = shape.inputs.first().or(shape.outputs.first()).copied().unwrap_or(0.0);
            picture.placed.blocks[at].1 + port + MARGIN + HEAD
        };
        sheet.blocks.iter().enumerate().filter_map(block).map(y).collect()
    };
    let (inputs, outputs) = (ports(Kind::Input), ports(Kind::Output));
    Shape { width: picture.width(), height: picture.height(), inputs, outputs, edge: Edge::Anywhere }
}

fn paint(drawing: &Drawing, at: usize, picture: &Picture, corner: Point, to: &mut String) {
    let sheet = &drawing.sheets[at];
    label(to, "title", (corner.0 + 10.0, corner.1 + 18.0), &sheet.title, None);
    let origin = (corner.0 + MARGIN, corner.1 + MARGIN + HEAD);
    for (wire, points) in sheet.wires.iter().zip(&picture.placed.wires) {
        let points: Vec<Point> = points.iter().map(|&(x, y)| (x + origin.0, y + origin.1)).collect();
        match (wire.back, sheet.blocks[wire.from.0].kind) {
            (true, _) => around(&points, to),
            (false, Kind::Control) => along(&points, "control-wire", to),
            (false, _) => along(&points, "wire", to),
        }
    }
    for (index, block) in sheet.blocks.iter().enumerate() {
        let (x, y) = picture.placed.blocks[index];
        let corner = (x + origin.0, y + origin.1);
        let shape = &picture.shapes[index];
        match (&picture.inside[index], block.inside) {
            (Some(inside), Some(at)) => {
                let (x, y) = corner;
                let (w, h) = (shape.width, shape.height);
                let _ = write!(
                    to,
                    "<rect class=\"opened\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" rx=\"6\"/>"
                );
                stubs(&drawing.sheets[at], inside, shape, corner, to);
                paint(drawing, at, inside, corner, to);
            }
            _ => paint_block(block, shape, corner, to),
        }
    }
}

/// The last bit of the wires into and out of an opened block, from its frame to the ports inside.
fn stubs(sheet: &Sheet, inside: &Picture, shape: &Shape, corner: Point, to: &mut String) {
    let (mut inputs, mut outputs) = (shape.inputs.iter(), shape.outputs.iter());
    for (at, block) in sheet.blocks.iter().enumerate() {
        let x = corner.0 + MARGIN + inside.placed.blocks[at].0;
        let ends = match block.kind {
            Kind::Input => inputs.next().map(|y| (corner.0, x, y)),
            Kind::Output => outputs.next().map(|y| (x + inside.shapes[at].width, corner.0 + shape.width, y)),
            _ => None,
        };
        if let Some((from, until, y)) = ends {
            along(&[(from, corner.1 + y), (until, corner.1 + y)], "wire", to);
        }
    }
}

fn paint_block(block: &Block, shape: &Shape, (x, y): Point, to: &mut String) {
    let class = match block.kind {
        Kind::Input | Kind::Output => "ports",
        Kind::Control => "control",
        Kind::Memory => "memory",
        Kind::Source => "source",
        Kind::Function => "function",
        Kind::Operation => "operation",
    };
    let over = if block.name.is_some() { 12.0 } else { 0.0 };
    let (w, h, y) = (shape.width, shape.height - over, y + over);
    let round = if matches!(class, "ports" | "control") { h.min(HEIGHT) / 2.0 } else { 4.0 };
    let _ = write!(
        to,
        "<g class=\"block {class}\"><rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" \
         rx=\"{round}\"/>"
    );
    let listed = block.inputs.iter().any(|port| !port.is_empty());
    let middle = if listed { y + HEIGHT / 2.0 + 1.0 } else { y + h / 2.0 };
    label(to, "", (x + w / 2.0, middle + 4.0), &block.label, Some("middle"));
    if let Some(name) = &block.name {
        label(to, "name", (x + w, y - 3.0), name, Some("end"));
    }
    if listed {
        for (port, below) in block.inputs.iter().zip(&shape.inputs) {
            label(to, "port", (x + 8.0, y - over + below + 3.5), port, None);
        }
    }
    to.push_str("</g>");
}

/// A wire that flows with the others: level past layers, bent between them.
fn along(points: &[Point], class: &str, to: &mut String) {
    let Some(&(x, y)) = points.first() else { return };
    let _ = write!(to, "<path class=\"{class}\" d=\"M{x:.1} {y:.1}");
    for pair in points.windows(2) {
        let ((x1, y1), (x2, y2)) = (pair[0], pair[1]);
        if (y1 - y2).abs() < 0.05 {
            let _ = write!(to, "H{x2:.1}");
        } else {
            let middle = (x1 + x2) / 2.0;
            let _ = write!(to, "C{middle:.1} {y1:.1} {middle:.1} {y2:.1} {x2:.1} {y2:.1}");
        }
    }
    to.push_str("\"/>");
}

/// A wire that runs back: straight lines with round corners, and an arrow where it enters.
fn around(points: &[Point], to: &mut String) {
    const RADIUS: f64 = 6.0;
    let (Some(&(x, y)), Some(&(end_x, end_y))) = (points.first(), points.last()) else { return };
    let _ = write!(to, "<path class=\"back\" d=\"M{x:.1} {y:.1}");
    for corner in points.windows(3) {
        let [a, b, c] = [corner[0], corner[1], corner[2]];
        let toward = |from: Point| {
            let (dx, dy) = (from.0 - b.0, from.1 - b.1);
            let length = dx.hypot(dy);
            let reach = RADIUS.min(length / 2.0) / length.max(1e-9);
            (b.0 + dx * reach, b.1 + dy * reach)
        };
        let ((x1, y1), (x2, y2)) = (toward(a), toward(c));
        let _ = write!(to, "L{x1:.1} {y1:.1}Q{:.1} {:.1} {x2:.1} {y2:.1}", b.0, b.1);
    }
    let _ = write!(
        to,
        "L{end_x:.1} {end_y:.1}\"/><path class=\"arrow\" d=\"M{end_x:.1} {end_y:.1}l-6 -3.5v7z\"/>"
    );
}

fn label(to: &mut String, class: &str, (x, y): Point, text: &str, anchor: Option<&str>) {
    if text.is_empty() {
        return;
    }
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    let anchor = anchor.map_or(String::new(), |anchor| format!(" text-anchor=\"{anchor}\""));
    let text = escaped(text);
    let _ = write!(to, "<text{class} x=\"{x:.1}\" y=\"{y:.1}\"{anchor}>{text}</text>");
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // Not allowed in XML, not even escaped.
            letter if letter.is_control() => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// Counts are small.
#[allow(clippy::cast_precision_loss)]
fn as_f64(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawing::draw;
    use krach_diag::Source;

    /// Blocks do not lie on each other, and wires leave to the right and arrive from the left.
    fn is_tidy(drawing: &Drawing, at: usize, picture: &Picture) {
        let sheet = &drawing.sheets[at];
        let corners = &picture.placed.blocks;
        for (a, one) in corners.iter().enumerate() {
            for (b, other) in corners.iter().enumerate().skip(a + 1) {
                let apart_x = one.0 + picture.shapes[a].width <= other.0 + 0.01
                    || other.0 + picture.shapes[b].width <= one.0 + 0.01;
                let apart_y = one.1 + picture.shapes[a].height <= other.1 + 0.01
                    || other.1 + picture.shapes[b].height <= one.1 + 0.01;
                assert!(apart_x || apart_y, "{}: {a} and {b}", sheet.title);
            }
        }
        for (wire, points) in sheet.wires.iter().zip(&picture.placed.wires) {
            let forward = points.windows(2).all(|pair| pair[0].0 <= pair[1].0 + 0.01);
            assert!(forward || wire.back, "{}: {wire:?}", sheet.title);
        }
        for (block, inside) in sheet.blocks.iter().zip(&picture.inside) {
            if let (Some(inside), Some(at)) = (inside, block.inside) {
                is_tidy(drawing, at, inside);
            }
        }
    }

    #[test]
    fn pictures_are_tidy() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/faust");
        for entry in folder.read_dir().expect("the folder is there") {
            let path = entry.expect("an entry").path();
            if path.extension().is_none_or(|ending| ending != "program") {
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("a text");
            let program = krach_ir::parse(&Source::new("fixture", text)).expect("a valid program");
            let drawing = draw(&program);
            for at in fold::shown(&drawing.sheets) {
                is_tidy(&drawing, at, &picture(&drawing, at));
            }
        }
    }
}
