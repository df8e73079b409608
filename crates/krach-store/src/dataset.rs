//! A folder of many sounds, each named by a hash of its samples, with a manifest of the values that made it.
//!
//! | file | holds |
//! |---|---|
//! | `dataset.json` | what all sounds have in common |
//! | `manifest.jsonl` | one line for each sound: its number, file, name, seed and values |
//! | `NAME.wav`, `NAME.npy` | one sound |
//! | `shard-NUMBER.tar` | many sounds, each as `NAME.wav` and `NAME.json`, for WebDataset |
//!
//! A file is written before its line of the manifest. So a set that was broken off is continued by the sounds that the
//! manifest does not list.

use crate::whole::{reason, refusal, replace};
use crate::{WavSamples, wav_bytes};
use krach_diag::Diagnostic;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The files of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DatasetFormat {
    /// One WAV file of 32-bit floats for each sound.
    #[default]
    Wav,
    /// One array of NumPy for each sound, of the shape (channels, frames).
    Npy,
    /// WAV files in archives, as the package WebDataset reads them.
    Webdataset,
}

impl FromStr for DatasetFormat {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "wav" => Ok(Self::Wav),
            "npy" => Ok(Self::Npy),
            "webdataset" => Ok(Self::Webdataset),
            _ => Err(format!("a format is `wav`, `npy` or `webdataset`, not `{name}`")),
        }
    }
}

/// One sound of a data set.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// Its number, from 0.
    pub index: usize,
    pub seed: u32,
    /// The values of its controls, by name.
    pub values: Vec<(String, f64)>,
    pub channels: Vec<Vec<f32>>,
}

/// A folder of examples, open to add more.
#[derive(Debug)]
pub struct Dataset {
    folder: PathBuf,
    format: DatasetFormat,
    /// In Hz.
    rate: u32,
    manifest: File,
    done: BTreeSet<usize>,
}

const ABOUT: &str = "dataset.json";
const MANIFEST: &str = "manifest.jsonl";
/// Hexadecimal digits of a name: 128 bits.
const DIGITS: usize = 32;

impl Dataset {
    /// Opens a folder, which is made if there is none. `about` holds everything that all sounds have in common.
    ///
    /// # Errors
    /// `KR0502`: the folder cannot be written, or it holds a data set of which something else is common.
    pub fn open(
        folder: &Path,
        format: DatasetFormat,
        rate: u32,
        mut about: Map<String, Value>,
    ) -> Result<Self, Diagnostic> {
        about.insert("format".to_owned(), serde_json::to_value(format).expect("a name"));
        about.insert("sample_rate".to_owned(), rate.into());
        let fail = |error: io::Error| refusal(folder, &reason(&error));
        fs::create_dir_all(folder).map_err(fail)?;
        let page = format!("{:#}\n", Value::Object(about));
        match fs::read_to_string(folder.join(ABOUT)) {
            Ok(known) if known == page => {}
            Ok(_) => {
                return Err(refusal(
                    folder,
                    "it holds a data set of another sound, length, rate, seed or format",
                )
                .help("give another folder, or the arguments of its first run"));
            }
            Err(_) => replace(&folder.join(ABOUT), true, |to| to.write_all(page.as_bytes())).map_err(fail)?,
        }
        let path = folder.join(MANIFEST);
        let (lines, done) = known_lines(folder, &fs::read_to_string(&path).unwrap_or_default());
        // A line that was cut off goes, before others follow it.
        replace(&path, true, |to| to.write_all(lines.as_bytes())).map_err(fail)?;
        let manifest = File::options().append(true).open(&path).map_err(fail)?;
        Ok(Self { folder: folder.to_owned(), format, rate, manifest, done })
    }

    /// Whether the folder has the sound of that number.
    #[must_use]
    pub fn holds(&self, index: usize) -> bool {
        self.done.contains(&index)
    }

    /// Writes sounds, then their lines of the manifest.
    ///
    /// # Errors
    /// `KR0502`: a file cannot be written. The sounds of earlier calls are kept.
    pub fn add(&mut self, examples: &[Example]) -> Result<(), Diagnostic> {
        let Some(first) = examples.first() else { return Ok(()) };
        let shard = format!("shard-{:08}.tar", first.index);
        let mut archive = Vec::new();
        let mut lines = String::new();
        let mut names = BTreeSet::new();
        for example in examples {
            let name = name(&example.channels);
            let file = match self.format {
                DatasetFormat::Wav => format!("{name}.wav"),
                DatasetFormat::Npy => format!("{name}.npy"),
                DatasetFormat::Webdataset => shard.clone(),
            };
            let line = line(example, &file, &name);
            // Equal sounds have one name: they are written once.
            if names.insert(name.clone()) {
                match self.format {
                    DatasetFormat::Wav => self.write(&file, &self.wav(example)?)?,
                    DatasetFormat::Npy => self.write(&file, &npy(&example.channels))?,
                    DatasetFormat::Webdataset => {
                        entry(&mut archive, &format!("{name}.wav"), &self.wav(example)?);
                        entry(&mut archive, &format!("{name}.json"), line.as_bytes());
                    }
                }
            }
            let _ = writeln!(lines, "{line}");
        }
        if self.format == DatasetFormat::Webdataset {
            // Two blocks of zeros end an archive.
            archive.resize(archive.len() + 2 * BLOCK, 0);
            self.write(&shard, &archive)?;
        }
        let fail = |error: io::Error| refusal(&self.folder.join(MANIFEST), &reason(&error));
        self.manifest.write_all(lines.as_bytes()).map_err(fail)?;
        self.done.extend(examples.iter().map(|example| example.index));
        Ok(())
    }

