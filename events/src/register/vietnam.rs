//! The built-in register: Vietnam's programmes and provinces.
//!
//! Provinces by their GSO codes: 63 until 30 June 2025, 34 since (Resolution 202/2025/QH15;
//! Decision 19/2025/QĐ-TTg on codes). In seven units the surviving name and the surviving code come
//! from different old provinces. `00` is the whole country, where a source gives no province.

use std::collections::BTreeSet;

use super::{Merged, Merger, Names, Registration, UnitCode, UnitKind};
use crate::record::{Entry, Record, RecordBody};
use crate::text::{Reference, Text};
use crate::time::EffectiveOn;

/// From here on the built-in codes hold.
const START: &str = "2000-01-01";

/// Code, Vietnamese name, English name, first day.
const PROGRAMMES: [(&str, &str, &str, &str); 6] = [
    (
        "NTM",
        "Xây dựng nông thôn mới",
        "New rural development",
        START,
    ),
    (
        "SPR",
        "Giảm nghèo bền vững",
        "Sustainable poverty reduction",
        START,
    ),
    (
        "EM",
        "Phát triển kinh tế - xã hội vùng đồng bào dân tộc thiểu số và miền núi",
        "Ethnic-minority and mountainous areas",
        START,
    ),
    ("PUB", "Đầu tư công", "Public investment", START),
    ("CUL", "Phát triển văn hóa", "Culture", "2025-01-01"),
    (
        "DRUG",
        "Phòng, chống ma túy",
        "Drug prevention and control",
        "2025-01-01",
    ),
];

/// The three programmes that one succeeds (National Assembly, 11 December 2025).
const RURAL: Merging = Merging {
    into: "RPE",
    vi: "Nông thôn mới, giảm nghèo bền vững và phát triển kinh tế - xã hội vùng đồng bào dân tộc \
         thiểu số và miền núi",
    en: "New rural development, poverty reduction and ethnic-minority areas",
    from: &["NTM", "SPR", "EM"],
};

/// The provinces before 1 July 2025: code, Vietnamese name, English name.
const PROVINCES: [(&str, &str, &str); 64] = [
    ("00", "Cả nước", "Whole country"),
    ("01", "Hà Nội", "Hanoi"),
    ("02", "Hà Giang", "Ha Giang"),
    ("04", "Cao Bằng", "Cao Bang"),
    ("06", "Bắc Kạn", "Bac Kan"),
    ("08", "Tuyên Quang", "Tuyen Quang"),
    ("10", "Lào Cai", "Lao Cai"),
    ("11", "Điện Biên", "Dien Bien"),
    ("12", "Lai Châu", "Lai Chau"),
    ("14", "Sơn La", "Son La"),
    ("15", "Yên Bái", "Yen Bai"),
    ("17", "Hoà Bình", "Hoa Binh"),
    ("19", "Thái Nguyên", "Thai Nguyen"),
    ("20", "Lạng Sơn", "Lang Son"),
    ("22", "Quảng Ninh", "Quang Ninh"),
    ("24", "Bắc Giang", "Bac Giang"),
    ("25", "Phú Thọ", "Phu Tho"),
    ("26", "Vĩnh Phúc", "Vinh Phuc"),
    ("27", "Bắc Ninh", "Bac Ninh"),
    ("30", "Hải Dương", "Hai Duong"),
    ("31", "Hải Phòng", "Haiphong"),
    ("33", "Hưng Yên", "Hung Yen"),
    ("34", "Thái Bình", "Thai Binh"),
    ("35", "Hà Nam", "Ha Nam"),
    ("36", "Nam Định", "Nam Dinh"),
    ("37", "Ninh Bình", "Ninh Binh"),
    ("38", "Thanh Hóa", "Thanh Hoa"),
    ("40", "Nghệ An", "Nghe An"),
    ("42", "Hà Tĩnh", "Ha Tinh"),
    ("44", "Quảng Bình", "Quang Binh"),
    ("45", "Quảng Trị", "Quang Tri"),
    ("46", "Thừa Thiên Huế", "Thua Thien Hue"),
    ("48", "Đà Nẵng", "Da Nang"),
    ("49", "Quảng Nam", "Quang Nam"),
    ("51", "Quảng Ngãi", "Quang Ngai"),
    ("52", "Bình Định", "Binh Dinh"),
    ("54", "Phú Yên", "Phu Yen"),
    ("56", "Khánh Hòa", "Khanh Hoa"),
    ("58", "Ninh Thuận", "Ninh Thuan"),
    ("60", "Bình Thuận", "Binh Thuan"),
    ("62", "Kon Tum", "Kon Tum"),
    ("64", "Gia Lai", "Gia Lai"),
    ("66", "Đắk Lắk", "Dak Lak"),
    ("67", "Đắk Nông", "Dak Nong"),
    ("68", "Lâm Đồng", "Lam Dong"),
    ("70", "Bình Phước", "Binh Phuoc"),
    ("72", "Tây Ninh", "Tay Ninh"),
    ("74", "Bình Dương", "Binh Duong"),
    ("75", "Đồng Nai", "Dong Nai"),
    ("77", "Bà Rịa - Vũng Tàu", "Ba Ria - Vung Tau"),
    ("79", "Hồ Chí Minh", "Ho Chi Minh"),
    ("80", "Long An", "Long An"),
    ("82", "Tiền Giang", "Tien Giang"),
    ("83", "Bến Tre", "Ben Tre"),
    ("84", "Trà Vinh", "Tra Vinh"),
    ("86", "Vĩnh Long", "Vinh Long"),
    ("87", "Đồng Tháp", "Dong Thap"),
    ("89", "An Giang", "An Giang"),
    ("91", "Kiên Giang", "Kien Giang"),
    ("92", "Cần Thơ", "Can Tho"),
    ("93", "Hậu Giang", "Hau Giang"),
    ("94", "Sóc Trăng", "Soc Trang"),
    ("95", "Bạc Liêu", "Bac Lieu"),
    ("96", "Cà Mau", "Ca Mau"),
];

