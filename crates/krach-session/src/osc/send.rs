//! OSC that goes out.

use super::{Malformed, OscArg, OscMessage, OscTime};
use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs, UdpSocket};

/// Sends to one address.
#[derive(Debug)]
pub struct OscSender {
    socket: UdpSocket,
    target: SocketAddr,
}

impl OscSender {
    /// Sends to `host:port`.
    ///
    /// # Errors
    /// No such host, or no port in the text.
    pub fn to(target: &str) -> io::Result<Self> {
        let missing = || io::Error::new(io::ErrorKind::NotFound, format!("`{target}` is no host and port"));
        let target = target.to_socket_addrs()?.next().ok_or_else(missing)?;
        let any = if target.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let socket = UdpSocket::bind(any)?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket, target })
    }

    /// The address that it sends to.
    #[must_use]
    pub fn target(&self) -> SocketAddr {
        self.target
    }

    /// Sends messages in one bundle, due at `time`; none is at once.
    ///
    /// # Errors
    /// An address that is none, or the system refuses. A receiver that does not listen is no error.
    pub fn send(&self, time: Option<OscTime>, messages: &[(&str, &[OscArg])]) -> io::Result<()> {
        let invalid = |error: Malformed| io::Error::new(io::ErrorKind::InvalidInput, error.to_string());
        let bytes = OscMessage::bundle(time, messages).map_err(invalid)?;
        match self.socket.send_to(&bytes, self.target) {
            Err(error) if error.kind() != io::ErrorKind::ConnectionRefused => Err(error),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for OscSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.target.fmt(f)
    }
}
