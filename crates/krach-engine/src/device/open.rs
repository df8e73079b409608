//! An open device: it keeps a callback playing while devices come and go.

use super::seat::Counts;
use super::stream::{Offer, Stream};
use super::{AudioPriority, Callback, DeviceError, DeviceFormat, DeviceRequest, DeviceStats};
use std::fmt;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Something that happened to a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A device plays: the first one, one that was changed to, or one that came back.
    Playing(DeviceFormat),
    /// The device has gone. The music goes on unheard until it is back.
    Lost { device: String, why: DeviceError },
    /// The system gives no real-time priority, so other programs may interrupt the sound.
    PriorityDenied,
}

/// Plays a callback. Dropping it stops the sound.
pub struct Device<C> {
    commands: Sender<Command<C>>,
    notices: Receiver<Notice>,
    format: Arc<Mutex<DeviceFormat>>,
    counts: Arc<Counts>,
    thread: Option<JoinHandle<Option<C>>>,
}

enum Command<C> {
    Change(Box<Offer>, Box<dyn FnOnce(C) -> C + Send>, Sender<Result<DeviceFormat, DeviceError>>),
    Close,
}

impl<C> fmt::Debug for Device<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Device").field("format", &self.format).finish_non_exhaustive()
    }
}

impl<C: Callback + 'static> Device<C> {
    /// Plays the callback on a device that was found.
    ///
    /// # Errors
    /// The device does not open, with the callback, which can play elsewhere.
    pub fn play(offer: Offer, callback: C) -> Result<Self, (DeviceError, C)> {
        let counts = Arc::new(Counts::default());
        let stream = match Stream::open(&offer, counts.clone()) {
            Ok(stream) => stream,
            Err(error) => return Err((error, callback)),
        };
        stream.seat.put(callback);
        let format = Arc::new(Mutex::new(stream.format.clone()));
        let (commands, inbox) = mpsc::channel();
        let (outbox, notices) = mpsc::channel();
        let keeper = Keeper::new(stream, offer, counts.clone(), format.clone(), outbox);
        let seat = keeper.stream.seat.clone();
        match std::thread::Builder::new().name("krach-device".into()).spawn(move || keeper.run(&inbox)) {
            Ok(thread) => Ok(Self { commands, notices, format, counts, thread: Some(thread) }),
            Err(error) => {
                let callback = seat.take().expect("it was put there above");
                Err((DeviceError::Failed(error.to_string()), callback))
            }
        }
    }

    /// Moves the callback to another device, or to another rate or block of this one. `adapt` makes it ready for the
    /// rate of the offer while neither device plays it. Where the new device does not open, the old one plays on.
    ///
    /// # Errors
    /// The new device does not open.
    pub fn change(
        &self,
        offer: Offer,
        adapt: impl FnOnce(C) -> C + Send + 'static,
    ) -> Result<DeviceFormat, DeviceError> {
        let (sender, answer) = mpsc::channel();
        let gone = || DeviceError::Failed("its thread has ended".into());
        let change = Command::Change(Box::new(offer), Box::new(adapt), sender);
        self.commands.send(change).map_err(|_| gone())?;
        answer.recv().unwrap_or_else(|_| Err(gone()))
    }

    /// What the device agreed to, or the null device in its place.
    #[must_use]
    pub fn format(&self) -> DeviceFormat {
        self.format.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    #[must_use]
    pub fn stats(&self) -> DeviceStats {
        self.counts.read()
    }

    /// The notices since the last question, oldest first.
    #[must_use]
    pub fn notices(&self) -> Vec<Notice> {
        self.notices.try_iter().collect()
    }

    /// Stops the sound and gives the callback back.
    #[must_use]
    pub fn close(mut self) -> Option<C> {
        self.end()
    }
}

impl<C> Device<C> {
    fn end(&mut self) -> Option<C> {
        // Without a listener the thread has ended already.
        let _ = self.commands.send(Command::Close);
        self.thread.take().and_then(|thread| thread.join().ok().flatten())
    }
}