/// Provinces that changed their name and nothing else: code, names, first day.
const RENAMED: [(&str, &str, &str, &str); 2] = [
    ("46", "Huế", "Hue", "2025-01-01"),
    ("38", "Thanh Hoá", "Thanh Hoa", "2025-07-01"),
];

/// Units that became one.
struct Merging {
    into: &'static str,
    vi: &'static str,
    en: &'static str,
    from: &'static [&'static str],
}

/// What became of the provinces on 1 July 2025. The code that survives is the one of the province
/// where the new People's Committee sits.
const MERGED: [Merging; 23] = [
    Merging {
        into: "08",
        vi: "Tuyên Quang",
        en: "Tuyen Quang",
        from: &["02", "08"],
    },
    Merging {
        into: "15",
        vi: "Lào Cai",
        en: "Lao Cai",
        from: &["10", "15"],
    },
    Merging {
        into: "19",
        vi: "Thái Nguyên",
        en: "Thai Nguyen",
        from: &["06", "19"],
    },
    Merging {
        into: "24",
        vi: "Bắc Ninh",
        en: "Bac Ninh",
        from: &["24", "27"],
    },
    Merging {
        into: "25",
        vi: "Phú Thọ",
        en: "Phu Tho",
        from: &["17", "25", "26"],
    },
    Merging {
        into: "31",
        vi: "Hải Phòng",
        en: "Haiphong",
        from: &["30", "31"],
    },
    Merging {
        into: "33",
        vi: "Hưng Yên",
        en: "Hung Yen",
        from: &["33", "34"],
    },
    Merging {
        into: "37",
        vi: "Ninh Bình",
        en: "Ninh Binh",
        from: &["35", "36", "37"],
    },
    Merging {
        into: "44",
        vi: "Quảng Trị",
        en: "Quang Tri",
        from: &["44", "45"],
    },
    Merging {
        into: "48",
        vi: "Đà Nẵng",
        en: "Da Nang",
        from: &["48", "49"],
    },
    Merging {
        into: "51",
        vi: "Quảng Ngãi",
        en: "Quang Ngai",
        from: &["51", "62"],
    },
    Merging {
        into: "52",
        vi: "Gia Lai",
        en: "Gia Lai",
        from: &["52", "64"],
    },
    Merging {
        into: "56",
        vi: "Khánh Hoà",
        en: "Khanh Hoa",
        from: &["56", "58"],
    },
    Merging {
        into: "66",
        vi: "Đắk Lắk",
        en: "Dak Lak",
        from: &["54", "66"],
    },
    Merging {
        into: "68",
        vi: "Lâm Đồng",
        en: "Lam Dong",
        from: &["60", "67", "68"],
    },
    Merging {
        into: "75",
        vi: "Đồng Nai",
        en: "Dong Nai",
        from: &["70", "75"],
    },
    Merging {
        into: "79",
        vi: "Hồ Chí Minh",
        en: "Ho Chi Minh",
        from: &["74", "77", "79"],
    },
    Merging {
        into: "80",
        vi: "Tây Ninh",
        en: "Tay Ninh",
        from: &["72", "80"],
    },
    Merging {
        into: "82",
        vi: "Đồng Tháp",
        en: "Dong Thap",
        from: &["82", "87"],
    },
    Merging {
        into: "86",
        vi: "Vĩnh Long",
        en: "Vinh Long",
        from: &["83", "84", "86"],
    },
    Merging {
        into: "91",
        vi: "An Giang",
        en: "An Giang",
        from: &["89", "91"],
    },
    Merging {
        into: "92",
        vi: "Cần Thơ",
        en: "Can Tho",
        from: &["92", "93", "94"],
    },
    Merging {
        into: "96",
        vi: "Cà Mau",
        en: "Ca Mau",
        from: &["95", "96"],
    },
];

