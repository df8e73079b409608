//! `Session`: the handle behind `krach.Mixer`. It holds no music of its own: every call reads or edits the session, without
//! the interpreter lock.

mod facts;
mod live;
mod patch;
mod ports;
mod render;
mod texts;
mod tuned;

pub use ports::{Ports, Take};

use crate::error;
use crate::pattern::Pattern;
use crate::pattern::argument::{count, time};
use crate::program::Program;
use facts::{DriverFacts, NodeFacts, Outlet, bars, voicing};
use krach_engine::DeviceRequest;
use krach_pattern::{Shape, Time};
use krach_session::{
    At, Driver, Edit, Fade, Knob, Mixdown, Modulation, Named, Node, Playing, Route, Sending, Voicing,
};
use pyo3::prelude::*;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use texts::Texts;
use tuned::Tuned;

/// Everything that sounds together.
#[pyclass(module = "krach._krach", frozen)]
#[derive(Debug)]
pub struct Session {
    inner: Arc<krach_session::Session>,
    /// Whether a name that does not exist is an error.
    strict: AtomicBool,
    /// The device to play on, until it is opened.
    waiting: Mutex<Option<DeviceRequest>>,
    texts: Texts,
    tuned: Tuned,
}

/// A control and its first value.
type Value = (String, f64);

#[pymethods]
impl Session {
    #[new]
    #[pyo3(signature = (request=None))]
    fn new(request: Option<live::Request>) -> Self {
        let inner = Arc::new(krach_session::Session::of_user());
        let waiting = Mutex::new(request.map(Into::into));
        Self {
            inner,
            strict: AtomicBool::new(false),
            waiting,
            texts: Texts::default(),
            tuned: Tuned::default(),
        }
    }

    #[getter]
    fn get_strict(&self) -> bool {
        self.strict.load(Ordering::Relaxed)
    }

    #[setter]
    fn set_strict(&self, strict: bool) {
        self.strict.store(strict, Ordering::Relaxed);
    }

    #[getter]
    fn get_threads(&self) -> usize {
        self.inner.threads()
    }

    #[setter]
    fn set_threads(&self, threads: usize) {
        self.inner.set_threads(threads);
    }

    /// Declares a node. The answer are the controls that were set and are gone.
    #[pyo3(signature = (name, sound, precision, gain, count, values, text=""))]
    #[allow(clippy::too_many_arguments)]
    fn declare(
        &self,
        py: Python<'_>,
        name: String,
        sound: &Program,
        precision: &str,
        gain: f64,
        count: &Bound<'_, PyAny>,
        values: Vec<Value>,
        text: &str,
    ) -> PyResult<Vec<String>> {
        let voicing = voicing(sound, precision)?;
        let voices = self::count(py, "`count`", count)?;
        let count = u32::try_from(voices.max(0)).unwrap_or(u32::MAX);
        let values = values.into_iter().map(|(control, value)| (control.into(), value)).collect();
        let node = Node { gain, count, values, ..Node::new(voicing) };
        let mut lost = Vec::new();
        self.edit(py, |patch| {
            let (edits, gone) = patch.declaring(&name.into(), node);
            lost = gone.iter().map(ToString::to_string).collect();
            Ok(edits)
        })?;
        if !text.is_empty() {
            self.texts.keep(sound.inner(), text);
        }
        Ok(lost)
    }

    /// Declares a node that is heard from an input of the sound device, counted from 0.
    fn declare_input(&self, py: Python<'_>, name: String, channel: u32, gain: f64) -> PyResult<()> {
        let node = Node { gain, ..Node::new(Voicing::Input(channel)) };
        self.edit(py, |patch| Ok(patch.declaring(&name.into(), node).0))
    }

    fn remove(&self, py: Python<'_>, name: &str) -> PyResult<()> {
        self.edit(py, |patch| patch.removing(name))
    }

    fn out(&self, py: Python<'_>, name: &str, out: Option<Outlet>) -> PyResult<()> {
        self.edit(py, |patch| Ok(vec![Edit::Out(name.into(), Outlet::to_out(out, patch)?)]))
    }

    /// Routes a node, or each node of a group. `port` is the name or the number of an input.
    #[pyo3(signature = (source, target, level, port, pre))]
    fn connect(
        &self,
        py: Python<'_>,
        source: &str,
        target: &str,
        level: f64,
        port: Option<facts::Port>,
        pre: bool,
    ) -> PyResult<()> {
        self.edit(py, |patch| {
            let port = port.map(|port| port.number(patch, target)).transpose()?;
            let route = |source| Route { source, target: target.into(), port };
            let members = match patch.members(source) {
                members if members.is_empty() => vec![source.into()],
                members => members,
            };
            let routes = members.into_iter().map(route);
            Ok(routes.map(|route| Edit::Route(route, Some(Sending { level, pre }))).collect())
        })
    }

