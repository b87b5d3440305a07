//! A receiver over real sockets that behaves as it is told, badly included.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// What it answers.
#[derive(Clone, Debug)]
pub enum Reply {
    /// A status, headers as they stand on the wire, a body.
    Status(u16, &'static str, &'static str),
    /// Nothing until the gate lets somebody through; then 204.
    Held(Arc<Semaphore>),
    /// The same, then this status.
    HeldThen(Arc<Semaphore>, u16),
    /// 204, after so long.
    After(Duration),
    /// Nothing, for ever.
    Silence,
    /// This status and these headers, then one byte of the body after the other, for ever.
    Drip(u16, &'static str),
    /// So many bytes.
    Flood(u64),
    /// Less than it promised, then the end.
    Short,
    /// The end, without a word.
    Hangup,
    /// Something that is no HTTP.
    Garbage,
}

/// 204.
pub const FINE: Reply = Reply::Status(204, "", "");

/// A request that came.
#[derive(Clone, Debug)]
pub struct Got {
    pub path: String,
    pub headers: HashMap<String, String>,
    pub body: String,
}

impl Got {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub fn id(&self) -> String {
        self.header("webhook-id").to_owned()
    }
}

type Behaviour = Box<dyn Fn(&Got, usize) -> Reply + Send + Sync>;

struct Inner {
    behaviour: Mutex<Behaviour>,
    got: Mutex<Vec<Got>>,
    /// Bytes of floods that somebody took.
    flooded: Mutex<u64>,
    /// Connections that the sender closed while it was being dripped at or flooded.
    dropped: Mutex<usize>,
}

/// The receiver; it ends with this.
pub struct Receiver {
    pub address: SocketAddr,
    inner: Arc<Inner>,
    end: CancellationToken,
}

impl Receiver {
    /// One that answers by what it got and how often it was asked before.
    pub async fn start(behaviour: impl Fn(&Got, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let inner = Arc::new(Inner {
            behaviour: Mutex::new(Box::new(behaviour)),
            got: Mutex::default(),
            flooded: Mutex::default(),
            dropped: Mutex::default(),
        });
        let end = CancellationToken::new();
        let (mine, ended) = (Arc::clone(&inner), end.clone());
        tokio::spawn(async move {
            loop {
                let stream = tokio::select! {
                    accepted = listener.accept() => accepted.unwrap().0,
                    () = ended.cancelled() => return,
                };
                let (mine, ended) = (Arc::clone(&mine), ended.clone());
                tokio::spawn(async move {
                    tokio::select! {
                        _ = serve(stream, &mine) => {}
                        () = ended.cancelled() => {}
                    }
                });
            }
        });
        Self { address, inner, end }
    }

    /// One that always answers so.
    pub async fn always(reply: Reply) -> Self {
        Self::start(move |_, _| reply.clone()).await
    }

    /// From now on it behaves so.
    pub fn behave(&self, behaviour: impl Fn(&Got, usize) -> Reply + Send + Sync + 'static) {
        *self.inner.behaviour.lock().unwrap() = Box::new(behaviour);
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn got(&self) -> Vec<Got> {
        self.inner.got.lock().unwrap().clone()
    }

    pub fn count(&self) -> usize {
        self.inner.got.lock().unwrap().len()
    }

    pub fn flooded(&self) -> u64 {
        *self.inner.flooded.lock().unwrap()
    }

    pub fn dropped(&self) -> usize {
        *self.inner.dropped.lock().unwrap()
    }

    /// Waits for so many requests in all.
    pub async fn receives(&self, count: usize) -> Vec<Got> {
        crate::support::wait::until(&format!("{count} requests"), async || {
            Some(self.got()).filter(|got| got.len() >= count)
        })
        .await
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.end.cancel();
    }
}

async fn serve(mut stream: TcpStream, inner: &Inner) -> std::io::Result<()> {
    let mut buffer = Vec::new();
    while let Some(got) = request(&mut stream, &mut buffer).await? {
        let reply = {
            let mut all = inner.got.lock().unwrap();
            let before = all.len();
            all.push(got.clone());
            drop(all);
            (inner.behaviour.lock().unwrap())(&got, before)
        };
        if !answer(&mut stream, reply, inner).await? {
            return Ok(());
        }
    }
    Ok(())
}

/// A whole request; none at the connection's end.
async fn request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> std::io::Result<Option<Got>> {
    loop {
        if let Some(end) = buffer.windows(4).position(|at| at == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
            let mut lines = head.split("\r\n");
            let path = lines.next().unwrap_or_default().split(' ').nth(1).unwrap_or_default().to_owned();
            let pair = |line: &str| {
                line.split_once(':').map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            };
            let headers: HashMap<String, String> = lines.filter_map(pair).collect();
            let length: usize = headers.get("content-length").map_or(0, |text| text.parse().unwrap());
            if buffer.len() >= end + 4 + length {
                let body = String::from_utf8(buffer[end + 4..end + 4 + length].to_vec()).unwrap();
                buffer.drain(..end + 4 + length);
                return Ok(Some(Got { path, headers, body }));
            }
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
}

/// Answers; false when the connection is to end.
async fn answer(stream: &mut TcpStream, reply: Reply, inner: &Inner) -> std::io::Result<bool> {
    match reply {
        Reply::Status(status, headers, body) => {
            let head =
                format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len());
            stream.write_all(head.as_bytes()).await?;
            Ok(true)
        }
        Reply::Held(gate) => {
            gate.acquire().await.unwrap().forget();
            stream.write_all(b"HTTP/1.1 204 X\r\n\r\n").await?;
            Ok(true)
        }
        Reply::HeldThen(gate, status) => {
            gate.acquire().await.unwrap().forget();
            stream.write_all(format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n").as_bytes()).await?;
            Ok(true)
        }
        Reply::After(span) => {
            tokio::time::sleep(span).await;
            stream.write_all(b"HTTP/1.1 204 X\r\n\r\n").await?;
            Ok(true)
        }
        Reply::Silence => {
            std::future::pending::<()>().await;
            Ok(false)
        }
        Reply::Drip(status, headers) => {
            let head = format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: 1000000\r\n\r\n");
            stream.write_all(head.as_bytes()).await?;
            loop {
                if stream.write_all(b".").await.is_err() {
                    *inner.dropped.lock().unwrap() += 1;
                    return Ok(false);
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        Reply::Flood(bytes) => {
            let head = format!("HTTP/1.1 200 X\r\nContent-Length: {bytes}\r\n\r\n");
            stream.write_all(head.as_bytes()).await?;
            let piece = vec![b'x'; 64 * 1_024];
            let mut sent = 0;
            while sent < bytes {
                if stream.write_all(&piece).await.is_err() {
                    *inner.dropped.lock().unwrap() += 1;
                    return Ok(false);
                }
                sent += piece.len() as u64;
                *inner.flooded.lock().unwrap() = sent;
            }
            Ok(false)
        }
        Reply::Short => {
            stream.write_all(b"HTTP/1.1 200 X\r\nContent-Length: 50\r\n\r\nless").await?;
            Ok(false)
        }
        Reply::Hangup => Ok(false),
        Reply::Garbage => {
            stream.write_all(b"220 mail.example.com ESMTP ready\r\n\r\n").await?;
            Ok(false)
        }
    }
}
