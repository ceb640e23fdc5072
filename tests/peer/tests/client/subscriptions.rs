//! Subscriptions: what was before, then what comes.

use eventstore::{StreamPosition, StreamState, SubscribeToAllOptions, SubscriptionFilter};

use super::{alone, append, client, hear};

#[tokio::test]
async fn the_whole_log_is_caught_up_with_and_then_live() {
    let cluster = alone().await;
    let client = client(&cluster);
    append(&client, "line-1", StreamState::NoStream, &[1, 2])
        .await
        .expect("new");
    let options = SubscribeToAllOptions::default()
        .position(StreamPosition::Start)
        .filter(SubscriptionFilter::on_stream_name().add_prefix("line-"));

    let mut subscription = client.subscribe_to_all(&options).await;
    let before = hear(&mut subscription, 5).await;
    append(&client, "line-2", StreamState::NoStream, &[3])
        .await
        .expect("new");
    let live = hear(&mut subscription, 1).await;

    let expected = [
        "confirmed",
        "0@line-1",
        "1@line-1",
        "checkpoint",
        "caught up",
    ];
    assert_eq!(before, expected);
    assert_eq!(live, ["0@line-2"]);
}
