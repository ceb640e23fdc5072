//! Why a record cannot be read, and which of its fields is to blame.

use events::money::MoneyError;

/// Why a record cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Not UTF-8.
    #[error("the record is not UTF-8: byte {at} cannot be read")]
    Encoding {
        /// The first wrong byte, from 0.
        at: usize,
    },
    /// Not JSON.
    #[error("the record is not JSON: {why}")]
    Syntax {
        /// What is wrong and where.
        why: String,
    },
    /// A field that the record does not have.
    #[error("'{field}' is not a field here; known are {}", known.join(", "))]
    UnknownField {
        /// Its path.
        field: String,
        /// The fields there are.
        known: Vec<String>,
    },
    /// A field written more than once.
    #[error("'{field}' is written more than once")]
    RepeatedField {
        /// Its path.
        field: String,
    },
    /// A field that the record cannot do without.
    #[error("'{field}' is missing")]
    MissingField {
        /// Its path.
        field: String,
    },
    /// A value that is not of its form.
    #[error("{why}")]
    Form {
        /// The path of its field.
        field: String,
        /// What is wrong, and what would be right.
        why: String,
        /// The words there are, where it is a choice.
        known: Vec<String>,
    },
    /// A value of its form that breaks a rule of every record.
    #[error("{source}")]
    Refused {
        /// The path of its field.
        field: String,
        /// The rule.
        source: MoneyError,
    },
}

impl Unreadable {
    /// The path of the field to blame: `in_kind.quantity`.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Encoding { .. } | Self::Syntax { .. } => None,
            Self::UnknownField { field, .. }
            | Self::RepeatedField { field }
            | Self::MissingField { field }
            | Self::Form { field, .. }
            | Self::Refused { field, .. } => Some(field)
                .filter(|field| !field.is_empty())
                .map(String::as_str),
        }
    }

    /// What would have been known in its place; empty where that is no choice.
    pub fn known(&self) -> &[String] {
        match self {
            Self::UnknownField { known, .. } | Self::Form { known, .. } => known,
            Self::Encoding { .. }
            | Self::Syntax { .. }
            | Self::RepeatedField { .. }
            | Self::MissingField { .. }
            | Self::Refused { .. } => &[],
        }
    }

    /// The reason as a slug.
    pub fn slug(&self) -> &'static str {
        match self {
            Self::Encoding { .. } => "not-utf-8",
            Self::Syntax { .. } => "not-json",
            Self::UnknownField { .. } => "unknown-field",
            Self::RepeatedField { .. } => "repeated-field",
            Self::MissingField { .. } => "missing-field",
            Self::Form { .. } => "malformed",
            Self::Refused { source, .. } => match source {
                MoneyError::Form(_) => "malformed",
                MoneyError::TooLarge(_) => "amount-too-large",
                MoneyError::NotPositive(_) => "amount-not-positive",
                MoneyError::Zero => "change-of-zero",
            },
        }
    }

    pub(crate) fn form(field: impl Into<String>, why: impl ToString) -> Self {
        Self::Form {
            field: field.into(),
            why: why.to_string(),
            known: Vec::new(),
        }
    }
}
