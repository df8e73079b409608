//! With the feature `faust-build`: some programs of `fixtures/bench` as Rust, by the official compiler, for
//! `benches/official.rs` to run beside ours. `KRACH_FAUST` is its command, `faust` if it is not set.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=KRACH_FAUST");
    #[cfg(feature = "faust-build")]
    statics::write();
}

#[cfg(feature = "faust-build")]
mod statics {
    use faust_build::FaustBuilder;
    use std::fmt::Write;
    use std::path::Path;

    const PROGRAMS: [&str; 6] = ["compressor", "karplus", "moog_ladder", "sine", "stereo_freeverb", "svf"];
    const TEMPLATE: &str = "benches/statics/module.rs.in";

    pub(super) fn write() {
        println!("cargo::rerun-if-changed={TEMPLATE}");
        let folder = std::env::var("OUT_DIR").expect("Cargo sets it");
        let faust = std::env::var("KRACH_FAUST").unwrap_or_else(|_| "faust".to_owned());
        let (mut modules, mut rows) = (String::new(), String::new());
        for name in PROGRAMS {
            let source = format!("../fixtures/bench/{name}.dsp");
            println!("cargo::rerun-if-changed={source}");
            FaustBuilder::new(&source, &format!("{folder}/{name}.rs"))
                .set_faust_path(&faust)
                .set_arch_file(TEMPLATE)
                .set_module_name(name)
                .set_struct_name("Sound")
                .build();
            let _ = writeln!(modules, "include!(concat!(env!(\"OUT_DIR\"), \"/{name}.rs\"));");
            let _ = writeln!(rows, "        \"{name}\" => Box::new({name}::Sound::new()),");
        }
        let make = format!(
            "pub(crate) fn make(name: &str) -> Option<Box<dyn FaustDsp<T = f32>>> {{\n    Some(match name {{\n{rows}        \
             _ => return None,\n    }})\n}}\n"
        );
        std::fs::write(Path::new(&folder).join("statics.rs"), modules + &make)
            .expect("Cargo made the folder");
    }
}
