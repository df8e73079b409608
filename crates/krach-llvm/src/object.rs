//! One function out of an object file: its code, with its constants behind it.

use krach_codegen::MachineCode;
use object::{Object, ObjectSection, RelocationTarget, Section, SectionIndex, SectionKind};
use object::{ObjectSymbol, SymbolSection};
use std::collections::HashMap;

/// The function `section` of this file. It starts with the first byte, and refers to nothing outside itself.
pub(crate) fn linked(file: &[u8]) -> Result<MachineCode, String> {
    let file = object::File::parse(file).map_err(|error| error.to_string())?;
    let is_part = |section: &Section<'_, '_>| {
        let constant = matches!(section.kind(), SectionKind::ReadOnlyData | SectionKind::ReadOnlyString);
        section.size() > 0 && (constant || section.kind() == SectionKind::Text)
    };
    let is_text = |section: &Section<'_, '_>| section.kind() == SectionKind::Text;
    let mut parts: Vec<Section<'_, '_>> = file.sections().filter(is_part).collect();
    parts.sort_by_key(|section| !is_text(section));
    if parts.iter().filter(|section| is_text(section)).count() != 1 {
        return Err("a function has one section of code".to_owned());
    }
    let (mut code, mut alignment) = (Vec::new(), 1);
    let mut places: HashMap<SectionIndex, usize> = HashMap::new();
    for section in &parts {
        let align = usize::try_from(section.align()).map_err(|error| error.to_string())?;
        code.resize(code.len().next_multiple_of(align.max(1)), 0);
        places.insert(section.index(), code.len());
        code.extend_from_slice(section.data().map_err(|error| error.to_string())?);
        alignment = alignment.max(section.align());
    }
    for section in &parts {
        let start = places[&section.index()];
        for (offset, relocation) in section.relocations() {
            if relocation.kind() != object::RelocationKind::Relative || relocation.size() != 32 {
                let kind = relocation.kind();
                return Err(format!("an address of the kind {kind:?} cannot be moved"));
            }
            let target = target(&file, &places, relocation.target())?;
            let at = start + usize::try_from(offset).map_err(|error| error.to_string())?;
            let value = target as i64 + relocation.addend() - at as i64;
            let value = i32::try_from(value).map_err(|error| error.to_string())?;
            code[at..at + 4].copy_from_slice(&value.to_le_bytes());
        }
    }
    Ok(MachineCode { code, alignment })
}

/// The place of a target in the linked bytes.
fn target(
    file: &object::File<'_>,
    places: &HashMap<SectionIndex, usize>,
    target: RelocationTarget,
) -> Result<usize, String> {
    let place = |section: SectionIndex| places.get(&section).copied();
    let found = match target {
        RelocationTarget::Section(section) => place(section),
        RelocationTarget::Symbol(index) => {
            let symbol = file.symbol_by_index(index).map_err(|error| error.to_string())?;
            match symbol.section() {
                SymbolSection::Section(section) => {
                    place(section).map(|start| start + symbol.address() as usize)
                }
                _ => {
                    return Err(format!(
                        "the code needs the outside function {}",
                        symbol.name().unwrap_or("?")
                    ));
                }
            }
        }
        _ => None,
    };
    found.ok_or_else(|| "the code refers to a section that is not its own".to_owned())
}
