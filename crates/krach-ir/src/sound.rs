//! Recorded sound that tables read: kept beside the program, which knows it by its digest.

use crate::{BuildError, Digest, Program, TableInit};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Samples in channels of one length.
#[derive(Clone, Debug)]
pub struct Sound {
    channels: Vec<Arc<[f64]>>,
    digest: Digest,
}

impl PartialEq for Sound {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Sound {
    /// # Errors
    /// No channel, an empty one, channels of several lengths, a sample that is not finite.
    pub fn new(channels: Vec<Arc<[f64]>>) -> Result<Self, BuildError> {
        let frames = channels.first().map_or(0, |channel| channel.len());
        let all = || channels.iter().flat_map(|channel| channel.iter());
        if let Some(channel) = channels.iter().find(|channel| channel.len() != frames) {
            return Err(BuildError::TableLength(channel.len()));
        } else if frames == 0 {
            return Err(BuildError::TableLength(0));
        } else if let Some(&value) = all().find(|value| !value.is_finite()) {
            return Err(BuildError::NotFinite(value));
        }
        // The number of channels first: two channels of one frame are not one of two.
        #[allow(clippy::cast_precision_loss)]
        let digest = Digest::of_reals(std::iter::once(&(channels.len() as f64)).chain(all()));
        Ok(Self { channels, digest })
    }

    /// All samples as bytes, little-endian: the number of channels in 4, then one channel after the other, 8 per
    /// sample.
    ///
    /// # Panics
    /// More than 2^32 channels.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let count = u32::try_from(self.channels.len()).expect("fewer channels than 2^32");
        let mut bytes = count.to_le_bytes().to_vec();
        for value in self.channels.iter().flat_map(|channel| channel.iter()) {
            bytes.extend_from_slice(&value.to_le_bytes());
        }
        bytes
    }

    /// The sound of these bytes, if they are what [`Self::to_bytes`] gives.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (count, samples) = bytes.split_first_chunk::<4>()?;
        let count = u32::from_le_bytes(*count) as usize;
        let (samples, rest) = samples.as_chunks::<8>();
        if count == 0 || !rest.is_empty() || samples.is_empty() || !samples.len().is_multiple_of(count) {
            return None;
        }
        let channel = |samples: &[[u8; 8]]| samples.iter().map(|&bytes| f64::from_le_bytes(bytes)).collect();
        Self::new(samples.chunks(samples.len() / count).map(channel).collect()).ok()
    }

    #[must_use]
    pub fn channels(&self) -> &[Arc<[f64]>] {
        &self.channels
    }

    #[must_use]
    pub fn frames(&self) -> usize {
        self.channels[0].len()
    }

    /// Equal samples, equal digests.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

/// The sounds that are at hand. Any two are equal: tables name their sounds, so programs that differ in sounds differ
/// in tables already.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sounds(pub BTreeMap<Digest, Arc<Sound>>);

impl PartialEq for Sounds {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Sounds {
    /// Those that these tables read.
    pub fn kept<'a>(&self, tables: impl Iterator<Item = &'a TableInit>) -> Self {
        let named = tables.filter_map(TableInit::sound);
        Self(named.filter_map(|digest| Some((digest, self.0.get(&digest)?.clone()))).collect())
    }
}

impl TableInit {
    /// The sound it is a channel of.
    #[must_use]
    pub fn sound(&self) -> Option<Digest> {
        match self {
            Self::Sound { digest, .. } => Some(*digest),
            _ => None,
        }
    }
}

impl Program {
    /// Where all tables get their contents from.
    pub(crate) fn contents(&self) -> impl Iterator<Item = &TableInit> {
        let tables = self.tables.iter().map(|table| &table.init);
        tables.chain(self.rams.iter().map(|ram| &ram.init))
    }

    /// The programs inside it: generators of tables, and its effect.
    fn inner(&self) -> impl Iterator<Item = &Arc<Self>> {
        let generators = self.contents().filter_map(|init| match init {
            TableInit::Generated(inner) => Some(inner),
            _ => None,
        });
        generators.chain(self.effect())
    }

    /// A channel of a sound as a table of that length reads it, if the sound is at hand and fits.
    #[must_use]
    pub fn samples(&self, sound: Digest, channel: u32, len: u32) -> Option<&Arc<[f64]>> {
        let samples = self.sounds.0.get(&sound)?.channels.get(channel as usize)?;
        (samples.len() == len as usize).then_some(samples)
    }

    /// The sounds it has at hand, each once. The text form does not hold them: keep them beside it.
    #[must_use]
    pub fn sounds(&self) -> Vec<Arc<Sound>> {
        let mut all = self.sounds.0.clone();
        for inner in self.inner() {
            all.extend(inner.sounds().into_iter().map(|sound| (sound.digest(), sound)));
        }
        all.into_values().collect()
    }

