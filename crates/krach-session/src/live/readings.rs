//! What is read of the sound while it plays: how loud the nodes are, and how heavy.

use super::OnStage;
use crate::patch::Name;

impl OnStage {
    /// The largest sample of each node since the last reading, and that of the master.
    pub fn peaks(&self) -> (Vec<(Name, f32)>, f32) {
        let state = self.state();
        let stage = state.performance.stage();
        let peak =
            |(name, id): (&Name, _)| (name.clone(), stage.meter(id).map_or(0.0, |reading| reading.peak));
        (state.performance.ends().map(peak).collect(), stage.master_meter().peak)
    }

    /// The part of real time that each node took since the last reading. The first reading begins to measure and gives
    /// nothing; without a reading for ten seconds measuring ends.
    pub fn loads(&self) -> Vec<(Name, f64)> {
        let mut state = self.state();
        let now = state.performance.now();
        let since = state.measured.replace(now);
        let (stage, rate) = (state.performance.stage(), f64::from(state.performance.rate()));
        stage.measure(true);
        #[allow(clippy::cast_precision_loss)]
        let seconds = since.map_or(0.0, |since| now.since(since) as f64 / rate);
        let load = |(name, id): (&Name, _)| {
            let took = stage.time(id).unwrap_or_default().as_secs_f64();
            (seconds > 0.0).then(|| (name.clone(), took / seconds))
        };
        state.performance.ends().filter_map(load).collect()
    }
}
