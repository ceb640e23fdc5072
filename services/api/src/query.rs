//! Query parameters, read strictly: none unknown, none repeated, all of their form.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use events::time::EffectiveOn;
use unicode_normalization::UnicodeNormalization as _;

use crate::error::ApiError;

/// The parameters of a request, by name.
#[derive(Clone, Debug)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Parameters {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Self::parse(parts.uri.query().unwrap_or_default())
    }
}

impl Parameters {
    fn parse(query: &str) -> Result<Self, ApiError> {
        let mut parameters = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decoded(name)?, decoded(value)?);
            if parameters.iter().any(|(earlier, _)| *earlier == name) {
                return Err(ApiError::RepeatedParameter { name });
            }
            parameters.push((name, value));
        }
        Ok(Self(parameters))
    }

    /// Refuses parameters that are not of these lists.
    pub(crate) fn only(&self, known: &[&[&'static str]]) -> Result<(), ApiError> {
        let all = || known.iter().flat_map(|names| names.iter().copied());
        let unknown = self.0.iter().find(|(name, _)| !all().any(|it| it == name));
        unknown.map_or(Ok(()), |(name, _)| {
            let (name, known) = (name.clone(), all().collect());
            Err(ApiError::UnknownParameter { name, known })
        })
    }

    /// The value of a parameter.
    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(it, _)| it == name);
        found.map(|(_, value)| value.as_str())
    }

    /// What `parse` makes of a parameter.
    pub(crate) fn parsed<T, E: ToString>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, ApiError> {
        let found = self.find(name).map(parse).transpose();
        found.map_err(|error| ApiError::parameter(name, error))
    }

    /// What `parse` makes of the parts of a list.
    pub(crate) fn set<T: Ord, E: ToString>(
        &self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<BTreeSet<T>, ApiError> {
        let parse = |list: &str| list.split(',').map(&parse).collect::<Result<_, E>>();
        Ok(self.parsed(name, parse)?.unwrap_or_default())
    }

    /// A day.
    pub(crate) fn day(&self, name: &'static str) -> Result<Option<EffectiveOn>, ApiError> {
        self.parsed(name, EffectiveOn::parse)
    }

    /// The word of a choice.
    pub(crate) fn word<T>(
        &self,
        name: &'static str,
        known: &'static [&'static str],
        find: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ApiError> {
        let Some(word) = self.find(name) else {
            return Ok(None);
        };
        let found = find(word).ok_or_else(|| ApiError::Parameter {
            name,
            why: format!("'{word}' is none of {}", known.join(", ")),
            known: known.to_vec(),
        });
        found.map(Some)
    }

    /// The words of a choice; none where it is not made.
    pub(crate) fn words<T: Ord>(
        &self,
        name: &'static str,
        known: &'static [&'static str],
        find: impl Fn(&str) -> Option<T>,
    ) -> Result<BTreeSet<T>, ApiError> {
        let list = self.find(name).into_iter().flat_map(|it| it.split(','));
        let found = list.map(|word| {
            find(word).ok_or_else(|| ApiError::Parameter {
                name,
                why: format!("'{word}' is none of {}", known.join(", ")),
                known: known.to_vec(),
            })
        });
        found.collect()
    }

    /// A flag.
    pub(crate) fn flag(&self, name: &'static str) -> Result<bool, ApiError> {
        let found = self.word(name, &["true", "false"], |word| match word {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        });
        Ok(found?.unwrap_or(false))
    }

    /// How many to give: 1 to 1,000.
    pub(crate) fn limit(&self) -> Result<Option<usize>, ApiError> {
        self.parsed("limit", |text| {
            let plain = text.bytes().all(|byte| byte.is_ascii_digit());
            let limit = text
                .parse()
                .ok()
                .filter(|limit| plain && (1..=1_000).contains(limit));
            limit.ok_or("'limit' is a whole number from 1 to 1,000")
        })
    }

    /// The parameters that have a value: a form sends those of empty choices too.
    pub(crate) fn without_empty(mut self) -> Self {
        self.0.retain(|(_, value)| !value.is_empty());
        self
    }

    /// The parameters, but for those of these names.
    pub(crate) fn without(&self, names: &[&str]) -> Vec<(String, String)> {
        let kept = self
            .0
            .iter()
            .filter(|(name, _)| !names.contains(&name.as_str()));
        kept.cloned().collect()
    }

    /// The parameters written again, but for those of these names.
    pub(crate) fn written(&self, without: &[&str]) -> String {
        self.those(|name| !without.contains(&name))
    }

    /// Those of these names, written again.
    pub(crate) fn of(&self, names: &[&str]) -> String {
        self.those(|name| names.contains(&name))
    }

    fn those(&self, kept: impl Fn(&str) -> bool) -> String {
        let kept = self.0.iter().filter(|(name, _)| kept(name));
        let written: Vec<String> = kept
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect();
        written.join("&")
    }
}

/// Percent-decoded, UTF-8, NFC text.
fn decoded(text: &str) -> Result<String, ApiError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || {
                    let digit = rest.next().and_then(|digit| char::from(digit).to_digit(16));
                    digit
                        .and_then(|digit| u8::try_from(digit).ok())
                        .ok_or(ApiError::Encoding)
                };
                digit()? * 16 + digit()?
            }
            byte => byte,
        });
    }
    let text = String::from_utf8(bytes).map_err(|_| ApiError::Encoding)?;
    Ok(text.nfc().collect())
}

/// Text that stands in a query as it is.
pub(crate) fn encoded(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~,/:".contains(&byte) {
            written.push(char::from(byte));
        } else {
            let _ = write!(written, "%{byte:02X}");
        }
    }
    written
}
