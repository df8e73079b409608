//! Gain, mute and solo against the plain words of the rule; paths and groups.

// Arguments of tests are in range.
#![allow(clippy::unwrap_used)]

mod toys;

use krach_session::{Driver, Edit, Knob, Named, Out, Patch, Playing, Route, Sending};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use toys::{edits, effect, source};

/// Every way that a node's sound takes to be heard, as lists of nodes from it to the last one.
fn ways<'p>(patch: &'p Patch, from: &'p str) -> Vec<Vec<&'p str>> {
    let node = patch.node(from).unwrap();
    let mut nexts: Vec<&str> =
        patch.routes().filter(|(route, _)| *route.source == *from).map(|(route, _)| &*route.target).collect();
    let mut found = Vec::new();
    match &node.out {
        Out::Node(target) => nexts.push(target),
        Out::Nowhere => {}
        Out::Master | Out::Device(_) => found.push(vec![from]),
    }
    for next in nexts {
        found.extend(ways(patch, next).into_iter().map(|way| [&[from], &way[..]].concat()));
    }
    found
}

/// Whether sound that follows a way is heard: nothing on it is muted, and something on it is soloed.
fn is_heard(patch: &Patch, way: &[&str]) -> bool {
    let soloed = |name: &str| patch.solo().iter().any(|solo| **solo == *name);
    let any_solo = patch.nodes().any(|(name, _)| soloed(name));
    way.iter().all(|name| !patch.node(name).unwrap().muted)
        && (!any_solo || way.iter().any(|name| soloed(name)))
}

/// The same by the levels that the patch gives.
fn passes(patch: &Patch, way: &[&str]) -> bool {
    let audible: BTreeMap<&str, _> =
        patch.audible().into_iter().map(|(name, level)| (&**name, level)).collect();
    let last = way[way.len() - 1];
    let node = patch.node(last).unwrap();
    let open = |pair: &[&str]| {
        let route = patch.routes().find(|(route, _)| *route.source == *pair[0] && *route.target == *pair[1]);
        let by_route = route.is_some_and(|(route, _)| patch.is_sending(route));
        let by_out = matches!(&patch.node(pair[0]).unwrap().out, Out::Node(target) if **target == *pair[1])
            && audible[pair[0]].direct
            && !patch.node(pair[0]).unwrap().muted;
        by_route || by_out
    };
    way.windows(2).all(open) && audible[last].direct && !node.muted
}

proptest! {
    #[test]
    fn solo_and_mute_are_one_rule(edits in prop::collection::vec(edits(), 0..60)) {
        let mut patch = Patch::default();
        for edit in &edits {
            let _ = patch.apply(edit);
        }
        // Sound begins in sources; an effect that is kept has none of its own.
        for (name, _) in patch.nodes().filter(|(_, node)| !node.is_effect()) {
            for way in ways(&patch, name) {
                prop_assert_eq!(passes(&patch, &way), is_heard(&patch, &way), "{:?} solo {:?}", way, patch.solo());
            }
        }
        for (name, level) in patch.audible() {
            let node = patch.node(name).unwrap();
            prop_assert!(level.gain == 0.0 || level.gain == node.gain);
            let heard = ways(&patch, name).iter().any(|way| is_heard(&patch, way));
            prop_assert!(!heard || level.gain == node.gain);
        }
    }
}

fn jam() -> Patch {
    let mut patch = Patch::default();
    let declare = |(name, node): (&str, _)| Edit::Node(name.into(), Some(Arc::new(node)));
    let nodes = [
        ("bass", source()),
        ("pad", source()),
        ("verb", effect()),
        ("drums/kick", source()),
        ("drums/hat", source()),
    ];
    let sent = ["bass", "pad"].map(|source| {
        Edit::Route(
            Route { source: source.into(), target: "verb".into(), port: None },
            Some(Sending::default()),
        )
    });
    patch.apply_all(&nodes.map(declare)).unwrap();
    patch.apply_all(&sent).unwrap();
    patch
}

