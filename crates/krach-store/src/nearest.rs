//! "Did you mean …?"

/// The candidate that `name` may be a misspelling of: at most a third of its letters differ, upper and lower case
/// counting as equal. The first of the closest. The distance is optimal string alignment (Damerau 1964), so two
/// exchanged neighbours count as one error.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = compared(name);
    let allowed = (name.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let other = compared(candidate);
            let distance = strsim::osa_distance(&name, &other);
            (distance <= allowed && distance < other.chars().count()).then_some((distance, candidate))
        })
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// The first 64 letters in lower case: longer names are compared no further, so the work stays bounded.
fn compared(name: &str) -> String {
    name.to_lowercase().chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_strangers_are_not() {
        let controls = ["freq", "gate", "cutoff", "resonance"];
        let meant = |name| nearest(name, controls);
        assert_eq!(meant("cutof"), Some("cutoff"));
        assert_eq!(meant("CUTOFF"), Some("cutoff"));
        assert_eq!(meant("gaet"), Some("gate"));
        assert_eq!(meant("resonnance"), Some("resonance"));
        assert_eq!(meant("volume"), None);
        assert_eq!(meant(""), None);
    }
}
