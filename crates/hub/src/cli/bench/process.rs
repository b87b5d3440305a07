//! A sandbox in a process of its own, so that its memory and its time are not taken for the hub's.

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A sandbox in a process of its own.
pub(super) struct Process {
    child: Child,
    pub(super) base: String,
    ready_file: PathBuf,
    client: reqwest::Client,
}

impl Process {
    pub(super) fn start(more: &[&str]) -> Result<Self> {
        let ready_file = std::env::temp_dir().join(format!("syncline-bench-sandbox-{}", std::process::id()));
        let _ = std::fs::remove_file(&ready_file);
        let child = Command::new(std::env::current_exe()?)
            .args([
                "sandbox",
                "--listen",
                "127.0.0.1:0",
                "--consent",
                "approve",
                "--people",
                "0",
                "--companies",
                "0",
                "--deals",
                "0",
            ])
            .args(more)
            .arg("--ready-file")
            .arg(&ready_file)
            .stdout(Stdio::null())
            .spawn()
            .context("starting the sandbox")?;
        Ok(Self { child, base: String::new(), ready_file, client: crate::http::client::client()? })
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(super) async fn wait_until_ready(&mut self) -> Result<()> {
        for _ in 0..5_000 {
            if let Some(status) = self.child.try_wait()? {
                bail!("the sandbox ended: {status}");
            }
            if let Ok(base) = std::fs::read_to_string(&self.ready_file) {
                self.base = base.trim().to_owned();
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        bail!("the sandbox does not get ready")
    }

    pub(super) fn address(&self) -> Result<SocketAddr> {
        self.base.trim_start_matches("http://").parse().context("the sandbox's address")
    }

    pub(super) async fn get(&self, path: &str, authorization: &str) -> Result<Value> {
        let request = self.client.get(format!("{}{path}", self.base)).header("Authorization", authorization);
        Ok(request.send().await?.error_for_status()?.json().await?)
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Result<Value> {
        self.post_as(path, "", body).await
    }

    pub(super) async fn patch(&self, path: &str, body: Value) -> Result<Value> {
        let answer = self.client.patch(format!("{}{path}", self.base)).json(&body).send().await?;
        ensure!(answer.status().is_success(), "{path}: {}", answer.text().await?);
        Ok(answer.json().await?)
    }

    pub(super) async fn delete(&self, path: &str) -> Result<()> {
        self.client.delete(format!("{}{path}", self.base)).send().await?.error_for_status()?;
        Ok(())
    }

    pub(super) async fn post_as(&self, path: &str, authorization: &str, body: Value) -> Result<Value> {
        let request = self.client.post(format!("{}{path}", self.base)).json(&body);
        let request = request.header("Authorization", authorization).header("Notion-Version", "2025-09-03");
        let answer = request.send().await?;
        ensure!(answer.status().is_success(), "{path}: {}", answer.text().await?);
        Ok(answer.json().await?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.ready_file);
    }
}
