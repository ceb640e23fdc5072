//! Records as a finance department writes them, in one line each.

/// A line that every register of ours has.
pub(crate) const LINE: &str = "NTM/10/2024/central/investment";

/// The question about all figures of the tests.
pub(crate) const RATES: &str = "/v1/rates?year=2024&province=10&as_of=2025-01-31&by=source";

pub(crate) fn allocation(reference: &str, amount: u64) -> String {
    format!(
        r#"{{"record":"allocation","line":"{LINE}","reference":"{reference}","effective_on":"2024-01-05","amount":{amount},"basis":"assigned"}}"#
    )
}

pub(crate) fn commitment(reference: &str, amount: u64) -> String {
    format!(
        r#"{{"record":"commitment","line":"{LINE}","reference":"{reference}","effective_on":"2024-02-01","amount":{amount}}}"#
    )
}

pub(crate) fn payment(reference: &str, commitment: &str, amount: u64) -> String {
    format!(
        r#"{{"record":"disbursement","line":"{LINE}","reference":"{reference}","effective_on":"2024-03-01","kind":"payment","commitment":"{commitment}","amount":{amount}}}"#
    )
}

/// Gifts are not under hard control: they need no commitment.
pub(crate) fn gift(reference: &str, amount: u64) -> String {
    gift_in("10", reference, amount)
}

/// A gift in another province: on a line of its own.
pub(crate) fn gift_in(province: &str, reference: &str, amount: u64) -> String {
    let line = format!("NTM/{province}/2024/community/unclassified");
    format!(
        r#"{{"record":"disbursement","line":"{line}","reference":"{reference}","effective_on":"2024-03-01","kind":"contribution","amount":{amount}}}"#
    )
}

/// An allocation, a commitment of half of it, and a payment of a quarter.
pub(crate) fn little_history() -> String {
    [
        allocation("QD-1", 1000),
        commitment("HD-1", 500),
        payment("KB-1", "HD-1", 250),
    ]
    .join("\n")
}
