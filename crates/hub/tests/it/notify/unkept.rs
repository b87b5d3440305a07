//! Attempts that the database does not take: less of them is kept, and the message is not sent for ever.

use super::receiver::{FINE, Receiver, Reply};
use super::scene::Scene;
use std::time::Duration;
use syncline_store::notify::deliveries::State;

/// A database that refuses attempts that are so.
fn refuse(scene: &Scene, when: &str) {
    let raw = rusqlite::Connection::open(scene.database()).unwrap();
    raw.busy_timeout(Duration::from_secs(20)).unwrap();
    let sql = format!(
        "CREATE TRIGGER refusing BEFORE INSERT ON attempts WHEN {when} BEGIN SELECT RAISE(ABORT, 'on purpose'); END"
    );
    raw.execute_batch(&sql).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_the_database_refuses_is_left_out_and_the_attempt_counts() {
    let scene = Scene::new(&[]).await;
    refuse(&scene, "NEW.body = 'poison'");
    let poisonous = Receiver::always(Reply::Status(200, "", "poison")).await;
    let well = Receiver::always(FINE).await;
    let made = scene.endpoint(&poisonous).await;
    let other = scene.endpoint(&well).await;
    let id = scene.publish("invoice.paid").await;
    scene.becomes(&id, &made.id, State::Delivered).await;
    scene.becomes(&id, &other.id, State::Delivered).await;
    let attempt = &scene.attempts(&id, &made.id).await[0];
    assert_eq!((attempt.status, &attempt.body), (Some(200), &None));
    assert!(attempt.error.as_ref().is_some_and(|error| error.contains("could not be kept")), "{attempt:?}");
    // Whoever was in the same transaction is settled whole.
    assert_eq!(scene.attempts(&id, &other.id).await[0].error, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_database_takes_no_attempt_of_is_settled_all_the_same_and_not_sent_again() {
    let scene = Scene::new(&[]).await;
    refuse(&scene, "1");
    let receiver =
        Receiver::start(|_, before| if before == 0 { Reply::Status(500, "", "") } else { FINE }).await;
    let made = scene.endpoint(&receiver).await;
    let id = scene.publish("invoice.paid").await;
    let delivery = scene.tried(&id, &made.id, 1).await;
    assert_eq!((delivery.state, delivery.status), (State::Waiting, Some(500)));
    scene.at(delivery.at);
    let delivery = scene.becomes(&id, &made.id, State::Delivered).await;
    assert_eq!(delivery.tried, 2);
    // Long after every lease has ended; a message behind it has gone through the lane.
    scene.later(Duration::from_secs(3_600));
    let next = scene.publish("invoice.paid").await;
    scene.becomes(&next, &made.id, State::Delivered).await;
    assert_eq!((receiver.count(), scene.attempts(&id, &made.id).await), (3, vec![]));
}
