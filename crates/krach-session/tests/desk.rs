//! Laws of the session's own patch: steps go back and forth, and a transaction is heard whole or not at all.

// Arguments of tests are in range.
#![allow(clippy::unwrap_used)]

mod toys;

use krach_pattern::Time;
use krach_session::midi::Knob;
use krach_session::{Driver, Edit, Patch, Session};
use krach_store::Cache;
use proptest::prelude::*;
use toys::{edits, source};

fn session() -> Session {
    Session::new(Cache::new(8))
}

fn declare(session: &Session, name: &str) {
    session.edit(|patch| Ok(patch.declaring(&name.into(), source()).0)).unwrap();
}

proptest! {
    #[test]
    fn undoing_everything_gives_silence_and_redoing_it_the_last_patch(edits in prop::collection::vec(edits(), 0..60)) {
        let session = session();
        let mut steps = 0;
        for edit in edits {
            steps += usize::from(session.edit(|_| Ok(vec![edit])).is_ok());
        }
        let last = session.patch();
        prop_assert_eq!(session.history().len(), steps);
        while session.undo().unwrap() {}
        prop_assert_eq!(session.patch(), Patch::default());
        while session.redo().unwrap() {}
        prop_assert_eq!(session.patch(), last);
    }
}

#[test]
fn a_transaction_is_one_step_and_the_inner_one_is_given_up_alone() {
    let session = session();
    session.begin(None);
    declare(&session, "bass");
    session.begin(None);
    declare(&session, "pad");
    assert_eq!(session.patch().nodes().len(), 2);
    assert_eq!(session.sounding().nodes().len(), 0, "nothing of an open transaction is heard");
    session.cancel();
    declare(&session, "lead");
    session.finish().unwrap();
    let patch = session.sounding();
    let names: Vec<_> = patch.nodes().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["bass", "lead"]);
    assert_eq!(session.history().len(), 1);
}

#[test]
fn a_transition_turns_a_change_into_a_fade() {
    let session = session();
    declare(&session, "bass");
    session.begin(Some(Time::whole(2)));
    session.edit(|patch| patch.setting("bass/gain", 0.25)).unwrap();
    session.finish().unwrap();
    assert!(
        matches!(session.patch().driver("bass/gain"), Some(Driver::Fade(fade)) if fade.bars == Time::whole(2))
    );
}

#[test]
fn what_a_batch_cannot_do_is_refused_with_its_code() {
    let session = session();
    assert_eq!(session.finish().unwrap_err().code.id(), "KR0907");
    session.begin(None);
    assert_eq!(session.undo().unwrap_err().code.id(), "KR0907");
    session.cancel();
    let refused = session.edit(|_| Ok(vec![Edit::Gain("bass".into(), 0.5)])).unwrap_err();
    assert_eq!(refused.code.id(), "KR0901");
    assert!(session.history().is_empty());
}

#[test]
fn a_transaction_that_fails_leaves_no_scene_and_no_knob() {
    let session = session();
    declare(&session, "bass");
    let knob = |controller| Knob {
        channel: None,
        controller,
        range: [0.0, 1.0],
        fine: false,
        target: "bass/gain".into(),
    };
    let found = || {
        let scenes = session.scenes(|scenes, _| scenes.names().map(ToString::to_string).collect::<Vec<_>>());
        (scenes, session.midi_knobs().len())
    };
    session.save_scene("before");
    session.midi_map(knob(1)).unwrap();
    session.begin(None);
    session.save_scene("within");
    session.midi_map(knob(2)).unwrap();
    assert_eq!(found(), (vec!["before".to_owned(), "within".to_owned()], 2));
    session.cancel();
    assert_eq!(found(), (vec!["before".to_owned()], 1));
    session.begin(None);
    session.save_scene("kept");
    session.midi_map(knob(3)).unwrap();
    session.finish().unwrap();
    assert_eq!(found(), (vec!["before".to_owned(), "kept".to_owned()], 2));
}