    fn disconnect(&self, py: Python<'_>, source: &str, target: &str) -> PyResult<()> {
        self.edit(py, |patch| Ok(patch.disconnecting(source, target)))
    }

    /// Lets a pattern play a path; with `from_zero`, its own cycle 0 is the next bar.
    #[pyo3(signature = (path, pattern, from_zero, at=None))]
    fn play(
        &self,
        py: Python<'_>,
        path: &str,
        pattern: &Pattern,
        from_zero: bool,
        at: live::When<'_>,
    ) -> PyResult<()> {
        let (offset, at) = match (live::at(py, at)?, live::next_bar(&self.inner).filter(|_| from_zero)) {
            (_, Some(bar)) => (bar, At::Cycle(Time::whole(bar))),
            (at, None) => (0, at),
        };
        let playing = Playing { pattern: pattern.0.clone(), offset };
        self.edit_at(py, at, |patch| patch.playing(path, playing))
    }

    #[pyo3(signature = (path, at=None))]
    fn hush(&self, py: Python<'_>, path: &str, at: live::When<'_>) -> PyResult<()> {
        self.edit_at(py, live::at(py, at)?, |patch| patch.hushing(path))
    }

    fn stop(&self, py: Python<'_>) -> PyResult<()> {
        self.edit(py, |patch| Ok(patch.stopping()))
    }

    /// The pattern that plays a path, or the last one that did.
    fn pattern(&self, py: Python<'_>, path: &str) -> Option<Pattern> {
        py.detach(|| facts::last_pattern(&self.inner, path)).map(Pattern)
    }

    fn set(&self, py: Python<'_>, path: &str, value: f64) -> PyResult<()> {
        self.edit(py, |patch| patch.setting(path, value))
    }

    fn gain(&self, py: Python<'_>, name: &str, gain: f64) -> PyResult<()> {
        self.edit(py, |patch| patch.levelling(name, gain))
    }

    #[pyo3(signature = (name, muted, at=None))]
    fn mute(&self, py: Python<'_>, name: &str, muted: bool, at: live::When<'_>) -> PyResult<()> {
        self.edit_at(py, live::at(py, at)?, |patch| patch.muting(name, muted))
    }

    #[pyo3(signature = (name, add, at=None))]
    fn solo(&self, py: Python<'_>, name: &str, add: bool, at: live::When<'_>) -> PyResult<()> {
        self.edit_at(py, live::at(py, at)?, |patch| Ok(vec![patch.soloing(name, add)?]))
    }

    fn unsolo(&self, py: Python<'_>) -> PyResult<()> {
        self.edit(py, |patch| {
            let soloed = !patch.solo().is_empty();
            Ok(soloed.then(|| Edit::Solo(Vec::new())).into_iter().collect())
        })
    }

    #[pyo3(signature = (path, to, over, at=None))]
    fn fade(
        &self,
        py: Python<'_>,
        path: &str,
        to: f64,
        over: &Bound<'_, PyAny>,
        at: live::When<'_>,
    ) -> PyResult<()> {
        let fade = Driver::Fade(Fade { to, bars: bars(py, over)? });
        self.edit_at(py, live::at(py, at)?, |patch| patch.driving(path, &fade))
    }

    fn modulate(
        &self,
        py: Python<'_>,
        path: &str,
        shape: &str,
        ends: (f64, f64),
        over: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let Some(shape) = Shape::ALL.into_iter().find(|known| known.name() == shape) else {
            return Err(error::raise(py, &facts::no_shape(shape)));
        };
        let (lo, hi) = ends;
        let modulation = Driver::Modulation(Modulation { shape, lo, hi, bars: bars(py, over)? });
        self.edit(py, |patch| patch.driving(path, &modulation))
    }

    #[setter]
    fn set_tempo(&self, py: Python<'_>, tempo: f64) -> PyResult<()> {
        self.edit(py, |patch| patch.setting("tempo", tempo))
    }

    #[setter]
    fn set_master(&self, py: Python<'_>, gain: f64) -> PyResult<()> {
        self.edit(py, |patch| patch.setting("master", gain))
    }

    #[setter]
    fn set_meter(&self, py: Python<'_>, meter: &Bound<'_, PyAny>) -> PyResult<()> {
        let meter = time(py, "meter must be a number of beats above 0", meter)?;
        self.edit(py, |_| Ok(vec![Edit::Meter(meter)]))
    }

