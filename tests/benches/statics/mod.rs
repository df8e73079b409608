//! Programs that the official compiler turned into Rust while this was built (`build.rs`): a static baseline. Their code
//! names the types below.

use super::{BLOCK, RATE, Side, noise};
use krach_abi::DspFactory;
use std::hint::black_box;

type F32 = f32;
type FaustFloat = f32;

#[derive(Clone, Copy)]
pub(crate) struct ParamIndex(i32);

pub(crate) trait Meta {
    fn declare(&mut self, key: &str, value: &str);
}

// Which of these the generated code calls depends on the program.
#[allow(dead_code, clippy::upper_case_acronyms)]
pub(crate) trait UI<T> {
    fn open_tab_box(&mut self, _: &str) {}
    fn open_horizontal_box(&mut self, _: &str) {}
    fn open_vertical_box(&mut self, _: &str) {}
    fn close_box(&mut self) {}
    fn add_button(&mut self, label: &str, param: ParamIndex);
    fn add_check_button(&mut self, label: &str, param: ParamIndex);
    fn add_vertical_slider(&mut self, label: &str, param: ParamIndex, init: T, lo: T, hi: T, step: T);
    fn add_horizontal_slider(&mut self, label: &str, param: ParamIndex, init: T, lo: T, hi: T, step: T);
    fn add_num_entry(&mut self, label: &str, param: ParamIndex, init: T, lo: T, hi: T, step: T);
    fn add_horizontal_bargraph(&mut self, _: &str, _: ParamIndex, _: T, _: T) {}
    fn add_vertical_bargraph(&mut self, _: &str, _: ParamIndex, _: T, _: T) {}
    fn declare(&mut self, _: Option<ParamIndex>, _: &str, _: &str) {}
}

#[allow(dead_code)]
pub(crate) trait FaustDsp {
    type T;
    fn new() -> Self
    where
        Self: Sized;
    fn metadata(&self, meta: &mut dyn Meta);
    fn get_sample_rate(&self) -> i32;
    fn get_num_inputs(&self) -> i32;
    fn get_num_outputs(&self) -> i32;
    fn class_init(rate: i32)
    where
        Self: Sized;
    fn instance_reset_params(&mut self);
    fn instance_clear(&mut self);
    fn instance_constants(&mut self, rate: i32);
    fn instance_init(&mut self, rate: i32);
    fn init(&mut self, rate: i32);
    fn build_user_interface(&self, ui: &mut dyn UI<Self::T>);
    fn build_user_interface_static(ui: &mut dyn UI<Self::T>)
    where
        Self: Sized;
    fn get_param(&self, param: ParamIndex) -> Option<Self::T>;
    fn set_param(&mut self, param: ParamIndex, value: Self::T);
    fn compute(&mut self, count: i32, inputs: &[&[Self::T]], outputs: &mut [&mut [Self::T]]);
}

include!(concat!(env!("OUT_DIR"), "/statics.rs"));

struct Knob {
    param: ParamIndex,
    /// Nothing for a button.
    range: Option<[f32; 3]>,
}

#[derive(Default)]
struct Knobs(Vec<Knob>);

impl UI<f32> for Knobs {
    fn add_button(&mut self, _: &str, param: ParamIndex) {
        self.0.push(Knob { param, range: None });
    }

    fn add_check_button(&mut self, _: &str, param: ParamIndex) {
        self.0.push(Knob { param, range: None });
    }

    fn add_vertical_slider(&mut self, _: &str, param: ParamIndex, init: f32, lo: f32, hi: f32, _: f32) {
        self.0.push(Knob { param, range: Some([init, lo, hi]) });
    }

    fn add_horizontal_slider(&mut self, _: &str, param: ParamIndex, init: f32, lo: f32, hi: f32, _: f32) {
        self.0.push(Knob { param, range: Some([init, lo, hi]) });
    }

    fn add_num_entry(&mut self, _: &str, param: ParamIndex, init: f32, lo: f32, hi: f32, _: f32) {
        self.0.push(Knob { param, range: Some([init, lo, hi]) });
    }
}

/// One of them at play.
pub(crate) struct Static {
    sound: Box<dyn FaustDsp<T = f32>>,
    knobs: Knobs,
    input: Vec<Vec<f32>>,
    output: Vec<Vec<f32>>,
}

impl Static {
    /// The program of that name, with the ports of the factory, if it is one of them.
    pub(crate) fn new(name: &str, factory: &dyn DspFactory) -> Option<Self> {
        let mut sound = make(name)?;
        sound.init(RATE.cast_signed());
        let mut knobs = Knobs::default();
        sound.build_user_interface(&mut knobs);
        let ports = factory.ports();
        let input = noise(ports.inputs);
        let input = (0..ports.inputs).map(|at| input.channel(at).to_vec()).collect();
        Some(Self { sound, knobs, input, output: vec![vec![0.0; BLOCK]; ports.outputs] })
    }
}

impl Side for Static {
    fn set(&mut self, part: f32) {
        for &Knob { param, range } in &self.knobs.0 {
            let value = match range {
                None => 1.0,
                Some([init, ..]) if part < 0.0 => init,
                Some([_, lo, hi]) => lo + part * (hi - lo),
            };
            self.sound.set_param(param, value);
        }
    }

    fn run(&mut self) {
        let inputs: Vec<&[f32]> = self.input.iter().map(Vec::as_slice).collect();
        let mut outputs: Vec<&mut [f32]> = self.output.iter_mut().map(Vec::as_mut_slice).collect();
        self.sound.compute(256, &inputs, &mut outputs);
        black_box(outputs);
    }
}
