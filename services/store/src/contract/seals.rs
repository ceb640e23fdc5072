//! Seals: kept with their batch, refused alone, called in order.

use std::sync::{Arc, Mutex};

use events::log::{Position, Recorded, Stored};

use super::{add, append, exact, extend, numbers, positions};
use crate::append::{AppendError, Expected};
use crate::port::EventStore;
use crate::seal::{Seal, SealError, Sealed};

/// Seals a batch with its positions, refuses events whose number is divisible by seven, and
/// remembers what it has sealed.
#[derive(Default)]
struct Witness(Mutex<Vec<u64>>);

#[derive(Debug, thiserror::Error)]
#[error("seven is refused")]
struct Seven;

impl Seal for Witness {
    fn seal(&self, batch: &[Recorded<Stored>]) -> Result<Vec<u8>, SealError> {
        if numbers(batch).iter().any(|number| number % 7 == 0) {
            return Err(SealError::new(Seven));
        }
        let positions = positions(batch);
        self.0.lock().unwrap().extend(&positions);
        Ok(format!("{positions:?}").into_bytes())
    }

    fn withdraw(&self, position: Position) {
        self.0
            .lock()
            .unwrap()
            .retain(|&sealed| sealed <= position.0);
    }
}

pub(super) async fn keeps_what_the_seal_gives(store: Arc<dyn EventStore>) {
    let seal: Arc<dyn Seal> = Arc::<Witness>::default();
    let sealed = |position, text: &str| Sealed {
        position: Position(position),
        bytes: text.as_bytes().to_vec(),
    };
    let first = append("a", Expected::NoStream, [1, 2, 3]);
    store.append(first.clone(), &seal).await.unwrap();
    extend(&store, "b", [4]).await;
    let second = append("b", exact(0), [5]);
    store.append(second, &seal).await.unwrap();
    store.append(first, &seal).await.unwrap();
    assert_eq!(
        store.seals(Position::START, 10).await.unwrap(),
        [sealed(3, "[1, 2, 3]"), sealed(5, "[5]")]
    );
    let rest = store.seals(Position(3), 10).await.unwrap();
    assert_eq!(rest, [sealed(5, "[5]")]);
    let one = store.seals(Position::START, 1).await.unwrap();
    assert_eq!(one, [sealed(3, "[1, 2, 3]")]);
    assert!(store.seals(Position(5), 10).await.unwrap().is_empty());
}

pub(super) async fn a_refusal_stands_alone(store: Arc<dyn EventStore>) {
    let seal: Arc<dyn Seal> = Arc::<Witness>::default();
    let crowd: Vec<_> = (1..=49)
        .map(|number: u128| {
            let (store, seal) = (Arc::clone(&store), Arc::clone(&seal));
            let append = append(&format!("s{number}"), Expected::NoStream, [number]);
            tokio::spawn(async move { (number, store.append(append, &seal).await) })
        })
        .collect();
    for one in crowd {
        let (number, outcome) = one.await.unwrap();
        if number % 7 == 0 {
            assert!(matches!(outcome, Err(AppendError::Sealed(_))));
        } else {
            assert!(!outcome.unwrap().repeated);
        }
    }
    let all = store.read(Position::START, 100).await.unwrap();
    assert!(positions(&all).into_iter().eq(1..=42));
    assert!(numbers(&all).iter().all(|number| number % 7 != 0));

    // A refused stream is as empty as before.
    let retried = add(&store, "s7", Expected::NoStream, [7]).await.unwrap();
    assert_eq!(retried.places[0].position, Position(43));
}

pub(super) async fn seals_in_order_of_position(store: Arc<dyn EventStore>) {
    let witness = Arc::<Witness>::default();
    let crowd: Vec<_> = (0..200)
        .map(|number: u128| {
            let store = Arc::clone(&store);
            let seal: Arc<dyn Seal> = witness.clone();
            let numbers = [number * 7 + 1, number * 7 + 2];
            let append = append(&format!("s{number}"), Expected::NoStream, numbers);
            tokio::spawn(async move { store.append(append, &seal).await })
        })
        .collect();
    for one in crowd {
        one.await.unwrap().unwrap();
    }
    assert!(witness.0.lock().unwrap().iter().copied().eq(1..=400));
    let seals = store.seals(Position::START, usize::MAX).await.unwrap();
    assert!(
        seals
            .iter()
            .map(|sealed| sealed.position.0)
            .eq((1..=200).map(|batch| batch * 2))
    );
}
