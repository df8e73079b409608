//! "Did you mean …?"

/// The candidate that a typing slip could have turned into `name`: at most a third of its letters wrong (case
/// aside), the first of the closest. Distance: optimal string alignment (Damerau 1964), so that a swap of two
/// neighbours counts once.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name: Vec<char> = name.to_lowercase().chars().take(LONGEST).collect();
    let allowed = (name.len() / 3).max(1);
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let letters: Vec<char> = candidate.to_lowercase().chars().take(LONGEST).collect();
            let far = distance(&name, &letters);
            (far <= allowed && far < letters.len()).then_some((far, candidate))
        })
        .min_by_key(|&(far, _)| far)
        .map(|(_, candidate)| candidate)
}

/// Names are compared by this many letters: nobody mistypes more, and the work stays bounded.
const LONGEST: usize = 64;

fn distance(a: &[char], b: &[char]) -> usize {
    let mut before = vec![0; b.len() + 1];
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let change = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = change.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
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
