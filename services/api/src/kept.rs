//! Answers kept as they were written, to be given again while nothing has changed.
//!
//! The same question at the same position on the same day has the same bytes, so all of them are
//! forgotten with the next event that is applied, and at midnight. Nothing that was refused is kept.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use axum::body::{Body, Bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use axum::middleware::Next;
use axum::response::IntoResponse as _;
use events::log::Position;
use events::time::EffectiveOn;
use ledger::Ledger;

use crate::error::ApiError;
use crate::state::{AT_LEAST, AppState};

/// The questions whose answers are kept: what they say depends on figures alone.
const KEPT: [&str; 6] = [
    "/v1/rates",
    "/v1/series",
    "/v1/explain",
    "/v1/compare",
    "/v1/behind",
    "/v1/alerts/backtest",
];

/// Most bytes of one answer that is kept.
const LARGEST: usize = 4 << 20;

/// Most bytes of all answers that are kept.
const ROOM: usize = 64 << 20;

/// What was asked: the path with its query, and the media types and encodings that are taken.
type Asked = (String, Vec<u8>);

/// When answers hold: while this is the last position, on this day.
type When = (Position, EffectiveOn);

/// Answers that may be given again.
#[derive(Default)]
pub(crate) struct Kept(Mutex<Answers>);

#[derive(Default)]
struct Answers {
    when: Option<When>,
    by_asked: BTreeMap<Asked, Answer>,
    bytes: usize,
}

#[derive(Clone)]
struct Answer {
    headers: HeaderMap,
    body: Bytes,
}

impl Kept {
    fn find(&self, when: When, asked: &Asked) -> Option<Answer> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let holds = kept.when == Some(when);
        kept.by_asked.get(asked).filter(|_| holds).cloned()
    }

    fn keep(&self, when: When, asked: Asked, answer: Answer) {
        let size = answer.body.len() + asked.0.len() + asked.1.len();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.when > Some(when) {
            return;
        }
        if kept.when < Some(when) || kept.bytes + size > ROOM {
            *kept = Answers::default();
            kept.when = Some(when);
        }
        if kept.by_asked.insert(asked, answer).is_none() {
            kept.bytes += size;
        }
    }
}

/// Gives the answer that is kept, or keeps the one that is given.
pub(crate) async fn answer(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Result<Response<Body>, ApiError> {
    let route = request.extensions().get::<MatchedPath>();
    let is_question = route.is_some_and(|route| KEPT.contains(&route.as_str()));
    let waits = request.headers().contains_key(AT_LEAST);
    let plain = request.method() == Method::GET && is_question && !waits;
    // Where nothing new is counted, what was asked of now is not answered any more.
    let answers = |ledger: &&Ledger| plain && state.is_ready() && ledger.goes_on().is_ok();
    let Some(ledger) = state.find_ledger().filter(answers) else {
        return Ok(next.run(request).await);
    };
    let when = || (ledger.applied(), ledger.today());
    let (asked_at, asked) = (when(), asked(&request));
    if let Some(kept) = state.kept().find(asked_at, &asked) {
        state.metrics().given_again();
        return Ok((kept.headers, kept.body).into_response());
    }
    let response = next.run(request).await;
    if response.status() != StatusCode::OK {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await;
    let body = body.map_err(|_| ApiError::Panicked)?;
    if body.len() <= LARGEST && when() == asked_at {
        let answer = Answer {
            headers: parts.headers.clone(),
            body: body.clone(),
        };
        state.kept().keep(asked_at, asked, answer);
    }
    Ok(Response::from_parts(parts, body.into()))
}

fn asked(request: &Request) -> Asked {
    let path = request.uri().path_and_query();
    let path = path.map_or_else(String::new, ToString::to_string);
    let headers = request.headers();
    let taken = |name| {
        let values = headers.get_all(name).iter().map(HeaderValue::as_bytes);
        values.collect::<Vec<_>>().join(&b',')
    };
    let taken = [header::ACCEPT, header::ACCEPT_ENCODING].map(taken);
    (path, taken.join(&b'\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn when(position: u64, day: &str) -> When {
        (Position(position), EffectiveOn::parse(day).unwrap())
    }

    fn answer(bytes: usize) -> Answer {
        Answer {
            headers: HeaderMap::new(),
            body: vec![b'x'; bytes].into(),
        }
    }

    fn asked(path: &str) -> Asked {
        (path.to_owned(), Vec::new())
    }

    #[test]
    fn an_answer_holds_until_the_next_event_or_day() {
        let kept = Kept::default();
        let now = when(7, "2025-03-01");
        kept.keep(now, asked("/a"), answer(1));
        assert!(kept.find(now, &asked("/a")).is_some());
        assert!(kept.find(now, &asked("/b")).is_none());
        assert!(kept.find(when(8, "2025-03-01"), &asked("/a")).is_none());
        assert!(kept.find(when(7, "2025-03-02"), &asked("/a")).is_none());
        kept.keep(when(8, "2025-03-01"), asked("/b"), answer(1));
        assert!(kept.find(now, &asked("/a")).is_none());
    }

    #[test]
    fn an_answer_that_comes_late_does_not_take_the_place_of_newer_ones() {
        let kept = Kept::default();
        let now = when(8, "2025-03-01");
        kept.keep(now, asked("/a"), answer(1));
        kept.keep(when(7, "2025-03-01"), asked("/a"), answer(2));
        assert_eq!(kept.find(now, &asked("/a")).unwrap().body.len(), 1);
    }

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let kept = Kept::default();
        let now = when(8, "2025-03-01");
        for number in 0..40 {
            kept.keep(now, asked(&format!("/{number}")), answer(LARGEST));
            assert!(kept.0.lock().unwrap().bytes <= ROOM);
        }
        assert!(kept.find(now, &asked("/39")).is_some());
    }
}