    #[setter]
    fn set_limiter(&self, py: Python<'_>, on: bool) -> PyResult<()> {
        self.edit(py, |_| Ok(vec![Edit::Limiter(on)]))
    }

    #[setter]
    fn set_seed(&self, py: Python<'_>, seed: &Bound<'_, PyAny>) -> PyResult<()> {
        let seed = count(py, "a seed", seed)?.cast_unsigned();
        self.edit(py, |_| Ok(vec![Edit::Seed(seed)]))
    }

    #[setter]
    fn set_tuning(&self, py: Python<'_>, tuning: &Bound<'_, PyAny>) -> PyResult<()> {
        let Ok(hertz) = tuning.extract() else {
            self.tuned.set(Some(tuning.clone().unbind()));
            return Ok(());
        };
        self.edit(py, |_| Ok(vec![Edit::Tuning(hertz)]))?;
        self.tuned.set(None);
        Ok(())
    }

    #[getter]
    fn get_tempo(&self, py: Python<'_>) -> f64 {
        self.patch(py).settings().tempo
    }

    #[getter]
    fn get_master(&self, py: Python<'_>) -> f64 {
        self.patch(py).settings().master
    }

    #[getter]
    fn get_meter(&self, py: Python<'_>) -> f64 {
        self.patch(py).settings().meter.approximately()
    }

    /// The meter as numerator and denominator.
    #[getter]
    fn exact_meter(&self, py: Python<'_>) -> (i64, i64) {
        let meter = self.patch(py).settings().meter;
        (meter.numerator(), meter.denominator())
    }

    #[getter]
    fn get_limiter(&self, py: Python<'_>) -> bool {
        self.patch(py).settings().limiter
    }

    #[getter]
    fn get_seed(&self, py: Python<'_>) -> i64 {
        self.patch(py).settings().seed.cast_signed()
    }

    /// The frequency of A4, and the tuning of the next patterns if it is not twelve equal steps.
    #[getter]
    fn get_tuning(&self, py: Python<'_>) -> (f64, Option<Py<PyAny>>) {
        (self.patch(py).settings().tuning, self.tuned.get(py))
    }

    /// What a path names: `("node", [name])`, `("group", names)` or `("knob", [path])`.
    fn named(&self, py: Python<'_>, path: &str) -> PyResult<(&'static str, Vec<String>)> {
        self.read(py, |patch| {
            Ok(match patch.named(path)? {
                Named::Node(name) => ("node", vec![name.to_string()]),
                Named::Group(names) => ("group", names.iter().map(ToString::to_string).collect()),
                Named::Knob(knob @ (Knob::Master | Knob::Gain(_) | Knob::Send(..))) => {
                    ("level", vec![knob.to_string()])
                }
                Named::Knob(knob) => ("knob", vec![knob.to_string()]),
            })
        })
    }

    /// The lowest and the highest value of a path, if it has such.
    fn range(&self, py: Python<'_>, path: &str) -> PyResult<Option<(f64, f64)>> {
        self.read(py, |patch| Ok(facts::knob(patch, path)?.and_then(|knob| patch.range(&knob))))
    }

    /// The value of a path that sounds now; while nothing plays, the one that was set last.
    fn sounding(&self, py: Python<'_>, path: &str) -> PyResult<f64> {
        py.detach(|| self.inner.value(path)).map_err(|report| error::raise(py, &report))
    }

    /// The value that a path was set to last.
    fn value(&self, py: Python<'_>, path: &str) -> PyResult<f64> {
        self.read(py, |patch| facts::value(patch, path))
    }

    fn nodes(&self, py: Python<'_>) -> Vec<String> {
        self.patch(py).nodes().map(|(name, _)| name.to_string()).collect()
    }

    /// One node; none if nothing is called so.
    fn node(&self, py: Python<'_>, name: &str) -> Option<NodeFacts> {
        let patch = self.patch(py);
        let node = patch.node(name)?;
        Some(NodeFacts::of(node, self.texts.of(node)))
    }

    /// Source, target, port, level and whether before the gain.
    fn routes(&self, py: Python<'_>) -> Vec<(String, String, Option<String>, f64, bool)> {
        facts::routes(&self.patch(py))
    }

    /// What drives each path.
    fn drivers(&self, py: Python<'_>) -> Vec<DriverFacts> {
        facts::drivers(&self.patch(py))
    }

    fn soloed(&self, py: Python<'_>) -> Vec<String> {
        self.patch(py).solo().iter().map(ToString::to_string).collect()
    }