impl<C> Drop for Device<C> {
    fn drop(&mut self) {
        self.end();
    }
}

/// The thread that watches the stream.
struct Keeper<C> {
    stream: Stream<C>,
    /// What is asked for, at the rate of the callback.
    request: DeviceRequest,
    counts: Arc<Counts>,
    format: Arc<Mutex<DeviceFormat>>,
    notices: Sender<Notice>,
    /// Frames played at the last look, and how many looks ago that number changed.
    seen: u64,
    still: u32,
    priority: AudioPriority,
    /// A device that vanished is looked for on another thread, which a sound server that hangs may keep.
    returning: Option<Receiver<Result<Stream<C>, DeviceError>>>,
    pause: u32,
}

/// From one look at the stream to the next.
const LOOK: Duration = Duration::from_millis(100);
/// Looks without a new frame after which a device counts as gone: two seconds. Looks are counted, not seconds, so that
/// a process that was stopped for an hour does not lose its device.
const STILL: u32 = 20;
/// Looks between two attempts to get a device back.
const PAUSE: u32 = 5;

impl<C: Callback + 'static> Keeper<C> {
    fn new(
        stream: Stream<C>,
        offer: Offer,
        counts: Arc<Counts>,
        format: Arc<Mutex<DeviceFormat>>,
        notices: Sender<Notice>,
    ) -> Self {
        let mut keeper = Self {
            stream,
            request: DeviceRequest::default(),
            counts,
            format,
            notices,
            seen: 0,
            still: 0,
            priority: AudioPriority::Unknown,
            returning: None,
            pause: 0,
        };
        keeper.begin(offer.into_request());
        keeper
    }

    /// Ends with the callback, when it is asked to or its handle is gone.
    fn run(mut self, inbox: &Receiver<Command<C>>) -> Option<C> {
        loop {
            match inbox.recv_timeout(LOOK) {
                Ok(Command::Change(offer, adapt, answer)) => {
                    let result = self.change(*offer, adapt);
                    let _ = answer.send(result);
                }
                Err(RecvTimeoutError::Timeout) => self.look(),
                Ok(Command::Close) | Err(RecvTimeoutError::Disconnected) => return self.stream.seat.take(),
            }
        }
    }

    fn change(
        &mut self,
        offer: Offer,
        adapt: Box<dyn FnOnce(C) -> C + Send>,
    ) -> Result<DeviceFormat, DeviceError> {
        let stream = Stream::open(&offer, self.counts.clone())?;
        self.move_to(stream, adapt);
        self.begin(offer.into_request());
        Ok(self.stream.format.clone())
    }

    /// Moves the callback from the stream that plays it to another one.
    fn move_to(&mut self, stream: Stream<C>, adapt: impl FnOnce(C) -> C) {
        let callback = self.stream.seat.take();
        if let Some(callback) = callback {
            stream.seat.put(adapt(callback));
        }
        self.stream = stream;
        *self.format.lock().unwrap_or_else(PoisonError::into_inner) = self.stream.format.clone();
    }

    /// A new stream plays what was asked for.
    fn begin(&mut self, request: DeviceRequest) {
        self.request = request;
        self.returning = None;
        (self.seen, self.still, self.pause) = (self.counts.frames(), 0, 0);
        self.tell(Notice::Playing(self.stream.format.clone()));
    }

    fn tell(&self, notice: Notice) {
        // The receiver is gone: the device is being closed.
        let _ = self.notices.send(notice);
    }

    fn look(&mut self) {
        let priority = self.counts.read().priority;
        if priority != self.priority && priority == AudioPriority::Denied {
            self.tell(Notice::PriorityDenied);
        }
        self.priority = priority;
        let frames = self.counts.frames();
        self.still = if frames == self.seen { self.still + 1 } else { 0 };
        self.seen = frames;
        if self.stream.is_null() {
            if self.request.device.as_deref() != Some("null") {
                self.come_back();
            }
        } else if let Some(why) = self.stream.ended() {
            self.lose(why);
        } else if self.still > STILL {
            self.lose(DeviceError::Failed("it stopped asking for sound".into()));
        }
    }

    /// The device has gone: the music goes on, unheard.
    fn lose(&mut self, why: DeviceError) {
        let device = self.stream.format.device.clone();
        match Stream::open(&Offer::null_instead(&self.stream.format), self.counts.clone()) {
            Ok(stream) => self.move_to(stream, |callback| callback),
            // The machine has no thread left; the next look tries again.
            Err(_) => return,
        }
        self.still = 0;
        self.tell(Notice::Lost { device, why });
    }

    /// Looks for the device that has gone.
    fn come_back(&mut self) {
        match self.returning.as_ref().map(Receiver::try_recv) {
            Some(Ok(Ok(stream))) => {
                self.move_to(stream, |callback| callback);
                self.begin(self.request.clone());
            }
            Some(Ok(Err(_)) | Err(mpsc::TryRecvError::Disconnected)) => self.returning = None,
            Some(Err(mpsc::TryRecvError::Empty)) => {}
            None if self.pause > 0 => self.pause -= 1,
            None => {
                self.pause = PAUSE;
                let (sender, answer) = mpsc::channel();
                let (request, counts) = (self.request.clone(), self.counts.clone());
                let open = move || {
                    let _ = sender.send(Offer::of(&request).and_then(|offer| Stream::open(&offer, counts)));
                };
                if std::thread::Builder::new().name("krach-return".into()).spawn(open).is_ok() {
                    self.returning = Some(answer);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use krach_abi::{Audio, AudioMut};

    /// Counts its frames.
    struct Counting(u64);

    impl Callback for Counting {
        fn process(&mut self, _: Audio<'_, f32>, outputs: AudioMut<'_, f32>) {
            self.0 += outputs.frames() as u64;
        }
    }

    fn null(rate: u32, block: usize) -> Offer {
        let request = DeviceRequest {
            device: Some("null".into()),
            rate: Some(rate),
            block: Some(block),
            ..DeviceRequest::default()
        };
        Offer::of(&request).unwrap()
    }

    fn wait_for(test: impl Fn() -> bool) {
        (0..500).take_while(|_| !test()).for_each(|_| std::thread::sleep(Duration::from_millis(10)));
        assert!(test(), "it did not happen in 5 s");
    }

    #[test]
    fn a_callback_plays_on_from_device_to_device() {
        let device = Device::play(null(48_000, 480), Counting(0)).map_err(|(error, _)| error).unwrap();
        wait_for(|| device.stats().frames > 1000);
        let format = device.change(null(44_100, 64), |callback| callback).unwrap();
        assert_eq!((format.rate, device.format().block), (44_100, 64));
        let before = device.stats().frames;
        wait_for(|| device.stats().frames > before + 1000);
        let played = |notice: &Notice| matches!(notice, Notice::Playing(format) if format.device == "null");
        assert_eq!(device.notices().iter().filter(|notice| played(notice)).count(), 2);
        let counts = device.counts.clone();
        let callback = device.close().expect("it comes back");
        assert_eq!(callback.0, counts.frames(), "every frame was asked of the one callback");
    }

    #[test]
    fn the_null_device_is_as_fast_as_the_clock() {
        let start = std::time::Instant::now();
        let device = Device::play(null(8000, 80), Counting(0)).map_err(|(error, _)| error).unwrap();
        wait_for(|| device.stats().frames >= 2400);
        // At least as long as the frames take; how much longer depends on the machine.
        assert!(start.elapsed() >= Duration::from_millis(285), "{:?}", start.elapsed());
        assert!(device.close().is_some_and(|callback| callback.0 >= 2400));
    }

    #[test]
    fn a_device_that_does_not_open_leaves_the_old_one_playing() {
        let device = Device::play(null(48_000, 480), Counting(0)).map_err(|(error, _)| error).unwrap();
        let request = DeviceRequest { device: Some("no such device".into()), ..DeviceRequest::default() };
        assert!(Offer::of(&request).is_err());
        let before = device.stats().frames;
        wait_for(|| device.stats().frames > before);
        assert_eq!(device.format().device, "null");
    }
}
