//! The socket options behind keepalive. They are Linux's own; elsewhere deadlines have to do.

use std::io;
use std::time::Duration;

#[cfg(target_os = "linux")]
use rustix::net::sockopt;
use tokio::net::TcpStream;

/// After so much silence the kernel asks, and then each second; four questions may get lost.
pub(super) const SILENCE: Duration = Duration::from_secs(2);
pub(super) const BETWEEN: Duration = Duration::from_secs(1);
pub(super) const QUESTIONS: u32 = 4;

/// Makes the kernel ask whether the peer is there.
#[cfg(target_os = "linux")]
pub(super) fn ask(stream: &TcpStream) -> io::Result<()> {
    sockopt::set_tcp_keepidle(stream, SILENCE)?;
    sockopt::set_tcp_keepintvl(stream, BETWEEN)?;
    sockopt::set_tcp_keepcnt(stream, QUESTIONS)?;
    Ok(sockopt::set_socket_keepalive(stream, true)?)
}

/// Limits how long data may stay unacknowledged, and the kernel's questions unanswered.
#[cfg(target_os = "linux")]
pub(super) fn limit(stream: &TcpStream, span: Option<Duration>) -> io::Result<()> {
    let millis = span.map_or(0, |span| {
        u32::try_from(span.as_millis()).unwrap_or(u32::MAX)
    });
    Ok(sockopt::set_tcp_user_timeout(stream, millis)?)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn ask(_: &TcpStream) -> io::Result<()> {
    Ok(())
}

#[cfg(not(target_os = "linux"))]
pub(super) fn limit(_: &TcpStream, _: Option<Duration>) -> io::Result<()> {
    Ok(())
}