    fn in_transition(&self, py: Python<'_>) -> bool {
        py.detach(|| self.inner.is_gliding())
    }

    #[pyo3(signature = (over=None, at=None))]
    fn begin(&self, py: Python<'_>, over: Option<&Bound<'_, PyAny>>, at: live::When<'_>) -> PyResult<()> {
        let over = over.map(|over| time(py, "bars must be a positive number", over)).transpose()?;
        live::at(py, at)?;
        py.detach(|| self.inner.begin(over));
        self.tuned.begin(py);
        Ok(())
    }

    /// Ends the transaction, which is given up where `at` is no moment.
    #[pyo3(signature = (at=None))]
    fn finish(&self, py: Python<'_>, at: live::When<'_>) -> PyResult<()> {
        let at = live::at(py, at).inspect_err(|_| self.cancel(py))?;
        let finished = py.detach(|| self.inner.finish_at(at));
        self.tuned.end(finished.is_ok());
        finished.map_err(|report| error::raise(py, &report))
    }

    fn cancel(&self, py: Python<'_>) {
        py.detach(|| self.inner.cancel());
        self.tuned.end(false);
    }

    fn undo(&self, py: Python<'_>) -> PyResult<bool> {
        py.detach(|| self.inner.undo()).map_err(|report| error::raise(py, &report))
    }

    fn redo(&self, py: Python<'_>) -> PyResult<bool> {
        py.detach(|| self.inner.redo()).map_err(|report| error::raise(py, &report))
    }

    /// The steps that can be undone, the oldest first; of each the lines of its edits.
    fn history(&self, py: Python<'_>) -> Vec<Vec<String>> {
        let steps = py.detach(|| self.inner.history());
        steps.iter().map(|edits| edits.iter().map(ToString::to_string).collect()).collect()
    }

    /// The lines of the edits of the open transaction, else of the last step.
    fn edits(&self, py: Python<'_>) -> Vec<String> {
        py.detach(|| self.inner.edits()).iter().map(ToString::to_string).collect()
    }

    /// A line for each node of the last step whose code was replaced.
    fn swaps(&self, py: Python<'_>) -> Vec<String> {
        py.detach(|| self.inner.swaps())
    }

    fn save(&self, py: Python<'_>, name: &str) {
        py.detach(|| self.inner.save_scene(name));
    }

    #[pyo3(signature = (name, at=None))]
    fn recall(&self, py: Python<'_>, name: &str, at: live::When<'_>) -> PyResult<()> {
        let at = live::at(py, at)?;
        let found = py.detach(|| self.inner.scenes(|scenes, _| scenes.get(name).cloned()));
        let scene = found.map_err(|report| error::raise(py, &report))?;
        self.edit_at(py, at, |patch| Ok(patch.diff(&scene)))
    }

    #[getter]
    fn get_scenes(&self, py: Python<'_>) -> Vec<String> {
        py.detach(|| self.inner.scenes(|scenes, _| scenes.names().map(ToString::to_string).collect()))
    }

    /// The frames of a render, whose length is given in bars or in seconds.
    #[pyo3(signature = (bars, seconds, sample_rate))]
    fn frames(&self, py: Python<'_>, bars: f64, seconds: Option<f64>, sample_rate: u32) -> PyResult<usize> {
        self.read(py, |patch| match seconds {
            Some(seconds) => Mixdown::of_seconds(seconds, sample_rate),
            None => Mixdown::of_bars(patch, bars, sample_rate),
        })
    }