    fn wav(&self, example: &Example) -> Result<Vec<u8>, Diagnostic> {
        wav_bytes(&example.channels, self.rate, WavSamples::Float)
    }

    fn write(&self, file: &str, bytes: &[u8]) -> Result<(), Diagnostic> {
        let path = self.folder.join(file);
        replace(&path, false, |to| to.write_all(bytes)).map_err(|error| refusal(&path, &reason(&error)))
    }
}

/// The lines of a manifest whose files are there, and the numbers of their sounds.
fn known_lines(folder: &Path, text: &str) -> (String, BTreeSet<usize>) {
    let (mut lines, mut done) = (String::new(), BTreeSet::new());
    for line in text.lines() {
        let Ok(row) = serde_json::from_str::<Map<String, Value>>(line) else { continue };
        let index = row.get("index").and_then(Value::as_u64).and_then(|index| usize::try_from(index).ok());
        let file = row.get("file").and_then(Value::as_str);
        if let (Some(index), Some(file)) = (index, file)
            && folder.join(file).is_file()
            && done.insert(index)
        {
            let _ = writeln!(lines, "{line}");
        }
    }
    (lines, done)
}

/// The hash of the samples.
fn name(channels: &[Vec<f32>]) -> String {
    let mut hash = blake3::Hasher::new();
    for channel in channels {
        hash.update(&(channel.len() as u64).to_le_bytes());
        let bytes: Vec<u8> = channel.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        hash.update(&bytes);
    }
    hash.finalize().to_hex()[..DIGITS].to_owned()
}

/// What the manifest says of a sound.
fn line(example: &Example, file: &str, name: &str) -> String {
    let values: Map<String, Value> =
        example.values.iter().map(|(name, value)| (name.clone(), (*value).into())).collect();
    let row = serde_json::json!({
        "index": example.index, "name": name, "file": file, "seed": example.seed, "values": values,
    });
    row.to_string()
}

/// An array of NumPy of the shape (channels, frames): version 1.0 of its format.
fn npy(channels: &[Vec<f32>]) -> Vec<u8> {
    let frames = channels.first().map_or(0, Vec::len);
    let mut header =
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {frames}), }}", channels.len());
    // Magic, version and length are 10 bytes, a line end is one: the samples begin at a multiple of 64.
    let padded = (10 + header.len() + 1).next_multiple_of(64) - 11;
    header = format!("{header:padded$}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    let length = u16::try_from(header.len()).expect("a short header");
    bytes.extend(length.to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(channels.iter().flatten().flat_map(|sample| sample.to_le_bytes()));
    bytes
}

/// Bytes of a block of an archive.
const BLOCK: usize = 512;

/// Appends a file to an archive, in the format `ustar` of POSIX.1-1988. It has no date: equal sounds give equal archives.
fn entry(archive: &mut Vec<u8>, name: &str, bytes: &[u8]) {
    let mut header = [0; BLOCK];
    let mut put = |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, name);
    put(100, "0000644");
    put(108, "0000000");
    put(116, "0000000");
    put(124, &format!("{:011o}", bytes.len()));
    put(136, "00000000000");
    // While it is summed, the place of the sum holds spaces.
    put(148, "        ");
    put(156, "0");
    put(257, "ustar");
    put(263, "00");
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    archive.extend(header);
    archive.extend(bytes);
    archive.resize(archive.len().next_multiple_of(BLOCK), 0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use krach_diag::Code;

    fn example(index: usize) -> Example {
        let sample = index as f32 / 8.0;
        Example { index, seed: 7, values: vec![("freq".to_owned(), 0.1)], channels: vec![vec![sample; 3]; 2] }
    }

    fn open(folder: &Path, format: DatasetFormat) -> Result<Dataset, Diagnostic> {
        Dataset::open(folder, format, 48_000, Map::new())
    }

    #[test]
    fn a_set_that_was_broken_off_goes_on_where_it_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let mut set = open(folder.path(), DatasetFormat::Npy).unwrap();
        set.add(&[example(0), example(1)]).unwrap();
        set.add(&[example(2)]).unwrap();
        // The last line was cut off, and one file is lost.
        let path = folder.path().join(MANIFEST);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, &text[..text.len() - 5]).unwrap();
        fs::remove_file(folder.path().join(format!("{}.npy", name(&example(1).channels)))).unwrap();
        let mut set = open(folder.path(), DatasetFormat::Npy).unwrap();
        assert_eq!([0, 1, 2].map(|index| set.holds(index)), [true, false, false]);
        set.add(&[example(1), example(2)]).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }

    #[test]
    fn another_set_in_the_folder_is_not_mixed_with_this_one() {
        let folder = tempfile::tempdir().unwrap();
        open(folder.path(), DatasetFormat::Wav).unwrap();
        assert_eq!(open(folder.path(), DatasetFormat::Npy).unwrap_err().code, Code::Unwritable);
    }

    #[test]
    fn samples_of_an_array_begin_at_a_multiple_of_64() {
        for frames in 0..200 {
            let bytes = npy(&[vec![1.0; frames]]);
            let header = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
            assert_eq!((10 + header) % 64, 0);
            assert_eq!(bytes.len(), 10 + header + 4 * frames);
        }
    }
}
