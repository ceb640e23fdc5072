//! Records of a line.

use events::line::{
    Adjust, AdjustCommitment, Allocation, AllocationBasis, Certainty, Commitment, Detail,
    Disbursement, DisbursementKind, Extension, InKind, InKindKind, LineAction, Recover, Reverse,
    Transfer, TransferKind,
};
use events::names::LineId;
use events::record::{RecordBody, RecordKind};
use events::text::Place;

use super::fields::{
    Fields, amount, change, day, free_text, parsed, quantity, reference, word, year,
};
use super::node::Node;
use super::unreadable::Unreadable;

/// The fields of a disbursement.
pub(crate) const DISBURSEMENT: &[&str] = &[
    "line",
    "amount",
    "kind",
    "commitment",
    "certainty",
    "vintage",
    "project",
    "commune",
    "in_kind",
];

type Read = Result<RecordBody, Unreadable>;

fn line(path: &str, node: &Node) -> Result<LineId, Unreadable> {
    parsed(LineId::parse)(path, node)
}

fn place(path: &str, node: &Node) -> Result<Place, Unreadable> {
    parsed(Place::parse)(path, node)
}

fn of_line(fields: &Fields<'_>, action: LineAction) -> Read {
    Ok(RecordBody::Line(fields.required("line", line)?, action))
}

pub(crate) fn allocation(fields: &Fields<'_>) -> Read {
    let basis = word(AllocationBasis::KNOWN, AllocationBasis::find);
    let allocation = Allocation {
        amount: fields.required("amount", amount)?,
        basis: fields.required("basis", basis)?,
    };
    of_line(fields, LineAction::Allocate(allocation))
}

pub(crate) fn adjustment(fields: &Fields<'_>) -> Read {
    let adjust = Adjust {
        allocation: fields.required("allocation", reference)?,
        change: fields.required("change", change)?,
        reason: fields.required("reason", free_text)?,
    };
    of_line(fields, LineAction::Adjust(adjust))
}

pub(crate) fn transfer(fields: &Fields<'_>) -> Read {
    let kind = word(TransferKind::KNOWN, TransferKind::find);
    let kind = fields.required("reason", kind)?;
    let from = fields.required("from", line)?;
    let to = fields.optional("to", line)?;
    let vintage = fields.optional("vintage", year)?;
    let refused = |field: &str, why: &str| Err(Unreadable::form(field, why));
    match (kind, to) {
        (TransferKind::Recall, Some(_)) => {
            return refused(
                "to",
                "a recall goes back to the level above and names no 'to'",
            );
        }
        (TransferKind::CarryOver | TransferKind::Reallocation, None) => {
            let field = "to".to_owned();
            return Err(Unreadable::MissingField { field });
        }
        _ => {}
    }
    let vintage = match (kind, vintage) {
        (TransferKind::CarryOver, vintage) => Some(vintage.unwrap_or(from.year())),
        (TransferKind::Reallocation | TransferKind::Recall, None) => None,
        (TransferKind::Reallocation | TransferKind::Recall, Some(_)) => {
            return refused("vintage", "only a carry_over names a vintage");
        }
    };
    let transfer = Transfer {
        kind,
        to,
        amount: fields.required("amount", amount)?,
        vintage,
    };
    Ok(RecordBody::Line(from, LineAction::Transfer(transfer)))
}

pub(crate) fn detail(fields: &Fields<'_>) -> Read {
    let detail = Detail {
        amount: fields.required("amount", amount)?,
        project: fields.required("project", place)?,
    };
    of_line(fields, LineAction::Detail(detail))
}

pub(crate) fn commitment(fields: &Fields<'_>) -> Read {
    let commitment = Commitment {
        amount: fields.required("amount", amount)?,
        project: fields.optional("project", place)?,
        commune: fields.optional("commune", place)?,
        payee: fields.optional("payee", free_text)?,
    };
    of_line(fields, LineAction::Commit(commitment))
}

pub(crate) fn commitment_adjustment(fields: &Fields<'_>) -> Read {
    let adjust = AdjustCommitment {
        commitment: fields.required("commitment", reference)?,
        change: fields.required("change", change)?,
        reason: fields.required("reason", free_text)?,
    };
    of_line(fields, LineAction::AdjustCommitment(adjust))
}

pub(crate) fn disbursement(fields: &Fields<'_>) -> Read {
    let kind = word(DisbursementKind::KNOWN, DisbursementKind::find);
    let certainty = word(Certainty::KNOWN, Certainty::find);
    let line = fields.required("line", line)?;
    let certainty = fields.optional("certainty", certainty)?;
    let disbursement = Disbursement {
        amount: fields.required("amount", amount)?,
        kind: fields.required("kind", kind)?,
        certainty: certainty.unwrap_or(Certainty::Confirmed),
        vintage: fields.optional("vintage", year)?.unwrap_or(line.year()),
        commitment: fields.optional("commitment", reference)?,
        project: fields.optional("project", place)?,
        commune: fields.optional("commune", place)?,
        in_kind: fields.optional("in_kind", in_kind)?,
    };
    Ok(RecordBody::Line(line, LineAction::Disburse(disbursement)))
}

fn in_kind(path: &str, node: &Node) -> Result<InKind, Unreadable> {
    let fields = Fields::of(path, node, &[&["kind", "quantity", "unit_price"]])?;
    let kind = word(
        &["labour_days", "land_m2", "materials"],
        |word| match word {
            "labour_days" => Some(InKindKind::LabourDays),
            "land_m2" => Some(InKindKind::LandM2),
            "materials" => Some(InKindKind::Materials),
            _ => None,
        },
    );
    Ok(InKind {
        kind: fields.required("kind", kind)?,
        quantity: fields.required("quantity", quantity)?,
        unit_price: fields.required("unit_price", amount)?,
    })
}

pub(crate) fn recovery(fields: &Fields<'_>) -> Read {
    let recover = Recover {
        advance: fields.required("advance", reference)?,
        amount: fields.required("amount", amount)?,
    };
    of_line(fields, LineAction::Recover(recover))
}

pub(crate) fn reversal(fields: &Fields<'_>) -> Read {
    let (record, undone) = fields.required("reverses", |path, node| {
        let fields = Fields::of(path, node, &[&["record", "reference"]])?;
        let record = fields.required("record", word(RecordKind::KNOWN, RecordKind::find))?;
        Ok((record, fields.required("reference", reference)?))
    })?;
    let reverse = Reverse {
        record,
        reference: undone,
        amount: fields.optional("amount", amount)?,
        reason: fields.required("reason", free_text)?,
    };
    of_line(fields, LineAction::Reverse(reverse))
}

pub(crate) fn extension(fields: &Fields<'_>) -> Read {
    let extension = Extension {
        until: fields.required("until", day)?,
        reason: fields.required("reason", free_text)?,
    };
    of_line(fields, LineAction::Extend(extension))
}