    /// The sounds that it reads and has not at hand.
    #[must_use]
    pub fn missing_sounds(&self) -> Vec<Digest> {
        let own = self.contents().filter_map(TableInit::sound);
        let mut all: Vec<Digest> = own.filter(|digest| !self.sounds.0.contains_key(digest)).collect();
        all.extend(self.inner().flat_map(|inner| inner.missing_sounds()));
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The same with these sounds at hand, those that it does not read aside.
    #[must_use]
    pub fn with_sounds(mut self, sounds: &[Arc<Sound>]) -> Self {
        if sounds.is_empty() {
            return self;
        }
        let given = Sounds(sounds.iter().map(|sound| (sound.digest(), sound.clone())).collect());
        self.sounds.0.extend(given.kept(self.contents()).0);
        let tables = self.tables.iter_mut().map(|table| &mut table.init);
        for init in tables.chain(self.rams.iter_mut().map(|ram| &mut ram.init)) {
            if let TableInit::Generated(inner) = init {
                *inner = Arc::new(Self::clone(inner).with_sounds(sounds));
            }
        }
        if let Some(effect) = self.polyphony.as_mut().and_then(|polyphony| polyphony.effect.as_mut()) {
            *effect = Arc::new(Self::clone(effect).with_sounds(sounds));
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{InterpretError, InterpreterFactory, ProgramBuilder, optimise, parse};
    use krach_abi::{DspFactory, Precision, Seed};
    use krach_diag::{Code, Source};

    fn stereo() -> Arc<Sound> {
        Arc::new(Sound::new(vec![[0.5, -0.25, 1.0].into(), [0.125, 0.0, -1.0].into()]).unwrap())
    }

    /// Channel 1 backwards.
    fn player() -> Program {
        let mut b = ProgramBuilder::new("player");
        let table = b.sound(&stereo(), 1).unwrap();
        let (register, two) = (b.register(crate::Ty::Int), b.int(2));
        let (before, one) = (b.read(register), b.int(1));
        let next = b.apply(crate::Fun::Add, &[before, one]).unwrap();
        b.write(register, next).unwrap();
        let at = b.apply(crate::Fun::Sub, &[two, before]).unwrap();
        let out = b.lookup(table, at).unwrap();
        b.output("out", out).unwrap();
        b.finish().unwrap()
    }

    fn played(program: Program) -> Result<Vec<f64>, InterpretError> {
        let factory = InterpreterFactory::new(Arc::new(program), 48_000, Precision::Double)?;
        let mut out = vec![0.0; 3];
        factory.instantiate(Seed::default()).play::<f64>(&[], &mut [&mut out]);
        Ok(out)
    }

    #[test]
    fn a_table_reads_a_channel_of_a_sound() {
        assert_eq!(played(player()), Ok(vec![-1.0, 0.0, 0.125]));
        assert_eq!(played(optimise(&player())), Ok(vec![-1.0, 0.0, 0.125]));
    }

    #[test]
    fn the_text_form_names_a_sound_and_does_not_hold_it() {
        let (program, sound) = (player(), stereo());
        let text = program.to_string();
        assert!(text.contains(&format!("sound \"{}\" 1", sound.digest())), "{text}");
        let read = parse(&Source::new("text", text)).unwrap();
        assert_eq!((&read, read.key()), (&program, program.key()));
        assert_eq!(read.missing_sounds(), [sound.digest()]);
        let refused = played(read.clone()).unwrap_err();
        assert_eq!(refused, InterpretError::Sound(sound.digest()));
        assert_eq!(refused.code(), Code::MissingSound);
        let again = read.with_sounds(&program.sounds());
        assert_eq!((again.missing_sounds(), played(again)), (vec![], played(program)));
    }

    #[test]
    fn a_sound_of_another_shape_is_not_read() {
        let text = player().to_string().replace("real 3 =", "real 4 =");
        let read = parse(&Source::new("text", text)).unwrap();
        assert_eq!(played(read.with_sounds(&[stereo()])), Err(InterpretError::Sound(stereo().digest())));
    }

    #[test]
    fn sounds_of_generators_and_effects_count() {
        let inner = Arc::new(player());
        let mut b = ProgramBuilder::new("outer");
        let table = b.table(TableInit::Generated(inner.clone()), 3).unwrap();
        let zero = b.int(0);
        let out = b.lookup(table, zero).unwrap();
        b.output("out", out).unwrap();
        let outer = b.finish().unwrap();
        assert_eq!(outer.sounds(), [stereo()]);
        let bare = parse(&Source::new("text", outer.to_string())).unwrap();
        assert_eq!(bare.missing_sounds(), [stereo().digest()]);
        assert!(bare.with_sounds(&outer.sounds()).missing_sounds().is_empty());
    }

    #[test]
    fn digests_are_of_the_samples_and_their_shape() {
        let one = Sound::new(vec![[1.0, 2.0].into()]).unwrap();
        let two = Sound::new(vec![[1.0].into(), [2.0].into()]).unwrap();
        assert_ne!(one.digest(), two.digest());
        assert_eq!(one.digest().to_string().parse(), Ok(one.digest()));
        assert_eq!(Sound::new(vec![[1.0].into(), [].into()]), Err(BuildError::TableLength(0)));
        for sound in [one, two] {
            let bytes = sound.to_bytes();
            assert_eq!(Sound::from_bytes(&bytes), Some(sound));
            assert_eq!(Sound::from_bytes(&bytes[..bytes.len() - 1]), None);
        }
        assert_eq!(Sound::from_bytes(&[255; 12]), None);
        assert_eq!(Sound::new(vec![]), Err(BuildError::TableLength(0)));
        assert_eq!(Sound::new(vec![[f64::INFINITY].into()]), Err(BuildError::NotFinite(f64::INFINITY)));
    }
}