fn heard(patch: &Patch) -> String {
    let shown = |(name, level): (&Arc<str>, krach_session::Audible)| match (level.gain > 0.0, level.direct) {
        (true, true) => Some(name.to_string()),
        (true, false) => Some(format!("({name})")),
        _ => None,
    };
    patch.audible().into_iter().filter_map(shown).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_soloed_source_keeps_its_reverb() {
    let mut patch = jam();
    patch.apply(&patch.clone().soloing("bass", false).unwrap()).unwrap();
    assert_eq!(heard(&patch), "bass verb");
    assert!(!patch.is_sending(&Route { source: "pad".into(), target: "verb".into(), port: None }));
}

#[test]
fn a_soloed_effect_is_fed_by_what_is_heard_through_it_alone() {
    let mut patch = jam();
    patch.apply(&patch.clone().soloing("verb", false).unwrap()).unwrap();
    assert_eq!(heard(&patch), "(bass) (pad) verb");
}

#[test]
fn the_end_of_a_solo_leaves_explicit_mutes() {
    let mut patch = jam();
    patch.apply_all(&patch.clone().muting("drums", true).unwrap()).unwrap();
    patch.apply(&patch.clone().soloing("pad", false).unwrap()).unwrap();
    patch.apply(&patch.clone().soloing("drums", true).unwrap()).unwrap();
    assert_eq!(heard(&patch), "pad verb");
    patch.apply(&Edit::Solo(Vec::new())).unwrap();
    assert_eq!(heard(&patch), "bass pad verb");
    assert!(patch.node("drums/hat").unwrap().muted && patch.node("drums/hat").unwrap().gain == 0.5);
}

#[test]
fn the_gain_of_a_muted_node_is_what_unmuting_restores() {
    let mut patch = jam();
    patch.apply_all(&patch.clone().muting("bass", true).unwrap()).unwrap();
    patch.apply_all(&patch.clone().setting("bass", 0.9).unwrap()).unwrap();
    assert!(!heard(&patch).contains("bass"));
    patch.apply_all(&patch.clone().muting("bass", false).unwrap()).unwrap();
    assert_eq!(patch.audible()[0].1.gain, 0.9);
}

#[test]
fn paths_name_nodes_knobs_and_groups() {
    let patch = jam();
    let knob = |path: &str| match patch.named(path) {
        Ok(Named::Knob(knob)) => knob,
        other => panic!("{path}: {other:?}"),
    };
    assert_eq!(patch.named("bass"), Ok(Named::Node("bass".into())));
    assert_eq!(patch.named("drums"), Ok(Named::Group(vec!["drums/hat".into(), "drums/kick".into()])));
    assert_eq!(knob("drums/kick/gate"), Knob::Control("drums/kick".into(), "gate".into()));
    assert_eq!(knob("bass/verb_send"), Knob::Send("bass".into(), "verb".into()));
    for path in ["master", "tempo", "bass/gain", "bass/pan", "bass/cutoff", "bass/verb_send"] {
        assert_eq!(knob(path).to_string(), path);
        assert!(patch.value(&knob(path)).is_some());
    }
    assert!(patch.named("bass/gian").unwrap_err().helps[0].contains("did you mean `gain`?"));
    assert!(patch.named("base").unwrap_err().helps[0].contains("did you mean `bass`?"));
    assert!(Patch::default().named("x").unwrap_err().helps[0].contains("declare it first"));
}

#[test]
fn a_group_is_played_set_and_hushed_as_one() {
    let mut patch = jam();
    let tap = krach_pattern::build::hit(
        "gate",
        &krach_pattern::Manner::default(),
        krach_pattern::Origin::default(),
    );
    let playing = Driver::Playing(Playing { pattern: tap.unwrap(), offset: 0 });
    patch.apply_all(&patch.clone().driving("drums", &playing).unwrap()).unwrap();
    patch.apply_all(&patch.clone().driving("drums/hat/cutoff", &playing).unwrap()).unwrap();
    patch.apply_all(&patch.clone().setting("drums", 0.1).unwrap()).unwrap();
    let driven: Vec<_> = patch.drivers().map(|(path, _)| &**path).collect();
    assert_eq!(driven, ["drums/hat", "drums/hat/cutoff", "drums/kick"]);
    assert_eq!(patch.node("drums/kick").unwrap().gain, 0.1);
    patch.apply_all(&patch.clone().hushing("drums/hat").unwrap()).unwrap();
    assert_eq!(patch.drivers().len(), 1);
    patch.apply_all(&patch.stopping()).unwrap();
    assert_eq!(patch.drivers().len(), 0);
}

#[test]
fn a_silent_node_says_why_and_what_to_do() {
    let mut patch = Patch::default();
    let play = || {
        let tap = krach_pattern::build::hit("gate", &Default::default(), Default::default()).unwrap();
        Driver::Playing(Playing { pattern: tap, offset: 0 })
    };
    let node = |name: &str, node| Edit::Node(name.into(), Some(Arc::new(node)));
    let nodes = [node("bass", source()), node("kick", source()), node("verb", effect())];
    patch.apply_all(&nodes).unwrap();
    let why = |patch: &Patch, edits: &[Edit], name: &str| {
        let mut patch = patch.clone();
        patch.apply_all(edits).unwrap();
        patch.why(name, |_| None).unwrap()
    };
    let play = Edit::Drive("bass".into(), Some(play()));
    let says = |edits: &[Edit], expected: &str| {
        let edits = [std::slice::from_ref(&play), edits].concat();
        assert_eq!(why(&patch, &edits, "bass"), format!("playing, gain {expected}"));
    };
    says(&[], "0.50, heard");
    says(&[Edit::Solo(vec!["kick".into()])], "0.50, silent because 'kick' is soloed: kr.unsolo()");
    says(&[Edit::Muted("bass".into(), true)], "0.50, silent because it is muted: kr.unmute(\"bass\")");
    says(&[Edit::Gain("bass".into(), 0.0)], "0.00, silent because its gain is 0: kr.gain(\"bass\", 0.5)");
    says(&[Edit::Master(0.0)], "0.50, silent because the master is 0: kr.master = 0.7");
    assert!(why(&patch, &[], "bass").ends_with("silent because nothing plays it: kr.play(\"bass\", …)"));
    assert!(why(&patch, &[], "verb").ends_with("silent because nothing feeds it: kr.connect(…, \"verb\")"));
    assert_eq!(patch.why("pad", |_| None).unwrap_err().code.id(), "KR0901");
}
