//! `cutoff=1200`: a control and its value, as people type them.

/// The last `=` divides: a value has none, a name may.
pub(crate) fn setting(text: &str) -> Result<(String, f64), String> {
    let (name, value) = text.rsplit_once('=').ok_or("write NAME=VALUE, such as cutoff=1200")?;
    let value = value.trim().parse().map_err(|_| format!("`{value}` is not a number"))?;
    Ok((name.trim().to_owned(), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_names_and_numbers() {
        assert_eq!(setting("filter/cutoff = 1e3"), Ok(("filter/cutoff".to_owned(), 1000.0)));
        assert_eq!(setting("a=b=-2"), Ok(("a=b".to_owned(), -2.0)));
        assert!(setting("cutoff").is_err() && setting("cutoff=high").is_err());
    }
}
