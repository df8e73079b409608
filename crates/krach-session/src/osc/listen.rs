//! OSC that comes in.

use super::{OscMessage, OscTime};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::SystemTime;

/// What a listener has heard so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OscCounts {
    /// Messages that were passed on.
    pub heard: u64,
    /// Packets that are not OSC.
    pub malformed: u64,
    /// Packets dropped because too many came.
    pub dropped: u64,
}

/// Hears one UDP port of this machine.
#[derive(Debug)]
pub struct OscListener {
    socket: UdpSocket,
    counts: OscCounts,
    /// Packets that may still come in this second.
    left: u32,
    second: u32,
    packet: Vec<u8>,
}

/// Packets in a second: several times as many as a busy sequencer sends.
const PACKETS_PER_SECOND: u32 = 5000;
/// The largest packet of UDP.
const LARGEST: usize = 65_535;

impl OscListener {
    /// Hears programs on this machine at a port; port 0 lets the system choose one.
    ///
    /// # Errors
    /// The port is taken, or not allowed.
    pub fn local(port: u16) -> io::Result<Self> {
        Self::on(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port))
    }

    /// Hears an address that may be reached from other machines: anybody there can then play and turn everything.
    ///
    /// # Errors
    /// The address is not one of this machine, or its port is taken.
    pub fn on(address: SocketAddr) -> io::Result<Self> {
        let socket = UdpSocket::bind(address)?;
        socket.set_nonblocking(true)?;
        let packet = vec![0; LARGEST];
        Ok(Self { socket, counts: OscCounts::default(), left: PACKETS_PER_SECOND, second: 0, packet })
    }

    /// The address that it hears.
    ///
    /// # Errors
    /// The system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    #[must_use]
    pub fn counts(&self) -> OscCounts {
        self.counts
    }

    /// The messages that came since the last look, in order. It does not wait.
    pub fn read(&mut self) -> Vec<OscMessage> {
        let mut messages = Vec::new();
        // Not without end, however fast they come.
        for _ in 0..PACKETS_PER_SECOND {
            let length = match self.socket.recv_from(&mut self.packet) {
                Ok((length, _)) => length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                // Nothing there, or a receiver of ours that has gone: both are no packet.
                Err(_) => break,
            };
            if !self.may_pass() {
                self.counts.dropped += 1;
                continue;
            }
            match OscMessage::read(&self.packet[..length]) {
                Ok(new) => {
                    self.counts.heard += new.len() as u64;
                    messages.extend(new);
                }
                Err(_) => self.counts.malformed += 1,
            }
        }
        messages
    }

    fn may_pass(&mut self) -> bool {
        let second = OscTime::of(SystemTime::now()).seconds;
        if second != self.second {
            (self.second, self.left) = (second, PACKETS_PER_SECOND);
        }
        let passes = self.left > 0;
        self.left = self.left.saturating_sub(1);
        passes
    }
}

#[cfg(test)]
mod tests {
    use super::super::{OscArg, OscSender};
    use super::*;
    use std::time::Duration;

    fn wait(listener: &mut OscListener, count: usize) -> Vec<OscMessage> {
        let mut messages = Vec::new();
        for _ in 0..200 {
            messages.extend(listener.read());
            if messages.len() >= count {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        messages
    }

    #[test]
    fn messages_arrive_with_their_time_and_noise_is_counted() {
        let mut listener = OscListener::local(0).unwrap();
        let address = listener.address().unwrap();
        assert!(address.ip().is_loopback());
        let sender = OscSender::to(&address.to_string()).unwrap();
        let time = OscTime { seconds: 9, fraction: 1 };
        sender.send(Some(time), &[("/krach/bass/cutoff", &[OscArg::Float(800.0)])]).unwrap();
        let messages = wait(&mut listener, 1);
        assert_eq!((messages[0].time, messages[0].address.as_str()), (Some(time), "/krach/bass/cutoff"));
        let noise = UdpSocket::bind("127.0.0.1:0").unwrap();
        noise.send_to(b"hello", address).unwrap();
        noise.send_to(b"", address).unwrap();
        sender.send(None, &[("/end", &[])]).unwrap();
        assert_eq!(wait(&mut listener, 1)[0].address, "/end");
        assert_eq!(listener.counts(), OscCounts { heard: 2, malformed: 2, dropped: 0 });
    }

    #[test]
    fn a_flood_is_dropped_above_the_limit() {
        let mut listener = OscListener::local(0).unwrap();
        (listener.left, listener.second) = (3, OscTime::of(SystemTime::now()).seconds);
        let passed = (0..10).filter(|_| listener.may_pass()).count();
        // A second may end in between, and a new one begins with its own packets.
        assert!(passed == 3 || listener.second != 0 && passed > 3, "{passed}");
        listener.left = 0;
        listener.second = OscTime::of(SystemTime::now()).seconds + 1;
        assert!(listener.may_pass(), "a new second");
    }
}
