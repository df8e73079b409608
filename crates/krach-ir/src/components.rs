//! Cycles in graphs: the strongly connected components.

/// Strongly connected components by Tarjan's algorithm (1972), with its own stack: each comes after what it needs, its
/// members in ascending order. `needs` is what one of the `count` things needs.
#[must_use]
pub fn components<I: Iterator<Item = usize>>(count: usize, needs: impl Fn(usize) -> I) -> Vec<Vec<usize>> {
    const NEW: usize = usize::MAX;
    let (mut order, mut low) = (vec![NEW; count], vec![0; count]);
    let mut on_path = vec![false; count];
    let (mut path, mut found) = (Vec::new(), Vec::new());
    let mut visited = 0;
    for start in 0..count {
        let mut calls: Vec<(usize, I)> = Vec::new();
        let mut entering = Some(start).filter(|&start| order[start] == NEW);
        loop {
            if let Some(at) = entering.take() {
                (order[at], low[at]) = (visited, visited);
                visited += 1;
                path.push(at);
                on_path[at] = true;
                calls.push((at, needs(at)));
            }
            let Some((at, rest)) = calls.last_mut() else { break };
            let at = *at;
            match rest.next() {
                Some(target) if order[target] == NEW => entering = Some(target),
                Some(target) if on_path[target] => low[at] = low[at].min(order[target]),
                Some(_) => {}
                None => {
                    calls.pop();
                    if let Some(&(caller, _)) = calls.last() {
                        low[caller] = low[caller].min(low[at]);
                    }
                    if low[at] == order[at] {
                        let from = path.iter().rposition(|&other| other == at).unwrap_or(0);
                        let mut component = path.split_off(from);
                        component.iter().for_each(|&member| on_path[member] = false);
                        component.sort_unstable();
                        found.push(component);
                    }
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circles_are_found_after_what_they_need() {
        let needs: [&[usize]; 6] = [&[1], &[2, 3], &[0], &[4], &[4], &[5, 0]];
        let found = components(needs.len(), |at| needs[at].iter().copied());
        assert_eq!(found, [vec![4], vec![3], vec![0, 1, 2], vec![5]]);
        let chain = components(200_000, |at| (at + 1 < 200_000).then_some(at + 1).into_iter());
        assert_eq!((chain.len(), &chain[0]), (200_000, &vec![199_999]));
    }
}
