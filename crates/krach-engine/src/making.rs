//! Makes what the audio half plays: all its memory is asked for here.

use crate::audio::{Ensemble, Manner, Player, Slot, Source, table};
use crate::graph::Node;
use crate::{Settings, Sound};

/// Voices that a sound needs: for notes, one spare voice each.
pub(crate) fn lanes(sound: &Sound) -> usize {
    if sound.voices > 1 { 2 * sound.voices } else { 1 }
}

/// Plays a program. `width`: channels of the player before it.
pub(crate) fn program(settings: &Settings, sound: &Sound, width: usize) -> Player {
    let manner = if sound.voices > 1 { Manner::Poly } else { Manner::Mono };
    let factory = sound.factory.as_ref();
    let mut ensemble = Ensemble::new(factory, &sound.keyboard(), manner, sound.seed, settings.block);
    ensemble.touch();
    let ports = [factory.ports().inputs, factory.ports().outputs];
    player(settings, Source::Notes(Box::new(ensemble)), ports, &sound.numbers, width)
}

fn player(settings: &Settings, source: Source, ports: [usize; 2], numbers: &[u16], width: usize) -> Player {
    Player::new(source, ports, numbers, width, [settings.block, settings.rate as usize])
}

/// The slot of a node, its levels at unity.
pub(crate) fn slot(settings: &Settings, index: u32, node: &Node) -> Slot {
    match &node.sound {
        Some(sound) => Slot::new(index, program(settings, sound, 0), first_values(sound, node.table).into()),
        None => {
            let source = Source::Device(node.first.into());
            Slot::new(index, player(settings, source, [0, node.outputs], &[], 0), Box::default())
        }
    }
}

/// The start value of each control by its number, NaN where there is none.
pub(crate) fn first_values(sound: &Sound, least: usize) -> Vec<f64> {
    let mut values = vec![f64::NAN; table(&sound.numbers).max(least)];
    for (&number, range) in sound.numbers.iter().zip(&sound.factory.ports().controls) {
        values[usize::from(number)] = range.init;
    }
    values
}