/// The records of the built-in register, in the order in which they are to be recorded.
///
/// # Panics
/// Never: the tables above are of their form.
pub fn vietnam() -> Vec<Record> {
    let programmes = PROGRAMMES
        .iter()
        .map(|(code, vi, en, from)| registration(UnitKind::Programme, (code, vi, en), from));
    let rural = merger(UnitKind::Programme, &RURAL, "2026-01-01");
    let provinces = PROVINCES
        .iter()
        .map(|(code, vi, en)| registration(UnitKind::Province, (code, vi, en), START));
    let renamed = RENAMED
        .iter()
        .map(|(code, vi, en, from)| registration(UnitKind::Province, (code, vi, en), from));
    let merged = MERGED
        .iter()
        .map(|merging| merger(UnitKind::Province, merging, "2025-07-01"));
    programmes
        .chain([rural])
        .chain(provinces)
        .chain(renamed)
        .chain(merged)
        .collect()
}

fn registration(kind: UnitKind, (code, vi, en): (&str, &str, &str), from: &str) -> Record {
    let entry = entry(format!("register {code} {from}"), from);
    let registration = Registration {
        kind,
        code: coded(kind, code),
        names: names(vi, en),
        until: None,
    };
    Record {
        entry,
        body: RecordBody::Registration(registration),
    }
}

fn merger(kind: UnitKind, merging: &Merging, on: &str) -> Record {
    let Merging { into, vi, en, from } = merging;
    let entry = entry(format!("merge {into} {on}"), on);
    let into = Merged {
        code: coded(kind, into),
        names: names(vi, en),
    };
    let from: BTreeSet<UnitCode> = from.iter().map(|code| coded(kind, code)).collect();
    Record {
        entry,
        body: RecordBody::Merger(Merger { kind, from, into }),
    }
}

#[expect(
    clippy::expect_used,
    reason = "the tables above are of their form, as a test replays"
)]
fn entry(reference: String, on: &str) -> Entry {
    let reference = Reference::parse(&reference).expect("a reference");
    let effective_on = EffectiveOn::parse(on).expect("a day");
    Entry {
        reference,
        effective_on,
        note: None,
        document: None,
    }
}

#[expect(
    clippy::expect_used,
    reason = "the tables above are of their form, as a test replays"
)]
fn coded(kind: UnitKind, code: &str) -> UnitCode {
    kind.parse_code(code).expect("a code")
}

#[expect(
    clippy::expect_used,
    reason = "the tables above are of their form, as a test replays"
)]
fn names(vi: &str, en: &str) -> Names {
    Names {
        vi: Text::parse(vi).expect("a name"),
        en: Text::parse(en).expect("a name"),
    }
}
