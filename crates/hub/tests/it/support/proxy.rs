//! A connection that can break: a TCP proxy between a hub and a server that other tests use at the same time.

use super::process::own_address;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What becomes of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// They pass.
    Open,
    /// Those that are there are cut, new ones are refused.
    Closed,
    /// They stay, and no byte passes: a cable pulled, a firewall that forgot. What was on its way arrives when it opens.
    Silent,
}

/// The proxy; it ends with its value.
#[derive(Debug)]
pub struct Proxy {
    /// Where the hub connects to.
    pub address: SocketAddr,
    way: watch::Sender<Way>,
}

impl Proxy {
    /// A proxy in front of `upstream` ("host:port").
    pub async fn to(upstream: &str) -> Self {
        Self::start(upstream, false).await
    }

    /// A proxy in front of a Kafka broker. Brokers tell clients where to connect to; in what this one says, its own
    /// address is replaced by the proxy's, so that nobody gets past.
    pub async fn to_kafka(upstream: &str) -> Self {
        Self::start(upstream, true).await
    }

    async fn start(upstream: &str, kafka: bool) -> Self {
        let address = own_address();
        let (way, ways) = watch::channel(Way::Open);
        let rewrite = kafka.then(|| {
            let upstream: SocketAddr = upstream.parse().expect("the broker's address, in numbers");
            let (theirs, ours) = (as_told(upstream), as_told(address));
            assert_eq!(theirs.len(), ours.len(), "or the lengths in the messages would have to change");
            (theirs, ours)
        });
        let line = Line { upstream: upstream.to_owned(), rewrite, ways };
        let listener = TcpListener::bind(address).await.expect("an address of its own");
        tokio::spawn(line.serve(listener, address));
        Self { address, way }
    }

    /// From now on connections fare so.
    pub fn set(&self, way: Way) {
        self.way.send_replace(way);
    }
}

/// An address as it stands in Kafka's answers.
fn as_told(address: SocketAddr) -> Vec<u8> {
    let mut told = address.ip().to_string().into_bytes();
    told.extend(i32::from(address.port()).to_be_bytes());
    told
}

#[derive(Clone)]
struct Line {
    upstream: String,
    rewrite: Option<(Vec<u8>, Vec<u8>)>,
    ways: watch::Receiver<Way>,
}

impl Line {
    async fn serve(mut self, listener: TcpListener, address: SocketAddr) {
        let mut listener = Some(listener);
        loop {
            let closed = *self.ways.borrow_and_update() == Way::Closed;
            if closed {
                listener = None;
            } else if listener.is_none() {
                listener = Some(TcpListener::bind(address).await.expect("the address is still its own"));
            }
            let accept = async {
                match &listener {
                    Some(listener) => listener.accept().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                accepted = accept => if let Ok((client, _)) = accepted {
                    tokio::spawn(self.clone().carry(client));
                },
                changed = self.ways.changed() => if changed.is_err() { return },
            }
        }
    }

    /// Both directions, until either ends or the way is closed.
    async fn carry(self, client: TcpStream) {
        if !self.clone().passable().await {
            return;
        }
        let Ok(server) = TcpStream::connect(&self.upstream).await else { return };
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
        let mut there = self.clone();
        there.rewrite = None;
        tokio::select! {
            () = there.pump(from_client, to_server) => {}
            () = self.clone().pump(from_server, to_client) => {}
            () = self.closed() => {}
        }
    }

    async fn pump(self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
        while let Some(bytes) = self.read(&mut from).await {
            if !self.clone().passable().await || to.write_all(&bytes).await.is_err() {
                return;
            }
        }
    }

    /// What arrived; whole messages of Kafka's where something may have to be replaced.
    async fn read(&self, from: &mut OwnedReadHalf) -> Option<Vec<u8>> {
        let Some((theirs, ours)) = &self.rewrite else {
            let mut bytes = vec![0; 1 << 16];
            let count = from.read(&mut bytes).await.ok().filter(|count| *count > 0)?;
            bytes.truncate(count);
            return Some(bytes);
        };
        let length = from.read_i32().await.ok()?;
        let mut message = length.to_be_bytes().to_vec();
        message.resize(4 + usize::try_from(length).ok()?, 0);
        from.read_exact(&mut message[4..]).await.ok()?;
        for at in 0..message.len() {
            if message[at..].starts_with(theirs) {
                message[at..at + ours.len()].copy_from_slice(ours);
            }
        }
        Some(message)
    }

    /// Waits out a silence; false when the way is closed.
    async fn passable(mut self) -> bool {
        self.ways.wait_for(|way| *way != Way::Silent).await.is_ok_and(|way| *way == Way::Open)
    }

    async fn closed(mut self) {
        let _ = self.ways.wait_for(|way| *way == Way::Closed).await;
    }
}
