//! Why a node is silent, in a line.

use crate::patch::{Driver, Knob, Name, Out, Patch};
use krach_diag::Diagnostic;

impl Patch {
    /// What a node does, and why nothing is heard of it: `playing, gain 0.30, silent because 'kick' is soloed:
    /// kr.unsolo()`. Each reason has its remedy. `value` gives the value of a knob that sounds now.
    ///
    /// # Errors
    /// `KR0901`: no such node.
    pub fn why(&self, name: &str, value: impl Fn(&Knob) -> Option<f64>) -> Result<String, Diagnostic> {
        let node = self.expect_node(name)?;
        let name: Name = name.into();
        let gain = value(&Knob::Gain(name.clone())).unwrap_or(node.gain);
        let master = value(&Knob::Master).unwrap_or(self.settings.master);
        let does = match self.driver(&name) {
            Some(Driver::Playing(_)) => "playing",
            _ if node.is_effect() => "an effect",
            _ => "no pattern",
        };
        let reason = self.silence(&name, [gain, master]);
        let state = format!("{does}, gain {gain:.2}");
        Ok(match reason {
            Some((why, remedy)) => format!("{state}, silent because {why}: {remedy}"),
            None if does == "no pattern" && node.control("gate").is_some() => {
                format!("{state}, silent because nothing plays it: kr.play(\"{name}\", …)")
            }
            None => format!("{state}, heard"),
        })
    }

    /// The reason for which nothing of a node can be heard, and the remedy.
    fn silence(&self, name: &Name, [gain, master]: [f64; 2]) -> Option<(String, String)> {
        let node = self.node(name)?;
        if node.muted {
            return Some(("it is muted".into(), format!("kr.unmute(\"{name}\")")));
        }
        let audible = self.audible().into_iter().find(|(other, _)| *other == name)?.1;
        let sends = self
            .routes()
            .any(|(route, sent)| route.source == *name && sent.level > 0.0 && self.is_sending(route));
        if audible.gain == 0.0 && node.gain > 0.0 || !audible.direct && !sends && !self.solo.is_empty() {
            let soloed: Vec<String> = self.solo.iter().map(|name| format!("'{name}'")).collect();
            let verb = if soloed.len() == 1 { "is" } else { "are" };
            return Some((format!("{} {verb} soloed", soloed.join(", ")), "kr.unsolo()".into()));
        }
        if gain == 0.0 {
            return Some(("its gain is 0".into(), format!("kr.gain(\"{name}\", 0.5)")));
        }
        if master == 0.0 {
            return Some(("the master is 0".into(), "kr.master = 0.7".into()));
        }
        match &node.out {
            Out::Nowhere if !sends => {
                Some(("it goes nowhere".into(), format!("kr.connect(\"{name}\", …), or its out: \"master\"")))
            }
            Out::Node(target) => {
                let muted = self.node(target).is_some_and(|node| node.muted);
                let remedy = format!("kr.unmute(\"{target}\")");
                muted.then(|| (format!("'{target}', which it goes into, is muted"), remedy))
            }
            _ if node.is_effect() && !self.fed(name) => {
                Some(("nothing feeds it".into(), format!("kr.connect(…, \"{name}\")")))
            }
            _ => None,
        }
    }

    fn fed(&self, name: &Name) -> bool {
        self.nodes.keys().any(|source| self.fed_by(source).any(|target| target == name))
    }
}
