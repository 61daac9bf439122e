//! Moves a request's body from the connection to the query's thread, at the pace the engine takes it.

use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::sync::mpsc;

use crate::query::Frame;

/// Frames on their way to the engine (a frame is at most what hyper reads at once, some hundred kilobytes).
pub(crate) const FRAMES_IN_FLIGHT: usize = 8;
/// How long a body is read on after its query failed, so that the client gets to read the answer.
const DRAIN_TIME: Duration = Duration::from_secs(2);
const DRAIN_BYTES: usize = 64 << 20;

/// Forwards the whole body, then its end. A broken body gets no end, which the query's thread takes as an abort.
pub(crate) async fn forward(body: &mut Incoming, frames: mpsc::Sender<Frame>) {
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return };
        let Ok(data) = frame.into_data() else { continue };
        if frames.send(Frame::Data(data)).await.is_err() {
            return;
        }
    }
    let _ = frames.send(Frame::End).await;
}

/// Reads and drops what is left of a body, within limits; true when nothing is left.
pub(crate) async fn drain(body: &mut Incoming) -> bool {
    let rest = async {
        let mut left = DRAIN_BYTES;
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { return false };
            left = left.saturating_sub(frame.data_ref().map_or(0, bytes::Bytes::len));
            if left == 0 {
                return false;
            }
        }
        true
    };
    tokio::time::timeout(DRAIN_TIME, rest).await.unwrap_or(false)
}
