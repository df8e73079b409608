//! Laws of edits: each can be undone, the difference of two patches makes one of the other, a refusal changes nothing.

// Arguments of tests are in range.
#![allow(clippy::unwrap_used)]

mod toys;

use krach_pattern::Time;
use krach_session::{Driver, Edit, Fade, History, Node, Out, Patch, Route, Scenes, Sending, Transaction};
use proptest::prelude::*;
use std::sync::Arc;
use toys::{edits, effect, program, source};

/// The patch that random edits lead to, those refused left out.
fn patch(edits: &[Edit]) -> Patch {
    let mut patch = Patch::default();
    for edit in edits {
        let before = patch.clone();
        if patch.apply(edit).is_err() {
            assert_eq!(patch, before, "a refused edit changes nothing: {edit}");
        }
    }
    patch
}

fn many() -> impl Strategy<Value = Vec<Edit>> {
    prop::collection::vec(edits(), 0..60)
}

proptest! {
    #[test]
    fn every_edit_can_be_undone(edits in many()) {
        let mut patch = Patch::default();
        let mut stages = vec![patch.clone()];
        let mut inverses = Vec::new();
        for edit in &edits {
            if let Ok(inverse) = patch.apply(edit) {
                inverses.push(inverse);
                stages.push(patch.clone());
            }
        }
        while let Some(inverse) = inverses.pop() {
            prop_assert_eq!(Some(&patch), stages.last());
            stages.pop();
            patch.apply(&inverse).unwrap();
        }
        prop_assert_eq!(patch, Patch::default());
    }

    #[test]
    fn the_difference_of_two_patches_makes_one_of_the_other(one in many(), other in many()) {
        let (one, other) = (patch(&one), patch(&other));
        let mut changed = one.clone();
        let edits = one.diff(&other);
        changed.apply_all(&edits).map_err(|report| TestCaseError::fail(report.to_string()))?;
        prop_assert_eq!(&changed, &other);
        prop_assert!(other.diff(&changed).is_empty());
        // As few as can be: without any of them the result is another. Outputs are opened on the way, so that no circle
        // arises and no node goes that another leads into.
        for left_out in 0..edits.len() {
            if matches!(edits[left_out], Edit::Out(..)) {
                continue;
            }
            let mut fewer = edits.clone();
            fewer.remove(left_out);
            let mut short = one.clone();
            let passed = fewer.iter().all(|edit| short.apply(edit).is_ok());
            prop_assert!(!passed || short != other, "{} is not needed", edits[left_out]);
        }
    }

    #[test]
    fn edits_together_are_all_or_nothing(before in many(), together in many()) {
        let start = patch(&before);
        let mut changed = start.clone();
        match changed.apply_all(&together) {
            Ok(inverse) => {
                changed.apply_all(&inverse).unwrap();
                prop_assert_eq!(changed, start);
            }
            Err(_) => prop_assert_eq!(changed, start),
        }
    }

    #[test]
    fn history_goes_back_to_the_start_and_forth_again(edits in many()) {
        let (mut patch, mut history) = (Patch::default(), History::new(1000));
        for edit in &edits {
            let _ = history.apply(&mut patch, std::slice::from_ref(edit));
        }
        let end = patch.clone();
        let steps = history.entries().len();
        for _ in 0..steps {
            prop_assert!(history.undo(&mut patch).unwrap().is_some());
        }
        prop_assert_eq!(history.undo(&mut patch).unwrap(), None);
        prop_assert_eq!(&patch, &Patch::default());
        while history.redo(&mut patch).unwrap().is_some() {}
        prop_assert_eq!(patch, end);
    }

    #[test]
    fn a_node_goes_with_everything_that_leads_to_it(edits in many(), at in 0_usize..7) {
        let mut patch = patch(&edits);
        let Some(name) = patch.nodes().nth(at).map(|(name, _)| name.clone()) else { return Ok(()) };
        let edits = patch.removing(&name).unwrap();
        patch.apply_all(&edits).map_err(|report| TestCaseError::fail(report.to_string()))?;
        prop_assert!(patch.node(&name).is_none());
        prop_assert!(patch.routes().all(|(route, _)| route.source != name && route.target != name));
        let below = format!("{name}/");
        prop_assert!(patch.drivers().all(|(path, _)| *path != name && !path.starts_with(&below)));
    }
}

fn small() -> Patch {
    let mut patch = Patch::default();
    let node = |name: &str, node: Node| Edit::Node(name.into(), Some(Arc::new(node)));
    let edits =
        [node("bass", source()), node("pad", source()), node("verb", effect()), node("echo", effect())];
    patch.apply_all(&edits).unwrap();
    patch
}

fn route(source: &str, target: &str) -> Route {
    Route { source: source.into(), target: target.into(), port: None }
}

fn said(patch: &mut Patch, edit: &Edit) -> String {
    let report = patch.apply(edit).unwrap_err();
    format!("{} {}", report.message, report.helps.join(" "))
}

