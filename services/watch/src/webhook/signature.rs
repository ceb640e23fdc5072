//! The signature of a delivery, as the Standard Webhooks specification makes it, so that receivers
//! can check it with a library of theirs.
//!
//! Nothing is checked here: nobody sends webhooks to us.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use super::secret::Secret;

/// The value of `webhook-signature` for `body`, sent as `id` at `seconds` after 1970.
#[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
pub(super) fn sign(secret: &Secret, id: &str, seconds: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.key()).expect("a key of any length");
    mac.update(format!("{id}.{seconds}.").as_bytes());
    mac.update(body.as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0192f3a4-5b6c-7d8e-9f00-112233445566";
    const AT: i64 = 1_735_689_600;
    const BODY: &str =
        r#"{"type":"alert.raised","data":{"programme":"NTM","name":"Nông thôn mới"}}"#;

    fn secret(text: &str) -> Secret {
        Secret::parse(text.as_bytes()).unwrap()
    }

    /// The expected values are those of Python's `hmac`.
    #[test]
    fn a_signature_is_what_another_implementation_makes_of_it() {
        assert_eq!(
            sign(&secret("a secret of at least sixteen bytes"), ID, AT, BODY),
            "v1,OMW4nuQ6jrxNUkAyjIjk/btjx6tLcvhLaibqMpcxLN8="
        );
        let in_base64 = secret("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD");
        assert_eq!(
            sign(&in_base64, ID, AT, BODY),
            "v1,sn5VaQ6SZkrkIolWQz8P0EvfYa0W+V2DkUYuuT2prvk="
        );
    }

    /// The example that the libraries of the specification are tested with.
    #[test]
    fn a_signature_is_what_the_specification_makes_of_it() {
        let secret = secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        assert_eq!(
            sign(&secret, id, 1_614_265_330, r#"{"test": 2432232314}"#),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn a_signature_covers_id_time_and_text() {
        let secret = secret("a secret of at least sixteen bytes");
        let signed = sign(&secret, ID, AT, BODY);
        assert_ne!(sign(&secret, "another", AT, BODY), signed);
        assert_ne!(sign(&secret, ID, AT + 1, BODY), signed);
        assert_ne!(sign(&secret, ID, AT, "{}"), signed);
    }
}