    /// Renders the patch to arrays of shape (channels, frames): the master, and with `stems` each node by name.
    #[pyo3(signature = (frames, sample_rate, seed, stems, progress=None))]
    fn mixdown<'py>(
        &self,
        py: Python<'py>,
        frames: usize,
        sample_rate: u32,
        seed: Option<&Bound<'py, PyAny>>,
        stems: bool,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<render::Heard<'py>> {
        let seed = seed.map(|seed| count(py, "a seed", seed)).transpose()?.map(i64::cast_unsigned);
        let patch = self.read(py, |patch| render::heard(patch, seed))?;
        render::mixdown(py, &self.inner, patch, (frames, sample_rate, stems), progress.as_ref())
    }

    /// MIDI and OSC.
    fn ports(&self) -> Ports {
        Ports(self.inner.clone())
    }

    /// Records what plays from now on.
    fn record(&self, py: Python<'_>, path: PathBuf, bits: &str, stems: bool) -> PyResult<Take> {
        Take::begin(py, &self.inner, path, bits, stems)
    }

    /// Nodes of a path that play one note at a time while their pattern begins more, and the number of these.
    fn chords(&self, py: Python<'_>, path: &str) -> Vec<(String, usize)> {
        let chords = py.detach(|| self.inner.patch().chords(path));
        chords.into_iter().map(|(name, notes)| (name.to_string(), notes)).collect()
    }

    /// What a node does, and why it is silent.
    fn why(&self, py: Python<'_>, name: &str) -> PyResult<String> {
        py.detach(|| self.inner.why(name)).map_err(|report| error::raise(py, &report))
    }

    /// A line for each note that sounds at a moment.
    fn sounding_at(&self, py: Python<'_>, seconds: f64) -> PyResult<Vec<String>> {
        let notes = py.detach(|| self.inner.sounding_at(seconds));
        let notes = notes.map_err(|report| error::raise(py, &report))?;
        Ok(notes.iter().map(ToString::to_string).collect())
    }

    fn revive(&self, py: Python<'_>, name: &str) -> PyResult<()> {
        py.detach(|| self.inner.revive(name)).map_err(|report| error::raise(py, &report))
    }

    /// Goes on from a journal, that of the last session by default: its file, and whether it was whole.
    #[pyo3(signature = (path=None))]
    fn recover(&self, py: Python<'_>, path: Option<PathBuf>) -> PyResult<(PathBuf, bool)> {
        py.detach(|| live::recover(&self.inner, path)).map_err(|report| error::raise(py, &report))
    }

    /// The journal that is being written.
    fn journal(&self, py: Python<'_>) -> Option<PathBuf> {
        py.detach(|| self.inner.journal())
    }

    /// Keeps no journal of what plays from now on.
    fn keep_no_journal(&self) {
        self.inner.keep_no_journal();
    }

    /// Plays on the device that it was made for, once; if that fails it stays silent.
    fn wake(&self, py: Python<'_>) -> PyResult<()> {
        let request = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        let played = request.map(|request| py.detach(|| self.inner.play(&request)));
        played.transpose().map(drop).map_err(|report| error::raise(py, &report))
    }

    /// Plays on a device, or moves there: what it agreed to.
    fn open(&self, py: Python<'_>, request: live::Request) -> PyResult<live::Format> {
        let request = request.into();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        let format = py.detach(|| self.inner.play(&request)).map_err(|report| error::raise(py, &report))?;
        Ok(format.into())
    }

    /// Ends the sound; whether something played.
    fn close(&self, py: Python<'_>) -> bool {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        py.detach(|| self.inner.stop_device())
    }

    /// What the device agreed to; none while nothing plays.
    fn device(&self, py: Python<'_>) -> Option<live::Format> {
        py.detach(|| self.inner.device()).map(Into::into)
    }

    fn panic(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| self.inner.panic()).map_err(|report| error::raise(py, &report))
    }

    /// Frame, cycle, bar, beat, tempo and seconds; none while nothing plays.
    fn now(&self, py: Python<'_>) -> Option<(u64, f64, i64, f64, f64, f64)> {
        py.detach(|| self.inner.now()).map(live::moment)
    }

    /// Waits a short while, or until a cycle; whether the music is there.
    fn wait(&self, py: Python<'_>, cycle: f64, seconds: f64) -> bool {
        py.detach(|| live::wait(&self.inner, cycle, seconds))
    }

    /// Counters by name, and the peaks of the nodes and of the master; none while nothing plays.
    fn stats(&self, py: Python<'_>) -> Option<live::Counters> {
        py.detach(|| live::counters(&self.inner))
    }

    /// The last samples of the master, left and right; none while nothing plays.
    fn scope(&self, py: Python<'_>, frames: usize) -> Option<[Vec<f32>; 2]> {
        py.detach(|| self.inner.scope(frames))
    }

    /// What the next cycles will sound like.
    fn preview<'py>(&self, py: Python<'py>, over: &Bound<'py, PyAny>) -> PyResult<live::Forecast<'py>> {
        let over = bars(py, over)?;
        let preview = py.detach(|| self.inner.preview(over)).map_err(|report| error::raise(py, &report))?;
        live::forecast(py, preview)
    }

    /// Lines about what happened since the last call.
    fn news(&self, py: Python<'_>) -> Vec<String> {
        py.detach(|| self.inner.news()).iter().map(live::line).collect()
    }

    /// The edits that wait for their moment: the bar, and a line for each.
    fn pending(&self, py: Python<'_>) -> Vec<(f64, Vec<String>)> {
        py.detach(|| self.inner.pending()).iter().map(live::waiting).collect()
    }
}