#[test]
fn a_refusal_names_the_path_and_the_nearest_name() {
    let mut patch = small();
    let sent = |source, target| Edit::Route(route(source, target), Some(Sending::default()));
    patch.apply_all(&[sent("bass", "verb"), sent("verb", "echo")]).unwrap();
    let circle = said(&mut patch, &sent("echo", "verb"));
    assert!(circle.contains("echo > verb > echo"), "{circle}");
    assert!(said(&mut patch, &sent("verb", "verb")).contains("verb > verb"));
    let wrong_way = said(&mut patch, &sent("verb", "bass"));
    assert!(wrong_way.contains("`bass` has no audio input") && wrong_way.contains("the other way"));
    assert!(said(&mut patch, &sent("bass", "vreb")).contains("did you mean `verb`?"));
    let port = Edit::Route(Route { port: Some(2), ..route("bass", "verb") }, Some(Sending::default()));
    assert!(said(&mut patch, &port).contains("`verb` has no input 2: it has 2"));
    let misspelt = said(&mut patch, &Edit::Value("bass".into(), "cutof".into(), Some(1.0)));
    assert!(
        misspelt.contains("`bass` has no control `cutof`") && misspelt.contains("`cutoff`"),
        "{misspelt}"
    );
    let tempo = said(&mut patch, &Edit::Tempo(0.0));
    assert!(tempo.starts_with("tempo must be a finite BPM above 0, got 0; still 120"), "{tempo}");
    assert!(said(&mut patch, &Edit::Gain("bass".into(), -1.0)).contains("0 or more, got -1"));
    assert!(said(&mut patch, &Edit::Node("verb".into(), None)).contains("cannot go while"));
    for name in ["", "a//b", "/a", "a/", "master", "tempo", "a/gain", "a/b_send", " a", "a\n"] {
        let edit = Edit::Node(name.into(), Some(Arc::new(source())));
        assert!(patch.apply(&edit).is_err(), "{name:?}");
    }
    for channels in [&[][..], &[0, 1], &[65], &[1; 17]] {
        let out = said(&mut patch, &Edit::Out("bass".into(), Out::Device(channels.into())));
        assert!(out.contains("1 to 16 channels of a device, which count from 1 to 64"), "{out}");
    }
    let shadow = said(&mut patch, &Edit::Node("bass/cutoff".into(), Some(Arc::new(source()))));
    assert!(shadow.contains("a node and a control"), "{shadow}");
}

#[test]
fn a_node_declared_again_keeps_what_was_set() {
    let mut patch = small();
    let set = |control: &str, value| Edit::Value("bass".into(), control.into(), Some(value));
    patch.apply_all(&[set("cutoff", 3.0), set("freq", 5.0), Edit::Muted("bass".into(), true)]).unwrap();
    patch.apply(&Edit::Route(route("bass", "verb"), Some(Sending { level: 0.4, pre: false }))).unwrap();
    let mut again =
        Node { gain: 0.3, ..Node::new(krach_session::Voicing::Program(program(&[], &["cutoff", "q"]))) };
    again.values.insert("q".into(), 2.0);
    let (edits, lost) = patch.declaring(&"bass".into(), again);
    patch.apply_all(&edits).unwrap();
    let bass = patch.node("bass").unwrap();
    assert_eq!(lost, ["freq".into()]);
    assert!(bass.muted && bass.gain == 0.3 && patch.routes().len() == 1);
    assert_eq!(bass.values, [("cutoff".into(), 3.0), ("q".into(), 2.0)].into());
}

#[test]
fn a_scene_is_recalled_as_a_difference() {
    let mut patch = small();
    let mut scenes = Scenes::default();
    scenes.save("verse", &patch);
    let louder = [Edit::Gain("pad".into(), 1.0), Edit::Tempo(140.0)];
    patch.apply_all(&louder).unwrap();
    let back = scenes.recalling("verse", &patch).unwrap();
    assert_eq!(back, [Edit::Gain("pad".into(), 0.5), Edit::Tempo(120.0)]);
    let missing = scenes.get("vers").unwrap_err();
    assert!(missing.message.contains("scene 'vers' not found") && missing.helps[0].contains("verse"));
}

#[test]
fn a_transition_makes_fades_of_what_is_turned_and_leaves_the_rest() {
    let mut transition = Transaction::transition(&small(), Time::whole(4));
    let turned = [
        Edit::Gain("bass".into(), 0.2),
        Edit::Value("bass".into(), "cutoff".into(), Some(7.0)),
        Edit::Tempo(90.0),
        Edit::Muted("pad".into(), true),
    ];
    transition.apply(&turned).unwrap();
    assert!(transition.apply(&[Edit::Gain("missing".into(), 1.0)]).is_err());
    let after = transition.patch().clone();
    let fade = |to| Some(Driver::Fade(Fade { to, bars: Time::whole(4) }));
    assert_eq!(after.driver("bass/gain").cloned(), fade(0.2));
    assert_eq!(after.driver("bass/cutoff").cloned(), fade(7.0));
    assert_eq!(after.driver("tempo").cloned(), fade(90.0));
    assert_eq!(after.drivers().len(), 3);
    let mut patch = small();
    patch.apply_all(transition.edits()).unwrap();
    assert_eq!(patch, after);
}

#[test]
fn old_steps_of_the_history_are_forgotten() {
    let (mut patch, mut history) = (small(), History::new(3));
    for tempo in 100..110 {
        history.apply(&mut patch, &[Edit::Tempo(tempo.into())]).unwrap();
    }
    assert_eq!(history.entries().len(), 3);
    assert_eq!(history.entries().next().unwrap().edits[0].to_string(), "set tempo to 107");
    while history.undo(&mut patch).unwrap().is_some() {}
    assert_eq!(patch.settings().tempo, 106.0);
    history.apply(&mut patch, &[Edit::Tempo(1.0)]).unwrap();
    assert_eq!(history.redo(&mut patch).unwrap(), None, "another change ends what could be done again");
}
