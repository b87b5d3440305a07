//! Files in cells (Airtable facts 5 and 6).

use super::Desk;
use data_encoding::BASE64;
use serde_json::{Value, json};
use std::time::Duration;

async fn download(desk: &Desk, url: &Value) -> (u16, String) {
    let url = url.as_str().expect("a URL");
    let answer = desk.sandbox.get(url.strip_prefix(&desk.sandbox.url("")).expect("ours")).await;
    (answer.status, answer.body)
}

fn upload(bytes: &[u8]) -> Value {
    json!({"contentType": "text/plain", "filename": "a b.txt", "file": BASE64.encode(bytes)})
}

#[tokio::test]
async fn an_upload_is_answered_by_field_id_and_served_for_two_hours() {
    let desk = Desk::new().await;
    let id = desk.record("People", json!({"Name": "Ada"})).await;
    let photos = desk.field("People", "Photos").await;
    let path = format!("/{{base}}/{id}/Photos/uploadAttachment");
    let done = desk.post(&path, upload(b"hello")).await.expect(200);
    assert_eq!(done["id"], id.as_str());
    let file = &done["fields"][&photos][0];
    assert!(file["id"].as_str().expect("an id").starts_with("att"));
    assert_eq!(
        (&file["filename"], &file["size"], &file["type"]),
        (&json!("a b.txt"), &json!(5), &json!("text/plain"))
    );
    assert_eq!(download(&desk, &file["url"]).await, (200, "hello".to_owned()));
    desk.sandbox.advance(Duration::from_secs(7_199)).await;
    assert_eq!(download(&desk, &file["url"]).await.0, 200);
    desk.sandbox.advance(Duration::from_secs(1)).await;
    assert_eq!(download(&desk, &file["url"]).await.0, 410);
    let fresh = desk.fields("People", &id).await["Photos"][0]["url"].clone();
    assert_eq!(download(&desk, &fresh).await.0, 200, "every read gives a new address");
    let forged = json!(fresh.as_str().expect("a URL").replacen("/attachments/", "/attachments/9", 1));
    assert_eq!(download(&desk, &forged).await.0, 404);
    let second =
        desk.post(&format!("/{{base}}/{id}/{photos}/uploadAttachment"), upload(b"x")).await.expect(200);
    assert_eq!(second["fields"][&photos].as_array().map(Vec::len), Some(2), "added, not replaced");
}

#[tokio::test]
async fn uploads_that_make_no_sense_are_refused() {
    let desk = Desk::new().await;
    let id = desk.record("People", json!({"Name": "Ada"})).await;
    let path = format!("/{{base}}/{id}/Photos/uploadAttachment");
    for wrong in [
        json!({}),
        json!({"contentType": "a/b", "filename": "x", "file": "!"}),
        json!({"contentType": 1, "filename": "x", "file": ""}),
    ] {
        desk.post(&path, wrong).await.expect(422);
    }
    desk.post(&format!("/{{base}}/{id}/Name/uploadAttachment"), upload(b"x")).await.expect(422);
    desk.post("/{base}/rec00000000000000/Photos/uploadAttachment", upload(b"x")).await.expect(404);
    desk.set(json!({"attachments": {"upload_bytes": 4}})).await;
    desk.post(&path, upload(b"12345")).await.expect(413);
    desk.post(&path, upload(b"1234")).await.expect(200);
}

#[tokio::test]
async fn five_megabytes_can_be_uploaded_and_not_more() {
    let desk = Desk::new().await;
    let id = desk.record("People", json!({"Name": "Ada"})).await;
    let path = format!("/{{base}}/{id}/Photos/uploadAttachment");
    desk.post(&path, upload(&vec![b'x'; 5 << 20])).await.expect(200);
    desk.post(&path, upload(&vec![b'x'; (5 << 20) + 1])).await.expect(413);
}

#[tokio::test]
async fn a_file_from_a_url_is_known_a_moment_later() {
    let desk = Desk::new().await;
    let id = desk.record("People", json!({"Photos": [{"url": "https://example.com/my%20cat.png"}]})).await;
    let file = desk.fields("People", &id).await["Photos"][0].clone();
    assert_eq!((&file["filename"], file.get("size")), (&json!("my cat.png"), None));
    assert_eq!(download(&desk, &file["url"]).await.0, 404, "not there yet");
    desk.sandbox.advance(Duration::from_secs(1)).await;
    let file = desk.fields("People", &id).await["Photos"][0].clone();
    assert_eq!(file["type"], "image/png");
    let (status, body) = download(&desk, &file["url"]).await;
    assert_eq!((status, json!(body.len())), (200, file["size"].clone()));
    let keep = json!({"fields": {"Photos": [{"id": file["id"]}, {"url": "https://example.com/b.pdf", "filename": "c.pdf"}]}});
    desk.patch(&format!("/{{base}}/People/{id}"), keep).await.expect(200);
    let files = desk.fields("People", &id).await["Photos"].clone();
    assert_eq!((&files[0]["id"], &files[1]["filename"]), (&file["id"], &json!("c.pdf")));
}

#[tokio::test]
async fn a_file_that_cannot_be_fetched_vanishes_later() {
    let desk = Desk::new().await;
    let body = json!({"fields": {"Name": "Ada", "Photos": [{"url": "https://nowhere.invalid/a.png"}]}});
    let created = desk.post("/{base}/People", body.clone()).await.expect(200);
    assert_eq!(created.get("details"), None);
    let id = created["id"].as_str().expect("an id");
    assert!(desk.fields("People", id).await["Photos"].is_array());
    desk.sandbox.advance(Duration::from_secs(1)).await;
    assert_eq!(desk.fields("People", id).await.get("Photos"), None);
    desk.set(json!({"attachments": {"failures_in_details": true}})).await;
    let told = desk.post("/{base}/People", body).await.expect(200);
    assert_eq!(told["details"]["reasons"], json!(["ATTACHMENTS_FAILED_UPLOADING"]));
}

#[tokio::test]
async fn pictures_tell_their_size_and_have_thumbnails() {
    let desk = Desk::new().await;
    let id = desk.record("People", json!({"Name": "Ada"})).await;
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    png.extend([0, 0, 4, 0, 0, 0, 2, 0]);
    let body = json!({"contentType": "image/png", "filename": "a.png", "file": BASE64.encode(&png)});
    desk.post(&format!("/{{base}}/{id}/Photos/uploadAttachment"), body).await.expect(200);
    let file = desk.fields("People", &id).await["Photos"][0].clone();
    assert_eq!((&file["width"], &file["height"]), (&json!(1024), &json!(512)));
    assert_eq!(
        (&file["thumbnails"]["small"]["width"], &file["thumbnails"]["large"]["height"]),
        (&json!(36), &json!(256))
    );
}
